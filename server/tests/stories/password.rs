//! The proof `password`: who passes it, and which answers of the identity provider prove nothing.

use std::time::Duration;

use domain::{Event, ProofKind, RequestId, StateName};
use latchkey::{audit::InstallationEvent, auth::oidc::SignInRefusal, store::SignInKind};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::{
    browser::Page,
    harness::Story,
    people::{Person, link, private_address, text, work_address},
};

const MINUTE: Duration = Duration::from_mins(1);
/// A password alone would be refused at the start.
const ASKED: &[(&str, &str)] = &[
    ("proofs.accepted", "[\"email_code\", \"password\"]"),
    ("proofs.required", "2"),
];
const USED: &str = "Your password was used to ask for recovery of your Harbour & Finch account";
const ASKED_FOR: &str = "Somebody asked to recover your Harbour & Finch account";
const PASSED: &str = "Done";
const STALE: &str = "That sign-in is over";
const REFUSED: &str = "That sign-in does not count as a proof";

/// That a sign-in for this request was refused.
fn refused(id: RequestId, refusal: SignInRefusal) -> InstallationEvent {
    InstallationEvent::SignInRefused {
        kind: SignInKind::Password,
        request: Some(id),
        refusal,
    }
}

/// What is in the log about refused sign-ins.
async fn noted(story: &Story) -> Vec<InstallationEvent> {
    let mut events = story.records().await.installation_events().await.unwrap();
    events.retain(|event| matches!(event, InstallationEvent::SignInRefused { .. }));
    events
}

impl Person<'_> {
    /// Goes to prove that they know their password, and picks that account there. Gives the address that leads back.
    pub async fn comes_back_as(&self, story: &Story, account: &str) -> String {
        let sent = self.browser.submit("/prove/password", &[]).await;
        story.picks(&sent, account).await
    }

    /// As [`Self::comes_back_as`], and goes on to the next page.
    pub async fn signs_in_as(&self, story: &Story, alias: &str) -> Page {
        let way_back = self.comes_back_as(story, &work_address(alias)).await;
        self.browser.get(&way_back).await
    }

    /// How many times the proof was passed, and how many times it was not.
    async fn password_proofs(&self, story: &Story) -> (usize, usize) {
        let log = story.audit(self.request().await.facts.id).await;
        let count =
            |wanted: fn(&Event) -> bool| log.iter().filter(|row| wanted(&row.event)).count();
        let passed = count(
            |event| matches!(event, Event::ProofPassed { proof } if *proof == ProofKind::Password),
        );
        let failed = count(
            |event| matches!(event, Event::ProofFailed { proof } if *proof == ProofKind::Password),
        );
        (passed, failed)
    }
}

#[tokio::test]
async fn the_person_themselves_passes() {
    let story = Story::with(ASKED).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    ada.browser
        .get("/prove")
        .await
        .shows(200, "Sign in with your password");
    let before = ada.browser.cookie("latchkey-request");
    ada.signs_in_as(&story, "ada.keller")
        .await
        .shows(200, PASSED);
    assert_eq!(ada.password_proofs(&story).await, (1, 0));
    story.run_jobs().await;
    for address in [work_address("ada.keller"), private_address("ada.keller")] {
        let to_owner =
            |mail: &Value| (mail["subject"] == USED).then(|| link(&story, mail, "not-me"));
        assert!(story.newest(&address, to_owner).await.is_some());
    }
    assert_ne!(ada.browser.cookie("latchkey-request"), before);
    // Once is enough.
    let again = ada.browser.submit("/prove/password", &[]).await;
    assert_eq!((again.status, again.header("location")), (303, "/prove"));
    ada.proves().await.submits().await;
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
}

#[tokio::test]
async fn many_passwords_fill_no_mailbox_and_hide_no_request() {
    let story = Story::with(&[ASKED, &[("limits.mails_per_hour", "6")]].concat()).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let code = ada.code().await;
    for _ in 0..5 {
        let other = story.locked_out("ada.keller");
        other.asks().await;
        other.signs_in_as(&story, "ada.keller").await;
    }
    ada.signs_in_as(&story, "ada.keller").await;
    let page = ada.browser.post("/prove", &[("code", &code)]).await;
    page.shows(200, "Check before you ask");
    ada.submits().await;
    story.run_jobs().await;
    for address in [work_address("ada.keller"), private_address("ada.keller")] {
        let mails = story.mails(&address).await;
        let told: Vec<_> = mails
            .iter()
            .filter(|mail| mail["subject"] == USED)
            .collect();
        assert_eq!(told.len(), 3);
        let is_last = |mail: &&&Value| text(mail).contains("You have had several mails like this");
        assert_eq!(told.iter().filter(is_last).count(), 1);
        let asked = |mail: &&Value| mail["subject"] == ASKED_FOR;
        assert_eq!(mails.iter().filter(asked).count(), 1);
    }
}

#[tokio::test]
async fn whoever_else_signs_in_learns_nothing() {
    let story = Story::with(ASKED).await;
    let mut answers = Vec::new();
    for account in [
        work_address("ada.keller"),
        work_address("emma.larsen"),
        work_address("tara.singh"),
        "nobody@harbourfinch.example".to_owned(),
    ] {
        let person = story.somebody(&account, "");
        person.asks().await;
        let way_back = person
            .comes_back_as(&story, &work_address("bo.nilsson"))
            .await;
        let page = person.browser.visit(Method::GET, &way_back).await;
        page.shows(403, REFUSED);
        assert_eq!(person.password_proofs(&story).await, (0, 1), "{account}");
        assert_eq!(person.state().await, StateName::Proving);
        let names: Vec<_> = page.headers.keys().cloned().collect();
        answers.push((
            page.status,
            names,
            page.header("set-cookie").to_owned(),
            page.body,
        ));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    // They may try in another way, or as somebody else.
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    ada.signs_in_as(&story, "bo.nilsson")
        .await
        .shows(403, REFUSED);
    ada.signs_in_as(&story, "ada.keller")
        .await
        .shows(200, PASSED);
}

#[tokio::test]
async fn the_identity_provider_is_asked_for_a_fresh_sign_in_of_nobody_in_particular() {
    let story = Story::with(ASKED).await;
    let mut addresses = Vec::new();
    for account in [&work_address("ada.keller"), "nobody@harbourfinch.example"] {
        let person = story.somebody(account, "");
        person.asks().await;
        let sent = person.browser.submit("/prove/password", &[]).await;
        assert_eq!(sent.status, 303);
        let address = Url::parse(sent.header("location")).unwrap();
        let mut parameters: Vec<(String, String)> = address.query_pairs().into_owned().collect();
        for (name, wanted) in [("prompt", "login"), ("max_age", "0")] {
            assert!(parameters.contains(&(name.to_owned(), wanted.to_owned())));
        }
        for (name, value) in &mut parameters {
            if ["state", "nonce", "code_challenge"].contains(&name.as_str()) {
                assert_eq!(value.len(), 43);
                value.clear();
            }
            assert!(!value.contains('@'), "{name} names somebody");
        }
        addresses.push(parameters);
    }
    assert_eq!(addresses[0], addresses[1]);
}

#[tokio::test]
async fn tokens_that_are_not_right_prove_nothing() {
    let story = Story::with(ASKED).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let now = story.now().millis() / 1000;
    let another = "11111111-1111-1111-1111-111111111111";
    let forgeries = [
        json!({ "claims": { "iss": "https://login.example" } }),
        json!({ "claims": { "aud": another } }),
        json!({ "claims": { "nonce": "of another sign-in" } }),
        json!({ "claims": { "exp": now - 180 } }),
        json!({ "claims": { "tid": another } }),
        json!({ "claims": { "acct": 1 } }),
        json!({ "claims": { "oid": another } }),
        json!({ "claims": { "auth_time": now - 600 } }),
        json!({ "signature": "foreign-key" }),
    ];
    let mut failed = 0;
    for forgery in forgeries {
        story.forges(forgery.clone()).await;
        ada.signs_in_as(&story, "ada.keller")
            .await
            .shows(403, REFUSED);
        failed += 1;
        assert_eq!(ada.password_proofs(&story).await, (0, failed), "{forgery}");
    }
    // They cancel, and another identity provider answers.
    story.forges(json!({})).await;
    let way_back = ada.comes_back_as(&story, "").await;
    ada.browser.get(&way_back).await.shows(403, REFUSED);
    let way_back = ada.comes_back_as(&story, &work_address("ada.keller")).await;
    let mixed_up = format!("{way_back}&iss=https%3A%2F%2Flogin.example");
    ada.browser.get(&mixed_up).await.shows(403, REFUSED);
    assert_eq!(ada.password_proofs(&story).await, (0, failed + 2));
    let id = ada.request().await.facts.id;
    let reasons = [
        SignInRefusal::WrongIssuer,
        SignInRefusal::WrongAudience,
        SignInRefusal::WrongNonce,
        SignInRefusal::OutOfTime,
        SignInRefusal::OtherTenant,
        SignInRefusal::Guest,
        SignInRefusal::OtherPerson,
        SignInRefusal::NotFresh,
        SignInRefusal::WrongSignature,
        SignInRefusal::NotLetIn,
        SignInRefusal::WrongIssuer,
    ];
    let refused = reasons.map(|refusal| refused(id, refusal));
    assert_eq!(noted(&story).await, refused);
    ada.signs_in_as(&story, "ada.keller")
        .await
        .shows(200, PASSED);
}

#[tokio::test]
async fn an_answer_counts_once_in_time_and_in_its_own_browser() {
    let story = Story::with(ASKED).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let way_back = ada.comes_back_as(&story, &work_address("ada.keller")).await;

    // Somebody else's browser, with a request of its own for the same person.
    let thief = story.locked_out("ada.keller");
    thief.asks().await;
    thief
        .comes_back_as(&story, &work_address("bo.nilsson"))
        .await;
    for _ in 0..2 {
        thief.browser.get(&way_back).await.shows(410, STALE);
    }
    assert_eq!(thief.password_proofs(&story).await, (0, 0));
    assert_eq!(
        ada.password_proofs(&story).await,
        (0, 1),
        "it is in the log once"
    );

    // Late, and a second time.
    story.advance(10 * MINUTE).await;
    ada.browser.get(&way_back).await.shows(410, STALE);
    let way_back = ada.comes_back_as(&story, &work_address("ada.keller")).await;
    ada.browser.get(&way_back).await.shows(200, PASSED);
    // It adds nothing; the page is the one that the browser is at.
    ada.browser.get(&way_back).await.shows(200, PASSED);
    assert_eq!(ada.password_proofs(&story).await.0, 1);
}

#[tokio::test]
async fn a_browser_that_asks_anew_meanwhile_has_proven_nothing() {
    let story = Story::with(ASKED).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let first = ada.request().await.facts.id;
    let way_back = ada.comes_back_as(&story, &work_address("ada.keller")).await;
    ada.asks().await;
    ada.browser.get(&way_back).await.shows(410, STALE);
    assert_eq!(ada.password_proofs(&story).await, (0, 0));
    let log = story.audit(first).await;
    let failed = |event: &Event| matches!(event, Event::ProofFailed { .. });
    assert!(log.iter().any(|row| failed(&row.event)));
}

#[tokio::test]
async fn a_refused_sign_in_is_noted_beside_one_that_counted() {
    let story = Story::with(ASKED).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let first = ada.request().await.facts.id;
    let of_first = ada.comes_back_as(&story, &work_address("ada.keller")).await;
    ada.asks().await;
    let other_tab = ada.comes_back_as(&story, &work_address("ada.keller")).await;
    ada.signs_in_as(&story, "ada.keller")
        .await
        .shows(200, PASSED);
    // A tab that is too late for the same request is no attempt at anything.
    for _ in 0..2 {
        ada.browser.get(&other_tab).await.shows(200, PASSED);
    }
    assert_eq!(noted(&story).await, []);
    // An answer about another request is, and a made-up one leads nowhere.
    for _ in 0..2 {
        ada.browser.get(&of_first).await.shows(410, STALE);
        assert_eq!(noted(&story).await, [refused(first, SignInRefusal::Stale)]);
    }
    let made_up = "/prove/password/callback?state=x&code=x";
    ada.browser.get(made_up).await.shows(403, REFUSED);
    assert_eq!(ada.password_proofs(&story).await, (1, 0));
}

#[tokio::test]
async fn a_request_that_is_over_takes_no_proof() {
    let story = Story::with(ASKED).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let right = ada.comes_back_as(&story, &work_address("ada.keller")).await;
    ada.browser.post("/withdraw", &[]).await;
    ada.browser
        .get(&right)
        .await
        .shows(200, "You withdrew your request");
    assert_eq!(ada.password_proofs(&story).await, (0, 0));
    assert_eq!(
        story.refused_sign_ins().await,
        [(SignInKind::Password, SignInRefusal::RequestMovedOn)]
    );
    let begun = ada.browser.submit("/prove/password", &[]).await;
    assert_eq!((begun.status, begun.header("location")), (303, "/status"));
}

#[tokio::test]
async fn an_answer_for_one_purpose_serves_no_other() {
    let story = Story::with(ASKED).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let way_back = ada.comes_back_as(&story, &work_address("ada.keller")).await;
    let as_employee = way_back.replace("/prove/password/", "/sign-in/");
    ada.browser.get(&as_employee).await.shows(410, STALE);
    assert!(ada.browser.cookie("latchkey-employee").is_none());
    // It was not used up by that.
    ada.browser.get(&way_back).await.shows(200, PASSED);

    let daniel = story.locked_out("daniel.okafor");
    daniel.asks().await;
    let sent = daniel.browser.submit("/sign-in", &[("to", "codes")]).await;
    let way_back = story.picks(&sent, &work_address("daniel.okafor")).await;
    let as_proof = way_back.replace("/sign-in/", "/prove/password/");
    daniel.browser.get(&as_proof).await.shows(410, STALE);
    assert_eq!(daniel.password_proofs(&story).await, (0, 0));
}

#[tokio::test]
async fn what_is_not_configured_is_not_there() {
    let story = Story::closed(&[]).await;
    let path = story.configuration();
    let mut table: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
    for section in ["sign_in", "password"] {
        table.remove(section).unwrap();
    }
    std::fs::write(&path, table.to_string()).unwrap();
    story.opens().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    for (method, path) in [
        (Method::GET, "/sign-in"),
        (Method::POST, "/sign-in"),
        (Method::GET, "/sign-in/callback?state=x&code=x"),
        (Method::POST, "/sign-out"),
        (Method::POST, "/prove/password"),
        (Method::GET, "/prove/password/callback?state=x&code=x"),
    ] {
        let own = [("sec-fetch-site", "same-origin")];
        let page = ada.browser.send(method, path, &own, Some(&[])).await;
        page.shows(404, "There is no page here");
    }
}
