//! The audit log.

use domain::{Event, RequestId, Timestamp};
use sqlx::{Row, Sqlite, Transaction};

use super::{Store, StoreError, from_json, to_json};

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
    transaction: &mut Transaction<'static, Sqlite>,
    request: RequestId,
    actor: &str,
    at: Timestamp,
    event: &Event,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit (at, request_id, actor, event) VALUES ($1, $2, $3, $4)")
        .bind(at.millis())
        .bind(request.0)
        .bind(actor)
        .bind(to_json(event, "audit event")?)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

impl Store {
    /// What happened to a request, oldest first. A request's life is short: its rows are read at once.
    pub async fn timeline(&self, request: RequestId) -> Result<Vec<AuditRow>, StoreError> {
        sqlx::query(
            "SELECT sequence, at, actor, event FROM audit WHERE request_id = $1 ORDER BY sequence",
        )
        .bind(request.0)
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(|row| {
            Ok(AuditRow {
                sequence: row.get("sequence"),
                at: Timestamp::from_millis(row.get("at")),
                actor: row.get("actor"),
                event: from_json(row.get("event"), "audit event")?,
            })
        })
        .collect()
    }
}
