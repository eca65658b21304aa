//! What the approver's decision led to.

use leptos::prelude::*;

use crate::{
    components::{Action, Button, ErrorSummary, Look},
    view::{DeclineReason, ReviewOutcome, ReviewedView},
};

pub const fn title(outcome: ReviewOutcome) -> &'static str {
    match outcome {
        ReviewOutcome::Approved => "You have approved the request",
        ReviewOutcome::FirstOfTwo => "Yours is the first of two approvals",
        ReviewOutcome::HandedOn => "You have named somebody else",
        ReviewOutcome::Lapsed => "Nothing came of the pass",
        ReviewOutcome::Denied => "The request is declined",
        ReviewOutcome::DeniedByCode => "The code was wrong three times",
        ReviewOutcome::Reported | ReviewOutcome::ReportedLate => "Thank you for reporting this",
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
            "Did you approve by mistake? Take it back here, which ends the request, and tell the people named at the bottom of this page.",
        ),
        ReviewOutcome::FirstOfTwo => (
            "The request waits for another approver, who speaks with the person too.",
            "Did you approve by mistake? Take it back here, which ends the request, and tell the people named at the bottom of this page.",
        ),
        ReviewOutcome::HandedOn => (
            "We have asked them. You can no longer approve this request.",
            "If you hear that something about it is wrong, decline or report it here.",
        ),
        ReviewOutcome::Lapsed => (
            "The person was given a pass, and has not registered new ways to sign in with it.",
            "Call them on a number you already had, and ask what went wrong.",
        ),
        ReviewOutcome::Denied => (
            "The person reads that the request was declined.",
            "If they still need help, they can ask again.",
        ),
        ReviewOutcome::DeniedByCode => (
            "The request is declined, and the security team has been told.",
            "If you did speak with the person, they can ask again.",
        ),
        ReviewOutcome::Reported => (
            "The request is stopped. Nobody can ask for a recovery of this account for a day, and the security team has been told.",
            "If somebody called or wrote to you about this, keep the message and do not answer it.",
        ),
        ReviewOutcome::ReportedLate => (
            "A pass had been given out before, so nothing could be stopped. The security team has been told to look at the account now.",
            "Also contact the people named at the bottom of this page: somebody may be using the account.",
        ),
        ReviewOutcome::Withdrawn => (
            "The person no longer needs this recovery.",
            "You do not need to do anything.",
        ),
        ReviewOutcome::Expired => (
            "A step was not taken in time, so the request has ended.",
            "If the person still needs help, they can ask again.",
        ),
        ReviewOutcome::AlreadyDecided => (
            "The recovery is under way or finished.",
            "If something about it seems wrong, contact the people named at the bottom of this page.",
        ),
    }
}

/// What has become of the account, where the request waits, or ended without a pass.
fn account_words(view: ReviewedView) -> Option<&'static str> {
    let says_account = matches!(
        view.outcome,
        ReviewOutcome::FirstOfTwo
            | ReviewOutcome::HandedOn
            | ReviewOutcome::Denied
            | ReviewOutcome::DeniedByCode
            | ReviewOutcome::Withdrawn
            | ReviewOutcome::Expired
    );
    says_account.then(|| view.account.theirs())
}

pub fn reviewed(view: ReviewedView) -> impl IntoView {
    let (happened, next) = sentences(view.outcome);
    view! {
        <ErrorSummary problem=view.problem fields=&[]/>
        <h1>{title(view.outcome)}</h1>
        <p class="lead">{happened}" "{account_words(view)}</p>
        <p>{next}</p>
        {view.may_reopen.then(|| view! {
            <p>"If they still need help, take the case up again. They need not start over: whoever is to decide now is asked, you among them, and it has to be approved again."</p>
            <form method="post" action=Action::Reopen.path()>
                <Button look=Look::Main>"Take the case up again"</Button>
            </form>
        })}
        {view.may_stop.then(|| view! {
            <div class="actions">
                <form method="post" action=Action::Report.path()>
                    <Button look=Look::Stop>"I don’t recognise this, report it"</Button>
                </form>
                <form method="post" action=Action::Deny.path()>
                    <input type="hidden" name="why" value=DeclineReason::Other.slug()/>
                    <Button look=Look::Quiet>
                        {if view.outcome == ReviewOutcome::HandedOn { "Decline" } else { "Take the approval back and end the request" }}
                    </Button>
                </form>
            </div>
        })}
        <p>"You can close this window."</p>
    }
}
