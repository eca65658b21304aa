//! What waits for an approver, and what they did.

use leptos::prelude::*;

use crate::{
    components::{Action, Button, ErrorSummary, Inset, Look, Reference, Tag, Time},
    view::{ApprovalsView, DecidedRow, WaitingRow},
};

pub const TITLE: &str = "Requests for your approval";

pub fn approvals(view: ApprovalsView) -> impl IntoView {
    let ApprovalsView {
        waiting,
        more_waiting,
        decided,
        more_decided,
        is_continued,
        problem,
    } = view;
    view! {
        <ErrorSummary problem fields=&[]/>
        <h1>{TITLE}</h1>
        <h2>"What waits for you"</h2>
        {if waiting.is_empty() {
            view! { <p class="lead">"Nothing waits for you."</p> }.into_any()
        } else {
            waiting.into_iter().map(|row| view! { <Waiting row/> }).collect_view().into_any()
        }}
        {more_waiting.map(|href| view! { <p><a rel="next" href=href>"Show the rest"</a></p> })}
        <h2>"What you did in the last 30 days"</h2>
        {if decided.is_empty() {
            view! { <p>"Nothing."</p> }.into_any()
        } else {
            view! { <ul class="plain">{decided.into_iter().map(|row| view! { <Decided row/> }).collect_view()}</ul> }
                .into_any()
        }}
        {more_decided.map(|href| view! { <p><a rel="next" href=href>"Show older ones"</a></p> })}
        {is_continued.then(|| view! { <p><a href="/approvals">"Back to the beginning"</a></p> })}
        <h2>"Will you be away?"</h2>
        <p>"Tell us, and who stands in for you. Then nobody waits for you in vain."</p>
        <p><a href="/approvals/absence">"Say when you are away"</a></p>
    }
}

#[component]
fn Waiting(row: WaitingRow) -> impl IntoView {
    let WaitingRow {
        id,
        name,
        reference,
        role,
        asked_at,
        deadline,
        answered,
    } = row;
    view! {
        <Inset>
            <p><strong dir="auto">{name.clone()}</strong>" cannot sign in."</p>
            <p>{role}" It waits for you since "<Time moment=asked_at/>", until "<Time moment=deadline/>"."</p>
            {answered.then(|| view! { <p>"You have answered. It waits for somebody else."</p> })}
            <Reference reference/>
            <form method="post" action=Action::OpenReview.path()>
                <input type="hidden" name="request" value=id/>
                <Button look=Look::Main>"Review the request"<span class="sr-only">" of "{name}</span></Button>
            </form>
        </Inset>
    }
}

#[component]
fn Decided(row: DecidedRow) -> impl IntoView {
    let DecidedRow {
        id,
        name,
        reference,
        verdict,
        at,
        state,
        tone,
    } = row;
    view! {
        <li class="decided">
            <p>
                <strong dir="auto">{name.clone()}</strong>": you "{verdict}" on "<Time moment=at/>". "
                <Tag tone text=state/>
            </p>
            <Reference reference/>
            <form method="post" action=Action::OpenReview.path()>
                <input type="hidden" name="request" value=id/>
                <Button look=Look::Quiet>"Open it"<span class="sr-only">" for "{name}</span></Button>
            </form>
        </li>
    }
}
