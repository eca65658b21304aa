//! What to try before the drastic step, for each reason.

use leptos::prelude::*;

use crate::{
    components::{BackLink, Inset, LinkButton, Look},
    view::Reason,
};

/// The ladder for one reason.
struct Ladder {
    /// Said before anything else.
    lead: &'static str,
    /// Each rung: what to do, and how.
    rungs: &'static [(&'static str, &'static str)],
    /// When to go on.
    still: &'static str,
    /// Whether a recovery is the likely end of it.
    look: Look,
}

pub const fn title(reason: Reason) -> &'static str {
    match reason {
        Reason::LostPhone => "Your phone is lost or stolen",
        Reason::NewPhone => "You have a new phone",
        Reason::AppFails => "The app does not work",
        Reason::Throttled => "You have tried too many times",
        Reason::Policy => "Your organisation does not allow this sign-in",
        Reason::Other => "Something else is wrong",
    }
}

const ANOTHER_WAY: (&str, &str) = (
    "Sign in another way",
    "On the Microsoft sign-in page, choose “Sign in another way” or “I can’t use my app right now”. A security key, a passkey or another phone number may still work.",
);

const STILL_SIGNED_IN: (&str, &str) = (
    "Use a computer that is still signed in",
    "On your work computer, open aka.ms/mysecurityinfo. If it lets you in, add your new phone there and remove the old one.",
);

const fn steps(reason: Reason) -> Ladder {
    match reason {
        Reason::LostPhone => Ladder {
            lead: "There may still be a way in that takes less than a recovery.",
            rungs: &[
                ANOTHER_WAY,
                STILL_SIGNED_IN,
                (
                    "Was it stolen?",
                    "Also tell the people named at the bottom of this page. They can wipe the phone and watch your account.",
                ),
            ],
            still: "Ask for a recovery. It signs you out everywhere and removes the lost phone from your account.",
            look: Look::Main,
        },
        Reason::NewPhone => Ladder {
            lead: "Your sign-in may come over to the new phone without a recovery.",
            rungs: &[
                (
                    "Do you still have the old phone?",
                    "Use it to sign in at aka.ms/mysecurityinfo. Then choose “Add sign-in method” and follow the steps on the new phone.",
                ),
                (
                    "Restore your backup",
                    "Open Microsoft Authenticator on the new phone and choose “Restore from backup”. Your work account may ask you to sign in again.",
                ),
                ANOTHER_WAY,
            ],
            still: "Ask for a recovery. It removes the old phone from your account and lets you add the new one.",
            look: Look::Main,
        },
        Reason::AppFails => Ladder {
            lead: "This is often the phone, not your account.",
            rungs: &[
                (
                    "Open the app yourself",
                    "Requests can be waiting inside the app when no notification comes. Check that the phone is online.",
                ),
                (
                    "Set the clock to automatic",
                    "Codes are refused when the phone’s clock is wrong. In the phone’s settings, set date and time automatically.",
                ),
                (
                    "Update and restart",
                    "Update the app and restart the phone. Do not delete the app: that would remove your account from it.",
                ),
                ANOTHER_WAY,
            ],
            still: "Ask for a recovery. It removes the app from your account and lets you set it up again.",
            look: Look::Main,
        },
        Reason::Throttled => Ladder {
            lead: "Nothing is broken. Microsoft makes you wait to keep guessers out.",
            rungs: &[
                (
                    "Stop for 15 minutes",
                    "Every further try can make the wait longer. Put the phone away and do not press “Try again”.",
                ),
                (
                    "Then try once",
                    "Use the newest code or the newest request in the app. Older ones do not work any more.",
                ),
                ANOTHER_WAY,
            ],
            still: "If you have waited and a single try is refused again, ask for a recovery.",
            look: Look::Quiet,
        },
        Reason::Policy => Ladder {
            lead: "Your account works, but a rule of your organisation stops this sign-in. A recovery does not change that rule.",
            rungs: &[
                (
                    "Use a device or a place that you usually work from",
                    "Rules often allow only devices that your organisation manages, or certain countries and networks.",
                ),
                (
                    "Ask the people named at the bottom of this page",
                    "Tell them the exact message, the time, and any number under “More details”.",
                ),
            ],
            still: "Ask for a recovery only if your phone, app or key is gone as well.",
            look: Look::Quiet,
        },
        Reason::Other => Ladder {
            lead: "Try these before you ask for a recovery.",
            rungs: &[
                ANOTHER_WAY,
                STILL_SIGNED_IN,
                (
                    "Is it your password?",
                    "A recovery does not change your password. Choose “Forgot my password” on the Microsoft sign-in page instead.",
                ),
            ],
            still: "Ask for a recovery if your way to confirm a sign-in is gone or does not work.",
            look: Look::Main,
        },
    }
}

pub fn ladder(reason: Reason) -> impl IntoView {
    let Ladder {
        lead,
        rungs,
        still,
        look,
    } = steps(reason);
    let rungs = rungs.iter().map(|(what, how)| {
        view! {
            <li>
                <h3>{*what}</h3>
                <p>{*how}</p>
            </li>
        }
    });
    view! {
        <BackLink href="/what-happened"/>
        <h1>{title(reason)}</h1>
        <p class="lead">{lead}</p>
        <h2>"Try these first"</h2>
        <ol class="stations">{rungs.collect_view()}</ol>
        <Inset>
            <h2 class="mt-0">"Still not working?"</h2>
            <p>{still}" Nothing changes on your account yet."</p>
            <div class="actions">
                <LinkButton look href=format!("/identify?reason={}", reason.slug())>
                    "Ask for a recovery"
                </LinkButton>
            </div>
        </Inset>
    }
}
