//! A PostgreSQL server that says nothing more, as when its host is gone without a word: nobody waits for it for long.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinSet,
    time::timeout,
};

use crate::{
    blackout::{Blackout, nobody_loses_a_step},
    engine::Database,
    harness::Story,
};

/// Longer than any page takes, and far less than an operating system believes in the other end.
const BOUND: Duration = Duration::from_secs(28);

/// A way to the server that can swallow everything.
struct Way {
    /// Where it begins, as the configuration names it.
    url: String,
    is_silent: watch::Sender<bool>,
    carrying: JoinSet<()>,
}

impl Way {
    /// A way to the database of the story.
    async fn to(database: &Database) -> Self {
        let Database::Postgres(url) = database else {
            unreachable!("an embedded database is no server");
        };
        let server = url.socket_addrs(|| None).unwrap()[0];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut way = url.clone();
        way.set_password(None).unwrap();
        way.set_port(Some(listener.local_addr().unwrap().port()))
            .unwrap();
        let (is_silent, silence) = watch::channel(false);
        let mut carrying = JoinSet::new();
        carrying.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let silence = silence.clone();
                connections.spawn(async move {
                    // Nobody is there to answer, though the system took the connection.
                    heard(silence.clone()).await;
                    let far = TcpStream::connect(server).await.unwrap();
                    let ((near_in, near_out), (far_in, far_out)) =
                        (near.into_split(), far.into_split());
                    tokio::join!(
                        carry(near_in, far_out, silence.clone()),
                        carry(far_in, near_out, silence)
                    );
                });
            }
        });
        Self {
            url: way.to_string(),
            is_silent,
            carrying,
        }
    }
}

/// Carries bytes until the first silence; what has been silent never speaks again.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut silence: watch::Receiver<bool>,
) {
    let carried = async {
        let mut bytes = vec![0; 16 * 1024];
        loop {
            match from.read(&mut bytes).await {
                Ok(read) if read > 0 && to.write_all(&bytes[..read]).await.is_ok() => {}
                _ => return,
            }
        }
    };
    let silenced = async {
        // Without a sender the story is over.
        let _ = silence.wait_for(|is_silent| *is_silent).await;
    };
    tokio::select! {
        biased;
        () = silenced => std::future::pending().await,
        () = carried => {}
    }
}

/// Waits for the end of a silence.
async fn heard(mut silence: watch::Receiver<bool>) {
    // Without a sender the story is over.
    let _ = silence.wait_for(|is_silent| !*is_silent).await;
}

impl Blackout for Way {
    async fn begins(&self) {
        self.is_silent.send_replace(true);
    }

    async fn ends(&self) {
        self.is_silent.send_replace(false);
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("LATCHKEY_DATABASE__URL", self.url.clone())]
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn a_server_that_falls_silent_stops_every_action_until_it_is_back() {
    let story = Story::closed(&[]).await;
    let way = Way::to(story.database()).await;
    nobody_loses_a_step(&story, &way).await;
    assert_eq!(way.carrying.len(), 1, "the way was open all the time");
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn nobody_waits_for_an_answer_that_does_not_come() {
    let story = Story::closed(&[]).await;
    let way = Way::to(story.database()).await;
    let told = [("LATCHKEY_DATABASE__URL", way.url.as_str())];
    let mut program = story.program_with(&told).await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let code = ada.code().await;

    // Somebody's change waits at the server, for a lock, when the server falls silent.
    let held = story.database().hold().await;
    let proves = async {
        let fields = [("code", code.as_str())];
        let answer = timeout(BOUND, ada.browser.post("/prove", &fields)).await;
        answer.expect("an answer in time").shows(503, "go on");
    };
    let falls_silent = async {
        let waits = async || story.database().waiting_for_locks().await > 0;
        story.eventually("the change to wait", waits).await;
        way.begins().await;
    };
    tokio::join!(proves, falls_silent);
    assert!(program.ends().await.success());
    held.let_go().await;
}
