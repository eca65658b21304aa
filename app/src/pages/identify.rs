//! "Who are you?"

use leptos::prelude::*;

use crate::{
    components::{
        Action, BackLink, Button, ErrorSummary, Field, Input, LabelLook, Look, Steps,
        problem::Words,
    },
    view::IdentifyView,
};

pub const QUESTION: &str = "What is your work email address?";

pub fn identify(view: IdentifyView) -> impl IntoView {
    let IdentifyView {
        reason,
        identifier,
        problem,
    } = view;
    view! {
        <BackLink href="/what-happened"/>
        <ErrorSummary problem fields=&["identifier"]/>
        <Steps now=2 of=4/>
        <form method="post" action=Action::Identify.path() class="flow" novalidate=true>
            <input type="hidden" name="reason" value=reason.slug()/>
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
