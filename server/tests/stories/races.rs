//! Several people at the same moment.

use std::time::Duration;

use domain::{DenialReason, Ended, Event, ReportedBy, State, StateName};
use futures::future::join_all;
use serde_json::json;

use crate::{
    browser::Page,
    harness::{ADMINS, Story},
    people::{Person, wrong},
};

const ROUNDS: usize = 2;
/// Long enough for everybody to have read; with less, fewer meet.
const GATHERING: Duration = Duration::from_millis(400);

/// Lets everybody decide on the same state of things: nobody can write before all have read.
pub async fn at_once<T>(story: &Story, actions: impl Future<Output = T>) -> T {
    let lock = story.database().hold().await;
    let release = async {
        tokio::time::sleep(GATHERING).await;
        lock.let_go().await;
    };
    tokio::join!(actions, release).0
}

fn passes_in<'a>(pages: impl IntoIterator<Item = &'a Page>) -> Vec<String> {
    pages.into_iter().filter_map(Page::pass).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_claims_give_one_pass() {
    for _ in 0..ROUNDS {
        let story = Story::begin().await;
        let ada = story.locked_out("ada.keller");
        ada.is_approved_by("daniel.okafor").await;
        let pages = at_once(&story, join_all((0..3).map(|_| ada.claims()))).await;
        let shown = passes_in(&pages);
        assert_eq!(shown.len(), 1, "one browser is shown one pass");
        let others = pages.iter().filter(|page| page.pass().is_none());
        for page in others {
            page.shows(409, "The request changed while this page was open");
        }
        let live = story.live_passes("ada.keller").await;
        assert_eq!(live.len(), 1);
        assert_eq!(live[0]["value"], json!(shown[0]));
        assert_eq!(story.passes("ada.keller").await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_beats_a_yes() {
    for _ in 0..ROUNDS {
        let story = Story::begin().await;
        let ada = story.locked_out("ada.keller");
        ada.waits().await;
        let (yes, no) = (
            story.manager("daniel.okafor"),
            story.manager("daniel.okafor"),
        );
        yes.opens_mail().await;
        no.opens_mail().await;
        let code = ada.contact_code().await;
        at_once(&story, async {
            tokio::join!(yes.approves(&code), no.denies())
        })
        .await;
        let State::Ended(Ended::Denied { reason, .. }) = ada.request().await.state else {
            panic!("not denied: {:?}", ada.state().await);
        };
        assert!(matches!(reason, DenialReason::ByApprover { .. }));
        ada.claims().await.shows(409, "Your request was declined");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_guesses_at_once_are_three() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let guess = wrong(&ada.code().await);
    let form = [("code", guess.as_str())];
    let pages = at_once(
        &story,
        join_all((0..200).map(|_| ada.browser.post("/prove", &form))),
    )
    .await;
    let compared = pages
        .iter()
        .filter(|page| page.text().contains("That is not the code we sent last"));
    assert_eq!(compared.count(), 3);
    assert_eq!(failures(&story, &ada).await, 3);

    let bo = story.locked_out("bo.nilsson");
    bo.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let guess = wrong(&bo.contact_code().await);
    at_once(&story, join_all((0..6).map(|_| daniel.approves(&guess)))).await;
    let spent = story.audit(bo.request().await.facts.id).await;
    let spent = spent
        .iter()
        .filter(|row| matches!(row.event, Event::ContactCodeTrySpent { .. }));
    assert_eq!(spent.count(), 3);
    assert_eq!(bo.state().await, StateName::Denied);
    story.run_jobs().await;
    assert_eq!(story.subjects(ADMINS).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_guesses_at_two_codes_at_once_are_three() {
    let story = Story::with(&[
        ("proofs.accepted", "[\"email_code\", \"recovery_code\"]"),
        ("proofs.required", "2"),
    ])
    .await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let mailed = ada.code().await;
    let saved = domain::SavedCode::new([7; domain::SavedCode::BYTES]).grouped();
    // One of the two is right: that, too, is found out by nobody.
    let form = [("code", mailed.as_str()), ("saved_code", saved.as_str())];
    at_once(
        &story,
        join_all((0..200).map(|_| ada.browser.post("/prove", &form))),
    )
    .await;
    assert_eq!(failures(&story, &ada).await, 3);
    assert_eq!(ada.state().await, StateName::Proving);
}

/// How often a proof of this person's failed.
async fn failures(story: &Story, person: &Person<'_>) -> usize {
    let audit = story.audit(person.request().await.facts.id).await;
    let is_failure = |event: &Event| matches!(event, Event::ProofFailed { .. });
    audit.iter().filter(|row| is_failure(&row.event)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_requests_of_one_person_submitted_at_once_are_one() {
    for _ in 0..ROUNDS {
        let story = Story::begin().await;
        let (one, two) = (
            story.locked_out("ada.keller"),
            story.locked_out("ada.keller"),
        );
        one.asks().await.proves().await;
        two.asks().await.proves().await;
        let both = async {
            tokio::join!(
                one.browser.post("/submit", &[]),
                two.browser.post("/submit", &[])
            )
        };
        let (first, second) = at_once(&story, both).await;
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422]);
        let loser = if first.status == 422 { first } else { second };
        loser.shows(422, "There is already a request for this account.");
    }
}

#[tokio::test]
async fn a_report_while_the_pass_is_made_takes_it_away() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .holds_call("POST", "/temporaryAccessPassMethods")
        .await;
    let owner = async {
        story.faults_have_struck().await;
        assert_eq!(ada.state().await, StateName::Issuing);
        ada.disowns().await.shows(200, "Thank you for telling us");
        story.held_call_goes_on().await;
    };
    let (page, ()) = tokio::join!(ada.claims(), owner);
    page.shows(503, "This request was reported");
    assert!(matches!(
        ada.request().await.state,
        State::Ended(Ended::Reported {
            by: ReportedBy::Owner,
            ..
        })
    ));
    let made = story.passes("ada.keller").await;
    assert_eq!(made.len(), 1, "it was made, and nobody saw it");
    assert_eq!(made[0]["state"], "Removed");
    let value = made[0]["value"].as_str().unwrap();
    let seen = story.seen.lock().unwrap();
    assert!(seen.iter().all(|seen| !seen.body.contains(value)));
}

#[tokio::test]
async fn a_no_before_anything_is_touched_leaves_everything() {
    for (path, end) in [
        ("/policies/authenticationMethodsPolicy", StateName::Denied),
        ("/transitiveMemberOf", StateName::Reported),
    ] {
        let story = Story::begin().await;
        let ada = story.locked_out("ada.keller");
        ada.is_approved_by("daniel.okafor").await;
        let methods = story.methods("ada.keller").await;
        let daniel = story.manager("daniel.okafor");
        daniel.opens_mail().await;
        story.holds_call("GET", path).await;
        let no = async {
            story.faults_have_struck().await;
            if end == StateName::Denied {
                daniel.denies().await;
            } else {
                ada.disowns().await;
            }
            story.held_call_goes_on().await;
        };
        let (page, ()) = tokio::join!(ada.claims(), no);
        assert!(page.pass().is_none());
        assert_eq!(ada.state().await, end);
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
async fn withdrawing_comes_too_late_once_the_pass_is_being_made() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .holds_call("POST", "/temporaryAccessPassMethods")
        .await;
    let withdrawal = async {
        story.faults_have_struck().await;
        let page = ada.browser.post("/withdraw", &[]).await;
        page.shows(409, "We are preparing your account");
        story.held_call_goes_on().await;
    };
    let (page, ()) = tokio::join!(ada.claims(), withdrawal);
    page.shows(200, "Your pass");
}
