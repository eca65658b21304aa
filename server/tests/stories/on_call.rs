//! The groups whose members approve.

use serde_json::{Value, json};

use crate::{
    harness::{ADMINS, Story},
    line::{group, mails},
    people::Person,
};

/// Who is asked about this person's request, or will be, by their names.
async fn approvers(person: &Person<'_>) -> Vec<String> {
    let facts = person.request().await.facts;
    let mut names: Vec<_> = facts
        .approvers
        .into_iter()
        .map(|known| known.name)
        .collect();
    names.sort();
    names
}

/// Somebody without a manager asks, and those on call are asked at once. They withdraw.
async fn asked(story: &Story) -> Vec<String> {
    let diego = story.locked_out("diego.ramos");
    diego.asks().await.proves().await;
    diego.browser.post("/submit", &[]).await;
    story.run_jobs().await;
    let asked = approvers(&diego).await;
    diego.browser.post("/withdraw", &[]).await;
    asked
}

#[tokio::test]
async fn twenty_are_looked_at_of_those_who_could_answer() {
    let finance = group("Finance").await;
    let story = Story::with(&[("approval.on_call_group", &finance)]).await;
    let people = story
        .control(reqwest::Method::GET, "/people", Value::Null)
        .await;
    let people = people.as_array().unwrap().iter();
    let names = people.map(|person| person["userPrincipalName"].as_str().unwrap().to_owned());
    let everybody: Vec<String> = names.collect();
    story
        .set_group("Finance", json!({ "members": everybody }))
        .await;
    assert_eq!(asked(&story).await.len(), 20);
    for name in &everybody[..25] {
        let left = json!({ "accountEnabled": false });
        let path = format!("/people/{name}");
        story.control(reqwest::Method::PATCH, &path, left).await;
    }
    let asked = asked(&story).await;
    assert!(asked.contains(&"Tara Singh".to_owned()), "{asked:?}");
    assert!(!asked.contains(&"Ivo Partner".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn a_member_about_whom_the_directory_cannot_answer_is_left_out() {
    let finance = group("Finance").await;
    let story = Story::with(&[("approval.on_call_group", &finance)]).await;
    let mei = story.id_of("mei.tanaka").await;
    let above_mei = format!("/users/{mei}/manager");
    let refused = json!({ "path": above_mei, "kind": "status", "status": 400 });
    story.fault(refused).await;
    let found = asked(&story).await;
    assert!(found.contains(&"Priya Raman".to_owned()), "{found:?}");
    assert!(!found.contains(&"Mei Tanaka".to_owned()), "{found:?}");
    story.graph_is_back().await;
    // If it answers nothing at all, nobody is left out for that.
    story.graph_is_down(Some("GET"), &above_mei).await;
    let diego = story.locked_out("diego.ramos");
    diego.asks().await.proves().await;
    let page = diego.browser.post("/submit", &[]).await;
    assert_eq!(page.status, 503);
    story.graph_is_back().await;
    diego.submits().await;
    assert!(approvers(&diego).await.contains(&"Mei Tanaka".to_owned()));
}

#[tokio::test]
async fn a_group_that_is_gone_keeps_nobody_from_asking_their_manager() {
    let gone = "\"00000000-0000-4000-8000-000000000000\"";
    let story = Story::with(&[("approval.on_call_group", gone)]).await;
    story.locked_out("ada.keller").waits().await;
    assert_eq!(mails(&story, "daniel.okafor").await.len(), 1);
    assert!(asked(&story).await.is_empty());
    assert!(story.mails(ADMINS).await.is_empty());
}
