//! The console's sign-in.

use leptos::prelude::*;

use crate::{
    components::{Action, Button, ErrorSummary, Field, Input, LabelLook, Look, problem::Words},
    view::SignInView,
};

pub const TITLE: &str = "Sign in to the console";

pub fn sign_in(view: SignInView) -> impl IntoView {
    let SignInView { name, problem } = view;
    view! {
        <ErrorSummary problem fields=&["name"]/>
        <h1>{TITLE}</h1>
        <p>"For the people who watch over recoveries. "<a href="/">"Do you want to recover your own account?"</a></p>
        <form method="post" action=Action::SignIn.path() class="flow" novalidate=true>
            <Field
                name="name"
                label="Name"
                look=LabelLook::Plain
                input=Input::ConsoleName
                hint="Your name in this console, not your work account."
                value=name
                error=Words::at(problem, "name")
            />
            <Field
                name="password"
                label="Password"
                look=LabelLook::Plain
                input=Input::Password
                hint="Pasting and password managers work."
                error=None
            />
            <Button look=Look::Main>"Sign in"</Button>
        </form>
    }
}
