//! A case that lapsed, taken up again: the person does not start over.

use std::time::Duration;

use domain::{Deed, Event, Refusal, Risk, StateName};
use latchkey::store::AuditRow;
use reqwest::Method;
use serde_json::json;

use crate::{
    approvals::opens,
    harness::Story,
    people::{Person, work_address},
};

const REVIEW: &str = "Did Ada Keller ask you for help?";
const LAPSED: &str = "Nothing came of the pass";
const BUTTON: &str = "Take the case up again";
const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// Ada, with a pass that expires unused.
async fn has_lapsed(story: &Story) -> Person<'_> {
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await.shows(200, "Your pass");
    story.advance(120 * MINUTE).await;
    story.watch().await;
    assert_eq!(ada.state().await, StateName::Lapsed);
    ada
}

#[tokio::test]
async fn a_lapsed_case_is_taken_up_again_by_its_approver() {
    let story = Story::begin().await;
    let ada = has_lapsed(&story).await;
    let daniel = story.manager("daniel.okafor");
    daniel
        .opens_mail()
        .await
        .shows(200, LAPSED)
        .shows(200, BUTTON);
    // Not in the browser that asked.
    let link = daniel.link().await;
    let page = ada.browser.get(&link).await;
    page.shows(200, LAPSED);
    assert!(!page.text().contains(BUTTON));
    ada.browser
        .post("/approve/reopen", &[])
        .await
        .shows(403, "Use another browser to review this");
    assert_eq!(ada.state().await, StateName::Lapsed);

    daniel
        .browser
        .post("/approve/reopen", &[])
        .await
        .shows(200, REVIEW);
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
    daniel
        .browser
        .post("/approve/reopen", &[])
        .await
        .shows(200, REVIEW);
    let refused = [
        Refusal::ApproverInRequestersBrowser,
        Refusal::WrongState(StateName::AwaitingApproval),
    ];
    let refused = refused.map(|reason| (Deed::Reopen, reason));
    assert_eq!(story.refusals(&ada).await, refused);
    daniel
        .approves(&ada.contact_code().await)
        .await
        .shows(200, "You have approved the request");
}

#[tokio::test]
async fn a_case_is_taken_up_again_for_three_days_and_its_browser_is_bound_for_longer() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await.proves().await;
    let own = [("sec-fetch-site", "same-origin")];
    let page = ada
        .browser
        .send(Method::POST, "/submit", &own, Some(&[]))
        .await;
    let cookie = page.header("set-cookie");
    let (_, kept) = cookie.split_once("Max-Age=").expect("the browser is bound");
    let kept: u64 = kept.split(';').next().unwrap().parse().unwrap();
    assert!(Duration::from_secs(kept) > 4 * DAY, "{cookie}");
    story.run_jobs().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.approves(&ada.contact_code().await).await;
    ada.claims().await.shows(200, "Your pass");
    story.advance(120 * MINUTE).await;
    story.watch().await;

    story.advance(2 * DAY).await;
    daniel.opens_mail().await.shows(200, BUTTON);
    // They find it on their list for longer than it can be taken up.
    story.advance(DAY).await;
    let (browser, list) = story.lists("daniel.okafor").await;
    let page = opens(&browser, &list).await;
    page.shows(200, LAPSED);
    assert!(!page.text().contains(BUTTON));
    let page = browser.post("/approve/reopen", &[]).await;
    page.shows(409, "the time for it is over");
    assert_eq!(ada.state().await, StateName::Lapsed);
    let too_late = (Deed::Reopen, Refusal::DeadlinePassed);
    assert_eq!(story.refusals(&ada).await, [too_late]);
}

#[tokio::test]
async fn whoever_is_not_active_any_more_takes_nothing_up() {
    let story = Story::begin().await;
    let ada = has_lapsed(&story).await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await.shows(200, BUTTON);
    story
        .change("daniel.okafor", json!({ "accountEnabled": false }))
        .await;
    let page = daniel.browser.post("/approve/reopen", &[]).await;
    page.shows(403, "Your account is not active here");
    assert_eq!(ada.state().await, StateName::Lapsed);
    let disabled = (Deed::Reopen, Refusal::ApproverIsDisabled);
    assert_eq!(story.refusals(&ada).await, [disabled]);
}

#[tokio::test]
async fn a_case_is_not_taken_up_for_whom_too_many_wait() {
    let story = Story::begin().await;
    let ada = has_lapsed(&story).await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await.shows(200, BUTTON);
    for person in story.ten_of_daniels_people().await {
        person.submits().await;
    }
    let page = daniel.browser.post("/approve/reopen", &[]).await;
    page.shows(409, "As many requests as may wait for one person");
    assert_eq!(ada.state().await, StateName::Lapsed);
    let busy = (Deed::Reopen, Refusal::ApproverIsBusy);
    assert_eq!(story.refusals(&ada).await, [busy]);
}

#[tokio::test]
async fn what_was_reported_is_not_taken_up_again() {
    let story = Story::begin().await;
    let ada = has_lapsed(&story).await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.reports().await;
    // The account is guarded for a day; this holds for longer.
    story.advance(25 * 60 * MINUTE).await;
    let daniel = story.manager("daniel.okafor");
    let page = daniel.opens_mail().await;
    assert!(!page.text().contains(BUTTON));
    daniel.browser.post("/approve/reopen", &[]).await;
    assert_eq!(ada.state().await, StateName::Lapsed);
    let reported = (Deed::Reopen, Refusal::WasReported);
    assert_eq!(story.refusals(&ada).await, [reported]);
}

#[tokio::test]
async fn a_case_is_taken_up_under_the_rules_of_that_day() {
    let story = Story::begin().await;
    let ada = has_lapsed(&story).await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await.shows(200, BUTTON);
    story
        .change("ada.keller", json!({ "accountEnabled": false }))
        .await;
    let page = daniel.browser.post("/approve/reopen", &[]).await;
    page.shows(409, "This case cannot be taken up again, because something");
    story.graph_is_down(Some("GET"), "/v1.0/users").await;
    let page = daniel.browser.post("/approve/reopen", &[]).await;
    page.shows(503, "Microsoft is not answering at the moment.");
    story.graph_is_back().await;
    assert_eq!(ada.state().await, StateName::Lapsed);
    story
        .change("ada.keller", json!({ "accountEnabled": true }))
        .await;
    let disabled = (Deed::Reopen, Refusal::SubjectIsDisabled);
    assert_eq!(story.refusals(&ada).await, [disabled]);

    // Lena is asked in her turn, and what made the first round slow is read anew.
    let before = story.subjects(&work_address("lena.fischer")).await.len();
    daniel
        .browser
        .post("/approve/reopen", &[])
        .await
        .shows(200, REVIEW);
    let facts = ada.request().await.facts;
    assert!(!facts.risks.contains(&Risk::RecoveredLately), "by itself");
    story.advance(30 * MINUTE).await;
    story.run_timers().await;
    story.run_jobs().await;
    let after = story.subjects(&work_address("lena.fischer")).await.len();
    assert_eq!(after, before + 1);
    let code = ada.contact_code().await;
    daniel
        .approves(&code)
        .await
        .shows(200, "You have approved the request");
    ada.claims().await.shows(200, "Your pass");
}

#[tokio::test]
async fn what_nobody_could_claim_is_not_taken_up() {
    for leaves in ["finishes", "asks anew"] {
        let story = Story::begin().await;
        let ada = has_lapsed(&story).await;
        let id = ada.request().await.facts.id;
        let daniel = story.manager("daniel.okafor");
        daniel.opens_mail().await.shows(200, BUTTON);
        match leaves {
            "finishes" => drop(ada.browser.post("/finish", &[]).await),
            _ => drop(ada.asks().await),
        }
        let page = daniel.browser.post("/approve/reopen", &[]).await;
        page.shows(409, "the person has closed their request");
        assert!(!page.text().contains(BUTTON), "{leaves}");
        let events = story.audit(id).await;
        let is_left = |row: &AuditRow| row.event == Event::BrowserLeft;
        assert!(events.iter().any(is_left), "{leaves}: {events:?}");
        // Nothing keeps them from asking anew.
        let again = story.locked_out("ada.keller");
        again.waits().await;
        assert_eq!(again.state().await, StateName::AwaitingApproval, "{leaves}");
    }
}
