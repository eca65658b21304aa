//! What the passing of time leads to, with a restart in between.

use std::time::Duration;

use domain::{Ended, LapseCause, State, StateName};
use serde_json::json;

use crate::{
    harness::{ADMINS, Story},
    people::Person,
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// Nothing moves one minute before `time` has passed, and something does then, on another server too.
async fn moves_after(story: &Story, time: Duration) {
    story.advance(time.checked_sub(MINUTE).unwrap()).await;
    // Others may have been reminded or asked meanwhile, all at once.
    story.run_timers().await;
    assert_eq!(story.run_timers().await, 0);
    story.restart().await;
    assert_eq!(story.run_timers().await, 0);
    story.advance(MINUTE).await;
    assert_eq!(story.run_timers().await, 1);
    assert_eq!(story.run_timers().await, 0);
    story.run_jobs().await;
}

#[tokio::test]
async fn proving_has_an_hour() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await.proves().await;
    moves_after(&story, HOUR).await;
    ada.status().await.shows(200, "Your request has run out");
    ada.browser
        .post("/submit", &[])
        .await
        .shows(200, "Your request has run out");
}

#[tokio::test]
async fn the_approver_has_the_configured_time() {
    let story = Story::with(&[("recovery.approval_hours", "2")]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    moves_after(&story, 2 * HOUR).await;
    ada.status().await.shows(200, "Your request has run out");
    let daniel = story.manager("daniel.okafor");
    daniel
        .opens_mail()
        .await
        .shows(200, "The time to answer is over");
    // The same person can ask again.
    story.locked_out("ada.keller").waits().await;
}

#[tokio::test]
async fn an_approval_too_late_is_none_although_no_timer_ran() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    story.advance(4 * HOUR).await;
    daniel.opens_mail().await;
    daniel.approves(&ada.contact_code().await).await;
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
    story.run_timers().await;
    assert_eq!(ada.state().await, StateName::Expired);
}

#[tokio::test]
async fn the_safety_delay_is_waited_for() {
    let story = Story::with(&[("recovery.cool_off_minutes", "60")]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.approves(&ada.contact_code().await).await;
    ada.status()
        .await
        .shows(200, "Approved, with a safety delay");
    ada.claims()
        .await
        .shows(409, "Approved, with a safety delay");
    moves_after(&story, HOUR).await;
    ada.status()
        .await
        .shows(200, "Approved: you can get your pass");
}

#[tokio::test]
async fn the_pass_can_be_claimed_for_the_configured_time() {
    let story = Story::with(&[("recovery.claim_minutes", "20")]).await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    moves_after(&story, 20 * MINUTE).await;
    ada.status().await.shows(200, "Your request has run out");
    ada.claims().await.shows(409, "Your request has run out");
    assert!(story.passes("ada.keller").await.is_empty());
}

#[tokio::test]
async fn a_pass_that_nobody_used_lapses() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await.shows(200, "works for 60 minutes");
    // Whoever signed in with it in the last minute has a while to register.
    story.advance(74 * MINUTE).await;
    assert_eq!(story.watch().await, 0);
    story.restart().await;
    story.advance(2 * MINUTE).await;
    assert_eq!(story.watch().await, 1);
    ada.status()
        .await
        .shows(200, "Your pass was not used in time");
    assert!(matches!(
        ada.request().await.state,
        State::Ended(Ended::Lapsed {
            cause: LapseCause::PassExpired,
            ..
        })
    ));
    story.run_jobs().await;
    assert!(story.subjects(ADMINS).await[0].starts_with("Alert: not finished"));
}

#[tokio::test]
async fn registering_in_the_last_minute_counts() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await;
    story.advance(61 * MINUTE).await;
    story.registers("ada.keller").await;
    story.watch().await;
    assert_eq!(ada.state().await, StateName::Completed);
}

#[tokio::test]
async fn watching_waits_for_graph() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await;
    story.registers("ada.keller").await;
    story.graph_is_down(None, "/v1.0").await;
    story.advance(61 * MINUTE).await;
    assert_eq!(story.watch().await, 0);
    assert_eq!(ada.state().await, StateName::Disclosed);
    story.graph_is_back().await;
    story.watch().await;
    assert_eq!(ada.state().await, StateName::Completed);
}

/// An attempt hangs in a call to `path`; another server takes over after the lease and shows its pass.
async fn is_taken_over(story: &Story, ada: &Person<'_>, path: &str) -> String {
    ada.is_approved_by("daniel.okafor").await;
    story.holds_call("POST", path).await;
    let successor = async {
        story.faults_have_struck().await;
        story.restart().await;
        story.advance(MINUTE).await;
        assert_eq!(story.run_timers().await, 1);
        assert_eq!(ada.state().await, StateName::Ready);
        let shown = ada.claims().await.shows(200, "Your pass").pass().unwrap();
        story.held_call_goes_on().await;
        shown
    };
    // The first server still waits for its answer, and goes on once it has it.
    let (first, second) = tokio::join!(ada.claims(), successor);
    assert!(first.pass().is_none());
    assert_eq!(ada.state().await, StateName::Disclosed);
    second
}

#[tokio::test]
async fn an_attempt_whose_lease_ran_out_touches_nothing_any_more() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    let shown = is_taken_over(&story, &ada, "/revokeSignInSessions").await;
    let live = story.live_passes("ada.keller").await;
    assert_eq!(live.len(), 1);
    assert_eq!(live[0]["value"], json!(shown));
    assert_eq!(story.passes("ada.keller").await.len(), 1);
}

#[tokio::test]
async fn a_pass_that_was_made_too_late_is_removed_and_the_next_one_works() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    // Microsoft carries the call out after the lease: the late pass replaces the one that was shown.
    is_taken_over(&story, &ada, "/temporaryAccessPassMethods").await;
    assert!(
        story.live_passes("ada.keller").await.is_empty(),
        "nobody knows the late one"
    );
    let page = ada.browser.post("/pass/again", &[]).await;
    page.shows(409, "Microsoft does not show your pass at the moment.");
    story.advance(2 * MINUTE).await;
    story.run_jobs().await;
    let shown = ada.claims().await.shows(200, "Your pass").pass().unwrap();
    let live = story.live_passes("ada.keller").await;
    assert_eq!(live.len(), 1);
    assert_eq!(live[0]["value"], json!(shown));
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    story.restart().await;
    ada.proves().await;
    story.restart().await;
    ada.submits().await;
    story.restart().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await.shows(200, "ask you for help?");
    let code = ada.contact_code().await;
    story.restart().await;
    assert_eq!(
        ada.contact_code().await,
        code,
        "the codes are derived, not kept in memory"
    );
    daniel
        .approves(&code)
        .await
        .shows(200, "You have approved the request");
    story.restart().await;
    ada.claims().await.shows(200, "Your pass");
    story.restart().await;
    story.run_jobs().await;
    story.registers("ada.keller").await;
    assert_eq!(story.watch().await, 1);
    ada.status().await.shows(200, "You are back in");
}
