//! The code of one of several requests, for whoever reads the mailbox.

use leptos::prelude::*;

use crate::{
    components::{
        Action, Button, CodeBox, ErrorSummary, Field, Input, LabelLook, Look, problem::Words,
    },
    view::YourCodeView,
};

pub const QUESTION: &str = "Which reference does your page show?";

pub fn your_code(view: YourCodeView) -> impl IntoView {
    let YourCodeView {
        reference,
        code,
        problem,
    } = view;
    view! {
        <ErrorSummary problem fields=&["reference"]/>
        {code.map(|code| view! {
            <div class="inset flow" role="status">
                <p>"Enter this code on the page where you asked:"</p>
                <CodeBox id="your-code" code/>
                <p>"Do not share it. Nobody from your organisation or from Microsoft will ask you for it."</p>
            </div>
        })}
        <form method="post" action=Action::YourCode.path() class="flow" novalidate=true>
            <Field
                name="reference"
                label=QUESTION
                look=LabelLook::Heading
                input=Input::Reference
                hint="It stands below the question for the code, on the page where you asked, and begins with LK."
                value=reference
                error=Words::at(problem, "reference")
            />
            <Button look=Look::Main>"Show the code"</Button>
        </form>
        <p>"Did you not ask to recover your account? Then close this window. Somebody typed your name, and nothing has changed on your account."</p>
    }
}
