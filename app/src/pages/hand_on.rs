//! Who decides when an approver is not the right person.

use leptos::prelude::*;

use crate::{
    components::{
        Action, BackLink, Button, ErrorSummary, Field, Input, LabelLook, Look, Reference,
        problem::Words,
    },
    view::HandOnView,
};

pub const QUESTION: &str = "Who should decide instead of you?";

pub fn hand_on(view: HandOnView) -> impl IntoView {
    let HandOnView {
        reference,
        first_name,
        account,
        people,
        chosen,
        colleague,
        problem,
    } = view;
    // The first radio has the name as its id, so that an error can link there.
    let radios = people.into_iter().enumerate().map(|(index, (value, who))| {
        let id = match index {
            0 => "to".to_owned(),
            later => format!("to-{later}"),
        };
        view! {
            <div class="radio">
                <input type="radio" id=id.clone() name="to" value=value.clone() checked=value == chosen/>
                <label for=id dir="auto">{who}</label>
            </div>
        }
    });
    let radios: Vec<_> = radios.collect();
    let unchosen = Words::at(problem, "to");
    let label = if radios.is_empty() {
        "Work email address of the colleague"
    } else {
        "Or the work email address of another colleague"
    };
    view! {
        <BackLink href="/approve"/>
        <ErrorSummary problem fields=&["to", "colleague"]/>
        <h1>{QUESTION}</h1>
        <p class="lead">
            "Name somebody who knows "<span dir="auto">{first_name}</span>" and can recognise their voice or face. We ask them at once, and you can no longer approve."
        </p>
        <p>{account.theirs()}" You can still decline the request or report it later."</p>
        <form method="post" action=Action::HandOn.path() class="flow" novalidate=true>
            {(!radios.is_empty()).then(|| view! {
                <fieldset class="field" aria-describedby=unchosen.map(|_| "to-error")>
                    <legend class="label">"Whose turn would come next"</legend>
                    {unchosen.map(|error| view! {
                        <p class="field-error" id="to-error">
                            <span class="sr-only">"Error: "</span>{error}
                        </p>
                    })}
                    <div class="mt-4 flex flex-col gap-3">{radios}</div>
                </fieldset>
            })}
            <Field
                name="colleague"
                label
                look=LabelLook::Plain
                input=Input::Colleague
                hint="We look whether they may decide. Nobody decides about their own manager, for example."
                value=colleague
                error=Words::at(problem, "colleague")
            />
            <Button look=Look::Main>"Ask them instead of me"</Button>
        </form>
        <Reference reference/>
    }
}
