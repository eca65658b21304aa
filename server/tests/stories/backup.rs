//! Copies of the database, and what becomes of a database that was replaced by an older one.

use std::{fs, path::PathBuf, time::Duration};

use domain::{AbortCause, Ended, State, StateName};

use crate::{
    engine::Database,
    harness::{ADMINS, Story},
    process::output,
};

const PASSWORD: &str = "correct horse battery";
const HOUR: Duration = Duration::from_hours(1);

/// The embedded database's file. These commands are for that engine; on the other one they say so.
fn file(story: &Story) -> Option<PathBuf> {
    match story.database() {
        Database::Sqlite(path) => Some(path.clone()),
        Database::Postgres(_) => None,
    }
}

#[tokio::test]
async fn a_backup_is_taken_while_people_go_on_and_can_be_restored() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story.admin("alice", PASSWORD).await;
    let office = story.browser();
    let form = [("name", "alice"), ("password", PASSWORD)];
    office.post("/console/sign-in", &form).await;
    office.get("/console").await.shows(200, "Recoveries");
    let copy = story.configuration().with_file_name("copy.db");
    let copy = copy.to_str().unwrap();
    let Some(path) = file(&story) else {
        for arguments in [["backup", copy], ["restore", copy]] {
            let (status, _, errors) = output(&story, &arguments);
            assert_eq!(status, Some(1));
            assert!(errors.contains("pg_dump and pg_restore"), "{errors}");
        }
        return;
    };

    let (status, out, errors) = output(&story, &["backup", copy]);
    assert_eq!(status, Some(0), "{errors}");
    assert!(out.contains("1 requests, the audit log up to row"), "{out}");
    // Never over another one.
    let (status, _, errors) = output(&story, &["backup", copy]);
    assert_eq!(status, Some(1));
    assert!(errors.contains("never replaces another"), "{errors}");

    // What comes after the backup is a no, which the backup does not know.
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.denies().await;
    assert_eq!(ada.state().await, StateName::Denied);

    // Not while a server works on it.
    let (status, _, errors) = output(&story, &["restore", copy]);
    assert_eq!(status, Some(1));
    assert!(
        errors.contains("another Latchkey process works on it"),
        "{errors}"
    );
    assert_eq!(ada.state().await, StateName::Denied);

    story.stop().await;
    let (status, out, errors) = output(&story, &["restore", copy]);
    assert_eq!(status, Some(0), "{errors}");
    assert!(
        out.contains("1 requests that were open in it are ended"),
        "{out}"
    );
    let folder = fs::read_dir(path.parent().unwrap()).unwrap();
    let names: Vec<_> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    // Whoever still reads the former database keeps what is beside it.
    let kept = names.iter().filter(|name| {
        let (_, moment) = name.split_once(".before-restore-").unwrap_or_default();
        !moment.is_empty() && moment.bytes().all(|c| c.is_ascii_digit())
    });
    assert_eq!(kept.count(), 1, "{names:?}");
    assert!(
        !names.iter().any(|name| name.contains(".restoring")),
        "{names:?}"
    );

    story.opens().await;
    let State::Ended(Ended::Aborted { cause, .. }) = ada.request().await.state else {
        panic!("still {:?}", ada.state().await);
    };
    assert_eq!(cause, AbortCause::RestoredFromBackup);
    ada.claims().await.shows(409, "Please ask again");
    assert!(story.passes("ada.keller").await.is_empty());
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert!(
        alerts
            .iter()
            .any(|subject| subject.contains("restored from a backup")),
        "{alerts:?}"
    );
    // A session that was ended after the backup would be there again.
    office.get("/console").await.shows(200, "Sign in");
    // Whoever was ended asks anew.
    let again = story.locked_out("ada.keller");
    again.is_approved_by("daniel.okafor").await;
}

#[tokio::test]
async fn a_backup_is_taken_before_an_upgrade_as_well_and_of_a_linked_file() {
    let story = Story::begin().await;
    let Some(path) = file(&story) else { return };
    story.stop().await;
    let real = path.with_file_name("real.db");
    fs::rename(&path, &real).unwrap();
    std::os::unix::fs::symlink(&real, &path).unwrap();
    story
        .database()
        .tamper("DELETE FROM _sqlx_migrations WHERE version > 2")
        .await;
    let copy = path.with_file_name("copy.db");
    let (status, _, errors) = output(&story, &["backup", copy.to_str().unwrap()]);
    assert_eq!(status, Some(0), "{errors}");
    // Two names of one file are one database, with one lock.
    let lock = path.with_file_name("real.db.lock");
    let held = fs::File::options()
        .create(true)
        .append(true)
        .open(lock)
        .unwrap();
    held.lock().unwrap();
    let (status, _, errors) = output(&story, &["restore", copy.to_str().unwrap()]);
    assert_eq!(status, Some(1));
    assert!(
        errors.contains("another Latchkey process works on it"),
        "{errors}"
    );
}

#[tokio::test]
async fn what_is_no_backup_changes_nothing() {
    let story = Story::begin().await;
    let Some(path) = file(&story) else { return };
    story.locked_out("ada.keller").asks().await;
    story.stop().await;
    let before = fs::read(&path).unwrap();
    let folder = path.parent().unwrap().to_owned();
    let no_database = folder.join("letter.txt");
    fs::write(
        &no_database,
        "Dear Ada, this is no database, however long it may be.",
    )
    .unwrap();
    let empty = folder.join("empty.db");
    fs::write(&empty, "").unwrap();
    let missing = folder.join("missing.db");
    let damaged = folder.join("damaged.db");
    let (status, _, errors) = output(&story, &["backup", damaged.to_str().unwrap()]);
    assert_eq!(status, Some(0), "{errors}");
    // An index that lacks a row: only whoever reads everything finds it.
    Database::Sqlite(damaged.clone())
        .tamper(
            "CREATE INDEX gap ON requests (opened_at) WHERE opened_at = 0;
             PRAGMA writable_schema = ON;
             UPDATE sqlite_master SET sql = 'CREATE INDEX gap ON requests (opened_at)' WHERE name = 'gap'",
        )
        .await;
    for (file, problem) in [
        (no_database, "letter.txt: it is no backup of Latchkey's"),
        (empty, "empty.db: it is no backup of Latchkey's"),
        (missing, "cannot read"),
        (damaged, "it is damaged: wrong # of entries in index gap"),
    ] {
        let (status, out, errors) = output(&story, &["restore", file.to_str().unwrap()]);
        assert_eq!(status, Some(1), "{} {out}", file.display());
        assert!(errors.contains(problem), "{errors}");
        assert!(!errors.contains("panicked"), "{errors}");
        assert_eq!(fs::read(&path).unwrap(), before, "{}", file.display());
    }
}

/// Compares the log with its checkpoint.
async fn check(story: &Story) {
    story.recovery().check_log().await.unwrap();
}

fn checkpoint(story: &Story) -> PathBuf {
    story.file("checkpoint.json")
}

#[tokio::test]
async fn a_database_from_yesterday_is_noticed() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    check(&story).await;
    let yesterday = story.database().copy().await;

    // Today: a no, which yesterday's copy has not.
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.denies().await;
    let bo = story.locked_out("bo.nilsson");
    bo.waits().await;
    check(&story).await;
    story.advance(HOUR).await;
    story.stop().await;
    story.database().put_back(yesterday).await;
    story.opens().await;

    // The waiting request would have come back to life; nobody can go on with it.
    let State::Ended(Ended::Aborted { cause, .. }) = ada.request().await.state else {
        panic!("still {:?}", ada.state().await);
    };
    assert_eq!(cause, AbortCause::RestoredFromBackup);
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    let noticed = |subject: &&String| subject.contains("database was replaced by an older one");
    assert_eq!(alerts.iter().filter(noticed).count(), 1, "{alerts:?}");

    // Once is enough, even if the new checkpoint was not kept; and new requests go their way.
    let aside = fs::read_dir(checkpoint(&story).parent().unwrap()).unwrap();
    let aside = aside
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains(".rolled-back-"));
    fs::copy(aside.unwrap(), checkpoint(&story)).unwrap();
    check(&story).await;
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert_eq!(alerts.iter().filter(noticed).count(), 1, "{alerts:?}");
    let again = story.locked_out("ada.keller");
    again.waits().await;
    check(&story).await;
    assert_eq!(again.state().await, StateName::AwaitingApproval);
}

#[tokio::test]
async fn a_log_that_has_grown_past_the_checkpoint_again_is_noticed_too() {
    let story = Story::begin().await;
    check(&story).await;
    let empty = story.database().copy().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    check(&story).await;
    story.stop().await;
    story.database().put_back(empty).await;
    story.opens().await;
    story.locked_out("bo.nilsson").waits().await;
    check(&story).await;
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
}

#[tokio::test]
async fn nobody_is_served_from_a_database_of_yesterday_before_it_is_noticed() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    check(&story).await;
    let yesterday = story.database().copy().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.denies().await;
    check(&story).await;
    story.stop().await;
    story.database().put_back(yesterday).await;
    let _server = story.program().await;
    ada.status().await.shows(200, "Please ask again");
}

#[tokio::test]
async fn no_pass_is_given_out_from_a_database_that_was_replaced_under_a_running_server() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let methods = story.methods("ada.keller").await;
    check(&story).await;
    let yesterday = story.database().copy().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.denies().await;
    check(&story).await;
    story.database().put_back(yesterday).await;
    let page = ada.claims().await;
    match story.database() {
        // Another file has its place.
        Database::Sqlite(_) => assert_eq!(page.status, 503),
        Database::Postgres(_) => {
            page.shows(409, "Please ask again");
        }
    }
    assert!(story.passes("ada.keller").await.is_empty());
    assert_eq!(story.methods("ada.keller").await, methods);
}

#[tokio::test]
async fn a_checkpoint_that_is_missing_is_begun_anew_and_told() {
    let story = Story::begin().await;
    // Of an empty log there is one, too.
    check(&story).await;
    assert!(checkpoint(&story).exists());
    story.locked_out("ada.keller").asks().await;
    check(&story).await;
    fs::remove_file(checkpoint(&story)).unwrap();
    for _ in 0..2 {
        check(&story).await;
        story.run_jobs().await;
    }
    let alerts = story.subjects(ADMINS).await;
    assert_eq!(alerts, ["Alert: a checkpoint of the audit log was missing"]);
}

#[tokio::test]
async fn without_a_checkpoint_that_can_be_read_nothing_is_given_out() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    check(&story).await;
    fs::write(checkpoint(&story), "{}").unwrap();
    let error = story.recovery().check_log().await.unwrap_err().to_string();
    assert!(error.contains("holds no checkpoint"), "{error}");
    assert_eq!(ada.claims().await.status, 503);
    assert_eq!(ada.state().await, StateName::Ready);
    assert!(story.passes("ada.keller").await.is_empty());
    // What somebody has put there is evidence.
    assert_eq!(fs::read_to_string(checkpoint(&story)).unwrap(), "{}");
    story.stop().await;
    let (status, _, errors) = output(&story, &["serve"]);
    assert_eq!(status, Some(1));
    assert!(errors.contains("Find out who changed it"), "{errors}");
}
