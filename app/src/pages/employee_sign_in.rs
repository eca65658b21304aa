//! The way to the organisation's own sign-in.

use leptos::prelude::*;

use crate::{
    components::{Action, Button, Look},
    view::{EmployeeSignInView, Place},
};

pub const fn title(view: &EmployeeSignInView) -> &'static str {
    match view.to {
        Place::Codes | Place::Approvals => "Sign in with your work account",
        Place::MakeCodes | Place::ReplaceCodes => "Sign in again to make codes",
        Place::Review => "Sign in to review a request",
        Place::Absence => "Sign in to say when you are away",
    }
}

pub fn employee_sign_in(view: &EmployeeSignInView) -> impl IntoView + use<> {
    let to = view.to.slug();
    let (lead, more) = match view.to {
        Place::Codes | Place::Review | Place::Approvals => (
            "We send you to your organisation's own sign-in, and you come back here afterwards.",
            "We never see your password. When you come back, you stay signed in for an hour at most.",
        ),
        Place::Absence => (
            "Whoever stands in for you answers requests in your place, so we make sure that it is you who names them.",
            "We send you to your organisation's own sign-in, and you come back here afterwards. Nothing has changed yet.",
        ),
        Place::MakeCodes | Place::ReplaceCodes => (
            "You signed in more than five minutes ago. Whoever has recovery codes can use them in your place later, so we make sure that it is you.",
            "We send you to your organisation's own sign-in, and you come back here afterwards. Nothing has changed yet: then press the button once more.",
        ),
    };
    view! {
        <h1>{title(view)}</h1>
        <p class="lead">{lead}</p>
        <p>{more}</p>
        <form method="post" action=Action::SignInEmployee.path()>
            <input type="hidden" name="to" value=to/>
            <Button look=Look::Main>"Continue to sign in"</Button>
        </form>
        <p>"You cannot sign in any more? "<a href="/">"Recover your account"</a></p>
    }
}
