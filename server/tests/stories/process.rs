//! The program itself: how it starts, refuses to start, and ends.

use std::process::Output;

use domain::StateName;
use serde_json::json;

use crate::{engine::Database, harness::Story};

/// Exit status, standard output and standard error of a command that ends by itself.
pub fn output(story: &Story, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = story.command(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[tokio::test]
async fn every_mistake_is_named_with_an_example() {
    let story = Story::begin().await;
    let file = story.configuration();
    let (status, out, _) = output(&story, &["config", "check"]);
    assert_eq!(
        (status, out.as_str()),
        (Some(0), "The configuration is good.\n")
    );

    let good = std::fs::read_to_string(&file).unwrap();
    let with = |key: &str, line: &str| {
        let kept: Vec<_> = good
            .lines()
            .filter(|line| !line.starts_with(&format!("{key} = ")))
            .collect();
        let section = if key == "colour" { "log" } else { "server" };
        kept.join("\n").replacen(
            &format!("[{section}]\n"),
            &format!("[{section}]\n{line}\n"),
            1,
        )
    };
    let secret = "bm90IGxvbmcgZW5vdWdo";
    for (text, wanted) in [
        (
            with("base_url", ""),
            &[
                "server.base_url is missing",
                "for example: [server] base_url = \"https://recover.example.com\"",
            ][..],
        ),
        (
            with("base_url", "base_url = \"http://recover.example.com\""),
            &["server.base_url", "for example: [server] base_url"],
        ),
        (
            with("secret", &format!("secret = \"{secret}\"")),
            &[
                "server.secret",
                "must hold 32 random bytes or more in base64",
                "openssl rand -base64 32",
            ],
        ),
        (
            with("listen", "listen = \"everywhere\""),
            &[
                "server.listen",
                "must be an IP address and a port",
                "listen = \"127.0.0.1:3000\"",
            ],
        ),
        (
            with("trusted_proxies", "trusted_proxies = 99"),
            &[
                "server.trusted_proxies",
                "for example: [server] trusted_proxies = 1",
            ],
        ),
        (with("colour", "colour = \"red\""), &["log.colour"]),
        ("[server\nlisten".to_owned(), &["latchkey.toml"]),
    ] {
        std::fs::write(&file, &text).unwrap();
        for command in [
            &["config", "check"][..],
            &["serve"],
            &["migrate"],
            &["admin", "create", "auditor"],
        ] {
            let (status, out, errors) = output(&story, command);
            assert_eq!(status, Some(2), "{command:?} {errors}");
            assert!(out.is_empty(), "{out}");
            for part in wanted {
                assert!(errors.contains(part), "{part:?} in {errors}");
            }
            assert!(!errors.contains(secret), "a secret is not repeated");
            assert!(!errors.contains("panicked"), "{errors}");
        }
    }
    std::fs::rename(&file, file.with_file_name("nothing.toml")).unwrap();
    let (status, _, errors) = output(&story, &["serve"]);
    assert_eq!(status, Some(2));
    assert!(errors.contains("latchkey.toml"), "{errors}");
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let story = Story::closed(&[]).await;
    let mut server = story.program().await;

    // A second one says why it cannot.
    let address = server.address.to_string();
    let second = story
        .command(&["serve"])
        .env("LATCHKEY_SERVER__LISTEN", &address)
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let errors = String::from_utf8(second.stderr).unwrap();
    let problem = match story.database() {
        Database::Sqlite(_) => "another Latchkey process works on it",
        Database::Postgres(_) => {
            &format!("cannot listen on {address} (server.listen): is another server running?")
        }
    };
    assert!(errors.contains(problem), "{errors}");

    let page = story.browser().get("/readyz").await;
    assert_eq!((page.status, page.body.as_str()), (200, "ready\n"));

    assert_eq!(server.ends().await.code(), Some(0));
    let log = server.log();
    assert!(log.contains("serving") && log.contains("stopping"), "{log}");
}

#[tokio::test]
async fn a_server_that_works_alone_carries_a_request_through() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.types("ada.keller@harbourfinch.example").await;
    // What one server promised, another does by itself.
    story.stop().await;
    let _server = story.program().await;
    ada.proves().await;
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_named() {
    let story = Story::begin().await;
    let file = story.configuration();
    let good = std::fs::read_to_string(&file).unwrap();
    let broken = match story.database() {
        Database::Sqlite(_) => good.replace("latchkey.db", "missing/latchkey.db"),
        Database::Postgres(_) => good.replace("/story_", "/no_story_"),
    };
    std::fs::write(&file, broken).unwrap();
    for command in [&["serve"][..], &["migrate"]] {
        let (status, _, errors) = output(&story, command);
        assert_eq!(status, Some(1), "{errors}");
        assert!(
            errors.contains("cannot open the database") && errors.contains("(database.url)"),
            "{errors}"
        );
    }
}

#[tokio::test]
async fn whoever_is_being_given_a_pass_gets_it_before_the_server_ends() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story.stop().await;
    let mut server = story.program().await;
    let mut waiting = ada.browser.listen("/status/events").await;
    assert!(waiting.chunk().await.unwrap().is_some());
    story
        .holds_call("POST", "/temporaryAccessPassMethods")
        .await;
    let ends = async {
        story.faults_have_struck().await;
        server.is_told_to_end().await;
        story.held_call_goes_on().await;
        let status = server.has_ended().await;
        assert_eq!(status.code(), Some(0), "{}", server.log());
    };
    let (page, ()) = tokio::join!(ada.claims(), ends);
    let shown = page.pass().expect("the pass is shown");
    let live = story.live_passes("ada.keller").await;
    assert_eq!(live.len(), 1);
    assert_eq!(live[0]["value"], json!(shown));
    assert_eq!(ada.state().await, StateName::Disclosed);
    // Nobody waits at a server that is gone: the browser turns to the next.
    while let Ok(Some(_)) = waiting.chunk().await {}
    story.opens().await;
    let mut again = ada.browser.listen("/status/events").await;
    assert!(again.chunk().await.unwrap().is_some());
}

#[tokio::test]
async fn a_job_that_was_begun_is_finished_before_the_server_ends() {
    let story = Story::closed(&[]).await;
    story.holds_call("GET", "/users").await;
    let mut server = story.program().await;
    let ada = story.locked_out("ada.keller");
    ada.types("ada.keller@harbourfinch.example").await;
    story.faults_have_struck().await;
    server.is_told_to_end().await;
    story.held_call_goes_on().await;
    assert_eq!(server.has_ended().await.code(), Some(0), "{}", server.log());
    assert!(ada.request().await.facts.subject.is_some());
    let _next = story.program().await;
    ada.proves().await;
    assert_eq!(story.mails("ada.keller@private.example").await.len(), 1);
}

#[tokio::test]
async fn the_worker_looks_at_managers_and_for_protected_names_of_nobody() {
    let never = "[\"break.glass@harbourfinch.example\", \"ada.keller@harbourfinch.example\"]";
    let story = Story::closed(&[("privileged.never", never)]).await;
    let server = story.program().await;
    story
        .eventually("the warning", async || {
            server.log().contains("a name in privileged.never")
        })
        .await;
    let rounds = async || story.calls("GET", "/v1.0/users").await.len();
    // One page of everybody, beside the two names.
    story
        .eventually("the round", async || rounds().await >= 3)
        .await;
    let log = server.log();
    let warnings = log.lines().filter(|line| line.contains("privileged.never"));
    let warnings: Vec<_> = warnings.collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("break.glass"), "{warnings:?}");
}
