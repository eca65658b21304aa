//! Watching what comes of a pass that was given out: new methods, or nothing, or that it is void.

use std::time::Duration;

use domain::{
    Actor, Command, Disclosed, LapseCause, Method, MethodKind, Refusal, Request, RequestId, State,
    StateName, Terms,
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
        match self.moved_on(id).await {
            Ok(Some(request)) => !request.is_open(),
            Ok(None) | Err(ServiceError::Refused(Refusal::WrongState(_))) => false,
            Err(error) => {
                tracing::warn!(request = %id, %error, "what came of a pass was not seen or not kept");
                false
            }
        }
    }

    /// The request after the change that was due, if one was.
    async fn moved_on(&self, id: RequestId) -> Result<Option<Request>, ServiceError> {
        let request = self.request(id).await?;
        let (State::Disclosed(disclosed), Some(subject)) = (&request.state, &request.facts.subject)
        else {
            return Ok(None);
        };
        let methods = self.graph.methods(&subject.person.id).await?;
        let names_another_pass = names_another_pass(&methods, disclosed);
        let new_methods = disclosed.new_methods(methods);
        let command = if !new_methods.is_empty() {
            Command::Complete { new_methods }
        } else if names_another_pass
            && let Some(request) = self.check_pass(id, &Actor::Watcher).await?
        {
            return Ok(Some(request));
        // Whoever signed in just before the end has some minutes left to register.
        } else if self.clock.now() < disclosed.pass.expires_at + Terms::REGISTRATION_GRACE {
            return Ok(None);
        } else if self.was_used(disclosed, &request).await? {
            Command::Lapse(LapseCause::NothingRegistered)
        } else {
            Command::Lapse(LapseCause::PassExpired)
        };
        self.apply(id, &Actor::Watcher, command).await.map(Some)
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

/// Whether a list of methods has a pass that is not the one on record. One without any says nothing: it
/// may be late, or the pass has expired and is gone.
fn names_another_pass(methods: &[Method], disclosed: &Disclosed) -> bool {
    methods.iter().any(|method| {
        let method = &method.method;
        method.kind == MethodKind::TemporaryAccessPass && method.id != disclosed.pass.id
    })
}
