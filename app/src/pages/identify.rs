//! "Who are you?"

use leptos::prelude::*;

use crate::{
    components::{
        Action, BackLink, Button, ErrorSummary, Field, Input, LabelLook, Look, Steps,
        problem::Words,
    },
    islands::Work,
    view::{IdentifyView, WorkView},
};

pub const QUESTION: &str = "What is your work email address?";
/// Id of the field for the number that the browser finds.
const WORK_FIELD: &str = "number";

pub fn identify(view: IdentifyView) -> impl IntoView {
    let IdentifyView {
        reason,
        identifier,
        problem,
        work,
    } = view;
    view! {
        <BackLink href="/what-happened"/>
        <ErrorSummary problem fields=&["identifier"]/>
        <Steps now=2 of=4/>
        <form method="post" action=Action::Identify.path() class="flow" novalidate=true>
            <input type="hidden" name="reason" value=reason.slug()/>
            {work.map(before_the_answer)}
            <Field
                name="identifier"
                label=QUESTION
                look=LabelLook::Heading
                input=Input::SignInName
                hint="The address you sign in with at work, like name@example.com. Nothing changes on your account yet."
                value=identifier
                error=Words::at(problem, "identifier")
            />
            <Button look=Look::Main>"Continue"</Button>
        </form>
    }
}

/// Why it takes longer today, and the work, which needs nothing but time.
fn before_the_answer(view: WorkView) -> impl IntoView {
    let WorkView {
        ticket,
        challenge,
        salt,
        largest,
        ready_at,
        too_early,
    } = view;
    view! {
        <input type="hidden" name="ticket" value=ticket/>
        <input type="hidden" name="number" id=WORK_FIELD value=""/>
        <div class="inset">
            <p><strong>{if too_early { "A little more time is needed" } else { "This takes a moment longer today" }}</strong></p>
            <p>"More requests than usual are coming in. Your answer is kept. Nothing is broken, and there is nothing to solve."</p>
            <Work
                challenge
                salt
                largest
                field=WORK_FIELD.to_owned()
                wait=format!("Wait until {}, then press Continue.", ready_at.words)
            />
        </div>
    }
}
