//! The approver's review of one request.

use leptos::prelude::*;

use crate::{
    components::{
        Action, Button, ErrorSummary, Field, Input, LabelLook, Look, Reference, SummaryRow, Time,
        problem::Words,
    },
    view::{Evidence, ReviewView},
};

pub fn title(view: &ReviewView) -> String {
    format!("Did {} ask you for help?", view.evidence.name)
}

pub fn review(view: ReviewView) -> impl IntoView {
    let title = title(&view);
    let ReviewView {
        reference,
        approver,
        evidence,
        deadline,
        digits,
        tries_left,
        form,
        problem,
    } = view;
    let first_name = evidence.first_name.clone();
    let statement = format!(
        "I spoke with {first_name} just now, on a number I already had, and they asked for this."
    );
    let attestation = Words::at(problem, "attested");
    view! {
        <ErrorSummary problem fields=&["code", "attested"]/>
        <h1 dir="auto">{title}</h1>
        <p class="lead">
            <span dir="auto">{approver}</span>", a request to recover this account waits for you until "
            <Time moment=deadline/>". Nothing has changed on the account."
        </p>
        <h2>"What we know"</h2>
        <Facts evidence/>
        <h2>"Before you answer"</h2>
        <ol class="stations">
            <li>{format!("Call {first_name} on a number you already had, or meet them. Do not use a number from a mail or a message about this.")}</li>
            <li>{format!("Ask whether they asked for this. If they did, ask for the code on their screen: {digits} digits.")}</li>
            <li>"If you cannot reach them, wait. Nothing happens without you."</li>
        </ol>
        <form id="approve" method="post" action=Action::Approve.path() class="flow" novalidate=true>
            <Field
                name="code"
                label=format!("The code that {first_name} told you")
                look=LabelLook::Plain
                input=Input::ToldCode
                hint=tries(tries_left)
                error=Words::at(problem, "code")
            />
            <div class="field">
                {attestation.map(|error| view! {
                    <p class="field-error" id="attested-error">
                        <span class="sr-only">"Error: "</span>{error}
                    </p>
                })}
                <div class="radio">
                    <input
                        type="checkbox"
                        id="attested"
                        name="attested"
                        value="yes"
                        checked=form.attested
                        aria-describedby=attestation.map(|_| "attested-error")
                        aria-invalid=attestation.map(|_| "true")
                    />
                    <label for="attested">{statement}</label>
                </div>
            </div>
        </form>
        <form id="report" method="post" action=Action::Report.path()></form>
        <form id="deny" method="post" action=Action::Deny.path()></form>
        <div class="choices">
            <div>
                <Button look=Look::Main form="approve">"Approve"</Button>
                <p class="hint">{format!("{first_name} can then replace their ways to sign in.")}</p>
            </div>
            <div>
                <Button look=Look::Stop form="report">"I don’t recognise this, report it"</Button>
                <p class="hint">"Stops the request, locks recovery for a day and alerts the security team."</p>
            </div>
        </div>
        <p class="flex flex-wrap items-center gap-x-4 gap-y-2">
            <Button look=Look::Quiet form="deny">"Decline"</Button>
            <span class="hint">{format!("If {first_name} did ask, but no longer needs it or should not have it now.")}</span>
        </p>
        <Reference reference/>
    }
}

#[component]
fn Facts(evidence: Evidence) -> impl IntoView {
    let Evidence {
        name,
        first_name: _,
        account,
        position,
        reason,
        proofs,
        asked_at,
        address,
        browser,
        recent_recoveries,
        removes,
    } = evidence;
    view! {
        <dl class="summary">
            <SummaryRow label="Who">
                <strong>{name}</strong><br/>
                <span dir="ltr" translate="no">{account}</span>
                {position.map(|position| view! { <br/>{position} })}
            </SummaryRow>
            <SummaryRow label="Why">{reason}</SummaryRow>
            <SummaryRow label="When"><Time moment=asked_at/></SummaryRow>
            <SummaryRow label="From where">
                <span dir="ltr" translate="no">{address}</span><br/>{browser}
            </SummaryRow>
            <SummaryRow label="Proof given"><Lines lines=proofs/></SummaryRow>
            <SummaryRow label="Recoveries in the last 90 days">{recoveries(recent_recoveries)}</SummaryRow>
            <SummaryRow label="If you approve, this is removed"><Lines lines=removes/></SummaryRow>
        </dl>
    }
}

#[component]
fn Lines(lines: Vec<String>) -> impl IntoView {
    if lines.is_empty() {
        return view! { "None" }.into_any();
    }
    view! {
        <ul class="plain">
            {lines.into_iter().map(|line| view! { <li dir="auto">{line}</li> }).collect_view()}
        </ul>
    }
    .into_any()
}

fn recoveries(count: u32) -> String {
    if count == 0 {
        "None".to_owned()
    } else {
        count.to_string()
    }
}

fn tries(left: u8) -> String {
    match left {
        1 => "This is the last try. If it is wrong, the request is declined.".to_owned(),
        left => format!("You have {left} tries."),
    }
}
