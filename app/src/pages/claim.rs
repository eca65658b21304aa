//! The last page before the pass: what will happen, and the button.

use leptos::prelude::*;

use crate::{
    components::{Action, BackLink, Button, Inset, Look, Reference, Time},
    islands::Countdown,
    view::{ClaimTurn, ClaimView},
};

pub const fn title(view: &ClaimView) -> &'static str {
    match view.turn {
        ClaimTurn::First | ClaimTurn::Retry => "Get your pass",
        ClaimTurn::Replacement => "Get another pass",
    }
}

pub fn claim(view: ClaimView) -> impl IntoView {
    let title = title(&view);
    let ClaimView {
        reference,
        closes_at,
        sign_in_at,
        turn,
    } = view;
    let (action, lead) = match turn {
        ClaimTurn::First => (
            Action::Claim,
            "Your request is approved. Nothing has changed on your account so far.",
        ),
        ClaimTurn::Retry => (
            Action::Claim,
            "Your request is still approved. The last attempt may have signed you out and removed old ways to sign in.",
        ),
        ClaimTurn::Replacement => (
            Action::ClaimAgain,
            "The pass you have seen stops working, and you get another one.",
        ),
    };
    let iso = closes_at.iso.clone();
    view! {
        <BackLink href="/status"/>
        <h1>{title}</h1>
        <p class="lead">{lead}</p>
        <h2>"When you say yes"</h2>
        <ol class="stations">
            {(turn != ClaimTurn::Replacement).then(|| view! {
                <li>"You are signed out on all your devices."</li>
                <li>"Your old ways to confirm a sign-in are removed. Your password stays."</li>
            })}
            <li>"The pass is shown here, once. It works for one sign-in."</li>
        </ol>
        <Inset>
            <p>
                <strong>"Have ready "</strong>
                "the phone or security key that you want to use from now on, and a device to sign in with at "
                <span dir="ltr" translate="no" class="address">{sign_in_at}</span>
                ". You need about 10 minutes without a break."
            </p>
        </Inset>
        <p>
            "You can get the pass until "<Time moment=closes_at/>" ("
            <Countdown until_iso=iso fallback="after that, you ask again".to_owned()/>")."
        </p>
        <form method="post" action=action.path() class="actions">
            <Button look=Look::Main>"Yes, show me the pass"</Button>
            <a href="/status">"No, not yet"</a>
        </form>
        <Reference reference/>
    }
}
