//! Limits: whom each of them stops, and whom it does not.

use std::time::Duration;

use domain::StateName;
use futures::future::join_all;
use serde_json::json;

use crate::{
    browser::Page,
    harness::Story,
    people::{Person, work_address},
    work::Work,
};

const SENT_AWAY: &str = "Too many requests from this network";
pub const WORK: &str = "This takes a moment longer today";
pub const LITTLE_WORK: (&str, &str) = ("limits.work", "100");

/// Somebody at this address.
pub fn at<'a>(story: &'a Story, alias: &str, address: &str) -> Person<'a> {
    let person = story.locked_out(alias);
    person.browser.comes_from(address);
    person
}

/// Asks for this account from a browser of its own at this address.
pub async fn ask(story: &Story, alias: &str, address: &str) -> Page {
    at(story, alias, address).types(&work_address(alias)).await
}

/// What a request that was opened shows.
#[track_caller]
pub fn opened(page: &Page) {
    page.shows(200, "has an address outside work on file");
}

#[tokio::test]
async fn a_network_opens_three_and_then_three_an_hour() {
    let story = Story::guarded(&[]).await;
    for n in 0..3 {
        opened(&ask(&story, &format!("somebody.{n}"), "192.0.2.1").await);
    }
    let page = ask(&story, "ada.keller", "192.0.2.1").await;
    page.shows(429, SENT_AWAY);
    page.shows(429, "Wait 20 minutes");
    let wait: u64 = page.header("retry-after").parse().unwrap();
    assert!((1100..=1200).contains(&wait), "{wait}");
    // What a browser says about itself makes it no other network.
    for forged in [
        "198.51.100.7, 192.0.2.1",
        "::ffff:192.0.2.1",
        "192.0.2.1:4711",
    ] {
        let page = ask(&story, "ada.keller", forged).await;
        page.shows(429, SENT_AWAY);
    }
    opened(&ask(&story, "ada.keller", "192.0.2.2").await);

    // A restart forgets nothing, and having tried in vain costs nothing.
    story.restart().await;
    let page = ask(&story, "bo.nilsson", "192.0.2.1").await;
    page.shows(429, SENT_AWAY);
    story.advance(Duration::from_mins(20)).await;
    opened(&ask(&story, "bo.nilsson", "192.0.2.1").await);
    let page = ask(&story, "bo.nilsson", "192.0.2.1").await;
    page.shows(429, SENT_AWAY);
}

#[tokio::test]
async fn sixty_four_bits_of_an_ipv6_address_are_one_network() {
    let story = Story::guarded(&[]).await;
    for n in 0..3 {
        let address = format!("2001:db8:0:1:{n}::1");
        opened(&ask(&story, &format!("somebody.{n}"), &address).await);
    }
    let page = ask(&story, "somebody.3", "[2001:db8:0:1:ffff::1]:443").await;
    page.shows(429, SENT_AWAY);
    opened(&ask(&story, "somebody.3", "2001:db8:0:2::1").await);
}

#[tokio::test]
async fn a_site_with_many_networks_opens_no_more_than_ten_networks_do() {
    let story = Story::guarded(&[]).await;
    let names: Vec<_> = (0..31).map(|n| format!("somebody.{n}")).collect();
    let (last, others) = names.split_last().unwrap();
    for (n, name) in others.iter().enumerate() {
        opened(&ask(&story, name, &format!("2001:db8:1:{n:x}::1")).await);
    }
    let page = ask(&story, last, "2001:db8:1:ffff::1").await;
    page.shows(429, SENT_AWAY);
    opened(&ask(&story, last, "2001:db8:2:ffff::1").await);
}

#[tokio::test]
async fn without_a_proxy_of_ours_nobody_says_where_they_come_from() {
    let story = Story::guarded(&[("server.trusted_proxies", "0")]).await;
    for n in 0..3 {
        opened(&ask(&story, &format!("somebody.{n}"), &format!("192.0.2.{n}")).await);
    }
    let page = ask(&story, "somebody.3", "192.0.2.3").await;
    page.shows(429, SENT_AWAY);
}

#[tokio::test]
async fn a_kiosk_lets_as_many_people_in_as_it_is_for() {
    let story = Story::guarded(&[("limits.people_per_network", "2")]).await;
    for n in 0..6 {
        opened(&ask(&story, &format!("somebody.{n}"), "192.0.2.1").await);
    }
    let page = ask(&story, "somebody.6", "192.0.2.1").await;
    page.shows(429, SENT_AWAY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_as_many_get_in_as_one_by_one() {
    let story = Story::guarded(&[]).await;
    let names: Vec<_> = (0..40).map(|n| format!("somebody.{n}")).collect();
    let pages = join_all(names.iter().map(|name| ask(&story, name, "192.0.2.1"))).await;
    let opened = pages.iter().filter(|page| page.status == 200).count();
    assert_eq!(opened, 3);
    assert_eq!(story.requests().await.len(), 3);
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn instances_count_together() {
    let story = Story::closed(&Story::guards(&[])).await;
    let (one, other) = (story.program().await, story.program().await);
    story.turn_to(&[one.address, other.address]);
    let names: Vec<_> = (0..20).map(|n| format!("somebody.{n}")).collect();
    // Redirects go to the next instance, which knows the request as well.
    let pages = join_all(names.iter().map(|name| ask(&story, name, "192.0.2.1"))).await;
    assert_eq!(pages.iter().filter(|page| page.status == 200).count(), 3);
}

#[tokio::test]
async fn a_name_that_is_asked_for_often_takes_work_and_never_keeps_its_owner_out() {
    let story = Story::guarded(&[LITTLE_WORK]).await;
    let ada = work_address("ada.keller");
    for n in 0..6 {
        opened(&ask(&story, "ada.keller", &format!("192.0.2.{n}")).await);
    }
    let owner = at(&story, "ada.keller", "198.51.100.1");
    let page = owner.types(&ada).await;
    page.shows(429, WORK);
    assert!(
        page.body
            .contains("value=\"ada.keller@harbourfinch.example\"")
    );
    let work = Work::of(&page.body).unwrap();

    // What was done for one name serves no other that takes work.
    for n in 0..6 {
        opened(&ask(&story, "bo.nilsson", &format!("192.0.2.1{n}")).await);
    }
    let bo = work_address("bo.nilsson");
    let other = at(&story, "bo.nilsson", "198.51.100.2");
    other.types_with(&bo, &work).await.shows(429, WORK);
    // Nor does a number that is another, or a ticket that was tampered with.
    let other = Work {
        number: "1000000".to_owned(),
        ..work.clone()
    };
    let page = owner.types_with(&ada, &other).await;
    page.shows(429, "A little more time is needed");
    assert_eq!(Work::of(&page.body).unwrap().ticket, work.ticket);
    for end in ["", "A", "!"] {
        let bent = Work {
            ticket: format!("{}{end}", &work.ticket[..work.ticket.len() - 2]),
            ..work.clone()
        };
        owner.types_with(&ada, &bent).await.shows(429, WORK);
    }

    // People change their network on the way.
    owner.browser.comes_from("198.51.100.3");
    opened(&owner.types_with(&ada, &work).await);
    // It serves once, also when it is shown by many at once.
    owner.types_with(&ada, &work).await.shows(429, WORK);
    let work = Work::of(&owner.types(&ada).await.body).unwrap();
    let again = join_all((0..8).map(|_| owner.types_with(&ada, &work))).await;
    assert_eq!(again.iter().filter(|page| page.status == 200).count(), 1);
    // Another name of the same length is not asked for anything.
    opened(&ask(&story, "eda.keller", "192.0.2.77").await);
}

#[tokio::test]
async fn whoever_does_no_work_waits() {
    let story = Story::guarded(&[]).await;
    let ada = work_address("ada.keller");
    for n in 0..6 {
        opened(&ask(&story, "ada.keller", &format!("192.0.2.{n}")).await);
    }
    let owner = at(&story, "ada.keller", "198.51.100.1");
    let asked = || async { ticket(&owner.types(&ada).await) };
    let (one, other) = (asked().await, asked().await);
    assert_ne!(one.ticket, other.ticket);
    let page = owner.types_with(&ada, &one).await;
    page.shows(429, "A little more time is needed");
    page.shows(429, "then press Continue");
    story.advance(Duration::from_secs(29)).await;
    owner
        .types_with(&ada, &one)
        .await
        .shows(429, "A little more time is needed");
    story.advance(Duration::from_secs(1)).await;
    opened(&owner.types_with(&ada, &one).await);
    owner.types_with(&ada, &one).await.shows(429, WORK);
    // It is not put by.
    story.advance(Duration::from_mins(20)).await;
    owner.types_with(&ada, &other).await.shows(429, WORK);
}

/// The ticket that a page carries, without any work.
pub fn ticket(page: &Page) -> Work {
    let (_, rest) = page.body.split_once("name=\"ticket\" value=\"").unwrap();
    Work {
        ticket: rest.split_once('"').unwrap().0.to_owned(),
        number: String::new(),
        largest: 0,
    }
}

#[tokio::test]
async fn limits_tell_nobody_who_exists() {
    let story = Story::guarded(&[]).await;
    let mut told = Vec::new();
    for (network, name) in [(1, "ada.keller"), (2, "ida.nobody")] {
        let mut pages = Vec::new();
        for n in 0..8 {
            let page = ask(&story, name, &format!("10.{network}.0.{n}")).await;
            story.run_jobs().await;
            let headers = ["retry-after", "content-length", "content-type"];
            pages.push((
                page.status,
                headers.map(|name| page.header(name).to_owned()),
                page.text().replace(name, ""),
            ));
        }
        assert_eq!(pages.iter().filter(|page| page.0 == 429).count(), 2);
        told.push(pages);
    }
    for (known, unknown) in told[0].iter().zip(&told[1]) {
        assert_eq!(known.0, unknown.0);
        let plain = |text: &str| {
            let words = text.split_whitespace();
            let kept = words.filter(|word| !word.starts_with("LK-") && !word.contains(':'));
            kept.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(plain(&known.2), plain(&unknown.2));
        assert_eq!(known.1[1..], unknown.1[1..]);
    }
}

#[tokio::test]
async fn whatever_is_tried_again_and_again_is_limited_by_network() {
    let story = Story::guarded(&[
        (
            "proofs.accepted",
            "[\"email_code\", \"password\", \"verified_id\"]",
        ),
        ("proofs.required", "2"),
    ])
    .await;
    story.admin("auditor", "correct horse battery").await;
    let guess = [("name", "auditor"), ("password", "wrong")];
    for (n, (path, form, at_once)) in [
        ("/prove", &[("code", "0")][..], 30),
        ("/prove/resend", &[], 10),
        ("/prove/password", &[], 30),
        ("/prove/verified-id", &[], 10),
        ("/sign-in", &[], 30),
        ("/console/sign-in", &guess, 10),
    ]
    .into_iter()
    .enumerate()
    {
        let person = at(&story, "ada.keller", &format!("192.0.2.{n}"));
        person.types(&work_address("ada.keller")).await;
        story.run_jobs().await;
        for _ in 0..at_once {
            let page = person.browser.submit(path, form).await;
            assert!(
                page.status != 429 && page.status < 500,
                "{path}: {}",
                page.text()
            );
        }
        let page = person.browser.submit(path, form).await;
        page.shows(429, "from this network");
        // The same request goes on elsewhere.
        person.browser.comes_from(&format!("198.51.100.{n}"));
        let page = person.browser.submit(path, form).await;
        assert_ne!(page.status, 429, "{path}");
    }
}

impl Story {
    /// As many as may wait for one approver, besides Ada: with their proofs, and led by Daniel from now on.
    pub async fn ten_of_daniels_people(&self) -> Vec<Person<'_>> {
        let daniel = self.id_of("daniel.okafor").await.0;
        let mut people = Vec::new();
        for alias in [
            "bo.nilsson",
            "chidi.eze",
            "dana.petrova",
            "elif.yilmaz",
            "femi.adeyemi",
            "iris.novak",
            "jamal.haddad",
            "kaisa.virtanen",
            "nora.lind",
            "hugo.martin",
        ] {
            self.change(alias, json!({ "managerId": daniel })).await;
            let person = self.locked_out(alias);
            person.asks().await.proves().await;
            people.push(person);
        }
        people
    }
}

#[tokio::test]
async fn nobody_has_more_than_ten_requests_waiting() {
    let story = Story::begin().await;
    let mut waiting = story.ten_of_daniels_people().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await.proves().await;
    waiting.push(ada);
    let pages = join_all(
        waiting
            .iter()
            .map(|person| person.browser.post("/submit", &[])),
    )
    .await;
    let refused: Vec<_> = (0..pages.len())
        .filter(|n| pages[*n].status != 200)
        .collect();
    assert_eq!(refused.len(), 1);
    let last = &waiting[refused[0]];
    pages[refused[0]].shows(
        422,
        "Too many requests are waiting for your approver already",
    );
    assert_eq!(last.state().await, StateName::Proving);

    // One that is over makes room.
    let first = &waiting[(refused[0] + 1) % waiting.len()];
    first.browser.post("/withdraw", &[]).await;
    last.submits().await;
}
