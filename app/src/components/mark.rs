//! The product's mark.

use leptos::prelude::*;

/// A key on a plate: decoration beside the product's name, so it is hidden from assistive technology.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
            <rect class="mark-plate" width="32" height="32" rx="8"/>
            <g class="mark-key">
                <circle cx="11.5" cy="16" r="4.75"/>
                <path d="M16.25 16H26v4.5M21.5 16v3"/>
            </g>
        </svg>
    }
}
