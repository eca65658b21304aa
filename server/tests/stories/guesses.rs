//! Somebody guesses at one account, request after request.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{CodeKey, EmailCode, Event, Request, StateName};
use hmac::{Hmac, KeyInit, Mac};
use latchkey::audit::InstallationEvent;
use serde_json::Value;
use sha2::Sha256;

use crate::{
    harness::{ADMINS, SECRET, Story},
    people::{link, private_address, wrong},
};

const WRONG: &str = "That is not the code we sent last";
const ALERT: &str = "Alert: somebody may be guessing at one account";

/// The first code of a request, as nobody outside the server can know it before it was mailed.
fn code_of(request: &Request) -> String {
    let secret = STANDARD.decode(SECRET).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
    mac.update(b"latchkey codes v1");
    let key = CodeKey::new(mac.finalize().into_bytes().into());
    let code = EmailCode::derive(&key, request.facts.id, 1);
    code.grouped().replace(' ', "")
}

#[tokio::test]
async fn a_code_that_was_held_back_cannot_be_guessed() {
    // One mail with a code, and then none for half an hour.
    let story = Story::with(&[("limits.mails_per_hour", "2")]).await;
    let private = private_address("ada.keller");
    story.locked_out("ada.keller").asks().await;
    let to_codes = |mail: &Value| link(&story, mail, "your-code");
    let codes = story.newest(&private, to_codes).await;

    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    assert_eq!(story.mails(&private).await.len(), 1);
    let code = code_of(&ada.request().await);
    let lucky = ada.browser.post("/prove", &[("code", &code)]).await;
    lucky.shows(422, WRONG);
    let log = story.audit(ada.request().await.facts.id).await;
    let tried = |event: &Event| matches!(event, Event::ProofTrySpent { tries_used: 1 });
    assert!(log.iter().any(|row| tried(&row.event)));

    // Once its owner has read it, it counts.
    let reader = story.browser();
    reader.get(&codes).await;
    let reference = ada.request().await.facts.id.reference().to_string();
    let page = reader
        .post("/your-code", &[("reference", &reference)])
        .await;
    page.shows(200, "");
    let page = ada.browser.post("/prove", &[("code", &code)]).await;
    page.shows(200, "Check before you ask");
}

#[tokio::test]
async fn a_code_counts_whose_mail_was_taken_without_our_hearing_of_it() {
    let story = Story::begin().await;
    story.mail_server("drop-after-data").await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    ada.proves().await;
    assert_eq!(ada.state().await, StateName::Proving);
    // The next try finds that it has served.
    story.mail_server("accept").await;
    story.advance(Duration::from_mins(1)).await;
    story.run_jobs().await;
    ada.submits().await;
}

#[tokio::test]
async fn a_mail_server_that_refuses_lets_no_more_codes_count_than_it_takes_mails() {
    let story = Story::with(&[("limits.mails_per_hour", "4")]).await;
    story.mail_server("reject-data").await;
    let mut counting = 0;
    for _ in 0..5 {
        let ada = story.locked_out("ada.keller");
        ada.asks().await;
        let code = code_of(&ada.request().await);
        let page = ada.browser.post("/prove", &[("code", &code)]).await;
        counting += usize::from(page.status == 200);
    }
    assert_eq!(counting, 2);
}

#[tokio::test]
async fn many_failures_for_one_account_are_told_once_an_hour_and_lock_nobody_out() {
    let story = Story::begin().await;
    let guesses = async |alias: &str, requests: usize| {
        for _ in 0..requests {
            let person = story.locked_out(alias);
            person.asks().await;
            for _ in 0..3 {
                let page = person.browser.post("/prove", &[("code", "12345678")]).await;
                page.shows(422, WRONG);
            }
        }
    };
    let alerts = async || {
        story.run_jobs().await;
        let subjects = story.subjects(ADMINS).await;
        subjects.iter().filter(|subject| *subject == ALERT).count()
    };
    // One person who mistypes everything, and somebody who does not exist.
    guesses("ada.keller", 4).await;
    guesses("nobody.known", 8).await;
    assert_eq!(alerts().await, 0);
    guesses("ada.keller", 3).await;
    assert_eq!(alerts().await, 1);
    let last = story.requests().await.remove(0).facts;
    let event = InstallationEvent::ProofsKeepFailing {
        person: last.subject.unwrap().person.id,
        request: story.requests().await[2].facts.id,
    };
    let log = story.records().await.installation_events().await.unwrap();
    assert_eq!(log, [event]);

    story.advance(Duration::from_hours(1)).await;
    guesses("ada.keller", 8).await;
    assert_eq!(alerts().await, 2);

    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let page = ada
        .browser
        .post("/prove", &[("code", &wrong(&ada.code().await))])
        .await;
    page.shows(422, WRONG);
    ada.proves().await;
}
