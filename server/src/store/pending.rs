//! How many requests wait for one approver.

use domain::{Event, Request, State};

use super::{
    StoreError,
    engine::{Writing, within},
};

/// Keeps within the transaction of a change whom its request waits for.
///
/// The database itself holds the limit: an approver has so many slots, and two requests cannot be in one.
///
/// # Errors
/// [`StoreError::ApproverOccupied`] when no slot is free; [`StoreError::Conflict`] when somebody else took it meanwhile.
pub(super) async fn update(
    transaction: &mut Writing,
    request: &Request,
    events: &[Event],
) -> Result<(), StoreError> {
    let id = request.facts.id.0;
    if matches!(request.state, State::Proving(_)) {
        return Ok(());
    }
    if !matches!(request.state, State::AwaitingApproval(_)) {
        within!(transaction, connection => {
            sqlx::query("DELETE FROM pending_approvals WHERE request_id = $1")
                .bind(id)
                .execute(connection)
                .await?;
        });
        return Ok(());
    }
    if !events
        .iter()
        .any(|event| matches!(event, Event::Submitted { .. }))
    {
        return Ok(());
    }
    for approver in &request.facts.approvers {
        let taken = within!(&mut *transaction, connection => {
            sqlx::query(
                "INSERT INTO pending_approvals (approver_id, slot, request_id)
                 SELECT $1, slots.column1, $2
                   FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) AS slots
                  WHERE NOT EXISTS (SELECT 1 FROM pending_approvals
                                     WHERE approver_id = $1 AND slot = slots.column1)
                  ORDER BY slots.column1 LIMIT 1",
            )
            .bind(&approver.id.0)
            .bind(id)
            .execute(connection)
            .await
            .map_err(overtaken)?
            .rows_affected()
        });
        if taken != 1 {
            return Err(StoreError::ApproverOccupied);
        }
    }
    Ok(())
}

fn overtaken(error: sqlx::Error) -> StoreError {
    match error.as_database_error() {
        Some(fault) if fault.is_unique_violation() => StoreError::Conflict,
        _ => error.into(),
    }
}
