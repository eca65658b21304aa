//! The use cases: what people, timers and workers do with a request. Rules are in `domain`, queries in
//! the store, calls to Microsoft in `graph`; here they are put in order.

mod absences;
mod admission;
mod ahead;
mod approval;
mod approvers;
mod directory_rounds;
mod groups;
mod history;
mod installation;
mod issue;
mod kiosk;
mod leavers;
mod line;
mod live_pass;
mod look_ups;
mod managers;
mod office;
mod out_of_office;
mod presentations;
mod prove;
mod readiness;
mod readings;
mod reaper;
mod removal;
mod rollback;
mod saved_codes;
mod settings;
mod strangers;
mod timers;
mod waiting;
mod watch;

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use domain::{
    Actor, Alert, CodeKey, Command, Outcome, Refusal, Request, RequestId, Timestamp, decide,
};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::{
    audit::{CheckpointError, Checkpoints},
    auth::{saved_codes::SavedCodes, workshop::Busy},
    clock::{Clock, Entropy},
    countries::Countries,
    graph::{Graph, GraphError, RequestService},
    jobs::{self, Promise, SecurityTeam},
    limits::Limits,
    mail::Mailer,
    secret::{BearerHash, SuccessionKey},
    store::{Change, SavedCodeId, Store, StoreError},
};

use look_ups::LookUps;
use strangers::Strangers;
use waiting::Waiting;

pub use absences::{Absences, Away, NotPlanned, Plan, last_moment};
pub use admission::{Asked, Flood};
pub use ahead::Ahead;
pub use approval::{Decision, Naming, Verdict};
pub use issue::{Issued, NotIssued, Turn};
pub use kiosk::{CodeRead, Opened};
pub(crate) use look_ups::Found;
pub use managers::{Look, Standing};
pub use office::{OfficeHours, Offices};
pub use presentations::Heard;
pub use prove::{Proved, Shown, TypedCodes};
pub use readiness::Readiness;
pub use saved_codes::{NewCodes, OwnCodes};
pub use settings::{Absence, ApprovalSettings, ChainTimes, Named, Settings};

/// How old the database's time may be to be taken over.
const FRESH: Duration = Duration::from_secs(1);
/// How often a change is decided anew because somebody else was faster.
const TRIES: usize = 32;

/// The recovery service: shared by the web, the workers and the timers of one instance.
pub struct Recovery {
    pub(crate) store: Store,
    pub(crate) graph: Graph,
    pub(crate) mailer: Mailer,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) code_key: CodeKey,
    succession: SuccessionKey,
    /// Saved recovery codes.
    pub saved_codes: SavedCodes,
    pub(crate) settings: Settings,
    pub(crate) limits: Arc<Limits>,
    pub(crate) look_ups: LookUps,
    checkpoints: Option<Checkpoints>,
    verified_ids: Option<RequestService>,
    countries: Option<Countries>,
    /// Microsoft has refused to say who is out of office, and the administrators know.
    mailboxes_refused: AtomicBool,
    /// Whoever manages groups could say who decides about privileged people, and the administrators know.
    unguarded_group_told: AtomicBool,
    waiting: Waiting,
    /// Browsers that wait for a step of their presentation.
    presenting: Waiting,
    strangers: Strangers,
    /// Issue attempts under way.
    attempts: TaskTracker,
    work: Notify,
}

/// What [`Recovery::new`] puts together.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Microsoft.
    pub graph: Graph,
    /// The mail server.
    pub mailer: Mailer,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Key that codes are derived from.
    pub code_key: CodeKey,
    /// Key by which secrets of browsers follow from each other.
    pub succession: SuccessionKey,
    /// Saved recovery codes.
    pub saved_codes: SavedCodes,
    /// The installation.
    pub settings: Settings,
    /// How often things may be done.
    pub limits: Arc<Limits>,
    /// Where checkpoints of the audit log are kept, if anywhere.
    pub checkpoints: Option<Checkpoints>,
    /// What Verified IDs are presented to, if anything.
    pub verified_ids: Option<RequestService>,
    /// From which country an address is, if there is a table of that.
    pub countries: Option<Countries>,
}

/// What a change does besides changing the request, in the same transaction.
#[derive(Clone, Copy, Debug, Default)]
struct Besides {
    /// Binds the request to another secret of its browser.
    bind: Option<BearerHash>,
    /// Uses up a saved code. If that was used meanwhile, nothing is kept ([`StoreError::CodeSpent`]).
    spend: Option<SavedCodeId>,
}

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The rules say no; the request is as it was.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// There is no such request.
    #[error("no such request")]
    Gone,
    /// Too many others changed the request at the same time.
    #[error("the request is changed by too many at once")]
    Contended,
    /// Too many secrets are being checked at once; it costs nobody a try.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// It was done too often from the same network.
    #[error("a limit is used up for another {} s", wait.as_secs())]
    Limited {
        /// When it can be done again, from now.
        wait: Duration,
    },
    /// Far too much is going on: nothing is opened for a while.
    #[error("opening is paused for another {} s", wait.as_secs())]
    Flooded {
        /// How long, from now.
        wait: Duration,
    },
    /// An operator has paused the installation.
    #[error("recovery is paused by an operator")]
    Paused,
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
    /// Microsoft failed.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The audit log cannot be guarded.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::SubjectOccupied => Self::Refused(Refusal::AnotherRequestIsOpen),
            StoreError::ApproverOccupied => Self::Refused(Refusal::ApproverIsBusy),
            StoreError::ApproverAtCap => Self::Refused(Refusal::ApproverAtDailyCap),
            other => Self::Store(other),
        }
    }
}

impl From<Refusal> for ServiceError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Recovery {
    /// Puts the service together.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            store,
            graph,
            mailer,
            clock,
            entropy,
            code_key,
            succession,
            saved_codes,
            settings,
            limits,
            checkpoints,
            verified_ids,
            countries,
        } = parts;
        Self {
            store,
            graph,
            mailer,
            clock,
            entropy,
            code_key,
            succession,
            saved_codes,
            settings,
            limits,
            look_ups: LookUps::default(),
            checkpoints,
            verified_ids,
            countries,
            mailboxes_refused: AtomicBool::new(false),
            unguarded_group_told: AtomicBool::new(false),
            waiting: Waiting::default(),
            presenting: Waiting::default(),
            strangers: Strangers::default(),
            attempts: TaskTracker::new(),
            work: Notify::new(),
        }
    }

    /// The request under `id`.
    pub async fn request(&self, id: RequestId) -> Result<Request, ServiceError> {
        self.store.request(id).await?.ok_or(ServiceError::Gone)
    }

    /// Waits until this instance has promised new work.
    pub async fn work_promised(&self) {
        self.work.notified().await;
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Takes over the time of a database that several instances share.
    pub async fn follow_clock(&self) -> Result<(), ServiceError> {
        let asked = self.clock.monotonic();
        if let Some(present) = self.store.present().await? {
            let took = self.clock.monotonic().saturating_sub(asked);
            // Whoever was stopped in between would live in the past; the next answer comes soon.
            if took < FRESH {
                self.clock.follow(present + took / 2);
            }
        }
        Ok(())
    }

    /// Waits until no issue attempt is under way. Nobody begins another while this is waited for: the
    /// pages are closed by then.
    pub async fn finish_attempts(&self) {
        self.attempts.close();
        self.attempts.wait().await;
    }

    /// Lets go of the database.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// Decides and keeps `command`.
    ///
    /// When somebody else changes the request in between, it is decided anew, so that the rules always
    /// speak about the request as it is.
    pub(crate) async fn apply(
        &self,
        id: RequestId,
        actor: &Actor,
        command: Command,
    ) -> Result<Request, ServiceError> {
        self.apply_and(id, actor, command, Besides::default()).await
    }

    /// As [`Self::apply`], with what changes besides the request.
    async fn apply_and(
        &self,
        id: RequestId,
        actor: &Actor,
        command: Command,
        besides: Besides,
    ) -> Result<Request, ServiceError> {
        for _ in 0..TRIES {
            let request = self.request(id).await?;
            let now = self.clock.now();
            let outcome = decide(&request, command.clone(), actor, now)?;
            match Box::pin(self.keep(outcome, actor, now, besides)).await {
                Err(ServiceError::Store(StoreError::Conflict)) => {}
                kept => return kept,
            }
        }
        Err(ServiceError::Contended)
    }

    async fn keep(
        &self,
        outcome: Outcome,
        actor: &Actor,
        now: Timestamp,
        besides: Besides,
    ) -> Result<Request, ServiceError> {
        let jobs = self.promise(&outcome, now);
        let actor = actor_name(actor);
        let change = Change {
            request: &outcome.request,
            actor: &actor,
            at: now,
            events: &outcome.events,
            effects: &outcome.effects,
            jobs: &jobs,
            bind: besides.bind,
            spend: besides.spend,
        };
        failpoint!(ChangeDecided);
        self.store.keep(&change).await?;
        failpoint!(ChangeKept);
        self.announce(&outcome);
        Box::pin(self.feed_breaker(&outcome)).await;
        Ok(outcome.request)
    }

    /// The jobs that an outcome asks for.
    fn promise(&self, outcome: &Outcome, now: Timestamp) -> Vec<Promise> {
        let security = SecurityTeam {
            addresses: &self.settings.alert_addresses,
            hears_of_recoveries: self.settings.approval.tell_security,
        };
        jobs::of(outcome, now, security, || self.entropy.sortable_uuid(now))
    }

    fn promise_now(&self, job: jobs::Job, now: Timestamp) -> Promise {
        Promise {
            id: self.entropy.sortable_uuid(now),
            job,
            not_before: now,
        }
    }

    /// Tells the administrators about a request outside any change of it.
    pub(crate) async fn alert(&self, id: RequestId, alert: &Alert) -> Result<(), ServiceError> {
        let now = self.clock.now();
        for address in &self.settings.alert_addresses {
            let job = jobs::Job::AlertAdmin {
                alert: alert.clone(),
                address: address.clone(),
            };
            self.store.add_job(id, &self.promise_now(job, now)).await?;
        }
        self.work.notify_one();
        Ok(())
    }

    fn announce(&self, outcome: &Outcome) {
        let request = &outcome.request;
        tracing::info!(
            request = %request.facts.id,
            state = request.state_name().as_str(),
            version = request.version,
            "request changed"
        );
        self.waiting.announce(request.facts.id, request.version);
        if !outcome.effects.is_empty() {
            self.work.notify_one();
        }
    }
}

/// How the audit log names an actor.
fn actor_name(actor: &Actor) -> String {
    match actor {
        Actor::Browser => "browser".to_owned(),
        Actor::Approver { id, .. } => format!("approver:{id}"),
        Actor::Owner => "owner".to_owned(),
        Actor::Security => "security".to_owned(),
        Actor::Directory => "directory".to_owned(),
        Actor::Mailer => "mailer".to_owned(),
        Actor::Timer => "timer".to_owned(),
        Actor::Issuer => "issuer".to_owned(),
        Actor::Watcher => "watcher".to_owned(),
        Actor::Operator => "operator".to_owned(),
    }
}
