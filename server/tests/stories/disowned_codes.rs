//! Codes that somebody else made in a person's name, or has: how their owner is rid of them without signing in.

use std::time::Duration;

use domain::{Event, FREEZE, PersonId, StateName};
use latchkey::audit::InstallationEvent;
use reqwest::Method;
use serde_json::Value;

use crate::{
    browser::{Browser, Page},
    canary::{database, nowhere},
    harness::{ADMINS, Story},
    own_codes::{COUNT, codes_on, hidden},
    people::{Person, link, private_address, text, work_address},
};

const DEAD: &str = "This link no longer works";
/// What is said while a report keeps somebody from making codes.
const FROZEN: &str = "No codes can be made until";
const VOID: &str = "The codes that you have do not work any more.";
const NOTICE: &str = "Your saved recovery codes for your Harbour & Finch account are void";

/// Makes codes in this browser.
async fn makes(browser: &Browser<'_>) -> Vec<String> {
    let codes = codes_on(&browser.post("/codes", &[]).await);
    assert_eq!(codes.len(), 10);
    codes
}

/// The link of the newest mail that tells of codes.
async fn not_me_link(story: &Story, address: &str) -> String {
    let link = |mail: &Value| link(story, mail, "codes/not-me");
    story.newest(address, link).await
}

/// Whose codes are void, and by which requests.
async fn voided(story: &Story) -> Vec<InstallationEvent> {
    let events = story.records().await.installation_events().await.unwrap();
    let is_it =
        |event: &InstallationEvent| matches!(event, InstallationEvent::SavedCodesVoided { .. });
    events.into_iter().filter(is_it).collect()
}

/// Whether this browser is sent to sign in.
async fn is_signed_out(browser: &Browser<'_>) -> bool {
    let page = browser.visit(Method::GET, "/codes").await;
    (page.status, page.header("location")) == (303, "/sign-in?to=codes")
}

async fn id_of(story: &Story, alias: &str) -> PersonId {
    let people = story.control(Method::GET, "/people", Value::Null).await;
    let address = work_address(alias);
    let person = people.as_array().unwrap().iter();
    let mut person = person.filter(|person| person["userPrincipalName"] == *address);
    PersonId(person.next().unwrap()["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_owner_is_rid_of_codes_without_signing_in() {
    let story = Story::with_saved_codes().await;
    let thief = story.employee("ada.keller").await;
    let elsewhere = story.employee("ada.keller").await;
    let bo = story.employee("bo.nilsson").await;
    let codes = makes(&thief).await;
    let bos = makes(&bo).await;
    story.run_jobs().await;

    let owner = story.browser();
    let link = not_me_link(&story, &private_address("ada.keller")).await;
    for method in [Method::GET, Method::HEAD] {
        owner.visit(method, &link).await;
    }
    let page = owner.get(&link).await;
    assert_eq!(
        page.path, "/codes/not-me",
        "the secret is out of the address"
    );
    page.shows(200, "Did you make recovery codes?");
    assert!(story.would_take("ada.keller", &codes[0]).await);

    for _ in 0..2 {
        let page = owner.post("/codes/not-me", &[]).await;
        page.shows(200, "Your recovery codes are void");
    }
    assert!(!story.would_take("ada.keller", &codes[0]).await);
    assert!(is_signed_out(&thief).await && is_signed_out(&elsewhere).await);
    let person = id_of(&story, "ada.keller").await;
    let event = InstallationEvent::SavedCodesVoided {
        person: person.clone(),
        request: None,
    };
    assert_eq!(voided(&story).await, [event], "once");
    story.run_jobs().await;
    let alerts = story.mails(ADMINS).await;
    let [alert] = alerts.as_slice() else {
        panic!("{alerts:?}")
    };
    assert!(text(alert).contains(&person.0), "{alert}");
    // The link of the other mail says the same; nobody else has lost anything.
    let other = not_me_link(&story, &work_address("ada.keller")).await;
    assert_ne!(other, link);
    story
        .browser()
        .get(&other)
        .await
        .shows(200, "Your recovery codes are void");
    assert!(story.would_take("bo.nilsson", &bos[0]).await);
    assert!(!is_signed_out(&bo).await);

    // Whoever is in the account makes no others, and the owner does so when the freeze is over.
    let thief = story.employee("ada.keller").await;
    thief.get("/codes").await.shows(200, FROZEN);
    thief.post("/codes", &[]).await.shows(403, FROZEN);
    story.advance(FREEZE).await;
    let ada = story.employee("ada.keller").await;
    ada.get("/codes").await.shows(200, VOID);
    ada.get("/codes/replace").await.shows(200, VOID);
    let new = makes(&ada).await;
    assert!(story.would_take("ada.keller", &new[0]).await);
    owner
        .get(&link)
        .await
        .shows(200, "Did you make recovery codes?");
    assert!(story.would_take("ada.keller", &new[0]).await);
}

#[tokio::test]
async fn a_link_works_for_seven_days_and_for_codes_that_take_the_place() {
    let story = Story::with_saved_codes().await;
    let browser = story.employee("ada.keller").await;
    makes(&browser).await;
    let set = hidden(&browser.get("/codes/replace").await, "set");
    story.run_jobs().await;
    let first = not_me_link(&story, &private_address("ada.keller")).await;
    let page = browser.post("/codes/replace", &[("set", &set)]).await;
    let codes = codes_on(&page);
    let owner = story.browser();
    owner
        .get(&first)
        .await
        .shows(200, "Did you make recovery codes?");
    story.run_jobs().await;
    let link = not_me_link(&story, &private_address("ada.keller")).await;
    story.advance(Duration::from_mins(7 * 24 * 60 - 1)).await;
    owner
        .get(&link)
        .await
        .shows(200, "Did you make recovery codes?");
    story.advance(Duration::from_mins(1)).await;
    owner.get(&link).await.shows(410, DEAD);
    owner.post("/codes/not-me", &[]).await.shows(410, DEAD);
    assert!(story.would_take("ada.keller", &codes[0]).await);
    for nonsense in ["nonsense", &"A".repeat(43)] {
        let page = owner.get(&format!("/codes/not-me/{nonsense}")).await;
        page.shows(410, DEAD);
    }
    story.recovery().sweep().await.unwrap();
    let tables = story.database().tables().await;
    let kept: Vec<(i64,)> = tables.select("SELECT COUNT(*) FROM saved_set_links").await;
    assert_eq!(kept, [(0,)]);
}

#[tokio::test]
async fn the_link_of_codes_that_were_replaced_voids_those_that_took_their_place() {
    let story = Story::with_saved_codes().await;
    let thief = story.employee("ada.keller").await;
    makes(&thief).await;
    story.run_jobs().await;
    let first = not_me_link(&story, &private_address("ada.keller")).await;
    let set = hidden(&thief.get("/codes/replace").await, "set");
    let codes = codes_on(&thief.post("/codes/replace", &[("set", &set)]).await);
    assert!(story.would_take("ada.keller", &codes[0]).await);
    let owner = story.browser();
    owner.get(&first).await;
    let page = owner.post("/codes/not-me", &[]).await;
    page.shows(200, "Your recovery codes are void");
    assert!(!story.would_take("ada.keller", &codes[0]).await);
}

#[tokio::test]
async fn codes_that_are_replaced_before_their_mail_leaves_are_told_of_all_the_same() {
    let story = Story::with_saved_codes().await;
    let browser = story.employee("ada.keller").await;
    makes(&browser).await;
    let set = hidden(&browser.get("/codes/replace").await, "set");
    browser.post("/codes/replace", &[("set", &set)]).await;
    story.run_jobs().await;
    let mails = story.mails(&private_address("ada.keller")).await;
    let linked: Vec<_> = mails
        .iter()
        .map(|mail| link(&story, mail, "codes/not-me").is_some())
        .collect();
    assert_eq!(linked.len(), 2);
    assert_eq!(linked.iter().filter(|linked| **linked).count(), 1);
    let unlinked = mails
        .iter()
        .find(|mail| link(&story, mail, "codes/not-me").is_none());
    assert!(text(unlinked.unwrap()).contains("These codes have been replaced since"));
}

#[tokio::test]
async fn the_link_is_kept_nowhere() {
    let story = Story::with_saved_codes().await;
    makes(&story.employee("ada.keller").await).await;
    story.run_jobs().await;
    let link = not_me_link(&story, &private_address("ada.keller")).await;
    story.browser().get(&link).await;
    let secret = link.rsplit('/').next().unwrap();
    nowhere(secret, "the link's secret", &database(&story).await);
}

/// Proves by a mailed code and this one, and asks for approval.
async fn waits_with(person: &Person<'_>, saved: &str) {
    person.asks().await;
    let mailed = person.code().await;
    let form = [("code", mailed.as_str()), ("saved_code", saved)];
    let page = person.browser.post("/prove", &form).await;
    page.shows(200, "Check before you ask");
    person.submits().await;
}

/// Codes that somebody else made prove a request, and their owner disowns them when it has come so far. Gives the page of
/// what is tried then.
async fn is_stopped_by_disowning(
    reaches: impl AsyncFnOnce(&Story, &Person<'_>),
    end: StateName,
    tries: impl AsyncFnOnce(&Story, &Person<'_>) -> Page,
) {
    let story = Story::with(&[COUNT, ("proofs.required", "2")]).await;
    let thief = story.employee("ada.keller").await;
    let codes = makes(&thief).await;
    story.run_jobs().await;
    let not_me = not_me_link(&story, &private_address("ada.keller")).await;
    let ada = story.locked_out("ada.keller");
    waits_with(&ada, &codes[0]).await;
    reaches(&story, &ada).await;
    let owner = story.browser();
    owner.get(&not_me).await;
    let page = owner.post("/codes/not-me", &[]).await;
    page.shows(200, "Your recovery codes are void");
    story.run_jobs().await;
    assert_eq!(ada.state().await, end);
    let page = tries(&story, &ada).await;
    assert!(page.pass().is_none(), "{}", page.text());
    assert_eq!(ada.state().await, end);
    assert!(story.live_passes("ada.keller").await.is_empty());
}

#[tokio::test]
async fn disowning_stops_a_request_that_waits_for_approval() {
    let daniel_opens = async |story: &Story, _: &Person<'_>| {
        story.manager("daniel.okafor").opens_mail().await;
    };
    let tries = async |_: &Story, ada: &Person<'_>| ada.claims().await;
    Box::pin(is_stopped_by_disowning(
        daniel_opens,
        StateName::Reported,
        tries,
    ))
    .await;
}

#[tokio::test]
async fn disowning_stops_a_request_that_is_approved() {
    let approved = async |story: &Story, ada: &Person<'_>| approves(story, ada).await;
    let tries = async |_: &Story, ada: &Person<'_>| ada.claims().await;
    Box::pin(is_stopped_by_disowning(
        approved,
        StateName::Reported,
        tries,
    ))
    .await;
}

#[tokio::test]
async fn disowning_undoes_a_pass_that_was_given_out() {
    let claimed = async |story: &Story, ada: &Person<'_>| {
        approves(story, ada).await;
        let page = ada.claims().await;
        assert!(page.pass().is_some(), "{}", page.text());
    };
    let tries = async |_: &Story, ada: &Person<'_>| ada.status().await;
    Box::pin(is_stopped_by_disowning(
        claimed,
        StateName::Repudiated,
        tries,
    ))
    .await;
}

/// The manager approves, and the owner has been told.
async fn approves(story: &Story, ada: &Person<'_>) {
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.approves(&ada.contact_code().await).await;
    story.run_jobs().await;
    story.run_timers().await;
    let ready = async || ada.state().await == StateName::Ready;
    story.eventually("the claim window", ready).await;
}

/// A report of a request with a saved code, and what follows.
async fn a_report_voids(report: impl AsyncFnOnce(&Story, &Person<'_>) -> Page) {
    let story = Story::with(&[COUNT, ("proofs.required", "2")]).await;
    let employee = story.employee("ada.keller").await;
    let bo = story.employee("bo.nilsson").await;
    let codes = makes(&employee).await;
    let bos = makes(&bo).await;
    let ada = story.locked_out("ada.keller");
    waits_with(&ada, &codes[0]).await;
    report(&story, &ada).await;

    assert!(!story.would_take("ada.keller", &codes[1]).await);
    assert!(story.would_take("bo.nilsson", &bos[0]).await);
    assert!(is_signed_out(&employee).await && !is_signed_out(&bo).await);
    let request = ada.request().await.facts.id;
    let event = InstallationEvent::SavedCodesVoided {
        person: id_of(&story, "ada.keller").await,
        request: Some(request),
    };
    assert_eq!(voided(&story).await, [event]);
    story.run_jobs().await;
    for address in [work_address("ada.keller"), private_address("ada.keller")] {
        let subjects = story.subjects(&address).await;
        assert!(
            subjects.iter().any(|subject| subject == NOTICE),
            "{subjects:?}"
        );
    }
    // Nothing of the set works in another request.
    let again = story.locked_out("ada.keller");
    again.asks().await;
    let mailed = again.code().await;
    let form = [("code", mailed.as_str()), ("saved_code", &codes[1])];
    let page = again.browser.post("/prove", &form).await;
    page.shows(422, "What you have entered does not match");
}

#[tokio::test]
async fn an_owners_report_of_a_request_with_a_saved_code_voids_all_of_them() {
    a_report_voids(async |_, ada| ada.disowns().await).await;
}

#[tokio::test]
async fn an_approvers_report_of_a_request_with_a_saved_code_voids_all_of_them() {
    a_report_voids(async |story, _| {
        let daniel = story.manager("daniel.okafor");
        daniel.opens_mail().await;
        daniel.reports().await
    })
    .await;
}

#[tokio::test]
async fn a_report_of_a_request_without_one_ends_sessions_and_leaves_the_codes() {
    let story = Story::with_saved_codes().await;
    let employee = story.employee("ada.keller").await;
    let codes = makes(&employee).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    assert!(!is_signed_out(&employee).await);
    ada.disowns().await.shows(200, "Thank you for telling us");
    assert!(is_signed_out(&employee).await);
    assert!(story.would_take("ada.keller", &codes[0]).await);
    assert_eq!(voided(&story).await, []);
    let log = story.audit(ada.request().await.facts.id).await;
    assert!(
        log.iter()
            .any(|row| matches!(row.event, Event::Reported { .. }))
    );
}

#[tokio::test]
async fn a_report_lets_nobody_make_codes_for_a_day() {
    let story = Story::with_saved_codes().await;
    let thief = story.employee("ada.keller").await;
    let codes = makes(&thief).await;
    let set = hidden(&thief.get("/codes/replace").await, "set");
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    ada.disowns().await.shows(200, "Thank you for telling us");
    let thief = story.employee("ada.keller").await;
    let page = thief.post("/codes/replace", &[("set", &set)]).await;
    page.shows(403, FROZEN);
    assert!(story.would_take("ada.keller", &codes[0]).await);
    let bo = story.employee("bo.nilsson").await;
    makes(&bo).await;
    story.advance(FREEZE).await;
    makes_others(&story).await;
}

/// Replaces codes after signing in anew.
async fn makes_others(story: &Story) {
    let ada = story.employee("ada.keller").await;
    let set = hidden(&ada.get("/codes/replace").await, "set");
    let page = ada.post("/codes/replace", &[("set", &set)]).await;
    assert_eq!(codes_on(&page).len(), 10);
}

#[tokio::test]
async fn a_making_under_way_loses_against_a_report() {
    let story = Story::with_saved_codes().await;
    let thief = story.employee("ada.keller").await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let not_me = ada.not_me_link().await;
    let owner = story.browser();
    owner.get(&not_me).await;
    story.holds_call("GET", "/users/").await;
    let report = async {
        story.faults_have_struck().await;
        let page = owner.post("/not-me", &[]).await;
        story.held_call_goes_on().await;
        page
    };
    let (made, reported) = tokio::join!(thief.post("/codes", &[]), report);
    reported.shows(200, "Thank you for telling us");
    assert_eq!(codes_on(&made), [""; 0]);
    let person = id_of(&story, "ada.keller").await;
    let set = story.records().await.saved_set(&person).await.unwrap();
    assert!(set.is_none());
}

#[tokio::test]
async fn a_repudiation_ends_sessions_too() {
    let story = Story::with_saved_codes().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let page = ada.claims().await;
    assert!(page.pass().is_some(), "{}", page.text());
    // Whoever has the pass can sign in by it.
    let thief = story.employee("ada.keller").await;
    story.run_jobs().await;
    ada.disowns().await.shows(200, "Thank you for telling us");
    assert!(is_signed_out(&thief).await);
}
