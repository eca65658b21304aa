//! Approvals that were given, and what follows from them for the next.

use std::time::Duration;

use domain::{Event, PersonId, Request, Timestamp, TrackRecord};

use super::{
    Store, StoreError,
    engine::{Writing, reading, within},
    pending::FIRST_SLOTS,
};

/// What counts as a day.
const DAY: Duration = Duration::from_hours(24);
/// Whoever was recovered within this approves nobody.
const SETTLING: Duration = Duration::from_hours(7 * 24);
/// Whoever approved for somebody within this is not approved by them.
const RETURNED: Duration = Duration::from_hours(30 * 24);

impl Store {
    /// What `approver` did here of late, and had done, as far as it matters for an approval of `subject`. They may approve
    /// `a_day` in 24 hours.
    pub async fn track_record(
        &self,
        approver: &PersonId,
        subject: &PersonId,
        a_day: u32,
        now: Timestamp,
    ) -> Result<TrackRecord, StoreError> {
        let recovered = self.recoveries_since(approver, now - SETTLING).await? > 0;
        let (today, returned, pending): (i64, i64, i64) = reading!(self, connection => sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM approvals WHERE approver_id = $1 AND at > $3),
                    (SELECT COUNT(*) FROM approvals WHERE approver_id = $2 AND subject_id = $1 AND at > $4),
                    (SELECT COUNT(*) FROM pending_approvals WHERE approver_id = $1)",
        )
        .bind(&approver.0)
        .bind(&subject.0)
        .bind((now - DAY).millis())
        .bind((now - RETURNED).millis())
        .fetch_one(connection)
        .await?);
        Ok(TrackRecord {
            recovered,
            approved_by_subject: returned > 0,
            at_daily_cap: today >= i64::from(a_day),
            is_busy: pending >= FIRST_SLOTS,
        })
    }
}

/// Keeps an approval within the transaction of its change.
///
/// # Errors
/// [`StoreError::ApproverAtCap`] when the approver has given as many in 24 hours as anybody may;
/// [`StoreError::Conflict`] when they gave another one meanwhile.
pub(super) async fn keep(
    transaction: &mut Writing,
    request: &Request,
    events: &[Event],
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(subject) = &request.facts.subject else {
        return Ok(());
    };
    for event in events {
        let Event::Approved { approver, .. } = event else {
            continue;
        };
        let kept = within!(&mut *transaction, connection => sqlx::query(
            "INSERT INTO approvals (approver_id, number, subject_id, request_id, at)
             SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4
               FROM approvals WHERE approver_id = $1
             HAVING COALESCE(SUM(CASE WHEN at > $5 THEN 1 ELSE 0 END), 0) < $6",
        )
        .bind(&approver.0)
        .bind(&subject.person.id.0)
        .bind(request.facts.id.0)
        .bind(now.millis())
        .bind((now - DAY).millis())
        .bind(i64::from(request.facts.terms.approvals_a_day))
        .execute(connection)
        .await
        .map_err(super::pending::overtaken)?
        .rows_affected());
        if kept != 1 {
            return Err(StoreError::ApproverAtCap);
        }
    }
    Ok(())
}
