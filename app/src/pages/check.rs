//! Check the answers before anybody is asked.

use leptos::prelude::*;

use super::what_happened;
use crate::{
    components::{Action, Button, ErrorSummary, Look, Reference, Steps, SummaryRow},
    view::CheckView,
};

pub const TITLE: &str = "Check before you ask";

pub fn check(view: CheckView) -> impl IntoView {
    let CheckView {
        reference,
        name,
        account,
        reason,
        page,
        problem,
    } = view;
    view! {
        <ErrorSummary problem fields=&[]/>
        <Steps now=4 of=4/>
        <h1>{TITLE}</h1>
        <p class="lead">"Nobody has been asked yet, and nothing has changed on your account."</p>
        <dl class="summary">
            <SummaryRow label="Name">{name}</SummaryRow>
            <SummaryRow label="Account"><span dir="ltr" translate="no">{account}</span></SummaryRow>
            <SummaryRow label="What happened">{what_happened::label(reason)}</SummaryRow>
        </dl>
        <p>"Is something wrong? "<a href="/what-happened">"Start again"</a>"."</p>
        <h2>"What will happen"</h2>
        <ol class="stations">
            <li>"Your manager gets a mail and speaks with you. We also tell you at every address we have for you."</li>
            <li>"If they approve, you come back to this browser and ask for a pass."</li>
            <li>"Then, and not before, you are signed out everywhere and your old ways to confirm a sign-in are removed. Your password stays."</li>
            <li>"You sign in with the pass and set up a new way."</li>
        </ol>
        <form method="post" action=Action::Submit.path()>
            <input type="hidden" name="page" value=page/>
            <Button look=Look::Main>"Ask for recovery"</Button>
        </form>
        <Reference reference/>
    }
}
