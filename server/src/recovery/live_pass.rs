//! Whether the pass that was given out is the live one, and the way back when it is not.

use std::time::Duration;

use domain::{Actor, Command, Disclosed, Fence, Refusal, Request, RequestFacts, RequestId, State};

use super::{Recovery, ServiceError};
use crate::graph::LivePass;

/// Pauses before the looks. Lists are late at times, so only what all looks find is believed.
const LOOKS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(2),
    Duration::from_secs(5),
];
/// How long Microsoft may take to list a pass that it has made, and not the one before. Its directory
/// replicates: a write can be invisible to reads for a while.
const SETTLED: Duration = Duration::from_mins(2);

impl Recovery {
    /// Looks whether the pass on record is the live one, several times before it is believed that it is
    /// not. The request is then taken back, so that nobody goes on with a pass that does not work; it is
    /// returned as it is afterwards.
    pub(super) async fn check_pass(
        &self,
        id: RequestId,
        actor: &Actor,
    ) -> Result<Option<Request>, ServiceError> {
        let mut void = None;
        for pause in LOOKS {
            tokio::time::sleep(pause).await;
            match (void, self.void_pass(id).await?) {
                (None, Some(fence)) => void = Some(fence),
                (Some(before), Some(fence)) if fence == before => {}
                _ => return Ok(None),
            }
        }
        let Some(fence) = void else { return Ok(None) };
        let command = Command::FindPassMismatch { fence };
        match self.apply(id, actor, command).await {
            Ok(request) => {
                tracing::error!(request = %id, fence = fence.0, "the pass on record is not the live one");
                Ok(Some(request))
            }
            // Somebody else has found it, or it was replaced, or something has come of it.
            Err(ServiceError::Refused(Refusal::WrongState(_) | Refusal::StaleFence)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The fence of the pass on record, if this look finds that it is void although it should work.
    async fn void_pass(&self, id: RequestId) -> Result<Option<Fence>, ServiceError> {
        let Some(subject) = self.request(id).await?.facts.subject else {
            return Ok(None);
        };
        let person = &subject.person.id;
        let live = self.graph.pass(person).await?;
        // Read after the list, so that a pass that was recorded in between is known.
        let request = self.request(id).await?;
        let State::Disclosed(disclosed) = &request.state else {
            return Ok(None);
        };
        let now = self.clock.now();
        if now >= disclosed.pass.expires_at {
            return Ok(None);
        }
        let is_void = match live {
            // A pass that was used is listed as such, so it is the same one still.
            Some(live) if live.id == disclosed.pass.id => false,
            live if now < disclosed.at + SETTLED
                && may_be_late(live.as_ref(), &request.facts, disclosed) =>
            {
                false
            }
            Some(_) => true,
            // Whoever has registered something has used the pass, wherever it is now.
            None => {
                let methods = self.graph.methods(person).await?;
                disclosed.new_methods(methods).is_empty()
            }
        };
        Ok(is_void.then_some(disclosed.fence))
    }
}

/// Whether a list without the pass on record may have been right before that was made. What came later
/// than it is no late news.
fn may_be_late(live: Option<&LivePass>, facts: &RequestFacts, disclosed: &Disclosed) -> bool {
    live.is_none_or(|live| {
        let is_older = live
            .created_at
            .is_some_and(|created_at| created_at < disclosed.pass.made_at);
        let is_gone = facts.reaped.contains(&live.id)
            || facts
                .removals
                .iter()
                .any(|removal| removal.method.method.id == live.id);
        is_older || is_gone
    })
}
