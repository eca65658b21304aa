//! "This wasn't me", asked and answered: by the account's owner, or by the security team.

use leptos::prelude::*;

use crate::{
    components::{Action, Button, Look, Reference, Time},
    view::{Account, Disowner, NotMeAnswer, NotMeView},
};

pub const fn title(view: &NotMeView) -> &'static str {
    match (view.answer, view.disowner) {
        (NotMeAnswer::Open, Disowner::Owner) => "Did you ask to recover your account?",
        (NotMeAnswer::Open, Disowner::Security) => "Stop this recovery?",
        (_, Disowner::Owner) => "Thank you for telling us",
        (NotMeAnswer::TooLate, Disowner::Security) => "This recovery cannot be undone by itself",
        (_, Disowner::Security) => "This recovery is stopped",
    }
}

pub fn not_me(view: NotMeView) -> AnyView {
    let title = title(&view);
    let NotMeView {
        disowner,
        reference,
        asked_at,
        answer,
        account,
    } = view;
    if answer != NotMeAnswer::Open {
        return view! {
            <h1>{title}</h1>
            {match disowner {
                Disowner::Owner => view! { <Answered answer account/> }.into_any(),
                Disowner::Security => stopped(answer, account).into_any(),
            }}
            <p>"You can close this window."</p>
            <Reference reference/>
        }
        .into_any();
    }
    let [yes, go_on, no, what, press] = question(disowner);
    view! {
        <h1>{title}</h1>
        <p class="lead">
            "Somebody asked for this on "<Time moment=asked_at/>"."
            {(account == Account::Untouched).then(|| untouched(disowner))}
        </p>
        <div class="choices">
            <div class="flow">
                <h2>{yes}</h2>
                <p>{go_on}</p>
            </div>
            <div class="flow">
                <h2>{no}</h2>
                <p>{what}</p>
                <form method="post" action=Action::NotMe.path()>
                    <Button look=Look::Stop>{press}</Button>
                </form>
            </div>
        </div>
        <Reference reference/>
    }
    .into_any()
}

const fn untouched(disowner: Disowner) -> &'static str {
    match disowner {
        Disowner::Owner => " Nothing has changed on your account.",
        Disowner::Security => " Nothing has changed on the account.",
    }
}

/// The two choices: what is so, what follows, and what the button says.
const fn question(disowner: Disowner) -> [&'static str; 5] {
    match disowner {
        Disowner::Owner => [
            "It was me",
            "Close this window. Your request goes on.",
            "It was not me",
            "We stop it, lock recovery for a day and alert the security team.",
            "This wasn’t me, stop it",
        ],
        Disowner::Security => [
            "It may go on",
            "Close this window. The request goes on.",
            "It has to stop",
            "We stop it, undo what came of it if a pass was given out, and lock recovery of the account for a day. Everybody at your alert addresses is told.",
            "Stop this recovery",
        ],
    }
}

/// What the security team has led to.
fn stopped(answer: NotMeAnswer, account: Account) -> impl IntoView {
    let (happened, next) = match (answer, account) {
        (NotMeAnswer::Undone, _) => (
            "A pass had already been given out. We are deleting it, signing everybody out and removing what was added to the account since.",
            "Treat the account as taken over until you know better: its owner needs you to sign in again.",
        ),
        (NotMeAnswer::TooLate, _) | (_, Account::PassShown) => (
            "A pass had been given out, and it is too late to undo by ourselves what came of it. Nobody can ask for a recovery of the account for a day.",
            "Look at the account now: somebody else may be using it.",
        ),
        (_, Account::Touched) => (
            "No pass was given out. Its owner may have been signed out, and some of their ways to sign in may be gone. Nobody can ask for a recovery of the account for a day.",
            "Look at the account, and speak to its owner.",
        ),
        (_, Account::Untouched) => (
            "Nothing has changed on the account. Nobody can ask for a recovery of it for a day.",
            "Speak to its owner: if it was them, they have to ask again.",
        ),
    };
    view! {
        <p class="lead">{happened}</p>
        <p>{next}</p>
    }
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
