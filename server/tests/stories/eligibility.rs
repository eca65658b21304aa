//! Who cannot be recovered, and who nobody can approve for.

use std::time::Duration;

use domain::{Event, Refusal, StateName};
use serde_json::json;

use crate::{
    harness::{ADMINS, DOMAIN, Story},
    people::{Person, work_address},
};

const NOT_ELIGIBLE: &str = "This account cannot be recovered here.";
const NO_APPROVER: &str = "We found nobody who may approve this request.";
const FROZEN: &str =
    "Somebody said that an earlier request for this account was not made by its owner.";

/// Asks for approval and is refused; nobody hears of it, and the request stays as it was.
async fn is_refused(story: &Story, person: &Person<'_>, sentence: &str) {
    let before = person.request().await;
    let mails = story.mails(&work_address("daniel.okafor")).await.len();
    let page = person.browser.post("/submit", &[]).await;
    page.shows(422, sentence);
    story.run_jobs().await;
    let after = person.request().await;
    assert_eq!(after.state, before.state);
    assert!(after.facts.approvers.is_empty());
    let log = story.audit(person.request().await.facts.id).await;
    assert!(
        matches!(log.last().unwrap().event, Event::SubmissionRefused { .. }),
        "{:?}",
        log.last()
    );
    assert_eq!(person.state().await, StateName::Proving);
    assert_eq!(
        story.mails(&work_address("daniel.okafor")).await.len(),
        mails
    );
    person.status().await.shows(200, "Check before you ask");
}

#[tokio::test]
async fn accounts_that_are_not_recovered_here() {
    let story = Story::begin().await;
    for alias in [
        "emma.larsen", // disabled
        "tara.singh",  // Global Administrator
        "umar.farouk", // by a group
        "vera.horvat", // eligible
        "will.turner", // owns a role-assignable group
        "xenia.popa",  // management-restricted
        "yusuf.demir", // of an administrative unit
    ] {
        let person = story.locked_out(alias);
        person.asks().await.proves().await;
        is_refused(&story, &person, NOT_ELIGIBLE).await;
    }
    let guest = story.somebody(
        &format!("ivo_partner.example#EXT#@{DOMAIN}"),
        "ivo@partner.example",
    );
    guest.asks().await.proves().await;
    is_refused(&story, &guest, NOT_ELIGIBLE).await;

    // A role that changes nothing.
    story.locked_out("zoe.laurent").waits().await;
}

#[tokio::test]
async fn accounts_that_the_operator_lets_nobody_recover() {
    // The same people have the same ids in every story.
    let greta = Story::closed(&[]).await.id_of("greta.holm").await;
    let never = format!("[\"{}\", \"{greta}\"]", work_address("Ada.Keller"));
    let story = Story::with(&[("privileged.never", &never)]).await;
    for alias in ["ada.keller", "greta.holm"] {
        let person = story.locked_out(alias);
        person.asks().await.proves().await;
        is_refused(&story, &person, NOT_ELIGIBLE).await;
        let request = person.request().await;
        assert_eq!(request.facts.refused, Some(Refusal::SubjectIsProtected));
    }
    let alerts = story.mails(ADMINS).await;
    assert_eq!(alerts.len(), 2, "each is looked at");
    story.locked_out("bo.nilsson").waits().await;
}

#[tokio::test]
async fn a_protected_name_that_nobody_bears_is_found() {
    let greta = Story::closed(&[]).await.id_of("greta.holm").await;
    let (renamed, gone) = (
        work_address("break.glass"),
        "00000000-0000-4000-8000-000000000000",
    );
    let ada = work_address("Ada.Keller");
    let never = format!("[\"{renamed}\", \"{ada}\", \"{gone}\", \"{greta}\"]");
    let story = Story::with(&[("privileged.never", &never)]).await;
    let recovery = story.recovery();
    let nobodys = recovery.names_of_nobody().await.unwrap();
    let nobodys: Vec<String> = nobodys.iter().map(ToString::to_string).collect();
    assert_eq!(nobodys, [renamed.as_str(), gone]);
}

#[tokio::test]
async fn accounts_for_which_nobody_may_approve() {
    let story = Story::begin().await;
    for alias in [
        "diego.ramos", // no manager
        "anton.self",  // their own manager
        "bea.ring",    // manager reports to them
    ] {
        let person = story.locked_out(alias);
        person.asks().await.proves().await;
        is_refused(&story, &person, NO_APPROVER).await;
    }
}

#[tokio::test]
async fn a_request_without_an_approver_goes_on_when_there_is_one() {
    let story = Story::begin().await;
    for alias in ["daniel.okafor", "lena.fischer"] {
        story
            .change(alias, json!({ "accountEnabled": false }))
            .await;
    }
    let ada = story.locked_out("ada.keller");
    ada.asks().await.proves().await;
    is_refused(&story, &ada, NO_APPROVER).await;
    let enabled = json!({ "accountEnabled": true });
    story.change("daniel.okafor", enabled).await;
    let before = ada.request().await.facts.id;
    ada.submits().await;
    assert_eq!(ada.request().await.facts.id, before);
    story
        .manager("daniel.okafor")
        .opens_mail()
        .await
        .shows(200, "Did Ada Keller ask you for help?");
}

#[tokio::test]
async fn whoever_just_became_the_manager_is_not_asked() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.browser.post("/withdraw", &[]).await;
    let path = format!("/people/maria.costa@{DOMAIN}");
    let maria = story
        .control(reqwest::Method::GET, &path, json!(null))
        .await;
    let promoted = json!({ "managerId": maria["id"] });
    story.change("ada.keller", promoted).await;
    let again = story.locked_out("ada.keller");
    again.asks().await.proves().await;
    is_refused(&story, &again, NO_APPROVER).await;
    let alerts = story.subjects(ADMINS).await;
    assert!(
        alerts
            .iter()
            .any(|alert| alert.contains("the manager was just changed")),
        "{alerts:?}"
    );
    story.advance(Duration::from_hours(73)).await;
    let later = story.locked_out("ada.keller");
    later.waits().await;
    story
        .manager("maria.costa")
        .opens_mail()
        .await
        .shows(200, "Did Ada Keller ask you for help?");
}

#[tokio::test]
async fn a_tenant_without_passes_stops_at_submission() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await.proves().await;
    let sentence = "Your organisation's settings do not let us give you a pass to sign in with.";
    story.pass_policy(json!({ "state": "disabled" })).await;
    is_refused(&story, &ada, sentence).await;
    story
        .pass_policy(json!({ "state": "enabled", "includeTargets": [] }))
        .await;
    is_refused(&story, &ada, sentence).await;
    story
        .pass_policy(json!({ "includeTargets": [{ "targetType": "group", "id": "all_users" }] }))
        .await;
    ada.submits().await;
}

#[tokio::test]
async fn a_report_freezes_the_account_for_a_day() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel
        .reports()
        .await
        .shows(200, "Thank you for reporting this");

    let again = story.locked_out("ada.keller");
    again.asks().await.proves().await;
    is_refused(&story, &again, FROZEN).await;
    // Nobody else is.
    story.locked_out("bo.nilsson").waits().await;

    story.advance(Duration::from_hours(23)).await;
    let again = story.locked_out("ada.keller");
    again.asks().await.proves().await;
    is_refused(&story, &again, FROZEN).await;
    story.advance(Duration::from_hours(1)).await;
    story.locked_out("ada.keller").waits().await;
}

#[tokio::test]
async fn one_person_has_one_open_request() {
    let story = Story::begin().await;
    let (ada, second) = (
        story.locked_out("ada.keller"),
        story.locked_out("ada.keller"),
    );
    ada.waits().await;
    second.asks().await.proves().await;
    is_refused(
        &story,
        &second,
        "There is already a request for this account.",
    )
    .await;
    ada.browser
        .post("/withdraw", &[])
        .await
        .shows(200, "You withdrew your request");
    second.submits().await;
    // What the first browser holds is over and stays so.
    ada.status().await.shows(200, "You withdrew your request");
    ada.browser
        .post("/withdraw", &[])
        .await
        .shows(409, "The request changed while this page was open");
    assert_eq!(second.state().await, StateName::AwaitingApproval);
}
