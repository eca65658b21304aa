//! The whole way, from the first page to the new method.

use std::time::Duration;

use domain::{Ended, State, StateName};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    harness::Story,
    people::{private_address, work_address},
};

const MINUTE: Duration = Duration::from_mins(1);

async fn recovers_with_minimum(minimum: u32, minutes: u32) {
    let story = Story::begin().await;
    story
        .pass_policy(json!({ "minimumLifetimeInMinutes": minimum }))
        .await;
    let ada = story.locked_out("ada.keller");

    let page = ada.browser.get("/").await;
    page.shows(200, "Harbour & Finch");
    let page = ada.browser.get("/what-happened?reason=lost-phone").await;
    assert_eq!(page.status, 200);
    ada.is_approved_by("daniel.okafor").await;
    assert!(
        story.methods("ada.keller").await.len() > 1,
        "nothing goes before the claim"
    );

    ada.status()
        .await
        .shows(200, "Approved: you can get your pass");
    ada.browser.get("/pass").await.shows(200, "pass");
    let before = story.now();
    let page = ada.claims().await;
    page.shows(200, "Your pass")
        .shows(200, &format!("works for {minutes} minutes"));
    let value = page.pass().unwrap();

    let live = story.live_passes("ada.keller").await;
    assert_eq!(live.len(), 1);
    assert_eq!(live[0]["value"], json!(value));
    assert_eq!(live[0]["isUsableOnce"], json!(true));
    let State::Disclosed(disclosed) = ada.request().await.state else {
        panic!("the pass is not on record");
    };
    let lifetime = disclosed.pass.expires_at.since(before);
    assert!(
        (MINUTE * minutes..MINUTE * (minutes + 1)).contains(&lifetime),
        "{lifetime:?}"
    );
    assert_eq!(
        story.methods("ada.keller").await,
        ["passwordAuthenticationMethod"]
    );
    assert_eq!(story.calls("POST", "/revokeSignInSessions").await.len(), 1);

    story.run_jobs().await;
    assert_eq!(story.watch().await, 0, "nothing is registered yet");
    story.registers("ada.keller").await;
    assert_eq!(story.watch().await, 1);
    story.run_jobs().await;
    ada.status().await.shows(200, "You are back in");
    let State::Ended(Ended::Completed { new_methods, .. }) = ada.request().await.state else {
        panic!("the end is not on record");
    };
    assert_eq!(new_methods.len(), 1);

    let notices = [
        "Somebody asked to recover your Harbour & Finch account",
        "The recovery of your Harbour & Finch account was approved",
        "A pass to sign in to your Harbour & Finch account was given out",
        "A new sign-in method was added to your Harbour & Finch account",
    ];
    assert_eq!(story.subjects(&work_address("ada.keller")).await, notices);
    let private = story.subjects(&private_address("ada.keller")).await;
    assert_eq!(
        private[0],
        "Your code to recover your Harbour & Finch account"
    );
    assert_eq!(private[1..], notices);
}

#[tokio::test]
async fn a_policy_with_a_60_minute_minimum_lengthens_the_pass() {
    Box::pin(recovers_with_minimum(60, 60)).await;
}

#[tokio::test]
async fn a_policy_with_a_10_minute_minimum_gives_the_15_wanted() {
    Box::pin(recovers_with_minimum(10, 15)).await;
}

#[tokio::test]
async fn a_pass_that_could_not_be_used_is_replaced() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let first = ada.claims().await.pass().unwrap();
    let page = ada.browser.post("/pass/again", &[]).await;
    let second = page.shows(200, "Your pass").pass().unwrap();
    assert_ne!(first, second);
    let live = story.live_passes("ada.keller").await;
    assert_eq!(live.len(), 1);
    assert_eq!(live[0]["value"], json!(second));

    // The third is the last.
    let page = ada.browser.post("/pass/again", &[]).await;
    page.shows(200, "Your pass");
    let page = ada.browser.post("/pass/again", &[]).await;
    page.shows(409, "You cannot get another pass any more.");
    assert_eq!(ada.state().await, StateName::Disclosed);
    assert_eq!(story.passes("ada.keller").await.len(), 3);
}

#[tokio::test]
async fn finishing_leaves_nothing_in_the_browser() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await;
    let page = ada.browser.post("/finish", &[]).await;
    page.shows(200, "This screen is clear");
    assert_eq!(page.header("clear-site-data"), "\"cache\", \"storage\"");
    assert!(ada.browser.cookie("latchkey-request").is_none());
    ada.status()
        .await
        .shows(410, "There is no request in this browser");
}

/// How long a contact code lasts, in seconds.
const CODE_PERIOD: i64 = 300;

/// The next event's data. Comments that keep the connection alive are none.
async fn next_event(events: &mut Response) -> Value {
    let mut text = String::new();
    loop {
        let chunk = events.chunk().await.unwrap().expect("the server goes on");
        text.push_str(str::from_utf8(&chunk).unwrap());
        if let Some(data) = text
            .strip_prefix("data: ")
            .and_then(|text| text.strip_suffix("\n\n"))
        {
            return data.parse().unwrap();
        }
    }
}

#[tokio::test]
async fn a_waiting_browser_hears_of_every_change() {
    let story = Story::begin().await;
    let (ada, bo) = (
        story.locked_out("ada.keller"),
        story.locked_out("bo.nilsson"),
    );
    ada.waits().await;
    let mut events = ada.browser.listen("/status/events").await;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    assert_eq!(events.headers()["cache-control"], "no-cache");
    let first = next_event(&mut events).await;
    assert!(!first["shows"].is_null());
    let code = ada.contact_code().await;
    assert_eq!(
        first["contact_code"],
        json!(format!("{} {}", &code[..3], &code[3..]))
    );

    // Somebody else's change is none of theirs.
    bo.waits().await;
    ada.browser.post("/withdraw", &[]).await;
    let next = next_event(&mut events).await;
    assert_ne!(next["shows"], first["shows"]);
    assert_eq!(next["contact_code"], Value::Null);
}

#[tokio::test]
async fn a_browser_that_waits_through_an_outage_hears_what_comes_after_it() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    // The next contact code is near, and with it the next look at the request.
    let left = CODE_PERIOD - story.now().millis() / 1000 % CODE_PERIOD;
    let near = u64::try_from((left - 3).rem_euclid(CODE_PERIOD)).unwrap();
    story.advance(Duration::from_secs(near)).await;
    let mut events = ada.browser.listen("/status/events").await;
    let first = next_event(&mut events).await;

    let database = story.database();
    database.tamper("ALTER TABLE requests RENAME TO away").await;
    ada.browser.get("/status").await.shows(503, "go on");
    let within = Duration::from_secs(6);
    let ended = tokio::time::timeout(within, next_event(&mut events)).await;
    assert!(ended.is_err(), "nothing can be told meanwhile");

    database.tamper("ALTER TABLE away RENAME TO requests").await;
    let next = next_event(&mut events).await;
    assert_ne!(next["contact_code"], first["contact_code"]);
    assert_eq!(next["shows"], first["shows"]);
}

#[tokio::test]
async fn nothing_is_heard_before_the_proofs_have_passed() {
    let story = Story::begin().await;
    for account in [
        "ada.keller@harbourfinch.example",
        "nobody@harbourfinch.example",
    ] {
        let browser = story.browser();
        let fields = [("identifier", account), ("reason", "lost-phone")];
        browser
            .post("/identify", &fields)
            .await
            .shows(200, "Enter the code");
        browser
            .get("/status/events")
            .await
            .shows(410, "There is no request in this browser");
    }
}

#[tokio::test]
async fn a_browser_that_is_not_bound_any_more_hears_nothing() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    // Somebody has planted or copied the cookie of the time before the proofs.
    let stale = story.browser();
    stale.copy_cookies(&ada.browser);
    ada.proves().await.submits().await;
    stale
        .get("/status/events")
        .await
        .shows(410, "There is no request in this browser");
    stale
        .get("/status")
        .await
        .shows(410, "There is no request in this browser");
}
