//! What stands around the content of every page.

use leptos::prelude::*;

use super::{Action, Button, Look, mark::Mark};
use crate::view::{Frame, Mode, SignedIn, SignedInAt};

/// How wide a page's content may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// One column of comfortable lines, for pages that are read.
    Reading,
    /// Room for tables.
    Wide,
}

impl Width {
    const fn class(self) -> &'static str {
        match self {
            Self::Reading => "measure max-w-2xl",
            Self::Wide => "measure max-w-6xl",
        }
    }
}

/// Header, content and footer. Help stands at the same place on every page (WCAG 3.2.6).
#[component]
pub fn Layout(frame: Frame, width: Width, children: Children) -> impl IntoView {
    let Frame {
        organisation,
        help,
        signed_in_as,
        mode,
        ..
    } = frame;
    let trial = (mode == Mode::Trial).then(|| view! {
        <div class="inset">
            <p><strong>"This is a trial run. "</strong>"Everything goes as in a real recovery, but nothing is changed on the account, and no pass is made."</p>
        </div>
    });
    view! {
        <a class="skip-link" href="#main">"Skip to main content"</a>
        <header class="masthead">
            <div class=format!("{} flex flex-wrap items-center gap-x-4 gap-y-1 py-4", width.class())>
                <a class="brand" href="/"><Mark/>"Latchkey"</a>
                <span class="organisation" dir="auto">{organisation}</span>
                {signed_in_as.map(signed_in)}
            </div>
        </header>
        <main id="main" class=format!("{} flow grow py-8 sm:py-12", width.class()) tabindex="-1">
            {trial}
            {children()}
        </main>
        <footer class="colophon">
            <div class=format!("{} py-8", width.class())>
                <h2 class="text-base font-semibold">"Do you need help?"</h2>
                <p class="mt-1" dir="auto">{help}</p>
            </div>
        </footer>
    }
}

fn signed_in(SignedIn { name, at }: SignedIn) -> impl IntoView {
    let sign_out = match at {
        SignedInAt::Console => Action::SignOut,
        SignedInAt::OwnPages => Action::SignOutEmployee,
    };
    view! {
        <div class="flex flex-wrap items-center gap-x-4 gap-y-2 sm:ms-auto">
            <span class="text-base">"Signed in as "<strong dir="auto">{name}</strong></span>
            <form method="post" action=sign_out.path()>
                <Button look=Look::Quiet>"Sign out"</Button>
            </form>
        </div>
    }
}

/// The way back to the question before.
#[component]
pub fn BackLink(href: &'static str) -> impl IntoView {
    view! { <a class="back" href=href>"Back"</a> }
}
