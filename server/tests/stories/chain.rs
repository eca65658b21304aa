//! The whole way, from the first page to the new method.

use std::time::Duration;

use domain::{Ended, State, StateName};
use serde_json::json;

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
    recovers_with_minimum(60, 60).await;
}

#[tokio::test]
async fn a_policy_with_a_10_minute_minimum_gives_the_15_wanted() {
    recovers_with_minimum(10, 15).await;
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
    page.shows(409, "The request changed while this page was open");
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
