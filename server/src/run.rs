//! What the commands do: put the parts together and let them run.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use domain::{CodeKey, Terms};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinSet},
};
use url::Url;

use crate::{
    audit::Checkpoints,
    auth::{
        oidc::{self, AttemptKey, RelyingParty},
        password::PasswordHasher,
        saved_codes::{Pepper, SavedCodes},
        sign_in::SignIns,
    },
    clock::{Clock, Entropy, SystemClock, SystemEntropy},
    config::{self, Config, VerifiedId},
    graph::{self, Asking, Graph, RequestService},
    jobs::{Pace, Worker, every},
    limits::{self, Limits},
    mail::Mailer,
    recovery::{Parts, Recovery, Settings},
    secret::SuccessionKey,
    store::{AdminRecord, Location, Store},
    upkeep::{cannot_open, open_store},
    web::{Site, Web},
};

/// Passwords checked at the same time; each takes 64 MiB.
const PASSWORDS_AT_ONCE: usize = 2;
/// How long somebody may take to prove who they are and to ask for approval.
const PROVING: Duration = Duration::from_hours(1);
/// How often jobs and timers are looked for when nothing says that there is something to do.
const POLL: Duration = Duration::from_secs(1);
/// How often changes by other instances are looked for: a browser that waits here shows them within two
/// seconds.
const LOOK_FOR_CHANGES: Duration = Duration::from_millis(700);
/// How often the clock is set by that of a shared database.
const FOLLOW_CLOCK: Duration = Duration::from_secs(5);
/// How often the audit log is compared with its checkpoint.
const CHECK_LOG: Duration = Duration::from_mins(1);
/// What follows an issue attempt, the longest thing that can be under way: its outcome is kept, and the page
/// is sent.
const AFTER_LEASE: Duration = Duration::from_secs(15);

/// What to do about an account that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave it and say so.
    Refuse,
    /// Give it the new password and end its sessions.
    Replace,
}

/// What an operator wants of the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing is opened, approved or given out.
    Paused {
        /// Why, for the log and the other administrators.
        reason: Option<String>,
    },
    /// Everything goes on.
    Resumed,
}

/// Where time and randomness come from.
#[derive(Clone)]
pub struct Surroundings {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(SystemEntropy),
        }
    }
}

/// The parts of a running server.
pub struct Service {
    /// The use cases.
    pub recovery: Arc<Recovery>,
    /// The routes.
    pub web: Web,
    /// How often the worker looks.
    pub pace: Pace,
    /// How long what is under way may take when the process is told to stop.
    longest_stop: Duration,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Serve pages, and carry out jobs.
    Everything,
    /// Serve pages, and leave jobs to workers.
    Pages,
    /// Carry out jobs.
    Jobs,
}

/// Does its duty until the process is told to stop.
pub async fn work(config: Config, duty: Duty) -> anyhow::Result<()> {
    if duty != Duty::Everything && matches!(config.database, Location::Sqlite(_)) {
        bail!(
            "an embedded database is for one process, which does everything: `latchkey serve`. \
             Pages and jobs in processes of their own need PostgreSQL (database.url)"
        );
    }
    let listen = config.server.listen;
    let base_url = config.server.base_url.clone();
    if config.audit.checkpoint_file.is_none() {
        tracing::warn!(
            "audit.checkpoint_file is not set: a database that is replaced by an older one will not be noticed"
        );
    }
    if !config.approval.sign_in_required {
        tracing::warn!(
            "approvers do not sign in (approval.sign_in): whoever reads the mail of one can decide as them"
        );
    }
    let service = Service::build(config, Surroundings::default()).await?;
    // Before anybody is served: a database that was replaced may hold as approved what was denied since.
    service.recovery.check_log().await?;
    let listener = if duty == Duty::Jobs {
        tracing::info!("working");
        None
    } else {
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("cannot listen on {listen} (server.listen): is another server running?")
        })?;
        tracing::info!(%listen, %base_url, "serving");
        Some(listener)
    };
    let stop = async {
        stop_signal().await;
        tracing::info!(
            "stopping: what is under way is finished first; a second signal ends it at once"
        );
        tokio::spawn(async {
            stop_signal().await;
            tracing::warn!("ending at once; leases will run out");
            std::process::exit(1);
        });
    };
    service.run(listener, duty != Duty::Pages, stop).await
}

/// Makes a console account.
pub async fn create_admin(
    config: Config,
    name: String,
    password: SecretString,
    existing: Existing,
) -> anyhow::Result<()> {
    let Surroundings { clock, entropy } = Surroundings::default();
    let store = open_store(&config.database).await?;
    let password = PasswordHasher::new(1, entropy).hash(password).await?;
    let admin = AdminRecord { name, password };
    match existing {
        Existing::Replace => store.replace_admin(&admin, clock.now()).await?,
        Existing::Refuse => {
            if !store.add_admin(&admin, clock.now()).await? {
                bail!(
                    "there is an account {:?} already; with --replace it gets the new password",
                    admin.name
                );
            }
        }
    }
    store.close().await;
    Ok(())
}

/// Pauses everything that leads to a pass, on every instance, or lets it go on. Tells what came of it.
pub async fn hold(config: Config, held: Held) -> anyhow::Result<&'static str> {
    // A server may be working on it.
    let store = open_store(&config.database).await?;
    let service = Box::pin(Service::build_on(store, config, Surroundings::default())).await?;
    let recovery = &service.recovery;
    let changed = match held {
        Held::Paused { reason } => recovery.pause(reason).await.map(|changed| {
            if changed {
                "Paused: nothing is opened, approved or given out, until `latchkey admin resume`."
            } else {
                "It is paused already."
            }
        }),
        Held::Resumed => recovery.resume().await.map(|changed| {
            if changed {
                "Everything goes on."
            } else {
                "Nothing was paused."
            }
        }),
    };
    recovery.close().await;
    Ok(changed?)
}

impl Service {
    /// Puts the parts together.
    pub async fn build(config: Config, surroundings: Surroundings) -> anyhow::Result<Self> {
        let store = Store::open(&config.database)
            .await
            .map_err(|error| cannot_open(error, &config.database))?;
        Box::pin(Self::build_on(store, config, surroundings)).await
    }

    async fn build_on(
        store: Store,
        config: Config,
        surroundings: Surroundings,
    ) -> anyhow::Result<Self> {
        let Surroundings { clock, entropy } = surroundings;
        let site = site(&config);
        let rules = &config.recovery;
        let approval = &config.approval;
        let terms = Terms {
            gate: config.policies.gate(),
            look_up_step: config.look_up_step,
            required_approvals: 1,
            dual_control: approval.dual_control.is_some(),
            approvals_a_day: approval.approvals_per_day,
            proving: PROVING,
            approval: rules.approval,
            cool_off: rules.cool_off,
            risk_cool_off: approval.risk_cool_off,
            privileged_cool_off: approval.privileged_cool_off,
            claim: rules.claim,
            lease: rules.lease,
            removal: rules.removal,
        };
        let settings = Settings {
            base_url: config.server.base_url.clone(),
            terms,
            policies: config.policies,
            pass_minutes: u32::try_from(rules.pass_lifetime.as_secs() / 60).unwrap_or(u32::MAX),
            alert_addresses: config.alerts.to.iter().map(ToString::to_string).collect(),
            approval: config.approval,
        };
        let pace = Pace {
            poll: POLL,
            watch: rules.watch,
        };
        let mailer = Mailer::new(&config.mail, &config.organisation, Arc::clone(&clock))
            .context("cannot set up mail ([mail])")?;
        let code_key = CodeKey::new(key_for(b"latchkey codes v1", &config.server.secret));
        let succession =
            SuccessionKey::new(key_for(b"latchkey browsers v1", &config.server.secret));
        let pepper = Pepper::new(key_for(b"latchkey saved codes v1", &config.server.secret));
        let saved_codes = SavedCodes::new(
            store.clone(),
            Arc::clone(&entropy),
            pepper,
            config.saved_codes.memory_mebibytes,
        );
        let limits_key = limits::Key::new(key_for(b"latchkey limits v1", &config.server.secret));
        let around = (Arc::clone(&clock), Arc::clone(&entropy));
        let limits = Limits::new(store.clone(), around, limits_key, config.limits);
        let sign_ins = sign_ins(
            &config.server,
            config.sign_in,
            config.password,
            &clock,
            &entropy,
        )?;
        let verified_ids = request_service(
            config.verified_id,
            &config.server.base_url,
            &config.organisation.name,
            &config.entra.graph,
            (Arc::clone(&clock), Arc::clone(&entropy)),
        )?;
        let graph = Graph::new(config.entra.graph, Arc::clone(&clock), Arc::clone(&entropy))
            .context("cannot set up the connection to Microsoft ([entra])")?;
        let passwords = PasswordHasher::new(PASSWORDS_AT_ONCE, Arc::clone(&entropy));
        let parts = Parts {
            store,
            graph,
            mailer,
            clock,
            entropy,
            code_key,
            succession,
            saved_codes,
            settings,
            limits: Arc::new(limits),
            checkpoints: config.audit.checkpoint_file.map(Checkpoints::new),
            verified_ids,
            countries: config.countries,
        };
        let recovery = Arc::new(Recovery::new(parts));
        recovery.follow_clock().await?;
        let web = Web::new(Arc::clone(&recovery), passwords, sign_ins, site);
        Ok(Self {
            recovery,
            web,
            pace,
            longest_stop: rules.lease + AFTER_LEASE,
        })
    }

    /// Serves pages on `listener`, if there is one, and carries out jobs if `works`, until `stop` is done.
    /// What is under way then is finished first.
    pub async fn run(
        self,
        listener: Option<TcpListener>,
        works: bool,
        stop: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let recovery = self.recovery;
        let (stopping, stopped) = watch::channel(());
        let until_stopped = |mut stopped: watch::Receiver<()>| async move {
            // An error means that the sender is gone: that is the sign.
            let _ = stopped.changed().await;
        };
        let mut background = JoinSet::new();
        if works {
            background.spawn(Worker::new(Arc::clone(&recovery)).run(self.pace, stopped.clone()));
        }
        background.spawn(keep_in_step(Arc::clone(&recovery), stopped.clone()));
        let server = listener.map(|listener| {
            let routes = self
                .web
                .router()
                .into_make_service_with_connect_info::<SocketAddr>();
            let server =
                axum::serve(listener, routes).with_graceful_shutdown(until_stopped(stopped));
            tokio::spawn(server.into_future())
        });
        let broke_off = tokio::select! {
            () = stop => None,
            // None ends before it is told to: whoever starts the process again helps more than a process
            // that serves pages and keeps no promise.
            ended = background.join_next() => ended,
        };
        drop(stopping);
        recovery.stop_waiting();
        let finish = async {
            if let Some(server) = server {
                // Whoever is being given a pass gets it.
                let _ = server.await;
            }
            // An attempt goes on without its browser.
            recovery.finish_attempts().await;
            while let Some(ended) = background.join_next().await {
                ended?;
            }
            recovery.close().await;
            Ok(())
        };
        let finished: Result<(), JoinError> = tokio::time::timeout(self.longest_stop, finish)
            .await
            .unwrap_or_else(|_| {
                tracing::warn!("something was not finished in time; its lease will run out");
                Ok(())
            });
        if let Some(ended) = broke_off {
            ended.context("background work broke off")?;
            bail!("background work ended by itself");
        }
        finished.context("background work broke off")
    }
}

/// What pages say about this installation.
fn site(config: &Config) -> Site {
    Site {
        base_url: config.server.base_url.clone(),
        organisation: config.organisation.name.clone(),
        help: config.organisation.help.clone(),
        sign_in_at: config.entra.security_info_url.clone(),
        answer_step: config.answer_step,
        trusted_proxies: config.server.trusted_proxies.into(),
    }
}

/// What Verified IDs are presented to, if anything.
fn request_service(
    verified_id: Option<VerifiedId>,
    base_url: &Url,
    organisation: &str,
    application: &graph::Settings,
    (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>),
) -> anyhow::Result<Option<RequestService>> {
    let Some(VerifiedId { service_url, terms }) = verified_id else {
        return Ok(None);
    };
    let asking = Asking {
        service_url,
        terms,
        client_name: organisation.to_owned(),
        callback: base_url.join("verified-id/callback")?,
    };
    RequestService::new(application.clone(), asking, clock, entropy)
        .map(Some)
        .context("cannot set up the connection to Microsoft ([verified_id])")
}

/// Keeps this instance in step with the others until `stopped` closes.
async fn keep_in_step(recovery: Arc<Recovery>, stopped: watch::Receiver<()>) {
    let changes = every(LOOK_FOR_CHANGES, stopped.clone(), || {
        recovery.look_for_changes()
    });
    let clock = every(FOLLOW_CLOCK, stopped.clone(), || recovery.follow_clock());
    let log = every(CHECK_LOG, stopped, || recovery.check_log());
    tokio::join!(changes, clock, log);
}

/// The applications that people sign in with, as far as they are configured.
fn sign_ins(
    server: &config::Server,
    employee: Option<oidc::Settings>,
    password: Option<oidc::Settings>,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> anyhow::Result<SignIns> {
    let application = |section: &str, settings: Option<oidc::Settings>, path: &str| {
        let Some(settings) = settings else {
            return Ok(None);
        };
        let answers_at = server.base_url.join(path)?;
        RelyingParty::new(settings, answers_at, Arc::clone(clock), Arc::clone(entropy))
            .map(Some)
            .with_context(|| format!("cannot set up the sign-in ([{section}])"))
    };
    Ok(SignIns::new(
        AttemptKey::new(key_for(b"latchkey sign-ins v1", &server.secret)),
        application("sign_in", employee, "sign-in/callback")?,
        application("password", password, "prove/password/callback")?,
    ))
}

/// A key for one purpose, derived from the configured secret, so that purposes never share one.
fn key_for(purpose: &[u8], secret: &SecretSlice<u8>) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret())
        .expect("HMAC takes a key of any length");
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            },
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
