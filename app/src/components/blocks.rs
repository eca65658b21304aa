//! Small blocks: summary rows, tags, times, codes, insets.

use leptos::prelude::*;

use crate::view::{Moment, Tone};

/// One label with its value, inside a `<dl class="summary">`.
#[component]
pub fn SummaryRow(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! {
        <div class="summary-row">
            <dt>{label}</dt>
            <dd dir="auto">{children()}</dd>
        </div>
    }
}

/// A state in words on its colour.
#[component]
pub fn Tag(tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    let class = match tone {
        Tone::Waiting => "tag tag-waiting",
        Tone::Active => "tag tag-active",
        Tone::Good => "tag tag-good",
        Tone::Neutral => "tag tag-neutral",
        Tone::Bad => "tag tag-bad",
    };
    view! { <strong class=class>{text}</strong> }
}

/// A moment that both people and programs can read.
#[component]
pub fn Time(moment: Moment) -> impl IntoView {
    view! { <time datetime=moment.iso>{moment.words}</time> }
}

/// A code to be read out loud: large, in its groups, never translated or mirrored.
#[component]
pub fn CodeBox(id: &'static str, code: String) -> impl IntoView {
    view! { <p class="code" id=id dir="ltr" translate="no">{code}</p> }
}

/// The reference to name when asking for help.
#[component]
pub fn Reference(reference: String) -> impl IntoView {
    view! {
        <p class="text-muted text-base">
            "Reference "<span class="reference" dir="ltr" translate="no">{reference}</span>
        </p>
    }
}

/// Something to keep in mind, set off from the text.
#[component]
pub fn Inset(children: Children) -> impl IntoView {
    view! { <div class="inset flow">{children()}</div> }
}
