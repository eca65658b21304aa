//! Microsoft or the mail server does not answer; nothing is lost.

use std::time::Duration;

use domain::StateName;
use serde_json::{Value, json};

use crate::{
    harness::Story,
    people::{Person, private_address, work_address, wrong},
};

const UNAVAILABLE: &str = "Microsoft is not answering at the moment.";

async fn look_up_waits_for(path: &str) {
    let story = Story::begin().await;
    story.graph_is_down(None, path).await;
    let ada = story.locked_out("ada.keller");
    let page = ada.types(&work_address("ada.keller")).await;
    page.shows(200, "has an address outside work on file");
    story.run_jobs().await;
    assert!(story.mails(&private_address("ada.keller")).await.is_empty());
    assert_eq!(ada.state().await, StateName::Proving);

    story.graph_is_back().await;
    story.run_jobs().await;
    assert!(
        ada.request().await.facts.subject.is_none(),
        "it is not time yet"
    );
    story.advance(Duration::from_mins(1)).await;
    story.run_jobs().await;
    ada.proves().await;
}

#[tokio::test]
async fn a_look_up_waits_for_graph() {
    look_up_waits_for("/v1.0").await;
}

#[tokio::test]
async fn a_look_up_waits_for_the_token_service() {
    look_up_waits_for("/oauth2/v2.0/token").await;
}

#[tokio::test]
async fn a_submission_is_kept_until_graph_answers() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await.proves().await;
    let before = ada.request().await;
    // Each reading that is needed fails in turn; one that is missing is no reading.
    for path in [
        "/users",
        "/manager",
        "/transitiveMemberOf",
        "/roleManagement",
        "/ownedObjects",
        "/policies/authenticationMethodsPolicy",
    ] {
        story.graph_is_down(Some("GET"), path).await;
        let page = ada.browser.post("/submit", &[]).await;
        page.shows(503, UNAVAILABLE)
            .shows(503, "Your request and your answers are kept.");
        assert_eq!(ada.request().await, before, "{path}");
        story.graph_is_back().await;
    }
    story.run_jobs().await;
    assert!(story.mails(&work_address("daniel.okafor")).await.is_empty());
    ada.submits().await;
    assert_eq!(story.mails(&work_address("daniel.okafor")).await.len(), 1);
}

#[tokio::test]
async fn an_approval_while_graph_is_away_costs_no_try() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let before = ada.request().await;
    let code = ada.contact_code().await;
    story.graph_is_down(None, "/v1.0").await;
    for code in [&code, &wrong(&code)] {
        daniel
            .approves(code)
            .await
            .shows(503, UNAVAILABLE)
            .shows(503, "3 tries");
    }
    assert_eq!(ada.request().await, before);
    // The pages that need nothing of Microsoft go on.
    ada.status()
        .await
        .shows(200, "Your request is waiting for approval");
    story.graph_is_back().await;
    daniel
        .approves(&code)
        .await
        .shows(200, "You have approved the request");
}

#[tokio::test]
async fn mails_go_out_once_the_mail_server_is_back() {
    for mode in ["refuse-connection", "tempfail"] {
        let story = Story::begin().await;
        story.mail_server(mode).await;
        let ada = story.locked_out("ada.keller");
        ada.asks().await;
        assert!(story.mails(&private_address("ada.keller")).await.is_empty());
        story.mail_server("accept").await;
        story.advance(Duration::from_mins(1)).await;
        story.run_jobs().await;
        ada.proves().await;

        story.mail_server(mode).await;
        ada.submits().await;
        assert!(story.mails(&work_address("daniel.okafor")).await.is_empty());
        story.restart().await;
        story.mail_server("accept").await;
        story.advance(Duration::from_mins(1)).await;
        story.run_jobs().await;
        let asked = story.mails(&work_address("daniel.okafor")).await;
        assert_eq!(asked.len(), 1, "{mode}");
        let daniel = story.manager("daniel.okafor");
        daniel.opens_mail().await;
        let code = ada.contact_code().await;
        daniel
            .approves(&code)
            .await
            .shows(200, "You have approved the request");
    }
}

/// Refuses mails to Ada's one address, and lets her ask and be approved.
async fn is_approved_unnoticed(story: &Story, ada: &Person<'_>, mode: &str) {
    story
        .change("ada.keller", json!({ "mail": Value::Null }))
        .await;
    ada.asks().await.proves().await;
    let only = private_address("ada.keller");
    story
        .treat_mail(json!({ "mode": mode, "recipient": only }))
        .await;
    ada.submits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel
        .approves(&ada.contact_code().await)
        .await
        .shows(200, "You have approved the request");
    story.run_jobs().await;
    story.run_timers().await;
    assert_eq!(ada.state().await, StateName::CoolingOff);
    ada.status().await.shows(
        200,
        "We also wait until a mail server has taken our message to you.",
    );
    ada.claims()
        .await
        .shows(409, "The request changed while this page was open");
}

#[tokio::test]
async fn nothing_is_ready_before_a_notice_was_taken() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    is_approved_unnoticed(&story, &ada, "tempfail").await;
    story.advance(Duration::from_mins(10)).await;
    story.run_jobs().await;
    story.run_timers().await;
    assert_eq!(ada.state().await, StateName::CoolingOff);

    story.mail_server("accept").await;
    story.advance(Duration::from_mins(10)).await;
    story.run_jobs().await;
    story.run_timers().await;
    assert_eq!(ada.state().await, StateName::Ready);
    ada.claims().await.shows(200, "Your pass");
}

#[tokio::test]
async fn an_owner_who_cannot_be_told_is_not_recovered() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    is_approved_unnoticed(&story, &ada, "reject-recipient").await;
    story.mail_server("accept").await;
    story.advance(Duration::from_hours(4)).await;
    story.run_jobs().await;
    story.run_timers().await;
    ada.status().await.shows(200, "Your request has run out");
    assert!(story.passes("ada.keller").await.is_empty());
    assert!(story.methods("ada.keller").await.len() > 1);
}
