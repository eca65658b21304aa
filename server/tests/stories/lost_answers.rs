//! A database whose answer to a commit is lost on the way.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::StateName;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use url::Url;

use crate::{
    engine::Database,
    harness::{Story, setting},
    issuing::one_pass,
};

/// What stands between the server and its database.
struct Wire {
    address: SocketAddr,
    /// The next commit is carried out, and then the connection breaks.
    breaks: Arc<AtomicBool>,
    _passing_on: JoinSet<()>,
}

impl Wire {
    async fn to(database: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let breaks = Arc::new(AtomicBool::new(false));
        let mut passing_on = JoinSet::new();
        let flag = Arc::clone(&breaks);
        passing_on.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&database).await.unwrap();
                connections.spawn(pass_on(client, server, Arc::clone(&flag)));
            }
        });
        Self {
            address,
            breaks,
            _passing_on: passing_on,
        }
    }
}

/// Passes everything on until one side is gone, or a commit is done whose answer is to be lost.
async fn pass_on(client: TcpStream, server: TcpStream, breaks: Arc<AtomicBool>) {
    let (mut asks, mut client) = client.into_split();
    let (mut answers, mut server) = server.into_split();
    let (mut question, mut answer) = (vec![0; 65536], vec![0; 65536]);
    loop {
        tokio::select! {
            read = asks.read(&mut question) => {
                let question = &question[..read.unwrap_or(0)];
                if question.is_empty() || server.write_all(question).await.is_err() {
                    return;
                }
                let is_commit = question.windows(6).any(|word| word == b"COMMIT");
                if is_commit && breaks.swap(false, Ordering::Relaxed) {
                    // The commit is answered, and nobody hears it.
                    answers.readable().await.unwrap();
                    return;
                }
            },
            read = answers.read(&mut answer) => {
                let answer = &answer[..read.unwrap_or(0)];
                if answer.is_empty() || client.write_all(answer).await.is_err() {
                    return;
                }
            },
        }
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL, which `cargo xtask test` starts"]
async fn a_disclosure_whose_answer_is_lost_is_shown_all_the_same() {
    let server: Url = setting("LATCHKEY_TEST_POSTGRES").unwrap().parse().unwrap();
    let host = server.host_str().unwrap();
    let wire = Wire::to(format!("{host}:{}", server.port().unwrap_or(5432))).await;
    let story = Story::closed_on(&[], async |folder| {
        let Database::Postgres(mut url) = Database::create(folder).await else {
            unreachable!("a server is named");
        };
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(wire.address.port())).unwrap();
        Database::Postgres(url)
    })
    .await;
    story.opens().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    story
        .holds_call("POST", "/temporaryAccessPassMethods")
        .await;
    let loses = async {
        story.faults_have_struck().await;
        wire.breaks.store(true, Ordering::Relaxed);
        story.held_call_goes_on().await;
    };
    let (page, ()) = tokio::join!(ada.claims(), loses);
    assert!(!wire.breaks.load(Ordering::Relaxed), "an answer was lost");
    page.shows(200, "Your pass");
    one_pass(&story, "ada.keller", page.pass()).await;
    assert_eq!(ada.state().await, StateName::Disclosed);
}
