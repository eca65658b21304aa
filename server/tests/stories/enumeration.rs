//! A stranger at the door: whatever they type, and however often they measure, they learn nothing about
//! accounts.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::{
    browser::{Browser, Page},
    harness::Story,
    people::work_address,
    policies::warehouses_prove_more,
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

/// What is asked for, and with which form.
type Asked = (
    Method,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// Everything that a stranger can do to somebody's account without a proof.
const STEPS: [Asked; 18] = [
    (Method::GET, "/prove", &[]),
    (Method::POST, "/prove", &[("code", "")]),
    (Method::POST, "/prove", &[("code", "1234")]),
    (Method::POST, "/prove", &[("code", "12345678")]),
    (
        Method::POST,
        "/prove",
        &[("code", "12345678"), ("saved_code", NOBODYS)],
    ),
    (Method::POST, "/prove/resend", &[]),
    (Method::POST, "/prove/password", &[]),
    (Method::POST, "/prove/verified-id", &[]),
    (Method::GET, "/prove/verified-id", &[]),
    (Method::GET, "/prove?sent=again", &[]),
    (Method::GET, "/status", &[]),
    (Method::GET, "/status/events", &[]),
    (Method::GET, "/check", &[]),
    (Method::POST, "/submit", &[]),
    (Method::GET, "/pass", &[]),
    (Method::POST, "/pass", &[]),
    (Method::POST, "/withdraw", &[]),
    (Method::GET, "/status", &[]),
];

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
async fn transcript(story: &Story, identifier: &str) -> Vec<String> {
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
    for (method, path, form) in STEPS {
        let page = if method == Method::POST {
            browser.submit(path, form).await
        } else {
            browser.visit(method, path).await
        };
        answers.push(plain(&page, identifier, &random_values(&browser, &page)));
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

/// The answers, one of which says that what was typed was compared.
async fn same_answers(story: &Story, compared: &str) {
    let [(_, nobody), others @ ..] = KINDS;
    let expected = transcript(story, &account(nobody)).await;
    assert!(expected.iter().any(|answer| answer.contains(compared)));
    for (kind, alias) in others {
        let found = transcript(story, &account(alias)).await;
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

/// Asks for each account in turn, round after round, while a worker of the same server looks people up, and
/// compares how long the answers took.
async fn nothing_is_learnt_from_time(story: &Story, rounds: usize) {
    let _program = story.program().await;
    let mut took = vec![[Vec::new(), Vec::new()]; KINDS.len()];
    for round in 0..=rounds {
        for place in 0..KINDS.len() {
            // Each goes first, second and last equally often.
            let index = (place + round) % KINDS.len();
            let identifier = account(KINDS[index].1);
            let browser = story.browser();
            let form = [("identifier", identifier.as_str()), ("reason", "other")];
            let steps: [(&str, &[(&str, &str)]); 2] =
                [("/identify", &form), ("/prove", &[("code", "12345678")])];
            for (step, (path, form)) in steps.into_iter().enumerate() {
                let begun = story.monotonic();
                browser.submit(path, form).await;
                // The first round warms everything up.
                if round > 0 {
                    took[index][step].push(story.monotonic().saturating_sub(begun));
                }
            }
        }
    }
    for (index, (kind, _)) in KINDS.iter().enumerate().skip(1) {
        for (step, name) in ["opening", "proving"].into_iter().enumerate() {
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

#[tokio::test]
async fn how_long_answers_take_tells_nothing() {
    let story = Story::closed(&[("proofs.answer_milliseconds", "50")]).await;
    nothing_is_learnt_from_time(&story, 40).await;
}

#[tokio::test]
async fn a_slow_directory_slows_nobody_down() {
    let story = Story::closed(&[("proofs.answer_milliseconds", "50")]).await;
    story
        .fault(json!({ "path": "", "kind": "hang", "millis": 2000 }))
        .await;
    nothing_is_learnt_from_time(&story, 24).await;
}
