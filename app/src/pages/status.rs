//! Where a request stands, who must act, and what happens next.

mod ended;

use leptos::prelude::*;

use crate::{
    components::{
        Action, Button, CodeBox, ErrorSummary, Inset, LinkButton, Look, Progress, Reference, Time,
    },
    islands::{Countdown, LiveStatus, code_changes},
    view::{Account, AskedView, ComingAct, ComingStep, Moment, Stage, StatusView},
};

pub const fn title(view: &StatusView) -> &'static str {
    match &view.stage {
        Stage::AwaitingApproval { .. } => "Your request is waiting for approval",
        Stage::CoolingOff { .. } => "Approved, with a safety delay",
        Stage::Ready { .. } => "Approved: you can get your pass",
        Stage::Issuing => "We are preparing your account",
        Stage::Disclosed { .. } => "Sign in with your pass",
        Stage::Completed { .. } => "You are back in",
        Stage::Denied => "Your request was declined",
        Stage::Withdrawn => "You withdrew your request",
        Stage::Reported => "This request was reported",
        Stage::Expired => "Your request has run out",
        Stage::Aborted => "We had to stop",
        Stage::Rehearsed { .. } => "The trial run is over",
        Stage::Restored => "Please ask again",
        Stage::Lapsed => "Your pass was not used in time",
        Stage::Repudiated => "This recovery was undone",
    }
}

pub fn status(view: StatusView) -> impl IntoView {
    let title = title(&view);
    let StatusView {
        reference,
        opened_at,
        stage,
        account,
        shows,
        may_withdraw,
        problem,
    } = view;
    let (progress, listens) = match &stage {
        Stage::AwaitingApproval { .. } | Stage::CoolingOff { .. } => (Some(1), true),
        Stage::Ready { .. } | Stage::Issuing | Stage::Disclosed { .. } => (Some(2), true),
        Stage::Completed { .. } => (Some(4), false),
        _ => (None, false),
    };
    view! {
        <ErrorSummary problem fields=&[]/>
        {progress.map(|now| view! { <Progress now/> })}
        <h1>{title}</h1>
        {standing(stage, account)}
        {listens.then(|| view! { <LiveStatus shows page="/status".to_owned()/> })}
        {may_withdraw.then(|| withdraw(account))}
        <p class="text-muted text-base">"You asked on "<Time moment=opened_at/>"."</p>
        <Reference reference/>
    }
}

fn standing(stage: Stage, account: Account) -> AnyView {
    match stage {
        Stage::AwaitingApproval { asked, coming, approvals, deadline, contact_code, code_changes_in } => {
            let must = match account {
                Account::Untouched | Account::Touched => "Somebody has to approve it.",
                Account::PassShown => "It was taken up again, so somebody has to approve it once more.",
            };
            view! {
                <p class="lead">{must}" "{account.yours()}</p>
                {chain(asked, coming, approvals)}
                <section class="panel" aria-labelledby="contact-code-title">
                    <h2 id="contact-code-title">"Your code for the call"</h2>
                    <CodeBox id="contact-code" code=contact_code/>
                    <p>
                        <strong>"Tell this code only to somebody whom we have asked, when you speak with them. "</strong>
                        "Nobody else will ask for it."
                    </p>
                    <p class="text-base text-muted" id="contact-code-changes">{code_changes(code_changes_in)}</p>
                </section>
                <h2>"What to do now"</h2>
                <ol class="stations">
                    <li>"Call whoever was asked, or wait for their call. Tell them that there is a mail from us."</li>
                    <li>"When they ask, read them the code above. Choose “Check again” first if this page has been open for a while."</li>
                    <li>"Keep this browser: only here can you go on. You may close the page and come back."</li>
                </ol>
                <p>
                    "They can answer until "<Time moment=deadline/>
                    ". If they do not, the request ends by itself and your account stays as it is."
                </p>
            }
            .into_any()
        }
        Stage::CoolingOff { not_before, waiting_for_notice } => cooling_off(not_before, waiting_for_notice, account),
        Stage::Ready { closes_at, retry_at, attempts_left } => ready(closes_at, retry_at, attempts_left, account),
        Stage::Issuing => view! {
            <p class="lead">"You are being signed out everywhere and your old ways to confirm a sign-in are being removed. This takes up to a minute."</p>
            <p>"There is no pass yet. Stay here: as soon as it is done, you can go on."</p>
        }
        .into_any(),
        Stage::Disclosed { expires_at, may_replace } => disclosed(expires_at, may_replace),
        Stage::Completed { methods } => view! {
            <p class="lead">"Your new way to sign in is set up. The recovery is finished."</p>
            {(!methods.is_empty()).then(|| view! {
                <h2>"On your account now"</h2>
                <ul>
                    {methods.into_iter().map(|method| view! { <li dir="auto">{method}</li> }).collect_view()}
                </ul>
                <p>"Do you not know one of these? Contact the people named at the bottom of this page at once."</p>
            })}
            <p>"Is this not your own computer? Clear the screen before you leave."</p>
            <form method="post" action=Action::Finish.path() class="actions">
                <Button look=Look::Quiet>"Finish and clear this screen"</Button>
            </form>
        }
        .into_any(),
        Stage::Denied => ended::DENIED.render(account),
        Stage::Withdrawn => ended::WITHDRAWN.render(account),
        Stage::Reported => ended::REPORTED.render(account),
        Stage::Expired => ended::EXPIRED.render(account),
        Stage::Aborted => ended::ABORTED.render(account),
        Stage::Rehearsed { methods } => ended::rehearsed(methods),
        Stage::Restored => ended::RESTORED.render(account),
        Stage::Lapsed => ended::LAPSED.render(account),
        Stage::Repudiated => ended::REPUDIATED.render(account),
    }
}

/// Who was asked, and what comes if nobody answers.
fn chain(
    asked: Vec<AskedView>,
    coming: Vec<ComingStep>,
    (given, needed): (u8, u8),
) -> impl IntoView {
    let asked = asked.into_iter().map(|AskedView { who, role, at }| {
        view! {
            <li>"We asked "<strong dir="auto">{who}</strong>", "{role}", on "<Time moment=at/>"."</li>
        }
    });
    let if_not = if given == 0 {
        "If nobody answers, we "
    } else {
        "If nobody else answers, we "
    };
    let coming = coming.into_iter().enumerate().map(|(index, step)| {
        let ComingStep { act, who, at } = step;
        let then = if index == 0 { if_not } else { "Then we " };
        let does = match act {
            ComingAct::Remind => "remind ",
            ComingAct::Ask => "ask ",
        };
        view! {
            <li>{then}{does}<strong dir="auto">{who}</strong>" on "<Time moment=at/>"."</li>
        }
    });
    view! {
        <ul>{asked.collect_view()}{coming.collect_view()}</ul>
        {(needed > 1).then(|| view! {
            <p>{format!("{needed} of them have to approve. {given} of {needed} have.")}</p>
        })}
    }
}

fn cooling_off(not_before: Moment, waiting_for_notice: bool, account: Account) -> AnyView {
    view! {
        <p class="lead">
            "You can get your pass from "<Time moment=not_before/>". "{account.yours()}
        </p>
        <Inset>
            <p>
                "The delay protects you: if somebody else had asked in your name, you would have this time to stop them. "
                {waiting_for_notice.then_some(
                    "We also wait until a mail server has taken our message to you. This can make it a little longer.",
                )}
            </p>
        </Inset>
        <p>"You do not need to do anything until then. Come back to this browser afterwards."</p>
    }
    .into_any()
}

fn ready(
    closes_at: Moment,
    retry_at: Option<Moment>,
    attempts_left: u8,
    account: Account,
) -> AnyView {
    let iso = closes_at.iso.clone();
    let lead = match account {
        Account::Untouched => "Nothing has changed on your account so far.",
        Account::Touched => {
            "The last attempt did not work. Your request is still approved. You may have been signed out, and some of your ways to sign in may be gone."
        }
        Account::PassShown => {
            "The pass that you saw may not work any more. Your request is approved, so you can get another one."
        }
    };
    let attempts = match attempts_left {
        1 => "This is the last attempt.".to_owned(),
        left => format!("{left} attempts are left."),
    };
    view! {
        <p class="lead">{lead}</p>
        {retry_at.map(|moment| view! { <p>"Try again after "<Time moment/>". "{attempts}</p> })}
        <p>"Take the device you want to sign in with, and about 10 minutes. The next page says what will happen before it does."</p>
        <div class="actions">
            <LinkButton look=Look::Main href="/pass">"Get your pass"</LinkButton>
        </div>
        <p>
            "You can get it until "<Time moment=closes_at/>" ("
            <Countdown until_iso=iso fallback="after that, you ask again".to_owned()/>")."
        </p>
    }
    .into_any()
}

fn disclosed(expires_at: Moment, may_replace: bool) -> AnyView {
    let iso = expires_at.iso.clone();
    view! {
        <p class="lead">"The pass was shown in this browser. Sign in with it and set up your new way to sign in."</p>
        <p>
            "It works once, until "<Time moment=expires_at/>" ("
            <Countdown until_iso=iso fallback="after that, it is refused".to_owned()/>")."
        </p>
        <p>"This page says so when your new way to sign in is set up. That can take a few minutes."</p>
        {may_replace.then(|| view! {
            <div class="actions">
                <LinkButton look=Look::Quiet href="/pass">"I could not use it"</LinkButton>
            </div>
        })}
    }
    .into_any()
}

fn withdraw(account: Account) -> impl IntoView {
    let consequence = match account {
        Account::Untouched => "The request ends, and nothing changes on your account.",
        Account::Touched | Account::PassShown => {
            "The request ends. What an attempt has changed on your account stays changed."
        }
    };
    view! {
        <details class="details">
            <summary>"I no longer need this"</summary>
            <div class="flow">
                <p>{consequence}" You can ask again later."</p>
                <form method="post" action=Action::Withdraw.path() class="actions">
                    <Button look=Look::Stop>"Yes, withdraw the request"</Button>
                    <a href="/status">"No, keep it"</a>
                </form>
            </div>
        </details>
    }
}
