//! The groups whose members approve.

use std::time::Duration;

use domain::{AbortCause, Ended, Event, Refusal, State, StateName};
use latchkey::audit::InstallationEvent;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    approver_sign_in::REQUIRED,
    harness::{ADMINS, Story},
    line::{group, mails, reviews},
    people::{Person, work_address},
};

const HOUR: Duration = Duration::from_hours(1);
/// The people in Finance who can be asked.
const FINANCE: [&str; 3] = ["mei.tanaka", "priya.raman", "kaisa.virtanen"];

impl Story {
    /// Says whether roles can be assigned to a group.
    pub async fn guards_group(&self, name: &str, takes_roles: bool) {
        self.set_group(name, json!({ "isAssignableToRole": takes_roles }))
            .await;
    }

    /// These people, and nobody else, are in Finance.
    async fn finance_is(&self, members: &[&str]) {
        let members: Vec<String> = members.iter().map(|alias| work_address(alias)).collect();
        self.set_group("Finance", json!({ "members": members }))
            .await;
    }

    /// Does a round through the directory if one is due; tells whether it failed.
    pub async fn looks_around(&self) -> bool {
        let (_open, never) = watch::channel(());
        self.recovery().look_around(&never).await.is_err()
    }
}

/// Who is asked about this person's request, or will be, by their names.
async fn approvers(person: &Person<'_>) -> Vec<String> {
    let facts = person.request().await.facts;
    let mut names: Vec<_> = facts
        .approvers
        .into_iter()
        .map(|known| known.name)
        .collect();
    names.sort();
    names
}

/// Somebody without a manager asks, and those on call are asked at once. They withdraw.
async fn asked(story: &Story) -> Vec<String> {
    let diego = story.locked_out("diego.ramos");
    diego.asks().await.proves().await;
    diego.browser.post("/submit", &[]).await;
    story.run_jobs().await;
    let asked = approvers(&diego).await;
    diego.browser.post("/withdraw", &[]).await;
    asked
}

#[tokio::test]
async fn twenty_are_looked_at_of_those_who_could_answer() {
    let finance = group("Finance").await;
    let story = Story::with(&[("approval.on_call_group", &finance)]).await;
    let people = story
        .control(reqwest::Method::GET, "/people", Value::Null)
        .await;
    let people = people.as_array().unwrap().iter();
    let names = people.map(|person| person["userPrincipalName"].as_str().unwrap().to_owned());
    let everybody: Vec<String> = names.collect();
    story
        .set_group("Finance", json!({ "members": everybody }))
        .await;
    assert_eq!(asked(&story).await.len(), 20);
    for name in &everybody[..25] {
        let left = json!({ "accountEnabled": false });
        let path = format!("/people/{name}");
        story.control(reqwest::Method::PATCH, &path, left).await;
    }
    let asked = asked(&story).await;
    assert!(asked.contains(&"Tara Singh".to_owned()), "{asked:?}");
    assert!(!asked.contains(&"Ivo Partner".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn a_member_about_whom_the_directory_cannot_answer_is_left_out() {
    let finance = group("Finance").await;
    let story = Story::with(&[("approval.on_call_group", &finance)]).await;
    let mei = story.id_of("mei.tanaka").await;
    let above_mei = format!("/users/{mei}/manager");
    let refused = json!({ "path": above_mei, "kind": "status", "status": 400 });
    story.fault(refused).await;
    let found = asked(&story).await;
    assert!(found.contains(&"Priya Raman".to_owned()), "{found:?}");
    assert!(!found.contains(&"Mei Tanaka".to_owned()), "{found:?}");
    story.graph_is_back().await;
    // If it answers nothing at all, nobody is left out for that.
    story.graph_is_down(Some("GET"), &above_mei).await;
    let diego = story.locked_out("diego.ramos");
    diego.asks().await.proves().await;
    let page = diego.browser.post("/submit", &[]).await;
    assert_eq!(page.status, 503);
    story.graph_is_back().await;
    diego.submits().await;
    assert!(approvers(&diego).await.contains(&"Mei Tanaka".to_owned()));
}

#[tokio::test]
async fn a_group_that_is_gone_keeps_nobody_from_asking_their_manager() {
    let gone = "\"00000000-0000-4000-8000-000000000000\"";
    let story = Story::with(&[("approval.on_call_group", gone)]).await;
    story.locked_out("ada.keller").waits().await;
    assert_eq!(mails(&story, "daniel.okafor").await.len(), 1);
    assert!(asked(&story).await.is_empty());
    assert!(story.mails(ADMINS).await.is_empty());
}

#[tokio::test]
async fn whoever_comes_to_a_group_is_not_asked_for_three_days() {
    let finance = group("Finance").await;
    let story = Story::with(&[("approval.on_call_group", &finance)]).await;
    let sven = "Sven Aas".to_owned();
    let with_sven = [&FINANCE[..], &["sven.aas"]].concat();
    story.finance_is(&FINANCE).await;
    assert_eq!(
        asked(&story).await.len(),
        3,
        "what is seen first is settled"
    );
    story.finance_is(&with_sven).await;
    for (wait, is_asked) in [(0, false), (71, false), (2, true)] {
        story.advance(wait * HOUR).await;
        let found = asked(&story).await;
        assert_eq!(found.contains(&sven), is_asked, "{wait}: {found:?}");
    }
    // Whoever comes back is as new as anybody.
    story.finance_is(&FINANCE).await;
    assert!(!asked(&story).await.contains(&sven));
    story.finance_is(&with_sven).await;
    assert_eq!(asked(&story).await.len(), 3);
    // Nor does it help to empty the group before.
    story.finance_is(&[]).await;
    assert!(asked(&story).await.is_empty());
    story.finance_is(&["sven.aas"]).await;
    assert!(asked(&story).await.is_empty());
}

#[tokio::test]
async fn groups_are_looked_at_though_nobody_asks() {
    let finance = group("Finance").await;
    let story = Story::with(&[("approval.on_call_group", &finance)]).await;
    story.finance_is(&FINANCE).await;
    assert!(!story.looks_around().await);
    story
        .finance_is(&[&FINANCE[..], &["sven.aas"]].concat())
        .await;
    story.advance(5 * HOUR).await;
    assert!(!story.looks_around().await);
    story.advance(66 * HOUR).await;
    assert_eq!(asked(&story).await.len(), 3, "they were seen 66 hours ago");
    story.advance(6 * HOUR).await;
    assert_eq!(asked(&story).await.len(), 4);
}

#[tokio::test]
async fn a_group_that_cannot_be_read_keeps_nothing_else_from_being_seen() {
    let (finance, unread) = (group("Finance").await, group("Shipping").await);
    let story = Story::with(&[
        REQUIRED,
        ("approval.on_call_group", &finance),
        ("privileged.approvers_group", &unread),
    ])
    .await;
    story.finance_is(&FINANCE).await;
    assert!(!story.looks_around().await);
    story.is_led_by("ada.keller", Some("maria.costa")).await;
    story
        .finance_is(&[&FINANCE[..], &["sven.aas"]].concat())
        .await;
    let path = format!("/groups/{}", unread.trim_matches('"'));
    story
        .fault(json!({ "path": path, "kind": "status", "status": 403 }))
        .await;
    story.advance(5 * HOUR).await;
    assert!(story.looks_around().await, "it has not seen everything");
    story.graph_is_back().await;
    story.advance(73 * HOUR).await;
    assert!(story.is_settled("ada.keller").await);
    assert_eq!(asked(&story).await.len(), 4);
}

/// Somebody is put out of the group, which is seen, and into it again.
async fn comes_back(story: &Story, alias: &str) {
    let others: Vec<_> = FINANCE
        .into_iter()
        .filter(|other| *other != alias)
        .collect();
    story.finance_is(&others).await;
    story.advance(5 * HOUR).await;
    assert!(!story.looks_around().await);
    story.finance_is(&FINANCE).await;
}

#[tokio::test]
async fn whoever_was_put_out_of_the_group_in_between_approved_nothing() {
    let finance = group("Finance").await;
    let story = Story::with(&[
        ("approval.on_call_group", &finance),
        ("recovery.approval_hours", "24"),
        ("recovery.cool_off_minutes", "360"),
    ])
    .await;
    story.finance_is(&FINANCE).await;
    let (diego, mei) = (story.locked_out("diego.ramos"), story.manager("mei.tanaka"));
    diego.waits().await;
    mei.opens_mail().await;
    comes_back(&story, "mei.tanaka").await;
    mei.approves(&diego.contact_code().await).await;
    assert_eq!(diego.state().await, StateName::AwaitingApproval);
    let log = story.audit(diego.request().await.facts.id).await;
    let refused = |event: &Event| {
        matches!(
            event,
            Event::DecisionRefused {
                reason: Refusal::ApproverLostRole,
                ..
            }
        )
    };
    assert!(log.iter().any(|row| refused(&row.event)));

    diego.browser.post("/withdraw", &[]).await;
    let again = story.locked_out("diego.ramos");
    again.waits().await;
    let priya = story.manager("priya.raman");
    priya.opens_mail().await;
    let page = priya.approves(&again.contact_code().await).await;
    page.shows(200, "You have approved the request");
    story.run_jobs().await;
    comes_back(&story, "priya.raman").await;
    story.advance(HOUR).await;
    story.run_timers().await;
    assert_eq!(again.state().await, StateName::Ready);
    assert!(again.claims().await.pass().is_none());
    let State::Ended(Ended::Aborted { cause, .. }) = again.request().await.state else {
        panic!("an approval by somebody who was put out counts");
    };
    assert_eq!(cause, AbortCause::GuardChanged(Refusal::ApproverLostRole));
}

#[tokio::test]
async fn a_group_that_anybody_could_join_decides_about_nobody_privileged() {
    let finance = group("Finance").await;
    let story = Story::with(&[
        REQUIRED,
        ("privileged.approvers_group", &finance),
        ("privileged.cool_off_minutes", "0"),
    ])
    .await;
    let tara = story.locked_out("tara.singh");
    tara.asks().await.proves().await;
    for _ in 0..2 {
        let page = tara.browser.post("/submit", &[]).await;
        page.shows(422, "We found nobody who may approve this request.");
    }
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(alerts[0].contains("nobody decides about privileged people"));
    let group = finance.trim_matches('"').to_owned();
    let events = story.records().await.installation_events().await.unwrap();
    assert_eq!(
        events,
        [InstallationEvent::ApproversGroupUnguarded { group }]
    );

    // Nor when it is found out later: when they approve, and when the pass is made.
    story.guards_group("Finance", true).await;
    tara.submits().await;
    let mei = reviews(&story, "mei.tanaka").await;
    story.guards_group("Finance", false).await;
    mei.approves(&tara.contact_code().await).await;
    story.guards_group("Finance", true).await;
    let awaiting = tara.request().await.state;
    assert!(
        matches!(&awaiting, State::AwaitingApproval(awaiting) if awaiting.approvals.is_empty()),
        "{awaiting:?}"
    );
    for alias in ["mei.tanaka", "priya.raman"] {
        let approver = reviews(&story, alias).await;
        approver.approves(&tara.contact_code().await).await;
    }
    story.run_jobs().await;
    story.run_timers().await;
    assert_eq!(tara.state().await, StateName::Ready);
    story.guards_group("Finance", false).await;
    assert!(tara.claims().await.pass().is_none());
    assert_eq!(tara.state().await, StateName::Aborted);
}
