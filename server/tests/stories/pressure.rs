//! Too much for everybody together: work, harder work, and the circuit breaker.

use std::time::Duration;

use domain::StateName;

use crate::{
    browser::Page,
    harness::{ADMINS, Story},
    limits::{LITTLE_WORK, WORK, ask, at, opened, ticket},
    people::{work_address, wrong},
    process::output,
    work::Work,
};

/// Asks for this account from a network of its own, with whatever work it takes.
async fn work_for(story: &Story, alias: &str, address: &str) -> Page {
    let person = at(story, alias, address);
    let page = person.types(&work_address(alias)).await;
    match Work::of(&page.body) {
        Some(work) => person.types_with(&work_address(alias), &work).await,
        None => page,
    }
}

const PEOPLE: [&str; 20] = [
    "ada.keller",
    "bo.nilsson",
    "chidi.eze",
    "dana.petrova",
    "elif.yilmaz",
    "femi.adeyemi",
    "iris.novak",
    "jamal.haddad",
    "gina.rossi",
    "henrik.dahl",
    "greta.holm",
    "hugo.martin",
    "kaisa.virtanen",
    "liam.oconnor",
    "mei.tanaka",
    "nora.lind",
    "paula.silva",
    "quentin.roy",
    "lena.fischer",
    "maria.costa",
];

#[tokio::test]
async fn far_too_many_people_take_work_and_then_pause_opening_alone() {
    let marks = [
        ("limits.work_at_opens", "4"),
        ("limits.pause_at_opens", "6"),
        LITTLE_WORK,
    ];
    let story = Story::guarded(&marks).await;
    let early = at(&story, PEOPLE[0], "198.51.100.1");
    early.asks().await;
    for (n, alias) in PEOPLE.iter().enumerate().take(4).skip(1) {
        opened(&ask(&story, alias, &format!("192.0.2.{n}")).await);
    }
    for (n, alias) in PEOPLE.iter().enumerate().take(7).skip(4) {
        let address = format!("192.0.2.{n}");
        ask(&story, alias, &address).await.shows(429, WORK);
        opened(&work_for(&story, alias, &address).await);
    }
    story.run_jobs().await;
    for n in 7..10 {
        let page = ask(&story, &format!("somebody.{n}"), &format!("192.0.2.{n}")).await;
        page.shows(503, "We take no new requests at the moment");
        page.shows(503, "Wait 15 minutes");
        assert!(!page.header("retry-after").is_empty());
    }
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert_eq!(alerts, ["Alert: no new requests are taken for a while"]);

    story.admin("auditor", "correct horse battery").await;
    let form = [("name", "auditor"), ("password", "correct horse battery")];
    let page = story.browser().post("/console/sign-in", &form).await;
    page.shows(
        200,
        "No new requests are taken. Far too much has been going on",
    );

    // What runs goes on.
    early.proves().await.submits().await;
    assert_eq!(early.state().await, StateName::AwaitingApproval);

    // It begins again by itself, and another pause within the hour is the same episode.
    story.advance(Duration::from_mins(15)).await;
    let flood = async |network: u8| {
        let mut paused = 0;
        for (n, alias) in PEOPLE.iter().enumerate() {
            let address = format!("10.{network}.0.{n}");
            paused += usize::from(work_for(&story, alias, &address).await.status == 503);
            story.run_jobs().await;
        }
        paused
    };
    assert!(flood(1).await > 0);
    assert_eq!(story.subjects(ADMINS).await.len(), 1);
    story.advance(Duration::from_hours(3)).await;
    assert!(flood(2).await > 0);
    assert_eq!(story.subjects(ADMINS).await.len(), 2);

    // An operator who ends it early is not overruled by the next request.
    let (status, _, errors) = output(&story, &["admin", "resume"]);
    assert_eq!(status, Some(0), "{errors}");
    for (n, alias) in PEOPLE.iter().rev().enumerate().take(6) {
        opened(&work_for(&story, alias, &format!("10.3.0.{n}")).await);
        story.run_jobs().await;
    }
}

#[tokio::test]
async fn invented_names_make_it_harder_and_pause_nothing() {
    let marks = [
        ("limits.work_at_opens", "4"),
        ("limits.pause_at_opens", "6"),
        ("limits.pause_at_failures", "70"),
        LITTLE_WORK,
    ];
    let story = Story::guarded(&marks).await;
    let asked = async |n: u32| {
        let (name, address) = (format!("somebody.{n}"), format!("192.0.2.{n}"));
        let person = at(&story, &name, &address);
        let page = person.types(&work_address(&name)).await;
        let Some(work) = Work::of(&page.body) else {
            opened(&page);
            return 0;
        };
        opened(&person.types_with(&work_address(&name), &work).await);
        work.largest
    };
    let mut hardness = Vec::new();
    for n in 0..40 {
        hardness.push(asked(n).await);
        story.run_jobs().await;
    }
    assert_eq!(hardness[..5], [0, 0, 0, 0, 100]);
    assert_eq!(hardness[7..14], [100, 200, 200, 200, 200, 300, 300]);
    // No browser is too old for it.
    assert_eq!(hardness[38..], [800, 800]);
    assert!(story.subjects(ADMINS).await.is_empty());

    // With nothing but waiting it takes that many times as long.
    let person = at(&story, "ada.keller", "198.51.100.1");
    let asked = ticket(&person.types(&work_address("ada.keller")).await);
    story.advance(Duration::from_secs(8 * 30 - 1)).await;
    let page = person.types_with(&work_address("ada.keller"), &asked).await;
    page.shows(429, "A little more time is needed");
    story.advance(Duration::from_secs(1)).await;
    opened(&person.types_with(&work_address("ada.keller"), &asked).await);
}

#[tokio::test]
async fn one_name_alone_pauses_nothing_and_takes_no_work_from_others() {
    let marks = [
        ("limits.work_at_opens", "8"),
        ("limits.pause_at_opens", "12"),
        LITTLE_WORK,
    ];
    let story = Story::guarded(&marks).await;
    let ada = work_address("ada.keller");
    for n in 0..40 {
        let person = at(&story, "ada.keller", &format!("192.0.2.{n}"));
        let page = person.types(&ada).await;
        if let Some(work) = Work::of(&page.body) {
            opened(&person.types_with(&ada, &work).await);
        }
    }
    assert_eq!(story.requests().await.len(), 40);
    opened(&ask(&story, "bo.nilsson", "198.51.100.1").await);
}

#[tokio::test]
async fn proofs_that_fail_for_many_people_pause_opening_and_each_counts_once() {
    let marks = [
        ("limits.work_at_failures", "4"),
        ("limits.pause_at_failures", "5"),
        LITTLE_WORK,
    ];
    let story = Story::guarded(&marks).await;
    for (n, alias) in PEOPLE.iter().enumerate().take(6) {
        let person = at(&story, alias, &format!("192.0.2.{n}"));
        let page = person.types(&work_address(alias)).await;
        if let Some(work) = Work::of(&page.body) {
            opened(&person.types_with(&work_address(alias), &work).await);
        }
        story.run_jobs().await;
        let guess = wrong(&person.code().await);
        for _ in 0..3 {
            person.browser.post("/prove", &[("code", &guess)]).await;
        }
        story.run_jobs().await;
        let alerts = story.subjects(ADMINS).await;
        assert_eq!(alerts.len(), usize::from(n == 5), "{alerts:?}");
    }
    let page = ask(&story, "nobody.here", "198.51.100.77").await;
    page.shows(503, "We take no new requests at the moment");
}

#[tokio::test]
async fn failed_proofs_of_many_people_take_work_from_whoever_opens() {
    let marks = [
        ("limits.work_at_failures", "8"),
        ("limits.pause_at_failures", "14"),
    ];
    let story = Story::guarded(&marks).await;
    let guess = async |alias: &str, address: &str| {
        let person = at(&story, alias, address);
        person.asks().await;
        let guess = wrong(&person.code().await);
        for _ in 0..3 {
            person.browser.post("/prove", &[("code", &guess)]).await;
        }
    };
    // One account counts for six and no more.
    for n in 0..4 {
        guess("ada.keller", &format!("192.0.2.{n}")).await;
    }
    opened(&ask(&story, "dana.petrova", "198.51.100.1").await);
    guess("bo.nilsson", "192.0.2.10").await;
    let page = ask(&story, "elif.yilmaz", "198.51.100.2").await;
    page.shows(429, WORK);
}
