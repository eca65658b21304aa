//! The two engines behind one store: an embedded SQLite file, and PostgreSQL to grow onto.
//!
//! A query is written once. `reading!`, `writing!` and `within!` expand its body for each engine, so
//! that values travel as the engine's own types.

use std::{path::Path, time::Duration};

use sqlx::{
    Connection, Executor, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{StoreError, place::Place};

/// How long a query waits for a connection, or for somebody else's lock, before it fails: less than
/// people wait for a page.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections of an embedded database that only read.
const READERS: u32 = 8;

/// What every connection to PostgreSQL is set to, whatever the server's own defaults are. Nobody waits for
/// ever for a lock, and an instance that was stopped in mid-transaction does not keep the others from a row.
/// The rules count on each statement seeing what others have committed. An answer promises that its change
/// survives a power cut; a stricter setting than that is left alone.
const TERMS: &str = "SET lock_timeout = '5s'; SET statement_timeout = '15s';
    SET idle_in_transaction_session_timeout = '15s';
    SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', 'on', FALSE)
     WHERE current_setting('synchronous_commit') = 'off'";

/// Connections to one of the engines.
#[derive(Clone, Debug)]
pub(super) enum Engine {
    /// SQLite lets one connection write at a time, so there is one for that: changes queue for it in
    /// order, where several connections would poll for the lock and overtake each other.
    Sqlite {
        readers: SqlitePool,
        writer: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction that changes something.
pub(super) enum Writing {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs `$body` with `$pool` for queries that only read.
macro_rules! reading {
    ($store:expr, $pool:ident => $body:expr) => {
        match &$store.engine {
            $crate::store::engine::Engine::Sqlite { readers: $pool, .. } => $body,
            $crate::store::engine::Engine::Postgres($pool) => $body,
        }
    };
}

/// Runs `$body` with `$pool` for a single statement that writes.
macro_rules! writing {
    ($store:expr, $pool:ident => $body:expr) => {
        match &$store.engine {
            $crate::store::engine::Engine::Sqlite { writer: $pool, .. } => $body,
            $crate::store::engine::Engine::Postgres($pool) => $body,
        }
    };
}

/// Runs `$body` with the `$connection` of a transaction.
macro_rules! within {
    ($transaction:expr, $connection:ident => $body:expr) => {
        match $transaction {
            $crate::store::engine::Writing::Sqlite(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
            $crate::store::engine::Writing::Postgres(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
        }
    };
}

pub(super) use {reading, within, writing};

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
                .before_acquire(move |connection, _| {
                    // SQLite ends a transaction itself when there is no room for it; the driver goes
                    // on counting it, and would never begin another on this connection.
                    let is_good = kept.ensure_kept().is_ok() && !connection.is_in_transaction();
                    Box::pin(async move { Ok(is_good) })
                })
                .after_connect(move |_, _| {
                    let outcome = opened.ensure_kept().map_err(sqlx::Error::Io);
                    Box::pin(async move { outcome })
                })
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        // Its connections come into being when they are needed.
        let readers = pool(READERS).connect_lazy_with(options);
        Ok(Self::Sqlite { readers, writer })
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
                    let read_only: String = sqlx::query_scalar("SHOW transaction_read_only")
                        .fetch_one(connection)
                        .await?;
                    Ok(read_only == "off")
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

    /// Begins to change something. On SQLite the transaction holds the write lock from its start, so
    /// that it never fails half-way for want of it.
    pub async fn begin(&self) -> Result<Writing, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => {
                Writing::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Self::Postgres(pool) => Writing::Postgres(pool.begin().await?),
        })
    }

    /// Ends all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                // Last: a clean end of the last connection folds the write-ahead log into the file.
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Writing {
    /// Makes the changes last.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
