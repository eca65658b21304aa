//! Watching whether a person registers new methods after a pass was given out.

use std::time::Duration;

use domain::{
    Actor, Command, Disclosed, LapseCause, Refusal, Request, RequestId, State, StateName, Terms,
};
use futures::{StreamExt, future::ready, stream};

use super::{Recovery, ServiceError};
use crate::graph::PassUsability;

/// Requests looked after at the same time: Microsoft names no limit for methods, so this is gentle.
const CONCURRENCY: usize = 4;

impl Recovery {
    /// Whether this instance is to do a round of `work`, which one of them does in each period.
    pub async fn is_our_turn(&self, work: &str, period: Duration) -> Result<bool, ServiceError> {
        // Rounds begin about a period apart; one that begins a little early must not skip its turn.
        let until_next = period.mul_f64(0.9);
        Ok(self
            .store
            .take_turn(work, self.clock.now(), until_next)
            .await?)
    }

    /// Looks after every request whose pass was given out, a few at a time. Returns how many ended.
    pub async fn watch(&self) -> Result<usize, ServiceError> {
        let disclosed = self.store.in_state(StateName::Disclosed).await?;
        let ended = stream::iter(disclosed)
            .map(|id| self.look_after(id))
            .buffer_unordered(CONCURRENCY)
            .filter(|ended| ready(*ended))
            .count()
            .await;
        Ok(ended)
    }

    /// Whether the request ended.
    async fn look_after(&self, id: RequestId) -> bool {
        match self.end_of(id).await {
            Ok(Some(command)) => match self.apply(id, &Actor::Watcher, command).await {
                Ok(_) => return true,
                Err(ServiceError::Refused(Refusal::WrongState(_))) => {}
                Err(error) => tracing::error!(request = %id, %error, "an end was not kept"),
            },
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(request = %id, %error, "could not look for new methods");
            }
        }
        false
    }

    /// What has come of the pass, once something has.
    async fn end_of(&self, id: RequestId) -> Result<Option<Command>, ServiceError> {
        let request = self.request(id).await?;
        let (State::Disclosed(disclosed), Some(subject)) = (&request.state, &request.facts.subject)
        else {
            return Ok(None);
        };
        let person = &subject.person.id;
        let new_methods = disclosed.new_methods(self.graph.methods(person).await?);
        if !new_methods.is_empty() {
            return Ok(Some(Command::Complete { new_methods }));
        }
        // Whoever signed in just before the end has some minutes left to register.
        if self.clock.now() < disclosed.pass.expires_at + Terms::REGISTRATION_GRACE {
            return Ok(None);
        }
        let cause = if self.was_used(disclosed, &request).await? {
            LapseCause::NothingRegistered
        } else {
            LapseCause::PassExpired
        };
        Ok(Some(Command::Lapse(cause)))
    }

    async fn was_used(
        &self,
        disclosed: &Disclosed,
        request: &Request,
    ) -> Result<bool, ServiceError> {
        let Some(subject) = &request.facts.subject else {
            return Ok(false);
        };
        let live = self.graph.pass(&subject.person.id).await?;
        Ok(live.is_some_and(|pass| {
            pass.id == disclosed.pass.id && pass.usability != PassUsability::Expired
        }))
    }
}
