//! Latchkey's pages. [`render`] turns a [`view::Page`] into a whole HTML document on the server; the
//! islands in [`islands`] are the only code that runs in the browser.

#[cfg(feature = "ssr")]
mod components;
pub mod islands;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
pub mod view;

#[cfg(feature = "ssr")]
pub use shell::{Document, render};

/// Stands in the HTML of the pass page where the server puts the pass.
///
/// The value never travels through the page's code, so it cannot end up in hydration data, a
/// reactive graph or a template's buffers.
pub const PASS_SLOT: &str = "\u{e000}pass\u{e000}";

/// Stands in the HTML of the page with new saved codes where the server puts the code of this number,
/// for the same reason.
pub fn code_slot(position: u8) -> String {
    format!("\u{e000}code {position}\u{e000}")
}
