//! What moves in the browser: leaves only, never nested.

/// Starts the islands of the page that the browser has just loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
