//! What the database can fail by, each with what an operator does about it.

use sqlx::sqlite::SqliteError;

use super::{Misplaced, engine};

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the request meanwhile. Nothing was written.
    #[error("the request was changed meanwhile")]
    Conflict,
    /// The subject has another open request. Nothing was written.
    #[error("the subject has another open request")]
    SubjectOccupied,
    /// A saved code was used or replaced meanwhile. Nothing was written.
    #[error("the saved code was used or replaced meanwhile")]
    CodeSpent,
    /// A report keeps the person from getting codes. Nothing was written.
    #[error("a report keeps the account as it is")]
    Frozen,
    /// An approver has as many requests waiting as anybody may have. Nothing was written.
    #[error("the approver has too many requests waiting")]
    ApproverOccupied,
    /// The approver has given as many approvals in a day as anybody may.
    #[error("the approver has approved as much as anybody may in a day")]
    ApproverAtCap,
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
    /// An embedded database's file is not where it was.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
    /// PostgreSQL answers and takes no changes.
    #[error(
        "the database is read-only: it is a standby, or `default_transaction_read_only` is set; lead database.url to the primary server, or lift the setting"
    )]
    ReadOnly,
    /// The file of an embedded database, or its folder, cannot be written.
    #[error(
        "the database file cannot be written: give it, its folder and the files beside it to the account that Latchkey runs under, and see that the file system is not mounted read-only"
    )]
    Unwritable,
    /// There is no room where the database is.
    #[error("no room is left on the database's disk: make some, and everything goes on by itself")]
    DiskFull,
    /// No connection became free, or could be made.
    #[error(
        "no connection to the database within {} s: see that it runs and can be reached, and that database.connections suffices",
        engine::PATIENCE.as_secs()
    )]
    NoConnection,
    /// A connection fell silent.
    #[error(
        "no answer from the database within {} s: see whether its host is up and the network leads there",
        engine::LIMIT.as_secs()
    )]
    NoAnswer,
    /// The database failed.
    #[error("the database failed (its own log may say more): {0}")]
    Database(sqlx::Error),
}

impl StoreError {
    /// Whether it is the database that cannot, rather than what was asked of it.
    pub(super) const fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::Misplaced(_)
                | Self::ReadOnly
                | Self::Unwritable
                | Self::DiskFull
                | Self::NoConnection
                | Self::NoAnswer
                | Self::Database(_)
        )
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return Self::NoConnection;
        }
        let Some(fault) = error.as_database_error() else {
            return Self::Database(error);
        };
        let code = fault.code().unwrap_or_default();
        if fault.try_downcast_ref::<SqliteError>().is_some() {
            // The lower byte is the kind of fault, the rest its circumstances
            // (<https://www.sqlite.org/rescode.html>).
            return match code.parse::<u16>().map(|code| code & 0xFF) {
                Ok(8) => Self::Unwritable,
                Ok(13) => Self::DiskFull,
                _ => Self::Database(error),
            };
        }
        match &*code {
            // PostgreSQL undoes one of several transactions that stand in each other's way
            // (serialization_failure, deadlock_detected): decided anew, it may succeed.
            "40001" | "40P01" => Self::Conflict,
            // read_only_sql_transaction
            "25006" => Self::ReadOnly,
            // disk_full
            "53100" => Self::DiskFull,
            _ => Self::Database(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Executor, SqliteConnection};

    use super::*;

    #[tokio::test]
    async fn a_file_that_cannot_be_written_is_told_from_a_full_disk() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        connection.execute("CREATE TABLE t (x)").await.unwrap();
        let mut fails = async |setting, expected: &str| {
            connection.execute(setting).await.unwrap();
            let large = "INSERT INTO t VALUES (zeroblob(100000))";
            let fault = StoreError::from(connection.execute(large).await.unwrap_err());
            assert!(fault.is_fault());
            assert!(fault.to_string().contains(expected), "{fault}");
        };
        fails(
            "PRAGMA query_only = 1",
            "the account that Latchkey runs under",
        )
        .await;
        fails(
            "PRAGMA query_only = 0; PRAGMA max_page_count = 3",
            "no room is left",
        )
        .await;
    }
}
