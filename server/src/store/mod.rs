//! All SQL. Every change of a request is one guarded update of exactly one row, with its audit rows and
//! its jobs, in one transaction.

mod accounts;
mod audit;
mod backup;
mod engine;
mod instance;
mod links;
mod lists;
mod outbox;
mod place;
mod requests;
mod rounds;
mod schema;

use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;

use engine::{Engine, Writing};
use instance::InstanceLock;
use schema::Standing;

pub use accounts::{AdminRecord, SessionRecord};
pub use audit::{AuditRow, RowDigest};
pub use backup::{BackupFile, Inventory, clear, copy, ensure_unused, put, replace};
pub use instance::{beside, resolved};
pub use links::{Link, Purpose};
pub use lists::{Cursor, ListFilter, ListPage, ListedRequest};
pub use outbox::{JobEnd, LeasedJob};
pub use requests::Change;

/// Where the database is.
#[derive(Clone)]
pub enum Location {
    /// An embedded database in this file, for one process.
    Sqlite(PathBuf),
    /// A PostgreSQL server, for any number of processes.
    Postgres {
        /// How to connect.
        options: Box<PgConnectOptions>,
        /// Connections at most.
        connections: u32,
    },
}

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
    /// Held while this process has an embedded database to itself.
    lock: Option<InstanceLock>,
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
    /// Another process works on the embedded database.
    #[error(
        "another Latchkey process works on it: stop that one first, or move to PostgreSQL, which serves several"
    )]
    InUse,
    /// The embedded database would be on a file system that does not keep its promises.
    #[error(
        "it is on a network file system ({kind}), where records could be lost: use a local disk, or PostgreSQL"
    )]
    NetworkFileSystem {
        /// Its name.
        kind: &'static str,
    },
    /// A newer version has changed the tables.
    #[error(
        "it was migrated by a newer version of Latchkey (migration {found}; this version knows {known}): start that version, or restore a backup from before the upgrade"
    )]
    NewerSchema {
        /// The migration that this version does not know.
        found: i64,
        /// The newest that it knows.
        known: i64,
    },
    /// Migrations are missing.
    #[error("its tables are not up to date: run `latchkey migrate`")]
    OlderSchema,
    /// The database's tables could not be brought up to date.
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
    /// A file holds no records of Latchkey's.
    #[error("it is no backup of Latchkey's")]
    NoBackup,
    /// The database contradicts itself.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// The database answers and takes no changes.
    #[error("the database is read-only")]
    ReadOnly,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // PostgreSQL undoes one of several transactions that stand in each other's way
        // (serialization_failure, deadlock_detected): decided anew, it may succeed.
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            Some("40001" | "40P01") => Self::Conflict,
            // read_only_sql_transaction
            Some("25006") => Self::ReadOnly,
            _ => Self::Database(error),
        }
    }
}

impl std::fmt::Debug for Location {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres { connections, .. } => f
                .debug_struct("Postgres")
                .field("server", &self.to_string())
                .field("connections", connections)
                .finish(),
        }
    }
}

impl std::fmt::Display for Location {
    /// As messages name it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres { options, .. } => {
                let database = options.get_database().unwrap_or(options.get_username());
                match options.get_socket() {
                    Some(socket) => write!(f, "{database} at {}", socket.display()),
                    None => write!(
                        f,
                        "{database} at {}:{}",
                        options.get_host(),
                        options.get_port()
                    ),
                }
            }
        }
    }
}

impl Store {
    /// Opens the database to work on it, and brings its tables up to date. An embedded one is made when
    /// it is missing, and is kept from every other process until [`Self::close`].
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        let lock = match location {
            Location::Sqlite(path) => {
                instance::refuse_network_file_system(path)?;
                let lock = InstanceLock::take(path)?;
                create_private(path)?;
                Some(lock)
            }
            Location::Postgres { .. } => None,
        };
        let store = Self {
            engine: connect(location).await?,
            lock,
        };
        store.engine.migrate().await?;
        Ok(store)
    }

    /// Opens a database that another process may be working on, for a moment.
    ///
    /// # Errors
    /// [`StoreError::OlderSchema`] when migrations are missing, as in a database that nobody has opened
    /// yet; the tables are then left as they are.
    pub async fn join(location: &Location) -> Result<Self, StoreError> {
        if let Location::Sqlite(path) = location {
            instance::refuse_network_file_system(path)?;
            if !path.exists() {
                return Err(StoreError::OlderSchema);
            }
        }
        let store = Self {
            engine: connect(location).await?,
            lock: None,
        };
        match store.engine.standing().await? {
            Standing::Current => Ok(store),
            Standing::Behind => {
                store.close().await;
                Err(StoreError::OlderSchema)
            }
        }
    }

    /// Ends all connections, and lets others at an embedded database.
    pub async fn close(&self) {
        self.engine.close().await;
        if let Some(lock) = &self.lock {
            lock.release();
        }
    }

    /// Whether other processes can change the same records.
    pub const fn is_shared(&self) -> bool {
        self.engine.is_shared()
    }

    async fn write(&self) -> Result<Writing, StoreError> {
        self.engine.begin().await
    }
}

async fn connect(location: &Location) -> Result<Engine, StoreError> {
    match location {
        Location::Sqlite(path) => Engine::sqlite(path).await,
        Location::Postgres {
            options,
            connections,
        } => Engine::postgres(options, *connections).await,
    }
}

/// Creates the file when it is missing, for its owner only: it holds names, addresses and what people
/// did. SQLite gives the files beside it the same mode.
pub fn create_private(path: &Path) -> Result<(), StoreError> {
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
