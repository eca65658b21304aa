//! People who have left the directory, and codes that a change of the server's secret has spoilt.

use std::time::Duration;

use domain::PersonId;
use latchkey::audit::InstallationEvent;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    harness::{DOMAIN, Story},
    own_codes::codes_on,
};

const DAY: Duration = Duration::from_hours(24);

/// Makes codes for somebody, and gives their object id.
async fn with_codes(story: &Story, alias: &str) -> PersonId {
    let path = format!("/people/{alias}@{DOMAIN}");
    let person = story.control(Method::GET, &path, Value::Null).await;
    let browser = story.employee(alias).await;
    assert_eq!(codes_on(&browser.post("/codes", &[]).await).len(), 10);
    PersonId(person["id"].as_str().unwrap().to_owned())
}

async fn has_codes(story: &Story, person: &PersonId) -> bool {
    let records = story.records().await;
    records.saved_set(person).await.unwrap().is_some()
}

/// Looks for people who have left; tells how many had.
async fn look(story: &Story) -> usize {
    story.recovery().forget_leavers().await.unwrap()
}

#[tokio::test]
async fn codes_of_somebody_who_has_left_are_forgotten_at_the_second_look() {
    let story = Story::with_saved_codes().await;
    let ada = with_codes(&story, "ada.keller").await;
    let bo = with_codes(&story, "bo.nilsson").await;
    let asked = story.calls("GET", "/users/").await.len();
    assert_eq!(look(&story).await, 0);
    let asked_since = story.calls("GET", "/users/").await.len() - asked;
    assert_eq!(asked_since, 0, "it is too early to look");
    story.advance(DAY).await;
    let session = story.employee("ada.keller").await;
    story.leaves("ada.keller").await;
    assert_eq!(look(&story).await, 0);
    assert!(has_codes(&story, &ada).await, "it may be a mistake");
    let page = session.visit(Method::GET, "/codes").await;
    assert_eq!(page.header("location"), "/sign-in?to=codes");
    assert_eq!(look(&story).await, 0, "nobody is looked at twice a day");

    story.advance(DAY).await;
    assert_eq!(look(&story).await, 1);
    assert!(!has_codes(&story, &ada).await && has_codes(&story, &bo).await);
    let events = story.records().await.installation_events().await.unwrap();
    let forgotten = InstallationEvent::SavedCodesForgotten { person: ada };
    assert_eq!(events.last(), Some(&forgotten));
    story.advance(10 * DAY).await;
    assert_eq!(look(&story).await, 0);
    assert!(has_codes(&story, &bo).await);
}

#[tokio::test]
async fn whoever_is_listed_again_keeps_their_codes() {
    let story = Story::with_saved_codes().await;
    let ada = with_codes(&story, "ada.keller").await;
    let missing = json!({ "method": "GET", "path": format!("/users/{ada}"), "kind": "status", "status": 404 });
    for _ in 0..3 {
        story.advance(DAY).await;
        story.fault(missing.clone()).await;
        assert_eq!(look(&story).await, 0);
        story.graph_is_back().await;
        story.advance(DAY).await;
        assert_eq!(look(&story).await, 0);
    }
    // Nobody is taken for gone because Microsoft does not answer.
    story.advance(DAY).await;
    for status in [403, 503] {
        let away =
            json!({ "method": "GET", "path": "/users/", "kind": "status", "status": status });
        story.fault(away).await;
        for _ in 0..2 {
            assert!(story.recovery().forget_leavers().await.is_err());
            story.advance(2 * DAY).await;
        }
        story.graph_is_back().await;
    }
    assert!(has_codes(&story, &ada).await);
}

#[tokio::test]
async fn codes_of_another_secret_say_that_they_are_dead() {
    let story = Story::with_saved_codes().await;
    let browser = story.employee("ada.keller").await;
    let codes = codes_on(&browser.post("/codes", &[]).await);
    story.stop().await;
    let path = story.configuration();
    let configuration = std::fs::read_to_string(&path).unwrap();
    let mut table: toml::Table = configuration.parse().unwrap();
    table["server"]["secret"] = "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHN0b3J5IHRlbGxlcnM=".into();
    std::fs::write(&path, table.to_string()).unwrap();
    story.opens().await;

    assert!(!story.would_take("ada.keller", &codes[0]).await);
    let browser = story.employee("ada.keller").await;
    let page = browser.get("/codes").await;
    page.shows(200, "The codes that you have do not work any more.")
        .shows(200, "have replaced a key that every code depends on");
    browser.get("/codes/check").await.shows(
        200,
        "All your saved codes are used or do not work any more.",
    );
    let codes = codes_on(&browser.post("/codes", &[]).await);
    assert!(story.would_take("ada.keller", &codes[0]).await);
    browser
        .get("/codes")
        .await
        .shows(200, "10 of 10 codes are left.");
}
