//! Work that was promised.

use std::time::Duration;

use domain::{RequestId, Timestamp};
use sqlx::{Row, Sqlite, Transaction};
use uuid::Uuid;

use super::{Store, StoreError, from_json, to_json};
use crate::jobs::Job;

/// A job that a worker holds for a while.
#[derive(Clone, Debug)]
pub struct LeasedJob {
    /// Its identity: mails sent for it carry it, so that a repeat can be recognised.
    pub id: Uuid,
    /// The request that it is about.
    pub request: RequestId,
    /// What is to be done.
    pub job: Job,
    /// How often it was begun, this time included.
    pub attempts: u32,
    /// Until when it is held; the end of the lease tells this holder from the next.
    lease_until: Timestamp,
}

/// Adds a job within the transaction of the change that asks for it.
pub(super) async fn add(
    transaction: &mut Transaction<'static, Sqlite>,
    id: Uuid,
    request: RequestId,
    job: &Job,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO outbox (id, request_id, job, not_before) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(request.0)
        .bind(to_json(job, "job")?)
        .bind(now.millis())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

impl Store {
    /// Adds a job by itself.
    pub async fn add_job(
        &self,
        id: Uuid,
        request: RequestId,
        job: &Job,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        add(&mut transaction, id, request, job, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Leases the next job that is due and held by nobody.
    pub async fn lease_job(
        &self,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<LeasedJob>, StoreError> {
        let lease_until = now + lease;
        let row = sqlx::query(
            "UPDATE outbox SET lease_until = $1, attempts = attempts + 1
             WHERE id = (SELECT id FROM outbox
                         WHERE done_at IS NULL AND failed_at IS NULL AND not_before <= $2
                           AND (lease_until IS NULL OR lease_until <= $2)
                         ORDER BY not_before, id LIMIT 1)
             RETURNING id, request_id, job, attempts",
        )
        .bind(lease_until.millis())
        .bind(now.millis())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (id, request) = (row.get("id"), RequestId(row.get("request_id")));
        let job = match from_json(row.get("job"), "job") {
            Ok(job) => job,
            Err(unreadable) => {
                // Leasing it again would read no better.
                sqlx::query("UPDATE outbox SET failed_at = $1, lease_until = NULL, last_fault = $2 WHERE id = $3")
                    .bind(now.millis())
                    .bind("this version cannot read the job")
                    .bind::<Uuid>(id)
                    .execute(&self.pool)
                    .await?;
                return Err(unreadable);
            }
        };
        Ok(Some(LeasedJob {
            id,
            request,
            job,
            attempts: row.get("attempts"),
            lease_until,
        }))
    }

    /// Records that a job is done, if it is still held by this lease.
    pub async fn finish_job(&self, job: &LeasedJob, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE outbox SET done_at = $1, lease_until = NULL WHERE id = $2 AND lease_until = $3",
        )
        .bind(now.millis())
        .bind(job.id)
        .bind(job.lease_until.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Puts a job back until `not_before`, if it is still held by this lease.
    pub async fn postpone_job(
        &self,
        job: &LeasedJob,
        not_before: Timestamp,
        fault: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE outbox SET not_before = $1, lease_until = NULL, last_fault = $2 WHERE id = $3 AND lease_until = $4",
        )
        .bind(not_before.millis())
        .bind(fault)
        .bind(job.id)
        .bind(job.lease_until.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Gives a job up for good, if it is still held by this lease.
    pub async fn fail_job(
        &self,
        job: &LeasedJob,
        now: Timestamp,
        fault: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE outbox SET failed_at = $1, lease_until = NULL, last_fault = $2 WHERE id = $3 AND lease_until = $4",
        )
        .bind(now.millis())
        .bind(fault)
        .bind(job.id)
        .bind(job.lease_until.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
