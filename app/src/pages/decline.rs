//! Why an approver declines.

use leptos::prelude::*;

use crate::{
    components::{Action, BackLink, Button, ErrorSummary, Look, Radios, Reference, problem::Words},
    view::{DeclineReason, DeclineView},
};

pub const QUESTION: &str = "Why do you decline?";

const fn words(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::NotReached => "I could not reach them on a number I already had",
        DeclineReason::Unsure => "I reached somebody, and am not sure that it was them",
        DeclineReason::NotNeeded => "They no longer need it",
        DeclineReason::Other => "Something else",
    }
}

pub fn decline(view: DeclineView) -> impl IntoView {
    let DeclineView {
        reference,
        first_name,
        account,
        problem,
    } = view;
    let answers = DeclineReason::ALL.map(|reason| (reason.slug(), words(reason)));
    view! {
        <BackLink href="/approve"/>
        <ErrorSummary problem fields=&["why"]/>
        <form method="post" action=Action::Deny.path() class="flow" novalidate=true>
            <Radios
                name="why"
                question=QUESTION
                hint=format!("{} The answer is kept in the log, and not sent to anybody by mail.", account.theirs())
                answers=answers.to_vec()
                error=Words::at(problem, "why")
            />
            <p>
                <strong>"If they told you that they did not ask for this, report it instead. "</strong>
                <span dir="auto">{first_name}</span>" can ask again after you have declined, and so could somebody else in their name."
            </p>
            <Button look=Look::Main>"Yes, decline the request"</Button>
        </form>
        <form method="post" action=Action::Report.path()>
            <Button look=Look::Stop>"I don’t recognise this, report it"</Button>
        </form>
        <Reference reference/>
    }
}
