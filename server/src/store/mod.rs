//! All SQL. Every change of a request is one guarded update of exactly one row, with its audit rows and
//! its jobs, in one transaction.

mod accounts;
mod audit;
mod links;
mod lists;
mod outbox;
mod requests;

use std::{path::Path, time::Duration};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use accounts::{AdminRecord, SessionRecord};
pub use audit::AuditRow;
pub use links::{Link, Purpose};
pub use lists::{Cursor, ListFilter, ListPage, ListedRequest};
pub use outbox::LeasedJob;
pub use requests::Change;

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
}

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the request meanwhile. Nothing was written.
    #[error("the request was changed meanwhile")]
    Conflict,
    /// The subject has another open request. Nothing was written.
    #[error("the subject has another open request")]
    SubjectOccupied,
    /// The database's tables were made by a newer version of Latchkey, or by something else.
    #[error("the database's tables do not fit this version: {0}")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// A row holds something that this version cannot read.
    #[error("a stored {what} cannot be read: {source}")]
    Unreadable {
        /// What it should have been.
        what: &'static str,
        /// Why it is not.
        source: serde_json::Error,
    },
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl Store {
    /// Opens the database at `path`, makes it when missing, and brings its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // An answer promises that its change survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .connect_with(options)
            .await?;
        sqlx::migrate!("../migrations/sqlite").run(&pool).await?;
        Ok(Self { pool })
    }

    /// Whether the database answers and its tables are the expected ones.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT id FROM requests LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        Ok(())
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A transaction that holds the write lock from its start, so that it never fails half-way for want
    /// of it.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// Creates the file when it is missing, for its owner only: it holds names, addresses and what people
/// did. SQLite gives the files beside it the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(sqlx::Error::Io)?;
    Ok(())
}

fn to_json<T: serde::Serialize>(value: &T, what: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Unreadable { what, source })
}

fn from_json<T: serde::de::DeserializeOwned>(
    text: &str,
    what: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Unreadable { what, source })
}
