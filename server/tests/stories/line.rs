//! Who is asked to approve, one after the other, and what the person who waits sees of it.

use std::time::Duration;

use domain::{Ended, State, StateName};

use crate::{
    approver_sign_in::REQUIRED,
    harness::{ADMINS, Story},
    people::{Manager, work_address},
};

const MINUTE: Duration = Duration::from_mins(1);
const SUBJECT_LINE: &str = "Ada Keller cannot sign in and asks for your approval";

/// Timers run, and the mails that they ask for go out.
async fn goes_on(story: &Story, time: Duration) {
    story.advance(time).await;
    story.run_timers().await;
    story.run_jobs().await;
}

async fn mails(story: &Story, alias: &str) -> Vec<String> {
    story.subjects(&work_address(alias)).await
}

/// A group of the example company, whose ids are the same in every story.
async fn group(name: &str) -> String {
    let story = Story::closed(&[]).await;
    let groups = story
        .control(reqwest::Method::GET, "/groups", serde_json::Value::Null)
        .await;
    let groups = groups.as_array().unwrap();
    let found = groups.iter().find(|group| group["displayName"] == name);
    format!("\"{}\"", found.unwrap()["id"].as_str().unwrap())
}

/// Opens the mail, and signs in as the one whom it was sent to.
async fn reviews<'a>(story: &'a Story, alias: &str) -> Manager<'a> {
    let manager = story.manager(alias);
    manager.opens_mail().await;
    let page = story.signs_in_to_review(&manager.browser, alias).await;
    page.shows(200, "ask you for help?");
    manager
}

#[tokio::test]
async fn one_after_the_other_is_asked_and_the_waiting_person_sees_it() {
    let finance = group("Finance").await;
    let story = Story::with(&[("approval.on_call_group", &finance)]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    assert_eq!(mails(&story, "daniel.okafor").await, [SUBJECT_LINE]);
    ada.status()
        .await
        .shows(200, "We asked Daniel O. , your manager")
        .shows(200, "If nobody answers, we remind them");

    goes_on(&story, 10 * MINUTE).await;
    let reminder = format!("Reminder: {SUBJECT_LINE}");
    assert_eq!(
        mails(&story, "daniel.okafor").await,
        [SUBJECT_LINE, &reminder]
    );
    let status = ada.status().await;
    status.shows(200, "If nobody answers, we ask Lena F.");
    assert!(mails(&story, "lena.fischer").await.is_empty());

    // A restart forgets no step.
    story.restart().await;
    goes_on(&story, 20 * MINUTE).await;
    assert_eq!(mails(&story, "lena.fischer").await, [SUBJECT_LINE]);
    goes_on(&story, 30 * MINUTE).await;
    assert_eq!(mails(&story, "mei.tanaka").await, [SUBJECT_LINE]);
    assert_eq!(mails(&story, "priya.raman").await, [SUBJECT_LINE]);
    ada.status()
        .await
        .shows(200, "We asked Mei T. , who is on call for this");

    let mei = story.manager("mei.tanaka");
    mei.opens_mail().await.shows(200, "ask you for help?");
    let page = mei.approves(&ada.contact_code().await).await;
    page.shows(200, "You have approved the request");
    assert_eq!(ada.state().await, StateName::Ready);
}

#[tokio::test]
async fn whoever_is_on_call_is_asked_where_nobody_else_may_be() {
    let finance = group("Finance").await;
    let story = Story::with(&[("approval.on_call_group", &finance)]).await;
    let diego = story.locked_out("diego.ramos");
    diego.waits().await;
    let asked = mails(&story, "mei.tanaka").await;
    assert_eq!(asked.len(), 1, "{asked:?}");
}

#[tokio::test]
async fn privileged_people_take_two_of_their_group() {
    let finance = group("Finance").await;
    let story = Story::with(&[REQUIRED, ("privileged.approvers_group", &finance)]).await;
    let tara = story.locked_out("tara.singh");
    tara.waits().await;
    let code = tara.contact_code().await;
    assert_eq!(code.len(), 8);
    assert!(mails(&story, "jonas.weber").await.is_empty());

    let mei = reviews(&story, "mei.tanaka").await;
    mei.approves(&code)
        .await
        .shows(200, "Yours is the first of two approvals");
    assert_eq!(tara.state().await, StateName::AwaitingApproval);
    tara.status().await.shows(200, "1 of 2 have.");
    // The same person once more is no second.
    mei.approves(&code).await;
    assert_eq!(tara.state().await, StateName::AwaitingApproval);
    let priya = reviews(&story, "priya.raman").await;
    let code = tara.contact_code().await;
    priya
        .approves(&code)
        .await
        .shows(200, "You have approved the request");
    assert_eq!(tara.state().await, StateName::CoolingOff);

    story.run_jobs().await;
    goes_on(&story, (24 * 60 - 1) * MINUTE).await;
    assert_eq!(tara.state().await, StateName::CoolingOff);
    goes_on(&story, MINUTE).await;
    assert_eq!(tara.state().await, StateName::Ready);
    assert!(tara.claims().await.pass().is_some());
}

#[tokio::test]
async fn whoever_leaves_the_group_before_the_claim_approved_nothing() {
    let finance = group("Finance").await;
    let story = Story::with(&[
        REQUIRED,
        ("privileged.approvers_group", &finance),
        ("privileged.cool_off_minutes", "0"),
    ])
    .await;
    let tara = story.locked_out("tara.singh");
    tara.waits().await;
    for alias in ["mei.tanaka", "priya.raman"] {
        let approver = reviews(&story, alias).await;
        approver.approves(&tara.contact_code().await).await;
    }
    story.run_jobs().await;
    story.run_timers().await;
    assert_eq!(tara.state().await, StateName::Ready);
    let rest = serde_json::json!({ "members": ["priya.raman@harbourfinch.example", "kaisa.virtanen@harbourfinch.example"] });
    story
        .control(reqwest::Method::PUT, "/groups/Finance", rest)
        .await;
    assert!(tara.claims().await.pass().is_none());
    let State::Ended(Ended::Aborted { .. }) = tara.request().await.state else {
        panic!("an approval by somebody else counts");
    };
    assert!(story.passes("tara.singh").await.is_empty());
    story.run_jobs().await;
    assert!(!story.mails(ADMINS).await.is_empty());
}

#[tokio::test]
async fn nobody_approves_more_in_a_day_than_anybody_may() {
    let story = Story::with(&[("approval.approvals_per_day", "1")]).await;
    let (ada, bo) = (
        story.locked_out("ada.keller"),
        story.locked_out("bo.nilsson"),
    );
    ada.waits().await;
    bo.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let page = daniel.approves(&bo.contact_code().await).await;
    page.shows(200, "You have approved the request");
    let chidi = story.locked_out("chidi.eze");
    chidi.waits().await;
    let asked = mails(&story, "lena.fischer").await;
    assert_eq!(asked.len(), 1, "the next is asked at once: {asked:?}");
    // A day later they may again.
    story.advance(Duration::from_hours(25)).await;
    story.run_timers().await;
    story.locked_out("dana.petrova").waits().await;
    assert_eq!(story.mails(&work_address("daniel.okafor")).await.len(), 3);
}
