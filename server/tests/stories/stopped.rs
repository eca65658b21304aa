//! A process that stops in the middle of issuing, as in a paused virtual machine, and goes on when its
//! time is over. And the owner who says no in that moment.

use std::time::Duration;

use domain::StateName;
use futures::future::join;
use latchkey::failpoint;
use serde_json::json;

use crate::{
    aftermath::{is_right, settle},
    browser::Page,
    engine::Database,
    harness::Story,
    program::Program,
    visitor::{GLANCE, Visitor, heading},
};

/// The shortest lease that there can be, for attempts whose process has stopped.
const SHORT: &[(&str, &str)] = &[("recovery.lease_seconds", "30")];
const LEASE: Duration = Duration::from_secs(30);
const READY: &str = "Approved: you can get your pass";

/// The first program, with a plan for a fail-point, and somebody who can claim a pass there.
async fn ready_at<'a>(story: &'a Story, plan: Option<&str>) -> (Visitor<'a>, Program<'a>) {
    let variable = plan.map(|plan| (failpoint::VARIABLE, plan));
    let program = story.program_with(variable.as_slice()).await;
    let mut ada = Visitor::new(story, "ada.keller", "daniel.okafor");
    ada.walk_until(GLANCE, |page| heading(page) == READY).await;
    (ada, program)
}

/// Another program takes over an attempt whose lease is over, and shows a pass.
async fn takes_over<'a>(story: &'a Story, ada: &Visitor<'a>) -> (Page, Program<'a>) {
    let other = story.program().await;
    let browser = &ada.person.browser;
    story
        .eventually("the lease to run out", async || {
            heading(&browser.get("/status").await) == READY
        })
        .await;
    let page = browser.post("/pass", &[]).await;
    page.shows(200, "Your pass");
    (page, other)
}

/// Everything is right in the end, and exactly one pass is usable: the one that was shown last.
async fn ends_well(story: &Story, ada: Visitor<'_>, programs: Vec<Program<'_>>) {
    let mut logs = Vec::new();
    for mut program in programs {
        assert_eq!(program.ends().await.code(), Some(0));
        logs.push(program.log());
    }
    let mut visitors = [ada];
    settle(story, &mut visitors).await;
    is_right(story, &visitors, logs).await;
    assert_eq!(visitors[0].person.state().await, StateName::Disclosed);
}

/// The first program stops at `place`, another takes over, and the first goes on.
async fn stopped_and_taken_over(place: &str, passes: usize) {
    let story = Story::closed(SHORT).await;
    let (mut ada, program) = ready_at(&story, Some(&format!("{place}=stop"))).await;
    let meanwhile = async {
        program.has_stopped().await;
        let taken_over = takes_over(&story, &ada).await;
        program.goes_on();
        taken_over
    };
    let (late, (page, other)) = join(ada.person.browser.post("/pass", &[]), meanwhile).await;
    assert!(late.pass().is_none(), "no stale pass is shown");
    ada.sees(&page);
    assert_eq!(story.passes("ada.keller").await.len(), passes);
    let live = story.live_passes("ada.keller").await;
    assert_eq!(live.len(), 1);
    assert_eq!(live[0]["value"], json!(page.pass()), "the shown pass works");
    ends_well(&story, ada, vec![program, other]).await;
}

#[tokio::test]
async fn a_browser_that_goes_away_while_its_claim_is_kept_cuts_nothing_off() {
    let story = Story::closed(&[]).await;
    let (ada, _program) = ready_at(&story, Some("intent-kept=wait:1000")).await;
    let is = async |name| ada.person.state().await == name;
    tokio::select! {
        page = ada.person.browser.post("/pass", &[]) => panic!("answered: {}", page.text()),
        () = story.eventually("the claim", async || is(StateName::Issuing).await) => {}
    }
    story
        .eventually("the disclosure", async || is(StateName::Disclosed).await)
        .await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn stopped_before_the_pass_is_made_and_taken_over() {
    Box::pin(stopped_and_taken_over("pass-making", 1)).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn stopped_after_the_pass_is_made_and_taken_over() {
    Box::pin(stopped_and_taken_over("pass-made", 2)).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn stopped_while_the_pass_is_made_and_taken_over() {
    let story = Story::closed(SHORT).await;
    let (mut ada, program) = ready_at(&story, None).await;
    // The first call is carried out after the second: it replaces the pass that is shown.
    story
        .holds_call("POST", "/temporaryAccessPassMethods")
        .await;
    let meanwhile = async {
        story.faults_have_struck().await;
        program.stop();
        let taken_over = takes_over(&story, &ada).await;
        story.held_call_goes_on().await;
        let replaced = async || story.passes("ada.keller").await.len() == 2;
        story.eventually("the late call", replaced).await;
        program.goes_on();
        taken_over
    };
    let (late, (page, other)) = join(ada.person.browser.post("/pass", &[]), meanwhile).await;
    assert!(late.pass().is_none(), "no stale pass is shown");
    ada.sees(&page);
    ends_well(&story, ada, vec![program, other]).await;
}

/// The only program stops at `place` until its lease is over.
async fn stopped_alone(place: &str) {
    let story = Story::closed(SHORT).await;
    let (ada, program) = ready_at(&story, Some(&format!("{place}=stop"))).await;
    let meanwhile = async {
        program.has_stopped().await;
        tokio::time::sleep(LEASE).await;
        program.goes_on();
    };
    let (late, ()) = join(ada.person.browser.post("/pass", &[]), meanwhile).await;
    assert!(late.pass().is_none(), "no stale pass is shown");
    let none = async || story.live_passes("ada.keller").await.is_empty();
    story.eventually("the unseen pass to go", none).await;
    ends_well(&story, ada, vec![program]).await;
}

#[tokio::test]
async fn stopped_alone_before_the_pass_is_made() {
    Box::pin(stopped_alone("pass-making")).await;
}

#[tokio::test]
async fn stopped_alone_after_the_pass_is_made() {
    Box::pin(stopped_alone("pass-made")).await;
}

#[tokio::test]
async fn the_owner_says_no_while_the_pass_is_made() {
    let story = Story::closed(&[]).await;
    let (ada, program) = ready_at(&story, Some("pass-made=wait:2000")).await;
    let other = match story.database() {
        Database::Sqlite(_) => None,
        Database::Postgres(_) => Some(story.program().await),
    };
    story.turn_to(&[program.address]);
    let owner = async {
        let made = async || !story.live_passes("ada.keller").await.is_empty();
        story.eventually("the pass to be made", made).await;
        if let Some(other) = &other {
            story.turn_to(&[other.address]);
        }
        ada.person
            .disowns()
            .await
            .shows(200, "Thank you for telling us");
    };
    let (page, ()) = join(ada.person.browser.post("/pass", &[]), owner).await;
    page.shows(503, "This request was reported");
    assert_eq!(ada.person.state().await, StateName::Reported);
    let made = story.passes("ada.keller").await;
    assert_eq!((made.len(), &made[0]["state"]), (1, &json!("Removed")));
    let mut logs = Vec::new();
    for mut program in [Some(program), other].into_iter().flatten() {
        assert_eq!(program.ends().await.code(), Some(0));
        logs.push(program.log());
    }
    let mut visitors = [ada];
    settle(&story, &mut visitors).await;
    is_right(&story, &visitors, logs).await;
}
