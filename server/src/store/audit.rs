//! The audit log.

use super::{
    HoldChange, Store, StoreError,
    engine::{Writing, reading, within},
    from_json, to_json,
};
use crate::{audit::InstallationEvent, jobs::Promise};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Event, RequestId, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// One row of the audit log.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Its place in the log.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub event: Event,
}

/// Appends a row within the transaction of the change that it is about.
pub(super) async fn append(
    transaction: &mut Writing,
    request: RequestId,
    actor: &str,
    at: Timestamp,
    event: &Event,
) -> Result<(), StoreError> {
    let event = to_json(event, "audit event")?;
    insert(transaction, Some(request), actor, at, &event).await
}

/// Appends a row about no request, within the transaction of what it is about.
pub(super) async fn append_installation(
    transaction: &mut Writing,
    actor: &str,
    at: Timestamp,
    event: &InstallationEvent,
) -> Result<(), StoreError> {
    let event = to_json(event, "audit event")?;
    insert(transaction, None, actor, at, &event).await
}

/// Appends what happened to the installation, with the jobs that it asks for.
pub(super) async fn append_event(
    transaction: &mut Writing,
    change: HoldChange<'_>,
) -> Result<(), StoreError> {
    append_installation(transaction, change.actor, change.at, change.event).await?;
    for promise in change.jobs {
        super::outbox::add(transaction, None, promise).await?;
    }
    Ok(())
}

async fn insert(
    transaction: &mut Writing,
    request: Option<RequestId>,
    actor: &str,
    at: Timestamp,
    event: &str,
) -> Result<(), StoreError> {
    within!(transaction, connection => {
        sqlx::query("INSERT INTO audit (at, request_id, actor, event) VALUES ($1, $2, $3, $4)")
            .bind(at.millis())
            .bind(request.map(|request| request.0))
            .bind(actor)
            .bind(event)
            .execute(connection)
            .await?;
    });
    Ok(())
}

/// One row of the log by its number and the SHA-256 of all that it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDigest {
    /// Its place in the log.
    pub row: i64,
    /// In base64url.
    pub digest: String,
}

/// A row as it is stored.
type RawRow = (i64, i64, Option<Uuid>, String, String);

impl RowDigest {
    fn of((row, at, request, actor, event): &RawRow) -> Result<Self, StoreError> {
        // As JSON, so that no part can pass for another.
        let said = to_json(&(row, at, request, actor, event), "audit row")?;
        Ok(Self {
            row: *row,
            digest: URL_SAFE_NO_PAD.encode(Sha256::digest(said)),
        })
    }
}

impl Store {
    /// The row of that number.
    pub async fn audit_row(&self, row: i64) -> Result<Option<RowDigest>, StoreError> {
        let row: Option<RawRow> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT sequence, at, request_id, actor, event FROM audit WHERE sequence = $1",
            )
            .bind(row)
            .fetch_optional(connection)
            .await?
        });
        row.as_ref().map(RowDigest::of).transpose()
    }

    /// The last row of the log.
    pub async fn audit_tail(&self) -> Result<Option<RowDigest>, StoreError> {
        let row: Option<RawRow> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT sequence, at, request_id, actor, event FROM audit
                 ORDER BY sequence DESC LIMIT 1",
            )
            .fetch_optional(connection)
            .await?
        });
        row.as_ref().map(RowDigest::of).transpose()
    }

    /// What happened to the installation, oldest first. Few things do.
    pub async fn installation_events(&self) -> Result<Vec<InstallationEvent>, StoreError> {
        let events: Vec<String> = reading!(self, connection => {
            sqlx::query_scalar("SELECT event FROM audit WHERE request_id IS NULL ORDER BY sequence")
                .fetch_all(connection)
                .await?
        });
        events
            .iter()
            .map(|event| from_json(event, "audit event"))
            .collect()
    }

    /// Keeps what happened to the installation, with the jobs that it asks for.
    pub async fn record_event(
        &self,
        actor: &str,
        at: Timestamp,
        event: &InstallationEvent,
        jobs: &[Promise],
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let change = HoldChange {
            actor,
            at,
            event,
            jobs,
        };
        append_event(&mut transaction, change).await?;
        transaction.commit().await
    }

    /// Keeps what happened at a request and did not change it, once for each `actor`, however often it happens. Tells
    /// whether it is new.
    pub async fn note(
        &self,
        request: RequestId,
        actor: &str,
        at: Timestamp,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let known: Option<i64> = within!(&mut transaction, connection => {
            sqlx::query_scalar(
                "SELECT CAST(1 AS BIGINT) FROM audit WHERE request_id = $1 AND actor = $2 AND event = $3 LIMIT 1",
            )
            .bind(request.0)
            .bind(actor)
            .bind(to_json(event, "audit event")?)
            .fetch_optional(connection)
            .await?
        });
        if known.is_some() {
            return Ok(false);
        }
        append(&mut transaction, request, actor, at, event).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// What happened to a request, oldest first. A request's life is short: its rows are read at once.
    pub async fn timeline(&self, request: RequestId) -> Result<Vec<AuditRow>, StoreError> {
        let rows: Vec<(i64, i64, String, String)> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT sequence, at, actor, event FROM audit WHERE request_id = $1 ORDER BY sequence",
            )
            .bind(request.0)
            .fetch_all(connection)
            .await?
        });
        rows.into_iter()
            .map(|(sequence, at, actor, event)| {
                Ok(AuditRow {
                    sequence,
                    at: Timestamp::from_millis(at),
                    actor,
                    event: from_json(&event, "audit event")?,
                })
            })
            .collect()
    }
}
