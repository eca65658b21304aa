//! Sessions of employees, who signed in at the organisation's identity provider.

use std::time::Duration;

use domain::{PersonId, Timestamp};

use super::oidc::Identity;
use crate::{
    recovery::{Recovery, ServiceError},
    secret::Bearer,
};

/// A session that nobody uses ends after this.
const IDLE: Duration = Duration::from_mins(15);
/// Every session ends after this. Whoever was disabled or left meanwhile keeps it no longer.
pub const LIFETIME: Duration = Duration::from_hours(1);
/// What gives rights that outlast the session, such as making codes, takes somebody who has shown themselves to the
/// identity provider within this: whoever finds an open browser has no codes afterwards.
pub const FRESH: Duration = Duration::from_mins(5);
/// Whoever has shown themselves within [`FRESH`] when they signed in decides about requests of others for this long: they
/// talk to the person in between, and a call that has to be made twice takes its time. It is no longer, since what they
/// decide lets somebody into an account.
const DECIDES: Duration = Duration::from_mins(15);
/// Use is noted no more often than this, so that reading a page seldom writes.
const NOTED: Duration = Duration::from_mins(1);

/// A signed-in employee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Employee {
    /// Their object id.
    pub id: PersonId,
    /// Their name, for them to recognise. It decides nothing.
    pub name: String,
    /// When they last showed themselves to the identity provider, if it says so.
    pub authenticated_at: Option<Timestamp>,
    /// When they signed in here.
    pub signed_in_at: Timestamp,
}

impl Employee {
    /// Whether they may decide about requests of others: they had shown themselves just now when they signed in, as far
    /// as the identity provider says, and that was not long ago.
    pub fn may_decide(&self, now: Timestamp) -> bool {
        let was_fresh = self
            .authenticated_at
            .is_some_and(|at| self.signed_in_at.since(at) < FRESH);
        was_fresh && now.since(self.signed_in_at) < DECIDES
    }

    /// Whether they have shown themselves just now, as far as the identity provider says.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.authenticated_at
            .is_some_and(|at| now.since(at) < FRESH)
    }
}

/// Starts a session in place of the one that the browser carried, and returns what it keeps of the new one.
pub async fn start(
    recovery: &Recovery,
    identity: &Identity,
    carried: Option<&Bearer>,
) -> Result<Bearer, ServiceError> {
    if let Some(carried) = carried {
        end(recovery, carried).await?;
    }
    let secret = Bearer::generate(recovery.entropy.as_ref());
    recovery
        .store
        .add_employee_session(secret.hash(), identity, recovery.clock.now())
        .await?;
    Ok(secret)
}

/// The employee whose session a browser carries, if it has not ended.
pub async fn resume(
    recovery: &Recovery,
    secret: &Bearer,
) -> Result<Option<Employee>, ServiceError> {
    let hash = secret.hash();
    let Some(session) = recovery.store.employee_session(hash).await? else {
        return Ok(None);
    };
    let now = recovery.clock.now();
    if now.since(session.last_seen_at) >= IDLE || now.since(session.created_at) >= LIFETIME {
        recovery.store.end_employee_session(hash).await?;
        return Ok(None);
    }
    if now.since(session.last_seen_at) >= NOTED {
        recovery.store.touch_employee_session(hash, now).await?;
    }
    Ok(Some(Employee {
        id: session.person,
        name: session.name,
        authenticated_at: session.authenticated_at,
        signed_in_at: session.created_at,
    }))
}

/// Ends a session.
pub async fn end(recovery: &Recovery, secret: &Bearer) -> Result<(), ServiceError> {
    Ok(recovery.store.end_employee_session(secret.hash()).await?)
}
