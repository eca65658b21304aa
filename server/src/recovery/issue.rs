//! Issuing a pass: the one place where Latchkey changes an account.
//!
//! The order is the design's: intent, guards, policy, snapshot, sessions, methods, confirmation, pass,
//! compare-and-set, answer, check. Every step before the pass can be repeated; creating a pass replaces
//! an older one. So a crash leaves at most a pass that nobody knows, which the next attempt replaces or
//! the reaper deletes.

use std::{sync::Arc, time::Duration};

use domain::{
    AbortCause, Actor, Command, Fault, Fence, IntentId, Issuing, MethodRef, PassRecord, Refusal,
    Request, RequestId, State, Subject,
};
use secrecy::SecretString;

use super::{Recovery, ServiceError};
use crate::graph::{CreatedPass, Graph, GraphError};

/// The longest a call to Graph takes, and what is needed afterwards to keep its outcome.
const LAST_CALL: Duration = Duration::from_secs(10 + 5);
/// How long to wait after a fault that names no time itself.
const PAUSE: Duration = Duration::from_secs(5);
/// How long to wait when the tenant's policy has not reached every server yet.
const PROPAGATION: Duration = Duration::from_secs(30);

/// Which pass is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The first.
    First,
    /// Another one, after "I could not use it".
    Replacement,
}

/// A pass that the bound browser may see, once.
pub struct Issued {
    /// The request, disclosed.
    pub request: Request,
    /// What the person types. Wiped when dropped.
    pub value: SecretString,
    /// How long it works, in minutes.
    pub lifetime_minutes: u32,
}

/// Why there is no pass to see.
#[derive(Debug, thiserror::Error)]
pub enum NotIssued {
    /// The attempt was not begun.
    #[error(transparent)]
    NotBegun(#[from] ServiceError),
    /// The attempt failed; the request says whether another is possible.
    #[error("the attempt failed")]
    Failed,
}

/// Why an attempt stops.
#[derive(Debug)]
pub(super) enum Stop {
    /// Another attempt may succeed.
    Retry(Fault, Duration),
    /// Another would fail as well.
    Abort(AbortCause),
    /// The attempt was cancelled, or has lost its fence or its lease.
    Void,
}

impl From<GraphError> for Stop {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::Retryable { after, .. } => {
                Self::Retry(Fault::DirectoryUnavailable, after.unwrap_or(PAUSE))
            }
            GraphError::PolicyRefused { .. } => {
                Self::Retry(Fault::DirectoryUnavailable, PROPAGATION)
            }
            GraphError::NotFound { .. } => {
                Self::Abort(AbortCause::GuardChanged(Refusal::SubjectIsGone))
            }
            GraphError::DefaultMethod { .. } => Self::Abort(AbortCause::MethodSurvived),
            GraphError::Forbidden { .. }
            | GraphError::Permanent { .. }
            | GraphError::Credential { .. } => Self::Abort(AbortCause::Permanent),
        }
    }
}

impl From<ServiceError> for Stop {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Graph(error) => error.into(),
            ServiceError::Refused(Refusal::LeaseRanOut) => {
                Self::Retry(Fault::LeaseRanOut, Duration::ZERO)
            }
            ServiceError::Refused(_) | ServiceError::Gone => {
                tracing::warn!(%error, "an issue attempt is void");
                Self::Void
            }
            ServiceError::Store(_) | ServiceError::Contended | ServiceError::Checkpoint(_) => {
                Self::Retry(Fault::DirectoryUnavailable, PAUSE)
            }
        }
    }
}

/// One attempt under its fence and lease.
pub(super) struct Attempt {
    pub recovery: Arc<Recovery>,
    pub id: RequestId,
    pub fence: Fence,
    pub intent: IntentId,
    pub subject: Subject,
    /// When the lease ends, on the monotonic clock: no jump of the wall clock lengthens it.
    ends: Duration,
}

impl Recovery {
    /// Claims a pass for the bound browser and issues it.
    ///
    /// Once begun, the attempt is carried through even if the browser goes away.
    pub async fn claim(self: &Arc<Self>, id: RequestId, turn: Turn) -> Result<Issued, NotIssued> {
        // A no that a restored database has lost still stands.
        self.check_log().await?;
        let intent = IntentId(self.entropy.uuid());
        let command = match turn {
            Turn::First => Command::Claim { intent },
            Turn::Replacement => {
                self.pass_is_unused(id).await?;
                Command::Replace { intent }
            }
        };
        let begun = self.clock.monotonic();
        let request = self.apply(id, &Actor::Browser, command).await?;
        let State::Issuing(Issuing { fence, .. }) = request.state else {
            return Err(ServiceError::from(Refusal::WrongState(request.state_name())).into());
        };
        let subject = request
            .facts
            .subject
            .ok_or(ServiceError::Refused(Refusal::SubjectNotRecognised))?;
        failpoint!(IntentKept);
        let ends = begun + request.facts.terms.lease;
        let attempt = Attempt {
            recovery: Arc::clone(self),
            id,
            fence,
            intent,
            subject,
            ends,
        };
        let finished = self
            .attempts
            .spawn(async move { attempt.run().await })
            .await;
        finished.map_err(|error| {
            tracing::error!(request = %id, %error, "an issue attempt broke off; its lease will run out");
            NotIssued::Failed
        })?
    }

    /// Refuses to replace a pass that was used: its bearer is signed in already.
    async fn pass_is_unused(&self, id: RequestId) -> Result<(), ServiceError> {
        let request = self.request(id).await?;
        let State::Disclosed(disclosed) = &request.state else {
            return Err(Refusal::WrongState(request.state_name()).into());
        };
        let subject = request
            .facts
            .subject
            .as_ref()
            .ok_or(Refusal::SubjectNotRecognised)?;
        let used = self
            .graph
            .pass(&subject.person.id)
            .await?
            .is_some_and(|pass| {
                pass.id == disclosed.pass.id
                    && pass.usability == crate::graph::PassUsability::OneTimeUsed
            });
        if used {
            Err(Refusal::AlreadyDone.into())
        } else {
            Ok(())
        }
    }
}

impl Attempt {
    async fn run(self) -> Result<Issued, NotIssued> {
        let (fence, id) = (self.fence, self.id);
        let stop = match self.work().await {
            Ok(issued) => {
                tokio::spawn(async move {
                    failpoint!(LivePassChecking);
                    // Whatever becomes of the database, this pass was given out.
                    if let Err(error) = self.recovery.check_log().await {
                        tracing::error!(request = %id, %error, "no checkpoint of the audit log was kept");
                    }
                    let checked = self.recovery.check_pass(id, &Actor::Issuer).await;
                    failpoint!(LivePassChecked);
                    if let Err(error) = checked {
                        tracing::warn!(request = %id, %error, "the live pass could not be checked; the reaper will look");
                    }
                });
                return Ok(issued);
            }
            Err(stop) => stop,
        };
        tracing::warn!(request = %id, fence = fence.0, ?stop, "an issue attempt stopped");
        failpoint!(AttemptFailing);
        let ending = match stop {
            Stop::Retry(fault, retry_after) => Command::Release {
                fence,
                fault,
                retry_after,
            },
            Stop::Abort(cause) => Command::Abort { fence, cause },
            // Whatever voided it, this attempt ends; after a cancellation the request ends with it.
            Stop::Void => Command::Abort {
                fence,
                cause: AbortCause::GuardChanged(Refusal::Cancelled),
            },
        };
        if let Err(error) = self.recovery.apply(id, &Actor::Issuer, ending).await {
            tracing::warn!(request = %id, fence = fence.0, %error, "the end of an attempt was not kept; its lease will run out");
        }
        Err(NotIssued::Failed)
    }

    /// Time left of the lease.
    pub(super) fn rest(&self) -> Duration {
        self.ends.saturating_sub(self.recovery.clock.monotonic())
    }

    /// Graph, for no longer than the lease.
    pub(super) fn graph(&self) -> Graph {
        self.recovery.graph.within(self.rest())
    }

    async fn work(&self) -> Result<Issued, Stop> {
        let person = &self.subject.person.id;
        let guards = self.recovery.guards(&self.graph(), person).await?;
        if let Err(refusal) = guards.hold(&self.subject, self.recovery.clock.now()) {
            tracing::warn!(request = %self.id, %refusal, "a guard does not hold any more");
            return Err(Stop::Abort(AbortCause::GuardChanged(refusal)));
        }
        failpoint!(GuardsHeld);
        let lifetime = guards
            .pass_policy
            .clamp(self.recovery.settings.pass_minutes);

        let plan = self.plan().await?;
        failpoint!(SnapshotKept);
        self.still_wanted().await?;
        failpoint!(SessionsEnding);
        self.graph().revoke_sessions(person).await?;
        failpoint!(SessionsEnded);
        self.remove(&plan).await?;
        failpoint!(RemovalsKept);
        let kept = self.confirm(&plan).await?;
        failpoint!(RemovalsConfirmed);
        self.still_wanted().await?;

        if self.rest() < LAST_CALL {
            return Err(Stop::Retry(Fault::LeaseTooShort, Duration::ZERO));
        }
        failpoint!(PassMaking);
        let pass = self
            .graph()
            .create_pass(person, lifetime, self.intent.0)
            .await?;
        failpoint!(PassMade);
        self.disclose(pass, kept).await
    }

    /// Stops early when somebody said no meanwhile, or another attempt has taken over.
    async fn still_wanted(&self) -> Result<(), Stop> {
        let request = self.recovery.request(self.id).await?;
        match &request.state {
            State::Issuing(issuing)
                if issuing.fence == self.fence && issuing.cancelled.is_none() =>
            {
                Ok(())
            }
            _ => Err(Stop::Void),
        }
    }

    /// Keeps the outcome. Only if that succeeds may the value be seen; otherwise the pass is deleted
    /// before anybody could.
    async fn disclose(&self, pass: CreatedPass, kept: Vec<MethodRef>) -> Result<Issued, Stop> {
        let record = PassRecord {
            id: pass.id.clone(),
            expires_at: pass.expires_at,
            intent: self.intent,
        };
        let command = Command::Disclose {
            fence: self.fence,
            pass: record,
            kept,
        };
        match self.recovery.apply(self.id, &Actor::Issuer, command).await {
            Ok(request) => {
                failpoint!(PassKept);
                Ok(Issued {
                    request,
                    value: pass.value,
                    lifetime_minutes: pass.lifetime_minutes,
                })
            }
            Err(error) => {
                drop(pass.value);
                failpoint!(UnseenPassDeleting);
                // The lease may be over, so the clean-up has a time of its own.
                if let Err(error) = self
                    .recovery
                    .graph
                    .delete_pass(&self.subject.person.id, &pass.id)
                    .await
                {
                    tracing::error!(request = %self.id, %error, "a pass that nobody has seen could not be deleted");
                }
                failpoint!(UnseenPassDeleted);
                Err(error.into())
            }
        }
    }
}
