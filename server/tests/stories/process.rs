//! The program itself: how it starts, refuses to start, and ends.

use std::{
    io::Read,
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use crate::{engine::Database, harness::Story};

const PROGRAM: &str = env!("CARGO_BIN_EXE_latchkey");

/// A program that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(configuration: &PathBuf, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .args(arguments)
        .arg("--config")
        .arg(configuration)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn output(configuration: &PathBuf, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(configuration, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// An address that nobody listens on.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

/// Starts the server and waits until it listens.
async fn serves(story: &Story, configuration: &PathBuf, address: SocketAddr) -> Running {
    let mut running = Running(command(configuration, &["serve"]).spawn().unwrap());
    story
        .eventually("the server to listen", async || {
            if let Some(status) = running.0.try_wait().unwrap() {
                let mut errors = String::new();
                running
                    .0
                    .stderr
                    .take()
                    .unwrap()
                    .read_to_string(&mut errors)
                    .unwrap();
                panic!("ended with {status}: {errors}");
            }
            TcpStream::connect_timeout(&address, Duration::from_millis(100)).is_ok()
        })
        .await;
    running
}

#[tokio::test]
async fn every_mistake_is_named_with_an_example() {
    let story = Story::begin().await;
    let file = story.configuration();
    let (status, out, _) = output(&file, &["config", "check"]);
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
            let (status, out, errors) = output(&file, command);
            assert_eq!(status, Some(2), "{command:?} {errors}");
            assert!(out.is_empty(), "{out}");
            for part in wanted {
                assert!(errors.contains(part), "{part:?} in {errors}");
            }
            assert!(!errors.contains(secret), "a secret is not repeated");
            assert!(!errors.contains("panicked"), "{errors}");
        }
    }
    let (status, _, errors) = output(&file.with_file_name("nothing.toml"), &["serve"]);
    assert_eq!(status, Some(2));
    assert!(errors.contains("nothing.toml"), "{errors}");
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let address = free_address();
    let story = Story::with(&[("server.listen", &format!("\"{address}\""))]).await;
    let file = story.configuration();
    story.stop().await;
    let mut server = serves(&story, &file, address).await;

    // A second one says why it cannot.
    let (status, _, errors) = output(&file, &["serve"]);
    assert_eq!(status, Some(1));
    let problem = match story.database() {
        Database::Sqlite(_) => "another Latchkey process works on it",
        Database::Postgres(_) => {
            &format!("cannot listen on {address} (server.listen): is another server running?")
        }
    };
    assert!(errors.contains(problem), "{errors}");

    let ready = reqwest::get(format!("http://{address}/readyz"))
        .await
        .unwrap();
    assert_eq!(
        (
            ready.status().as_u16(),
            ready.text().await.unwrap().as_str()
        ),
        (200, "ready\n")
    );

    let told = Command::new("kill")
        .args(["-TERM", &server.0.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    let mut ended = None;
    story
        .eventually("the server to end", async || {
            ended = server.0.try_wait().unwrap();
            ended.is_some()
        })
        .await;
    assert_eq!(ended.unwrap().code(), Some(0));
    let mut log = String::new();
    server
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    assert!(log.contains("serving") && log.contains("stopping"), "{log}");
}

#[tokio::test]
async fn a_server_that_works_alone_carries_a_request_through() {
    let address = free_address();
    let story = Story::with(&[("server.listen", &format!("\"{address}\""))]).await;
    let ada = story.locked_out("ada.keller");
    ada.types("ada.keller@harbourfinch.example").await;
    // What one server promised, another does by itself.
    story.stop().await;
    let server = serves(&story, &story.configuration(), address).await;
    story
        .eventually("the code to be mailed", async || {
            !story.mails("ada.keller@private.example").await.is_empty()
        })
        .await;
    drop(server);
    story.restart().await;
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
        let (status, _, errors) = output(&file, command);
        assert_eq!(status, Some(1), "{errors}");
        assert!(
            errors.contains("cannot open the database") && errors.contains("(database.url)"),
            "{errors}"
        );
    }
}
