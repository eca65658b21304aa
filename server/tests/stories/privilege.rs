//! Somebody becomes privileged after they asked: at whatever point, nobody gets a pass.

use std::time::Duration;

use domain::{AbortCause, Ended, Event, Refusal, State, StateName};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    browser::Page,
    harness::{ADMINS, Story},
    people::{Person, work_address},
};

const ADA: &str = "ada.keller";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
/// A role-assignable group with a role, and one without yet.
const WITH_ROLE: &str = "Tier 0 administrators";
const WITHOUT_ROLE: &str = "Future administrators";
/// What an administrator can do about the account while its recovery goes on.
const FLIPS: [Flip; 5] = [
    Flip::Directly,
    Flip::ByNestedGroup,
    Flip::Eligible,
    Flip::Restricted,
    Flip::OwnerOfRoleGroup,
];

/// A way to become privileged.
#[derive(Clone, Copy, Debug)]
enum Flip {
    Directly,
    ByNestedGroup,
    Eligible,
    Restricted,
    OwnerOfRoleGroup,
}

impl Story {
    /// Gives a group other members or owners.
    pub async fn set_group(&self, name: &str, change: Value) -> Value {
        let path = format!("/groups/{}", name.replace(' ', "%20"));
        self.control(Method::PUT, &path, change).await
    }
}

async fn is_privileged_now(story: &Story, flip: Flip) {
    let role = json!([GLOBAL_ADMINISTRATOR]);
    match flip {
        Flip::Directly => story.change(ADA, json!({ "directoryRoles": role })).await,
        Flip::Eligible => story.change(ADA, json!({ "eligibleRoles": role })).await,
        Flip::Restricted => {
            story
                .change(ADA, json!({ "isManagementRestricted": true }))
                .await;
        }
        Flip::ByNestedGroup => {
            let members = json!({ "members": [work_address(ADA)] });
            let inner = story.set_group("Night shift", members).await;
            let outer = json!({ "members": [inner["id"]] });
            story.set_group(WITH_ROLE, outer).await;
        }
        Flip::OwnerOfRoleGroup => {
            let owners = json!({ "owners": [work_address(ADA)] });
            story.set_group(WITHOUT_ROLE, owners).await;
        }
    }
}

/// Nobody has seen a pass, there is none, and nothing is left on the account that was not there.
async fn nobody_has_a_pass(story: &Story, page: &Page) {
    assert_eq!(page.pass(), None);
    assert!(story.live_passes(ADA).await.is_empty());
    let seen = story.seen.lock().unwrap();
    assert!(seen.iter().all(|seen| !seen.body.contains("id=\"pass\"")));
}

/// The claim that has led to `page` was stopped because the subject is privileged.
async fn is_stopped(story: &Story, ada: &Person<'_>, page: &Page, what: &str) {
    let cause = AbortCause::GuardChanged(Refusal::SubjectIsPrivileged);
    is_stopped_by(story, ada, page, cause, what).await;
}

async fn is_stopped_by(
    story: &Story,
    ada: &Person<'_>,
    page: &Page,
    cause: AbortCause,
    what: &str,
) {
    page.shows(503, "We had to stop");
    nobody_has_a_pass(story, page).await;
    let request = ada.request().await;
    let State::Ended(Ended::Aborted { cause: kept, .. }) = &request.state else {
        panic!("{what}: {:?}", request.state_name());
    };
    assert_eq!(*kept, cause, "{what}");
    let log = story.audit(request.facts.id).await;
    let is_told =
        |event: &Event| matches!(event, Event::Aborted { cause: told, .. } if *told == cause);
    assert!(log.iter().any(|row| is_told(&row.event)), "{what}: {log:?}");
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert!(
        alerts[0].starts_with("Alert: stopped half-way"),
        "{what}: {alerts:?}"
    );
    ada.claims().await.shows(409, "We had to stop");
}

#[tokio::test]
async fn an_approval_of_somebody_privileged_is_refused() {
    for flip in FLIPS {
        for opened_before in [false, true] {
            let story = Story::begin().await;
            let ada = story.locked_out(ADA);
            ada.waits().await;
            let daniel = story.manager("daniel.okafor");
            if opened_before {
                daniel.opens_mail().await.shows(200, "ask you for help?");
            }
            is_privileged_now(&story, flip).await;
            if !opened_before {
                daniel.opens_mail().await;
            }
            let methods = story.methods(ADA).await;
            let page = daniel.approves(&ada.contact_code().await).await;
            page.shows(422, "This account cannot be recovered here");
            assert_eq!(ada.state().await, StateName::AwaitingApproval, "{flip:?}");
            let log = story.audit(ada.request().await.facts.id).await;
            let is_told = |event: &Event| {
                matches!(
                    event,
                    Event::DecisionRefused {
                        reason: Refusal::SubjectIsPrivileged,
                        ..
                    }
                )
            };
            assert!(
                log.iter().any(|row| is_told(&row.event)),
                "{flip:?}: {log:?}"
            );
            let page = ada.claims().await;
            page.shows(409, "Your request is waiting for approval");
            nobody_has_a_pass(&story, &page).await;
            assert_eq!(story.methods(ADA).await, methods);
        }
    }
}

#[tokio::test]
async fn a_delay_that_somebody_privileged_waits_for_leads_to_nothing() {
    for flip in FLIPS {
        let story = Story::with(&[("recovery.cool_off_minutes", "60")]).await;
        let ada = story.locked_out(ADA);
        ada.waits().await;
        let daniel = story.manager("daniel.okafor");
        daniel.opens_mail().await;
        let page = daniel.approves(&ada.contact_code().await).await;
        page.shows(200, "You have approved the request");
        story.run_jobs().await;
        assert_eq!(ada.state().await, StateName::CoolingOff);
        is_privileged_now(&story, flip).await;
        story.advance(Duration::from_hours(1)).await;
        story.run_timers().await;
        let methods = story.methods(ADA).await;
        let page = ada.claims().await;
        is_stopped(&story, &ada, &page, &format!("{flip:?}")).await;
        assert_eq!(story.methods(ADA).await, methods, "nothing was touched");
    }
}

#[tokio::test]
async fn a_claim_of_somebody_privileged_changes_nothing() {
    for flip in FLIPS {
        let story = Story::begin().await;
        let ada = story.locked_out(ADA);
        ada.is_approved_by("daniel.okafor").await;
        is_privileged_now(&story, flip).await;
        let methods = story.methods(ADA).await;
        let page = ada.claims().await;
        is_stopped(&story, &ada, &page, &format!("{flip:?}")).await;
        assert_eq!(story.methods(ADA).await, methods, "nothing was touched");
        assert!(
            story
                .calls("POST", "/revokeSignInSessions")
                .await
                .is_empty()
        );
        assert!(story.passes(ADA).await.is_empty());
    }
}

/// Somebody becomes privileged while Microsoft takes its time over a call of an attempt.
async fn flips_during(flip: Flip, (method, path): (&str, &str)) {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.is_approved_by("daniel.okafor").await;
    story.holds_call(method, path).await;
    let flips = async {
        story.faults_have_struck().await;
        is_privileged_now(&story, flip).await;
        story.held_call_goes_on().await;
    };
    let (page, ()) = tokio::join!(ada.claims(), flips);
    let what = format!("{flip:?} during {method} {path}");
    let cause = match (flip, method) {
        // Microsoft itself does not let us change an account under restricted management.
        (Flip::Restricted, "POST") => AbortCause::Permanent,
        _ => AbortCause::GuardChanged(Refusal::SubjectIsPrivileged),
    };
    is_stopped_by(&story, &ada, &page, cause, &what).await;
}

#[tokio::test]
async fn nobody_sees_a_pass_of_somebody_who_became_privileged_during_the_claim() {
    for call in [
        ("GET", "/transitiveMemberOf"),
        ("GET", "/policies/authenticationMethodsPolicy"),
        ("GET", "/authentication/methods"),
        ("POST", "/revokeSignInSessions"),
        ("DELETE", "/phoneMethods/"),
        ("POST", "/temporaryAccessPassMethods"),
    ] {
        flips_during(Flip::Directly, call).await;
    }
    for flip in FLIPS {
        flips_during(flip, ("POST", "/temporaryAccessPassMethods")).await;
    }
}
