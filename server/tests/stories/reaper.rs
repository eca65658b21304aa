//! Passes that nobody knows: how they come about, and how soon they are gone.

use std::time::Duration;

use domain::{AbortCause, Ended, Event, State, StateName};
use serde_json::{Value, json};

use crate::{
    harness::{ADMINS, Story},
    issuing::{fails_for_now, one_pass},
    people::Person,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const PASSES: &str = "/temporaryAccessPassMethods";
const ADA: &str = "ada.keller";

/// The next calls that make a pass meet this fault.
async fn passes_meet(story: &Story, kind: &str, times: u32) {
    story
        .fault(json!({ "method": "POST", "path": PASSES, "kind": kind, "times": times }))
        .await;
}

/// Time passes, and what is due then is done.
async fn later(story: &Story, time: Duration) {
    story.advance(time).await;
    story.run_timers().await;
    story.run_jobs().await;
}

/// The ids of the passes that the log says were deleted because nobody knew them.
async fn reaped(story: &Story, person: &Person<'_>) -> Vec<Value> {
    let log = story.audit(person.request().await.facts.id).await;
    log.into_iter()
        .filter_map(|row| match row.event {
            Event::PassReaped { pass, .. } => Some(json!(pass)),
            _ => None,
        })
        .collect()
}

/// The administrators were told that the pass that was shown is void, this often.
async fn alarms(story: &Story) -> usize {
    let subjects = story.subjects(ADMINS).await;
    let about_pass =
        |subject: &&String| subject.starts_with("Alert: the pass that was shown is void");
    subjects.iter().filter(about_pass).count()
}

#[tokio::test]
async fn an_orphan_is_gone_once_its_attempt_can_record_nothing_any_more() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    passes_meet(&story, "drop-after-write", 1).await;
    fails_for_now(&ada).await;
    let orphan = story.live_passes(ADA).await;
    later(&story, 50 * SECOND).await;
    assert_eq!(
        story.live_passes(ADA).await,
        orphan,
        "the lease is not over"
    );

    later(&story, 10 * SECOND).await;
    assert!(story.live_passes(ADA).await.is_empty());
    assert_eq!(reaped(&story, &ada).await, [orphan[0]["id"].clone()]);
    assert_eq!(ada.state().await, StateName::Ready);

    let page = ada.claims().await;
    later(&story, 2 * MINUTE).await;
    one_pass(&story, ADA, page.pass()).await;
    assert_eq!(reaped(&story, &ada).await.len(), 1);
}

#[tokio::test]
async fn a_pass_that_is_made_after_the_clean_up_goes_too() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    passes_meet(&story, "drop-after-write", 2).await;
    passes_meet(&story, "apply-later", 1).await;
    for _ in 0..2 {
        fails_for_now(&ada).await;
        story.advance(5 * SECOND).await;
    }
    let left = story.live_passes(ADA).await;
    assert_eq!(left.len(), 1, "of the second attempt");
    ada.claims().await.shows(503, "We had to stop");
    story.run_jobs().await;
    assert!(story.live_passes(ADA).await.is_empty(), "cleaned up");

    story.late_calls_arrive().await;
    let late = story.live_passes(ADA).await;
    assert_eq!(late.len(), 1);
    later(&story, MINUTE).await;
    assert!(story.live_passes(ADA).await.is_empty());
    assert_eq!(reaped(&story, &ada).await, [late[0]["id"].clone()]);
    let seen = story.seen.lock().unwrap();
    for pass in [&left[0], &late[0]] {
        let value = pass["value"].as_str().unwrap();
        assert!(seen.iter().all(|seen| !seen.body.contains(value)));
    }
}

#[tokio::test]
async fn a_late_pass_that_replaced_the_shown_one_is_found_and_the_person_gets_another() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    passes_meet(&story, "apply-later", 1).await;
    fails_for_now(&ada).await;
    story.advance(5 * SECOND).await;
    let void = ada.claims().await.shows(200, "Your pass").pass().unwrap();
    // The server has looked, and all was well.
    story
        .eventually("the look after the disclosure", async || {
            story.calls("GET", PASSES).await.len() == 1
        })
        .await;
    story.late_calls_arrive().await;
    let late = story.live_passes(ADA).await;
    assert_ne!(late[0]["value"], json!(void));

    later(&story, MINUTE).await;
    assert!(story.live_passes(ADA).await.is_empty());
    assert_eq!(alarms(&story).await, 1);
    assert_eq!(reaped(&story, &ada).await, [late[0]["id"].clone()]);
    ada.status()
        .await
        .shows(200, "Approved: you can get your pass");
    let page = ada.claims().await;
    one_pass(&story, ADA, page.pass()).await;

    for _ in 0..12 {
        later(&story, MINUTE).await;
    }
    one_pass(&story, ADA, page.pass()).await;
    assert_eq!(alarms(&story).await, 1);
    assert_eq!(ada.state().await, StateName::Disclosed);
    assert!(!story.signs_in(ADA, &void).await);
    assert!(story.signs_in(ADA, &page.pass().unwrap()).await);
}

#[tokio::test]
async fn an_orphan_outlives_no_outage() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    passes_meet(&story, "drop-after-write", 1).await;
    fails_for_now(&ada).await;
    story.graph_is_down(None, PASSES).await;
    for _ in 0..12 {
        later(&story, MINUTE).await;
        story.restart().await;
    }
    assert_eq!(story.live_passes(ADA).await.len(), 1);
    story.graph_is_back().await;
    later(&story, 5 * MINUTE).await;
    assert!(story.live_passes(ADA).await.is_empty());
}

#[tokio::test]
async fn what_came_when_no_attempt_could_bring_it_about_outlives_an_outage() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    passes_meet(&story, "drop-after-write", 1).await;
    fails_for_now(&ada).await;
    story.graph_is_down(Some("GET"), PASSES).await;
    later(&story, 13 * MINUTE).await;
    let by_hand = story
        .makes_pass_by_hand(ADA, json!({ "isUsableOnce": true }))
        .await;
    story.graph_is_back().await;
    for _ in 0..2 {
        later(&story, 5 * MINUTE).await;
    }
    assert_eq!(story.live_passes(ADA).await[0]["id"], json!(by_hand));
}

#[tokio::test]
async fn nothing_is_reaped_after_an_attempt_that_asked_for_no_pass() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    story
        .graph_is_down(Some("POST"), "/revokeSignInSessions")
        .await;
    fails_for_now(&ada).await;
    let by_hand = story
        .makes_pass_by_hand(ADA, json!({ "isUsableOnce": true }))
        .await;
    for _ in 0..3 {
        later(&story, MINUTE).await;
    }
    assert_eq!(story.live_passes(ADA).await[0]["id"], json!(by_hand));
}

#[tokio::test]
async fn a_look_that_fails_is_repeated_soon_however_many_went_before() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    passes_meet(&story, "apply-later", 1).await;
    fails_for_now(&ada).await;
    for _ in 0..5 {
        later(&story, MINUTE).await;
    }
    story.late_calls_arrive().await;
    story
        .fault(json!({ "method": "GET", "path": PASSES, "kind": "status", "status": 503 }))
        .await;
    later(&story, MINUTE).await;
    story.graph_is_back().await;
    assert_eq!(story.live_passes(ADA).await.len(), 1);
    later(&story, 5 * SECOND).await;
    assert!(story.live_passes(ADA).await.is_empty());
}

#[tokio::test]
async fn an_orphan_that_cannot_be_removed_is_told() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    passes_meet(&story, "drop-after-write", 1).await;
    fails_for_now(&ada).await;
    story
        .fault(json!({ "method": "DELETE", "path": PASSES, "kind": "status", "status": 400 }))
        .await;
    later(&story, MINUTE).await;
    let alerts = story.subjects(ADMINS).await;
    assert!(
        alerts[0].starts_with("Alert: a clean-up failed"),
        "{alerts:?}"
    );
}

#[tokio::test]
async fn a_job_at_which_the_process_breaks_off_each_time_is_given_up() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    passes_meet(&story, "drop-after-write", 1).await;
    fails_for_now(&ada).await;
    let tries = "UPDATE outbox SET attempts = 300 WHERE job LIKE '%\"reap\"%'";
    story.database().tamper(tries).await;
    later(&story, MINUTE).await;
    assert_eq!(story.live_passes(ADA).await.len(), 1, "it is not begun");
    let alerts = story.subjects(ADMINS).await;
    assert!(
        alerts[0].starts_with("Alert: a clean-up failed"),
        "{alerts:?}"
    );
}

#[tokio::test]
async fn nobody_is_alarmed_when_the_person_is_gone() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await.shows(200, "Your pass");
    story
        .fault(json!({ "path": PASSES, "kind": "status", "status": 404 }))
        .await;
    later(&story, MINUTE).await;
    assert!(story.subjects(ADMINS).await.is_empty());
    assert_eq!(ada.state().await, StateName::Disclosed);
}

#[tokio::test]
async fn looks_end_ten_minutes_after_the_lease() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    let page = ada.claims().await;
    for _ in 0..11 {
        later(&story, MINUTE).await;
    }
    let looks = story.calls("GET", PASSES).await.len();
    assert_eq!(
        looks, 12,
        "after the disclosure, and eleven times a minute apart"
    );
    for _ in 0..3 {
        later(&story, MINUTE).await;
    }
    assert_eq!(story.calls("GET", PASSES).await.len(), looks);
    one_pass(&story, ADA, page.pass()).await;
    assert!(story.subjects(ADMINS).await.is_empty());
}

#[tokio::test]
async fn the_pass_of_another_request_is_nobodys_orphan() {
    let story = Story::begin().await;
    let first = story.locked_out(ADA);
    first.is_approved_by("daniel.okafor").await;
    passes_meet(&story, "drop", 1).await;
    fails_for_now(&first).await;
    first.browser.post("/withdraw", &[]).await;
    story.run_jobs().await;
    let second = story.locked_out(ADA);
    second.is_approved_by("daniel.okafor").await;
    let page = second.claims().await;
    later(&story, MINUTE).await;
    one_pass(&story, ADA, page.pass()).await;

    // Once it has ended as well, its record says whose the pass is.
    story.registers(ADA).await;
    assert_eq!(story.watch().await, 1);
    later(&story, MINUTE).await;
    one_pass(&story, ADA, page.pass()).await;
    assert!(reaped(&story, &first).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_ours_stays() {
    let story = Story::with(&[("recovery.methods", "\"portal\"")]).await;
    let ada = story.locked_out(ADA);
    let by_hand = story
        .makes_pass_by_hand(ADA, json!({ "isUsableOnce": true }))
        .await;
    ada.is_approved_by("daniel.okafor").await;
    story.advance(2 * MINUTE).await;
    passes_meet(&story, "status", 1).await;
    fails_for_now(&ada).await;
    later(&story, MINUTE).await;
    let live = story.live_passes(ADA).await;
    assert_eq!(live[0]["id"], json!(by_hand), "older than the claim");

    story
        .makes_pass_by_hand(ADA, json!({ "isUsableOnce": true }))
        .await;
    let newer = story.live_passes(ADA).await;
    assert!(
        story
            .signs_in(ADA, newer[0]["value"].as_str().unwrap())
            .await
    );
    later(&story, MINUTE).await;
    assert_eq!(
        story.live_passes(ADA).await[0]["id"],
        newer[0]["id"],
        "used"
    );

    story
        .makes_pass_by_hand(ADA, json!({ "isUsableOnce": false }))
        .await;
    later(&story, MINUTE).await;
    assert_eq!(story.live_passes(ADA).await.len(), 1, "ours work once");

    story
        .makes_pass_by_hand(ADA, json!({ "isUsableOnce": true }))
        .await;
    later(&story, MINUTE).await;
    assert!(story.live_passes(ADA).await.is_empty(), "it could be ours");
}

/// What somebody else did to the pass that was shown ended the request, and the administrators know.
async fn is_left_to_administrators(story: &Story, person: &Person<'_>) {
    let State::Ended(Ended::Aborted { cause, .. }) = person.request().await.state else {
        panic!("not aborted");
    };
    assert_eq!(cause, AbortCause::PassChanged);
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert!(alerts[0].starts_with("Alert: stopped half-way"));
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let before = story.live_passes(ADA).await;
    person.claims().await.shows(409, "We had to stop");
    for _ in 0..12 {
        later(story, MINUTE).await;
    }
    assert_eq!(story.live_passes(ADA).await, before);
    assert!(reaped(story, person).await.is_empty());
}

#[tokio::test]
async fn a_pass_that_an_administrator_deleted_is_not_made_again() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await.shows(200, "Your pass");
    story.deletes_pass_by_hand(ADA).await;
    let again = ada.browser.post("/pass/again", &[]).await;
    again.shows(409, "Microsoft does not show your pass at the moment.");
    later(&story, MINUTE).await;
    assert_eq!(ada.state().await, StateName::Disclosed, "lists are late");
    later(&story, MINUTE).await;
    is_left_to_administrators(&story, &ada).await;
    assert!(story.live_passes(ADA).await.is_empty());
}

#[tokio::test]
async fn a_pass_that_an_administrator_made_instead_stays() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    story
        .graph_is_down(Some("POST"), "/revokeSignInSessions")
        .await;
    fails_for_now(&ada).await;
    story.graph_is_back().await;
    later(&story, MINUTE).await;
    ada.claims().await.shows(200, "Your pass");
    let by_hand = story
        .makes_pass_by_hand(ADA, json!({ "isUsableOnce": true }))
        .await;
    let again = ada.browser.post("/pass/again", &[]).await;
    again.shows(409, "Microsoft does not show your pass at the moment.");
    later(&story, MINUTE).await;
    is_left_to_administrators(&story, &ada).await;
    assert_eq!(story.live_passes(ADA).await[0]["id"], json!(by_hand));
}

#[tokio::test]
async fn a_shown_pass_that_is_gone_after_an_attempt_in_doubt_is_replaced() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    passes_meet(&story, "drop-after-write", 1).await;
    fails_for_now(&ada).await;
    story.advance(5 * SECOND).await;
    ada.claims().await.shows(200, "Your pass");
    story.deletes_pass_by_hand(ADA).await;
    later(&story, 2 * MINUTE).await;
    assert_eq!(ada.state().await, StateName::Ready);
    assert_eq!(alarms(&story).await, 1);
    let page = ada.claims().await;
    one_pass(&story, ADA, page.pass()).await;
}

#[tokio::test]
async fn a_list_that_still_shows_the_pass_before_is_late() {
    let story = Story::with(&[("recovery.methods", "\"portal\"")]).await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    story
        .makes_pass_by_hand(ADA, json!({ "isUsableOnce": true }))
        .await;
    story.advance(2 * MINUTE).await;
    let page = ada.claims().await;
    page.shows(200, "Your pass");
    story
        .fault(json!({ "method": "GET", "path": PASSES, "kind": "stale-list", "seconds": 100 }))
        .await;
    later(&story, MINUTE).await;
    assert_eq!(ada.state().await, StateName::Disclosed);
    later(&story, MINUTE).await;
    assert_eq!(ada.state().await, StateName::Disclosed);
    one_pass(&story, ADA, page.pass()).await;
}

#[tokio::test]
async fn a_pass_that_served_its_purpose_is_not_missed() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    let pass = ada.claims().await.pass().unwrap();
    assert!(story.signs_in(ADA, &pass).await);
    later(&story, 3 * MINUTE).await;
    assert_eq!(story.watch().await, 0);
    assert_eq!(ada.state().await, StateName::Disclosed, "used, and listed");

    story.registers(ADA).await;
    story.deletes_pass_by_hand(ADA).await;
    later(&story, MINUTE).await;
    assert_eq!(story.watch().await, 1);
    assert_eq!(ada.state().await, StateName::Completed);
    assert_eq!(alarms(&story).await, 0);
}

#[tokio::test]
async fn one_look_alone_is_not_believed() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await.shows(200, "Your pass");
    story.deletes_pass_by_hand(ADA).await;
    story.advance(3 * MINUTE).await;
    let lists = async || story.calls("GET", "/authentication/methods").await.len();
    let before = lists().await;
    let meanwhile = async {
        story
            .eventually("the first look", async || lists().await > before)
            .await;
        story.registers(ADA).await;
    };
    tokio::join!(story.run_jobs(), meanwhile);
    assert_eq!(ada.state().await, StateName::Disclosed);
    assert_eq!(story.watch().await, 1);
    assert_eq!(alarms(&story).await, 0);
}

#[tokio::test]
async fn the_watcher_finds_a_void_pass_long_after_the_attempt() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await.shows(200, "Your pass");
    later(&story, 15 * MINUTE).await;
    assert_eq!(story.watch().await, 0);
    let by_hand = story
        .makes_pass_by_hand(ADA, json!({ "isUsableOnce": true }))
        .await;
    assert_eq!(story.watch().await, 1);
    is_left_to_administrators(&story, &ada).await;
    assert_eq!(story.live_passes(ADA).await[0]["id"], json!(by_hand));
}

#[tokio::test]
async fn a_pass_made_after_the_recorded_one_expired_is_no_business_of_ours() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await.shows(200, "works for 60 minutes");
    later(&story, 61 * MINUTE).await;
    let by_hand = story
        .makes_pass_by_hand(ADA, json!({ "isUsableOnce": true }))
        .await;
    assert_eq!(story.watch().await, 0);
    assert_eq!(ada.state().await, StateName::Disclosed);
    later(&story, 15 * MINUTE).await;
    assert_eq!(story.watch().await, 1);
    assert_eq!(ada.state().await, StateName::Lapsed);
    later(&story, MINUTE).await;
    assert_eq!(story.live_passes(ADA).await[0]["id"], json!(by_hand));
}
