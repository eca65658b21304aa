//! Saved recovery codes: how many are left, making them, and replacing them.

use leptos::prelude::*;

use crate::{
    code_slot,
    components::{Action, BackLink, Button, ErrorSummary, Inset, LinkButton, Look, Tag, Time},
    islands::{CopyButton, PrintButton},
    view::{CodesView, DeadCodes, Moment, NewCodesView, ReplaceCodesView, SavedView, Tone},
};

pub const TITLE: &str = "Saved recovery codes";
pub const NEW: &str = "Save your codes now";
pub const REPLACE: &str = "Replace all your codes?";

/// So many are few.
const FEW: usize = 3;

pub fn codes(view: CodesView) -> impl IntoView {
    let CodesView {
        offered,
        saved,
        frozen_until,
        problem,
    } = view;
    let may_make = frozen_until.is_none();
    view! {
        <ErrorSummary problem fields=&[]/>
        <h1>{TITLE}</h1>
        {match saved {
            saved if !offered => not_used(saved.is_some()).into_any(),
            Some(SavedView { dead: Some(dead), .. }) => none_works(dead, may_make).into_any(),
            Some(saved) => overview(saved, may_make).into_any(),
            None => none_yet(may_make).into_any(),
        }}
        {frozen_until.filter(|_| offered).map(frozen)}
        <h2>"Would recovery work for you?"</h2>
        <p>"We look whether everything is in place, and tell you what to do about what is not."</p>
        <div class="actions">
            <LinkButton look=Look::Quiet href="/codes/check">"Check it now"</LinkButton>
        </div>
    }
}

fn not_used(were_made: bool) -> impl IntoView {
    view! {
        <p class="lead">"Your organisation does not use saved codes, so there are none to make."</p>
        {were_made.then(|| view! { <p>"You have made some before. Nobody asks for them any more."</p> })}
    }
}

fn frozen(until: Moment) -> impl IntoView {
    view! {
        <div class="warning">
            <p>
                <strong>"No codes can be made until "<Time moment=until/>". "</strong>
                "Somebody reported a request or codes for your account as not yours. If you need codes earlier, or if it was not you who reported it, contact the people named at the bottom of this page."
            </p>
        </div>
    }
}

fn none_yet(may_make: bool) -> impl IntoView {
    view! {
        <p class="lead">
            "Ten codes that you keep in a safe place. If you lose your phone, one of them helps to show that you are you."
        </p>
        <p>"Make them now, while you can sign in. We show them once, and nobody can show them again, not even we."</p>
        <h2>"Where to keep them"</h2>
        <ul>
            <li>"on paper, where you keep your passport"</li>
            <li>"in a password manager that you can open without your work account"</li>
            <li>"not on the phone or the computer that you could lose"</li>
        </ul>
        {may_make.then(make)}
    }
}

fn make() -> impl IntoView {
    view! {
        <form method="post" action=Action::MakeCodes.path()>
            <Button look=Look::Main>"Make ten codes"</Button>
        </form>
    }
}

fn none_works(dead: DeadCodes, may_make: bool) -> impl IntoView {
    let why = match dead {
        DeadCodes::Void { at } => view! {
            <p>
                "They were made void on "<Time moment=at/>
                ": somebody told us that you did not make them, or that a request for which one was used was not yours."
            </p>
        }
        .into_any(),
        DeadCodes::KeyReplaced => view! {
            <p>"The people who run this service have replaced a key that every code depends on. It is not about you."</p>
        }
        .into_any(),
    };
    view! {
        <p class="lead" role="status">"The codes that you have do not work any more."</p>
        {why}
        <p>"Throw them away."</p>
        {may_make.then(|| view! {
            <p>"Make new ones now, while you can sign in. We show them once."</p>
            {make()}
        })}
    }
}

fn overview(saved: SavedView, may_make: bool) -> impl IntoView {
    let left = saved.left();
    let SavedView { made_at, used, .. } = saved;
    let count = used.len();
    let lines = used.into_iter().enumerate().map(|(index, used)| {
        let name = format!("Code {}", index + 1);
        match used {
            Some(at) => view! {
                <li><s>{name}</s>" "<Tag tone=Tone::Neutral text="Used"/>" on "<Time moment=at/></li>
            }
            .into_any(),
            None => view! { <li>{name}" "<Tag tone=Tone::Good text="Not used"/></li> }.into_any(),
        }
    });
    view! {
        <p class="lead" role="status">{format!("{left} of {count} codes are left.")}</p>
        <p>"You made them on "<Time moment=made_at/>". Each works once."</p>
        {(left <= FEW).then(|| view! {
            <div class="warning">
                <p><strong>"Few codes are left. "</strong>"Replace them before you need one."</p>
            </div>
        })}
        <ul class="plain">{lines.collect_view()}</ul>
        <Inset>
            <p>
                <strong>"A code is crossed out that you did not use? "</strong>
                "Replace all codes now, and contact the people named at the bottom of this page."
            </p>
        </Inset>
        {may_make.then(|| view! {
            <p>"Have you lost the codes, or has somebody seen them? Replace them: those that you have now stop working."</p>
            <div class="actions">
                <LinkButton look=Look::Quiet href="/codes/replace">"Replace all codes"</LinkButton>
            </div>
        })}
    }
}

pub fn replace(view: ReplaceCodesView) -> impl IntoView {
    let ReplaceCodesView { set, left } = view;
    view! {
        <BackLink href="/codes"/>
        <h1>{REPLACE}</h1>
        <p class="lead">
            {match left {
                0 => "You get ten new codes. There is nothing to lose: all of those that you have were used.".to_owned(),
                1 => "You get ten new codes. The one that you have left stops working at once.".to_owned(),
                left => format!("You get ten new codes. The {left} that you have left stop working at once."),
            }}
        </p>
        <p>"Nothing has changed yet. The new codes are shown once: have a printer, paper and pen, or your password manager ready."</p>
        <form method="post" action=Action::ReplaceCodes.path() class="actions">
            <input type="hidden" name="set" value=set/>
            <Button look=Look::Main>"Yes, replace all codes"</Button>
            <a href="/codes">"No, keep them"</a>
        </form>
    }
}

pub fn new_codes(view: NewCodesView) -> impl IntoView {
    let NewCodesView {
        count,
        replaced,
        made_at,
        used_at,
    } = view;
    // Each on a line of its own when the list is copied.
    let codes = (1..=count).map(|position| {
        view! { <li><code dir="ltr" translate="no">{code_slot(position)}</code></li>"\n" }
    });
    let all: Vec<_> = (1..=count).map(code_slot).collect();
    view! {
        <h1>{NEW}</h1>
        <p class="lead screen-only">"This page shows them once. Save them before you leave it."</p>
        {replaced.then(|| view! {
            <p class="screen-only">"The codes that you had before have stopped working."</p>
        })}
        <section class="saved-codes" aria-label="The codes">
            <ol id="codes">{codes.collect_view()}</ol>
            <div class="actions screen-only">
                <CopyButton target_id="codes".to_owned()/>
                <PrintButton/>
            </div>
        </section>
        <form method="post" action=Action::DownloadCodes.path() class="screen-only">
            <input type="hidden" name="codes" value=all.join(" ")/>
            <Button look=Look::Quiet>"Download as a text file"</Button>
        </form>
        <p class="screen-only">"To have them on paper, print this page: the paper shows what you need and no more."</p>
        <p>
            "Each works once. To use one, open "
            <span dir="ltr" translate="no" class="address">{used_at}</span>
            " and choose “Start now”. Made on "<Time moment=made_at/>"."
        </p>
        <div class="warning">
            <p>
                <strong>"Do not share them. "</strong>
                "Anybody who calls, texts or writes to ask for one is a fraud."
            </p>
        </div>
        <div class="actions screen-only">
            <LinkButton look=Look::Main href="/codes">"I have saved them"</LinkButton>
        </div>
    }
}
