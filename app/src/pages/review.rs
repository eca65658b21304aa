//! The approver's review of one request.

use leptos::prelude::*;

use crate::{
    components::{
        Action, Button, ErrorSummary, Field, Input, Inset, LabelLook, LinkButton, Look, Reference,
        SummaryRow, Time, problem::Words,
    },
    view::{Changes, Evidence, OtherAsked, ReviewView, Spoken},
};

pub fn title(view: &ReviewView) -> String {
    format!("Did {} ask you for help?", view.evidence.name)
}

pub fn review(view: ReviewView) -> impl IntoView {
    let title = title(&view);
    let ReviewView {
        reference,
        approver,
        account,
        why_asked,
        others,
        risks,
        approvals: (given, needed),
        delay_minutes,
        may_hand_on,
        evidence,
        deadline,
        digits,
        tries_left,
        form,
        problem,
    } = view;
    let first_name = evidence.first_name.clone();
    view! {
        <ErrorSummary problem fields=&["code", "attested"]/>
        <h1 dir="auto">{title}</h1>
        <p class="lead">
            <span dir="auto">{approver}</span>", a request to recover this account waits for you until "
            <Time moment=deadline/>". "{account.theirs()}
        </p>
        <p dir="auto">{why_asked}</p>
        {(needed > 1).then(|| two_approvals(given, needed))}
        {(!risks.is_empty()).then(|| care(risks))}
        <h2>"What we know"</h2>
        <Facts evidence others/>
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
            <Statement first_name=first_name.clone() spoken=form.spoken error=Words::at(problem, "attested")/>
        </form>
        <form id="report" method="post" action=Action::Report.path()></form>
        <div class="choices">
            <div>
                <Button look=Look::Main form="approve">"Approve"</Button>
                <p class="hint">{follows(&first_name, delay_minutes, needed > given + 1)}</p>
            </div>
            <div>
                <Button look=Look::Stop form="report">"I don’t recognise this, report it"</Button>
                <p class="hint">"Stops the request, locks recovery for a day and alerts the security team."</p>
            </div>
        </div>
        <h2>"Or answer in another way"</h2>
        <p class="flex flex-wrap items-center gap-x-4 gap-y-2">
            <LinkButton look=Look::Quiet href="/approve/deny">"Decline"</LinkButton>
            <span class="hint">{format!("If you cannot reach {first_name}, are not sure, or they no longer need it.")}</span>
        </p>
        {may_hand_on.then(|| view! {
            <p class="flex flex-wrap items-center gap-x-4 gap-y-2">
                <LinkButton look=Look::Quiet href="/approve/hand-on">"I’m not the right person"</LinkButton>
                <span class="hint">{format!("If somebody else knows {first_name} better. You name them.")}</span>
            </p>
        })}
        <Reference reference/>
    }
}

/// How the approver states that they spoke with the person. The first radio has the name as its id, so that an error can
/// link there.
#[component]
fn Statement(
    first_name: String,
    spoken: Option<Spoken>,
    error: Option<&'static str>,
) -> impl IntoView {
    let radios = Spoken::ALL.map(|way| {
        let statement = match way {
            Spoken::Phone => format!("I spoke with {first_name} just now, on a number I already had, and they asked for this."),
            Spoken::Video => format!("I saw and spoke with {first_name} just now, in a video call that I set up, and they asked for this."),
            Spoken::InPerson => format!("I met {first_name} just now, and they asked for this."),
        };
        let id = match way {
            Spoken::Phone => "attested".to_owned(),
            other => format!("attested-{}", other.slug()),
        };
        view! {
            <div class="radio">
                <input type="radio" id=id.clone() name="attested" value=way.slug() checked=spoken == Some(way)/>
                <label for=id>{statement}</label>
            </div>
        }
    });
    view! {
        <fieldset class="field" aria-describedby=error.map(|_| "attested-error")>
            <legend class="label">"How did you speak with them?"</legend>
            {error.map(|error| view! {
                <p class="field-error" id="attested-error">
                    <span class="sr-only">"Error: "</span>{error}
                </p>
            })}
            <div class="mt-4 flex flex-col gap-3">{radios.collect_view()}</div>
        </fieldset>
    }
}

/// That one approval is not enough.
fn two_approvals(given: u8, needed: u8) -> impl IntoView {
    let yours = if given == 0 {
        format!("It takes {needed} approvals, and none is there yet.")
    } else {
        "One approval is there: yours is the second of two.".to_owned()
    };
    view! {
        <Inset>
            <p>
                <strong>"This account has special rights. "</strong>{yours}
                " Each of you calls the person yourself, and the code is longer."
            </p>
        </Inset>
    }
}

/// What speaks for special care.
fn care(risks: Vec<String>) -> impl IntoView {
    view! {
        <div class="warning" role="note">
            <h2>"Take special care"</h2>
            <ul>{risks.into_iter().map(|risk| view! { <li>{risk}"."</li> }).collect_view()}</ul>
        </div>
    }
}

/// What follows from an approval.
fn follows(first_name: &str, delay_minutes: u64, takes_another: bool) -> String {
    if takes_another {
        return "It then takes another approval.".to_owned();
    }
    match delay_minutes {
        0 => format!("{first_name} can then replace their ways to sign in."),
        minutes => format!(
            "After a safety delay of {} {first_name} can replace their ways to sign in.",
            duration(minutes)
        ),
    }
}

fn duration(minutes: u64) -> String {
    match (minutes / 60, minutes % 60) {
        (1, 0) => "an hour".to_owned(),
        (hours, 0) => format!("{hours} hours"),
        _ => format!("{minutes} minutes"),
    }
}

#[component]
fn Facts(evidence: Evidence, others: Vec<OtherAsked>) -> impl IntoView {
    let Evidence {
        name,
        first_name: _,
        account,
        position,
        reason,
        proofs,
        asked_at,
        address,
        country,
        browser,
        recent_recoveries,
        changes,
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
                <span dir="ltr" translate="no">{address}</span>
                {country.map(|country| view! { ", "{country} })}<br/>{browser}
            </SummaryRow>
            <SummaryRow label="Proof given"><Lines lines=proofs/></SummaryRow>
            {(!others.is_empty()).then(|| view! {
                <SummaryRow label="Also asked"><Lines lines=others.into_iter().map(asked).collect()/></SummaryRow>
            })}
            <SummaryRow label="Recoveries in the last 90 days">{recoveries(recent_recoveries)}</SummaryRow>
            <Ahead changes/>
        </dl>
    }
}

/// What an approval leads to.
#[component]
fn Ahead(changes: Changes) -> impl IntoView {
    match changes {
        Changes::Removal {
            removes,
            keeps,
            as_read,
        } => view! {
            <SummaryRow label="If you approve"><Removed removes as_read/></SummaryRow>
            {(!keeps.is_empty()).then(|| view! {
                <SummaryRow label="This stays"><Lines lines=keeps/></SummaryRow>
            })}
        }
        .into_any(),
        Changes::Stop => view! {
            <SummaryRow label="If you approve">
                "The recovery would stop, because the account has a way to sign in of a type that cannot be removed here. Nothing would change on the account. Contact the people named at the bottom of this page."
            </SummaryRow>
        }
        .into_any(),
    }
}

/// What an approval takes from the account.
#[component]
fn Removed(removes: Vec<String>, as_read: bool) -> impl IntoView {
    let removed = match (as_read, removes.is_empty()) {
        (true, true) => "Nothing is removed: they have none of what would be.",
        (true, false) => "This is removed from the account:",
        (false, _) => {
            "Microsoft does not say at the moment what they have. This is removed, as far as they have it:"
        }
    };
    view! {
        <p>"They are signed out on all devices. "{removed}</p>
        {(!removes.is_empty()).then(|| view! { <Lines lines=removes/> })}
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

fn asked(other: OtherAsked) -> String {
    let OtherAsked { name, role, answer } = other;
    match answer {
        Some(answer) => format!("{name}, {role}: {answer}"),
        None => format!("{name}, {role}"),
    }
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
        0 => "All tries are used. If you type another code, the request is declined.".to_owned(),
        1 => "This is the last try. If it is wrong, the request is declined.".to_owned(),
        left => format!("You have {left} tries."),
    }
}
