//! The manager's review, and links that are wrong, old or used.

use std::time::Duration;

use domain::{Deed, DenialReason, Ended, Refusal, State, StateName};
use reqwest::Method;

use crate::{
    harness::{ADMINS, Story},
    people::wrong,
};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_wrong_contact_code_costs_a_try_and_the_third_ends_the_request() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await.shows(200, "3 tries");
    let right = ada.contact_code().await;
    let code = wrong(&right);
    let page = daniel.approves(&code).await;
    page.shows(422, "That is not the code they see now")
        .shows(422, "2 tries");
    assert!(page.body.contains("checked"), "the attestation is kept");
    assert_eq!(ada.state().await, StateName::AwaitingApproval);

    daniel
        .approves(&code)
        .await
        .shows(422, "This is the last try");
    daniel
        .approves(&code)
        .await
        .shows(200, "The code was wrong three times");
    ada.status().await.shows(200, "Your request was declined");
    assert!(matches!(
        ada.request().await.state,
        State::Ended(Ended::Denied {
            reason: DenialReason::ContactCodeTriesUsedUp,
            ..
        })
    ));
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].starts_with("Alert: wrong contact code three times (Ada Keller, LK-"));

    // The right one comes too late.
    daniel
        .approves(&right)
        .await
        .shows(409, "The code was wrong three times");
}

#[tokio::test]
async fn one_wrong_contact_code_and_then_the_right_one() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let code = ada.contact_code().await;
    daniel.approves(&wrong(&code)).await;
    daniel
        .approves(&code)
        .await
        .shows(200, "You have approved the request");
}

#[tokio::test]
async fn answers_that_are_incomplete_cost_no_try() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let code = ada.contact_code().await;
    let (without, short) = (wrong(&code), &code[..5]);
    let attest = "Confirm that you spoke with the person, or decline the request";
    let digits = "Check the number of digits: the code is longer or shorter than that";
    for (form, sentence) in [
        (&[("code", code.as_str())][..], attest),
        (&[("code", &without), ("attested", "no")], attest),
        (&[("attested", "phone")], "Enter the code"),
        (&[("code", short), ("attested", "phone")], digits),
        (&[("code", "abcdef"), ("attested", "phone")], digits),
        (&[], "Enter the code"),
    ] {
        let page = daniel.browser.post("/approve", form).await;
        page.shows(422, sentence).shows(422, "3 tries");
    }
    daniel
        .approves(&code)
        .await
        .shows(200, "You have approved the request");
}

#[tokio::test]
async fn a_contact_code_lives_for_its_window_and_the_next() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let code = ada.contact_code().await;
    story.advance(Duration::from_mins(10)).await;
    assert_ne!(ada.contact_code().await, code);
    daniel
        .approves(&code)
        .await
        .shows(422, "That is not the code they see now");
    let code = ada.contact_code().await;
    story.advance(Duration::from_mins(5)).await;
    daniel
        .approves(&code)
        .await
        .shows(200, "You have approved the request");
}

#[tokio::test]
async fn a_link_tells_what_became_of_the_request() {
    let story = Story::begin().await;
    for (alias, end) in [
        ("ada.keller", "approve"),
        ("bo.nilsson", "deny"),
        ("chidi.eze", "report"),
        ("dana.petrova", "withdraw"),
        ("elif.yilmaz", "expire"),
    ] {
        let person = story.locked_out(alias);
        person.waits().await;
        let manager = story.manager(if end == "expire" {
            "lena.fischer"
        } else {
            "daniel.okafor"
        });
        manager.opens_mail().await.shows(200, "ask you for help?");
        let sentence = match end {
            "approve" => {
                manager.approves(&person.contact_code().await).await;
                "You have approved the request"
            }
            "deny" => {
                manager.denies().await.shows(200, "The request is declined");
                "The request is declined"
            }
            "report" => {
                manager
                    .reports()
                    .await
                    .shows(200, "Thank you for reporting this");
                "Thank you for reporting this"
            }
            "withdraw" => {
                let page = person.browser.post("/withdraw", &[]).await;
                page.shows(200, "You withdrew your request");
                "The request was withdrawn"
            }
            _ => {
                story.advance(4 * HOUR).await;
                story.run_timers().await;
                "The time to answer is over"
            }
        };
        // The link is opened again, and what it led to is tried again.
        story
            .manager("daniel.okafor")
            .browser
            .get("/approve")
            .await
            .shows(410, "This link no longer works");
        manager.opens_mail().await.shows(200, sentence);
        let before = person.request().await;
        manager.approves("123456").await.shows(409, sentence);
        assert_eq!(person.request().await, before, "{end}");
        let decided = Refusal::WrongState(before.state_name());
        assert_eq!(
            story.refusals(&person).await,
            [(Deed::Approve, decided)],
            "{end}"
        );
        if end != "approve" {
            manager.denies().await.shows(200, sentence);
            assert_eq!(person.request().await, before, "{end}");
            let last = story.refusals(&person).await.pop();
            assert_eq!(last, Some((Deed::Decline, decided)), "{end}");
            // Nothing is left to stop, but somebody should look.
            manager
                .reports()
                .await
                .shows(200, "Thank you for reporting this");
            assert_eq!(person.request().await.state, before.state, "{end}");
        }
    }
}

#[tokio::test]
async fn an_approver_can_still_say_no_to_what_they_approved() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.denies().await.shows(200, "The request is declined");
    ada.claims().await.shows(409, "Your request was declined");
    assert!(story.passes("ada.keller").await.is_empty());
    assert!(story.methods("ada.keller").await.len() > 1);
}

#[tokio::test]
async fn links_that_are_none_lead_nowhere() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let manager = story.manager("daniel.okafor").link().await;
    let owner = ada.not_me_link().await;
    let swapped = manager.replace("/approve/", "/not-me/");
    let swapped_back = owner.replace("/not-me/", "/approve/");
    let cut = &manager[..manager.len() - 1];
    let browser = story.browser();
    for path in [
        "/approve/x",
        "/approve/%20",
        "/not-me/x",
        &format!("/approve/{}", "A".repeat(43)),
        &format!("/approve/{}", "A".repeat(5000)),
        &swapped,
        &swapped_back,
        cut,
        "/approve",
        "/not-me",
    ] {
        let page = browser.get(path).await;
        page.shows(410, "This link no longer works");
        assert!(browser.cookie("latchkey-review").is_none(), "{path}");
        assert!(browser.cookie("latchkey-owner").is_none(), "{path}");
    }
    for path in ["/approve", "/approve/deny", "/approve/report", "/not-me"] {
        browser
            .post(path, &[])
            .await
            .shows(410, "This link no longer works");
    }
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
}

#[tokio::test]
async fn looking_at_a_link_changes_nothing() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let before = ada.request().await;
    let links = [
        story.manager("daniel.okafor").link().await,
        ada.not_me_link().await,
    ];
    for link in &links {
        for method in [Method::GET, Method::HEAD] {
            let scanner = story.browser();
            let page = scanner.visit(method, link).await;
            assert_eq!(page.status, 303);
            let next = page.header("location");
            assert!(!next.contains(link.rsplit('/').next().unwrap()), "{next}");
            scanner.get(next).await;
        }
    }
    assert_eq!(ada.request().await, before);
}

#[tokio::test]
async fn the_owner_stops_a_request() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    ada.disowns().await.shows(200, "Thank you for telling us");
    assert_eq!(ada.state().await, StateName::Reported);
    ada.status().await.shows(200, "This request was reported");
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert!(
        alerts[0].starts_with("Alert: reported by the owner"),
        "{alerts:?}"
    );
    // Saying it twice is saying it once.
    ada.disowns().await.shows(200, "Thank you for telling us");
    story.run_jobs().await;
    assert_eq!(story.subjects(ADMINS).await.len(), 1);
}

#[tokio::test]
async fn not_me_after_an_end_still_guards_the_account() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    ada.browser.post("/withdraw", &[]).await;
    ada.disowns().await.shows(200, "Thank you for telling us");
    assert_eq!(ada.state().await, StateName::Withdrawn);
    story.run_jobs().await;
    assert_eq!(story.subjects(ADMINS).await.len(), 1);
    let again = story.locked_out("ada.keller");
    again.asks().await.proves().await;
    again
        .browser
        .post("/submit", &[])
        .await
        .shows(422, "was not made by its owner");
}

#[tokio::test]
async fn a_pass_can_be_repudiated_after_its_request_has_lapsed() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await.shows(200, "Your pass");
    story.advance(2 * HOUR).await;
    story.watch().await;
    assert_eq!(ada.state().await, StateName::Lapsed);
    story.run_jobs().await;
    assert!(story.live_passes("ada.keller").await.is_empty());
    let revoked = story.calls("POST", "/revokeSignInSessions").await.len();
    ada.disowns()
        .await
        .shows(200, "A pass had already been given out");
    assert_eq!(ada.state().await, StateName::Repudiated);
    story.run_jobs().await;
    assert_eq!(
        story.calls("POST", "/revokeSignInSessions").await.len(),
        revoked + 2
    );
}

#[tokio::test]
async fn the_owner_repudiates_what_came_of_a_request() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await.shows(200, "Your pass");
    story.run_jobs().await;
    story.registers("ada.keller").await;
    story.watch().await;
    story.run_jobs().await;
    ada.disowns()
        .await
        .shows(200, "A pass had already been given out");
    story.run_jobs().await;
    assert_eq!(ada.state().await, StateName::Repudiated);
    assert_eq!(
        story.methods("ada.keller").await,
        ["passwordAuthenticationMethod"]
    );
    assert!(story.live_passes("ada.keller").await.is_empty());
    // Once by the recovery; then at once, and again when the added methods were gone.
    assert_eq!(story.calls("POST", "/revokeSignInSessions").await.len(), 3);
    let alerts = story.subjects(ADMINS).await;
    assert!(
        alerts
            .iter()
            .any(|alert| alert.starts_with("Alert: a recovery is undone")),
        "{alerts:?}"
    );
}

#[tokio::test]
async fn a_link_ends_after_its_time() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let (manager, owner) = (
        story.manager("daniel.okafor").link().await,
        ada.not_me_link().await,
    );
    story.advance(24 * 10 * HOUR).await;
    for link in [manager, owner] {
        story
            .browser()
            .get(&link)
            .await
            .shows(410, "This link no longer works");
    }
}

#[tokio::test]
async fn an_approvers_late_report_does_not_stand_in_for_the_owners() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let manager = story.manager("daniel.okafor");
    manager.opens_mail().await;
    ada.claims().await.shows(200, "Your pass");
    manager
        .reports()
        .await
        .shows(200, "A pass had been given out before");
    assert_eq!(ada.state().await, StateName::Disclosed);
    story.run_jobs().await;
    let owner = story.browser();
    owner
        .get(&ada.not_me_link().await)
        .await
        .shows(200, "Did you ask to recover your account?");
    ada.disowns()
        .await
        .shows(200, "A pass had already been given out");
    assert_eq!(ada.state().await, StateName::Repudiated);
}

#[tokio::test]
async fn undoing_one_recovery_leaves_the_next_one_alone() {
    let story = Story::begin().await;
    let thief = story.locked_out("ada.keller");
    thief.is_approved_by("daniel.okafor").await;
    thief.claims().await.shows(200, "Your pass");
    story.advance(2 * HOUR).await;
    story.watch().await;
    story.run_jobs().await;
    assert_eq!(thief.state().await, StateName::Lapsed);
    let link = thief.not_me_link().await;

    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await.shows(200, "Your pass");
    story.registers("ada.keller").await;
    story.watch().await;
    assert_eq!(ada.state().await, StateName::Completed);
    let methods = story.methods("ada.keller").await;

    let owner = story.browser();
    owner.get(&link).await;
    owner
        .post("/not-me", &[])
        .await
        .shows(200, "A pass had already been given out");
    story.run_jobs().await;
    assert_eq!(thief.state().await, StateName::Repudiated);
    assert_eq!(story.methods("ada.keller").await, methods);
}
