//! How the rounds go in which everybody's manager is looked at, and the groups whose members approve.

use domain::Timestamp;

use super::{
    HoldChange, Store, StoreError,
    engine::{within, writing},
};

/// How the rounds go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryRounds {
    /// When one was first wanted.
    pub wanted_at: Timestamp,
    /// When one that saw everything last ended; none before the first.
    pub ended_at: Option<Timestamp>,
}

impl Store {
    /// Says that rounds are wanted; tells how they have gone so far.
    pub async fn want_directory_rounds(
        &self,
        now: Timestamp,
    ) -> Result<DirectoryRounds, StoreError> {
        let (wanted_at, ended_at): (i64, Option<i64>) = writing!(self, connection => {
            sqlx::query_as(
                // The row that is there is changed to what it is, so that it is told.
                "INSERT INTO directory_rounds (id, wanted_at) VALUES (1, $1)
                 ON CONFLICT (id) DO UPDATE SET wanted_at = directory_rounds.wanted_at
                 RETURNING wanted_at, ended_at",
            )
            .bind(now.millis())
            .fetch_one(connection)
            .await?
        });
        Ok(DirectoryRounds {
            wanted_at: Timestamp::from_millis(wanted_at),
            ended_at: ended_at.map(Timestamp::from_millis),
        })
    }

    /// Notes that a round has seen everything.
    pub async fn end_directory_round(&self, now: Timestamp) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("UPDATE directory_rounds SET ended_at = $1, told_at = NULL WHERE id = 1")
                .bind(now.millis())
                .execute(connection)
                .await?;
        });
        Ok(())
    }

    /// Keeps that rounds fail, and tells of it: once until one has seen everything. Tells whether it did.
    pub async fn tell_of_failing_rounds(&self, change: HoldChange<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let told = within!(&mut transaction, connection => {
            sqlx::query("UPDATE directory_rounds SET told_at = $1 WHERE id = 1 AND told_at IS NULL")
                .bind(change.at.millis())
                .execute(connection)
                .await?
                .rows_affected()
        });
        if told == 1 {
            super::audit::append_event(&mut transaction, change).await?;
            transaction.commit().await?;
        }
        Ok(told == 1)
    }
}
