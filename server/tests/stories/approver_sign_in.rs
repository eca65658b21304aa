//! The approver signs in: the mailed link only locates, and the request is for one person.

use std::time::Duration;

use domain::{Event, PersonId, State, StateName};
use latchkey::{audit::InstallationEvent, auth::oidc::SignInRefusal};
use reqwest::Method;
use serde_json::json;

use crate::{
    browser::{Browser, Page},
    harness::Story,
    people::{Person, work_address},
};

/// A setting with which approvers sign in.
pub const REQUIRED: (&str, &str) = ("approval.sign_in", "\"required\"");
const MINUTE: Duration = Duration::from_mins(1);

const FIRST: &str = "Sign in to review this request";
const AGAIN: &str = "Please sign in again";
const NOT_TAKEN: &str = "We did not take your answer";
const OTHER: &str = "This request was sent to somebody else";
const REVIEW: &str = "Did Ada Keller ask you for help?";
const APPROVED: &str = "You have approved the request";

/// Every form of the approver's pages.
const ANSWERS: [&str; 3] = ["/approve", "/approve/deny", "/approve/report"];

impl Story {
    /// Signs in as the person with this name before the `@`, in a browser that carries an approver's link.
    pub async fn signs_in_to_review(&self, browser: &Browser<'_>, alias: &str) -> Page {
        let back = self.employee_signs_in_to(browser, alias, "review").await;
        match back.header("location") {
            "/approve" => browser.get("/approve").await,
            "" => back,
            other => panic!("{other}"),
        }
    }

    /// Those who signed in with the link of a request that was made for somebody else.
    async fn others_at(&self, person: &Person<'_>) -> Vec<(PersonId, PersonId)> {
        let rows = self.audit(person.request().await.facts.id).await;
        let other = |event| match event {
            Event::LinkCarriedByOther { approver, person } => Some((approver, person)),
            _ => None,
        };
        rows.into_iter()
            .filter_map(|row| other(row.event))
            .collect()
    }

    /// The object id of the person with this name before the `@`.
    pub async fn id_of(&self, alias: &str) -> PersonId {
        let path = format!("/people/{}", work_address(alias));
        let person = self.control(Method::GET, &path, json!(null)).await;
        PersonId(person["id"].as_str().unwrap().to_owned())
    }
}

/// Nothing of the request is on a page.
#[track_caller]
fn tells_nothing(page: &Page) {
    for secret in ["Ada", "Keller", "LK-", "Daniel", "192.", "lost or stolen"] {
        assert!(!page.text().contains(secret), "{secret}: {}", page.text());
    }
}

/// Tries at the contact code that were counted.
async fn tries(person: &Person<'_>) -> u8 {
    match person.request().await.state {
        State::AwaitingApproval(awaiting) => awaiting.tries_used,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_approver_signs_in_and_then_reviews() {
    let story = Story::with(&[REQUIRED]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    let page = daniel.opens_mail().await;
    page.shows(200, FIRST);
    tells_nothing(&page);
    let provider = story.simulator.base_url();
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("form-action 'self' {provider};")));
    // Nor does the page of the sign-in itself say anything else.
    assert_eq!(
        daniel.browser.get("/sign-in?to=review").await.path,
        "/approve"
    );

    let sent = daniel.browser.submit("/sign-in", &[("to", "review")]).await;
    let asked = sent.header("location");
    assert!(
        asked.contains("prompt=login") && asked.contains("max_age=0"),
        "{asked}"
    );
    let page = story
        .signs_in_to_review(&daniel.browser, "daniel.okafor")
        .await;
    page.shows(200, REVIEW)
        .shows(200, "Signed in as Daniel Okafor");
    daniel
        .approves(&ada.contact_code().await)
        .await
        .shows(200, APPROVED);
    assert_eq!(story.others_at(&ada).await, []);
}

#[tokio::test]
async fn a_link_alone_answers_nothing() {
    let story = Story::with(&[REQUIRED]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let code = ada.contact_code().await;
    for path in ANSWERS {
        let form = [("code", code.as_str()), ("attested", "phone")];
        let page = daniel.browser.post(path, &form).await;
        page.shows(403, AGAIN).shows(403, NOT_TAKEN);
        tells_nothing(&page);
    }
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
    assert_eq!(tries(&ada).await, 0, "no try is spent");
}

#[tokio::test]
async fn a_forwarded_link_shows_nothing_to_whoever_got_it() {
    let story = Story::with(&[REQUIRED]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    let link = daniel.link().await;
    let lena = story.browser();
    lena.get(&link).await.shows(200, FIRST);
    let page = story.signs_in_to_review(&lena, "lena.fischer").await;
    page.shows(403, OTHER)
        .shows(403, "You are signed in as Lena Fischer");
    tells_nothing(&page);
    // The page leads on to the identity provider, for whoever has another account.
    let provider = story.simulator.base_url();
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("form-action 'self' {provider};")));
    let (approver, other) = (
        story.id_of("daniel.okafor").await,
        story.id_of("lena.fischer").await,
    );
    let noted = vec![(approver, other)];
    assert_eq!(story.others_at(&ada).await, noted);

    let code = ada.contact_code().await;
    for path in ANSWERS {
        let form = [("code", code.as_str()), ("attested", "phone")];
        let page = lena.post(path, &form).await;
        page.shows(403, OTHER);
        tells_nothing(&page);
    }
    lena.get("/approve").await.shows(200, FIRST);
    assert_eq!(tries(&ada).await, 0);
    assert_eq!(story.others_at(&ada).await, noted, "it is in the log once");

    // The one it was made for is not kept from it, in that very browser.
    story
        .signs_in_to_review(&lena, "daniel.okafor")
        .await
        .shows(200, REVIEW);
}

#[tokio::test]
async fn whoever_is_signed_in_already_is_noted_when_they_answer() {
    let story = Story::with(&[REQUIRED]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let lena = story.employee("lena.fischer").await;
    let page = lena.get(&story.manager("daniel.okafor").link().await).await;
    page.shows(200, FIRST);
    tells_nothing(&page);
    assert_eq!(story.others_at(&ada).await, [], "looking changes nothing");
    lena.post("/approve/deny", &[]).await.shows(403, OTHER);
    assert_eq!(story.others_at(&ada).await.len(), 1);
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
}

#[tokio::test]
async fn a_sign_in_counts_for_a_quarter_of_an_hour() {
    let story = Story::with(&[REQUIRED]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    story
        .signs_in_to_review(&daniel.browser, "daniel.okafor")
        .await;
    story.advance(14 * MINUTE).await;
    daniel.browser.get("/approve").await.shows(200, REVIEW);
    story.advance(MINUTE).await;
    let page = daniel.approves(&ada.contact_code().await).await;
    page.shows(403, NOT_TAKEN);
    daniel.browser.get("/approve").await.shows(200, AGAIN);
    assert_eq!(tries(&ada).await, 0);

    let page = story
        .signs_in_to_review(&daniel.browser, "daniel.okafor")
        .await;
    page.shows(200, REVIEW);
    daniel
        .approves(&ada.contact_code().await)
        .await
        .shows(200, APPROVED);
}

#[tokio::test]
async fn a_session_at_the_identity_provider_is_no_sign_in() {
    let story = Story::with(&[REQUIRED]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    // They used their own pages, to which they were let in without being asked anything.
    let long_ago = story.now().millis() / 1000 - 301;
    story
        .forges(json!({ "claims": { "auth_time": long_ago } }))
        .await;
    let browser = story.employee("daniel.okafor").await;
    browser
        .get(&story.manager("daniel.okafor").link().await)
        .await
        .shows(200, AGAIN);
    browser
        .post("/approve/report", &[])
        .await
        .shows(403, NOT_TAKEN);

    // Somebody took the wish for a fresh one out of the address.
    let long_ago = story.now().millis() / 1000 - 600;
    story
        .forges(json!({ "claims": { "auth_time": long_ago } }))
        .await;
    let page = story.signs_in_to_review(&browser, "daniel.okafor").await;
    page.shows(403, "That sign-in was not enough")
        .shows(403, "Go back to the request");
    tells_nothing(&page);
    let events = story.records().await.installation_events().await.unwrap();
    let refused = InstallationEvent::SignInRefused {
        kind: latchkey::store::SignInKind::Employee,
        request: Some(ada.request().await.facts.id),
        refusal: SignInRefusal::NotFresh,
    };
    assert_eq!(events.last(), Some(&refused));
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
}

#[tokio::test]
async fn what_conditional_access_asks_for_must_be_in_the_answer() {
    let context = ("sign_in.authentication_context", "\"c1\"");
    let story = Story::with(&[REQUIRED, context]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    story.forges(json!({ "claims": { "acrs": ["c2"] } })).await;
    let page = story
        .signs_in_to_review(&daniel.browser, "daniel.okafor")
        .await;
    page.shows(403, "That sign-in was not enough");
    tells_nothing(&page);
    daniel.browser.get("/approve").await.shows(200, FIRST);
    let page = daniel.approves(&ada.contact_code().await).await;
    page.shows(403, NOT_TAKEN);
    assert_eq!(tries(&ada).await, 0);
    story.forges(json!({})).await;
    story
        .signs_in_to_review(&daniel.browser, "daniel.okafor")
        .await
        .shows(200, REVIEW);
}

#[tokio::test]
async fn an_approver_who_is_disabled_meanwhile_decides_nothing() {
    let story = Story::with(&[REQUIRED]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    story
        .signs_in_to_review(&daniel.browser, "daniel.okafor")
        .await;
    let disabled = json!({ "accountEnabled": false });
    story.changes("daniel.okafor", disabled).await;
    daniel
        .approves(&ada.contact_code().await)
        .await
        .shows(403, "Your account is not active here");
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
    daniel.browser.get("/approve").await.shows(200, FIRST);
}

#[tokio::test]
async fn the_browser_that_asked_is_no_place_to_decide() {
    let story = Story::with(&[REQUIRED]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let same = "Use another browser to review this";
    let link = story.manager("daniel.okafor").link().await;
    ada.browser.get(&link).await.shows(403, same);
    let page = story
        .signs_in_to_review(&ada.browser, "daniel.okafor")
        .await;
    page.shows(403, same);
    let code = ada.contact_code().await;
    let form = [("code", code.as_str()), ("attested", "phone")];
    ada.browser.post("/approve", &form).await.shows(403, same);
    assert_eq!(tries(&ada).await, 0);
}

#[tokio::test]
async fn what_became_of_a_request_is_for_its_approver_too() {
    let story = Story::with(&[REQUIRED]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    story
        .signs_in_to_review(&daniel.browser, "daniel.okafor")
        .await;
    daniel.denies().await.shows(200, "The request is declined");
    let other = story.browser();
    let page = other.get(&daniel.link().await).await;
    page.shows(200, FIRST);
    tells_nothing(&page);
}
