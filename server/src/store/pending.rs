//! How many requests wait for one approver.

use domain::{Approver, Event, Request, State};

use super::{
    StoreError,
    engine::{Writing, within},
};

/// As many requests may wait for one person when somebody asks for approval.
pub(super) const FIRST_SLOTS: i64 = 10;

/// Keeps within the transaction of a change whom its request waits for: those who were asked, but for whoever has done
/// their part.
///
/// The database itself holds the limit: an approver has so many slots, and two requests cannot be in one. It holds for
/// those who are asked first; whoever is asked because they do not answer is asked in any case.
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
    let State::AwaitingApproval(awaiting) = &request.state else {
        within!(transaction, connection => {
            sqlx::query("DELETE FROM pending_approvals WHERE request_id = $1")
                .bind(id)
                .execute(connection)
                .await?;
        });
        return Ok(());
    };
    let has_approved = |approver: &Approver| {
        awaiting
            .approvals
            .iter()
            .any(|given| given.approver == approver.id)
    };
    let (through, awaited): (Vec<_>, Vec<_>) = request
        .facts
        .asked()
        .partition(|approver| approver.stepped_aside || has_approved(approver));
    for approver in through {
        within!(&mut *transaction, connection => {
            sqlx::query("DELETE FROM pending_approvals WHERE request_id = $1 AND approver_id = $2")
                .bind(id)
                .bind(&approver.id.0)
                .execute(connection)
                .await?;
        });
    }
    let asks = |event: &Event| {
        matches!(
            event,
            Event::Submitted { .. } | Event::ApproversAsked { .. } | Event::HandedOn { .. }
        )
    };
    if !events.iter().any(asks) {
        return Ok(());
    }
    let is_first = |event: &Event| matches!(event, Event::Submitted { .. });
    let slots = if events.iter().any(is_first) {
        FIRST_SLOTS
    } else {
        i64::MAX
    };
    for approver in awaited {
        let taken = within!(&mut *transaction, connection => {
            sqlx::query(
                "INSERT INTO pending_approvals (approver_id, slot, request_id)
                 SELECT $1, free.slot, $2
                   FROM (SELECT MIN(candidates.slot) AS slot
                           FROM (SELECT 1 AS slot
                                 UNION ALL
                                 SELECT slot + 1 FROM pending_approvals WHERE approver_id = $1) AS candidates
                          WHERE NOT EXISTS (SELECT 1 FROM pending_approvals AS taken
                                             WHERE taken.approver_id = $1 AND taken.slot = candidates.slot)) AS free
                  WHERE free.slot <= $3
                 ON CONFLICT (request_id, approver_id) DO NOTHING",
            )
            .bind(&approver.id.0)
            .bind(id)
            .bind(slots)
            .execute(connection)
            .await
            .map_err(overtaken)?
            .rows_affected()
        });
        if taken != 1 && slots == FIRST_SLOTS {
            return Err(StoreError::ApproverOccupied);
        }
    }
    Ok(())
}

pub(super) fn overtaken(error: sqlx::Error) -> StoreError {
    match error.as_database_error() {
        Some(fault) if fault.is_unique_violation() => StoreError::Conflict,
        _ => error.into(),
    }
}
