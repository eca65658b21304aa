//! The pass itself, once, and the page after it.

use leptos::prelude::*;

use crate::{
    PASS_SLOT,
    components::{Action, Button, Look, OutsideButton, Reference, SummaryRow, Time},
    islands::{CopyButton, Countdown},
    view::PassView,
};

pub const TITLE: &str = "Your pass";
pub const FINISHED: &str = "This screen is clear";

pub fn pass(view: PassView) -> impl IntoView {
    let PassView {
        reference,
        account,
        sign_in_at,
        expires_at,
        lifetime_minutes,
        removed,
    } = view;
    let iso = expires_at.iso.clone();
    view! {
        <h1>{TITLE}</h1>
        <section class="pass" aria-label="The pass">
            <p class="pass-value">
                <output id="pass" dir="ltr" translate="no">{PASS_SLOT}</output>
            </p>
            <CopyButton target_id="pass".to_owned()/>
            <p class="pass-time">
                <Countdown until_iso=iso fallback=format!("works for {lifetime_minutes} minutes")/>
            </p>
        </section>
        <p class="lead">
            "Sign in with it now, on the device you will use. "
            "It works once, and this page shows it once."
        </p>
        <div class="actions">
            <OutsideButton href=sign_in_at.clone()>"Sign in with the pass (opens a new tab)"</OutsideButton>
        </div>
        <dl class="summary">
            <SummaryRow label="Sign in at">
                <span dir="ltr" translate="no" class="address">{sign_in_at}</span>
            </SummaryRow>
            <SummaryRow label="Account"><span dir="ltr" translate="no">{account}</span></SummaryRow>
            <SummaryRow label="Works until"><Time moment=expires_at/></SummaryRow>
        </dl>
        <div class="warning">
            <p>
                <strong>"Do not share it. "</strong>
                "Anybody who calls, texts or writes to ask for it is a fraud."
            </p>
        </div>
        <h2>"How to set up your new way to sign in"</h2>
        <ol class="stations">
            <li>"Open the address above and enter your account. If you are asked for a “Temporary Access Pass”, enter the pass."</li>
            <li>"It can take a few minutes until Microsoft asks for it. If it does not, wait and open the address again."</li>
            <li>"Choose “Add sign-in method” and follow the steps for your device below."</li>
            <li>"Finish within 10 minutes of signing in. Do not sign out first."</li>
        </ol>
        <details class="details">
            <summary>"With an iPhone or an Android phone"</summary>
            <ol>
                <li>"Install Microsoft Authenticator from the App Store or Google Play."</li>
                <li>"On the page where you signed in, choose “Microsoft Authenticator”."</li>
                <li>"In the app, add a work or school account and scan the picture that the page shows."</li>
                <li>"Approve the trial request. You are done."</li>
            </ol>
        </details>
        <details class="details">
            <summary>"With a passkey or a security key"</summary>
            <ol>
                <li>"On the page where you signed in, choose “Passkey” or “Security key”."</li>
                <li>"Plug in or hold the key, or choose where to keep the passkey."</li>
                <li>"Choose a PIN when you are asked, and give the key a name. You are done."</li>
            </ol>
        </details>
        {(!removed.is_empty()).then(|| view! {
            <details class="details">
                <summary>"What was removed from your account"</summary>
                <ul>
                    {removed.into_iter().map(|method| view! { <li dir="auto">{method}</li> }).collect_view()}
                </ul>
            </details>
        })}
        <h2>"When you are done"</h2>
        <form method="post" action=Action::Finish.path() class="actions">
            <Button look=Look::Quiet>"Finish and clear this screen"</Button>
            <a href="/pass">"I could not use it"</a>
        </form>
        <Reference reference/>
    }
}

pub fn finished() -> impl IntoView {
    view! {
        <h1>{FINISHED}</h1>
        <p class="lead">"You can close this window. The pass cannot be shown again."</p>
        <p>"Have you set up your new way to sign in? Then you will get a mail that says so. If that mail lists something you do not know, follow its link at once."</p>
        <p>"If you have not, contact the people named at the bottom of this page."</p>
    }
}
