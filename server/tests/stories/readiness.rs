//! "Would recovery work for me?": what employees are told.

use serde_json::json;

use crate::harness::Story;

#[tokio::test]
async fn people_are_told_which_proofs_they_could_give() {
    let story = Story::with(&[
        ("proofs.accepted", "[\"email_code\", \"recovery_code\"]"),
        ("proofs.required", "2"),
    ])
    .await;
    let browser = story.employee("ada.keller").await;
    browser
        .get("/codes/check")
        .await
        .shows(200, "No, not yet. One thing is missing.")
        .shows(200, "Could be better You have made no saved codes.")
        .shows(200, "Missing 2 proofs of who you are, of different kinds, are needed, and you could give a code sent to your private address. Go back and make ten codes");
    browser.post("/codes", &[]).await;
    browser
        .get("/codes/check")
        .await
        .shows(200, "Yes. Everything that recovery needs is in place.")
        .shows(200, "In place You have 10 saved codes left.")
        .shows(
            200,
            "you could give a code sent to your private address and a saved code.",
        );
}

#[tokio::test]
async fn people_are_told_what_recovery_would_miss() {
    let story = Story::begin().await;
    let browser = story.employee("ada.keller").await;
    browser
        .get("/codes/check")
        .await
        .shows(200, "Yes. Everything that recovery needs is in place.")
        .shows(200, "In place Your account is active.")
        .shows(200, "a•••@private.example")
        .shows(200, "somebody to approve your request: Daniel Okafor.");

    story
        .changes("bo.nilsson", json!({ "otherMails": [] }))
        .await;
    for (alias, sentence) in [
        (
            "bo.nilsson",
            "Could be better There is no address outside work to send a code to.",
        ),
        (
            "bo.nilsson",
            "Missing One proof of who you are is needed, and you could give none of them.",
        ),
        ("diego.ramos", "Missing Nobody is named as your manager"),
        ("anton.self", "Missing You are named as your own manager."),
        (
            "tara.singh",
            "Missing Your account has special rights, so it is not recovered here.",
        ),
    ] {
        let browser = story.employee(alias).await;
        let page = browser.get("/codes/check").await;
        page.shows(200, "No, not yet.").shows(200, sentence);
    }
}

#[tokio::test]
async fn people_are_told_what_cannot_be_checked_here() {
    let story = Story::with(&[
        ("proofs.accepted", "[\"email_code\", \"password\"]"),
        ("proofs.required", "2"),
    ])
    .await;
    let browser = story.employee("ada.keller").await;
    browser
        .get("/codes/check")
        .await
        .shows(200, "Perhaps. What we can check is in place")
        .shows(200, "Not checked 2 proofs of who you are, of different kinds, are needed, and you could give a code sent to your private address. Also your password would count: we cannot check this here.");
    story
        .changes("ada.keller", json!({ "otherMails": [] }))
        .await;
    browser
        .get("/codes/check")
        .await
        .shows(200, "No, not yet.")
        .shows(200, "and you could give none of them.");
}

#[tokio::test]
async fn people_are_told_that_recovery_is_tried_out() {
    let story = Story::with(&[("proofs.evaluation", "true")]).await;
    let browser = story.employee("ada.keller").await;
    browser
        .get("/codes/check")
        .await
        .shows(200, "Not for real yet. A recovery would be rehearsed")
        .shows(200, "Trial run Recovery is tried out for you");
    story
        .changes("ada.keller", json!({ "managerId": null }))
        .await;
    browser
        .get("/codes/check")
        .await
        .shows(200, "No, not yet. One thing is missing.")
        .shows(200, "Trial run Recovery is tried out for you");
}
