//! Approvers say when they are away, and who stands in.

use std::time::Duration;

use domain::{Risk, Timestamp};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use latchkey::audit::InstallationEvent;
use serde_json::json;

use crate::{
    approver_sign_in::REQUIRED,
    browser::{Browser, Page},
    harness::Story,
    own_codes::hidden,
    people::{link, text, work_address},
};

const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);
const PAGE: &str = "/approvals/absence";

impl Story {
    /// The browser of the employee with this name before the `@`, who has just signed in to say when they are away.
    async fn plans(&self, alias: &str) -> Browser<'_> {
        let browser = self.browser();
        let page = self.employee_signs_in_to(&browser, alias, "absence").await;
        assert_eq!((page.status, page.header("location")), (303, PAGE));
        browser
    }

    /// The day that is so many days from today.
    fn day(&self, days: i64) -> String {
        let now = jiff::Timestamp::from_millisecond(self.now().millis()).unwrap();
        let today = now.to_zoned(TimeZone::UTC).date();
        today.checked_add(days.days()).unwrap().to_string()
    }

    /// What the log says of absences.
    async fn planned(&self) -> Vec<InstallationEvent> {
        let events = self.records().await.installation_events().await.unwrap();
        let is_one = |event: &InstallationEvent| {
            matches!(
                event,
                InstallationEvent::AbsencePlanned { .. }
                    | InstallationEvent::AbsenceRemoved { .. }
                    | InstallationEvent::DelegateStepsBack { .. }
            )
        };
        events.into_iter().filter(is_one).collect()
    }
}

/// Plans an absence; days are counted from today.
async fn plan(
    story: &Story,
    browser: &Browser<'_>,
    (from, until): (i64, i64),
    delegate: &str,
) -> Page {
    let (from, until) = (story.day(from), story.day(until));
    let form = [
        ("from", from.as_str()),
        ("until", until.as_str()),
        ("delegate", delegate),
    ];
    browser.post(PAGE, &form).await
}

/// The start of a day, in UTC.
fn midnight(day: &str) -> Timestamp {
    let day: Date = day.parse().unwrap();
    let start = day.to_zoned(TimeZone::UTC).unwrap();
    Timestamp::from_millis(start.timestamp().as_millisecond())
}

#[tokio::test]
async fn an_absence_is_planned_told_and_taken_back() {
    let story = Story::begin().await;
    let daniel = story.plans("daniel.okafor").await;
    daniel
        .get(PAGE)
        .await
        .shows(200, "You have not told us of any time.");
    let page = plan(&story, &daniel, (0, 6), &work_address("maria.costa")).await;
    page.shows(200, "Maria Costa stands in for you.");
    let [
        InstallationEvent::AbsencePlanned {
            person,
            from,
            until,
            delegate,
        },
    ] = &story.planned().await[..]
    else {
        panic!("it is in the log");
    };
    assert_eq!(*person, story.id_of("daniel.okafor").await);
    assert_eq!(*delegate, Some(story.id_of("maria.costa").await));
    assert_eq!(*from, midnight(&story.day(0)));
    assert_eq!(*until, midnight(&story.day(7)));

    // Both are told, with a way to the page that gives no rights.
    story.run_jobs().await;
    for (alias, subject) in [
        ("daniel.okafor", "and Maria Costa stands in"),
        ("maria.costa", "You stand in for Daniel Okafor"),
    ] {
        let mails = story.mails(&work_address(alias)).await;
        let [mail] = &mails[..] else {
            panic!("{alias}: {mails:?}");
        };
        assert!(mail["subject"].as_str().unwrap().contains(subject));
        let way = format!(
            "{}/approvals/absence",
            story.base_url().trim_end_matches('/')
        );
        assert!(text(mail).lines().any(|line| line == way), "{}", text(mail));
        assert_eq!(link(&story, mail, "approve"), None);
    }

    // Whoever does not stand in or is not away sees nothing of it, and can undo nothing.
    let absence = hidden(&page, "absence");
    let lena = story.plans("lena.fischer").await;
    let undo = [("absence", absence.as_str())];
    let page = lena.post("/approvals/absence/undo", &undo).await;
    assert!(!page.text().contains("Okafor"), "{}", page.text());
    assert_eq!(story.planned().await.len(), 1);

    let page = daniel.post("/approvals/absence/undo", &undo).await;
    page.shows(200, "You have not told us of any time.");
    // A second time nothing happens.
    daniel.post("/approvals/absence/undo", &undo).await;
    assert_eq!(story.planned().await.len(), 2);
    story.run_jobs().await;
    let told = story.subjects(&work_address("maria.costa")).await;
    assert_eq!(told.len(), 2);
    assert!(told[1].starts_with("You do not stand in for Daniel Okafor any more"));
}

#[tokio::test]
async fn whoever_stands_in_can_say_that_they_cannot() {
    let story = Story::begin().await;
    let daniel = story.plans("daniel.okafor").await;
    plan(&story, &daniel, (1, 2), &work_address("maria.costa")).await;
    story.run_jobs().await;
    let maria = story.plans("maria.costa").await;
    let page = maria.get(PAGE).await;
    page.shows(200, "Daniel Okafor ,")
        .shows(200, "I cannot stand in");
    let absence = hidden(&page, "absence");
    let undo = [("absence", absence.as_str())];
    let page = maria.post("/approvals/absence/undo", &undo).await;
    assert!(!page.text().contains("Okafor"));
    // The one who is away still is.
    daniel
        .get(PAGE)
        .await
        .shows(200, "Nobody stands in for you.");
    story.run_jobs().await;
    let told = story.subjects(&work_address("daniel.okafor")).await;
    assert!(told[1].starts_with("Nobody stands in for you"), "{told:?}");
    let (person, delegate) = (
        story.id_of("daniel.okafor").await,
        story.id_of("maria.costa").await,
    );
    assert_eq!(
        story.planned().await.last(),
        Some(&InstallationEvent::DelegateStepsBack { person, delegate })
    );
}

#[tokio::test]
async fn answers_that_make_no_sense_are_kept_and_said() {
    let story = Story::begin().await;
    let daniel = story.plans("daniel.okafor").await;
    let maria = work_address("maria.costa");
    for (from, until, delegate, sentence) in [
        ("", story.day(1), maria.as_str(), "Enter the first day"),
        ("tomorrow", story.day(1), &maria, "Enter the first day"),
        (&story.day(1), String::new(), &maria, "Enter the last day"),
        (
            &story.day(1),
            "2026-02-30".to_owned(),
            &maria,
            "Enter the last day",
        ),
        (
            &story.day(2),
            story.day(1),
            &maria,
            "must not be before the first",
        ),
        (&story.day(-3), story.day(-1), &maria, "not over yet"),
        (&story.day(1), story.day(400), &maria, "within a year"),
        (
            &story.day(1),
            story.day(2),
            &work_address("daniel.okafor"),
            "not yourself",
        ),
        (
            &story.day(1),
            story.day(2),
            &work_address("emma.larsen"),
            "no active colleague",
        ),
        (
            &story.day(1),
            story.day(2),
            "ivo@partner.example",
            "no active colleague",
        ),
        (
            &story.day(1),
            story.day(2),
            &work_address("nobody"),
            "no active colleague",
        ),
        (&story.day(1), story.day(2), "Maria", "no active colleague"),
    ] {
        let form = [
            ("from", from),
            ("until", until.as_str()),
            ("delegate", delegate),
        ];
        let page = daniel.post(PAGE, &form).await;
        page.shows(422, sentence);
        for typed in [from, &until, delegate] {
            assert!(page.body.contains(&format!("value=\"{typed}\"")), "{typed}");
        }
    }
    assert_eq!(story.planned().await, []);
    plan(&story, &daniel, (1, 3), "")
        .await
        .shows(200, "Nobody stands in for you.");
    for (from, until) in [(0, 1), (3, 5), (2, 2), (0, 9)] {
        plan(&story, &daniel, (from, until), "")
            .await
            .shows(422, "You have told us of such a time already");
    }
    plan(&story, &daniel, (4, 4), "")
        .await
        .shows(200, "Nobody stands in for you.");
}

#[tokio::test]
async fn only_so_many_are_planned_and_they_are_forgotten() {
    let story = Story::begin().await;
    let daniel = story.plans("daniel.okafor").await;
    for day in 0..20 {
        plan(&story, &daniel, (day, day), "").await;
    }
    plan(&story, &daniel, (20, 20), "")
        .await
        .shows(422, "or of very many");
    assert_eq!(story.planned().await.len(), 20);
    story.advance(30 * DAY).await;
    story.recovery().sweep().await.unwrap();
    let tables = story.database().tables().await;
    let kept: Vec<(i64,)> = tables.select("SELECT COUNT(*) FROM absences").await;
    assert_eq!(kept, [(0,)]);
}

#[tokio::test]
async fn an_open_browser_plans_nothing() {
    let story = Story::begin().await;
    // They are signed in for their codes, by a session at the identity provider.
    let long_ago = story.now().millis() / 1000 - 301;
    story
        .forges(json!({ "claims": { "auth_time": long_ago } }))
        .await;
    let browser = story.employee("daniel.okafor").await;
    browser
        .get(PAGE)
        .await
        .shows(200, "Sign in to say when you are away");
    let page = plan(&story, &browser, (1, 2), "").await;
    page.shows(200, "Sign in to say when you are away");
    assert_eq!(story.planned().await, []);

    story.forges(json!({})).await;
    let daniel = story.plans("daniel.okafor").await;
    story.advance(14 * MINUTE).await;
    plan(&story, &daniel, (1, 2), "")
        .await
        .shows(200, "Nobody stands in for you.");
    story.advance(MINUTE).await;
    plan(&story, &daniel, (3, 4), "").await;
    assert_eq!(story.planned().await.len(), 1);
}

#[tokio::test]
async fn whoever_is_disabled_meanwhile_plans_nothing() {
    let story = Story::begin().await;
    let daniel = story.plans("daniel.okafor").await;
    story
        .changes("daniel.okafor", json!({ "accountEnabled": false }))
        .await;
    plan(&story, &daniel, (1, 2), "")
        .await
        .shows(403, "Your account is not active here");
    daniel.get(PAGE).await.shows(200, "Sign in");
    assert_eq!(story.planned().await, []);
}

#[tokio::test]
async fn the_directory_being_away_costs_no_answers() {
    let story = Story::begin().await;
    let daniel = story.plans("daniel.okafor").await;
    story.graph_is_down(Some("GET"), "/v1.0/users").await;
    let page = plan(&story, &daniel, (1, 2), &work_address("maria.costa")).await;
    page.shows(503, "Microsoft is not answering");
    assert!(page.body.contains(&work_address("maria.costa")));
}

#[tokio::test]
async fn what_somebody_says_themselves_comes_before_what_is_configured() {
    let configured = "[
        { person = \"daniel.okafor@harbourfinch.example\", from = \"2020-01-01\", until = \"2099-12-31\",
          delegate = \"priya.raman@harbourfinch.example\" },
        { person = \"lena.fischer@harbourfinch.example\", from = \"2020-01-01\", until = \"2020-12-31\" },
    ]";
    let story = Story::with(&[("absences", configured)]).await;
    let away = async |alias: &str| {
        let somebody = story.as_read(alias).await;
        story.recovery().away(&somebody).await.unwrap()
    };
    let by = async |alias: &str| away(alias).await.unwrap().delegate;

    assert_eq!(away("lena.fischer").await, None, "that is over");
    let priya = story.id_of("priya.raman").await;
    assert_eq!(by("daniel.okafor").await, Some(priya));
    let daniel = story.plans("daniel.okafor").await;
    plan(&story, &daniel, (1, 1), &work_address("maria.costa")).await;
    let priya = story.id_of("priya.raman").await;
    assert_eq!(by("daniel.okafor").await, Some(priya), "that is to come");
    plan(&story, &daniel, (0, 0), "").await;
    assert_eq!(by("daniel.okafor").await, None);
    story.advance(DAY).await;
    let maria = story.id_of("maria.costa").await;
    assert_eq!(by("daniel.okafor").await, Some(maria));
    let until = away("daniel.okafor").await.unwrap().until;
    assert_eq!(until, Some(midnight(&story.day(1))));
}

#[tokio::test]
async fn whoever_was_just_named_to_stand_in_makes_a_pass_wait() {
    let story = Story::with(&[REQUIRED]).await;
    let daniel = story.plans("daniel.okafor").await;
    plan(&story, &daniel, (0, 20), &work_address("maria.costa"))
        .await
        .shows(200, "Maria Costa");
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let facts = ada.request().await.facts;
    assert!(facts.asked().any(|asked| asked.name == "Maria Costa"));
    assert!(
        facts.risks.contains(&Risk::NewDelegate),
        "{:?}",
        facts.risks
    );
    let maria = story.manager("maria.costa");
    maria.opens_mail().await;
    story
        .signs_in_to_review(&maria.browser, "maria.costa")
        .await
        .shows(200, "Whoever stands in was named in the last three days");
    ada.browser.post("/withdraw", &[]).await;

    story.advance(3 * DAY).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let facts = ada.request().await.facts;
    assert!(facts.asked().any(|asked| asked.name == "Maria Costa"));
    assert!(
        !facts.risks.contains(&Risk::NewDelegate),
        "{:?}",
        facts.risks
    );
}
