//! "There is a problem", at the top of a page that comes back.

use leptos::prelude::*;

use super::problem::Words;
use crate::view::Problem;

/// Says what the problem is and links to the field that it is about.
///
/// It takes the focus by `autofocus`, which needs no script.
#[component]
pub fn ErrorSummary(
    problem: Option<Problem>,
    /// Ids of the fields on this page; a problem with any other is said without a link.
    fields: &'static [&'static str],
) -> impl IntoView {
    problem.map(|problem| {
        let words = match Words::of(problem) {
            Words::Field { field, sentence } if fields.contains(&field) => {
                view! { <p><a href=format!("#{field}")>{sentence}</a></p> }.into_any()
            }
            Words::Field { sentence, .. } => view! { <p>{sentence}</p> }.into_any(),
            Words::Notice { happened, unharmed, next } => view! {
                <p class="font-semibold">{happened}</p>
                <p>{unharmed}" "{next}</p>
            }
            .into_any(),
        };
        view! {
            <div class="error-summary flow" role="alert" tabindex="-1" autofocus=true aria-labelledby="error-summary-title">
                <h2 id="error-summary-title">"There is a problem"</h2>
                {words}
            </div>
        }
    })
}
