//! What Latchkey is for, and the way in.

use leptos::prelude::*;

use crate::{
    components::{Inset, LinkButton, Look},
    view::{StartView, Way},
};

pub const TITLE: &str = "Get back into your work account";

pub fn start(view: &StartView) -> impl IntoView {
    let StartView {
        ways,
        needed,
        offers_codes,
    } = view;
    let only_mail = *ways == [Way::EmailCode];
    let who_you_are = if only_mail {
        "You say who you are and enter a code that we send you by mail."
    } else {
        "You say who you are and prove it."
    };
    let proofs = if only_mail {
        view! { <li>{by_hand(Way::EmailCode)}</li> }.into_any()
    } else {
        let ways = ways.iter().map(|way| view! { <li>{by_hand(*way)}</li> });
        view! {
            <li>
                {at_least(*needed, ways.len())}
                <ul>{ways.collect_view()}</ul>
            </li>
        }
        .into_any()
    };
    view! {
        <h1>{TITLE}</h1>
        <p class="lead">
            "For when you cannot sign in because your phone, your app or your security key is gone or does not work."
        </p>
        <h2>"What will happen"</h2>
        <ol class="stations">
            <li>{who_you_are}</li>
            <li>"Your manager gets a mail and speaks with you."</li>
            <li>"Once they have approved, you get a pass that works once."</li>
            <li>"You sign in with it and set up your new way to sign in."</li>
        </ol>
        <h2>"What you need"</h2>
        <ul>
            <li>"about 10 minutes"</li>
            {proofs}
            <li>"a way to talk to your manager"</li>
            <li>"the phone or security key that you want to sign in with from now on"</li>
        </ul>
        <Inset>
            <p>
                <strong>"Nothing changes on your account yet. "</strong>
                "It stays as it is until your request is approved and you ask for the pass."
            </p>
        </Inset>
        <div class="actions">
            <LinkButton look=Look::Main href="/what-happened">"Start now"</LinkButton>
            <a href="/status">"See a request you have already made"</a>
        </div>
        {offers_codes.then(|| view! {
            <h2>"While you can still sign in"</h2>
            <p>
                "Save codes for the day when your phone is gone, and see whether recovery would work for you: "
                <a href="/codes">"your saved codes"</a>"."
            </p>
        })}
    }
}

/// What has to be at hand for a proof.
const fn by_hand(way: Way) -> &'static str {
    match way {
        Way::EmailCode => {
            "your personal mail: an address outside work that your organisation has on file for you"
        }
        Way::RecoveryCode => "one of the codes that you saved beforehand",
        Way::Password => "the password of your work account",
        Way::VerifiedId => "your Verified ID, on a phone with Microsoft Authenticator",
    }
}

/// How many of several ways. Some people are asked for more, which is said once that gives nobody away.
const fn at_least(needed: u8, ways: usize) -> &'static str {
    match needed {
        _ if needed as usize >= ways => "each of these:",
        0 | 1 => "at least one of these:",
        2 => "at least two of these:",
        _ => "at least three of these:",
    }
}
