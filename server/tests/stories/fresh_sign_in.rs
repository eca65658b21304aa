//! What outlasts a session is for people who have shown themselves just now.

use std::time::Duration;

use latchkey::{auth::oidc::SignInRefusal, store::SignInKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Page},
    harness::Story,
    own_codes::{COUNT, hidden},
    sign_in::parameter,
};

const MINUTE: Duration = Duration::from_mins(1);
const NOT_ENOUGH: &str = "That sign-in was not enough";
const AGAIN: &str = "Sign in again to make codes";

/// Where an answer sends the browser.
fn sent_to(page: &Page) -> (u16, &str) {
    (page.status, page.header("location"))
}

/// What `place` asks the identity provider for.
async fn asked(browser: &Browser<'_>, place: &str) -> [Option<String>; 3] {
    let sent = browser.submit("/sign-in", &[("to", place)]).await;
    let address = sent.header("location");
    ["prompt", "max_age", "claims"].map(|name| parameter(address, name))
}

#[tokio::test]
async fn codes_are_made_and_replaced_within_five_minutes_of_a_sign_in() {
    let story = Story::with_saved_codes().await;
    let browser = story.employee("ada.keller").await;
    story.advance(4 * MINUTE).await;
    browser
        .post("/codes", &[])
        .await
        .shows(200, "Save your codes now");
    let asked_in_time = browser.get("/codes/replace").await;
    let set = hidden(&asked_in_time, "set");
    story.advance(MINUTE).await;

    // The session goes on, and lets nobody make codes.
    browser
        .get("/codes")
        .await
        .shows(200, "10 of 10 codes are left.");
    let made = browser.submit("/codes", &[]).await;
    assert_eq!(sent_to(&made), (303, "/sign-in?to=make-codes"));
    let page = browser.visit(Method::GET, "/codes/replace").await;
    assert_eq!(sent_to(&page), (303, "/sign-in?to=replace-codes"));
    let replaced = browser.submit("/codes/replace", &[("set", &set)]).await;
    assert_eq!(sent_to(&replaced), (303, "/sign-in?to=replace-codes"));
    browser
        .get("/sign-in?to=replace-codes")
        .await
        .shows(200, AGAIN);
    // Whoever only wants to look is not asked.
    assert_eq!(browser.get("/sign-in?to=codes").await.path, "/codes");

    let back = story
        .employee_signs_in_to(&browser, "ada.keller", "replace-codes")
        .await;
    assert_eq!(sent_to(&back), (303, "/codes/replace"));
    let page = browser.post("/codes/replace", &[("set", &set)]).await;
    page.shows(200, "Save your codes now");
    assert_eq!(
        browser.get("/sign-in?to=replace-codes").await.path,
        "/codes/replace",
        "who is fresh is not asked again"
    );
}

#[tokio::test]
async fn the_identity_provider_is_asked_for_a_fresh_sign_in_where_one_is_needed() {
    let story = Story::with_saved_codes().await;
    let browser = story.browser();
    assert_eq!(asked(&browser, "codes").await, [None, None, None]);
    let anew = [Some("login".to_owned()), Some("0".to_owned()), None];
    for place in ["make-codes", "replace-codes"] {
        assert_eq!(asked(&browser, place).await, anew, "{place}");
    }
}

#[tokio::test]
async fn a_session_at_the_identity_provider_makes_no_codes() {
    let story = Story::with_saved_codes().await;
    let browser = story.browser();
    let now = story.now().millis() / 1000;
    // It let them in without asking, or does not say when it asked.
    for auth_time in [json!(now - 301), json!(null)] {
        let answer = json!({ "claims": { "auth_time": auth_time } });
        story.forges(answer).await;
        let page = story.employee_signs_in(&browser, "ada.keller").await;
        assert_eq!(sent_to(&page), (303, "/codes"), "{auth_time}");
        let made = browser.submit("/codes", &[]).await;
        assert_eq!(
            sent_to(&made),
            (303, "/sign-in?to=make-codes"),
            "{auth_time}"
        );
    }
    // Somebody took the wish for a fresh sign-in out of the address.
    let mut refused = Vec::new();
    for auth_time in [json!(now - 600), json!(null), json!(now + 600)] {
        story
            .forges(json!({ "claims": { "auth_time": auth_time } }))
            .await;
        let page = story
            .employee_signs_in_to(&browser, "ada.keller", "make-codes")
            .await;
        page.shows(403, NOT_ENOUGH);
        refused.push((SignInKind::Employee, SignInRefusal::NotFresh));
        assert_eq!(story.refused_sign_ins().await, refused, "{auth_time}");
        let made = browser.submit("/codes", &[]).await;
        assert_eq!(made.status, 303, "{auth_time}");
    }
    let records = story.records().await;
    let events = records.installation_events().await.unwrap();
    assert_eq!(events.len(), refused.len(), "nothing was made: {events:?}");

    story.forges(json!({})).await;
    story
        .employee_signs_in_to(&browser, "ada.keller", "make-codes")
        .await;
    browser
        .post("/codes", &[])
        .await
        .shows(200, "Save your codes now");
}

#[tokio::test]
async fn an_authentication_context_that_is_asked_for_must_be_in_the_answer() {
    let story = Story::with(&[COUNT, ("sign_in.authentication_context", "\"c1\"")]).await;
    let browser = story.browser();
    for place in ["codes", "make-codes"] {
        let [.., claims] = asked(&browser, place).await;
        let claims: Value = serde_json::from_str(&claims.unwrap()).unwrap();
        let wanted = json!({ "id_token": { "acrs": { "essential": true, "value": "c1" } } });
        assert_eq!(claims, wanted, "{place}");
    }
    let mut refused = Vec::new();
    for acrs in [json!(null), json!([]), json!(["c2"]), json!("c10")] {
        story.forges(json!({ "claims": { "acrs": acrs } })).await;
        for place in ["codes", "make-codes"] {
            let page = story
                .employee_signs_in_to(&browser, "ada.keller", place)
                .await;
            page.shows(403, NOT_ENOUGH);
            refused.push((SignInKind::Employee, SignInRefusal::NoAuthenticationContext));
            let made = browser.submit("/codes", &[]).await;
            assert_eq!(sent_to(&made), (303, "/sign-in?to=codes"), "{acrs}");
        }
    }
    assert_eq!(story.refused_sign_ins().await, refused);
    story.forges(json!({})).await;
    story.employee_signs_in(&browser, "ada.keller").await;
    browser
        .post("/codes", &[])
        .await
        .shows(200, "Save your codes now");
}

#[tokio::test]
async fn whoever_signs_in_for_somebody_else_makes_codes_of_their_own() {
    let story = Story::with_saved_codes().await;
    let browser = story.employee("ada.keller").await;
    story.advance(6 * MINUTE).await;
    story
        .employee_signs_in_to(&browser, "bo.nilsson", "make-codes")
        .await;
    browser
        .get("/codes")
        .await
        .shows(200, "Signed in as Bo Nilsson");
}
