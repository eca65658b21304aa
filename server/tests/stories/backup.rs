//! Copies of the database, and what becomes of a database that was replaced by an older one.

use std::{fs, path::PathBuf, time::Duration};

use domain::{AbortCause, Ended, State, StateName};

use crate::{
    engine::Database,
    harness::{ADMINS, Story},
    process::output,
};

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
    ada.claims().await.shows(409, "We had to stop");
    assert!(story.passes("ada.keller").await.is_empty());
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert!(
        alerts
            .iter()
            .any(|subject| subject.contains("restored from a backup")),
        "{alerts:?}"
    );
    // Whoever was ended asks anew.
    let again = story.locked_out("ada.keller");
    again.is_approved_by("daniel.okafor").await;
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
        (no_database, "is no backup of Latchkey's"),
        (empty, "is no backup of Latchkey's"),
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

#[tokio::test]
async fn a_database_from_yesterday_is_noticed() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    story.recovery().check_log().await.unwrap();
    let yesterday = story.database().copy().await;

    // Today: a no, which yesterday's copy has not.
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.denies().await;
    let bo = story.locked_out("bo.nilsson");
    bo.waits().await;
    story.recovery().check_log().await.unwrap();
    story.advance(HOUR).await;
    story.stop().await;
    story.database().put_back(yesterday).await;
    story.opens().await;

    // The waiting request has come back to life; nobody can go on with it.
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
    story.recovery().check_log().await.unwrap();
    let State::Ended(Ended::Aborted { cause, .. }) = ada.request().await.state else {
        panic!("still {:?}", ada.state().await);
    };
    assert_eq!(cause, AbortCause::RestoredFromBackup);
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    let noticed = |subject: &&String| subject.contains("database was replaced by an older one");
    assert_eq!(alerts.iter().filter(noticed).count(), 1, "{alerts:?}");

    // Once is enough, and new requests go their way.
    story.recovery().check_log().await.unwrap();
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert_eq!(alerts.iter().filter(noticed).count(), 1, "{alerts:?}");
    let again = story.locked_out("ada.keller");
    again.waits().await;
    story.recovery().check_log().await.unwrap();
    assert_eq!(again.state().await, StateName::AwaitingApproval);
}

#[tokio::test]
async fn a_log_that_has_grown_past_the_checkpoint_again_is_noticed_too() {
    let story = Story::begin().await;
    story.recovery().check_log().await.unwrap();
    let empty = story.database().copy().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    story.recovery().check_log().await.unwrap();
    story.stop().await;
    story.database().put_back(empty).await;
    story.opens().await;
    story.locked_out("bo.nilsson").waits().await;
    story.recovery().check_log().await.unwrap();
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
}

#[tokio::test]
async fn a_checkpoint_that_is_none_stops_the_look_and_is_left_alone() {
    let story = Story::begin().await;
    story.locked_out("ada.keller").asks().await;
    story.recovery().check_log().await.unwrap();
    let file = story.configuration().with_file_name("checkpoint.json");
    fs::write(&file, "{}").unwrap();
    let error = story.recovery().check_log().await.unwrap_err().to_string();
    assert!(error.contains("holds no checkpoint"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
}
