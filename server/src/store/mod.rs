//! All SQL. Every change of a request is one guarded update of exactly one row, with its audit rows and
//! its jobs, in one transaction.

mod absences;
mod accounts;
mod approvals;
mod audit;
mod backup;
mod decisions;
mod directory_rounds;
mod disowned;
mod employees;
mod engine;
mod error;
mod freezes;
mod health;
mod holds;
mod instance;
mod leavers;
mod limits;
mod links;
mod lists;
mod loan;
mod managers;
mod members;
mod outbox;
mod pending;
mod place;
mod presentations;
mod requests;
mod rounds;
mod saved_codes;
mod schema;
mod sign_ins;

use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;

use engine::{Engine, Writing};
use health::Health;
use instance::InstanceLock;
use schema::Standing;

pub use absences::{Named, OwnAbsence};
pub use accounts::{AdminRecord, SessionRecord};
pub use audit::{AuditRow, RowDigest};
pub use backup::{BackupFile, Inventory, clear, copy, ensure_unused, put, replace};
pub use decisions::{Decided, Mark, Page, Verdict};
pub use directory_rounds::DirectoryRounds;
pub use disowned::LinkedSet;
pub use employees::EmployeeSession;
pub use error::StoreError;
pub use holds::{Hold, HoldChange, Holder};
pub use instance::{beside, resolved};
pub use limits::{Bucket, Taking};
pub use links::{Link, Purpose};
pub use lists::{Cursor, ListFilter, ListPage, ListedRequest};
pub use members::Since;
pub use outbox::{JobEnd, LeasedJob};
pub use place::Misplaced;
pub use presentations::{AskedPresentation, Presentation, Progress};
pub use requests::Change;
pub use saved_codes::{
    NewSavedCode, NewSavedSet, SAVED_CODE_HASH, SavedCodeId, SavedCodeRecord, SavedSet,
};
pub use sign_ins::{SignInKind, SignInPurpose};

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
    health: Health,
    /// Held while this process has an embedded database to itself.
    lock: Option<InstanceLock>,
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
            health: Health::default(),
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
            health: Health::default(),
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
        self.engine.begin(&self.health).await
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
