//! Cases that are taken up again: what was done before is said, and what was promised before is not done late.

use std::time::Duration;

use domain::{State, StateName};
use serde_json::json;

use crate::{
    approvals::opens,
    harness::Story,
    people::{Manager, Person, private_address, text, work_address},
};

const ADA: &str = "ada.keller";
const DANIEL: &str = "daniel.okafor";
const LENA: &str = "lena.fischer";
const MINUTE: Duration = Duration::from_mins(1);
const ASKS: &str = "Ada Keller cannot sign in and asks for your approval";
const UNCHANGED: &str = "Nothing has changed";
const REVIEW: &str = "Did Ada Keller ask you for help?";

async fn time_passes(story: &Story, time: Duration) {
    story.advance(time).await;
    story.run_timers().await;
    story.run_jobs().await;
}

/// Daniel approves, Ada gets a pass, and nothing comes of it. Whatever mail has to leave meanwhile waits.
async fn lapses(story: &Story, ada: &Person<'_>) {
    let daniel = story.manager(DANIEL);
    daniel.opens_mail().await.shows(200, REVIEW);
    let page = daniel.approves(&ada.contact_code().await).await;
    page.shows(200, "You have approved the request");
    story.run_timers().await;
    ada.claims().await.shows(200, "Your pass");
    story.advance(120 * MINUTE).await;
    story.watch().await;
    assert_eq!(ada.state().await, StateName::Lapsed);
}

/// Daniel takes the case up again.
async fn reopens(story: &Story) -> Manager<'_> {
    let daniel = story.manager(DANIEL);
    daniel
        .opens_mail()
        .await
        .shows(200, "Take the case up again");
    daniel
        .browser
        .post("/approve/reopen", &[])
        .await
        .shows(200, REVIEW);
    daniel
}

/// How often somebody was asked.
async fn asked(story: &Story, alias: &str) -> usize {
    let subjects = story.subjects(&work_address(alias)).await;
    subjects.iter().filter(|subject| *subject == ASKS).count()
}

#[tokio::test]
async fn everybody_reads_what_was_done_before() {
    let security = work_address("jonas.weber");
    let alerts = format!("[\"{security}\"]");
    let story = Story::with(&[("alerts.to", &alerts), ("alerts.recoveries", "true")]).await;
    let ada = story.locked_out(ADA);
    ada.waits().await;
    ada.status().await.shows(200, UNCHANGED);
    lapses(&story, &ada).await;
    story.run_jobs().await;
    let addresses = [work_address(DANIEL), private_address(ADA), security];
    let mut before = Vec::new();
    for address in &addresses {
        before.push(story.mails(address).await.len());
    }
    let daniel = reopens(&story).await;
    story.run_jobs().await;
    let page = daniel.browser.get("/approve").await;
    page.shows(200, "Recoveries in the last 90 days 1");
    for path in ["/approve", "/approve/deny", "/approve/hand-on"] {
        let page = daniel.browser.get(path).await;
        page.shows(
            200,
            "A pass was given out before, and does not work any more.",
        );
        assert!(!page.text().contains(UNCHANGED), "{path}: {}", page.text());
    }
    let status = ada.status().await;
    status
        .shows(200, "It was taken up again")
        .shows(200, "some or all of your old ways to sign in were removed");
    assert!(!status.text().contains(UNCHANGED), "{}", status.text());
    for (address, before) in addresses.iter().zip(before) {
        let mails = story.mails(address).await;
        assert!(mails.len() > before, "{address} is told");
        for mail in &mails[before..] {
            let text = text(mail).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains("A pass was given out before"), "{text}");
            assert!(!text.contains(UNCHANGED), "{text}");
        }
    }
    let code = ada.contact_code().await;
    daniel
        .approves(&code)
        .await
        .shows(200, "You have approved the request");
}

#[tokio::test]
async fn a_question_of_an_earlier_round_is_not_mailed_in_the_next() {
    let story = Story::begin().await;
    let lena = work_address(LENA);
    story
        .treat_mail(json!({ "mode": "tempfail", "recipient": lena }))
        .await;
    let ada = story.locked_out(ADA);
    ada.waits().await;
    time_passes(&story, 30 * MINUTE).await;
    lapses(&story, &ada).await;
    assert_eq!(asked(&story, LENA).await, 0);
    reopens(&story).await;
    let promised = format!("job LIKE '%ask_approver%{}%'", story.id_of(LENA).await);
    let owed = story.database().count("outbox", &promised).await;
    assert_eq!(owed, 1, "the question of the round before");
    story.mail_server("accept").await;
    time_passes(&story, 5 * MINUTE).await;
    let request = ada.request().await;
    let State::AwaitingApproval(awaiting) = &request.state else {
        panic!("it waits");
    };
    let id = story.id_of(LENA).await;
    let asked_at = request.facts.approver(&id).unwrap().asked_at;
    let in_this_round = asked_at.is_some_and(|at| at >= awaiting.asked_at);
    let told = story.mails(&lena).await.len();
    assert!(told <= 1, "{told} mails");
    assert!(in_this_round || told == 0, "{told} mails");
}

#[tokio::test]
async fn a_notice_that_leaves_late_says_what_was_so_then() {
    let security = work_address("jonas.weber");
    let alerts = format!("[\"{security}\"]");
    let story = Story::with(&[("alerts.to", &alerts), ("alerts.recoveries", "true")]).await;
    let late = json!({ "mode": "tempfail", "recipient": security });
    story.treat_mail(late).await;
    let ada = story.locked_out(ADA);
    ada.waits().await;
    lapses(&story, &ada).await;
    assert!(story.mails(&security).await.is_empty());
    story.mail_server("accept").await;
    time_passes(&story, 5 * MINUTE).await;
    let mut told = 0;
    for mail in story.mails(&security).await {
        let subject = mail["subject"].as_str().unwrap();
        if subject.contains("asks for account recovery") || subject.contains("was approved") {
            told += 1;
            let text = text(&mail).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(UNCHANGED), "{text}");
        }
    }
    assert_eq!(told, 2);
}

#[tokio::test]
async fn nobody_is_asked_late_who_has_named_somebody_else() {
    let story = Story::begin().await;
    story
        .treat_mail(json!({ "mode": "tempfail", "recipient": work_address(DANIEL) }))
        .await;
    let ada = story.locked_out(ADA);
    ada.waits().await;
    let (daniel, list) = story.lists(DANIEL).await;
    opens(&daniel, &list).await.shows(200, REVIEW);
    let maria = work_address("maria.costa");
    daniel
        .post("/approve/hand-on", &[("colleague", &maria)])
        .await
        .shows(200, "You have named somebody else");
    story.mail_server("accept").await;
    time_passes(&story, 5 * MINUTE).await;
    let told = (
        asked(&story, DANIEL).await,
        asked(&story, "maria.costa").await,
    );
    assert_eq!(told, (0, 1));
}

#[tokio::test]
async fn a_case_is_not_taken_up_while_the_person_asks_anew() {
    let story = Story::begin().await;
    let ada = story.locked_out(ADA);
    ada.waits().await;
    lapses(&story, &ada).await;
    let daniel = story.manager(DANIEL);
    daniel
        .opens_mail()
        .await
        .shows(200, "Take the case up again");
    story.locked_out(ADA).waits().await;
    daniel
        .browser
        .post("/approve/reopen", &[])
        .await
        .shows(409, "Error: Nothing came of the pass")
        .shows(409, "The person has asked anew in the meantime");
    assert_eq!(ada.state().await, StateName::Lapsed);
}
