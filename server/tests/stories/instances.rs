//! Several processes on one database, and one on an embedded one.

use std::time::Duration;

use latchkey::{failpoint, jobs::Worker};
use reqwest::Response;
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{engine::Database, harness::Story, people::Person, process::output};

/// How soon a browser has to show what happened at another instance.
const SOON: Duration = Duration::from_secs(2);

/// Goes as far as the wait for approval where programs do everything by themselves.
async fn waits(story: &Story, person: &Person<'_>) {
    person.types("ada.keller@harbourfinch.example").await;
    for address in [
        "ada.keller@private.example",
        "daniel.okafor@harbourfinch.example",
    ] {
        story
            .eventually("a mail to leave", async || {
                !story.mails(address).await.is_empty()
            })
            .await;
        if address.starts_with("ada") {
            person.proves().await;
            let page = person.browser.post("/submit", &[]).await;
            page.shows(200, "Your request is waiting for approval");
        }
    }
}

/// The next thing that a page hears.
async fn hears(stream: &mut Response) -> String {
    let heard = stream.chunk().await.unwrap().expect("the stream goes on");
    String::from_utf8(heard.to_vec()).unwrap()
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn a_browser_hears_at_once_what_happened_at_another_instance() {
    let story = Story::closed(&[]).await;
    let here = story.program().await;
    let there = story.program().await;
    story.turn_to(&[here.address]);
    let ada = story.locked_out("ada.keller");
    ada.browser.stay_at(here.address);
    waits(&story, &ada).await;
    let mut stream = ada.browser.listen("/status/events").await;
    assert!(hears(&mut stream).await.contains("awaiting_approval"));

    let daniel = story.manager("daniel.okafor");
    daniel.browser.stay_at(there.address);
    daniel.opens_mail().await.shows(200, "ask you for help?");
    let code = ada.contact_code().await;
    daniel
        .approves(&code)
        .await
        .shows(200, "You have approved the request");
    let heard = tokio::time::timeout(SOON, async {
        loop {
            let news = hears(&mut stream).await;
            if !news.contains("awaiting_approval") && news.contains("shows") {
                return news;
            }
        }
    });
    let news = heard.await.expect("the change is heard within two seconds");
    assert!(news.contains("ready") || news.contains("cooling"), "{news}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn pages_and_jobs_can_be_in_processes_of_their_own() {
    let story = Story::closed(&[]).await;
    let mut pages = story.pages().await;
    let ada = story.locked_out("ada.keller");
    ada.types("ada.keller@harbourfinch.example").await;
    // Nobody carries out jobs yet: what was promised waits.
    tokio::time::sleep(SOON).await;
    assert!(story.mails("ada.keller@private.example").await.is_empty());
    let mut worker = story.worker();
    story
        .eventually("the code to be mailed", async || {
            !story.mails("ada.keller@private.example").await.is_empty()
        })
        .await;
    ada.proves().await;
    ada.browser
        .post("/submit", &[])
        .await
        .shows(200, "Your request is waiting for approval");
    story
        .eventually("the manager to be asked", async || {
            !story
                .mails("daniel.okafor@harbourfinch.example")
                .await
                .is_empty()
        })
        .await;
    for program in [&mut worker, &mut pages] {
        assert_eq!(program.ends().await.code(), Some(0), "{}", program.log());
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn instances_that_start_at_once_make_the_tables_once() {
    let story = Story::closed(&[]).await;
    let held = story.database().hold_tables().await;
    let release = async {
        // Longer than a query waits for a lock otherwise.
        tokio::time::sleep(Duration::from_secs(6)).await;
        held.let_go().await;
    };
    let (one, other, ()) = tokio::join!(story.program(), story.program(), release);
    story.turn_to(&[one.address, other.address]);
    let ada = story.locked_out("ada.keller");
    waits(&story, &ada).await;
}

#[tokio::test]
async fn an_embedded_database_has_one_process_for_everything() {
    let story = Story::begin().await;
    if let Database::Postgres(_) = story.database() {
        return;
    }
    for arguments in [&["worker"][..], &["serve", "--pages-only"]] {
        let (status, _, errors) = output(&story, arguments);
        assert_eq!(status, Some(1), "{errors}");
        assert!(
            errors.contains("need PostgreSQL (database.url)"),
            "{errors}"
        );
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let story = Story::begin().await;
    story.stop().await;
    let newer = match story.database() {
        Database::Sqlite(_) => "x'00'",
        Database::Postgres(_) => "'\\x00'",
    };
    story
        .database()
        .tamper(&format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9001, 'of tomorrow', TRUE, {newer}, 0)"
        ))
        .await;
    for arguments in [&["serve"][..], &["migrate"], &["admin", "create", "alice"]] {
        let (status, out, errors) = output(&story, arguments);
        assert_eq!(status, Some(1), "{errors}");
        assert!(
            errors.contains(
                "migrated by a newer version of Latchkey (migration 9001; this version knows"
            ),
            "{errors}"
        );
        assert!(out.is_empty(), "{out}");
    }
}

#[tokio::test]
async fn a_changed_migration_is_noticed() {
    let story = Story::begin().await;
    story.stop().await;
    let other = match story.database() {
        Database::Sqlite(_) => "x'00'",
        Database::Postgres(_) => "'\\x00'",
    };
    story
        .database()
        .tamper(&format!(
            "UPDATE _sqlx_migrations SET checksum = {other} WHERE version = 1"
        ))
        .await;
    let (status, _, errors) = output(&story, &["serve"]);
    assert_eq!(status, Some(1), "{errors}");
    assert!(
        errors.contains("migration 1 was previously applied but has been modified"),
        "{errors}"
    );
}

#[tokio::test]
async fn a_database_of_the_version_before_keeps_what_is_in_it() {
    let story = Story::closed(&[]).await;
    let columns =
        "id, version, state, is_open, occupies, browser_hash, opened_at, changed_at, body";
    let (id, hash) = match story.database() {
        Database::Sqlite(path) => {
            std::fs::write(path, "").unwrap();
            let options = SqliteConnectOptions::new().filename(path);
            let mut old = SqliteConnection::connect_with(&options).await.unwrap();
            let migrations = sqlx::migrate!("../migrations/sqlite");
            migrations.run_to(2, &mut old).await.unwrap();
            ("x'00000000000000000000000000000001'", "x'01'")
        }
        Database::Postgres(url) => {
            let mut old = PgConnection::connect(url.as_str()).await.unwrap();
            let migrations = sqlx::migrate!("../migrations/postgres");
            migrations.run_to(2, &mut old).await.unwrap();
            ("'00000000-0000-0000-0000-000000000001'", "'\\x01'")
        }
    };
    for statement in [
        format!(
            "INSERT INTO requests ({columns}) VALUES ({id}, 1, 'denied', FALSE, FALSE, {hash}, 1, 1, '{{}}')"
        ),
        format!(
            "INSERT INTO outbox (id, request_id, job, not_before, attempts) VALUES ({id}, {id}, 'a job of old', 7, 3)"
        ),
        format!(
            "INSERT INTO audit (at, request_id, actor, event) VALUES (5, {id}, 'timer', 'an event of old')"
        ),
    ] {
        story.database().tamper(&statement).await;
    }
    let (status, out, errors) = output(&story, &["migrate"]);
    assert_eq!(
        (status, out.as_str()),
        (Some(0), "The database is up to date.\n"),
        "{errors}"
    );
    let tail = story.records().await.audit_tail().await.unwrap();
    assert_eq!(tail.map(|tail| tail.row), Some(1));
    let kept = story.database().content().await;
    for text in ["a job of old", "an event of old"] {
        let holds = |bytes: &[u8]| {
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        assert!(kept.iter().any(|(_, bytes)| holds(bytes)), "{text} is lost");
    }
    // The log is as append-only as it was.
    let refused = story.database().try_tamper("DELETE FROM audit").await;
    assert!(refused.unwrap_err().to_string().contains("append-only"));
    // A second time there is nothing to do.
    assert_eq!(output(&story, &["migrate"]).0, Some(0));
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn an_instance_that_stops_in_mid_transaction_does_not_keep_the_others_from_a_row() {
    let story = Story::closed(&[]).await;
    let ada = story.locked_out("ada.keller");
    let other = story.program().await;
    waits(&story, &ada).await;
    let stopped = [(failpoint::VARIABLE, "change-written=stop")];
    let stuck = story.program_with(&stopped).await;
    let code = ada.contact_code().await;
    let [one, two] = [&stuck, &other].map(|program| {
        let daniel = story.manager("daniel.okafor");
        daniel.browser.stay_at(program.address);
        daniel
    });
    two.opens_mail().await.shows(200, "ask you for help?");
    one.opens_mail().await.shows(200, "ask you for help?");
    let denies = async {
        stuck.has_stopped().await;
        story
            .eventually("the denial to be kept", async || {
                two.denies().await.status == 200
            })
            .await;
        stuck.goes_on();
    };
    let (page, ()) = tokio::join!(one.approves(&code), denies);
    assert_ne!(page.status, 200, "{}", page.text());
    ada.browser.stay_at(other.address);
    ada.status().await.shows(200, "Your request was declined");
}

#[tokio::test]
async fn the_time_of_a_shared_database_counts_whatever_a_machine_says() {
    let story = Story::begin().await;
    let right = story.now();
    let off = Duration::from_hours(24);
    story.machine_says(right + off);
    story.restart().await;
    let wrong = story.now() >= right + off;
    assert_eq!(wrong, matches!(story.database(), Database::Sqlite(_)));
}

#[tokio::test]
async fn one_instance_does_each_round_of_regular_work() {
    let story = Story::begin().await;
    let records = story.records().await;
    let is_shared = matches!(story.database(), Database::Postgres(_));
    let (now, minute) = (story.now(), Duration::from_mins(1));
    let turn = async |now| records.take_turn("a test", now, minute).await.unwrap();
    assert!(turn(now).await);
    assert_eq!(turn(now).await, !is_shared);
    assert!(turn(now + minute).await);
    // Whoever took a turn by a clock that was a day ahead does not keep the others from it.
    assert!(turn(now + minute * 1440).await);
    assert!(turn(now + minute).await);
}

#[tokio::test]
async fn a_lease_by_a_wrong_clock_is_no_lease_and_what_cannot_be_read_is_left_for_later() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.types("ada.keller@harbourfinch.example").await;
    story
        .database()
        .tamper("UPDATE outbox SET lease_until = 9000000000000")
        .await;
    let id = match story.database() {
        Database::Sqlite(_) => "x'00000000000000000000000000000001'",
        Database::Postgres(_) => "'00000000-0000-0000-0000-000000000001'",
    };
    let newer = r#"{"job":"of tomorrow"}"#;
    let add = format!("INSERT INTO outbox (id, job, not_before) VALUES ({id}, '{newer}', 0)");
    story.database().tamper(&add).await;
    let worker = Worker::new(story.recovery());
    for _ in 0..3 {
        let error = worker.run_jobs().await.unwrap_err().to_string();
        assert!(error.contains("a stored job cannot be read"), "{error}");
        story.run_jobs().await;
        story.advance(Duration::from_mins(6)).await;
    }
    assert!(ada.request().await.facts.subject.is_some());
}
