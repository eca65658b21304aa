//! Secrets stay where they belong: a whole chain, and then a look everywhere else.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::{
    Registry,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    reload,
    util::SubscriberInitExt,
};

use crate::{
    harness::{Seen, Story},
    people::{private_address, wrong},
};

const PASSWORD: &str = "correct horse battery";

/// Everything that this process logs, down to the last trace of a library.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Filter = reload::Handle<Targets, Registry>;

/// Starts to listen; the handle ends it.
fn listen() -> (Log, Filter) {
    let log = Log::default();
    let writer = log.clone();
    // What the stand-in tenant writes is not ours.
    let ours = Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_target("mailin", LevelFilter::OFF)
        .with_target("simulator", LevelFilter::OFF);
    let (filter, handle) = reload::Layer::new(ours);
    let lines = fmt::layer()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .init();
    (log, handle)
}

/// A place where secrets must not be.
pub struct Place {
    name: String,
    bytes: Vec<u8>,
}

impl Place {
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
        }
    }

    fn holds(&self, secret: &str) -> bool {
        self.bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes())
    }
}

/// The database.
pub async fn database(story: &Story) -> Vec<Place> {
    let content = story.database().content().await;
    content
        .into_iter()
        .map(|(name, bytes)| Place::new(name, bytes))
        .collect()
}

/// `value` as an HTML element holds it.
pub fn in_html(value: &str) -> String {
    let pairs = [
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&quot;"),
        ("'", "&#39;"),
    ];
    pairs
        .into_iter()
        .fold(value.to_owned(), |text, (plain, escaped)| {
            text.replace(plain, escaped)
        })
}

pub fn nowhere(secret: &str, what: &str, places: &[Place]) {
    assert!(secret.len() >= 6, "{what} is a secret");
    for place in places {
        assert!(!place.holds(secret), "{what} is in {}", place.name);
    }
}

/// Secrets that were seen on the way.
struct Secrets {
    email_code: String,
    contact_code: String,
    pass: String,
    /// Of links and cookies, with their names.
    bearers: Vec<(&'static str, String)>,
}

/// A whole chain with some mistakes, everything that it leaves behind, and its secrets.
async fn lives_through(story: &Story) -> Secrets {
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let first_cookie = ada.browser.cookie("latchkey-request").unwrap();
    let email_code = ada.code().await;
    let form = [("code", &*wrong(&email_code))];
    ada.browser.post("/prove", &form).await;
    ada.proves().await.submits().await;
    let contact_code = ada.contact_code().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.approves(&wrong(&contact_code)).await;
    let page = daniel.approves(&contact_code).await;
    page.shows(200, "You have approved the request");
    story.run_jobs().await;
    // One attempt that fails after the pass was made, and one that succeeds.
    story
        .fault(json!({ "method": "POST", "path": "/temporaryAccessPassMethods", "kind": "drop-after-write", "times": 1 }))
        .await;
    ada.claims()
        .await
        .shows(503, "We could not make your pass this time.");
    story.advance(Duration::from_secs(5)).await;
    let pass = ada.claims().await.shows(200, "Your pass").pass().unwrap();
    ada.status().await.shows(200, "Sign in with your pass");
    story.run_jobs().await;
    let owner = ada.not_me_link().await;
    story.registers("ada.keller").await;
    assert_eq!(story.watch().await, 1);
    story.run_jobs().await;

    story.admin("auditor", PASSWORD).await;
    let auditor = story.browser();
    let form = [("name", "auditor"), ("password", PASSWORD)];
    auditor.post("/console/sign-in", &form).await;
    let id = ada.request().await.facts.id;
    let page = auditor.get(&format!("/console/recoveries/{id}")).await;
    page.shows(200, "Completed");

    let secret_of = |link: &str| link.rsplit('/').next().unwrap().to_owned();
    let tenant = story.control(Method::GET, "/tenant", Value::Null).await;
    Secrets {
        email_code,
        contact_code,
        pass,
        bearers: vec![
            ("the approver's link", secret_of(&daniel.link().await)),
            ("the owner's link", secret_of(&owner)),
            ("the first cookie", first_cookie),
            (
                "the cookie",
                ada.browser.cookie("latchkey-request").unwrap(),
            ),
            (
                "the console's cookie",
                auditor.cookie("latchkey-console").unwrap(),
            ),
            ("the console's password", PASSWORD.to_owned()),
            (
                "the application's secret",
                tenant["clientSecret"].as_str().unwrap().to_owned(),
            ),
            (
                "the other application's secret",
                tenant["passwordClientSecret"].as_str().unwrap().to_owned(),
            ),
        ],
    }
}

#[tokio::test]
async fn secrets_are_nowhere_else() {
    let (log, filter) = listen();
    let story = Story::begin().await;
    let secrets = lives_through(&story).await;
    filter.reload(Targets::new()).unwrap();

    let log = Place::new("the log", std::mem::take(&mut *log.0.lock().unwrap()));
    for line in [" TRACE ", "called Microsoft", "request changed"] {
        assert!(log.holds(line), "the log is one: {line}");
    }
    // Whom a mail goes to is no secret to the database, but not a matter of the log.
    assert!(
        !log.holds(&private_address("ada.keller")),
        "an address is in the log"
    );
    let mut kept = database(&story).await;
    assert!(
        kept.iter()
            .any(|place| place.holds(&private_address("ada.keller")))
    );
    kept.push(log);
    let mails = story.control(Method::GET, "/mailbox", Value::Null).await;
    let mails = [Place::new("a mail", mails.to_string())];
    let seen: Vec<_> = {
        let seen = story.seen.lock().unwrap();
        let page =
            |seen: &Seen| Place::new(format!("the page at {}", seen.path), seen.body.clone());
        seen.iter().map(page).collect()
    };

    let made = story.passes("ada.keller").await;
    let made: Vec<_> = made
        .iter()
        .map(|pass| pass["value"].as_str().unwrap())
        .collect();
    assert_eq!((made.len(), made[1]), (2, secrets.pass.as_str()));
    for (value, times) in made.into_iter().zip([0, 1]) {
        nowhere(value, "a pass", &kept);
        nowhere(value, "a pass", &mails);
        let value = in_html(value);
        let pages: Vec<_> = seen.iter().filter(|place| place.holds(&value)).collect();
        assert_eq!(pages.len(), times);
        assert!(pages.iter().all(|page| page.name == "the page at /pass"));
    }
    // Six digits alone stand somewhere by chance; in groups, quoted or after a name they do not.
    for (code, what) in [
        (&secrets.email_code, "the mailed code"),
        (&secrets.contact_code, "the contact code"),
    ] {
        let (head, tail) = code.split_at(code.len() / 2);
        for written in [
            format!("{head} {tail}"),
            format!("\"{code}\""),
            format!("={code}"),
        ] {
            nowhere(&written, what, &kept);
        }
    }
    nowhere(&secrets.email_code, "the mailed code", &kept);
    let (head, tail) = secrets.contact_code.split_at(3);
    nowhere(&format!("{head} {tail}"), "the contact code", &mails);
    for (what, secret) in &secrets.bearers {
        nowhere(secret, what, &kept);
        nowhere(secret, what, &seen);
    }
}
