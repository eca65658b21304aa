//! The two engines behind one store: an embedded SQLite file, and PostgreSQL to grow onto.
//!
//! A query is written once. `reading!`, `writing!` and `within!` expand its body for each engine, so
//! that values travel as the engine's own types, and bound the time that it takes.

use std::{path::Path, time::Duration};

use sqlx::{
    Executor, PgPool, Postgres, Sqlite, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::timeout;

use super::{StoreError, health::Health, loan::Loan, place::Place};

/// How long a query waits for a connection, or for somebody else's lock, before it fails: less than
/// people wait for a page.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// The longest that one use of the database takes. PostgreSQL ends a statement before (`TERMS`) and says so; this
/// is for a server that says nothing more, since its host or the way to it is gone.
pub(super) const LIMIT: Duration = Duration::from_secs(20);
/// How long an idle connection may take to show that it is alive, before another is made in its place.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);
/// Connections of an embedded database that only read.
const READERS: u32 = 8;

/// What every connection to PostgreSQL is set to, whatever the server's own defaults are. Nobody waits for
/// ever for a lock, and an instance that was stopped in mid-transaction does not keep the others from a row.
/// The rules count on each statement seeing what others have committed. An answer promises that its change
/// survives a power cut; a stricter setting than that is left alone. A schema that is named like our user must not come
/// before the one with our tables, as PostgreSQL's default has it; a path that somebody has chosen is left alone.
const TERMS: &str = "SET lock_timeout = '5s'; SET statement_timeout = '15s';
    SET idle_in_transaction_session_timeout = '15s';
    SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', 'on', FALSE)
     WHERE current_setting('synchronous_commit') = 'off';
    SELECT set_config('search_path', 'public', FALSE)
     WHERE current_setting('search_path') LIKE '%$user%'";

/// Connections to one of the engines.
#[derive(Clone, Debug)]
pub(super) enum Engine {
    /// SQLite lets one connection write at a time, so there is one for that: changes queue for it in
    /// order, where several connections would poll for the lock and overtake each other.
    Sqlite {
        readers: SqlitePool,
        writer: SqlitePool,
        place: Place,
    },
    Postgres(PgPool),
}

/// A connection to one of the engines.
pub(super) enum Lent {
    Sqlite(Loan<Sqlite>),
    Postgres(Loan<Postgres>),
}

/// A transaction that changes something. Unless it is committed, nothing of it lasts.
pub(super) struct Writing {
    pub lent: Lent,
    pub health: Health,
}

/// Does one piece of work at the database, within [`LIMIT`].
///
/// # Errors
/// Those of the work, and [`StoreError::NoAnswer`] when the time is over. The work is dropped then, and with it its
/// connection.
pub(super) async fn in_time<T>(
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(LIMIT, work)
        .await
        .unwrap_or(Err(StoreError::NoAnswer))
}

/// Runs `$body` with a `$connection` for queries that only read.
macro_rules! reading {
    ($store:expr, $connection:ident => $body:expr) => {
        $crate::store::engine::in_time(async {
            let mut lent = $store.engine.reader().await?;
            $crate::store::engine::by_engine!(&mut lent, $connection => $body)
        })
        .await?
    };
}

/// Runs `$body` with a `$connection` for a single statement that writes.
macro_rules! writing {
    ($store:expr, $connection:ident => $body:expr) => {{
        let outcome = $crate::store::engine::in_time(async {
            let mut lent = $store.engine.writer().await?;
            $crate::store::engine::by_engine!(&mut lent, $connection => $body)
        })
        .await;
        $store.health.note(outcome)?
    }};
}

/// Runs `$body` with the `$connection` of a transaction.
macro_rules! within {
    ($transaction:expr, $connection:ident => $body:expr) => {{
        let transaction: &mut $crate::store::engine::Writing = $transaction;
        let outcome = $crate::store::engine::in_time(async {
            $crate::store::engine::by_engine!(&mut transaction.lent, $connection => $body)
        })
        .await;
        transaction.health.note(outcome)?
    }};
}

/// Expands `$body` for the engine of a connection that is lent.
macro_rules! by_engine {
    ($lent:expr, $connection:ident => $body:expr) => {
        match $lent {
            $crate::store::engine::Lent::Sqlite(loan) => {
                let $connection = loan.connection();
                Ok::<_, $crate::store::StoreError>($body)
            }
            $crate::store::engine::Lent::Postgres(loan) => {
                let $connection = loan.connection();
                Ok($body)
            }
        }
    };
}

pub(super) use {by_engine, reading, within, writing};

impl Engine {
    /// Connects to the SQLite file at `path`, which exists.
    pub async fn sqlite(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // An answer promises that its change survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        let place = Place::of(path).map_err(sqlx::Error::Io)?;
        let pool = |connections| {
            let (kept, opened) = (place.clone(), place.clone());
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(PATIENCE)
                .before_acquire(move |_, _| {
                    // It may have waited since its place was looked at.
                    let is_kept = kept.ensure_kept().is_ok();
                    Box::pin(async move { Ok(is_kept) })
                })
                .after_connect(move |_, _| {
                    let outcome = opened.ensure_kept();
                    Box::pin(async move { outcome.map_err(sqlx::Error::config) })
                })
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        // Its connections come into being when they are needed.
        let readers = pool(READERS).connect_lazy_with(options);
        Ok(Self::Sqlite {
            readers,
            writer,
            place,
        })
    }

    /// Connects to PostgreSQL with at most so many connections.
    pub async fn postgres(
        options: &PgConnectOptions,
        connections: u32,
    ) -> Result<Self, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            // The next check needs the same round trip.
            .test_before_acquire(false)
            .before_acquire(|connection, _| {
                Box::pin(async move {
                    // A session may stay read-only after its database no longer is: it began with
                    // that default, and a new one may not.
                    let asked =
                        sqlx::query_scalar("SHOW transaction_read_only").fetch_one(connection);
                    let read_only: Option<String> = match timeout(SIGN_OF_LIFE, asked).await {
                        Ok(answer) => Some(answer?),
                        Err(_) => None,
                    };
                    Ok(read_only.is_some_and(|read_only| read_only == "off"))
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute(TERMS).await?;
                    Ok(())
                })
            })
            .connect_with(options.clone())
            .await?;
        Ok(Self::Postgres(pool))
    }

    /// Whether other processes can change the same records.
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// A connection for queries that only read.
    pub async fn reader(&self) -> Result<Lent, StoreError> {
        match self {
            Self::Sqlite { readers, place, .. } => embedded(readers, place).await,
            Self::Postgres(pool) => Ok(Lent::Postgres(Loan::of(pool).await?)),
        }
    }

    /// A connection for what writes.
    pub async fn writer(&self) -> Result<Lent, StoreError> {
        match self {
            Self::Sqlite { writer, place, .. } => embedded(writer, place).await,
            Self::Postgres(pool) => Ok(Lent::Postgres(Loan::of(pool).await?)),
        }
    }

    /// Begins to change something. On SQLite the transaction holds the write lock from its start, so
    /// that it never fails half-way for want of it.
    pub async fn begin(&self, health: &Health) -> Result<Writing, StoreError> {
        let begun = in_time(async {
            let mut lent = self.writer().await?;
            match &mut lent {
                Lent::Sqlite(loan) => loan.begin("BEGIN IMMEDIATE").await?,
                Lent::Postgres(loan) => loan.begin("BEGIN").await?,
            }
            Ok(lent)
        });
        Ok(Writing {
            lent: health.note(begun.await)?,
            health: health.clone(),
        })
    }

    /// Ends all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite {
                readers, writer, ..
            } => {
                readers.close().await;
                // Last: a clean end of the last connection folds the write-ahead log into the file.
                writer.close().await;
            }
            // A server that is out of reach notices by itself.
            Self::Postgres(pool) => drop(timeout(PATIENCE, pool.close()).await),
        }
    }
}

/// A connection to an embedded database whose file is where it was.
async fn embedded(pool: &SqlitePool, place: &Place) -> Result<Lent, StoreError> {
    place.ensure_kept()?;
    match Loan::of(pool).await {
        Ok(loan) => Ok(Lent::Sqlite(loan)),
        Err(error) => {
            // That is why, if it went meanwhile.
            place.ensure_kept()?;
            Err(error.into())
        }
    }
}

impl Writing {
    /// Makes the changes last.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let committed = in_time(async {
            match &mut self.lent {
                Lent::Sqlite(loan) => loan.commit().await?,
                Lent::Postgres(loan) => loan.commit().await?,
            }
            Ok(())
        });
        let outcome = committed.await;
        if outcome.is_ok() {
            self.health.recover();
        }
        self.health.note(outcome)
    }
}
