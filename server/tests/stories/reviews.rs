//! The approver's page: what it says, and each way to answer.

use std::time::Duration;

use domain::{Attestation, Decline, Deed, DenialReason, Ended, Event, Refusal, State, StateName};
use serde_json::json;

use crate::{browser::Page, harness::Story, people::Person};

const REVIEW: &str = "Did Ada Keller ask you for help?";
const WHO: &str = "Who should decide instead of you?";
const MINUTE: Duration = Duration::from_mins(1);
/// The group of the example company whose members decide about privileged accounts.
const ADMINISTRATORS: &str = "10c6fc31-d1bc-4df8-9f09-b6288f116e5c";

impl Story {
    /// What the log says that approvers of this person's request meant to do, and why it was refused.
    pub async fn refusals(&self, person: &Person<'_>) -> Vec<(Deed, Refusal)> {
        let rows = self.audit(person.request().await.facts.id).await;
        let refused = rows.into_iter().filter_map(|row| match row.event {
            Event::DecisionRefused { deed, reason, .. } => Some((deed, reason)),
            _ => None,
        });
        refused.collect()
    }

    /// Ada waits for approval.
    async fn ada_waits(&self) -> Person<'_> {
        let ada = self.locked_out("ada.keller");
        ada.waits().await;
        ada
    }
}

/// What the log says was stated with the approval.
async fn stated(story: &Story, person: &Person<'_>) -> Option<Attestation> {
    let rows = story.audit(person.request().await.facts.id).await;
    rows.into_iter().find_map(|row| match row.event {
        Event::Approved { attestation, .. } => Some(attestation),
        _ => None,
    })
}

/// The value of the radio with this label.
fn value_of(page: &Page, label: &str) -> String {
    let (before, _) = page.body.split_once(label).unwrap();
    let (_, value) = before.rsplit_once(" value=\"").unwrap();
    value.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn the_page_says_why_they_are_asked_and_what_speaks_for_care() {
    let story = Story::with(&[("recovery.risk_cool_off_minutes", "60")]).await;
    let ada = story.ada_waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel
        .opens_mail()
        .await
        .shows(200, "You are asked because you are Ada’s manager.")
        .shows(200, "They passed one proof only")
        .shows(200, "After a safety delay of an hour Ada can replace");
    story.advance(61 * MINUTE).await;
    story.run_timers().await;
    story.run_jobs().await;
    story
        .manager("lena.fischer")
        .opens_mail()
        .await
        .shows(
            200,
            "You are asked because you are the manager of Ada’s manager.",
        )
        .shows(200, "Also asked Daniel Okafor, Ada’s manager");
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
}

#[tokio::test]
async fn how_they_spoke_is_kept() {
    for (said, attestation) in [
        ("phone", Attestation::Phone),
        ("video", Attestation::Video),
        ("in-person", Attestation::InPerson),
    ] {
        let story = Story::begin().await;
        let ada = story.ada_waits().await;
        let daniel = story.manager("daniel.okafor");
        daniel.opens_mail().await;
        let code = ada.contact_code().await;
        for nothing in ["", "yes", "mail"] {
            let form = [("code", code.as_str()), ("attested", nothing)];
            daniel
                .browser
                .post("/approve", &form)
                .await
                .shows(422, "Confirm that you spoke with the person");
        }
        let form = [("code", code.as_str()), ("attested", said)];
        daniel
            .browser
            .post("/approve", &form)
            .await
            .shows(200, "You have approved the request");
        assert_eq!(stated(&story, &ada).await, Some(attestation));
    }
}

#[tokio::test]
async fn a_decline_has_its_reason() {
    for (said, why) in [
        ("not-reached", Decline::NotReached),
        ("unsure", Decline::Unsure),
        ("not-needed", Decline::NotNeeded),
        ("other", Decline::Other),
    ] {
        let story = Story::begin().await;
        let ada = story.ada_waits().await;
        let daniel = story.manager("daniel.okafor");
        daniel.opens_mail().await;
        daniel
            .browser
            .get("/approve/deny")
            .await
            .shows(200, "Why do you decline?");
        for nothing in ["", "because"] {
            daniel
                .browser
                .post("/approve/deny", &[("why", nothing)])
                .await
                .shows(422, "Choose why you decline");
        }
        assert_eq!(ada.state().await, StateName::AwaitingApproval);
        daniel
            .browser
            .post("/approve/deny", &[("why", said)])
            .await
            .shows(200, "The request is declined");
        let State::Ended(Ended::Denied {
            reason: DenialReason::ByApprover { why: kept, .. },
            ..
        }) = ada.request().await.state
        else {
            panic!("it is declined");
        };
        assert_eq!(kept, why);
        daniel
            .browser
            .get("/approve/deny")
            .await
            .shows(200, "The request is declined");
    }
}

#[tokio::test]
async fn whoever_is_not_the_right_person_names_whose_turn_is_next() {
    let story = Story::begin().await;
    let ada = story.ada_waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let page = daniel.browser.get("/approve/hand-on").await;
    page.shows(200, WHO)
        .shows(200, "Lena Fischer, the manager of Ada’s manager");
    let lena = value_of(&page, "Lena Fischer, the manager");
    daniel
        .browser
        .post("/approve/hand-on", &[("to", &lena)])
        .await
        .shows(200, "You have named somebody else");
    // Their turn does not come a second time.
    let status = ada.status().await;
    status.shows(200, "We asked Lena F. , your manager’s manager");
    for step in ["we ask Lena F.", "remind Daniel O."] {
        assert!(!status.text().contains(step), "{}", status.text());
    }
    story.run_jobs().await;
    let successor = story.manager("lena.fischer");
    successor
        .opens_mail()
        .await
        .shows(200, REVIEW)
        .shows(200, "Daniel Okafor, Ada’s manager: named somebody else");

    // Whoever has stepped aside approves no more, and can still say no.
    let code = ada.contact_code().await;
    let page = daniel.approves(&code).await;
    page.shows(409, "You have named somebody else");
    let too_late = (Deed::Approve, Refusal::ApproverSteppedAside);
    assert_eq!(story.refusals(&ada).await, [too_late]);
    daniel
        .browser
        .get("/approve/hand-on")
        .await
        .shows(200, "You have named somebody else");
    successor
        .approves(&code)
        .await
        .shows(200, "You have approved the request");
    daniel.denies().await.shows(200, "The request is declined");
    assert_eq!(ada.state().await, StateName::Denied);
}

#[tokio::test]
async fn only_a_colleague_whom_the_rules_allow_is_asked_instead() {
    let story = Story::begin().await;
    let ada = story.ada_waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let someone = story.id_of("maria.costa").await.0;
    for (to, colleague, sentence) in [
        ("", "", "Choose somebody, or enter"),
        // The form offered nobody of that id.
        (someone.as_str(), "", "Choose somebody, or enter"),
        ("", "Maria", "We found no active colleague"),
        (
            "",
            "nobody@harbourfinch.example",
            "We found no active colleague",
        ),
        (
            "",
            "ada.keller@harbourfinch.example",
            "They may not decide about this person",
        ),
        (
            "",
            "emma.larsen@harbourfinch.example",
            "They may not decide about this person",
        ),
        (
            "",
            "ivo@partner.example",
            "They may not decide about this person",
        ),
        (
            "",
            "daniel.okafor@harbourfinch.example",
            "They were asked already",
        ),
    ] {
        let form = [("to", to), ("colleague", colleague)];
        let page = daniel.browser.post("/approve/hand-on", &form).await;
        page.shows(422, sentence).shows(422, WHO);
    }
    // What was typed and is nobody is no attempt on the rules.
    let refused = [
        Refusal::ApproverIsSubject,
        Refusal::ApproverIsDisabled,
        Refusal::ApproverIsGuest,
        Refusal::AlreadyDone,
    ];
    let refused = refused.map(|reason| (Deed::HandOn, reason));
    assert_eq!(story.refusals(&ada).await, refused);
    let named = [("colleague", "maria.costa@harbourfinch.example")];
    story.graph_is_down(Some("GET"), "/v1.0/users").await;
    daniel
        .browser
        .post("/approve/hand-on", &named)
        .await
        .shows(503, "Microsoft is not answering");
    story.graph_is_back().await;
    assert!(
        ada.request()
            .await
            .facts
            .approvers
            .iter()
            .all(|known| !known.stepped_aside)
    );

    daniel
        .browser
        .post("/approve/hand-on", &named)
        .await
        .shows(200, "You have named somebody else");
    story.run_jobs().await;
    story
        .manager("maria.costa")
        .opens_mail()
        .await
        .shows(200, "You are asked because Daniel Okafor named you.")
        .shows(200, "Whoever was asked first named somebody else");
}

#[tokio::test]
async fn the_page_says_that_a_recovery_would_stop() {
    let story = Story::begin().await;
    story.ada_waits().await;
    story
        .fault(json!({ "path": "/authentication/methods", "kind": "unknown-method" }))
        .await;
    let page = story.manager("daniel.okafor").opens_mail().await;
    page.shows(200, REVIEW)
        .shows(200, "If you approve The recovery would stop, because");
    assert!(!page.text().contains("This is removed"), "{}", page.text());
}

#[tokio::test]
async fn names_are_not_tried_one_after_the_other() {
    let story = Story::begin().await;
    story.ada_waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let named = [("colleague", "nobody@harbourfinch.example")];
    let mut statuses = Vec::new();
    for _ in 0..30 {
        let page = daniel.browser.post("/approve/hand-on", &named).await;
        statuses.push(page.status);
    }
    assert_eq!(statuses[0], 422);
    assert_eq!(statuses[29], 429);
}

#[tokio::test]
async fn whoever_is_not_the_manager_any_more_is_told_so() {
    let story = Story::begin().await;
    let ada = story.ada_waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let maria = story.id_of("maria.costa").await.0;
    story
        .changes("ada.keller", json!({ "managerId": maria }))
        .await;
    daniel
        .approves(&ada.contact_code().await)
        .await
        .shows(422, "You may not approve this request any more");
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
}

#[tokio::test]
async fn an_account_with_special_rights_takes_two() {
    let group = format!("\"{ADMINISTRATORS}\"");
    let story = Story::with(&[
        ("privileged.approvers_group", &group),
        ("approval.sign_in", "\"required\""),
    ])
    .await;
    let tara = story.locked_out("tara.singh");
    tara.waits().await;
    let code = tara.contact_code().await;
    assert_eq!(code.len(), 8);
    let first = story.browser();
    let tomas = story.manager("tomas.berg");
    first.get(&tomas.link().await).await;
    story
        .signs_in_to_review(&first, "tomas.berg")
        .await
        .shows(200, "This account has special rights. It takes 2 approvals")
        .shows(200, "ask for the code on their screen: 8 digits.")
        .shows(200, "you are one of those who decide about such accounts")
        .shows(200, "It then takes another approval.");
    // Nobody else has a say, so it is not handed on.
    let page = first.get("/approve").await;
    assert!(!page.text().contains("I’m not the right person"));
    let form = [("code", code.as_str()), ("attested", "phone")];
    first
        .post("/approve", &form)
        .await
        .shows(200, "Yours is the first of two approvals");
    assert_eq!(tara.state().await, StateName::AwaitingApproval);
    // One person does not approve twice.
    first
        .post("/approve", &form)
        .await
        .shows(409, "Yours is the first of two approvals");
    assert_eq!(tara.state().await, StateName::AwaitingApproval);

    let second = story.browser();
    let ingrid = story.manager("ingrid.solberg");
    second.get(&ingrid.link().await).await;
    story
        .signs_in_to_review(&second, "ingrid.solberg")
        .await
        .shows(200, "yours is the second of two.")
        .shows(
            200,
            "Tomas Berg, who decides about such accounts: has approved",
        )
        .shows(200, "After a safety delay of 24 hours");
    let code = tara.contact_code().await;
    let form = [("code", code.as_str()), ("attested", "video")];
    second
        .post("/approve", &form)
        .await
        .shows(200, "You have approved the request");
    assert_eq!(tara.state().await, StateName::CoolingOff);
}
