//! An approver who may not answer any more: before they decide, and after it.

use std::time::Duration;

use domain::{AbortCause, Deed, Ended, Event, Refusal, State, StateName};
use serde_json::{Value, json};

use crate::{
    harness::{DOMAIN, Story},
    people::{Manager, Person, work_address},
};

const ADA: &str = "ada.keller";
const DANIEL: &str = "daniel.okafor";
const MARIA: &str = "maria.costa";
/// What becomes of the approver, and what the rules say of them then.
fn losses() -> [(Value, Refusal); 3] {
    [
        (
            json!({ "accountEnabled": false }),
            Refusal::ApproverIsDisabled,
        ),
        (json!({ "userType": "Guest" }), Refusal::ApproverIsGuest),
        (json!({ "below": ADA }), Refusal::ApproverIsBelowSubject),
    ]
}

/// Changes the approver as a loss says.
async fn is_lost(story: &Story, loss: &Value) {
    if loss.get("below").is_none() {
        return story.change(DANIEL, loss.clone()).await;
    }
    let ada = story.id_of(ADA).await.0;
    story.change(DANIEL, json!({ "managerId": ada })).await;
}

/// Asks for the pass, and is told that it was stopped.
async fn is_stopped(story: &Story, ada: &Person<'_>, refusal: Refusal) {
    let methods = story.methods(ADA).await;
    let page = ada.claims().await;
    page.shows(503, "We had to stop");
    assert_eq!(page.pass(), None);
    let request = ada.request().await;
    let State::Ended(Ended::Aborted { cause, .. }) = &request.state else {
        panic!("{refusal:?}: {:?}", request.state_name());
    };
    assert_eq!(*cause, AbortCause::GuardChanged(refusal));
    let log = story.audit(request.facts.id).await;
    let is_told =
        |event: &Event| matches!(event, Event::Aborted { cause: told, .. } if told == cause);
    assert!(log.iter().any(|row| is_told(&row.event)), "{log:?}");
    assert_eq!(story.methods(ADA).await, methods, "nothing was touched");
    assert!(story.passes(ADA).await.is_empty());
}

#[tokio::test]
async fn an_approver_who_is_lost_before_they_decide_is_refused() {
    for (loss, refusal) in losses() {
        let story = Story::begin().await;
        let ada = story.locked_out(ADA);
        ada.waits().await;
        let daniel = story.manager(DANIEL);
        daniel.opens_mail().await.shows(200, "ask you for help?");
        is_lost(&story, &loss).await;
        let page = daniel.approves(&ada.contact_code().await).await;
        assert!(page.status >= 400, "{refusal:?}: {}", page.text());
        assert_eq!(
            ada.state().await,
            StateName::AwaitingApproval,
            "{refusal:?}"
        );
        let log = story.audit(ada.request().await.facts.id).await;
        let is_told = |event: &Event| matches!(event, Event::DecisionRefused { reason, .. } if *reason == refusal);
        assert!(
            log.iter().any(|row| is_told(&row.event)),
            "{refusal:?}: {log:?}"
        );
    }
}

#[tokio::test]
async fn an_approver_who_is_lost_names_nobody_in_their_place() {
    for (loss, refusal) in losses() {
        let story = Story::begin().await;
        let ada = story.locked_out(ADA);
        ada.waits().await;
        let daniel = story.manager(DANIEL);
        daniel.opens_mail().await;
        is_lost(&story, &loss).await;
        // Of whom they name they learn nothing, whoever it is.
        for colleague in ["maria.costa", "emma.larsen"] {
            let named = work_address(colleague);
            let form = [("colleague", named.as_str())];
            let page = daniel.browser.post("/approve/hand-on", &form).await;
            if refusal == Refusal::ApproverIsDisabled {
                page.shows(403, "Your account is not active here");
            } else {
                page.shows(422, "You may not approve this request any more")
                    .shows(422, "Decline the request, or contact");
            }
        }
        let refused = (Deed::HandOn, refusal);
        assert_eq!(story.refusals(&ada).await, [refused]);
        let facts = ada.request().await.facts;
        assert!(facts.approvers.iter().all(|known| !known.stepped_aside));
    }
}

#[tokio::test]
async fn an_approval_does_not_outlive_its_approver() {
    for (loss, refusal) in losses() {
        let story = Story::begin().await;
        let ada = story.locked_out(ADA);
        ada.is_approved_by(DANIEL).await;
        is_lost(&story, &loss).await;
        is_stopped(&story, &ada, refusal).await;
    }
}

#[tokio::test]
async fn an_approval_does_not_outlive_its_approver_during_a_delay() {
    let story = Story::with(&[("recovery.cool_off_minutes", "60")]).await;
    let ada = story.locked_out(ADA);
    ada.waits().await;
    let daniel = story.manager(DANIEL);
    daniel.opens_mail().await;
    let page = daniel.approves(&ada.contact_code().await).await;
    page.shows(200, "You have approved the request");
    story.run_jobs().await;
    story
        .control(
            reqwest::Method::DELETE,
            &format!("/people/{DANIEL}@{DOMAIN}"),
            Value::Null,
        )
        .await;
    story.advance(Duration::from_hours(1)).await;
    story.run_timers().await;
    is_stopped(&story, &ada, Refusal::ApproverIsDisabled).await;
}

/// Daniel names Maria in his place, and she opens her mail.
async fn is_handed_on<'a>(story: &'a Story, ada: &Person<'_>) -> Manager<'a> {
    ada.waits().await;
    let daniel = story.manager(DANIEL);
    daniel.opens_mail().await.shows(200, "ask you for help?");
    let maria = work_address(MARIA);
    let named = [("colleague", maria.as_str())];
    let page = daniel.browser.post("/approve/hand-on", &named).await;
    page.shows(200, "You have named somebody else");
    story.run_jobs().await;
    let maria = story.manager(MARIA);
    maria.opens_mail().await.shows(200, "ask you for help?");
    maria
}

/// What becomes of the one who has named somebody: the rules' [`losses`], and that another is the manager.
async fn loses_role(story: &Story, loss: Option<&Value>) {
    match loss {
        Some(loss) => is_lost(story, loss).await,
        None => story.is_led_by(ADA, Some("lena.fischer")).await,
    }
}

#[tokio::test]
async fn whoever_was_named_falls_with_the_one_who_named_them() {
    let losses = losses().map(|(loss, _)| Some(loss));
    for loss in losses.iter().chain([&None]) {
        let story = Story::begin().await;
        let ada = story.locked_out(ADA);
        let maria = is_handed_on(&story, &ada).await;
        loses_role(&story, loss.as_ref()).await;
        maria.approves(&ada.contact_code().await).await;
        assert_eq!(ada.state().await, StateName::AwaitingApproval, "{loss:?}");
        assert_eq!(
            story.refusals(&ada).await,
            [(Deed::Approve, Refusal::ApproverLostRole)],
            "{loss:?}"
        );
    }
}

#[tokio::test]
async fn an_approval_falls_with_the_one_who_named_the_approver() {
    let losses = losses().map(|(loss, _)| Some(loss));
    for loss in losses.iter().chain([&None]) {
        let settings = [("recovery.risk_cool_off_minutes", "0")];
        let story = Story::with(&settings).await;
        let ada = story.locked_out(ADA);
        let maria = is_handed_on(&story, &ada).await;
        let page = maria.approves(&ada.contact_code().await).await;
        page.shows(200, "You have approved the request");
        story.run_jobs().await;
        story.run_timers().await;
        loses_role(&story, loss.as_ref()).await;
        is_stopped(&story, &ada, Refusal::ApproverLostRole).await;
    }
}
