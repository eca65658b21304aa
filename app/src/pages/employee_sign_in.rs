//! The way to the organisation's own sign-in.

use leptos::prelude::*;

use crate::{
    components::{Action, Button, Look},
    view::EmployeeSignInView,
};

pub const TITLE: &str = "Sign in with your work account";

pub fn employee_sign_in(view: &EmployeeSignInView) -> impl IntoView + use<> {
    let to = view.to.slug();
    view! {
        <h1>{TITLE}</h1>
        <p class="lead">"We send you to your organisation's own sign-in, and you come back here afterwards."</p>
        <p>"We never see your password. When you come back, you stay signed in for an hour at most."</p>
        <form method="post" action=Action::SignInEmployee.path()>
            <input type="hidden" name="to" value=to/>
            <Button look=Look::Main>"Continue to sign in"</Button>
        </form>
        <p>"You cannot sign in any more? "<a href="/">"Recover your account"</a></p>
    }
}
