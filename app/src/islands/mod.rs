//! What moves in the browser: leaves only, never nested.
//!
//! Every island stands in the page with something useful in it before its code has run, and none
//! is ever given a secret: its properties are in the HTML.

mod browser;
mod copy_button;
mod countdown;
mod live_status;
mod print_button;
mod work;

pub use copy_button::CopyButton;
pub use countdown::Countdown;
pub use live_status::{LiveStatus, code_changes};
pub use print_button::PrintButton;
pub use work::Work;

/// Starts the islands of the page that the browser has just loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
