//! What approvers read before they answer: what becomes of the account, and until when they can.

use std::time::Duration;

use domain::{Deed, Refusal, StateName};
use reqwest::Method;
use serde_json::Value;

use crate::{harness::Story, people::work_address};

const OVER: &str = "The time to answer is over";

#[tokio::test]
async fn the_page_tells_types_of_methods_and_neither_numbers_nor_devices() {
    for (alias, gone, kept) in [
        ("dana.petrova", "2 phone numbers", "Password"),
        ("ada.keller", "Microsoft Authenticator", "Password"),
    ] {
        let story = Story::begin().await;
        story.locked_out(alias).waits().await;
        let page = story.manager("daniel.okafor").opens_mail().await;
        page.shows(200, "They are signed out on all devices.")
            .shows(200, "This is removed from the account:")
            .shows(200, gone)
            .shows(200, &format!("This stays {kept}"));
        assert!(!page.text().contains("Passkey"), "{alias}: {}", page.text());
        let path = format!("/people/{}/methods", work_address(alias));
        let methods = story.control(Method::GET, &path, Value::Null).await;
        for method in methods.as_array().unwrap() {
            for detail in ["id", "phoneNumber", "displayName", "model"] {
                let Some(told) = method[detail].as_str() else {
                    continue;
                };
                assert!(!page.body.contains(told), "{alias}: {told}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_policy_leaves_stays() {
    let story = Story::with(&[("recovery.methods", "\"portal\"")]).await;
    story.locked_out("chidi.eze").waits().await;
    let page = story.manager("daniel.okafor").opens_mail().await;
    let text = page.text();
    let (_, follows) = text.split_once("This is removed").unwrap();
    let (removed, stays) = follows.split_once("This stays").unwrap();
    assert!(removed.contains("Microsoft Authenticator"), "{text}");
    assert!(!removed.contains("Passkey"), "{text}");
    assert!(stays.contains("Passkey or security key"), "{text}");
}

#[tokio::test]
async fn the_page_comes_without_microsoft_and_says_what_could_go() {
    let story = Story::begin().await;
    let dana = story.locked_out("dana.petrova");
    dana.waits().await;
    story
        .graph_is_down(Some("GET"), "/authentication/methods")
        .await;
    let daniel = story.manager("daniel.okafor");
    daniel
        .opens_mail()
        .await
        .shows(200, "Microsoft does not say at the moment what they have.")
        .shows(200, "Passkey or security key");
    story.graph_is_back().await;
    daniel
        .browser
        .get("/approve")
        .await
        .shows(200, "2 phone numbers");
}

#[tokio::test]
async fn once_the_time_is_over_there_is_nothing_to_answer() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await.shows(200, "ask you for help?");
    // No timer has run, so the request still stands as it did.
    story.advance(Duration::from_hours(4)).await;
    let page = daniel.approves(&ada.contact_code().await).await;
    page.shows(409, OVER)
        .shows(409, "Nothing has changed on the account.");
    for path in ["/approve", "/approve/deny", "/approve/hand-on"] {
        daniel.browser.get(path).await.shows(200, OVER);
    }
    let maria = work_address("maria.costa");
    daniel
        .browser
        .post("/approve/hand-on", &[("colleague", &maria)])
        .await
        .shows(200, OVER);
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
    let refused = [Deed::Approve, Deed::HandOn].map(|deed| (deed, Refusal::DeadlinePassed));
    assert_eq!(story.refusals(&ada).await, refused);
}
