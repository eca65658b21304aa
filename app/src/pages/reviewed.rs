//! What the approver's decision led to.

use leptos::prelude::*;

use crate::view::ReviewOutcome;

pub const fn title(outcome: ReviewOutcome) -> &'static str {
    match outcome {
        ReviewOutcome::Approved => "You have approved the request",
        ReviewOutcome::Denied => "The request is declined",
        ReviewOutcome::DeniedByCode => "The code was wrong three times",
        ReviewOutcome::Reported => "Thank you for reporting this",
        ReviewOutcome::Withdrawn => "The request was withdrawn",
        ReviewOutcome::Expired => "The time to answer is over",
        ReviewOutcome::AlreadyDecided => "There is nothing left to decide",
    }
}

/// What happened, and what follows.
const fn sentences(outcome: ReviewOutcome) -> (&'static str, &'static str) {
    match outcome {
        ReviewOutcome::Approved => (
            "They can now get a pass in the browser in which they asked. You will never see that pass, and nobody may ask you for it.",
            "Did you approve by mistake? Contact the people named at the bottom of this page at once.",
        ),
        ReviewOutcome::Denied => (
            "Nothing has changed on the account. The person reads that the request was declined.",
            "If they still need help, they can ask again.",
        ),
        ReviewOutcome::DeniedByCode => (
            "The request is declined, and the security team has been told. Nothing has changed on the account.",
            "If you did speak with the person, they can ask again.",
        ),
        ReviewOutcome::Reported => (
            "The request is stopped. Nobody can ask for a recovery of this account for a day, and the security team has been told.",
            "If somebody called or wrote to you about this, keep the message and do not answer it.",
        ),
        ReviewOutcome::Withdrawn => (
            "The person no longer needs this recovery. Nothing has changed on the account.",
            "You do not need to do anything.",
        ),
        ReviewOutcome::Expired => (
            "Nobody answered in time, so the request has ended. Nothing has changed on the account.",
            "If the person still needs help, they can ask again.",
        ),
        ReviewOutcome::AlreadyDecided => (
            "The recovery is under way or finished.",
            "If something about it seems wrong, contact the people named at the bottom of this page.",
        ),
    }
}

pub fn reviewed(outcome: ReviewOutcome) -> impl IntoView {
    let (happened, next) = sentences(outcome);
    view! {
        <h1>{title(outcome)}</h1>
        <p class="lead">{happened}</p>
        <p>{next}</p>
        <p>"You can close this window."</p>
    }
}
