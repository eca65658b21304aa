//! What people must prove depends on their groups, and nobody sees it who has not proven anything.

use domain::{ProofKind, StateName};

use crate::harness::Story;

/// A group that holds the department of shipping, in which Ada works, and no person directly.
pub const ALL_WAREHOUSES: &str = "6ddd38dc-acb2-4191-9154-5a59ba51b41c";

/// Everybody proves by the mailed code; whoever works in a warehouse signs in with the password as well.
pub fn warehouses_prove_more() -> [(&'static str, String); 3] {
    [
        ("proofs.accepted", "[\"email_code\"]".to_owned()),
        ("proofs.required", "1".to_owned()),
        (
            "groups",
            format!(
                "[{{ id = \"{ALL_WAREHOUSES}\", accepted = [\"email_code\", \"password\"], required = 2 }}]"
            ),
        ),
    ]
}

async fn story() -> Story {
    let settings = warehouses_prove_more();
    let settings: Vec<_> = settings
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    Story::with(&settings).await
}

#[tokio::test]
async fn members_of_a_group_prove_what_it_asks_beyond_what_everybody_is_asked() {
    let story = story().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let code = ada.code().await;
    let page = ada.browser.post("/prove", &[("code", &code)]).await;
    page.shows(200, "One more is needed")
        .shows(200, "Sign in with your password");
    // Nothing goes on before.
    ada.browser
        .post("/submit", &[])
        .await
        .shows(200, "One more is needed");
    assert_eq!(ada.state().await, StateName::Proving);
    ada.signs_in_as(&story, "ada.keller")
        .await
        .shows(200, "Check before you ask");
    ada.submits().await;
    let proven: Vec<_> = ada.request().await.proven_kinds().collect();
    assert_eq!(proven, [ProofKind::EmailCode, ProofKind::Password]);
}

#[tokio::test]
async fn others_prove_what_everybody_does() {
    let story = story().await;
    let greta = story.locked_out("greta.holm");
    greta.asks().await.proves().await.submits().await;
}

#[tokio::test]
async fn a_change_of_groups_afterwards_moves_nobodys_goalposts() {
    let story = story().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let rules = ada.request().await.facts.rules.unwrap();
    assert_eq!(rules.proofs.required(), 2);
    // The directory does not answer about groups any more: the rules are on record.
    story.graph_is_down(None, "/checkMemberGroups").await;
    let code = ada.code().await;
    ada.browser
        .post("/prove", &[("code", &code)])
        .await
        .shows(200, "One more is needed");
}

#[tokio::test]
async fn a_person_whose_groups_cannot_be_read_is_looked_up_again() {
    let story = story().await;
    story.graph_is_down(None, "/checkMemberGroups").await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    assert_eq!(ada.request().await.facts.subject, None);
    story.graph_is_back().await;
    story.advance(std::time::Duration::from_mins(10)).await;
    story.run_jobs().await;
    assert!(ada.request().await.facts.rules.is_some());
}
