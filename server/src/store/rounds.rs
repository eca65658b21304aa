//! What several instances have in common: the time, and regular work that one at a time does for all.

use std::time::Duration;

use domain::Timestamp;

use super::{
    Store, StoreError,
    engine::{Engine, in_time, writing},
    loan::Loan,
};

impl Store {
    /// The present as a database that several instances share knows it. An embedded one has the clock
    /// of its process.
    pub async fn present(&self) -> Result<Option<Timestamp>, StoreError> {
        let Engine::Postgres(pool) = &self.engine else {
            return Ok(None);
        };
        let millis: i64 = in_time(async {
            let mut loan = Loan::of(pool).await?;
            let present = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
            Ok(sqlx::query_scalar(present)
                .fetch_one(loan.connection())
                .await?)
        })
        .await?;
        Ok(Some(Timestamp::from_millis(millis)))
    }

    /// Whether it is this instance's turn to do `work`: once in `period`, whoever asks first. An
    /// embedded database has one instance, whose turn it always is.
    pub async fn take_turn(
        &self,
        work: &str,
        now: Timestamp,
        period: Duration,
    ) -> Result<bool, StoreError> {
        if !self.is_shared() {
            return Ok(true);
        }
        let taken = writing!(self, connection => {
            sqlx::query(
                "INSERT INTO rounds (work, next_at) VALUES ($1, $2)
                 ON CONFLICT (work) DO UPDATE SET next_at = excluded.next_at
                  WHERE rounds.next_at <= $3 OR rounds.next_at > $4",
            )
            .bind(work)
            .bind((now + period).millis())
            .bind(now.millis())
            // Nobody has asked for a round that late: the clock was wrong then.
            .bind((now + period * 2).millis())
            .execute(connection)
            .await?
            .rows_affected()
        });
        Ok(taken == 1)
    }

    /// Gives a turn back that came to nothing: whoever asks first from `next` on may take it.
    pub async fn give_turn_back(&self, work: &str, next: Timestamp) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("UPDATE rounds SET next_at = $2 WHERE work = $1 AND next_at > $2")
                .bind(work)
                .bind(next.millis())
                .execute(connection)
                .await?;
        });
        Ok(())
    }
}
