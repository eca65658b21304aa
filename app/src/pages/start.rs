//! What Latchkey is for, and the way in.

use leptos::prelude::*;

use crate::components::{Inset, LinkButton, Look};

pub const TITLE: &str = "Get back into your work account";

pub fn start() -> impl IntoView {
    view! {
        <h1>{TITLE}</h1>
        <p class="lead">
            "For when you cannot sign in because your phone, your app or your security key is gone or does not work."
        </p>
        <h2>"What will happen"</h2>
        <ol class="stations">
            <li>"You say who you are and enter a code that we send you by mail."</li>
            <li>"Your manager gets a mail and speaks with you."</li>
            <li>"Once they have approved, you get a pass that works once."</li>
            <li>"You sign in with it and set up your new way to sign in."</li>
        </ol>
        <h2>"What you need"</h2>
        <ul>
            <li>"about 10 minutes"</li>
            <li>"your personal mail: an address outside work that your organisation has on file for you"</li>
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
    }
}
