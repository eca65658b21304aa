//! Links that were mailed.

use domain::{PersonId, RequestId, Timestamp};
use uuid::Uuid;

use super::{
    Store, StoreError,
    engine::{reading, writing},
};
use crate::secret::BearerHash;

/// What a link gives access to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Reviewing a request as its approver.
    Approve,
    /// Saying "this wasn't me" as the owner of an account.
    NotMe,
    /// Stopping a recovery as the security team.
    StopRecovery,
    /// Reading the codes of one's own requests, when there are too many to be mailed each.
    ReadCode,
}

/// A link: it locates, it proves nothing more than that its bearer reads the mailbox.
#[derive(Clone, Debug)]
pub struct Link {
    /// What it is for.
    pub purpose: Purpose,
    /// The request that it is about.
    pub request: RequestId,
    /// The approver whom it was made for, or whose codes can be read.
    pub person: Option<PersonId>,
    /// Until when it works.
    pub expires_at: Timestamp,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::NotMe => "not_me",
            Self::StopRecovery => "stop_recovery",
            Self::ReadCode => "read_code",
        }
    }
}

impl Store {
    /// Keeps a link under its hash.
    pub async fn add_link(
        &self,
        hash: BearerHash,
        link: &Link,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        writing!(self, connection => { sqlx::query(
            "INSERT INTO links (hash, purpose, request_id, person_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(hash.as_bytes())
        .bind(link.purpose.as_str())
        .bind(link.request.0)
        .bind(link.person.as_ref().map(|person| person.0.as_str()))
        .bind(now.millis())
        .bind(link.expires_at.millis())
        .execute(connection)
        .await?; });
        Ok(())
    }

    /// Whether somebody was made a link that serves `purpose` and still works.
    pub async fn has_link(
        &self,
        person: &PersonId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let one: Option<i64> = reading!(self, connection => sqlx::query_scalar(
            "SELECT CAST(1 AS BIGINT) FROM links WHERE person_id = $1 AND purpose = $2 AND expires_at > $3 LIMIT 1",
        )
        .bind(&person.0)
        .bind(purpose.as_str())
        .bind(now.millis())
        .fetch_optional(connection)
        .await?);
        Ok(one.is_some())
    }

    /// The link under `hash`, if it serves `purpose` and still works.
    pub async fn link(
        &self,
        hash: BearerHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<Link>, StoreError> {
        let row: Option<(Uuid, Option<String>, i64)> = reading!(self, connection => sqlx::query_as(
            "SELECT request_id, person_id, expires_at FROM links WHERE hash = $1 AND purpose = $2 AND expires_at > $3",
        )
        .bind(hash.as_bytes())
        .bind(purpose.as_str())
        .bind(now.millis())
        .fetch_optional(connection)
        .await?);
        Ok(row.map(|(request, person, expires_at)| Link {
            purpose,
            request: RequestId(request),
            person: person.map(PersonId),
            expires_at: Timestamp::from_millis(expires_at),
        }))
    }
}
