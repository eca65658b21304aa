//! Saved codes as proofs of who somebody is: each once, by its owner, and never with a word about which
//! code was wrong.

use domain::{Event, ProofKind, State};
use reqwest::Method;
use serde_json::Value;

use crate::{
    browser::{Browser, Page},
    canary::{Place, database, nowhere},
    harness::Story,
    own_codes::{codes_on, hidden},
    people::{Person, link, private_address, text, work_address, wrong},
};

const USED: &str = "A saved recovery code was used for your Harbour & Finch account";
const WRONG: &str = "What you have entered does not match, or has stopped working.";

/// A story in which a mailed code and a saved one are asked for.
async fn story() -> Story {
    Story::with(&[
        ("proofs.accepted", "[\"email_code\", \"recovery_code\"]"),
        ("proofs.required", "2"),
    ])
    .await
}

/// Types the mailed code and this one.
async fn proves(person: &Person<'_>, saved: &str) -> Page {
    let mailed = person.code().await;
    let form = [("code", mailed.as_str()), ("saved_code", saved)];
    person.browser.post("/prove", &form).await
}

async fn makes_codes(browser: &Browser<'_>) -> Vec<String> {
    codes_on(&browser.post("/codes", &[]).await)
}

/// Makes codes until one has both digits that people take for letters; tells which.
async fn codes_to_mix_up(employee: &Browser<'_>) -> (usize, Vec<String>) {
    let mut codes = makes_codes(employee).await;
    loop {
        let both = |code: &String| code.contains('0') && code.contains('1');
        if let Some(at) = codes.iter().position(both) {
            return (at, codes);
        }
        let set = hidden(&employee.get("/codes/replace").await, "set");
        codes = codes_on(&employee.post("/codes/replace", &[("set", &set)]).await);
    }
}

/// A code of the same length with a check symbol that fits, which nobody was given.
fn made_up() -> String {
    domain::SavedCode::new([7; 10]).grouped().to_string()
}

/// How many tries with the codes at hand are used up.
async fn tries(person: &Person<'_>) -> u8 {
    match &person.request().await.state {
        State::Proving(proving) => proving.challenge.tries_used,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_saved_code_proves_once_and_its_owner_is_told() {
    let story = story().await;
    let employee = story.employee("ada.keller").await;
    let (at, codes) = codes_to_mix_up(&employee).await;
    story.run_jobs().await;

    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    // As somebody reads it from paper.
    let typed = codes[at].replace('-', " ").to_lowercase();
    let typed = typed
        .replace('0', "o")
        .replacen('1', "l", 1)
        .replace('1', "I");
    proves(&ada, &typed)
        .await
        .shows(200, "Check before you ask");
    let given: Vec<_> = ada.request().await.proven_kinds().collect();
    assert_eq!(given, [ProofKind::EmailCode, ProofKind::RecoveryCode]);

    story.run_jobs().await;
    for address in [work_address("ada.keller"), private_address("ada.keller")] {
        let notice = story
            .newest(&address, |mail| {
                (mail["subject"] == USED).then(|| mail.clone())
            })
            .await;
        assert!(
            text(&notice).contains("That code does not work again"),
            "{notice}"
        );
        assert!(link(&story, &notice, "not-me").is_some());
    }
    let page = employee.get("/codes").await;
    page.shows(200, "9 of 10 codes are left.")
        .shows(200, &format!("Code {} Used on", at + 1));
    assert_eq!(page.text().matches("Not used").count(), 9);
    assert!(page.body.contains(&format!("<s>Code {}</s>", at + 1)));

    let mut places = database(&story).await;
    let mails = story.control(Method::GET, "/mailbox", Value::Null).await;
    places.push(Place::new("a mail", mails.to_string()));
    for secret in [&codes[at], &typed] {
        nowhere(secret, "a used code", &places);
    }

    // The owner, who did not ask, stops it by the mail.
    ada.disowns().await.shows(200, "Thank you for telling us");
}

#[tokio::test]
async fn codes_that_do_not_hold_are_refused_in_the_same_words() {
    let story = story().await;
    let employee = story.employee("ada.keller").await;
    let replaced = makes_codes(&employee).await;
    let set = hidden(&employee.get("/codes/replace").await, "set");
    let page = employee.post("/codes/replace", &[("set", &set)]).await;
    let codes = codes_on(&page);
    let bos = makes_codes(&story.employee("bo.nilsson").await).await;
    let first = story.locked_out("ada.keller");
    first.asks().await;
    proves(&first, &codes[0])
        .await
        .shows(200, "Check before you ask");

    let mut said = Vec::new();
    for code in [&codes[0], &replaced[1], &bos[0], &made_up()] {
        let ada = story.locked_out("ada.keller");
        ada.asks().await;
        let page = proves(&ada, code).await;
        page.shows(422, WRONG);
        said.push(
            page.text()
                .replace(&ada.request().await.facts.id.reference().to_string(), ""),
        );
        // Nor is it said that the other code was right.
        let form = [
            ("code", &*wrong(&ada.code().await)),
            ("saved_code", &codes[1]),
        ];
        let page = ada.browser.post("/prove", &form).await;
        page.shows(422, WRONG);
        said.push(
            page.text()
                .replace(&ada.request().await.facts.id.reference().to_string(), ""),
        );
        assert_eq!(tries(&ada).await, 2);
        let failed = story.audit(ada.request().await.facts.id).await;
        let failed = failed
            .iter()
            .filter(|row| matches!(row.event, Event::ProofFailed { .. }));
        assert_eq!(failed.count(), 2);
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:#?}");

    // What cannot be a code is told as such, and costs nothing; so does somebody with no account.
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let mistyped = codes[1].replacen(|c: char| c.is_ascii_digit(), "Z", 1);
    for typed in [&mistyped, "nonsense", &codes[1][..10]] {
        proves(&ada, typed).await.shows(422, "There is a problem");
        assert_eq!(tries(&ada).await, 0, "{typed}");
    }
    let nobody = story.somebody("no.body@harbourfinch.example", "");
    nobody.asks().await;
    let form = [("code", "12345678"), ("saved_code", &codes[1])];
    nobody.browser.post("/prove", &form).await.shows(422, WRONG);

    // None of it has used a code up.
    proves(&ada, &codes[1])
        .await
        .shows(200, "Check before you ask");
}

#[tokio::test]
async fn of_two_browsers_with_the_same_code_one_wins() {
    let story = story().await;
    let codes = makes_codes(&story.employee("ada.keller").await).await;
    for code in &codes[..3] {
        let people = [
            story.locked_out("ada.keller"),
            story.locked_out("ada.keller"),
        ];
        let mut mailed = Vec::new();
        for person in &people {
            person.asks().await;
            mailed.push(person.code().await);
        }
        let sends = async |index: usize| {
            let form = [("code", mailed[index].as_str()), ("saved_code", code)];
            people[index].browser.post("/prove", &form).await
        };
        let (one, other) = tokio::join!(sends(0), sends(1));
        let mut paths = [(one.status, one.path), (other.status, other.path)];
        paths.sort_unstable();
        assert_eq!(paths[0], (200, "/check".to_owned()), "{paths:?}");
        assert_eq!(paths[1].0, 422, "{paths:?}");
    }
}

#[tokio::test]
async fn making_codes_leaves_room_for_those_who_prove_themselves() {
    let story = story().await;
    let employee = story.employee("ada.keller").await;
    let codes = makes_codes(&employee).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let recovery = story.recovery();
    let mut places = Vec::new();
    while let Ok(place) = recovery.saved_codes.enter_to_make() {
        places.push(place);
    }
    let bo = story.employee("bo.nilsson").await;
    let asked = story.calls("GET", "/organization").await.len();
    let page = bo.post("/codes", &[]).await;
    page.shows(503, "We could not make codes at this moment.");
    assert_eq!(page.header("retry-after"), "10");
    assert_eq!(
        story.calls("GET", "/organization").await.len(),
        asked + 1,
        "whoever waits for Microsoft has no place yet"
    );
    proves(&ada, &codes[0])
        .await
        .shows(200, "Check before you ask");
    drop(places);
    bo.post("/codes", &[])
        .await
        .shows(200, "Save your codes now");
}

#[tokio::test]
async fn a_server_with_too_much_to_do_costs_nobody_a_try() {
    let story = story().await;
    let codes = makes_codes(&story.employee("ada.keller").await).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let recovery = story.recovery();
    let mut places = Vec::new();
    while let Ok(place) = recovery.saved_codes.enter() {
        places.push(place);
    }
    let page = proves(&ada, &codes[0]).await;
    page.shows(503, "We cannot go on right now");
    assert_eq!(page.header("retry-after"), "10");
    assert_eq!(tries(&ada).await, 0);
    drop(places);
    proves(&ada, &codes[0])
        .await
        .shows(200, "Check before you ask");
}
