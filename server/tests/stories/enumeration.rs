//! A stranger at the door: whatever they type, and however often they measure, they learn nothing about
//! accounts.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::{
    browser::{Browser, Page},
    harness::Story,
    own_codes::codes_on,
    people::work_address,
    policies::warehouses_prove_more,
    verified_ids::own,
};

/// Who could be told apart.
const KINDS: [(&str, &str); 6] = [
    ("nobody", "nobody.known"),
    ("ordinary", "ada.keller"),
    ("disabled", "emma.larsen"),
    ("guest", "ivo_partner.example#ext#"),
    ("privileged", "tara.singh"),
    ("without a manager", "diego.ramos"),
];

/// A saved code that nobody has.
const NOBODYS: &str = "0000-0000-0000-0000-0";

/// A wrong code of the right length.
const GUESS: &str = "12345678";

/// Something that a stranger can do to somebody's account without a proof.
enum Step<'a> {
    /// Opens a page.
    Opens(&'static str),
    /// Sends a form.
    Sends(&'static str, Vec<(&'static str, &'a str)>),
    /// Hears the first of what goes on for as long as somebody listens.
    Hears(&'static str),
    /// Signs in as themselves, where a sign-in is asked for.
    SignsIn,
    /// Presents a Verified ID of their own, where one is asked for.
    Presents,
}

/// Everything that they can do. One of Ada's saved codes has come into their hands.
fn steps(found: &str) -> Vec<Step<'_>> {
    use Step::{Hears, Opens, Presents, Sends, SignsIn};
    const VERIFIED_ID: &str = "/prove/verified-id";
    const VERIFIED_ID_EVENTS: &str = "/prove/verified-id/events";
    vec![
        Opens("/prove"),
        Sends("/prove", vec![("code", "")]),
        Sends("/prove", vec![("code", "1234")]),
        Sends("/prove", vec![("code", GUESS)]),
        Sends("/prove", vec![("saved_code", found)]),
        Sends("/prove", vec![("code", GUESS), ("saved_code", NOBODYS)]),
        Sends("/prove", vec![("code", GUESS), ("saved_code", found)]),
        Sends("/prove/resend", vec![]),
        Sends("/prove/password", vec![]),
        SignsIn,
        Opens("/prove/password/callback?state=x&code=x"),
        Opens("/prove/password/callback?error=access_denied"),
        Sends(VERIFIED_ID, vec![]),
        Opens(VERIFIED_ID),
        Hears(VERIFIED_ID_EVENTS),
        Presents,
        Opens(VERIFIED_ID),
        Hears(VERIFIED_ID_EVENTS),
        Opens("/prove?sent=again"),
        Opens("/status"),
        Opens("/status/events"),
        Opens("/check"),
        Sends("/submit", vec![]),
        Opens("/pass"),
        Sends("/pass", vec![]),
        Sends("/pass/again", vec![]),
        Sends("/withdraw", vec![]),
        Opens("/status"),
        Hears("/status/events"),
        Opens("/prove/password/callback?state=x&code=x"),
        Sends("/prove", vec![("code", GUESS)]),
        Sends("/submit", vec![]),
    ]
}

/// Takes a step. None if it is not to be taken here.
async fn take(story: &Story, browser: &Browser<'_>, step: Step<'_>) -> Option<Page> {
    Some(match step {
        Step::Opens(path) => browser.visit(Method::GET, path).await,
        Step::Sends(path, form) => browser.submit(path, &form).await,
        Step::Hears(path) => browser.hears(path).await,
        Step::SignsIn => {
            let sent = browser.submit("/prove/password", &[]).await;
            if sent.header("location").starts_with('/') {
                return None;
            }
            let way_back = story.picks(&sent, &account("bo.nilsson")).await;
            browser.visit(Method::GET, &way_back).await
        }
        Step::Presents => {
            if !story.presentations().await.is_empty() {
                story.presents(own("bo.nilsson")).await;
            }
            return None;
        }
    })
}

fn account(alias: &str) -> String {
    work_address(alias)
}

/// What an answer is like apart from what differs between any two: the moment, the name that was typed, and
/// random values, each of which has one length.
fn plain(page: &Page, identifier: &str, secrets: &[String]) -> String {
    let mut headers: Vec<String> = page
        .headers
        .iter()
        .filter(|(name, _)| *name != "date" && *name != "content-length")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    // It says how long the body is, which is compared itself.
    if let Some(length) = page.headers.get("content-length") {
        assert_eq!(length.to_str().unwrap(), page.body.len().to_string());
    }
    let typed = identifier.replace('&', "&amp;").replace('\'', "&#39;");
    let mut text = format!("{}\n{}\n\n{}", page.status, headers.join("\n"), page.body);
    text = text.replace(&typed, "{identifier}");
    // Moments, and the picture and the address of a presentation, each of which holds a number of its own; and
    // what a sign-in at Microsoft is begun with.
    for (start, end) in [
        ("<time ", "</time>"),
        ("<svg ", "</svg>"),
        ("request_uri=", "\""),
        ("&state=", "&"),
        ("&nonce=", "&"),
        ("&code_challenge=", "&"),
        ("latchkey-sign-in=", ";"),
    ] {
        text = without(&text, start, end);
    }
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), &"?".repeat(secret.len()));
    }
    text
}

/// The text without what stands between each `start` and the `end` after it.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut pieces = text.split(start);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |plain, piece| {
        let (_, rest) = piece.split_once(end).expect("what begins ends");
        plain + start + end + rest
    })
}

/// The values of this answer that are random: the script's nonce, the cookie and the reference.
fn random_values(browser: &Browser<'_>, page: &Page) -> Vec<String> {
    let between = |text: &str, start: &str, end: char| {
        let (_, rest) = text.split_once(start)?;
        Some(rest.split(end).next().unwrap_or_default().to_owned())
    };
    let nonce = between(page.header("content-security-policy"), "'nonce-", '\'');
    // By its place: a nonce can hold the same letters.
    let reference = between(&page.body, "class=\"reference\">", '<');
    let cookie = browser.cookie("latchkey-request");
    [nonce, reference, cookie].into_iter().flatten().collect()
}

/// Goes through every step in a new browser, and lets the directory be asked in between.
async fn transcript(story: &Story, identifier: &str, found: &str) -> Vec<String> {
    let browser = story.browser();
    let form = [("identifier", identifier), ("reason", "lost-phone")];
    let opened = browser.submit("/identify", &form).await;
    assert_eq!(opened.status, 303, "{}", opened.text());
    let mut answers = vec![plain(
        &opened,
        identifier,
        &random_values(&browser, &opened),
    )];
    story.run_jobs().await;
    for step in steps(found) {
        if let Some(page) = take(story, &browser, step).await {
            answers.push(plain(&page, identifier, &random_values(&browser, &page)));
        }
        story.run_jobs().await;
    }
    answers
}

#[tokio::test]
async fn every_kind_of_account_gets_the_same_answers_to_the_byte() {
    let compared = "That is not the code we sent last";
    same_answers(&Story::begin().await, compared).await;
}

#[tokio::test]
async fn every_kind_of_account_gets_the_same_answers_where_every_proof_counts() {
    let story = Story::with(&[
        (
            "proofs.accepted",
            r#"["email_code", "recovery_code", "password", "verified_id"]"#,
        ),
        ("proofs.required", "2"),
    ])
    .await;
    same_answers(&story, "What you have entered does not match").await;
}

#[tokio::test]
async fn every_kind_of_account_gets_the_same_answers_where_groups_prove_more() {
    let settings = warehouses_prove_more();
    let settings: Vec<_> = settings
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    same_answers(
        &Story::with(&settings).await,
        "What you have entered does not match",
    )
    .await;
}

/// One of Ada's saved codes, where such codes count; nobody else has any.
async fn ada_saves_codes(story: &Story) -> String {
    let employee = story.employee("ada.keller").await;
    let codes = codes_on(&employee.post("/codes", &[]).await).pop();
    codes.unwrap_or_else(|| NOBODYS.to_owned())
}

/// The answers, one of which says that what was typed was compared.
async fn same_answers(story: &Story, compared: &str) {
    let [(_, nobody), others @ ..] = KINDS;
    let saved = ada_saves_codes(story).await;
    let expected = transcript(story, &account(nobody), &saved).await;
    assert!(expected.iter().any(|answer| answer.contains(compared)));
    for (kind, alias) in others {
        let found = transcript(story, &account(alias), &saved).await;
        assert_eq!(found.len(), expected.len());
        for (step, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "{kind}, step {step}");
        }
    }
    // The stranger has told the people of these accounts apart by nothing, but they are really different.
    let recognised = story
        .requests()
        .await
        .iter()
        .filter(|request| request.facts.subject.is_some())
        .count();
    assert_eq!(recognised, KINDS.len() - 1);
}

/// How far apart the two samples are, in standard deviations of what chance alone would bring (Mann and
/// Whitney's U, normal approximation, ranks of ties averaged).
fn distance(one: &[Duration], other: &[Duration]) -> f64 {
    let count = |samples: &[Duration]| f64::from(u32::try_from(samples.len()).unwrap());
    let (n, m) = (count(one), count(other));
    let wins: f64 = one
        .iter()
        .flat_map(|a| other.iter().map(move |b| a.cmp(b)))
        .map(|order| match order {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        })
        .sum();
    (wins - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

#[test]
fn samples_that_differ_are_told_apart() {
    let millis = |from: u64| {
        (from..from + 24)
            .map(Duration::from_millis)
            .collect::<Vec<_>>()
    };
    assert!(distance(&millis(0), &millis(0)).abs() < 0.01);
    // As few samples as the stories have, and nearly all of one sample before the other.
    assert!(distance(&millis(22), &millis(0)) > TOO_FAR);
    assert!(distance(&millis(0), &millis(22)) < -TOO_FAR);
}

/// Further apart than chance alone brings two samples in a hundred thousand runs.
const TOO_FAR: f64 = 4.4;

/// What is measured, its path, and its form.
type Measured<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// Asks for each account in turn, round after round, while a worker of the same server looks people up, and
/// compares how long the answers to `asked` took. `looks_up` lets each look-up be finished before it goes on.
async fn nothing_is_learnt_from_time(
    story: &Story,
    rounds: usize,
    looks_up: bool,
    asked: &[Measured<'_>],
) {
    let mut took = vec![vec![Vec::new(); asked.len() + 1]; KINDS.len()];
    for round in 0..=rounds {
        for place in 0..KINDS.len() {
            // Each goes first, second and last equally often.
            let index = (place + round) % KINDS.len();
            let person = story.locked_out(KINDS[index].1);
            let form = [("identifier", person.account()), ("reason", "other")];
            let opening = ("opening", "/identify", &form[..]);
            for (step, (_, path, form)) in [opening].iter().chain(asked).enumerate() {
                let begun = story.monotonic();
                if form.is_empty() && *path != "/submit" {
                    person.browser.visit(Method::GET, path).await;
                } else {
                    person.browser.submit(path, form).await;
                }
                // The first round warms everything up.
                if round > 0 {
                    took[index][step].push(story.monotonic().saturating_sub(begun));
                }
                if step == 0 && looks_up {
                    let is_done = async || person.request().await.facts.looked_up_at.is_some();
                    story.eventually("the look-up", is_done).await;
                }
            }
        }
    }
    for (index, (kind, _)) in KINDS.iter().enumerate().skip(1) {
        let names = ["opening"]
            .into_iter()
            .chain(asked.iter().map(|(name, ..)| *name));
        for (step, name) in names.enumerate() {
            let apart = distance(&took[index][step], &took[0][step]);
            assert!(
                apart.abs() < TOO_FAR,
                "{name}: {kind} is {apart:.1} deviations from nobody: {:?} against {:?}",
                took[index][step],
                took[0][step]
            );
        }
    }
}

const FIFTY: (&str, &str) = ("proofs.answer_milliseconds", "50");

/// Proving by the mailed code.
const MAILED: &[Measured<'static>] = &[("proving", "/prove", &[("code", GUESS)])];

#[tokio::test]
async fn how_long_answers_take_tells_nothing() {
    let story = Story::closed(&[FIFTY]).await;
    let _program = story.program().await;
    nothing_is_learnt_from_time(&story, 40, true, MAILED).await;
}

#[tokio::test]
async fn how_long_saved_codes_take_tells_nothing() {
    let story = Story::closed(&[
        FIFTY,
        ("proofs.accepted", r#"["email_code", "recovery_code"]"#),
        ("proofs.required", "2"),
    ])
    .await;
    let _program = story.program().await;
    let saved = ada_saves_codes(&story).await;
    let asked: &[Measured<'_>] = &[
        (
            "proving",
            "/prove",
            &[("code", GUESS), ("saved_code", &saved)],
        ),
        ("asking for the status", "/status", &[]),
        ("coming back", "/prove/password/callback?state=x", &[]),
        ("sending", "/submit", &[]),
    ];
    nothing_is_learnt_from_time(&story, 24, true, asked).await;
}

#[tokio::test]
async fn a_slow_directory_slows_nobody_down() {
    let story = Story::closed(&[FIFTY]).await;
    story
        .fault(json!({ "path": "", "kind": "hang", "millis": 2000 }))
        .await;
    let _program = story.program().await;
    nothing_is_learnt_from_time(&story, 24, false, MAILED).await;
}
