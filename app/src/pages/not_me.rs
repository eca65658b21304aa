//! "This wasn't me", asked and answered.

use leptos::prelude::*;

use crate::{
    components::{Action, Button, Look, Reference, Time},
    view::{Account, NotMeAnswer, NotMeView},
};

pub const fn title(view: &NotMeView) -> &'static str {
    match view.answer {
        NotMeAnswer::Open => "Did you ask to recover your account?",
        NotMeAnswer::Stopped | NotMeAnswer::Undone | NotMeAnswer::TooLate => {
            "Thank you for telling us"
        }
    }
}

pub fn not_me(view: NotMeView) -> AnyView {
    let title = title(&view);
    let NotMeView {
        reference,
        asked_at,
        answer,
        account,
    } = view;
    if answer != NotMeAnswer::Open {
        return view! {
            <h1>{title}</h1>
            <Answered answer account/>
            <p>"You can close this window."</p>
            <Reference reference/>
        }
        .into_any();
    }
    view! {
        <h1>{title}</h1>
        <p class="lead">
            "Somebody asked for this on "<Time moment=asked_at/>"."
            {(account == Account::Untouched).then_some(" Nothing has changed on your account.")}
        </p>
        <div class="choices">
            <div class="flow">
                <h2>"It was me"</h2>
                <p>"Close this window. Your request goes on."</p>
            </div>
            <div class="flow">
                <h2>"It was not me"</h2>
                <p>"We stop it, lock recovery for a day and alert the security team."</p>
                <form method="post" action=Action::NotMe.path()>
                    <Button look=Look::Stop>"This wasn’t me, stop it"</Button>
                </form>
            </div>
        </div>
        <Reference reference/>
    }
    .into_any()
}

#[component]
fn Answered(answer: NotMeAnswer, account: Account) -> impl IntoView {
    let (happened, next) = match (answer, account) {
        (NotMeAnswer::Undone, _) => (
            "A pass had already been given out. We are deleting it, signing everybody out and removing what was added to your account since.",
            "You need their help to sign in again, and your password may be known to somebody else.",
        ),
        (NotMeAnswer::TooLate, _) | (_, Account::PassShown) => (
            "A pass had been given out, and it is too late to undo by ourselves what came of it. The security team has been told.",
            "Somebody else may be using your account, and your password may be known to them.",
        ),
        (_, Account::Touched) => (
            "We stopped it, and no pass was given out. You may have been signed out, and some of your ways to sign in may be gone. Nobody can ask for a recovery of your account for a day, and the security team has been told.",
            "They can check your account with you.",
        ),
        (_, Account::Untouched) => {
            return view! {
                <p class="lead">"The request is stopped. Nothing has changed on your account."</p>
                <p>"Nobody can ask for a recovery of your account for a day, and the security team has been told."</p>
            }
            .into_any();
        }
    };
    view! {
        <p class="lead">{happened}</p>
        <div class="warning">
            <p>
                <strong>"Contact the people named at the bottom of this page now. "</strong>
                {next}
            </p>
        </div>
    }
    .into_any()
}
