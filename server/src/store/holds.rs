//! What keeps the installation from going on.

use std::time::Duration;

use domain::Timestamp;

use super::{
    Store, StoreError,
    engine::{reading, within},
};
use crate::{audit::InstallationEvent, jobs::Promise};

/// Who holds the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// An operator, until they let go.
    Operator,
    /// The circuit breaker, for a while.
    Breaker,
}

/// Something that holds the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Who does.
    pub holder: Holder,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if that is known.
    pub until: Option<Timestamp>,
    /// Why, in an operator's words.
    pub reason: Option<String>,
}

/// What is kept with a hold that begins or ends.
#[derive(Clone, Copy, Debug)]
pub struct HoldChange<'a> {
    /// Who did it, in the audit log's words.
    pub actor: &'a str,
    /// When.
    pub at: Timestamp,
    /// What happened, for the log.
    pub event: &'a InstallationEvent,
    /// Who is told.
    pub jobs: &'a [Promise],
}

impl Holder {
    const ALL: [Self; 2] = [Self::Operator, Self::Breaker];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Breaker => "breaker",
        }
    }
}

impl Store {
    /// What holds the installation at `now`, an operator before the circuit breaker.
    pub async fn hold(&self, now: Timestamp) -> Result<Option<Hold>, StoreError> {
        let rows: Vec<(String, i64, Option<i64>, Option<String>)> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT name, since_at, until_at, reason FROM holds WHERE until_at IS NULL OR until_at > $1",
            )
            .bind(now.millis())
            .fetch_all(connection)
            .await?
        });
        let hold_of = |holder: Holder| {
            let row = rows.iter().find(|row| row.0 == holder.as_str())?;
            Some(Hold {
                holder,
                since: Timestamp::from_millis(row.1),
                until: row.2.map(Timestamp::from_millis),
                reason: row.3.clone(),
            })
        };
        Ok(Holder::ALL.into_iter().find_map(hold_of))
    }

    /// Lets an operator hold the installation. `false` when one does already.
    pub async fn pause(
        &self,
        reason: Option<&str>,
        change: HoldChange<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let begun = within!(&mut transaction, connection => {
            sqlx::query(
                "INSERT INTO holds (name, since_at, reason) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
            )
            .bind(Holder::Operator.as_str())
            .bind(change.at.millis())
            .bind(reason)
            .execute(connection)
            .await?
            .rows_affected()
        });
        if begun == 1 {
            super::audit::append_event(&mut transaction, change).await?;
            transaction.commit().await?;
        }
        Ok(begun == 1)
    }

    /// Lets go of everything that holds the installation, and forgets these kinds of limits, so that it is not held
    /// again at once. `false` when nothing does.
    pub async fn resume(&self, kinds: &[&str], change: HoldChange<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let ended = within!(&mut transaction, connection => {
            sqlx::query("DELETE FROM holds WHERE until_at IS NULL OR until_at > $1")
                .bind(change.at.millis())
                .execute(connection)
                .await?
                .rows_affected()
        });
        if ended > 0 {
            within!(&mut transaction, connection => {
                for kind in kinds {
                    sqlx::query("DELETE FROM limits WHERE kind = $1")
                        .bind(*kind)
                        .execute(&mut *connection)
                        .await?;
                }
            });
            super::audit::append_event(&mut transaction, change).await?;
            transaction.commit().await?;
        }
        Ok(ended > 0)
    }

    /// Lets the circuit breaker hold the installation until then, unless it does already. The event is kept only when
    /// that begins an episode: holds with less than `quiet` between them are one. Tells whether it did.
    pub async fn trip(
        &self,
        until: Timestamp,
        quiet: Duration,
        change: HoldChange<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let since: Option<i64> = within!(&mut transaction, connection => {
            sqlx::query_scalar(
                "INSERT INTO holds (name, since_at, until_at) VALUES ($1, $2, $3)
                 ON CONFLICT (name) DO UPDATE SET until_at = excluded.until_at,
                    since_at = CASE WHEN holds.until_at <= $4 THEN excluded.since_at ELSE holds.since_at END
                  WHERE holds.until_at <= $2
                 RETURNING since_at",
            )
            .bind(Holder::Breaker.as_str())
            .bind(change.at.millis())
            .bind(until.millis())
            .bind((change.at - quiet).millis())
            .fetch_optional(connection)
            .await?
        });
        let begins = since == Some(change.at.millis());
        if begins {
            super::audit::append_event(&mut transaction, change).await?;
        }
        if since.is_some() {
            transaction.commit().await?;
        }
        Ok(begins)
    }
}
