//! What only an embedded database can suffer.

use std::{fs, path::Path, time::Duration};

use crate::{
    blackout::{Blackout, no_pass_is_shown_that_is_not_kept, nobody_loses_a_step},
    engine::Database,
    harness::Story,
};

const ROOM: u64 = 16 * 1024 * 1024;

/// No room is left on the disk.
struct FullDisk<'a>(&'a Story);

impl Blackout for FullDisk<'_> {
    async fn begins(&self) {
        self.0.disk().unwrap().fill();
    }

    async fn ends(&self) {
        self.0.disk().unwrap().clear();
    }

    fn is_seen(&self) -> bool {
        false
    }
}

/// The folder of the database is moved away, and another takes its place.
struct FolderAway<'a>(&'a Story);

impl Blackout for FolderAway<'_> {
    async fn begins(&self) {
        fs::rename(self.0.file("data"), self.0.file("away")).unwrap();
        fs::create_dir(self.0.file("data")).unwrap();
    }

    async fn ends(&self) {
        // It fails if anything has come into being there.
        fs::remove_dir(self.0.file("data")).unwrap();
        fs::rename(self.0.file("away"), self.0.file("data")).unwrap();
    }
}

async fn in_folder() -> Story {
    let embedded = async |folder: &Path| {
        fs::create_dir(folder.join("data")).unwrap();
        Database::Sqlite(folder.join("data/latchkey.db"))
    };
    Story::closed_on(&[], embedded).await
}

#[tokio::test]
async fn a_full_disk_stops_every_action_until_there_is_room() {
    let story = Story::on_disk(ROOM).await;
    nobody_loses_a_step(&story, &FullDisk(&story)).await;
}

#[tokio::test]
async fn a_disk_that_fills_while_a_pass_is_made_costs_the_pass() {
    let story = Story::on_disk(ROOM).await;
    no_pass_is_shown_that_is_not_kept(&story, &FullDisk(&story)).await;
}

#[tokio::test]
async fn a_folder_that_is_gone_stops_every_action_until_it_is_back() {
    let story = in_folder().await;
    nobody_loses_a_step(&story, &FolderAway(&story)).await;
}

#[tokio::test]
async fn a_folder_that_goes_while_a_pass_is_made_costs_the_pass() {
    let story = in_folder().await;
    no_pass_is_shown_that_is_not_kept(&story, &FolderAway(&story)).await;
}

#[tokio::test]
async fn a_read_only_disk_is_named_at_the_start_and_forgotten_afterwards() {
    let story = Story::on_disk(ROOM).await;
    let disk = story.disk().unwrap();
    let mut program = story.program().await;
    assert!(program.ends().await.success());
    disk.is_read_only(true);
    let refused = story.command(&["serve"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let errors = String::from_utf8(refused.stderr).unwrap();
    for part in [
        "cannot open the database",
        "(database.url)",
        "Read-only file system",
    ] {
        assert!(errors.contains(part), "{errors}");
    }
    disk.is_read_only(false);
    story.program().await;
}

#[tokio::test]
async fn a_file_that_is_not_in_its_place_is_named_at_once() {
    let story = in_folder().await;
    story.opens().await;
    let records = story.records().await;
    let file = story.file("data/latchkey.db");
    let away = story.file("away.db");
    let complaint = async || {
        let asked = tokio::time::timeout(Duration::from_secs(3), records.audit_tail());
        let error = asked.await.expect("it is told at once").unwrap_err();
        let error = error.to_string();
        assert!(error.contains(file.to_str().unwrap()), "{error}");
        error
    };
    fs::rename(&file, &away).unwrap();
    assert!(complaint().await.contains("was moved away"));
    fs::write(&file, "another").unwrap();
    assert!(complaint().await.contains("was replaced by another"));
    fs::rename(&away, &file).unwrap();
    records.audit_tail().await.unwrap();
}
