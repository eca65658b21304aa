//! What waits for an approver, and what they did about requests.

use domain::{DenialReason, Event, PersonId, ReportedBy, Request, RequestId, Timestamp};
use uuid::Uuid;

use super::{
    Store, StoreError,
    engine::{Writing, reading, within},
    requests::read,
};

/// What an approver did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They approved.
    Approved,
    /// They declined.
    Declined,
    /// They reported it.
    Reported,
    /// They named somebody else.
    HandedOn,
    /// They took it up again.
    Reopened,
}

/// A place in a list of an approver: the row that the page follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When, in milliseconds.
    pub at: i64,
    /// The request.
    pub id: Uuid,
}

/// A page of such a list, and whether there are more.
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether others follow.
    pub has_more: bool,
}

/// Something that an approver did.
pub struct Decided {
    /// When.
    pub at: Timestamp,
    /// What.
    pub verdict: Verdict,
    /// The request, as it is now.
    pub request: Request,
}

impl Verdict {
    const ALL: [Self; 5] = [
        Self::Approved,
        Self::Declined,
        Self::Reported,
        Self::HandedOn,
        Self::Reopened,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Reported => "reported",
            Self::HandedOn => "handed_on",
            Self::Reopened => "reopened",
        }
    }

    fn of(event: &Event) -> Option<(&PersonId, Self)> {
        Some(match event {
            Event::Approved { approver, .. } => (approver, Self::Approved),
            Event::Denied {
                reason: DenialReason::ByApprover { approver, .. },
            } => (approver, Self::Declined),
            Event::Reported {
                by: ReportedBy::Approver(approver),
            } => (approver, Self::Reported),
            Event::HandedOn { from, .. } => (from, Self::HandedOn),
            Event::Reopened { approver } => (approver, Self::Reopened),
            _ => return None,
        })
    }
}

/// Keeps what an approver did, within the transaction of the change that it led to.
pub(super) async fn keep(
    transaction: &mut Writing,
    request: RequestId,
    events: &[Event],
    at: Timestamp,
) -> Result<(), StoreError> {
    for (approver, verdict) in events.iter().filter_map(Verdict::of) {
        within!(&mut *transaction, connection => {
            sqlx::query(
                "INSERT INTO decisions (approver_id, at, request_id, verdict) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (approver_id, at, request_id) DO NOTHING",
            )
            .bind(&approver.0)
            .bind(at.millis())
            .bind(request.0)
            .bind(verdict.as_str())
            .execute(connection)
            .await?;
        });
    }
    Ok(())
}

impl Store {
    /// The requests that wait for this person, whoever waits longest first: at most `size` that follow `after`.
    pub async fn waiting_for(
        &self,
        person: &PersonId,
        after: Option<Mark>,
        size: u32,
    ) -> Result<Page<Request>, StoreError> {
        let after = after.unwrap_or(Mark {
            at: i64::MIN,
            id: Uuid::nil(),
        });
        let bodies: Vec<String> = reading!(self, connection => {
            sqlx::query_scalar(
                "SELECT requests.body
                   FROM pending_approvals JOIN requests ON requests.id = pending_approvals.request_id
                  WHERE pending_approvals.approver_id = $1 AND (requests.opened_at, requests.id) > ($2, $3)
                  ORDER BY requests.opened_at, requests.id LIMIT $4",
            )
            .bind(&person.0)
            .bind(after.at)
            .bind(after.id)
            .bind(i64::from(size) + 1)
            .fetch_all(connection)
            .await?
        });
        page(bodies, size, |body| read(&body))
    }

    /// What this person did since `since`, newest first: at most `size` that come before `before`.
    pub async fn decided_by(
        &self,
        person: &PersonId,
        since: Timestamp,
        before: Option<Mark>,
        size: u32,
    ) -> Result<Page<Decided>, StoreError> {
        let before = before.unwrap_or(Mark {
            at: i64::MAX,
            id: Uuid::max(),
        });
        let rows: Vec<(i64, String, String)> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT decisions.at, decisions.verdict, requests.body
                   FROM decisions JOIN requests ON requests.id = decisions.request_id
                  WHERE decisions.approver_id = $1 AND decisions.at >= $2
                    AND (decisions.at, decisions.request_id) < ($3, $4)
                  ORDER BY decisions.at DESC, decisions.request_id DESC LIMIT $5",
            )
            .bind(&person.0)
            .bind(since.millis())
            .bind(before.at)
            .bind(before.id)
            .bind(i64::from(size) + 1)
            .fetch_all(connection)
            .await?
        });
        page(rows, size, |(at, verdict, body)| {
            let mut all = Verdict::ALL.into_iter();
            let verdict = all.find(|known| known.as_str() == verdict);
            Ok(Decided {
                at: Timestamp::from_millis(at),
                verdict: verdict.ok_or_else(|| {
                    StoreError::Damaged("a decision of an approver is none that we know".to_owned())
                })?,
                request: read(&body)?,
            })
        })
    }
}

/// The first `size` of `rows`, which were asked for one more.
fn page<R, T>(
    rows: Vec<R>,
    size: u32,
    read: impl Fn(R) -> Result<T, StoreError>,
) -> Result<Page<T>, StoreError> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let has_more = rows.len() > size;
    let rows = rows
        .into_iter()
        .take(size)
        .map(read)
        .collect::<Result<_, _>>()?;
    Ok(Page { rows, has_more })
}
