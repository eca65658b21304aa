//! The words of every [`ProblemPage`].

use std::borrow::Cow;

use leptos::prelude::*;

use crate::{
    components::{LinkButton, Look},
    view::{Audience, ProblemPage},
};

/// What a page about a problem says.
struct Words {
    title: &'static str,
    happened: &'static str,
    unharmed: &'static str,
    next: Cow<'static, str>,
    /// Address and name of the way on.
    way_on: Option<(&'static str, &'static str)>,
}

const TO_START: Option<(&str, &str)> = Some(("/", "Go to the start"));
const TO_STATUS: Option<(&str, &str)> = Some(("/status", "See where your request stands"));

const TO_CODES: Option<(&str, &str)> = Some(("/codes", "Go to your saved codes"));
const TO_SIGN_IN: Option<(&str, &str)> = Some(("/sign-in", "Start the sign-in again"));
const TO_REVIEW: Option<(&str, &str)> = Some(("/approve", "Go back to the request"));
const TO_PROOFS: Option<(&str, &str)> = Some(("/prove", "Go back and prove who you are"));

/// What `problem` says to `audience`.
fn words(problem: ProblemPage, audience: Audience) -> Words {
    let words = words_to_anybody(problem);
    match audience {
        Audience::Anybody => words,
        Audience::Employee => to_employee(problem, words),
        Audience::Approver => to_approver(problem, words),
    }
}

/// The same for an approver, whose link still leads to the request that they review.
fn to_approver(problem: ProblemPage, words: Words) -> Words {
    let untouched = "Nothing has changed on any account, and nothing was counted.";
    match problem {
        ProblemPage::NotFound
        | ProblemPage::DeadLink
        | ProblemPage::SameBrowser
        | ProblemPage::ApproverInactive => words,
        ProblemPage::TooMany { .. } => Words {
            title: "Too much from this network",
            unharmed: "Nothing is broken, and nothing has changed on any account. The request still waits.",
            way_on: TO_REVIEW,
            ..words
        },
        ProblemPage::Internal | ProblemPage::Unavailable => Words {
            unharmed: "The request is as it was before this step.",
            way_on: TO_REVIEW,
            ..words
        },
        _ => Words {
            unharmed: untouched,
            way_on: TO_REVIEW,
            ..words
        },
    }
}

/// The same for an employee, who has no request that could be spoken of.
fn to_employee(problem: ProblemPage, words: Words) -> Words {
    match problem {
        ProblemPage::NotAPage | ProblemPage::ForeignForm | ProblemPage::BadForm => Words {
            way_on: TO_CODES,
            ..words
        },
        ProblemPage::Internal | ProblemPage::Unavailable => Words {
            unharmed: "Nothing has changed on your account, and your codes are as they were before this step.",
            way_on: TO_CODES,
            ..words
        },
        ProblemPage::TooMany { .. } => Words {
            title: "Too much from this network",
            unharmed: "Nothing is broken, and nothing has changed on your account.",
            way_on: TO_CODES,
            ..words
        },
        _ => words,
    }
}

#[expect(clippy::too_many_lines, reason = "a table with one entry per page")]
fn words_to_anybody(problem: ProblemPage) -> Words {
    match problem {
        ProblemPage::NotFound => Words {
            title: "There is no page here",
            happened: "The address may be mistyped, or cut off at the end.",
            unharmed: "Nothing has changed on your account.",
            next: Cow::Borrowed(
                "If the address came from a mail, open the link in the mail again.",
            ),
            way_on: TO_START,
        },
        ProblemPage::NotAPage => Words {
            title: "This address cannot be opened by itself",
            happened: "It belongs to a button on another page.",
            unharmed: "Nothing was done, and nothing has changed on your account.",
            next: Cow::Borrowed("Go back and use the button there."),
            way_on: TO_STATUS,
        },
        ProblemPage::ForeignForm => Words {
            title: "We did not take that answer",
            happened: "It did not come from one of our pages, or your browser did not say where it came from.",
            unharmed: "Nothing was done, and nothing has changed on your account.",
            next: Cow::Borrowed(
                "Open the page again and answer there. If that does not help, try another browser.",
            ),
            way_on: TO_STATUS,
        },
        ProblemPage::BadForm => Words {
            title: "We could not read that answer",
            happened: "It was not in the form that our pages send, or it was too long.",
            unharmed: "Nothing was done, and nothing has changed on your account.",
            next: Cow::Borrowed("Go back, load the page again and answer once more."),
            way_on: TO_STATUS,
        },
        ProblemPage::NoRequest => Words {
            title: "There is no request in this browser",
            happened: "You may have asked in another browser or on another device, or the request was cleared here.",
            unharmed: "If you have asked elsewhere, that request goes on.",
            next: Cow::Borrowed(
                "Go back to the browser in which you asked. If you have not asked yet, start here.",
            ),
            way_on: TO_START,
        },
        ProblemPage::DeadLink => Words {
            title: "This link no longer works",
            happened: "It has been used, it is too old, or part of it is missing.",
            unharmed: "Opening it has changed nothing.",
            next: Cow::Borrowed(
                "Open the newest mail about this and use the link there. If there is none, contact the people named at the bottom of this page.",
            ),
            way_on: None,
        },
        ProblemPage::SameBrowser => Words {
            title: "Use another browser to review this",
            happened: "This browser was used to ask for the recovery. The same browser cannot approve it.",
            unharmed: "Nothing has changed on the account, and the request still waits.",
            next: Cow::Borrowed(
                "Open the link from the mail on your own device. If you share a computer, use another one.",
            ),
            way_on: None,
        },
        ProblemPage::SignInStale => Words {
            title: "That sign-in is over",
            happened: "It took longer than ten minutes, it was used before, or it began in another browser.",
            unharmed: "Nobody was signed in here, and nothing has changed on your account.",
            next: Cow::Borrowed("Start the sign-in again, and finish it in this browser."),
            way_on: TO_SIGN_IN,
        },
        ProblemPage::SignInRefused => Words {
            title: "You are not signed in",
            happened: "The sign-in was stopped, or the account is not a work account of this organisation.",
            unharmed: "Nothing has changed on your account.",
            next: Cow::Borrowed("Start the sign-in again, and use your own work account."),
            way_on: TO_SIGN_IN,
        },
        ProblemPage::SignInNotEnough => Words {
            title: "That sign-in was not enough",
            happened: "You have to sign in anew, with everything that your organisation asks for. The answer did not say that you did.",
            unharmed: "Nothing has changed on your account, and your codes are as they were.",
            next: Cow::Borrowed(
                "Start the sign-in again. If this page comes again, contact the people named at the bottom of this page: they can correct the settings.",
            ),
            way_on: TO_SIGN_IN,
        },
        ProblemPage::ApproverInactive => Words {
            title: "Your account is not active here",
            happened: "The directory does not list it as an active work account of this organisation. Only active colleagues can answer a request.",
            unharmed: "Your answer was not taken, and nothing has changed on any account.",
            next: Cow::Borrowed(
                "If that is a mistake, contact the people named at the bottom of this page. They also help the person who asked.",
            ),
            way_on: None,
        },
        ProblemPage::AccountInactive => Words {
            title: "Your account is not active here",
            happened: "The directory does not list it as an active work account of this organisation. It may have been disabled or removed.",
            unharmed: "You are signed out here. No codes were made, and nothing has changed on your account.",
            next: Cow::Borrowed(
                "If that is a mistake, contact the people named at the bottom of this page.",
            ),
            way_on: None,
        },
        ProblemPage::PasswordStale => Words {
            title: "That sign-in is over",
            happened: "It took longer than ten minutes, it was used before, or it began in another browser.",
            unharmed: "Your request is kept, and nothing has changed on your account.",
            next: Cow::Borrowed(
                "Go back and start the sign-in again, and finish it in this browser.",
            ),
            way_on: TO_PROOFS,
        },
        ProblemPage::PasswordRefused => Words {
            title: "That sign-in does not count as a proof",
            happened: "It was stopped, or it is not the proof that this request needs.",
            unharmed: "Your request is kept, and nothing has changed on your account.",
            next: Cow::Borrowed(
                "Go back and start the sign-in again with the account that you named, or prove who you are in another way.",
            ),
            way_on: TO_PROOFS,
        },
        ProblemPage::PasswordTooEarly => Words {
            title: "We are not ready to look at that yet",
            happened: "You have signed in, but Microsoft has not told us yet which account your request is about.",
            unharmed: "Your request is kept, and nothing has changed on your account.",
            next: Cow::Borrowed(
                "Wait a few seconds, then load this page again. If it goes on, contact the people named at the bottom of this page.",
            ),
            way_on: None,
        },
        ProblemPage::Internal => Words {
            title: "Something went wrong on our side",
            happened: "We could not finish your last step.",
            unharmed: "Your request and the answers before this step are kept.",
            next: Cow::Borrowed(
                "Wait a minute, then try again. If it happens again, contact the people named at the bottom of this page.",
            ),
            way_on: TO_STATUS,
        },
        ProblemPage::Unavailable => Words {
            title: "We cannot go on right now",
            happened: "A part that this service needs is not answering.",
            unharmed: "Your request and the answers before this step are kept.",
            next: Cow::Borrowed(
                "Try again in a few minutes. If it is urgent, contact the people named at the bottom of this page.",
            ),
            way_on: TO_STATUS,
        },
        ProblemPage::TooMany { minutes } => Words {
            title: "Too many requests from this network",
            happened: "More was asked from your internet address than one person needs. Others may share it with you, as in an office or a hotel.",
            unharmed: "Nothing is broken, and nothing has changed on your account. A request that you have made goes on.",
            next: Cow::Owned(format!(
                "Wait {}, then try again. Or use another network, such as your phone's own.",
                in_words(minutes)
            )),
            way_on: TO_STATUS,
        },
        ProblemPage::Flooded { minutes } => Words {
            title: "We take no new requests at the moment",
            happened: "Far more requests than usual are coming in. To protect everybody's accounts, we have stopped taking new ones for a while.",
            unharmed: "Nothing has changed on your account. Requests that were made before go on.",
            next: Cow::Owned(format!(
                "Wait {}, then try again. If it is urgent, contact the people named at the bottom of this page.",
                in_words(minutes)
            )),
            way_on: TO_STATUS,
        },
        ProblemPage::Paused => Words {
            title: "Account recovery is paused",
            happened: "The people who run this service have stopped it for now. Nothing is opened, approved or given out.",
            unharmed: "Nothing was done. A request that was made before is kept, and can still be declined, reported or withdrawn.",
            next: Cow::Borrowed(
                "Try again later. If it is urgent, contact the people named at the bottom of this page.",
            ),
            way_on: TO_STATUS,
        },
    }
}

/// So many minutes.
fn in_words(minutes: u16) -> String {
    match minutes {
        0 | 1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

pub fn title(problem: ProblemPage, audience: Audience) -> &'static str {
    words(problem, audience).title
}

pub fn problem(problem: ProblemPage, audience: Audience) -> impl IntoView {
    let Words {
        title,
        happened,
        unharmed,
        next,
        way_on,
    } = words(problem, audience);
    view! {
        <h1>{title}</h1>
        <p class="lead">{happened}</p>
        <p>{unharmed}</p>
        <p>{next}</p>
        {way_on.map(|(href, name)| view! {
            <div class="actions"><LinkButton look=Look::Quiet href>{name}</LinkButton></div>
        })}
    }
}
