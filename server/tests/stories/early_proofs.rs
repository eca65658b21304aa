//! Proofs that come before the directory has said whom the request is about: nothing is counted, and nobody learns
//! anything from how long that takes.

use std::time::Duration;

use domain::{Event, ProofKind, State, Timestamp};
use serde_json::json;

use crate::{
    browser::Page,
    harness::Story,
    own_codes::codes_on,
    people::{Person, work_address},
    policies::warehouses_prove_more,
};

const EARLY: &str = "We are not ready to look at that yet.";
const AWAY: &str = "Microsoft is not answering at the moment";
const STEP: Duration = Duration::from_secs(3);

/// A story in which a saved code is asked for.
async fn story() -> Story {
    Story::with(&[
        ("proofs.accepted", "[\"recovery_code\"]"),
        ("proofs.required", "1"),
    ])
    .await
}

/// What is the same on pages that tell the same.
fn told(page: &Page, person: &Person<'_>, reference: &str) -> String {
    page.text()
        .replace(person.account(), "")
        .replace(reference, "")
}

/// Nothing has been counted.
async fn is_untouched(story: &Story, person: &Person<'_>) {
    let request = person.request().await;
    let State::Proving(proving) = &request.state else {
        panic!("{:?}", request.state);
    };
    assert_eq!(proving.challenge.tries_used, 0);
    let log = story.audit(request.facts.id).await;
    let failed = |event: &Event| matches!(event, Event::ProofFailed { .. });
    assert!(!log.iter().any(|row| failed(&row.event)), "{log:?}");
}

#[tokio::test]
async fn a_slow_directory_costs_nobody_their_proof() {
    let story = story().await;
    let employee = story.employee("ada.keller").await;
    let codes = codes_on(&employee.post("/codes", &[]).await);
    let (ada, nobody) = (
        story.locked_out("ada.keller"),
        story.locked_out("nobody.known"),
    );
    story
        .fault(json!({ "path": "", "kind": "hang", "millis": 2000 }))
        .await;
    let mut answers = Vec::new();
    for person in [&ada, &nobody] {
        person.types(person.account()).await;
    }
    let proves = async |person: &Person<'_>| {
        let form = [("saved_code", codes[0].as_str())];
        person.browser.post("/prove", &form).await
    };
    let early = async {
        for _ in 0..4 {
            for person in [&ada, &nobody] {
                let page = proves(person).await;
                page.shows(503, EARLY);
                assert!(!page.header("retry-after").is_empty());
                is_untouched(&story, person).await;
                let reference = person.request().await.facts.id.reference().to_string();
                answers.push(told(&page, person, &reference));
            }
        }
    };
    tokio::join!(story.run_jobs(), early);
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");

    proves(&nobody).await.shows(422, "does not match");
    proves(&ada).await.shows(200, "Check before you ask");
}

#[tokio::test]
async fn a_look_up_is_finished_for_everybody_at_the_same_moment() {
    let mut settings = vec![("proofs.look_up_milliseconds", "3000".to_owned())];
    settings.extend(warehouses_prove_more());
    let settings: Vec<_> = settings
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let story = Story::with(&settings).await;
    let mut asked = Vec::new();
    for alias in ["ada.keller", "nobody.known", "emma.larsen", "tara.singh"] {
        let before = story.all_calls().await;
        let person = story.locked_out(alias);
        person.asks().await;
        asked.push(story.all_calls().await - before);
        let facts = person.request().await.facts;
        let took = |at: Timestamp| at.since(facts.opened_at);
        assert_eq!(facts.looked_up_at.map(took), Some(STEP), "{alias}");
        let page = person.browser.post("/prove", &[("code", "12345678")]).await;
        page.shows(503, EARLY);
        story.advance(STEP).await;
        let page = person.browser.post("/prove", &[("code", "12345678")]).await;
        page.shows(422, "does not match");
    }
    // As many calls for each, so that it takes as long, and fails as often.
    asked.dedup();
    assert_eq!(asked.len(), 1, "{asked:?}");
}

#[tokio::test]
async fn a_slow_look_up_is_finished_for_everybody_at_the_same_moment() {
    let story = Story::with(&[("proofs.look_up_milliseconds", "15000")]).await;
    let slow = json!({ "path": "", "kind": "hang", "millis": 2000 });
    story.fault(slow).await;
    let people = ["ada.keller", "nobody.known"].map(|alias| story.locked_out(alias));
    for person in &people {
        person.types(person.account()).await;
    }
    story.run_jobs().await;
    let mut waited = Vec::new();
    for person in &people {
        let page = person.browser.post("/prove", &[("code", "12345678")]).await;
        page.shows(503, EARLY);
        let facts = person.request().await.facts;
        let finished = facts.looked_up_at.expect("the look-up is finished");
        waited.push(finished.since(facts.opened_at));
    }
    // Both were answered seconds apart, and count as finished after as long.
    assert_eq!(waited, [Duration::from_secs(15); 2]);
    story.advance(Duration::from_secs(15)).await;
    for person in &people {
        let page = person.browser.post("/prove", &[("code", "12345678")]).await;
        page.shows(422, "That is not the code we sent last");
    }
}

#[tokio::test]
async fn a_sign_in_counts_once_it_is_known_who_it_is_about() {
    let story = Story::with(&[
        ("proofs.accepted", "[\"email_code\", \"password\"]"),
        ("proofs.required", "2"),
    ])
    .await;
    let ada = story.locked_out("ada.keller");
    ada.types(&work_address("ada.keller")).await;
    let way_back = ada.comes_back_as(&story, &work_address("ada.keller")).await;
    for _ in 0..2 {
        let page = ada.browser.get(&way_back).await;
        page.shows(503, "You have signed in");
        is_untouched(&story, &ada).await;
    }
    story.run_jobs().await;
    ada.browser.get(&way_back).await.shows(200, "Done");
    let given: Vec<_> = ada.request().await.proven_kinds().collect();
    assert_eq!(given, [ProofKind::Password]);
}

#[tokio::test]
async fn nobody_waits_for_a_directory_that_is_away_without_a_word() {
    let story = Story::begin().await;
    story.graph_is_down(None, "/v1.0").await;
    let (ada, nobody) = (
        story.locked_out("ada.keller"),
        story.locked_out("nobody.known"),
    );
    for person in [&ada, &nobody] {
        person.asks().await;
    }
    story.advance(Duration::from_mins(1)).await;
    story.run_jobs().await;
    for person in [&ada, &nobody] {
        person.browser.get("/prove").await.shows(200, AWAY);
        let page = person.browser.post("/prove", &[("code", "12345678")]).await;
        page.shows(503, AWAY);
        is_untouched(&story, person).await;
    }
    story.graph_is_back().await;
    // Longer than a code works.
    story.advance(Duration::from_mins(14)).await;
    story.run_jobs().await;
    ada.proves().await;
    let page = nobody.browser.get("/prove").await;
    assert!(!page.text().contains(AWAY));
}
