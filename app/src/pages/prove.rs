//! Proofs of who a person is: codes that are typed, and what is proven elsewhere.

use leptos::prelude::*;

use crate::{
    components::{
        Action, BackLink, Button, ErrorSummary, Field, Input, LabelLook, Look, Reference, Steps,
        problem::Words,
    },
    view::{OfferedWay, ProveView, Way},
};

/// The question where the mailed code is all that is asked.
const ENTER_CODE: &str = "Enter the code from your mail";
const PROVE: &str = "Prove that it is you";

/// What the page asks.
pub fn question(view: &ProveView) -> &'static str {
    if view.asks_mailed_code_only() {
        ENTER_CODE
    } else {
        PROVE
    }
}

pub fn prove(view: ProveView) -> impl IntoView {
    let question = question(&view);
    let simple = view.asks_mailed_code_only();
    let ProveView {
        reference,
        identifier,
        digits,
        valid_minutes,
        may_resend,
        resent,
        ways,
        missing,
        problem,
    } = view;
    let mailed = is_open(&ways, Way::EmailCode);
    let saved = is_open(&ways, Way::RecoveryCode);
    let elsewhere: Vec<_> = ways
        .iter()
        .filter(|offered| !offered.way.is_typed())
        .copied()
        .collect();
    let begun = ways.iter().any(|offered| offered.given);
    view! {
        <BackLink href="/what-happened"/>
        <ErrorSummary problem fields=&["code", "saved_code"]/>
        {resent.then(|| view! {
            <div class="inset" role="status">
                <p>"We have sent another code, if there is an address to send it to. The one before has stopped working."</p>
            </div>
        })}
        <Steps now=3 of=4/>
        {(!simple).then(|| view! {
            <h1>{question}</h1>
            <p>{how_many(missing, begun)}</p>
        })}
        {(!elsewhere.is_empty()).then(|| view! { <Elsewhere ways=elsewhere then_codes=mailed || saved/> })}
        {(mailed || saved).then(|| view! {
            <form method="post" action=Action::Prove.path() class="flow" novalidate=true>
                {(!simple).then(|| view! { <h2>"Codes"</h2> })}
                {mailed.then(|| view! {
                    <Field
                        name="code"
                        label=if simple { ENTER_CODE } else { "Code from your mail" }
                        look=if simple { LabelLook::Heading } else { LabelLook::Plain }
                        input=Input::SentCode
                        hint=format!("If {identifier} has an address outside work on file, we have sent {digits} digits to that address. They work for {valid_minutes} minutes.")
                        error=Words::at(problem, "code")
                    />
                })}
                {saved.then(|| view! {
                    <Field
                        name="saved_code"
                        label="One of your saved codes"
                        look=LabelLook::Plain
                        input=Input::SavedCode
                        hint="You may have printed or saved ten of them. Use one that is not crossed out, like 7KQ4-M2ZD-91TX-HC5R-8."
                        error=Words::at(problem, "saved_code")
                    />
                })}
                <Button look=Look::Main>"Continue"</Button>
            </form>
        })}
        {mailed.then(|| view! {
            <p>"We cannot say whether there is such an address: that keeps strangers from finding out."</p>
            <MailMissing may_resend others=without_mail(&ways, missing)/>
        })}
        <Reference reference/>
    }
}

/// Whether `way` is offered and still to be gone.
fn is_open(ways: &[OfferedWay], way: Way) -> bool {
    ways.iter()
        .any(|offered| offered.way == way && !offered.given)
}

const fn how_many(missing: u8, begun: bool) -> &'static str {
    match (missing, begun) {
        (0 | 1, false) => "One of these is enough. Take the one that you can give now.",
        (0 | 1, true) => {
            "What you have given so far is right. One more is needed. Take one that you can give now."
        }
        (2, false) => "Two different ones of these are needed. Take those that you can give now.",
        (2, true) => {
            "What you have given so far is right. Two more are needed, each of another kind."
        }
        (3, false) => "Three different ones of these are needed.",
        (3, true) => {
            "What you have given so far is right. Three more are needed, each of another kind."
        }
        _ => "All of these are needed.",
    }
}

/// The ways that are open besides the mailed code, in words, if they would do without it.
fn without_mail(ways: &[OfferedWay], missing: u8) -> Vec<&'static str> {
    let others: Vec<_> = ways
        .iter()
        .filter(|offered| !offered.given)
        .filter_map(|offered| match offered.way {
            Way::EmailCode => None,
            Way::RecoveryCode => Some("one of your saved codes"),
            Way::Password => Some("your password"),
            Way::VerifiedId => Some("your Verified ID"),
        })
        .collect();
    if others.len() < usize::from(missing.max(1)) {
        return Vec::new();
    }
    others
}

/// What is proven on somebody else's page, or with another device.
#[component]
fn Elsewhere(ways: Vec<OfferedWay>, then_codes: bool) -> impl IntoView {
    let rows = ways.into_iter().map(|OfferedWay { way, given }| {
        let (name, hint, button, action) = match way {
            Way::Password => (
                "Your password",
                "You sign in at Microsoft with your work account and its password, and come back here.",
                "Sign in with your password",
                Action::ProvePassword,
            ),
            _ => (
                "Your Verified ID",
                "You scan a picture with Microsoft Authenticator on a phone that holds your Verified ID. It compares your face.",
                "Show your Verified ID",
                Action::ProveVerifiedId,
            ),
        };
        view! {
            <li class="flow">
                <h2>{name}</h2>
                {if given {
                    view! { <p class="font-semibold">"Done"</p> }.into_any()
                } else {
                    view! {
                        <p>{hint}</p>
                        <form method="post" action=action.path()>
                            <Button look=Look::Quiet>{button}</Button>
                        </form>
                    }
                    .into_any()
                }}
            </li>
        }
    });
    view! {
        <ul class="flow list-none p-0">{rows.collect_view()}</ul>
        {then_codes.then(|| view! { <p>"If you use one of these, do it before you enter codes."</p> })}
    }
}

#[component]
fn MailMissing(may_resend: bool, others: Vec<&'static str>) -> impl IntoView {
    let others = (!others.is_empty()).then(|| {
        let others = others.join(", ");
        view! { <li>{format!("You can do without it. This page also takes: {others}.")}</li> }
    });
    view! {
        <details class="details">
            <summary>"The code does not come"</summary>
            <div class="flow">
                <ul>
                    <li>"Wait two minutes, then look in the junk folder too."</li>
                    <li>"Look in your personal mail, not in your work mail."</li>
                    <li>"Is there a mail for another reference than the one below? The newest has a link to your code."</li>
                    {others}
                    <li>"Is the address above not yours? "<a href="/what-happened">"Start again"</a>"."</li>
                    <li>"Still nothing? Your organisation may have no address for you. Contact the people named at the bottom of this page."</li>
                </ul>
                {if may_resend {
                    view! {
                        <form method="post" action=Action::Resend.path()>
                            <Button look=Look::Quiet>"Send another code"</Button>
                        </form>
                    }.into_any()
                } else {
                    view! { <p>"We cannot send more codes for this request."</p> }.into_any()
                }}
            </div>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn way(way: Way, given: bool) -> OfferedWay {
        OfferedWay { way, given }
    }

    #[test]
    fn other_ways_are_named_where_they_would_do_without_the_mail() {
        let mail = way(Way::EmailCode, false);
        let saved = way(Way::RecoveryCode, false);
        let password = way(Way::Password, false);
        assert_eq!(without_mail(&[mail], 1), [""; 0]);
        assert_eq!(without_mail(&[mail, saved], 2), [""; 0]);
        assert_eq!(without_mail(&[mail, saved], 1), ["one of your saved codes"]);
        assert_eq!(
            without_mail(&[mail, saved, password], 2),
            ["one of your saved codes", "your password"]
        );
        let given = way(Way::Password, true);
        assert_eq!(without_mail(&[mail, given], 1), [""; 0]);
    }

    #[test]
    fn what_was_given_is_said_to_be_right_and_what_is_asked_at_first_is_not() {
        for missing in 1..=3 {
            assert!(how_many(missing, true).starts_with("What you have given so far is right."));
            assert!(!how_many(missing, false).contains("right"));
        }
    }
}
