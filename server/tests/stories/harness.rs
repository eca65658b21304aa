//! The stage: a stand-in tenant, a server on its own database, and a clock for both.

use std::{
    fs::DirBuilder,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{Request, RequestId, Timestamp};
use latchkey::{
    clock::{Clock, Entropy, SystemClock, SystemEntropy},
    config::Config,
    jobs::Worker,
    recovery::Recovery,
    run::{Existing, Service, Surroundings, create_admin},
    store::{AuditRow, ListFilter, Store},
};
use reqwest::{Method, redirect::Policy};
use serde_json::{Value, json};
use simulator::{Options, Simulator};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    browser::Browser,
    disk::Disk,
    engine::Database,
    people::{Manager, Person, private_address, work_address},
};

/// The tenant's domain.
pub const DOMAIN: &str = "harbourfinch.example";
/// Who is told when something is wrong.
pub const ADMINS: &str = "security@harbourfinch.example";
/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(5);
/// The longest that a condition is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the server's keys are derived from.
pub const SECRET: &str = "c3RvcnkgdGVsbGVycyBrZWVwIHRoZWlyIHNlY3JldHM=";

const CONFIGURATION: &str = include_str!("../../../e2e/stack.toml");

/// The machine's clock, moved forward.
#[derive(Default)]
struct StoryClock {
    machine: SystemClock,
    ahead_seconds: AtomicU64,
}

impl StoryClock {
    fn ahead(&self) -> Duration {
        Duration::from_secs(self.ahead_seconds.load(Ordering::Relaxed))
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        self.machine.now() + self.ahead()
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic() + self.ahead()
    }

    fn follow(&self, present: Timestamp) {
        self.machine.follow(present);
    }
}

/// A folder that goes with the story.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind is the temporary folder's to clean.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// One running server. Its worker works only when the story says so.
struct Server {
    recovery: Arc<Recovery>,
    address: SocketAddr,
    serving: JoinSet<()>,
}

/// A page that a browser got.
pub struct Seen {
    /// The path that it asked for.
    pub path: String,
    /// What it got.
    pub body: String,
}

/// One story.
pub struct Story {
    pub(crate) simulator: Simulator,
    pub(crate) client: reqwest::Client,
    clock: Arc<StoryClock>,
    folder: Folder,
    database: Database,
    /// Where the programs keep the database, if not on the machine's disk.
    disk: Option<Disk>,
    /// The server in this process, if one is open.
    server: Mutex<Option<Server>>,
    /// Where browsers go instead, in turn, when programs serve.
    programs: Mutex<Vec<SocketAddr>>,
    turn: AtomicUsize,
    records: tokio::sync::Mutex<Option<Store>>,
    base_url: String,
    /// Every page that any browser got.
    pub seen: Mutex<Vec<Seen>>,
}

impl Story {
    /// The example company and the stock configuration.
    pub async fn begin() -> Self {
        Self::with(&[]).await
    }

    /// As [`Self::begin`], with other values for some keys of the configuration, as TOML.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let story = Self::closed(settings).await;
        story.opens().await;
        story
    }

    /// As [`Self::with`], with the limits that ship, behind a proxy that says from where browsers come.
    pub async fn guarded(settings: &[(&str, &str)]) -> Self {
        let story = Self::closed(&Self::guards(settings)).await;
        story.opens().await;
        story
    }

    /// The settings of [`Self::guarded`].
    pub fn guards<'a>(settings: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let guards = [("limits", "{}"), ("server.trusted_proxies", "1")];
        [&guards, settings].concat()
    }

    /// As [`Self::with`], and nobody serves yet.
    pub async fn closed(settings: &[(&str, &str)]) -> Self {
        Self::closed_on(settings, Database::create).await
    }

    /// As [`Self::closed`], on the database that is made when the story's folder is there.
    pub async fn closed_on(
        settings: &[(&str, &str)],
        database: impl AsyncFnOnce(&Path) -> Database,
    ) -> Self {
        let simulator = Simulator::start(Options::default()).await.unwrap();
        // One for all: to make one takes long, since it reads the machine's certificates.
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .tls_certs_only([])
            .build()
            .unwrap();
        let folder =
            Folder(std::env::temp_dir().join(format!("latchkey-story-{}", SystemEntropy.uuid())));
        // The configuration holds a password.
        DirBuilder::new().mode(0o700).create(&folder.0).unwrap();
        let url = format!("{}/_control/tenant", simulator.base_url());
        let tenant: Value = client.get(url).send().await.unwrap().json().await.unwrap();
        let database = database(&folder.0).await;
        let base_url = write_configuration(&folder, &database, &simulator, &tenant, settings);
        Self {
            simulator,
            client,
            clock: Arc::default(),
            folder,
            database,
            disk: None,
            server: Mutex::default(),
            programs: Mutex::default(),
            turn: AtomicUsize::new(0),
            records: tokio::sync::Mutex::default(),
            base_url,
            seen: Mutex::default(),
        }
    }

    /// As [`Self::closed`], on an embedded database on a disk of its own, which only the programs see.
    pub async fn on_disk(bytes: u64) -> Self {
        let embedded = async |folder: &Path| Database::Sqlite(folder.join("disk/latchkey.db"));
        let mut story = Self::closed_on(&[], embedded).await;
        story.disk = Some(Disk::mount(story.file("disk"), bytes));
        story
    }

    /// The disk of the programs' own.
    pub const fn disk(&self) -> Option<&Disk> {
        self.disk.as_ref()
    }

    /// Starts a server in this process, whose clock the story moves, and turns every browser to it.
    pub async fn opens(&self) {
        let server = serve(&self.folder, &self.clock).await;
        *self.server.lock().unwrap() = Some(server);
        self.turn_to(&[]);
    }

    /// Stops the server in this process, which leaves the database to others.
    pub async fn stop(&self) {
        let server = self.server.lock().unwrap().take();
        let mut server = server.expect("a server is open in this process");
        server.serving.abort_all();
        server.recovery.close().await;
        // Nor do we read it any more: it may not be the same one when it is opened again.
        if let Some(records) = self.records.lock().await.take() {
            records.close().await;
        }
    }

    /// Stops the server and starts another on the same database.
    pub async fn restart(&self) {
        self.stop().await;
        self.opens().await;
    }

    /// Turns every browser to these programs, each visit to the next.
    pub fn turn_to(&self, programs: &[SocketAddr]) {
        *self.programs.lock().unwrap() = programs.to_vec();
    }

    /// Where links in mails lead to.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where the next visit goes.
    pub fn address(&self) -> SocketAddr {
        let programs = self.programs.lock().unwrap();
        if programs.is_empty() {
            let server = self.server.lock().unwrap();
            server.as_ref().expect("somebody serves").address
        } else {
            programs[self.turn.fetch_add(1, Ordering::Relaxed) % programs.len()]
        }
    }

    /// The use cases of the server in this process.
    pub fn recovery(&self) -> Arc<Recovery> {
        self.opened().expect("a server is open in this process")
    }

    fn opened(&self) -> Option<Arc<Recovery>> {
        let server = self.server.lock().unwrap();
        server.as_ref().map(|server| Arc::clone(&server.recovery))
    }

    /// The records, whoever serves.
    pub async fn records(&self) -> Store {
        let mut records = self.records.lock().await;
        if records.is_none() {
            let config = Config::load(Some(&self.configuration())).unwrap();
            *records = Some(Store::join(&config.database).await.unwrap());
        }
        records.clone().unwrap()
    }

    /// A file of the story, which goes with it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    /// The configuration file.
    pub fn configuration(&self) -> PathBuf {
        self.file("latchkey.toml")
    }

    /// The database.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// A browser that has never been here.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// The person with this name before the `@`, who cannot sign in.
    pub fn locked_out(&self, alias: &str) -> Person<'_> {
        Person::new(self, &work_address(alias), &private_address(alias))
    }

    /// Somebody who types `account` and reads mail at `private`.
    pub fn somebody(&self, account: &str, private: &str) -> Person<'_> {
        Person::new(self, account, private)
    }

    /// The manager with this name before the `@`.
    pub fn manager(&self, alias: &str) -> Manager<'_> {
        Manager::new(self, alias)
    }

    /// Makes a console account.
    pub async fn admin(&self, name: &str, password: &str) {
        let config = Config::load(Some(&self.configuration())).unwrap();
        create_admin(config, name.to_owned(), password.into(), Existing::Refuse)
            .await
            .unwrap();
    }

    /// Carries out jobs until none is due. Programs do so by themselves.
    pub async fn run_jobs(&self) {
        if let Some(recovery) = self.opened() {
            Worker::new(recovery).run_jobs().await.unwrap();
        }
    }

    /// Moves what time has made due; tells how many moved. Programs do so by themselves.
    pub async fn run_timers(&self) -> usize {
        match self.opened() {
            Some(recovery) => recovery.run_timers().await.unwrap(),
            None => 0,
        }
    }

    /// Looks for new methods and passes that ran out; tells how many requests ended.
    pub async fn watch(&self) -> usize {
        self.recovery().watch().await.unwrap()
    }

    /// Sets the clock of the machine that the server in this process runs on.
    pub fn machine_says(&self, now: Timestamp) {
        self.clock.machine.follow(now);
    }

    /// The present, as the server knows it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How long the story has gone on.
    pub fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Moves everybody's clock.
    pub async fn advance(&self, time: Duration) {
        self.clock
            .ahead_seconds
            .fetch_add(time.as_secs(), Ordering::Relaxed);
        let step = json!({ "advanceSeconds": time.as_secs() });
        self.control(Method::POST, "/clock", step).await;
    }

    /// Every request, newest first.
    pub async fn requests(&self) -> Vec<Request> {
        let page = self.records().await.list(ListFilter::All, None, 200).await;
        page.unwrap()
            .rows
            .into_iter()
            .map(|row| row.request)
            .collect()
    }

    /// What the audit log says about a request.
    pub async fn audit(&self, id: RequestId) -> Vec<AuditRow> {
        self.records().await.timeline(id).await.unwrap()
    }

    /// Waits until `holds`.
    pub async fn eventually(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let waiting = async {
            while !holds().await {
                tokio::time::sleep(POLL).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "waited in vain for {what}");
    }
}

/// What a run of the tests was told by this variable.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where stories are told something from outside"
)]
pub fn setting(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// Fills in the stock configuration, and tells where links lead to.
fn write_configuration(
    folder: &Folder,
    database: &Database,
    simulator: &Simulator,
    tenant: &Value,
    settings: &[(&str, &str)],
) -> String {
    let text = |key: &str| tenant[key].as_str().unwrap().to_owned();
    let values = [
        ("port", "3000".to_owned()),
        ("secret", SECRET.to_owned()),
        ("database", String::new()),
        ("tenantId", text("tenantId")),
        ("clientId", text("clientId")),
        ("clientSecret", text("clientSecret")),
        ("passwordClientId", text("passwordClientId")),
        ("passwordClientSecret", text("passwordClientSecret")),
        ("domain", DOMAIN.to_owned()),
        ("simulator", simulator.base_url().to_owned()),
        ("smtpPort", simulator.smtp_addr().port().to_string()),
        ("logFilter", "info".to_owned()),
    ];
    let filled = values
        .iter()
        .fold(CONFIGURATION.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value)
        });
    let mut table: toml::Table = filled.parse().unwrap();
    table["database"]["url"] = database.url().into();
    if let Some(password) = database.password() {
        let section = table["database"].as_table_mut().unwrap();
        section.insert("password".to_owned(), password.into());
    }
    let checkpoint = toml::Table::from_iter([(
        "checkpoint_file".to_owned(),
        folder
            .0
            .join("checkpoint.json")
            .display()
            .to_string()
            .into(),
    )]);
    table.insert("audit".to_owned(), checkpoint.into());
    // Only the stories about time wait for it.
    table["proofs"]
        .as_table_mut()
        .unwrap()
        .insert("answer_milliseconds".to_owned(), 0.into());
    // Only the stories about it have approvers sign in.
    let approval = toml::Table::from_iter([("sign_in".to_owned(), "off".into())]);
    table.insert("approval".to_owned(), approval.into());
    // Only the stories about it have the security team told of what goes well.
    table["alerts"]
        .as_table_mut()
        .unwrap()
        .insert("recoveries".to_owned(), false.into());
    for (key, value) in settings {
        let value: toml::Table = format!("value = {value}").parse().unwrap();
        let Some((section, name)) = key.split_once('.') else {
            table.insert((*key).to_owned(), value["value"].clone());
            continue;
        };
        let section = table
            .entry(section)
            .or_insert_with(|| toml::Table::new().into());
        let section = section.as_table_mut().unwrap();
        section.insert(name.to_owned(), value["value"].clone());
    }
    std::fs::write(folder.0.join("latchkey.toml"), table.to_string()).unwrap();
    table["server"]["base_url"].as_str().unwrap().to_owned()
}

async fn serve(folder: &Folder, clock: &Arc<StoryClock>) -> Server {
    let config = Config::load(Some(&folder.0.join("latchkey.toml"))).unwrap();
    let surroundings = Surroundings {
        clock: Arc::<StoryClock>::clone(clock),
        entropy: Arc::new(SystemEntropy),
    };
    let service = Service::build(config, surroundings).await.unwrap();
    // As the program does before it serves.
    service.recovery.check_log().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = service
        .web
        .router()
        .into_make_service_with_connect_info::<SocketAddr>();
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    Server {
        recovery: service.recovery,
        address,
        serving,
    }
}
