//! Who gets as far as a request, and what stops everybody.

use std::time::Duration;

use domain::{Actor, Event, Identifier, Network, Origin, Outcome, Reason, RequestFacts, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Opened, Recovery, ServiceError, actor_name};
use crate::{
    audit::InstallationEvent,
    limits::{Admission, PAUSES, Shown, Ticket, Want},
    store::{Hold, HoldChange, Holder},
};

/// Pauses with less than this between them are one episode, of which the administrators are told once.
const QUIET: Duration = Duration::from_hours(1);

/// What came of asking for a request.
pub enum Asked {
    /// It is open.
    Opened(Box<Opened>),
    /// It will be, once this is done.
    Work(Ticket),
}

/// Too much of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flood {
    /// Requests, for many accounts that somebody bears.
    Opens,
    /// Proofs that failed, for many accounts that somebody bears.
    Failures,
}

impl Recovery {
    /// Opens a request for whoever is within the limits, or shows the work that they ask for.
    ///
    /// # Errors
    /// [`ServiceError::Limited`] when too many were opened from this network; [`ServiceError::Flooded`] and
    /// [`ServiceError::Paused`] when nothing is opened for anybody.
    pub async fn ask(
        &self,
        identifier: Identifier,
        reason: Reason,
        origin: Origin,
        network: Network,
        shown: Option<&Shown>,
    ) -> Result<Asked, ServiceError> {
        self.ensure_opening().await?;
        let want = Want {
            identifier: &identifier,
            network,
            shown,
        };
        match self.limits.admit(want).await? {
            Admission::Admitted => {
                let opened = self.open(identifier, reason, origin).await?;
                Ok(Asked::Opened(Box::new(opened)))
            }
            Admission::Work(ticket) => Ok(Asked::Work(ticket)),
        }
    }

    /// What holds the installation at the moment.
    pub async fn hold(&self) -> Result<Option<Hold>, ServiceError> {
        Ok(self.store.hold(self.clock.now()).await?)
    }

    /// Whether requests are opened.
    async fn ensure_opening(&self) -> Result<(), ServiceError> {
        match self.hold().await? {
            None => Ok(()),
            Some(Hold {
                holder: Holder::Operator,
                ..
            }) => Err(ServiceError::Paused),
            Some(hold) => Err(ServiceError::Flooded {
                wait: hold
                    .until
                    .map_or(Duration::ZERO, |until| until.since(self.clock.now())),
            }),
        }
    }

    /// Whether anything is approved or given out: the circuit breaker stops neither.
    pub(super) async fn ensure_not_paused(&self) -> Result<(), ServiceError> {
        match self.hold().await? {
            Some(hold) if hold.holder == Holder::Operator => Err(ServiceError::Paused),
            _ => Ok(()),
        }
    }

    /// Counts what an outcome holds that the circuit breaker goes by.
    pub(super) async fn feed_breaker(&self, outcome: &Outcome) {
        let facts = &outcome.request.facts;
        let noted = async {
            let has = |what: fn(&Event) -> bool| outcome.events.iter().any(what);
            if has(|event| matches!(event, Event::SubjectRecognised { .. }))
                && self.limits.note_recognised(&facts.identifier).await?
            {
                self.trip(Flood::Opens).await?;
            }
            // However many proofs failed together: it was one try.
            if has(|event| matches!(event, Event::ProofFailed { .. })) {
                let is_somebody = facts.subject.is_some();
                let noted = self.limits.note_failure(&facts.identifier, is_somebody);
                if noted.await? {
                    self.trip(Flood::Failures).await?;
                }
                self.tell_of_guesses(facts).await?;
            }
            Ok::<_, ServiceError>(())
        };
        if let Err(error) = noted.await {
            // What happened is kept; what guards others must not fail this one.
            tracing::error!(request = %facts.id, %error, "something was not counted against the circuit breaker");
        }
    }

    /// Tells the administrators if far more proofs fail for one person than one person gets wrong.
    async fn tell_of_guesses(&self, facts: &RequestFacts) -> Result<(), ServiceError> {
        let Some(subject) = &facts.subject else {
            return Ok(());
        };
        let person = &subject.person.id;
        if !self.limits.note_failure_for(person).await? {
            return Ok(());
        }
        tracing::warn!(request = %facts.id, %person, "proofs for one account keep failing");
        let event = InstallationEvent::ProofsKeepFailing {
            person: person.clone(),
            request: facts.id,
        };
        self.record_installation_event(&Actor::Timer, &event).await
    }

    /// Stops opening for a while.
    async fn trip(&self, flood: Flood) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let until = now + self.limits.pause();
        let event = InstallationEvent::OpeningPaused { flood, until };
        if self
            .change_hold(&Actor::Timer, &event, now, async |change| {
                self.store.trip(until, QUIET, change).await
            })
            .await?
        {
            tracing::error!(
                ?flood,
                "far too much is going on: no request is opened for a while"
            );
        }
        Ok(())
    }

    /// Pauses everything that leads to a pass, for an operator. `false` when one has done so already.
    pub async fn pause(&self, reason: Option<String>) -> Result<bool, ServiceError> {
        let event = InstallationEvent::Paused {
            reason: reason.clone(),
        };
        self.change_hold(&Actor::Operator, &event, self.clock.now(), async |change| {
            self.store.pause(reason.as_deref(), change).await
        })
        .await
    }

    /// Lets everything go on, for an operator: also what the circuit breaker holds, which counts anew from here on.
    /// `false` when nothing was held.
    pub async fn resume(&self) -> Result<bool, ServiceError> {
        let event = InstallationEvent::Resumed;
        self.change_hold(&Actor::Operator, &event, self.clock.now(), async |change| {
            self.store.resume(&PAUSES, change).await
        })
        .await
    }

    async fn change_hold(
        &self,
        actor: &Actor,
        event: &InstallationEvent,
        at: Timestamp,
        keep: impl AsyncFnOnce(HoldChange<'_>) -> Result<bool, crate::store::StoreError>,
    ) -> Result<bool, ServiceError> {
        let jobs = self.installation_alerts(event, at);
        let change = HoldChange {
            actor: &actor_name(actor),
            at,
            event,
            jobs: &jobs,
        };
        let is_news = keep(change).await?;
        if is_news {
            self.work.notify_one();
        }
        Ok(is_news)
    }
}
