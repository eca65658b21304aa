//! Limits: how far each is used up, and which tickets have served.

use domain::{Rate, Taken, Timestamp};

use super::{
    Store, StoreError,
    engine::{Writing, reading, within, writing},
};

/// One limit of one person, network or place.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// A keyed hash of whose it is.
    pub key: [u8; 32],
    /// What it limits.
    pub kind: &'static str,
    /// How much.
    pub rate: Rate,
}

/// Several limits that are taken together: all of them, or none when this is dropped.
///
/// Whoever takes several takes them in one order everywhere, so that none waits for another in a circle.
pub struct Taking(Writing);

impl Store {
    /// Begins to take limits.
    pub async fn begin_taking(&self) -> Result<Taking, StoreError> {
        Ok(Taking(self.write().await?))
    }

    /// What is kept of a limit. Those who are over theirs cost a read and no change.
    pub async fn used_until(&self, bucket: &Bucket) -> Result<Option<Timestamp>, StoreError> {
        let kept: Option<i64> = reading!(self, connection => {
            sqlx::query_scalar("SELECT unused_at FROM limits WHERE key = $1")
                .bind(bucket.key.as_slice())
                .fetch_optional(connection)
                .await?
        });
        Ok(kept.map(Timestamp::from_millis))
    }

    /// Gives one use back that came to nothing.
    pub async fn give_back(&self, bucket: &Bucket) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("UPDATE limits SET unused_at = unused_at - $1 WHERE key = $2")
                .bind(millis(bucket.rate.interval()))
                .bind(bucket.key.as_slice())
                .execute(connection)
                .await?;
        });
        Ok(())
    }

    /// Forgets limits that are as if they had never been used, and tickets that are too old anyway.
    pub async fn sweep_limits(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        within!(&mut transaction, connection => {
            sqlx::query("DELETE FROM limits WHERE unused_at <= $1")
                .bind(now.millis())
                .execute(&mut *connection)
                .await?;
            sqlx::query("DELETE FROM spent_tickets WHERE expires_at <= $1")
                .bind(now.millis())
                .execute(connection)
                .await?;
        });
        transaction.commit().await
    }
}

impl Taking {
    /// Takes one use, if there is room.
    pub async fn take(&mut self, bucket: &Bucket, now: Timestamp) -> Result<Taken, StoreError> {
        let rate = bucket.rate;
        let taken: Option<i64> = within!(&mut self.0, connection => {
            sqlx::query_scalar(
                "INSERT INTO limits (key, kind, unused_at) VALUES ($1, $2, $3)
                 ON CONFLICT (key) DO UPDATE SET unused_at =
                    CASE WHEN limits.unused_at > $4 AND limits.unused_at <= $5
                         THEN limits.unused_at + $6 ELSE excluded.unused_at END
                  WHERE limits.unused_at <= $7 OR limits.unused_at > $5
                 RETURNING unused_at",
            )
            .bind(bucket.key.as_slice())
            .bind(bucket.kind)
            .bind((now + rate.interval()).millis())
            .bind(now.millis())
            // Nothing lies that far ahead: the clock was wrong then, or the rate was another.
            .bind((now + rate.horizon()).millis())
            .bind(millis(rate.interval()))
            .bind((now + rate.slack()).millis())
            .fetch_optional(connection)
            .await?
        });
        if let Some(unused_at) = taken.map(Timestamp::from_millis) {
            let left = rate.left(unused_at, now);
            return Ok(Taken::Granted { unused_at, left });
        }
        let kept = self.kept(bucket).await?.unwrap_or(now);
        Ok(Taken::Refused {
            until: kept - rate.slack(),
        })
    }

    /// Whether there is room, without taking any.
    pub async fn has_room(&mut self, bucket: &Bucket, now: Timestamp) -> Result<bool, StoreError> {
        Ok(bucket.rate.has_room(self.kept(bucket).await?, now))
    }

    async fn kept(&mut self, bucket: &Bucket) -> Result<Option<Timestamp>, StoreError> {
        let kept: Option<i64> = within!(&mut self.0, connection => {
            sqlx::query_scalar("SELECT unused_at FROM limits WHERE key = $1")
                .bind(bucket.key.as_slice())
                .fetch_optional(connection)
                .await?
        });
        Ok(kept.map(Timestamp::from_millis))
    }

    /// Spends a ticket. `false` when it has served before.
    pub async fn spend(
        &mut self,
        hash: &[u8; 32],
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let spent = within!(&mut self.0, connection => {
            sqlx::query(
                "INSERT INTO spent_tickets (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
            )
            .bind(hash.as_slice())
            .bind(expires_at.millis())
            .execute(connection)
            .await?
            .rows_affected()
        });
        Ok(spent == 1)
    }

    /// Keeps what was taken.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.0.commit().await
    }
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
