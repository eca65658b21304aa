//! Whether the database's tables are the ones that this version works with.

use sqlx::{
    Connection, Executor,
    migrate::{Migrate, MigrateError, Migrator},
};

use super::{
    Store, StoreError,
    engine::{Engine, Lent, by_engine, in_time, within},
};

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// Where sqlx keeps what was applied.
const APPLIED: &str = "_sqlx_migrations";

/// How the tables stand to this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// They fit.
    Current,
    /// Migrations are missing, or there are no tables yet.
    Behind,
}

impl Engine {
    const fn migrator(&self) -> &'static Migrator {
        match self {
            Self::Sqlite { .. } => &SQLITE,
            Self::Postgres(_) => &POSTGRES,
        }
    }

    /// Compares the tables with what this version knows.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] when a newer version was here, [`StoreError::Schema`] when a
    /// migration was changed after it was applied.
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        let applied = in_time(async {
            let mut lent = self.writer().await?;
            let tables = match &lent {
                Lent::Sqlite(_) => {
                    "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations')"
                }
                Lent::Postgres(_) => "SELECT to_regclass('_sqlx_migrations') IS NOT NULL",
            };
            by_engine!(&mut lent, connection => {
                let has_tables: bool = sqlx::query_scalar(tables)
                    .fetch_one(&mut *connection)
                    .await?;
                if has_tables {
                    Some(connection.list_applied_migrations(APPLIED).await?)
                } else {
                    None
                }
            })
        });
        let Some(applied) = applied.await? else {
            return Ok(Standing::Behind);
        };
        let known = |version| {
            let mut migrations = self.migrator().iter();
            migrations.find(|migration| migration.version == version)
        };
        for migration in &applied {
            match known(migration.version) {
                None => {
                    return Err(StoreError::NewerSchema {
                        found: migration.version,
                        known: self.newest(),
                    });
                }
                Some(ours) if ours.checksum != migration.checksum => {
                    return Err(MigrateError::VersionMismatch(migration.version).into());
                }
                Some(_) => {}
            }
        }
        if applied.len() == self.migrator().iter().count() {
            Ok(Standing::Current)
        } else {
            Ok(Standing::Behind)
        }
    }

    /// Brings the tables up to date. Several instances may do so at once: PostgreSQL lets one of them
    /// at it at a time, and an embedded database has one.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        if self.standing().await? == Standing::Current {
            // Not even a right to create tables is needed then.
            return Ok(());
        }
        match self {
            Self::Sqlite { writer, .. } => SQLITE.run(writer).await?,
            Self::Postgres(pool) => {
                // Large tables take their time, and so does an instance that is at it already.
                let mut patient = pool.acquire().await?.detach();
                patient
                    .execute("SET lock_timeout = 0; SET statement_timeout = 0")
                    .await?;
                POSTGRES.run(&mut patient).await?;
                patient.close().await?;
            }
        }
        Ok(())
    }

    fn newest(&self) -> i64 {
        let versions = self.migrator().iter().map(|migration| migration.version);
        versions.max().unwrap_or_default()
    }
}

impl Store {
    /// Whether the database answers, takes changes, and has the tables that this version works with. A newer version
    /// may have added some: while instances are upgraded one by one, the old ones go on.
    ///
    /// A change is made and undone. It is kept only if the last one failed, since what is undone may not need what was
    /// missing then.
    pub async fn is_ready(&self) -> Result<bool, StoreError> {
        let mut trial = self.write().await?;
        let newest: Option<i64> = within!(&mut trial, connection => {
            sqlx::query(
                "INSERT INTO rounds (work, next_at) VALUES ('readiness', 0)
                 ON CONFLICT (work) DO UPDATE SET next_at = rounds.next_at + 1",
            )
            .execute(&mut *connection)
            .await?;
            sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations WHERE success")
                .fetch_one(connection)
                .await?
        });
        if self.health.is_poor() {
            trial.commit().await?;
        }
        Ok(newest.is_some_and(|newest| newest >= self.engine.newest()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_have_migrations_of_the_same_names() {
        let names = |migrator: &Migrator| -> Vec<(i64, String)> {
            migrator
                .iter()
                .map(|migration| (migration.version, migration.description.to_string()))
                .collect()
        };
        assert!(!names(&SQLITE).is_empty());
        assert_eq!(names(&SQLITE), names(&POSTGRES));
    }
}
