//! The one place where an account is changed, and everything that can go wrong there.

use std::time::Duration;

use domain::{AbortCause, Ended, Event, Fault, Refusal, State, StateName};
use serde_json::json;

use crate::{
    harness::{ADMINS, Story},
    people::Person,
};

const SECOND: Duration = Duration::from_secs(1);

/// The attempt fails, nothing is shown, and the request is as approved as before.
pub async fn fails_for_now(person: &Person<'_>) {
    let page = person.claims().await;
    page.shows(503, "We could not make your pass this time.")
        .shows(503, "Approved: you can get your pass");
    assert!(page.pass().is_none());
    assert_eq!(person.state().await, StateName::Ready);
}

async fn aborts(story: &Story, person: &Person<'_>, cause: AbortCause) {
    let page = person.claims().await;
    page.shows(503, "We had to stop");
    assert!(page.pass().is_none());
    let State::Ended(Ended::Aborted { cause: kept, .. }) = person.request().await.state else {
        panic!("not aborted");
    };
    assert_eq!(kept, cause);
    story.run_jobs().await;
    assert!(story.subjects(ADMINS).await[0].starts_with("Alert: stopped half-way"));
    person.claims().await.shows(409, "We had to stop");
}

/// Exactly one pass is live, and it is the one that `page` shows.
pub async fn one_pass(story: &Story, alias: &str, shown: Option<String>) {
    let live = story.live_passes(alias).await;
    assert_eq!(live.len(), 1);
    assert_eq!(live[0]["value"], json!(shown.expect("a pass is shown")));
}

#[tokio::test]
async fn each_call_may_fail_once_and_the_next_attempt_succeeds() {
    for (method, path) in [
        ("GET", "/users/"),
        ("GET", "/transitiveMemberOf"),
        ("GET", "/roleManagement"),
        ("GET", "/policies/authenticationMethodsPolicy"),
        ("GET", "/authentication/methods"),
        ("POST", "/revokeSignInSessions"),
        ("DELETE", "/softwareOathMethods/"),
        ("DELETE", "/microsoftAuthenticatorMethods/"),
        ("DELETE", "/phoneMethods/"),
        ("POST", "/temporaryAccessPassMethods"),
    ] {
        let story = Story::begin().await;
        let ada = story.locked_out("ada.keller");
        ada.is_approved_by("daniel.okafor").await;
        story.graph_is_down(Some(method), path).await;
        fails_for_now(&ada).await;
        assert!(
            story.live_passes("ada.keller").await.is_empty(),
            "{method} {path}"
        );

        // At once is too early.
        story.graph_is_back().await;
        ada.claims().await.shows(409, "Try again after");
        story.advance(5 * SECOND).await;
        let page = ada.claims().await;
        page.shows(200, "Your pass");
        one_pass(&story, "ada.keller", page.pass()).await;
        assert_eq!(
            story.methods("ada.keller").await.len(),
            1,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_call_that_hangs_is_given_up() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .fault(json!({ "method": "POST", "path": "/revokeSignInSessions", "kind": "hang", "times": 1 }))
        .await;
    fails_for_now(&ada).await;
    story.advance(5 * SECOND).await;
    let page = ada.claims().await;
    one_pass(&story, "ada.keller", page.pass()).await;
}

#[tokio::test]
async fn no_pass_is_made_when_too_little_time_is_left_to_judge_it_afterwards() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story.holds_call("POST", "/revokeSignInSessions").await;
    let slow = async {
        story.faults_have_struck().await;
        story.advance(36 * SECOND).await;
        story.held_call_goes_on().await;
    };
    tokio::join!(fails_for_now(&ada), slow);
    let made = story.calls("POST", "/temporaryAccessPassMethods").await;
    assert!(made.is_empty(), "24 of 60 seconds were left: {made:?}");
}

#[tokio::test]
async fn a_request_to_wait_is_honoured() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .fault(json!({ "method": "POST", "path": "/temporaryAccessPassMethods", "kind": "status", "status": 429, "retryAfter": "120", "times": 1 }))
        .await;
    fails_for_now(&ada).await;
    story.advance(110 * SECOND).await;
    ada.claims().await.shows(409, "Try again after");
    story.advance(10 * SECOND).await;
    let page = ada.claims().await;
    one_pass(&story, "ada.keller", page.pass()).await;
}

#[tokio::test]
async fn a_pass_that_was_made_without_an_answer_is_replaced() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .fault(json!({ "method": "POST", "path": "/temporaryAccessPassMethods", "kind": "drop-after-write", "times": 1 }))
        .await;
    fails_for_now(&ada).await;
    let unknown = story.live_passes("ada.keller").await;
    assert_eq!(unknown.len(), 1, "nobody knows this one");

    story.advance(5 * SECOND).await;
    let page = ada.claims().await;
    page.shows(200, "Your pass");
    one_pass(&story, "ada.keller", page.pass()).await;
    assert_ne!(json!(page.pass()), unknown[0]["value"]);
}

#[tokio::test]
async fn a_pass_that_nobody_claims_again_is_removed() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .fault(json!({ "method": "POST", "path": "/temporaryAccessPassMethods", "kind": "drop-after-write", "times": 1 }))
        .await;
    fails_for_now(&ada).await;
    ada.browser
        .post("/withdraw", &[])
        .await
        .shows(200, "You withdrew your request");
    story.advance(60 * SECOND).await;
    story.run_jobs().await;
    assert!(story.live_passes("ada.keller").await.is_empty());
    let alerts = story.subjects(ADMINS).await;
    assert!(
        alerts[0].starts_with("Alert: ended after an attempt"),
        "{alerts:?}"
    );
}

#[tokio::test]
async fn three_failed_attempts_are_the_end() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .graph_is_down(Some("POST"), "/temporaryAccessPassMethods")
        .await;
    for attempts_left in ["2 attempts are left", "This is the last attempt"] {
        fails_for_now(&ada).await;
        ada.status().await.shows(200, attempts_left);
        story.advance(5 * SECOND).await;
    }
    aborts(&story, &ada, AbortCause::AttemptsUsedUp).await;
}

#[tokio::test]
async fn a_method_of_an_unknown_type_stops_everything_untouched() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let methods = story.methods("ada.keller").await;
    story
        .fault(json!({ "path": "/authentication/methods", "kind": "unknown-method" }))
        .await;
    aborts(&story, &ada, AbortCause::MethodSurvived).await;
    assert_eq!(story.methods("ada.keller").await, methods);
    assert!(
        story
            .calls("POST", "/revokeSignInSessions")
            .await
            .is_empty()
    );
    assert!(story.passes("ada.keller").await.is_empty());
}

#[tokio::test]
async fn a_method_that_cannot_be_removed_stops_the_pass() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .fault(json!({ "method": "DELETE", "path": "/phoneMethods/", "kind": "status", "status": 400 }))
        .await;
    aborts(&story, &ada, AbortCause::MethodSurvived).await;
    assert!(story.passes("ada.keller").await.is_empty());
    assert!(
        story
            .methods("ada.keller")
            .await
            .contains(&"phoneAuthenticationMethod".to_owned())
    );
}

#[tokio::test]
async fn the_default_method_goes_last_in_both_wordings() {
    for wording in ["configured", "matches"] {
        for alias in ["ada.keller", "chidi.eze", "dana.petrova"] {
            let story = Story::begin().await;
            story
                .control(
                    reqwest::Method::PATCH,
                    "/tenant",
                    json!({ "defaultMethodWording": wording }),
                )
                .await;
            let person = story.locked_out(alias);
            person.is_approved_by("daniel.okafor").await;
            let page = person.claims().await;
            page.shows(200, "Your pass");
            assert_eq!(
                story.methods(alias).await,
                ["passwordAuthenticationMethod"],
                "{alias}, {wording}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_that_is_late_is_waited_for() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .fault(
            json!({ "path": "/authentication/", "kind": "stale-list", "seconds": 1, "times": 3 }),
        )
        .await;
    let before = story.calls("GET", "/authentication/methods").await.len();
    let page = ada.claims().await;
    page.shows(200, "Your pass");
    let lists = story.calls("GET", "/authentication/methods").await.len() - before;
    assert!(
        lists >= 3,
        "once for the plan, and until the list was right: {lists}"
    );
    one_pass(&story, "ada.keller", page.pass()).await;
}

#[tokio::test]
async fn what_changed_since_the_approval_is_seen() {
    for (change, refusal) in [
        (
            json!({ "accountEnabled": false }),
            Refusal::SubjectIsDisabled,
        ),
        (json!({ "userType": "Guest" }), Refusal::SubjectIsGuest),
        (
            json!({ "isManagementRestricted": true }),
            Refusal::SubjectIsPrivileged,
        ),
        (
            json!({ "directoryRoles": ["62e90394-69f5-4237-9190-012177145e10"] }),
            Refusal::SubjectIsPrivileged,
        ),
    ] {
        let story = Story::begin().await;
        let ada = story.locked_out("ada.keller");
        ada.is_approved_by("daniel.okafor").await;
        let methods = story.methods("ada.keller").await;
        story.change("ada.keller", change).await;
        aborts(&story, &ada, AbortCause::GuardChanged(refusal)).await;
        assert_eq!(story.methods("ada.keller").await, methods);
        assert!(
            story
                .calls("POST", "/revokeSignInSessions")
                .await
                .is_empty()
        );
        assert!(story.passes("ada.keller").await.is_empty());
    }
}

#[tokio::test]
async fn a_policy_switched_off_stops_before_anything_is_touched() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let methods = story.methods("ada.keller").await;
    story.pass_policy(json!({ "state": "disabled" })).await;
    aborts(
        &story,
        &ada,
        AbortCause::GuardChanged(Refusal::PassNotUsable),
    )
    .await;
    assert_eq!(story.methods("ada.keller").await, methods);
}

#[tokio::test]
async fn what_only_the_portal_removes_leaves_the_rest() {
    let story = Story::with(&[("recovery.methods", "\"portal\"")]).await;
    let elif = story.locked_out("elif.yilmaz");
    elif.is_approved_by("lena.fischer").await;
    elif.claims().await.shows(200, "Your pass");
    assert_eq!(
        story.methods("elif.yilmaz").await,
        [
            "passwordAuthenticationMethod",
            "windowsHelloForBusinessAuthenticationMethod",
            "platformCredentialAuthenticationMethod",
        ]
    );
    // What stayed is not taken for something new.
    assert_eq!(story.watch().await, 0);
    assert_eq!(elif.state().await, StateName::Disclosed);
}

#[tokio::test]
async fn an_attempt_that_outlives_its_lease_shows_nothing() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .holds_call("POST", "/temporaryAccessPassMethods")
        .await;
    let late = async {
        story.faults_have_struck().await;
        story.advance(60 * SECOND).await;
        story.held_call_goes_on().await;
    };
    let (page, ()) = tokio::join!(ada.claims(), late);
    page.shows(503, "We could not make your pass this time.");
    assert!(page.pass().is_none());
    assert_eq!(ada.state().await, StateName::Ready);
    assert!(story.live_passes("ada.keller").await.is_empty());
    let fault = story
        .audit(ada.request().await.facts.id)
        .await
        .into_iter()
        .find_map(|row| match row.event {
            Event::IssueFailed { fault, .. } => Some(fault),
            _ => None,
        });
    assert_eq!(fault, Some(Fault::LeaseRanOut));
    let page = ada.claims().await;
    one_pass(&story, "ada.keller", page.pass()).await;
}

#[tokio::test]
async fn what_a_failed_attempt_removed_is_on_record() {
    let story = Story::begin().await;
    let chidi = story.locked_out("chidi.eze");
    chidi.is_approved_by("daniel.okafor").await;
    let before = story.methods("chidi.eze").await.len();
    story
        .fault(json!({ "method": "DELETE", "path": "/microsoftAuthenticatorMethods", "kind": "status", "status": 503, "times": 3 }))
        .await;
    fails_for_now(&chidi).await;
    let after_first = chidi.request().await.facts.removals;
    assert!(
        !after_first.is_empty(),
        "some methods went before the fault"
    );
    story.advance(Duration::from_mins(1)).await;
    chidi.claims().await.shows(200, "Your pass");
    let facts = chidi.request().await.facts;
    assert_eq!(facts.removals.len(), before - 1, "all but the password");
    let log = story.audit(facts.id).await;
    let snapshots = log
        .iter()
        .filter(|row| matches!(row.event, Event::SnapshotTaken { .. }))
        .count();
    assert_eq!(snapshots, 2);
}
