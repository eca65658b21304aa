//! The switch of an operator: nothing that leads to a pass goes on, and everything that stops one does.

use domain::StateName;
use latchkey::audit::InstallationEvent;
use serde_json::Value;

use crate::{
    harness::{ADMINS, Story},
    own_codes::{codes_on, hidden},
    people::{link, private_address, work_address},
    process::output,
};

const PASSWORD: &str = "correct horse battery";
const PAUSED: &str = "Account recovery is paused";

/// Uses the command line while the server runs.
fn says(story: &Story, arguments: &[&str], sentence: &str) {
    let (status, out, errors) = output(story, arguments);
    assert_eq!(status, Some(0), "{errors}");
    assert!(out.contains(sentence), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_is_paused_nothing_is_opened_approved_or_given_out() {
    let story = Story::begin().await;
    let (ada, bo, chidi) = (
        story.locked_out("ada.keller"),
        story.locked_out("bo.nilsson"),
        story.locked_out("chidi.eze"),
    );
    ada.is_approved_by("daniel.okafor").await;
    bo.waits().await;
    let office = story.manager("daniel.okafor");
    office.opens_mail().await.shows(200, "ask you for help?");
    let code = bo.contact_code().await;
    chidi.waits().await;
    let denier = story.manager("daniel.okafor");
    denier.opens_mail().await;

    let reason = "Somebody <phones> people";
    says(&story, &["admin", "pause", "--reason", reason], "Paused:");
    says(&story, &["admin", "pause"], "It is paused already.");
    story.admin("auditor", PASSWORD).await;
    let console = story.browser();
    let form = [("name", "auditor"), ("password", PASSWORD)];
    let page = console.post("/console/sign-in", &form).await;
    page.shows(200, "Recovery is paused").shows(200, reason);
    let page = story.locked_out("dana.petrova");
    let page = page.types(&work_address("dana.petrova")).await;
    page.shows(503, PAUSED);
    assert!(!page.header("retry-after").is_empty());
    office.approves(&code).await.shows(503, PAUSED);
    ada.claims().await.shows(503, PAUSED);
    assert!(story.passes("ada.keller").await.is_empty());
    assert_eq!(ada.state().await, StateName::Ready);
    assert_eq!(bo.state().await, StateName::AwaitingApproval);

    // No is still said.
    denier.denies().await;
    assert_eq!(chidi.state().await, StateName::Denied);
    bo.disowns().await;
    assert_eq!(bo.state().await, StateName::Reported);
    story.run_jobs().await;
    let alerts = story.mails(ADMINS).await;
    let paused = alerts
        .iter()
        .find(|mail| mail["subject"] == "Alert: account recovery is paused");
    assert!(paused.unwrap()["text"].as_str().unwrap().contains(reason));

    // A restart does not forget it.
    story.restart().await;
    ada.claims().await.shows(503, PAUSED);
    says(&story, &["admin", "resume"], "Everything goes on.");
    says(&story, &["admin", "resume"], "Nothing was paused.");
    let list = console.get("/console").await.text();
    assert!(!list.contains("is paused"), "{list}");
    let page = ada.claims().await;
    assert!(page.pass().is_some(), "{}", page.text());
    let events = story.records().await.installation_events().await.unwrap();
    let reason = Some(reason.to_owned());
    let expected = [
        InstallationEvent::Paused { reason },
        InstallationEvent::Resumed,
    ];
    let told: Vec<_> = events
        .into_iter()
        .filter(|event| expected.contains(event))
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_is_paused_nobody_makes_codes_and_everybody_can_void_theirs() {
    let story = Story::with_saved_codes().await;
    let ada = story.employee("ada.keller").await;
    let bo = story.employee("bo.nilsson").await;
    let codes = codes_on(&ada.post("/codes", &[]).await);
    let set = hidden(&ada.get("/codes/replace").await, "set");
    story.run_jobs().await;
    says(&story, &["admin", "pause"], "Paused:");
    for page in [
        bo.post("/codes", &[]).await,
        ada.post("/codes/replace", &[("set", &set)]).await,
    ] {
        page.shows(503, "have paused account recovery, so no codes are made");
        assert_eq!(page.header("retry-after"), "10");
    }
    assert!(story.would_take("ada.keller", &codes[0]).await);
    let owner = story.browser();
    let not_me = |mail: &Value| link(&story, mail, "codes/not-me");
    let not_me = story.newest(&private_address("ada.keller"), not_me).await;
    owner.get(&not_me).await;
    owner
        .post("/codes/not-me", &[])
        .await
        .shows(200, "Your recovery codes are void");
    says(&story, &["admin", "resume"], "Everything goes on.");
    bo.post("/codes", &[])
        .await
        .shows(200, "Save your codes now");
}

#[tokio::test]
async fn a_reason_is_one_line() {
    let story = Story::begin().await;
    for reason in ["", "two\nlines", &"x".repeat(301)] {
        let (status, _, errors) = output(&story, &["admin", "pause", "--reason", reason]);
        assert_eq!(status, Some(2), "{errors}");
    }
    let page = story.locked_out("ada.keller");
    page.types(&work_address("ada.keller"))
        .await
        .shows(200, "has an address outside work on file");
}
