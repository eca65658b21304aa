//! One question with a few answers.

use leptos::prelude::*;

/// Radios whose question is the page's heading.
#[component]
pub fn Radios(
    /// Name of the answer. The first radio has it as its id, so that an error can link there.
    name: &'static str,
    question: &'static str,
    #[prop(into)] hint: String,
    /// Value and label of each answer.
    answers: Vec<(&'static str, &'static str)>,
    /// What is wrong with the answer.
    error: Option<&'static str>,
) -> impl IntoView {
    let described_by = match error {
        Some(_) => format!("{name}-hint {name}-error"),
        None => format!("{name}-hint"),
    };
    let radios = answers
        .into_iter()
        .enumerate()
        .map(|(index, (value, label))| {
            let id = if index == 0 {
                name.to_owned()
            } else {
                format!("{name}-{value}")
            };
            view! {
                <div class="radio">
                    <input type="radio" id=id.clone() name=name value=value/>
                    <label for=id>{label}</label>
                </div>
            }
        });
    view! {
        <fieldset class="field" aria-describedby=described_by>
            <legend><h1>{question}</h1></legend>
            <p class="hint" id=format!("{name}-hint")>{hint}</p>
            {error.map(|error| view! {
                <p class="field-error" id=format!("{name}-error")>
                    <span class="sr-only">"Error: "</span>{error}
                </p>
            })}
            <div class="mt-4 flex flex-col gap-3">{radios.collect_view()}</div>
        </fieldset>
    }
}
