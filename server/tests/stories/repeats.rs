//! A button that is pressed twice, an answer that is lost, a sign-in in two tabs: the browser stays bound, and nobody
//! else gets in by it.

use std::time::Duration;

use domain::{Event, ProofKind};
use reqwest::Method;

use crate::{
    browser::{Browser, Page},
    harness::Story,
    own_codes::{codes_on, hidden},
    people::{Person, work_address, wrong},
    sign_in::parameter,
    verified_ids::{self, goes_to_present, own},
};

const CHECK: &str = "Check before you ask";
const NO_REQUEST: &str = "There is no request in this browser";

/// The same browser, as it was before it got an answer.
fn before_the_answer<'a>(story: &'a Story, browser: &Browser<'_>) -> Browser<'a> {
    let earlier = story.browser();
    earlier.copy_cookies(browser);
    earlier
}

/// Both are at the same place, and go on as one.
async fn is_one_browser(browser: &Browser<'_>, other: &Browser<'_>) {
    let bound = browser.cookie("latchkey-request");
    assert_eq!(bound, other.cookie("latchkey-request"));
    for browser in [browser, other] {
        browser.get("/status").await.shows(200, CHECK);
    }
}

async fn failures(story: &Story, person: &Person<'_>) -> usize {
    let log = story.audit(person.request().await.facts.id).await;
    let failed = |event: &Event| matches!(event, Event::ProofFailed { .. });
    log.iter().filter(|row| failed(&row.event)).count()
}

#[tokio::test]
async fn a_form_that_is_sent_again_leads_to_the_same_page() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let code = ada.code().await;
    let earlier = before_the_answer(&story, &ada.browser);
    let stolen = before_the_answer(&story, &ada.browser);
    ada.proves().await;

    let form = [("code", code.as_str())];
    earlier.post("/prove", &form).await.shows(200, CHECK);
    is_one_browser(&ada.browser, &earlier).await;
    assert_eq!(failures(&story, &ada).await, 0);

    // The old secret by itself, or with other codes, is worth nothing.
    for path in ["/status", "/check", "/prove", "/pass"] {
        let page = stolen.visit(Method::GET, path).await;
        page.shows(410, NO_REQUEST);
    }
    for typed in [&*wrong(&code), "1234", ""] {
        stolen
            .post("/prove", &[("code", typed)])
            .await
            .shows(410, NO_REQUEST);
    }
    for path in ["/submit", "/withdraw"] {
        stolen.post(path, &[]).await.shows(410, NO_REQUEST);
    }
    // Nor are the codes by themselves, nor both of them later.
    let stranger = story.locked_out("ada.keller");
    stranger.asks().await;
    let page = stranger.browser.post("/prove", &form).await;
    page.shows(422, "That is not the code we sent last");
    story.advance(Duration::from_mins(2)).await;
    stolen.post("/prove", &form).await.shows(410, NO_REQUEST);
    ada.submits().await;
}

#[tokio::test]
async fn a_button_that_is_pressed_twice_keeps_the_browser() {
    let story = Story::with(&[
        ("proofs.accepted", "[\"email_code\", \"recovery_code\"]"),
        ("proofs.required", "2"),
    ])
    .await;
    let employee = story.employee("ada.keller").await;
    let codes = codes_on(&employee.post("/codes", &[]).await);
    for saved in &codes[..4] {
        let ada = story.locked_out("ada.keller");
        ada.asks().await;
        let mailed = ada.code().await;
        let form = [("code", mailed.as_str()), ("saved_code", saved.as_str())];
        let other = before_the_answer(&story, &ada.browser);
        let (one, two) = tokio::join!(
            ada.browser.post("/prove", &form),
            other.post("/prove", &form)
        );
        for page in [one, two] {
            page.shows(200, CHECK);
        }
        is_one_browser(&ada.browser, &other).await;
        assert_eq!(failures(&story, &ada).await, 0);
    }
    employee
        .get("/codes")
        .await
        .shows(200, "6 of 10 codes are left.");
}

/// Somebody who proves themselves by their password and by the mailed code, on the way back from two sign-ins.
async fn signs_in_twice<'a>(story: &'a Story, accounts: [&str; 2]) -> (Person<'a>, [String; 2]) {
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let mut ways_back = [String::new(), String::new()];
    for (way_back, account) in ways_back.iter_mut().zip(accounts) {
        let sent = ada.browser.submit("/prove/password", &[]).await;
        *way_back = story.picks(&sent, &work_address(account)).await;
    }
    (ada, ways_back)
}

async fn with_passwords() -> Story {
    Story::with(&[
        ("proofs.accepted", "[\"email_code\", \"password\"]"),
        ("proofs.required", "2"),
    ])
    .await
}

#[tokio::test]
async fn an_answer_of_a_sign_in_that_is_lost_can_be_loaded_again() {
    let story = with_passwords().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let way_back = ada.comes_back_as(&story, &work_address("ada.keller")).await;
    let earlier = before_the_answer(&story, &ada.browser);
    let stolen = before_the_answer(&story, &ada.browser);
    ada.browser.get(&way_back).await.shows(200, "Done");
    story.advance(Duration::from_secs(1)).await;
    // Whoever planted the cookie can have begun the sign-in too, and know everything but the code.
    let state = parameter(&way_back, "state").unwrap();
    let path = "/prove/password/callback";
    for known in [
        format!("{path}?state={state}"),
        format!("{path}?state={state}&code="),
        format!("{path}?state={state}&code={state}"),
    ] {
        let page = stolen.visit(Method::GET, &known).await;
        page.shows(410, "That sign-in is over");
        assert_eq!(page.header("set-cookie"), "");
    }
    earlier.get(&way_back).await.shows(200, "Done");
    let bound = ada.browser.cookie("latchkey-request");
    assert_eq!(bound, earlier.cookie("latchkey-request"));
    assert_eq!(failures(&story, &ada).await, 1, "the log has it once");
    story.advance(Duration::from_mins(2)).await;
    stolen
        .get(&way_back)
        .await
        .shows(410, "That sign-in is over");
}

#[tokio::test]
async fn sign_ins_in_two_tabs_do_not_get_in_each_others_way() {
    let story = with_passwords().await;
    let is_done = |page: Page| {
        page.shows(200, "Done");
    };
    // The first tab comes back first, or the second; or the other one is somebody else, or gives up.
    for (accounts, order) in [
        (["ada.keller", "ada.keller"], [0, 1]),
        (["ada.keller", "ada.keller"], [1, 0]),
    ] {
        let (ada, ways_back) = signs_in_twice(&story, accounts).await;
        for tab in order {
            is_done(ada.browser.get(&ways_back[tab]).await);
        }
        assert_eq!(failures(&story, &ada).await, 0);
        let given: Vec<_> = ada.request().await.proven_kinds().collect();
        assert_eq!(given, [ProofKind::Password]);
        ada.proves().await;
    }
    let (ada, [own, others]) = signs_in_twice(&story, ["ada.keller", "bo.nilsson"]).await;
    let page = ada.browser.get(&others).await;
    page.shows(403, "That sign-in does not count as a proof");
    is_done(ada.browser.get(&own).await);
}

#[tokio::test]
async fn a_code_of_the_identity_provider_is_redeemed_for_the_bound_browser_alone() {
    let story = with_passwords().await;
    let (ada, [first, second]) = signs_in_twice(&story, ["ada.keller", "ada.keller"]).await;
    // Somebody who took the cookies before the proof, and who then comes back faster from the other tab.
    let thief = before_the_answer(&story, &ada.browser);
    ada.browser.get(&first).await.shows(200, "Done");
    let redeemed = async || story.calls("POST", "/token").await.len();
    let before = redeemed().await;
    for browser in [&thief, &story.browser()] {
        let page = browser.get(&second).await;
        page.shows(410, "That sign-in is over");
    }
    assert_eq!(redeemed().await, before);
}

const WAITS: &str = "Your request is waiting for approval";

/// A browser that knows the request's cookie from before the person sent the page, and the page that they send.
async fn about_to_ask<'a>(story: &'a Story, person: &Person<'_>) -> (Browser<'a>, String) {
    let earlier = before_the_answer(story, &person.browser);
    let page = person.browser.get("/check").await;
    (earlier, hidden(page.shows(200, CHECK), "page"))
}

/// Nothing opens in a browser that has the cookie from before, whatever page it makes up.
async fn is_out(browser: &Browser<'_>) {
    for path in ["/status", "/check", "/pass", "/status/events"] {
        browser
            .visit(Method::GET, path)
            .await
            .shows(410, NO_REQUEST);
    }
    let made_up = "A".repeat(43);
    for page in ["", "x", &made_up] {
        let page = browser.submit("/submit", &[("page", page)]).await;
        page.shows(410, NO_REQUEST);
        assert_eq!(page.header("set-cookie"), "");
    }
    for path in ["/submit", "/withdraw", "/pass"] {
        browser.post(path, &[]).await.shows(410, NO_REQUEST);
    }
}

#[tokio::test]
async fn the_cookie_from_before_the_page_was_sent_is_void() {
    // By a proof that this browser passes, and by one that is passed elsewhere.
    let mailed = Story::begin().await;
    let ada = mailed.locked_out("ada.keller");
    ada.asks().await.proves().await;
    let (stolen, page) = about_to_ask(&mailed, &ada).await;
    ada.browser
        .post("/submit", &[("page", &page)])
        .await
        .shows(200, WAITS);
    is_out(&stolen).await;
    ada.status().await.shows(200, WAITS);

    let shown = verified_ids::begin().await;
    let ada = shown.locked_out("ada.keller");
    let stolen = shown.browser();
    goes_to_present(&ada).await;
    stolen.copy_cookies(&ada.browser);
    shown.presents(own("ada.keller")).await;
    let (_, page) = about_to_ask(&shown, &ada).await;
    ada.browser
        .post("/submit", &[("page", &page)])
        .await
        .shows(200, WAITS);
    is_out(&stolen).await;
    // A form without the page works as well, once.
    let ada = mailed.locked_out("kaisa.virtanen");
    ada.asks().await.proves().await;
    let stolen = before_the_answer(&mailed, &ada.browser);
    ada.submits().await;
    is_out(&stolen).await;
}

#[tokio::test]
async fn a_page_that_is_sent_again_leads_to_the_same_request() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await.proves().await;
    let (earlier, page) = about_to_ask(&story, &ada).await;
    let form = [("page", page.as_str())];
    let (one, two) = tokio::join!(
        ada.browser.post("/submit", &form),
        earlier.post("/submit", &form)
    );
    for page in [one, two] {
        page.shows(200, WAITS);
    }
    let bound = ada.browser.cookie("latchkey-request");
    assert_eq!(bound, earlier.cookie("latchkey-request"));

    // An answer that was lost, until two minutes are over.
    let kaisa = story.locked_out("kaisa.virtanen");
    kaisa.asks().await.proves().await;
    let (earlier, page) = about_to_ask(&story, &kaisa).await;
    let late = before_the_answer(&story, &kaisa.browser);
    let form = [("page", page.as_str())];
    kaisa.browser.post("/submit", &form).await.shows(200, WAITS);
    earlier.post("/submit", &form).await.shows(200, WAITS);
    let bound = kaisa.browser.cookie("latchkey-request");
    assert_eq!(bound, earlier.cookie("latchkey-request"));
    story.advance(Duration::from_mins(2)).await;
    late.post("/submit", &form).await.shows(410, NO_REQUEST);
    kaisa.status().await.shows(200, WAITS);
}
