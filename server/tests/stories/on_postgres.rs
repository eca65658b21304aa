//! What only a PostgreSQL server can suffer. Each story has a server of its own.

use std::path::Path;

use cluster::{Cluster, Programs};
use latchkey::clock::{Entropy, SystemEntropy};
use sqlx::{Connection, PgConnection};
use url::Url;

use crate::{
    aftermath::is_right,
    blackout::{Blackout, no_pass_is_shown_that_is_not_kept, nobody_loses_a_step},
    disk::Disk,
    engine::{Database, on_server, own_name},
    harness::{Story, setting},
    people::work_address,
};

/// The server has crashed.
struct Crashed(Cluster);

impl Blackout for Crashed {
    async fn begins(&self) {
        self.0.crash().unwrap();
    }

    async fn ends(&self) {
        self.0.start_again().unwrap();
    }
}

/// The database takes no changes: sessions that begin now do not.
struct ReadOnly<'a>(&'a Story);

impl Blackout for ReadOnly<'_> {
    async fn begins(&self) {
        self.alter("SET default_transaction_read_only = on", true)
            .await;
    }

    async fn ends(&self) {
        // Sessions that began meanwhile stay as they are.
        self.alter("RESET default_transaction_read_only", false)
            .await;
    }
}

impl ReadOnly<'_> {
    async fn alter(&self, how: &str, anew: bool) {
        let url = url_of(self.0);
        let name = own_name(url);
        let mut statements = vec![format!("ALTER DATABASE {name} {how}")];
        if anew {
            statements.push(format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            ));
        }
        on_server(url, &statements).await;
    }
}

/// No room is left where the database grows.
struct FullDisk<'a> {
    story: &'a Story,
    disk: &'a Disk,
}

impl FullDisk<'_> {
    async fn begins(&self) {
        // It fails when the disk is full, as it should.
        let filler = format!("dd if=/dev/zero of={} bs=4096; true", self.filler());
        run_on(self.story, &filler).await;
    }

    async fn ends(&self) {
        run_on(self.story, &format!("rm {}", self.filler())).await;
    }

    fn filler(&self) -> String {
        self.disk.folder().join("filler").display().to_string()
    }
}

/// Lets the server run a line of shell, as its account and with what it sees.
async fn run_on(story: &Story, line: &str) {
    on_server(url_of(story), &[shell(line)]).await;
}

/// The statement that lets the server run a line of shell. It gives the line nothing to read: a line that ended before
/// it had read a row would make the statement fail.
fn shell(line: &str) -> String {
    format!("COPY (SELECT WHERE false) TO PROGRAM '{line}'")
}

fn url_of(story: &Story) -> &Url {
    let Database::Postgres(url) = story.database() else {
        unreachable!("the story is on PostgreSQL");
    };
    url
}

fn server() -> Cluster {
    let programs = match setting("LATCHKEY_TEST_POSTGRES_BIN") {
        Some(folder) => Programs::in_folder(folder.into()).unwrap(),
        None => Programs::find(&[]).expect("PostgreSQL is installed as Debian does"),
    };
    Cluster::start(programs, &[std::env::temp_dir()]).unwrap()
}

async fn story_on(server: &Cluster) -> Story {
    Story::closed_on(&[], async |_| {
        Database::on(&server.url(), "pg_default").await
    })
    .await
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn a_server_that_crashes_stops_every_action_until_it_is_back() {
    let server = server();
    let story = story_on(&server).await;
    nobody_loses_a_step(&story, &Crashed(server)).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn a_server_that_crashes_while_a_pass_is_made_costs_the_pass() {
    let server = server();
    let story = story_on(&server).await;
    no_pass_is_shown_that_is_not_kept(&story, &Crashed(server)).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn a_read_only_database_stops_every_action_until_it_takes_changes() {
    let server = server();
    let story = story_on(&server).await;
    nobody_loses_a_step(&story, &ReadOnly(&story)).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn a_database_that_turns_read_only_while_a_pass_is_made_costs_the_pass() {
    let server = server();
    let story = story_on(&server).await;
    no_pass_is_shown_that_is_not_kept(&story, &ReadOnly(&story)).await;
}

/// Room for PostgreSQL's own tables, ours, and what a few people do.
const ROOM: u64 = 32 * 1024 * 1024;

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn a_full_disk_stops_what_needs_room_until_there_is_some() {
    let mut server = server();
    let name = format!("latchkey-disk-{}", SystemEntropy.uuid());
    let folder = std::env::temp_dir().join(name);
    let disk = Disk::mount_as(|command| server.run_as_server(command), folder, ROOM);
    server.crash().unwrap();
    server.start_by(disk.launcher());
    server.start_again().unwrap();
    let small = disk.folder().join("small").display().to_string();
    let make = [
        shell(&format!("mkdir {small}")),
        format!("CREATE TABLESPACE small LOCATION '{small}'"),
    ];
    on_server(&server.url().parse().unwrap(), &make).await;
    let on_disk = async |_: &Path| Database::on(&server.url(), "small").await;
    let story = Story::closed_on(&[], on_disk).await;
    let mut program = story.program().await;

    let full = FullDisk {
        story: &story,
        disk: &disk,
    };
    full.begins().await;
    // What fits into room that the tables have already is still kept.
    let mut asked = 0;
    let refused = loop {
        let somebody = story.locked_out("ada.keller");
        let page = somebody.types(&work_address("ada.keller")).await;
        match page.status {
            200 => asked += 1,
            _ => break somebody,
        }
    };
    let page = refused.types(&work_address("ada.keller")).await;
    page.shows(503, "We cannot go on right now");

    full.ends().await;
    let page = refused.types(&work_address("ada.keller")).await;
    page.shows(200, "has an address outside work on file");
    assert!(program.ends().await.success());
    is_right(&story, &[], vec![program.log()]).await;
    assert_eq!(story.requests().await.len(), asked + 1);
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn a_server_of_a_test_is_for_those_who_know_its_password() {
    let server = server();
    let mut url: Url = server.url().parse().unwrap();
    url.set_password(None).unwrap();
    let refused = PgConnection::connect(url.as_str()).await.unwrap_err();
    assert!(refused.to_string().contains("password"), "{refused}");
    let story = story_on(&server).await;
    story.opens().await;
    story.browser().get("/readyz").await.shows(200, "ready");
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn tables_are_where_they_were_unless_somebody_has_chosen_a_place() {
    let chosen = "ALTER ROLE CURRENT_USER IN DATABASE {name} SET search_path = chosen";
    for (schema, setting, place) in [
        ("\"{user}\"", None, "public"),
        ("chosen", Some(chosen), "chosen"),
    ] {
        let story = Story::closed(&[]).await;
        let url = url_of(&story);
        let filled = |text: &str| {
            text.replace("{name}", &own_name(url))
                .replace("{user}", url.username())
        };
        let database = story.database();
        let schema = format!("CREATE SCHEMA {}", filled(schema));
        database.tamper(&schema).await;
        if let Some(setting) = setting {
            database.tamper(&filled(setting)).await;
        }
        story.opens().await;
        // It fails where there is none.
        database
            .tamper(&format!("SELECT 1 FROM {place}.requests"))
            .await;
    }
}
