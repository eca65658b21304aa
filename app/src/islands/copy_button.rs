//! Copies what the page shows.

use leptos::{prelude::*, task::spawn_local};

use super::browser;

/// Copies the text of the element `target_id` when pressed. Hidden until the script has found a
/// clipboard. The text is read at the press: it is no property of the island.
#[island]
pub fn CopyButton(
    /// Id of the element with the text.
    target_id: String,
) -> impl IntoView {
    let usable = RwSignal::new(false);
    let outcome = RwSignal::new("");
    Effect::new(move || usable.set(browser::has_clipboard()));
    let copy = move |_| {
        let Some(text) = browser::element(&target_id).and_then(|element| element.text_content())
        else {
            return;
        };
        outcome.set("");
        spawn_local(async move {
            let copied = browser::copy(text.trim()).await;
            outcome.set(if copied {
                "Copied"
            } else {
                "Not copied: select it and copy it"
            });
        });
    };
    view! {
        <span class="copy">
            <button type="button" class="button button-quiet" hidden=move || !usable.get() on:click=copy>
                "Copy"
            </button>
            <span role="status">{outcome}</span>
        </span>
    }
}
