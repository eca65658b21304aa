//! The reaper: it looks after every issue attempt for a pass that is live and that nobody recorded.
//!
//! Such an orphan is there when the issuer died between making the pass and keeping it, or when a call
//! whose connection broke is carried out late: after the attempt, after the clean-up of its request, even
//! after the next attempt's pass, which it then replaces. Nobody has seen its value, but it can be used.

use std::time::Duration;

use domain::{Actor, Command, Fence, Refusal, Request, RequestId, StateName, Timestamp};

use super::{Recovery, ServiceError};
use crate::graph::{GraphError, LivePass, PassUsability};

/// Pause between two looks, and so the longest that an orphan stays once it is listed.
const INTERVAL: Duration = Duration::from_mins(1);
/// How far Microsoft's clock and ours may be apart.
const CLOCKS_APART: Duration = Duration::from_mins(1);

impl Recovery {
    /// Looks once after what the attempt under `fence` left behind. Returns when to look again; the last
    /// look is the first at or after `until` that meets no fault.
    pub(crate) async fn look_behind(
        &self,
        id: RequestId,
        fence: Fence,
        until: Timestamp,
    ) -> Result<Option<Timestamp>, ServiceError> {
        let now = self.clock.now();
        let request = self.request(id).await?;
        match request.state_name() {
            // A pass may be recorded at any moment.
            StateName::Issuing => return Ok(Some(now + INTERVAL)),
            StateName::Disclosed => {
                absent_is_well(self.check_pass(id, &Actor::Issuer).await)?;
            }
            _ => self.reap(id, fence).await?,
        }
        Ok((now < until).then(|| until.min(now + INTERVAL)))
    }

    /// Deletes the live pass of the person whom the request is about, if an attempt can have left it and
    /// it is on nobody's record. `fence` is the attempt's that may have made it.
    async fn reap(&self, id: RequestId, fence: Fence) -> Result<(), ServiceError> {
        let request = self.request(id).await?;
        let (Some(warrant), Some(_)) = (request.warrant(), request.facts.stray_until) else {
            return Ok(());
        };
        let person = warrant.person();
        let listed = self.graph.pass(person).await.map_err(ServiceError::from);
        let Some(live) = absent_is_well(listed)? else {
            return Ok(());
        };
        // What is recorded is read after the list. So whatever attempt made the listed pass is over by
        // now, or seen here as running, and a pass that is made from here on has another id.
        if !self.is_orphan(id, &live).await? {
            return Ok(());
        }
        tracing::warn!(request = %id, fence = fence.0, pass = %live.id, "a live pass is on no record; it is deleted");
        // Kept first: nothing is deleted without a trace, and until it is deleted the job is not done.
        let pass = live.id.clone();
        let command = Command::RecordReaped { fence, pass };
        match self.apply(id, &Actor::Issuer, command).await {
            Ok(_) | Err(ServiceError::Refused(Refusal::AlreadyDone)) => {}
            Err(error) => return Err(error),
        }
        failpoint!(OrphanKept);
        self.graph.delete_pass(&warrant, &live.id).await?;
        failpoint!(OrphanDeleted);
        Ok(())
    }

    async fn is_orphan(&self, id: RequestId, live: &LivePass) -> Result<bool, ServiceError> {
        let request = self.request(id).await?;
        let (Some(claimed_at), Some(stray_until)) =
            (request.facts.claimed_at, request.facts.stray_until)
        else {
            return Ok(false);
        };
        // Ours work once, and nobody has seen the value of an orphan, so nobody can have used it.
        let is_somebodys = !live.once || live.usability == PassUsability::OneTimeUsed;
        let came_at = live.created_at.unwrap_or_else(|| self.clock.now());
        let is_in_time =
            claimed_at <= came_at + CLOCKS_APART && came_at <= stray_until + CLOCKS_APART;
        let others = self.store.other_requests(&request).await?;
        let mut requests = std::iter::once(&request).chain(&others);
        let is_accounted_for =
            requests.any(|request| may_get_a_pass(request) || records(request, live));
        Ok(is_in_time && !is_somebodys && !is_accounted_for)
    }
}

/// Whether a live pass may be this request's, recorded in a moment or just recorded. Then the reaper of
/// that attempt looks.
const fn may_get_a_pass(request: &Request) -> bool {
    matches!(
        request.state_name(),
        StateName::Issuing | StateName::Disclosed
    )
}

fn records(request: &Request, live: &LivePass) -> bool {
    let disclosed = request.facts.disclosed.as_ref();
    disclosed.is_some_and(|disclosed| disclosed.pass.id == live.id)
}

/// Somebody who is gone from the directory has no pass either.
fn absent_is_well<T>(looked: Result<Option<T>, ServiceError>) -> Result<Option<T>, ServiceError> {
    match looked {
        Err(ServiceError::Graph(GraphError::NotFound { .. })) => Ok(None),
        other => other,
    }
}
