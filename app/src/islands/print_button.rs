//! Prints the page.

use leptos::prelude::*;

use super::browser;

/// Opens the browser's own way to print the page. Hidden until the script is there; without it, people
/// use the browser's menu.
#[island]
pub fn PrintButton() -> impl IntoView {
    let usable = RwSignal::new(false);
    Effect::new(move || usable.set(true));
    view! {
        <button type="button" class="button button-quiet" hidden=move || !usable.get() on:click=|_| browser::print()>
            "Print"
        </button>
    }
}
