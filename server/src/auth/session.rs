//! Sessions of the console.

use std::time::Duration;

use crate::{
    recovery::{Recovery, ServiceError},
    secret::Bearer,
    store::AdminRecord,
};

/// A session that nobody uses ends after this.
const IDLE: Duration = Duration::from_mins(15);
/// Every session ends after this.
const LIFETIME: Duration = Duration::from_hours(12);
/// Use is noted no more often than this, so that reading a page seldom writes.
const NOTED: Duration = Duration::from_mins(1);

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct Session {
    /// Their name.
    pub admin: String,
}

/// The account of that name.
pub async fn account(recovery: &Recovery, name: &str) -> Result<Option<AdminRecord>, ServiceError> {
    Ok(recovery.store.admin(name).await?)
}

/// Starts a session and returns what the browser keeps of it.
pub async fn start(recovery: &Recovery, name: &str) -> Result<Bearer, ServiceError> {
    let secret = Bearer::generate(recovery.entropy.as_ref());
    recovery
        .store
        .add_session(secret.hash(), name, recovery.clock.now())
        .await?;
    Ok(secret)
}

/// The session that a browser carries, if it has not ended.
pub async fn resume(recovery: &Recovery, secret: &Bearer) -> Result<Option<Session>, ServiceError> {
    let hash = secret.hash();
    let Some(record) = recovery.store.session(hash).await? else {
        return Ok(None);
    };
    let now = recovery.clock.now();
    if now.since(record.last_seen_at) >= IDLE || now.since(record.created_at) >= LIFETIME {
        recovery.store.end_session(hash).await?;
        return Ok(None);
    }
    if now.since(record.last_seen_at) >= NOTED {
        recovery.store.touch_session(hash, now).await?;
    }
    Ok(Some(Session {
        admin: record.admin,
    }))
}

/// Ends a session.
pub async fn end(recovery: &Recovery, secret: &Bearer) -> Result<(), ServiceError> {
    Ok(recovery.store.end_session(secret.hash()).await?)
}
