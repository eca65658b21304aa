//! Work that was promised.

use std::time::Duration;

use domain::{RequestId, Timestamp};
use uuid::Uuid;

use super::{
    Store, StoreError,
    engine::{Engine, Writing, within, writing},
    from_json, to_json,
};
use crate::jobs::{Job, Promise};

/// A job that a worker holds for a while.
#[derive(Clone, Debug)]
pub struct LeasedJob {
    /// Its identity: mails sent for it carry it, so that a repeat can be recognised.
    pub id: Uuid,
    /// The request that it is about, if it is about one.
    pub request: Option<RequestId>,
    /// What is to be done.
    pub job: Job,
    /// How often it was begun since it was last carried out as planned, this time included.
    pub attempts: u32,
    /// Until when it is held; the end of the lease tells this holder from the next.
    lease_until: Timestamp,
}

/// How long a job is left alone that this version cannot read.
const UNREADABLE: Duration = Duration::from_mins(5);

/// How a lease on a job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd<'a> {
    /// It is done.
    Done,
    /// It met no fault, and is to be carried out again then. Tries count from there.
    Again {
        /// When it is due again.
        at: Timestamp,
    },
    /// It is put back until then.
    Postponed {
        /// When it is due again.
        until: Timestamp,
        /// What kept it, without addresses or secrets.
        fault: &'a str,
    },
    /// It is given up for good.
    GivenUp {
        /// Why, without addresses or secrets.
        fault: &'a str,
    },
}

/// Adds a job within the transaction of the change that asks for it.
pub(super) async fn add(
    transaction: &mut Writing,
    request: Option<RequestId>,
    promise: &Promise,
) -> Result<(), StoreError> {
    let job = to_json(&promise.job, "job")?;
    within!(transaction, connection => {
        sqlx::query("INSERT INTO outbox (id, request_id, job, not_before) VALUES ($1, $2, $3, $4)")
            .bind(promise.id)
            .bind(request.map(|request| request.0))
            .bind(&job)
            .bind(promise.not_before.millis())
            .execute(connection)
            .await?;
    });
    Ok(())
}

/// The next job that is due and held by nobody, leased in one statement. `SKIP LOCKED` lets workers of
/// several instances pass each other; an embedded database has one writer anyway.
const LEASE_SQLITE: &str = "UPDATE outbox SET lease_until = $1, attempts = attempts + 1
     WHERE id = (SELECT id FROM outbox
                 WHERE done_at IS NULL AND failed_at IS NULL AND not_before <= $2
                   AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $3)
                 ORDER BY not_before, id LIMIT 1)
     RETURNING id, request_id, job, attempts";
const LEASE_POSTGRES: &str = "UPDATE outbox SET lease_until = $1, attempts = attempts + 1
     WHERE id = (SELECT id FROM outbox
                 WHERE done_at IS NULL AND failed_at IS NULL AND not_before <= $2
                   AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $3)
                 ORDER BY not_before, id LIMIT 1
                 FOR UPDATE SKIP LOCKED)
     RETURNING id, request_id, job, attempts";

impl Store {
    /// Adds a job by itself.
    pub async fn add_job(&self, request: RequestId, promise: &Promise) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        add(&mut transaction, Some(request), promise).await?;
        transaction.commit().await
    }

    /// Leases the next job that is due and held by nobody.
    pub async fn lease_job(
        &self,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<LeasedJob>, StoreError> {
        let lease_until = now + lease;
        let statement = match self.engine {
            Engine::Sqlite { .. } => LEASE_SQLITE,
            Engine::Postgres(_) => LEASE_POSTGRES,
        };
        let row: Option<(Uuid, Option<Uuid>, String, i64)> = writing!(self, connection => {
            sqlx::query_as(statement)
                .bind(lease_until.millis())
                .bind(now.millis())
                // No lease is that long: the clock was wrong when it was taken.
                .bind((lease_until + lease).millis())
                .fetch_optional(connection)
                .await?
        });
        let Some((id, request, job, attempts)) = row else {
            return Ok(None);
        };
        let job = match from_json(&job, "job") {
            Ok(job) => job,
            Err(unreadable) => {
                // A newer version may have promised it, and one that can read it may be beside us.
                let fault = "this version cannot read the job";
                let until = now + UNREADABLE;
                let end = JobEnd::Postponed { until, fault };
                self.settle(id, lease_until, end, now).await?;
                return Err(unreadable);
            }
        };
        Ok(Some(LeasedJob {
            id,
            request: request.map(RequestId),
            job,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            lease_until,
        }))
    }

    /// Ends the lease on a job. `false` when it was not held any more: somebody else has it, and what
    /// was done may be done again.
    pub async fn end_job(
        &self,
        job: &LeasedJob,
        end: JobEnd<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.settle(job.id, job.lease_until, end, now).await
    }

    async fn settle(
        &self,
        id: Uuid,
        lease_until: Timestamp,
        end: JobEnd<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let now = Some(now.millis());
        let attempts = matches!(end, JobEnd::Again { .. }).then_some(0_i64);
        let (done_at, failed_at, not_before, fault) = match end {
            JobEnd::Done => (now, None, None, None),
            JobEnd::Again { at } => (None, None, Some(at.millis()), None),
            JobEnd::Postponed { until, fault } => (None, None, Some(until.millis()), Some(fault)),
            JobEnd::GivenUp { fault } => (None, now, None, Some(fault)),
        };
        let settled = writing!(self, connection => {
            sqlx::query(
                "UPDATE outbox SET done_at = $1, failed_at = $2, not_before = COALESCE($3, not_before),
                        last_fault = COALESCE($4, last_fault), attempts = COALESCE($5, attempts),
                        lease_until = NULL
                 WHERE id = $6 AND lease_until = $7",
            )
            .bind(done_at)
            .bind(failed_at)
            .bind(not_before)
            .bind(fault)
            .bind(attempts)
            .bind(id)
            .bind(lease_until.millis())
            .execute(connection)
            .await?
            .rows_affected()
        });
        Ok(settled == 1)
    }
}
