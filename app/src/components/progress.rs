//! Where a person is on the way.

use leptos::prelude::*;

/// "Step 2 of 4", above a question.
#[component]
pub fn Steps(now: u8, of: u8) -> impl IntoView {
    view! { <p class="steps">{format!("Step {now} of {of}")}</p> }
}

/// The whole way of a recovery, with the step that is under way.
///
/// Steps before `now` are done. A `now` behind the last step means that all of them are.
#[component]
pub fn Progress(now: usize) -> impl IntoView {
    const STEPS: [&str; 4] = [
        "You asked",
        "Approval",
        "Sign in with a pass",
        "New sign-in methods",
    ];
    let steps = STEPS.into_iter().enumerate().map(|(index, step)| {
        let (class, state) = match index.cmp(&now) {
            std::cmp::Ordering::Less => ("progress-done", "done"),
            std::cmp::Ordering::Equal => ("progress-now", "now"),
            std::cmp::Ordering::Greater => ("progress-later", "later"),
        };
        view! {
            <li class=class aria-current=(index == now).then_some("step")>
                {step}" "<span class="progress-state">{state}</span>
            </li>
        }
    });
    view! { <ol class="progress" aria-label="Progress">{steps.collect_view()}</ol> }
}
