//! Mail servers that are away, or take a mail and then do not: whoever has to be told is told, or nothing goes on.

use std::time::Duration;

use domain::StateName;
use serde_json::{Value, json};

use crate::{
    harness::{ADMINS, Story},
    people::{Manager, Person, private_address, work_address},
};

const ADA: &str = "ada.keller";
/// Ada's manager, and his.
const DANIEL: &str = "daniel.okafor";
const LENA: &str = "lena.fischer";
const ASKS: &str = "Ada Keller cannot sign in and asks for your approval";
const MINUTE: Duration = Duration::from_mins(1);
/// When the manager's manager is asked.
const ESCALATION: Duration = Duration::from_mins(30);
/// Ways in which a mail server does not take a mail now, and may later.
const FOR_NOW: [&str; 2] = ["refuse-connection", "tempfail"];
/// Ways in which it never will: before the mail, and after it.
const FOR_GOOD: [&str; 2] = ["reject-recipient", "reject-data"];

/// How often somebody was asked.
async fn asked(story: &Story, alias: &str) -> usize {
    let subjects = story.subjects(&work_address(alias)).await;
    subjects.iter().filter(|subject| *subject == ASKS).count()
}

async fn time_passes(story: &Story, time: Duration) {
    story.advance(time).await;
    story.run_timers().await;
    story.run_jobs().await;
}

/// Opens their mail and approves.
async fn approves(manager: &Manager<'_>, ada: &Person<'_>) {
    manager.opens_mail().await.shows(200, "ask you for help?");
    let page = manager.approves(&ada.contact_code().await).await;
    page.shows(200, "You have approved the request");
}

#[tokio::test]
async fn whoever_no_mail_reaches_is_passed_over_at_once() {
    for mode in FOR_GOOD {
        let story = Story::begin().await;
        let daniel = work_address(DANIEL);
        story
            .treat_mail(json!({ "mode": mode, "recipient": daniel }))
            .await;
        let ada = story.locked_out(ADA);
        ada.waits().await;
        story.run_timers().await;
        story.run_jobs().await;
        assert_eq!(
            (asked(&story, DANIEL).await, asked(&story, LENA).await),
            (0, 1),
            "{mode}"
        );
        let alerts = story.subjects(ADMINS).await;
        let told = alerts[0].starts_with("Alert: the approver cannot be reached");
        assert!(told, "{mode}: {alerts:?}");
        approves(&story.manager(LENA), &ada).await;
        story.run_jobs().await;
        story.run_timers().await;
        assert_eq!(ada.state().await, StateName::Ready, "{mode}");
    }
}

#[tokio::test]
async fn the_next_is_asked_in_time_while_no_mail_reaches_the_first() {
    let story = Story::begin().await;
    let daniel = work_address(DANIEL);
    story
        .treat_mail(json!({ "mode": "tempfail", "recipient": daniel }))
        .await;
    let ada = story.locked_out(ADA);
    ada.waits().await;
    time_passes(&story, ESCALATION.checked_sub(MINUTE).unwrap()).await;
    assert_eq!(asked(&story, LENA).await, 0);
    time_passes(&story, MINUTE).await;
    assert_eq!(
        (asked(&story, DANIEL).await, asked(&story, LENA).await),
        (0, 1)
    );
    approves(&story.manager(LENA), &ada).await;
    ada.status().await.shows(200, "Approved");
}

#[tokio::test]
async fn everybody_whose_turn_came_is_asked_once_the_mail_server_is_back() {
    for mode in FOR_NOW {
        let story = Story::begin().await;
        let ada = story.locked_out(ADA);
        ada.asks().await.proves().await;
        story.mail_server(mode).await;
        ada.submits().await;
        for _ in 0..4 {
            time_passes(&story, 10 * MINUTE).await;
        }
        assert_eq!(
            (asked(&story, DANIEL).await, asked(&story, LENA).await),
            (0, 0)
        );
        assert_eq!(ada.state().await, StateName::AwaitingApproval);
        story.mail_server("accept").await;
        time_passes(&story, 20 * MINUTE).await;
        assert_eq!(
            (asked(&story, DANIEL).await, asked(&story, LENA).await),
            (1, 1),
            "{mode}"
        );
        approves(&story.manager(LENA), &ada).await;
        story.run_jobs().await;
        story.run_timers().await;
        assert_eq!(
            ada.state().await,
            StateName::Ready,
            "{mode}: the owner was told as well"
        );
    }
}

#[tokio::test]
async fn an_owner_whom_no_mail_reaches_is_never_ready() {
    for mode in FOR_NOW.iter().chain(&FOR_GOOD) {
        let story = Story::begin().await;
        // One address on file, so that nothing else reaches the owner.
        story.change(ADA, json!({ "mail": Value::Null })).await;
        let ada = story.locked_out(ADA);
        ada.waits().await;
        // What a mail server took for this round counts: so a round begins in which it takes nothing.
        ada.browser.post("/withdraw", &[]).await;
        let again = story.locked_out(ADA);
        again.asks().await.proves().await;
        let only = private_address(ADA);
        let treatment = match *mode {
            // Nobody is reached, the approver neither: they come by the link of the mail that is sent later.
            "refuse-connection" => json!({ "mode": mode }),
            mode => json!({ "mode": mode, "recipient": only }),
        };
        story.treat_mail(treatment).await;
        again.submits().await;
        if *mode == "refuse-connection" {
            story
                .treat_mail(json!({ "mode": "reject-data", "recipient": only }))
                .await;
            time_passes(&story, 10 * MINUTE).await;
        }
        approves(&story.manager(DANIEL), &again).await;
        for _ in 0..3 {
            time_passes(&story, 10 * MINUTE).await;
            assert_eq!(again.state().await, StateName::CoolingOff, "{mode}");
            again
                .claims()
                .await
                .shows(409, "The request changed while this page was open");
        }
        time_passes(&story, Duration::from_hours(24)).await;
        assert_eq!(again.state().await, StateName::Expired, "{mode}");
        assert!(story.passes(ADA).await.is_empty());
    }
}

#[tokio::test]
async fn one_address_of_the_owner_that_takes_the_notice_is_enough() {
    for mode in FOR_GOOD {
        let story = Story::begin().await;
        let ada = story.locked_out(ADA);
        ada.asks().await.proves().await;
        let private = private_address(ADA);
        story
            .treat_mail(json!({ "mode": mode, "recipient": private }))
            .await;
        ada.submits().await;
        approves(&story.manager(DANIEL), &ada).await;
        story.run_jobs().await;
        story.run_timers().await;
        assert_eq!(ada.state().await, StateName::Ready, "{mode}");
        assert!(!story.mails(&work_address(ADA)).await.is_empty());
    }
}
