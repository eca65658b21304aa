//! Requests and their changes.

use domain::{Effect, Event, PersonId, Request, RequestId, StateName, Timestamp};
use uuid::Uuid;

use super::{
    SavedCodeId, Store, StoreError,
    engine::{Engine, Writing, in_time, reading, within},
    from_json,
    loan::Loan,
    saved_codes::{spend, void},
    to_json,
};
use crate::{audit::InstallationEvent, jobs::Promise, secret::BearerHash};

/// A decided change, ready to be kept.
#[derive(Debug)]
pub struct Change<'a> {
    /// The request as it is now.
    pub request: &'a Request,
    /// Who made it so, in the audit log's words.
    pub actor: &'a str,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub events: &'a [Event],
    /// What the database itself carries out (everything else is in `jobs`).
    pub effects: &'a [Effect],
    /// Work for later.
    pub jobs: &'a [Promise],
    /// The browser that the request is bound to from now on, where that changes.
    pub bind: Option<BearerHash>,
    /// The saved code that proves something by this change, and is used up by it.
    pub spend: Option<SavedCodeId>,
}

impl Store {
    /// Keeps a new request.
    pub async fn insert(&self, change: &Change<'_>, browser: BearerHash) -> Result<(), StoreError> {
        let request = change.request;
        let body = to_json(request, "request")?;
        let mut transaction = self.write().await?;
        within!(&mut transaction, connection => { sqlx::query(
            "INSERT INTO requests (id, version, state, is_open, occupies, subject_id, browser_hash, opened_at, changed_at, due_at,
                                   disclosed_at, reported_at, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(request.facts.id.0)
        .bind(version(request))
        .bind(request.state_name().as_str())
        .bind(request.is_open())
        .bind(request.occupies_subject())
        .bind(subject_id(request))
        .bind(browser.as_bytes())
        .bind(request.facts.opened_at.millis())
        .bind(change.at.millis())
        .bind(request.due_at().map(Timestamp::millis))
        .bind(disclosed_at(request))
        .bind(reported_at(request))
        .bind(&body)
        .execute(connection)
        .await?; });
        record(&mut transaction, change).await?;
        transaction.commit().await
    }

    /// Keeps a change: one row or nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the request is not the one that the change was decided for;
    /// [`StoreError::SubjectOccupied`] when another request of the subject is open; [`StoreError::CodeSpent`]
    /// when the saved code was used for another change, or replaced.
    pub async fn keep(&self, change: &Change<'_>) -> Result<(), StoreError> {
        let request = change.request;
        let body = to_json(request, "request")?;
        let mut transaction = self.write().await?;
        let updated = within!(&mut transaction, connection => sqlx::query(
            "UPDATE requests SET version = $1, state = $2, is_open = $3, occupies = $4, subject_id = $5,
                    browser_hash = COALESCE($6, browser_hash), changed_at = $7, due_at = $8,
                    disclosed_at = $9, reported_at = $10, body = $11
             WHERE id = $12 AND version = $13",
        )
        .bind(version(request))
        .bind(request.state_name().as_str())
        .bind(request.is_open())
        .bind(request.occupies_subject())
        .bind(subject_id(request))
        .bind(change.bind.as_ref().map(BearerHash::as_bytes))
        .bind(change.at.millis())
        .bind(request.due_at().map(Timestamp::millis))
        .bind(disclosed_at(request))
        .bind(reported_at(request))
        .bind(&body)
        .bind(request.facts.id.0)
        .bind(version(request) - 1)
        .execute(connection)
        .await
        .map_err(occupied)?
        .rows_affected());
        if updated != 1 {
            return Err(StoreError::Conflict);
        }
        super::pending::update(&mut transaction, request, change.events).await?;
        super::approvals::keep(&mut transaction, request, change.events, change.at).await?;
        super::decisions::keep(&mut transaction, request.facts.id, change.events, change.at)
            .await?;
        record(&mut transaction, change).await?;
        failpoint!(ChangeWritten);
        transaction.commit().await
    }

    /// The request under `id`.
    pub async fn request(&self, id: RequestId) -> Result<Option<Request>, StoreError> {
        let body: Option<String> = reading!(self, connection => {
            sqlx::query_scalar("SELECT body FROM requests WHERE id = $1")
                .bind(id.0)
                .fetch_optional(connection)
                .await?
        });
        body.as_deref().map(read).transpose()
    }

    /// The request that a browser is bound to.
    pub async fn request_of_browser(
        &self,
        browser: BearerHash,
    ) -> Result<Option<Request>, StoreError> {
        let body: Option<String> = reading!(self, connection => {
            sqlx::query_scalar("SELECT body FROM requests WHERE browser_hash = $1")
                .bind(browser.as_bytes())
                .fetch_optional(connection)
                .await?
        });
        body.as_deref().map(read).transpose()
    }

    /// Ids of the requests in which this person is still to be proven, the newest first.
    pub async fn proving(&self, person: &PersonId) -> Result<Vec<RequestId>, StoreError> {
        let ids: Vec<Uuid> = reading!(self, connection => {
            sqlx::query_scalar(
                "SELECT id FROM requests WHERE subject_id = $1 AND state = $2 ORDER BY opened_at DESC",
            )
            .bind(&person.0)
            .bind(StateName::Proving.as_str())
            .fetch_all(connection)
            .await?
        });
        Ok(ids.into_iter().map(RequestId).collect())
    }

    /// Requests for which the timer has something to do, the most overdue first.
    pub async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<RequestId>, StoreError> {
        let ids: Vec<Uuid> = reading!(self, connection => {
            sqlx::query_scalar("SELECT id FROM requests WHERE due_at <= $1 ORDER BY due_at LIMIT $2")
                .bind(now.millis())
                .bind(i64::from(limit))
                .fetch_all(connection)
                .await?
        });
        Ok(ids.into_iter().map(RequestId).collect())
    }

    /// Ids of all requests in `state`. Few are in any state that a worker asks for.
    pub async fn in_state(&self, state: StateName) -> Result<Vec<RequestId>, StoreError> {
        let ids: Vec<Uuid> = reading!(self, connection => {
            sqlx::query_scalar("SELECT id FROM requests WHERE state = $1")
                .bind(state.as_str())
                .fetch_all(connection)
                .await?
        });
        Ok(ids.into_iter().map(RequestId).collect())
    }

    /// Ids of the open requests that were opened until then.
    pub async fn opened_until(&self, then: Timestamp) -> Result<Vec<RequestId>, StoreError> {
        let ids: Vec<Uuid> = reading!(self, connection => {
            sqlx::query_scalar("SELECT id FROM requests WHERE is_open = TRUE AND opened_at <= $1")
                .bind(then.millis())
                .fetch_all(connection)
                .await?
        });
        Ok(ids.into_iter().map(RequestId).collect())
    }

    /// The versions of these requests, where another process may have changed them; nothing from an
    /// embedded database, whose one process knows of its own changes.
    pub async fn versions(&self, ids: &[RequestId]) -> Result<Vec<(RequestId, u64)>, StoreError> {
        let Engine::Postgres(pool) = &self.engine else {
            return Ok(Vec::new());
        };
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<(Uuid, i64)> = in_time(async {
            let mut loan = Loan::of(pool).await?;
            let versions = sqlx::query_as("SELECT id, version FROM requests WHERE id = ANY($1)");
            Ok(versions.bind(ids).fetch_all(loan.connection()).await?)
        })
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, version)| (RequestId(id), u64::try_from(version).unwrap_or_default()))
            .collect())
    }

    /// Requests of the same subject that were opened after this one.
    pub async fn later_requests(&self, than: &Request) -> Result<Vec<Request>, StoreError> {
        let bodies: Vec<String> = reading!(self, connection => {
            sqlx::query_scalar(
                "SELECT body FROM requests WHERE subject_id = $1 AND opened_at >= $2 AND id <> $3
                 ORDER BY opened_at",
            )
            .bind(subject_id(than))
            .bind(than.facts.opened_at.millis())
            .bind(than.facts.id.0)
            .fetch_all(connection)
            .await?
        });
        bodies.iter().map(|body| read(body)).collect()
    }

    /// All other requests of the same subject: one person has few.
    pub async fn other_requests(&self, of: &Request) -> Result<Vec<Request>, StoreError> {
        let bodies: Vec<String> = reading!(self, connection => {
            sqlx::query_scalar("SELECT body FROM requests WHERE subject_id = $1 AND id <> $2")
                .bind(subject_id(of))
                .bind(of.facts.id.0)
                .fetch_all(connection)
                .await?
        });
        bodies.iter().map(|body| read(body)).collect()
    }

    /// How many requests about this person gave out a pass since `since`, whatever has become of them. One that gave out
    /// several counts once, with the last.
    pub async fn recoveries_since(
        &self,
        person: &PersonId,
        since: Timestamp,
    ) -> Result<u32, StoreError> {
        let count: i64 = reading!(self, connection => {
            sqlx::query_scalar(
                "SELECT COUNT(*) FROM requests WHERE subject_id = $1 AND disclosed_at >= $2",
            )
            .bind(&person.0)
            .bind(since.millis())
            .fetch_one(connection)
            .await?
        });
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// How many requests about this person were reported since `since`, in time or too late to stop anything.
    pub async fn reports_since(
        &self,
        person: &PersonId,
        since: Timestamp,
    ) -> Result<u32, StoreError> {
        let count: i64 = reading!(self, connection => {
            sqlx::query_scalar(
                "SELECT COUNT(*) FROM requests WHERE subject_id = $1 AND reported_at >= $2",
            )
            .bind(&person.0)
            .bind(since.millis())
            .fetch_one(connection)
            .await?
        });
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

/// Writes what belongs to a change into its transaction.
async fn record(transaction: &mut Writing, change: &Change<'_>) -> Result<(), StoreError> {
    let id = change.request.facts.id;
    if let Some(code) = change.spend {
        let subject = subject_id(change.request);
        spend(transaction, code, subject, id, change.actor, change.at).await?;
    }
    for event in change.events {
        super::audit::append(transaction, id, change.actor, change.at, event).await?;
    }
    for promise in change.jobs {
        super::outbox::add(transaction, Some(id), promise).await?;
    }
    for effect in change.effects {
        if let (Effect::FreezeSubject { until, voids_codes }, Some(subject)) =
            (effect, subject_id(change.request))
        {
            super::freezes::freeze(transaction, subject, *until, Some(id)).await?;
            super::employees::end_sessions(transaction, subject).await?;
            if *voids_codes && void(transaction, subject, change.at).await? {
                let event = InstallationEvent::SavedCodesVoided {
                    person: PersonId(subject.to_owned()),
                    request: Some(id),
                };
                super::audit::append_installation(transaction, change.actor, change.at, &event)
                    .await?;
            }
        }
    }
    Ok(())
}

pub(super) fn read(body: &str) -> Result<Request, StoreError> {
    from_json(body, "request")
}

fn version(request: &Request) -> i64 {
    i64::try_from(request.version).unwrap_or(i64::MAX)
}

fn subject_id(request: &Request) -> Option<&str> {
    request
        .facts
        .subject
        .as_ref()
        .map(|subject| subject.person.id.0.as_str())
}

fn disclosed_at(request: &Request) -> Option<i64> {
    let disclosed = request.facts.disclosed.as_ref();
    disclosed.map(|disclosed| disclosed.at.millis())
}

fn reported_at(request: &Request) -> Option<i64> {
    request.facts.reported_at.map(Timestamp::millis)
}

fn occupied(error: sqlx::Error) -> StoreError {
    match error.as_database_error() {
        Some(fault) if fault.is_unique_violation() => StoreError::SubjectOccupied,
        _ => error.into(),
    }
}
