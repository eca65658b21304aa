//! The audit log.

use super::{
    Store, StoreError,
    engine::{Writing, reading, within},
    from_json, to_json,
};
use domain::{Event, RequestId, Timestamp};

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
    within!(transaction, connection => {
        sqlx::query("INSERT INTO audit (at, request_id, actor, event) VALUES ($1, $2, $3, $4)")
            .bind(at.millis())
            .bind(request.0)
            .bind(actor)
            .bind(&event)
            .execute(connection)
            .await?;
    });
    Ok(())
}

impl Store {
    /// What happened to a request, oldest first. A request's life is short: its rows are read at once.
    pub async fn timeline(&self, request: RequestId) -> Result<Vec<AuditRow>, StoreError> {
        let rows: Vec<(i64, i64, String, String)> = reading!(self, pool => {
            sqlx::query_as(
                "SELECT sequence, at, actor, event FROM audit WHERE request_id = $1 ORDER BY sequence",
            )
            .bind(request.0)
            .fetch_all(pool)
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
