//! Trial runs: everything happens as in a real recovery, and nothing is changed at Microsoft.

use std::time::Duration;

use domain::{Event, StateName};
use latchkey::{failpoint, jobs::Worker};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    browser::Page,
    crashes::until_it_dies,
    harness::Story,
    people::{private_address, work_address},
    visitor::Visitor,
};

const TRIAL: &str = "This is a trial run.";
const SETTINGS: &[(&str, &str)] = &[("proofs.evaluation", "true")];

impl Story {
    /// The calls so far that change something in the tenant.
    async fn writes(&self) -> Vec<Value> {
        let calls = self.control(Method::GET, "/calls", Value::Null).await;
        let mut calls = calls.as_array().unwrap().clone();
        calls.retain(|call| {
            let path = call["path"].as_str().unwrap();
            // Tokens are asked for by POST, and so are some questions.
            let asks = path.contains("/oauth2/") || path.contains("/checkMemberGroups");
            call["method"] != "GET" && !asks
        });
        calls
    }

    /// Days go by, and whatever was promised is done.
    async fn lets_days_go_by(&self) {
        for hours in [0, 1, 24, 7 * 24] {
            self.advance(Duration::from_hours(hours)).await;
            self.run_timers().await;
            self.watch().await;
            Worker::new(self.recovery()).run_jobs().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_trial_run_goes_all_the_way_and_changes_nothing() {
    let story = Story::with(SETTINGS).await;
    let ada = story.locked_out("ada.keller");
    let before = story.methods("ada.keller").await;
    ada.asks().await;
    let page = ada.browser.get("/prove").await;
    assert!(!page.text().contains(TRIAL), "nobody is known yet");
    ada.proves().await;
    ada.browser.get("/check").await.shows(200, TRIAL);
    ada.submits().await;
    ada.status().await.shows(200, TRIAL);

    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await.shows(200, TRIAL);
    let page = daniel.approves(&ada.contact_code().await).await;
    page.shows(200, TRIAL);
    story.run_jobs().await;
    story.run_timers().await;
    ada.browser.get("/pass").await.shows(200, TRIAL);
    let page: Page = ada.claims().await;
    page.shows(200, "The trial run is over");
    page.shows(200, "Nothing has changed on your account.");
    page.shows(200, "Microsoft Authenticator (Ada's phone)");
    assert_eq!(page.pass(), None);

    let request = ada.request().await;
    assert_eq!(request.state_name(), StateName::Rehearsed);
    let log = story.audit(request.facts.id).await;
    let is_end = |event: &Event| matches!(event, Event::Rehearsed { .. });
    assert!(log.iter().any(|row| is_end(&row.event)), "{log:?}");
    story.lets_days_go_by().await;
    assert_eq!(story.writes().await, [] as [Value; 0]);
    assert_eq!(story.methods("ada.keller").await, before);
    assert!(story.passes("ada.keller").await.is_empty());

    for address in [work_address("daniel.okafor"), private_address("ada.keller")] {
        for mail in story.mails(&address).await {
            let subject = mail["subject"].as_str().unwrap();
            let is_code = subject.starts_with("Your code");
            assert!(is_code || subject.starts_with("Trial run: "), "{subject}");
        }
    }
}

#[tokio::test]
async fn a_report_while_a_trial_run_is_issued_changes_nothing_either() {
    let story = Story::with(SETTINGS).await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story.holds_call("GET", "/authentication/methods").await;
    let owner = async {
        story.faults_have_struck().await;
        ada.disowns().await.shows(200, "Thank you for telling us");
        story.held_call_goes_on().await;
    };
    let (page, ()) = tokio::join!(ada.claims(), owner);
    page.shows(503, "This request was reported");
    assert_eq!(ada.state().await, StateName::Reported);
    story.lets_days_go_by().await;
    assert_eq!(story.writes().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_trial_run_that_fails_changes_nothing() {
    let story = Story::with(SETTINGS).await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story.graph_is_down(None, "/authentication/methods").await;
    let page = ada.claims().await;
    page.shows(503, "We could not make your pass this time.");
    story.graph_is_back().await;
    story
        .fault(json!({ "path": "", "kind": "unknown-method" }))
        .await;
    story.advance(Duration::from_mins(1)).await;
    ada.claims().await.shows(503, "We had to stop");
    assert_eq!(ada.state().await, StateName::Aborted);
    story.graph_is_back().await;
    story.lets_days_go_by().await;
    assert_eq!(story.writes().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_trial_run_that_is_killed_anywhere_changes_nothing() {
    for place in ["intent-kept", "guards-held", "snapshot-kept"] {
        let story = Story::closed(SETTINGS).await;
        let mut ada = Visitor::new(&story, "ada.keller", "daniel.okafor");
        let plan = [(failpoint::VARIABLE, format!("{place}=kill"))];
        let plan = plan.each_ref().map(|(name, value)| (*name, value.as_str()));
        let mut program = story.program_with(&plan).await;
        assert!(until_it_dies(&mut ada, &mut program).await, "{place}");
        story.opens().await;
        story.advance(Duration::from_mins(2)).await;
        story.run_timers().await;
        let page = ada.person.claims().await;
        page.shows(200, "The trial run is over");
        story.lets_days_go_by().await;
        assert_eq!(story.writes().await, [] as [Value; 0], "{place}");
    }
}

#[tokio::test]
async fn a_real_recovery_is_called_nothing_else() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    assert!(!ada.status().await.text().contains(TRIAL));
    assert!(ada.claims().await.pass().is_some());
    assert!(!story.writes().await.is_empty());
}
