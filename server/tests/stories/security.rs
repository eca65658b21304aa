//! The security team: told of each recovery, and able to stop it as its owner is.

use std::time::Duration;

use domain::{Ended, Event, ReportedBy, State, StateName};
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Page},
    harness::{ADMINS, Story},
    people::{Person, link, private_address, text, work_address},
};

const TOLD: &[(&str, &str)] = &[("alerts.recoveries", "true")];
const STOPPED: &str = "This recovery is stopped";

/// The security team's newest link that stops something.
async fn stop_link(story: &Story) -> String {
    story.run_jobs().await;
    let newest = |mail: &Value| link(story, mail, "not-me");
    story.newest(ADMINS, newest).await
}

/// Somebody of the team at their browser, with the question before them.
async fn opens(story: &Story) -> Browser<'_> {
    let browser = story.browser();
    let page = browser.get(&stop_link(story).await).await;
    page.shows(200, "Stop this recovery?");
    browser
}

async fn stops(story: &Story) -> Page {
    opens(story).await.post("/not-me", &[]).await
}

async fn claims(ada: &Person<'_>) {
    ada.claims().await.shows(200, "Your pass");
}

/// What the log says about who reported.
async fn reporters(story: &Story, ada: &Person<'_>) -> Vec<String> {
    let rows = story.audit(ada.request().await.facts.id).await;
    let is_report = |event: &Event| matches!(event, Event::Reported { .. } | Event::Repudiated);
    let reports = rows.into_iter().filter(|row| is_report(&row.event));
    reports.map(|row| row.actor).collect()
}

#[tokio::test]
async fn the_team_is_told_of_each_submission_approval_and_pass() {
    let story = Story::with(TOLD).await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    claims(&ada).await;
    story.run_jobs().await;
    let id = ada.request().await.facts.id;
    let headlines = [
        "Ada Keller asks for account recovery",
        "The recovery of the account of Ada Keller was approved",
        "A pass for the account of Ada Keller was given out",
    ];
    let wanted = headlines.map(|headline| format!("{headline} ({})", id.reference()));
    assert_eq!(story.subjects(ADMINS).await, wanted);
    for mail in story.mails(ADMINS).await {
        let console = format!("{}console/recoveries/{id}", root(&story));
        for part in [text(&mail), mail["html"].as_str().unwrap()] {
            assert!(part.contains(&work_address("ada.keller")), "{part}");
            assert!(part.contains(&console), "{part}");
        }
        assert!(link(&story, &mail, "not-me").is_some());
    }
}

fn root(story: &Story) -> String {
    format!("{}/", story.base_url().trim_end_matches('/'))
}

#[tokio::test]
async fn a_team_that_does_not_want_to_know_is_told_what_is_wrong_only() {
    let story = Story::with(&[("alerts.recoveries", "false")]).await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.disowns().await.shows(200, "Thank you for telling us");
    story.run_jobs().await;
    let subjects = story.subjects(ADMINS).await;
    assert!(
        subjects.len() == 1 && subjects[0].starts_with("Alert: reported"),
        "{subjects:?}"
    );
}

#[tokio::test]
async fn the_team_stops_a_recovery_before_it_is_claimed() {
    let story = Story::with(TOLD).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let before = ada.request().await;
    let browser = opens(&story).await;
    assert_eq!(ada.request().await, before, "looking changes nothing");
    let page = browser.post("/not-me", &[]).await;
    page.shows(200, STOPPED)
        .shows(200, "Nothing has changed on the account.");
    let by_team = matches!(
        ada.request().await.state,
        State::Ended(Ended::Reported {
            by: ReportedBy::Security,
            ..
        })
    );
    assert!(by_team);
    assert_eq!(reporters(&story, &ada).await, ["security"]);
    ada.status().await.shows(200, "This request was reported");
    // The others of the team hear of it, and the account is guarded for a day.
    story.run_jobs().await;
    let told = story.subjects(ADMINS).await;
    assert!(
        told[1].starts_with("Alert: stopped by the security team"),
        "{told:?}"
    );
    let again = story.locked_out("ada.keller");
    again.asks().await.proves().await;
    let page = again.browser.post("/submit", &[]).await;
    assert_eq!(page.status, 422, "{}", page.text());
}

#[tokio::test]
async fn the_team_stops_an_approved_recovery() {
    let story = Story::with(TOLD).await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    stops(&story).await.shows(200, STOPPED);
    ada.claims().await.shows(409, "This request was reported");
    assert!(story.passes("ada.keller").await.is_empty());
}

#[tokio::test]
async fn the_team_stops_an_attempt_under_way() {
    let story = Story::with(TOLD).await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let team = opens(&story).await;
    story
        .holds_call("POST", "/temporaryAccessPassMethods")
        .await;
    let stops = async {
        story.faults_have_struck().await;
        team.post("/not-me", &[]).await.shows(200, STOPPED);
        story.held_call_goes_on().await;
    };
    let (page, ()) = tokio::join!(ada.claims(), stops);
    page.shows(503, "This request was reported");
    assert!(page.pass().is_none());
    assert_eq!(ada.state().await, StateName::Reported);
    assert!(story.live_passes("ada.keller").await.is_empty());
    assert_eq!(reporters(&story, &ada).await.len(), 1);
}

#[tokio::test]
async fn the_team_undoes_a_recovery_for_seven_days() {
    for days in [0, 6] {
        let story = Story::with(TOLD).await;
        let ada = story.locked_out("ada.keller");
        ada.is_approved_by("daniel.okafor").await;
        claims(&ada).await;
        story.registers("ada.keller").await;
        let link = stop_link(&story).await;
        story.advance(Duration::from_hours(24 * days)).await;
        let team = story.browser();
        team.get(&link).await.shows(200, "Stop this recovery?");
        let page = team.post("/not-me", &[]).await;
        page.shows(200, STOPPED)
            .shows(200, "A pass had already been given out.");
        assert_eq!(ada.state().await, StateName::Repudiated);
        assert_eq!(reporters(&story, &ada).await, ["security"]);
        story.run_jobs().await;
        assert!(story.live_passes("ada.keller").await.is_empty());
        let left = story.methods("ada.keller").await;
        assert_eq!(
            left,
            ["passwordAuthenticationMethod"],
            "what was added is gone"
        );
    }
}

#[tokio::test]
async fn after_seven_days_the_team_can_only_guard_the_account() {
    let story = Story::with(TOLD).await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    claims(&ada).await;
    let link = stop_link(&story).await;
    story.advance(Duration::from_hours(24 * 7)).await;
    let team = story.browser();
    team.get(&link).await.shows(200, "Stop this recovery?");
    let page = team.post("/not-me", &[]).await;
    page.shows(200, "This recovery cannot be undone by itself");
    assert_eq!(ada.state().await, StateName::Disclosed);
    assert_eq!(reporters(&story, &ada).await, ["security"]);
}

#[tokio::test]
async fn what_whoever_asks_says_of_themselves_is_in_no_mail() {
    const WORDS: &str = "call-me-on-0900-1234";
    let story = Story::with(TOLD).await;
    let ada = story.locked_out("ada.keller");
    ada.browser.calls_itself(WORDS);
    // Why they ask is one of a closed list; the name that they type may be spelled in many ways.
    let account = work_address("ada.keller");
    let form = [("identifier", account.as_str()), ("reason", WORDS)];
    ada.browser.post("/identify", &form).await;
    story.run_jobs().await;
    ada.proves().await.submits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.approves(&ada.contact_code().await).await;
    story.run_jobs().await;
    story.run_timers().await;
    claims(&ada).await;
    story.run_jobs().await;
    for address in [
        ADMINS,
        &account,
        &work_address("daniel.okafor"),
        &private_address("ada.keller"),
    ] {
        let mails = story.mails(address).await;
        assert!(!mails.is_empty(), "{address}");
        assert!(!json!(mails).to_string().contains(WORDS), "{address}");
    }
}
