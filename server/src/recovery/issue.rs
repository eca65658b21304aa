//! Issuing a pass: the one place where Latchkey changes an account.
//!
//! The order is the design's: intent, guards, policy, snapshot, sessions, methods, confirmation, pass,
//! compare-and-set, answer, check. Every step before the pass can be repeated; creating a pass replaces
//! an older one. So a crash leaves at most a pass that nobody knows, which the next attempt replaces or
//! the reaper deletes.

use std::{sync::Arc, time::Duration};

use domain::{
    AbortCause, Actor, Command, Control, Fault, Fence, GuardReading, IntentId, Issuing, MethodRef,
    PassRecord, Refusal, Request, RequestId, State, Subject, Warrant,
};
use futures::future;
use secrecy::SecretString;

use super::{Recovery, ServiceError, removal::Plan};
use crate::graph::{CreatedPass, Graph, GraphError, PassUsability};

/// The longest that Graph takes to make the pass, then that the guards and those who approved are read once more, and what
/// is needed afterwards to keep the outcome. By the stock lease, more than half a minute is left for what comes before.
const LAST_CALL: Duration = Duration::from_secs(10 + 10 + 5);
/// How long to wait after a fault that names no time itself.
const PAUSE: Duration = Duration::from_secs(5);
/// Pauses before the looks for a change whose commit was not answered.
const READINGS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
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
    /// It was a rehearsal: nothing was changed, and there is no pass.
    #[error("it was a rehearsal")]
    Rehearsed,
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
            ServiceError::Paused => Self::Retry(Fault::Paused, PAUSE),
            ServiceError::Store(_)
            | ServiceError::Contended
            | ServiceError::Limited { .. }
            | ServiceError::Flooded { .. }
            | ServiceError::Busy(_)
            | ServiceError::Checkpoint(_) => Self::Retry(Fault::DirectoryUnavailable, PAUSE),
        }
    }
}

/// How an attempt ends without a pass to see.
#[derive(Debug)]
struct Stopped {
    stop: Stop,
    /// Microsoft was asked for a pass, and it is not certain that there is none and will be none.
    may_leave_pass: bool,
}

impl From<Stop> for Stopped {
    fn from(stop: Stop) -> Self {
        Self {
            stop,
            may_leave_pass: false,
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
    /// How many had to approve, and whose word counts.
    control: Control,
    /// Leave to change the account; none in a rehearsal.
    warrant: Option<Warrant>,
    /// When the lease ends, on the monotonic clock: no jump of the wall clock lengthens it.
    ends: Duration,
}

impl Recovery {
    /// Claims a pass for the bound browser and issues it.
    ///
    /// Once asked for, it is carried through even if the browser goes away.
    pub async fn claim(self: &Arc<Self>, id: RequestId, turn: Turn) -> Result<Issued, NotIssued> {
        let recovery = Arc::clone(self);
        let claimed = self
            .attempts
            .spawn(Box::pin(recovery.attempt(id, turn)))
            .await;
        claimed.map_err(|error| {
            tracing::error!(request = %id, %error, "an issue attempt broke off; its lease will run out");
            NotIssued::Failed
        })?
    }

    async fn attempt(self: Arc<Self>, id: RequestId, turn: Turn) -> Result<Issued, NotIssued> {
        self.ensure_not_paused().await?;
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
        let warrant = request.warrant();
        let control = request.facts.control;
        let subject = request
            .facts
            .subject
            .ok_or(ServiceError::Refused(Refusal::SubjectNotRecognised))?;
        failpoint!(IntentKept);
        let ends = begun + request.facts.terms.lease;
        let attempt = Attempt {
            recovery: self,
            id,
            fence,
            intent,
            subject,
            control,
            warrant,
            ends,
        };
        Box::pin(attempt.run()).await
    }

    /// Refuses to replace a pass unless Microsoft lists it as unused. Whoever has used it is signed in
    /// already; and of one that is not listed nobody can tell.
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
        let listed = self.graph.pass(&subject.person.id).await?;
        match listed.filter(|pass| pass.id == disclosed.pass.id) {
            Some(pass) if pass.usability == PassUsability::OneTimeUsed => {
                Err(Refusal::AlreadyDone.into())
            }
            Some(_) => Ok(()),
            None => Err(Refusal::PassNotListed.into()),
        }
    }
}

impl Attempt {
    async fn run(self) -> Result<Issued, NotIssued> {
        let (fence, id) = (self.fence, self.id);
        let stopped = match self.work().await {
            Ok(None) => return Err(NotIssued::Rehearsed),
            Ok(Some(issued)) => {
                let attempts = self.recovery.attempts.clone();
                attempts.spawn(async move {
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
            Err(stopped) => stopped,
        };
        tracing::warn!(request = %id, fence = fence.0, ?stopped, "an issue attempt stopped");
        failpoint!(AttemptFailing);
        let Stopped {
            stop,
            may_leave_pass,
        } = stopped;
        let ending = match stop {
            Stop::Retry(fault, retry_after) => Command::Release {
                fence,
                fault,
                retry_after,
                may_leave_pass,
            },
            Stop::Abort(cause) => Command::Abort {
                fence,
                cause,
                may_leave_pass,
            },
            // Whatever voided it, this attempt ends; after a cancellation the request ends with it.
            Stop::Void => Command::Abort {
                fence,
                cause: AbortCause::GuardChanged(Refusal::Cancelled),
                may_leave_pass,
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

    /// Issues the pass. In a rehearsal there is none: it ends before anything is changed.
    async fn work(&self) -> Result<Option<Issued>, Stopped> {
        let (lifetime, plan) = self.look().await?;
        let Some(warrant) = &self.warrant else {
            self.rehearse(plan).await?;
            return Ok(None);
        };
        let kept = self.clear(warrant, &plan).await?;
        failpoint!(PassMaking);
        let made = self
            .graph()
            .create_pass(warrant, lifetime, self.intent.0)
            .await;
        let pass = made.map_err(|error| Stopped {
            may_leave_pass: error.may_have_been_applied(),
            stop: error.into(),
        })?;
        failpoint!(PassMade);
        // A while has passed, and Microsoft took its time: nobody sees a pass of somebody who must not be recovered now.
        if let Err(stop) = self.guards_hold().await {
            drop(pass.value);
            let may_leave_pass = !self.take_back(warrant, &pass.id).await;
            let stop = if self.rest().is_zero() {
                Stop::Retry(Fault::LeaseRanOut, Duration::ZERO)
            } else {
                stop
            };
            return Err(Stopped {
                stop,
                may_leave_pass,
            });
        }
        self.disclose(warrant, pass, kept).await.map(Some)
    }

    /// Everything that is read before anything is changed. Returns the lifetime of the pass in minutes, and what is
    /// to be removed.
    async fn look(&self) -> Result<(u32, Plan), Stop> {
        let guards = self.guards_hold().await?;
        failpoint!(GuardsHeld);
        let lifetime = guards
            .pass_policy
            .clamp(self.recovery.settings.pass_minutes);

        let plan = self.plan().await?;
        failpoint!(SnapshotKept);
        self.still_wanted().await?;
        Ok((lifetime, plan))
    }

    /// The guards, read now, if they hold.
    async fn guards_hold(&self) -> Result<GuardReading, Stop> {
        let person = &self.subject.person.id;
        let guards = self.recovery.guards(&self.graph(), person).await?;
        let held = guards.hold(&self.subject, self.control, self.recovery.clock.now());
        let held = match held {
            Ok(()) => self.approvers_hold().await?,
            refused => refused,
        };
        match held {
            Ok(()) => Ok(guards),
            Err(refusal) => {
                tracing::warn!(request = %self.id, %refusal, "a guard does not hold any more");
                Err(Stop::Abort(AbortCause::GuardChanged(refusal)))
            }
        }
    }

    /// Whether those who approved may still answer for the subject: they are read again.
    async fn approvers_hold(&self) -> Result<Result<(), Refusal>, Stop> {
        let request = self.recovery.request(self.id).await?;
        let State::Issuing(issuing) = &request.state else {
            return Err(Stop::Void);
        };
        let (graph, request) = (&self.graph(), &request);
        let approvals = issuing.approved.approvals.iter();
        let stand = approvals.map(|approval| async move {
            let read = self
                .recovery
                .approver_stands(graph, request, &approval.approver)
                .await;
            match read {
                Ok(approver) => Ok(approver.stands_for(&self.subject, self.control)),
                Err(ServiceError::Refused(refusal)) => Ok(Err(refusal)),
                Err(error) => Err(Stop::from(error)),
            }
        });
        let stand = future::try_join_all(stand).await?;
        Ok(stand.into_iter().collect())
    }

    /// Ends a rehearsal, with what would have been removed.
    async fn rehearse(&self, plan: Plan) -> Result<(), Stop> {
        let command = Command::FinishRehearsal {
            fence: self.fence,
            methods: plan.into_methods(),
        };
        self.recovery
            .apply(self.id, &Actor::Issuer, command)
            .await?;
        Ok(())
    }

    /// Ends the sessions and removes the methods, before the pass. Returns the methods that stayed.
    async fn clear(&self, warrant: &Warrant, plan: &Plan) -> Result<Vec<MethodRef>, Stop> {
        failpoint!(SessionsEnding);
        self.graph().revoke_sessions(warrant).await?;
        failpoint!(SessionsEnded);
        self.remove(warrant, plan).await?;
        failpoint!(RemovalsKept);
        let kept = self.confirm(plan).await?;
        failpoint!(RemovalsConfirmed);
        self.still_wanted().await?;

        if self.rest() < LAST_CALL {
            return Err(Stop::Retry(Fault::LeaseTooShort, Duration::ZERO));
        }
        Ok(kept)
    }

    /// Stops early when somebody said no meanwhile, or another attempt has taken over.
    async fn still_wanted(&self) -> Result<(), Stop> {
        self.recovery.ensure_not_paused().await?;
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
    async fn disclose(
        &self,
        warrant: &Warrant,
        pass: CreatedPass,
        kept: Vec<MethodRef>,
    ) -> Result<Issued, Stopped> {
        let record = PassRecord {
            id: pass.id.clone(),
            made_at: pass.made_at,
            expires_at: pass.expires_at,
            intent: self.intent,
        };
        let command = Command::Disclose {
            fence: self.fence,
            pass: record,
            kept,
        };
        let mut disclosed = self.recovery.apply(self.id, &Actor::Issuer, command).await;
        if let Err(ServiceError::Store(error)) = &disclosed {
            tracing::warn!(request = %self.id, %error, "nobody knows whether a disclosure was kept");
            if let Some(request) = self.disclosed_after_all().await {
                disclosed = Ok(request);
            }
        }
        match disclosed {
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
                let may_leave_pass = !self.take_back(warrant, &pass.id).await;
                let stop = error.into();
                Err(Stopped {
                    stop,
                    may_leave_pass,
                })
            }
        }
    }

    /// The request, if its record says that this attempt has disclosed its pass: the answer to a commit
    /// can be lost.
    async fn disclosed_after_all(&self) -> Option<Request> {
        for pause in READINGS {
            tokio::time::sleep(pause.min(self.rest())).await;
            if self.rest().is_zero() {
                break;
            }
            let Ok(request) = self.recovery.request(self.id).await else {
                continue;
            };
            match &request.state {
                State::Disclosed(disclosed)
                    if disclosed.fence == self.fence && disclosed.pass.intent == self.intent =>
                {
                    return Some(request);
                }
                // The commit may still be under way.
                State::Issuing(issuing) if issuing.fence == self.fence => {}
                _ => break,
            }
        }
        None
    }

    /// Deletes a pass that nobody has seen; tells whether it is gone for certain.
    async fn take_back(&self, warrant: &Warrant, pass: &str) -> bool {
        failpoint!(UnseenPassDeleting);
        // The lease may be over, so the clean-up has a time of its own.
        let deleted = self.recovery.graph.delete_pass(warrant, pass).await;
        if let Err(error) = &deleted {
            tracing::error!(request = %self.id, %error, "a pass that nobody has seen could not be deleted");
        }
        failpoint!(UnseenPassDeleted);
        deleted.is_ok()
    }
}
