//! Copies of an embedded database.

use std::{
    fs::{self, File},
    path::Path,
};

use domain::Timestamp;

use super::{
    Location, Store, StoreError,
    engine::{Engine, reading},
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

impl Store {
    /// Copies an embedded database, as it is at this moment, into `file`, which is empty or missing. Others
    /// go on reading and writing meanwhile.
    ///
    /// # Panics
    /// On PostgreSQL, which has tools of its own for that.
    pub async fn copy_into(&self, file: &Path) -> Result<(), StoreError> {
        let Engine::Sqlite { readers, .. } = &self.engine else {
            panic!("only an embedded database is a file");
        };
        sqlx::query("VACUUM INTO $1")
            .bind(file.to_string_lossy())
            .execute(readers)
            .await?;
        // SQLite leaves that to whoever wants the copy to last.
        let synced = File::open(file).and_then(|file| file.sync_all());
        synced.map_err(|error| sqlx::Error::Io(error).into())
    }

    /// Says what is in the database.
    pub async fn inventory(&self) -> Result<Inventory, StoreError> {
        let (requests, last_row): (i64, Option<(i64, i64)>) = reading!(self, pool => {
            let requests = sqlx::query_scalar("SELECT COUNT(*) FROM requests")
                .fetch_one(pool)
                .await?;
            let last = "SELECT sequence, at FROM audit ORDER BY sequence DESC LIMIT 1";
            (requests, sqlx::query_as(last).fetch_optional(pool).await?)
        });
        Ok(Inventory {
            requests,
            last_row: last_row.map(|(row, at)| (row, Timestamp::from_millis(at))),
        })
    }

    /// Reads an embedded database from end to end.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it contradicts itself.
    pub async fn verify(&self) -> Result<(), StoreError> {
        let Engine::Sqlite { readers, .. } = &self.engine else {
            return Ok(());
        };
        let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(1)")
            .fetch_all(readers)
            .await?;
        match found.first() {
            Some(verdict) if verdict == "ok" => Ok(()),
            verdict => Err(StoreError::Damaged(verdict.cloned().unwrap_or_default())),
        }
    }
}

/// Puts the database at `replacement`, which nobody uses, in the place of the one at `path`, and keeps that
/// one under `kept`. At no moment is there no database, or half of one.
///
/// # Errors
/// [`StoreError::InUse`] while a process works on it.
pub async fn replace(path: &Path, replacement: &Path, kept: &Path) -> Result<(), StoreError> {
    let lock = InstanceLock::take(path)?;
    if path.exists() {
        fold_log(path, kept).await;
        fs::hard_link(path, kept).map_err(sqlx::Error::Io)?;
    }
    fs::rename(replacement, path).map_err(sqlx::Error::Io)?;
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(sqlx::Error::Io)?;
    }
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

/// Leaves nothing beside the database that belongs to it, since SQLite would take it for the next one's.
/// One that is too broken to be opened keeps what is beside it under its new name.
async fn fold_log(path: &Path, kept: &Path) {
    if let Ok(engine) = Engine::sqlite(path).await {
        engine.close().await;
    }
    for ending in ["-wal", "-shm"] {
        // Usually gone by now.
        let _ = fs::rename(beside(path, ending), beside(kept, ending));
    }
}

/// Removes what an earlier attempt may have left at `path`.
pub fn clear(path: &Path) -> Result<(), StoreError> {
    for ending in ["", "-wal", "-shm", ".lock"] {
        match fs::remove_file(beside(path, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(sqlx::Error::Io(error).into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether there are records of Latchkey's in the SQLite file at `path`.
pub async fn holds_records(path: &Path) -> Result<bool, StoreError> {
    match Store::join(&Location::Sqlite(path.to_owned())).await {
        Ok(store) => {
            store.close().await;
            Ok(true)
        }
        // Made by an older version, or by something else.
        Err(StoreError::OlderSchema) => {
            let engine = Engine::sqlite(path).await?;
            let Engine::Sqlite { writer, .. } = &engine else {
                return Ok(false);
            };
            let tables: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('requests', 'audit', 'outbox')",
            )
            .fetch_one(writer)
            .await?;
            engine.close().await;
            Ok(tables == 3)
        }
        Err(error) => Err(error),
    }
}
