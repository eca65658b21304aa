//! Sessions of employees, who signed in at the organisation's identity provider.

use std::time::Duration;

use domain::{PersonId, Timestamp};

use crate::{
    recovery::{Recovery, ServiceError},
    secret::Bearer,
};

/// A session that nobody uses ends after this.
const IDLE: Duration = Duration::from_mins(15);
/// Every session ends after this. Whoever was disabled or left meanwhile keeps it no longer.
pub const LIFETIME: Duration = Duration::from_hours(1);
/// Use is noted no more often than this, so that reading a page seldom writes.
const NOTED: Duration = Duration::from_mins(1);

/// A signed-in employee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Employee {
    /// Their object id.
    pub id: PersonId,
    /// Their name, for them to recognise. It decides nothing.
    pub name: String,
    /// When they signed in.
    pub signed_in_at: Timestamp,
}

/// Starts a session in place of the one that the browser carried, and returns what it keeps of the new one.
pub async fn start(
    recovery: &Recovery,
    person: &PersonId,
    name: &str,
    carried: Option<&Bearer>,
) -> Result<Bearer, ServiceError> {
    if let Some(carried) = carried {
        end(recovery, carried).await?;
    }
    let secret = Bearer::generate(recovery.entropy.as_ref());
    recovery
        .store
        .add_employee_session(secret.hash(), person, name, recovery.clock.now())
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
        signed_in_at: session.created_at,
    }))
}

/// Ends a session.
pub async fn end(recovery: &Recovery, secret: &Bearer) -> Result<(), ServiceError> {
    Ok(recovery.store.end_employee_session(secret.hash()).await?)
}
