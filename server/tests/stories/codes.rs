//! Names and mailed codes: what is typed wrongly, too late or too often.

use std::time::Duration;

use domain::StateName;
use reqwest::header::{DATE, HeaderMap, HeaderName, SET_COOKIE};

use crate::{
    browser::Page,
    harness::Story,
    people::{private_address, wrong},
};

/// Headers but those that differ from answer to answer, with the lengths of what was generated.
fn comparable(headers: &HeaderMap) -> Vec<(HeaderName, String)> {
    let csp = "content-security-policy";
    let mut kept: Vec<_> = headers
        .iter()
        .filter(|(name, _)| **name != DATE)
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            let value = if *name == SET_COOKIE {
                let (pair, attributes) = value.split_once(';').unwrap();
                let (name, secret) = pair.split_once('=').unwrap();
                format!("{name}={};{attributes}", secret.len())
            } else if name == csp {
                let (before, rest) = value.split_once("'nonce-").unwrap_or((value, "'"));
                let (nonce, after) = rest.split_once('\'').unwrap();
                format!("{before}{}{after}", nonce.len())
            } else {
                value.to_owned()
            };
            (name.clone(), value)
        })
        .collect();
    kept.sort_by(|one, other| one.0.as_str().cmp(other.0.as_str()));
    kept
}

/// The page, without the name that it repeats as it was typed.
fn apart_from_the_name(page: &Page, typed: &str) -> Page {
    let mut headers = page.headers.clone();
    headers.remove("content-length");
    Page {
        path: page.path.clone(),
        status: page.status,
        headers,
        body: page.body.replace(&typed.to_lowercase(), ""),
    }
}

#[track_caller]
fn alike(known: &Page, other: &Page, who: &str) {
    assert_eq!(known.status, other.status, "{who}");
    assert_eq!(
        comparable(&known.headers),
        comparable(&other.headers),
        "{who}"
    );
    assert_eq!(known.body.len(), other.body.len(), "{who}");
}

#[tokio::test]
async fn nobody_learns_who_exists() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    let form = [("identifier", "ada.keller@harbourfinch.example")];
    let known_answer = ada.browser.submit("/identify", &form).await;
    let known_page = ada.browser.get("/prove").await;
    story.run_jobs().await;
    let known_wrong = ada.browser.post("/prove", &[("code", "00000000")]).await;
    known_answer.shows(303, "");
    known_page.shows(
        200,
        "ada.keller@harbourfinch.example has an address outside work on file",
    );

    // Nobody, a guest, disabled, privileged, and somebody without an address.
    story
        .change("bo.nilsson", serde_json::json!({ "otherMails": [] }))
        .await;
    for typed in [
        "nobody.here@harbourfinch.example",
        "nobody@elsewhere.example",
        "ivo_partner.example#EXT#@harbourfinch.example",
        "emma.larsen@harbourfinch.example",
        "tara.singh@harbourfinch.example",
        "bo.nilsson@harbourfinch.example",
    ] {
        let other = story.locked_out("nobody");
        let answer = other
            .browser
            .submit("/identify", &[("identifier", typed)])
            .await;
        let page = other.browser.get("/prove").await;
        story.run_jobs().await;
        let wrong = other.browser.post("/prove", &[("code", "00000000")]).await;
        alike(&known_answer, &answer, typed);
        for (known, other) in [(&known_page, page), (&known_wrong, wrong)] {
            let known = apart_from_the_name(known, "ada.keller@harbourfinch.example");
            alike(&known, &apart_from_the_name(&other, typed), typed);
        }
        assert_eq!(other.state().await, StateName::Proving, "{typed}");
    }
}

#[tokio::test]
async fn a_name_that_is_none_opens_no_request() {
    let story = Story::begin().await;
    let long = format!("{}@harbourfinch.example", "a".repeat(240));
    let enormous = "a".repeat(10_000);
    let malformed = "Enter your work email address with an @, like name@example.com";
    for (typed, sentence) in [
        ("", "Enter your work email address"),
        ("   ", "Enter your work email address"),
        (
            &long,
            "Your work email address must be 254 characters or shorter",
        ),
        (
            &enormous,
            "Your work email address must be 254 characters or shorter",
        ),
        ("ada.keller", malformed),
        ("@harbourfinch.example", malformed),
        ("ada.keller@", malformed),
        ("ada keller@harbourfinch.example", malformed),
        ("ada'or'1'='1@@harbourfinch.example", malformed),
        ("<script>@harbourfinch.example", malformed),
        ("ada\r\nBcc: x@harbourfinch.example", malformed),
        ("ada.keller@harbourfinch.example\u{202e}", malformed),
    ] {
        let ada = story.locked_out("ada.keller");
        let page = ada.types(typed).await;
        page.shows(422, sentence);
        assert!(!page.body.contains("<script>@"), "what was typed is text");
        assert!(
            ada.browser.cookie("latchkey-request").is_none(),
            "{typed:?}"
        );
    }
    assert!(story.requests().await.is_empty());
    story.run_jobs().await;
    assert!(story.calls("GET", "/users").await.is_empty());
}

#[tokio::test]
async fn a_code_that_is_none_costs_no_try() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let digits = "Check the number of digits: the code is longer or shorter than that";
    let long = "1".repeat(9000);
    for (typed, sentence) in [
        ("", "Enter the code"),
        (" ", "Enter the code"),
        ("1234567", digits),
        ("123456789", digits),
        ("abcdefgh", digits),
        ("1234567x", digits),
        (&long, digits),
    ] {
        let page = ada.browser.post("/prove", &[("code", typed)]).await;
        page.shows(422, sentence);
    }
    // A form without the field is one with nothing typed.
    ada.browser
        .post("/prove", &[])
        .await
        .shows(422, "Enter the code");
    ada.proves().await;
}

#[tokio::test]
async fn three_wrong_codes_use_a_code_up_and_the_next_one_works() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let code = ada.code().await;
    for _ in 0..3 {
        let page = ada.browser.post("/prove", &[("code", &wrong(&code))]).await;
        page.shows(422, "That is not the code we sent last");
    }
    let page = ada.browser.post("/prove", &[("code", &code)]).await;
    page.shows(422, "The codes were entered wrongly too often");
    assert_eq!(ada.state().await, StateName::Proving);

    let page = ada.browser.post("/prove/resend", &[]).await;
    page.shows(200, "We have sent another code");
    story.run_jobs().await;
    assert_ne!(ada.code().await, code);
    let page = ada.browser.post("/prove", &[("code", &code)]).await;
    page.shows(422, "That is not the code we sent last");
    ada.proves().await;
}

#[tokio::test]
async fn the_right_code_too_late_is_refused() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let code = ada.code().await;
    story.advance(Duration::from_mins(10)).await;
    let page = ada.browser.post("/prove", &[("code", &code)]).await;
    page.shows(422, "That is not the code we sent last");
    ada.browser.post("/prove/resend", &[]).await;
    story.run_jobs().await;
    ada.proves().await;
}

#[tokio::test]
async fn three_codes_are_mailed_and_no_fourth() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    for _ in 0..2 {
        let page = ada.browser.post("/prove/resend", &[]).await;
        page.shows(200, "We have sent another code");
        story.run_jobs().await;
    }
    let page = ada.browser.post("/prove/resend", &[]).await;
    page.shows(422, "We cannot send any more codes for this request.");
    story.run_jobs().await;
    assert_eq!(story.mails(&private_address("ada.keller")).await.len(), 3);
    ada.proves().await;
    // Nothing is left to be sent to somebody who has proven it.
    let page = ada.browser.post("/prove/resend", &[]).await;
    page.shows(200, "Check before you ask");
    story.run_jobs().await;
    assert_eq!(story.mails(&private_address("ada.keller")).await.len(), 3);
}

#[tokio::test]
async fn the_code_of_another_request_is_wrong() {
    let story = Story::begin().await;
    let (ada, bo) = (
        story.locked_out("ada.keller"),
        story.locked_out("bo.nilsson"),
    );
    ada.asks().await;
    bo.asks().await;
    let code = bo.code().await;
    let page = ada.browser.post("/prove", &[("code", &code)]).await;
    page.shows(422, "That is not the code we sent last");
    // Nor does the code of one's own other request work.
    let again = story.locked_out("ada.keller");
    let old = ada.code().await;
    again.asks().await;
    let page = again.browser.post("/prove", &[("code", &old)]).await;
    page.shows(422, "That is not the code we sent last");
    again.proves().await;
    bo.proves().await;
}

#[tokio::test]
async fn steps_cannot_be_skipped() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    for path in ["/check", "/status"] {
        assert_eq!(ada.browser.get(path).await.path, "/prove", "{path}");
    }
    for path in ["/submit", "/pass", "/pass/again"] {
        ada.browser.post(path, &[]).await;
        assert_eq!(ada.state().await, StateName::Proving, "{path}");
    }
    ada.proves().await;
    for path in ["/pass", "/pass/again"] {
        ada.browser.post(path, &[]).await;
        assert_eq!(ada.state().await, StateName::Proving, "{path}");
    }
    ada.submits().await;
    for path in ["/pass", "/pass/again"] {
        let page = ada.browser.post(path, &[]).await;
        page.shows(409, "The request changed while this page was open");
    }
    assert!(story.passes("ada.keller").await.is_empty());
}
