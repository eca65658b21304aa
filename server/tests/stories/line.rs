//! Who is asked to approve, one after the other, and what the person who waits sees of it.

use std::time::Duration;

use domain::{Deed, Ended, Refusal, Risk, State, StateName};
use jiff::ToSpan;

use crate::{
    approver_sign_in::REQUIRED,
    harness::{ADMINS, Story},
    people::{Manager, work_address},
};

const MINUTE: Duration = Duration::from_mins(1);
const SUBJECT_LINE: &str = "Ada Keller cannot sign in and asks for your approval";

/// Timers run, and the mails that they ask for go out.
pub async fn goes_on(story: &Story, time: Duration) {
    story.advance(time).await;
    story.run_timers().await;
    story.run_jobs().await;
}

/// Subjects of the mails to somebody at work.
pub async fn mails(story: &Story, alias: &str) -> Vec<String> {
    story.subjects(&work_address(alias)).await
}

/// A group of the example company, whose ids are the same in every story.
pub async fn group(name: &str) -> String {
    let story = Story::closed(&[]).await;
    let groups = story
        .control(reqwest::Method::GET, "/groups", serde_json::Value::Null)
        .await;
    let groups = groups.as_array().unwrap();
    let found = groups.iter().find(|group| group["displayName"] == name);
    format!("\"{}\"", found.unwrap()["id"].as_str().unwrap())
}

/// Opens the mail, and signs in as the one whom it was sent to.
pub async fn reviews<'a>(story: &'a Story, alias: &str) -> Manager<'a> {
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
        .shows(200, "If nobody answers, we remind Daniel O. on")
        .shows(200, "Then we ask Lena F. on")
        .shows(200, "Then we ask Priya R., Kaisa V.,");

    goes_on(&story, 10 * MINUTE).await;
    let reminder = format!("Reminder: {SUBJECT_LINE}");
    assert_eq!(
        mails(&story, "daniel.okafor").await,
        [SUBJECT_LINE, &reminder]
    );
    let status = ada.status().await;
    status.shows(200, "If nobody answers, we ask Lena F. on");
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
    story.guards_group("Finance", true).await;
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
    mei.browser
        .get("/approvals")
        .await
        .shows(200, "Nothing waits for you.");
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
    story.guards_group("Finance", true).await;
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
    story.set_group("Finance", rest).await;
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

/// An absence of `person` that goes on for long, in which `delegate` stands in, as the configuration has it.
fn away(person: &str, delegate: &str) -> String {
    let (person, delegate) = (work_address(person), work_address(delegate));
    format!(
        "[{{ person = \"{person}\", from = \"2020-01-01\", until = \"2099-12-31\", delegate = \"{delegate}\" }}]"
    )
}

#[tokio::test]
async fn whoever_may_not_decide_has_nobody_else_decide() {
    let absences = away("daniel.okafor", "maria.costa");
    let story = Story::with(&[("absences", &absences)]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    assert_eq!(mails(&story, "maria.costa").await, [SUBJECT_LINE]);
    ada.browser.post("/withdraw", &[]).await;

    // Whoever was recovered may have been taken over, and names nobody.
    let daniel = story.locked_out("daniel.okafor");
    daniel.is_approved_by("lena.fischer").await;
    daniel.claims().await;
    let again = story.locked_out("ada.keller");
    again.waits().await;
    assert_eq!(mails(&story, "maria.costa").await, [SUBJECT_LINE], "again");
    assert_eq!(mails(&story, "lena.fischer").await.len(), 2);
}

#[tokio::test]
async fn a_delegate_falls_with_the_one_whom_they_stand_in_for() {
    let absences = away("daniel.okafor", "maria.costa");
    let story = Story::with(&[("absences", &absences)]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let lena = story.id_of("lena.fischer").await;
    let moved = serde_json::json!({ "managerId": lena.0 });
    story.change("ada.keller", moved).await;
    let maria = story.manager("maria.costa");
    maria.opens_mail().await.shows(200, "ask you for help?");
    maria.approves(&ada.contact_code().await).await;
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
    assert_eq!(
        story.refusals(&ada).await,
        [(Deed::Approve, Refusal::ApproverLostRole)]
    );
}

#[tokio::test]
async fn a_right_code_that_the_rules_refuse_costs_nobody_a_try() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let guest = serde_json::json!({ "userType": "Guest" });
    story.change("daniel.okafor", guest).await;
    for _ in 0..4 {
        daniel.approves(&ada.contact_code().await).await;
    }
    let State::AwaitingApproval(awaiting) = ada.request().await.state else {
        panic!("the request does not wait any more");
    };
    assert_eq!(awaiting.tries_used, 0);
}

#[tokio::test]
async fn a_new_manager_is_not_asked_by_way_of_somebody_else_either() {
    let finance = group("Finance").await;
    // The new one, whoever is above the new one, and the new one above the manager.
    for (changed, named, by) in [
        ("ada.keller", "maria.costa", "mei.tanaka"),
        ("ada.keller", "ingrid.solberg", "mei.tanaka"),
        ("daniel.okafor", "maria.costa", "daniel.okafor"),
    ] {
        let story = Story::with(&[("approval.on_call_group", &finance)]).await;
        story.managers_are_noted().await;
        story.is_led_by(changed, Some("maria.costa")).await;
        let ada = story.locked_out("ada.keller");
        ada.waits().await;
        let manager = story.manager(by);
        manager.opens_mail().await.shows(200, "ask you for help?");
        let colleague = work_address(named);
        let form = [("colleague", colleague.as_str())];
        manager.browser.post("/approve/hand-on", &form).await;
        story.run_jobs().await;
        assert!(mails(&story, named).await.is_empty(), "{changed}, {named}");
        assert_eq!(
            story.refusals(&ada).await,
            [(Deed::HandOn, Refusal::ApproverLostRole)],
            "{changed}, {named}"
        );
    }
}

#[tokio::test]
async fn whoever_is_on_call_is_asked_in_time_though_the_office_closes() {
    let finance = group("Finance").await;
    // The office closes long after the reminder and long before anybody else is asked, so that a slow machine changes
    // nothing.
    let now = Story::closed(&[]).await.now().millis();
    let now = jiff::Timestamp::from_millisecond(now).unwrap();
    let now = now.to_zoned(jiff::tz::TimeZone::UTC);
    let from = now
        .saturating_sub(1.hour())
        .strftime("\"%H:%M\"")
        .to_string();
    let until = now
        .saturating_add(45.minutes())
        .strftime("\"%H:%M\"")
        .to_string();
    let story = Story::with(&[
        ("approval.on_call_group", &finance),
        ("approval.remind_minutes", "20"),
        ("approval.escalate_minutes", "90"),
        ("approval.on_call_minutes", "120"),
        ("office.time_zone", "\"UTC\""),
        (
            "office.days",
            "[\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]",
        ),
        ("office.from", &from),
        ("office.until", &until),
    ])
    .await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    assert!(!ada.request().await.facts.risks.contains(&Risk::OffHours));
    goes_on(&story, 20 * MINUTE).await;
    assert_eq!(mails(&story, "daniel.okafor").await.len(), 2);
    goes_on(&story, 100 * MINUTE).await;
    assert_eq!(mails(&story, "mei.tanaka").await, [SUBJECT_LINE]);
    assert!(mails(&story, "lena.fischer").await.is_empty(), "tomorrow");
    // Outside the hours they are asked at once, and it shows.
    let bo = story.locked_out("bo.nilsson");
    bo.waits().await;
    assert!(bo.request().await.facts.risks.contains(&Risk::OffHours));
    assert_eq!(mails(&story, "mei.tanaka").await.len(), 2);
}
