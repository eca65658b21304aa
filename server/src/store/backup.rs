//! Copies of an embedded database.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use domain::Timestamp;
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use super::{
    StoreError,
    engine::Engine,
    instance::{InstanceLock, beside},
};

/// What is in a database, for people to recognise it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// Requests.
    pub requests: i64,
    /// The number of the audit log's last row, and when it was written.
    pub last_row: Option<(i64, Timestamp)>,
}

/// A copy that nobody uses. It is read as it is, wherever it lies and whatever version made it.
pub struct BackupFile(SqlitePool);

impl BackupFile {
    /// Opens the copy at `path`.
    ///
    /// # Errors
    /// [`StoreError::NoBackup`] when it has not the records that every version has.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .immutable(true);
        let pool = SqlitePool::connect_with(options).await?;
        let tables: Result<i64, _> = sqlx::query_scalar(
            "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('requests', 'audit', 'outbox')",
        )
        .fetch_one(&pool)
        .await;
        match tables {
            Ok(3) => Ok(Self(pool)),
            _ => Err(StoreError::NoBackup),
        }
    }

    /// Reads it from end to end, and says what is in it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it contradicts itself.
    pub async fn verify(&self) -> Result<Inventory, StoreError> {
        let verdict: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
            .fetch_one(&self.0)
            .await?;
        if verdict != "ok" {
            return Err(StoreError::Damaged(verdict));
        }
        let requests = sqlx::query_scalar("SELECT COUNT(*) FROM requests")
            .fetch_one(&self.0)
            .await?;
        let last = "SELECT sequence, at FROM audit ORDER BY sequence DESC LIMIT 1";
        let last_row: Option<(i64, i64)> = sqlx::query_as(last).fetch_optional(&self.0).await?;
        Ok(Inventory {
            requests,
            last_row: last_row.map(|(row, at)| (row, Timestamp::from_millis(at))),
        })
    }

    /// Lets go of it.
    pub async fn close(self) {
        self.0.close().await;
    }
}

/// Copies the embedded database at `path`, as it is at this moment, into `file`, which is empty. Others go on
/// reading and writing meanwhile. Its tables may be of any version.
pub async fn copy(path: &Path, file: &Path) -> Result<(), StoreError> {
    let engine = Engine::sqlite(path).await?;
    if let Engine::Sqlite { readers, .. } = &engine {
        sqlx::query("VACUUM INTO $1")
            .bind(file.to_string_lossy())
            .execute(readers)
            .await?;
    }
    engine.close().await;
    // SQLite leaves that to whoever wants the copy to last.
    File::open(file)
        .and_then(|file| file.sync_all())
        .map_err(of_file)
}

/// Gives a finished file its name, so that it lasts.
pub fn put(file: &Path, name: &Path) -> Result<(), StoreError> {
    fs::rename(file, name).map_err(of_file)?;
    let folder = folder_of(name);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(of_file)
}

/// Puts the database at `replacement`, which nobody uses, in the place of the one at `path`, and keeps that
/// one under `kept`. At no moment is there no database, or half of one.
///
/// # Errors
/// [`StoreError::InUse`] while a process works on it.
pub async fn replace(path: &Path, replacement: &Path, kept: &Path) -> Result<(), StoreError> {
    let lock = InstanceLock::take(path)?;
    let model = if path.exists() { path } else { folder_of(path) };
    for file in [replacement, &beside(path, ".lock")] {
        give_to_owner_of(file, model).map_err(of_file)?;
    }
    if path.exists() {
        keep(path, kept).await.map_err(of_file)?;
    }
    put(replacement, path)?;
    lock.release();
    Ok(())
}

/// Says whether a process works on the database at `path`.
///
/// # Errors
/// [`StoreError::InUse`] if so.
pub fn ensure_unused(path: &Path) -> Result<(), StoreError> {
    InstanceLock::take(path).map(|lock| lock.release())
}

/// Removes what an earlier attempt may have left at `path`.
pub fn clear(path: &Path) -> Result<(), StoreError> {
    for ending in ["", "-wal", "-shm", ".lock"] {
        match fs::remove_file(beside(path, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(of_file(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Keeps the database at `path` under another name as well, with what was written last, and leaves nothing
/// beside the first name that SQLite would take for the next database's.
async fn keep(path: &Path, kept: &Path) -> io::Result<()> {
    // The end of the last connection folds the write-ahead log into the file. A database that is too broken for
    // that keeps its log beside it.
    if let Ok(engine) = Engine::sqlite(path).await {
        engine.close().await;
    }
    link_or_copy(path, kept)?;
    for ending in ["-wal", "-shm"] {
        let log = beside(path, ending);
        if log.exists() {
            link_or_copy(&log, &beside(kept, ending))?;
            fs::remove_file(log)?;
        }
    }
    Ok(())
}

/// Not every file system, and not every owner, may link.
fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to)?;
    give_to_owner_of(to, from)?;
    File::open(to)?.sync_all()
}

/// What root restores still belongs to whoever runs the server.
fn give_to_owner_of(file: &Path, model: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let (is, wanted) = (fs::metadata(file)?, fs::metadata(model)?);
        if (is.uid(), is.gid()) != (wanted.uid(), wanted.gid()) {
            chown(file, Some(wanted.uid()), Some(wanted.gid()))?;
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

fn of_file(error: io::Error) -> StoreError {
    sqlx::Error::Io(error).into()
}
