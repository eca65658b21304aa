//! Console accounts and their sessions.

use super::{
    Store, StoreError,
    engine::{reading, within, writing},
};
use crate::secret::BearerHash;
use domain::Timestamp;

/// A local console account.
#[derive(Clone, Debug)]
pub struct AdminRecord {
    /// Name.
    pub name: String,
    /// Password as argon2id in PHC form.
    pub password: String,
}

/// A console session.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// Whose.
    pub admin: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen_at: Timestamp,
}

impl Store {
    /// Adds an account. `false` when there is one of that name.
    pub async fn add_admin(&self, admin: &AdminRecord, now: Timestamp) -> Result<bool, StoreError> {
        let added = writing!(self, connection => {
            sqlx::query(
                "INSERT INTO admins (name, password, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
            )
            .bind(&admin.name)
            .bind(&admin.password)
            .bind(now.millis())
            .execute(connection)
            .await?
            .rows_affected()
        });
        Ok(added == 1)
    }

    /// Adds an account, or gives the existing one a new password and ends its sessions.
    pub async fn replace_admin(
        &self,
        admin: &AdminRecord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        within!(&mut transaction, connection => {
            sqlx::query("DELETE FROM sessions WHERE admin = $1")
                .bind(&admin.name)
                .execute(&mut *connection)
                .await?;
            sqlx::query(
                "INSERT INTO admins (name, password, created_at) VALUES ($1, $2, $3)
                 ON CONFLICT (name) DO UPDATE SET password = excluded.password",
            )
            .bind(&admin.name)
            .bind(&admin.password)
            .bind(now.millis())
            .execute(connection)
            .await?;
        });
        transaction.commit().await
    }

    /// The account of that name.
    pub async fn admin(&self, name: &str) -> Result<Option<AdminRecord>, StoreError> {
        let row: Option<(String, String)> = reading!(self, connection => {
            sqlx::query_as("SELECT name, password FROM admins WHERE name = $1")
                .bind(name)
                .fetch_optional(connection)
                .await?
        });
        Ok(row.map(|(name, password)| AdminRecord { name, password }))
    }

    /// Starts a session.
    pub async fn add_session(
        &self,
        hash: BearerHash,
        admin: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query(
                "INSERT INTO sessions (hash, admin, created_at, last_seen_at) VALUES ($1, $2, $3, $3)",
            )
            .bind(hash.as_bytes())
            .bind(admin)
            .bind(now.millis())
            .execute(connection)
            .await?;
        });
        Ok(())
    }

    /// The session under `hash`, however old.
    pub async fn session(&self, hash: BearerHash) -> Result<Option<SessionRecord>, StoreError> {
        let row: Option<(String, i64, i64)> = reading!(self, connection => {
            sqlx::query_as("SELECT admin, created_at, last_seen_at FROM sessions WHERE hash = $1")
                .bind(hash.as_bytes())
                .fetch_optional(connection)
                .await?
        });
        Ok(row.map(|(admin, created_at, last_seen_at)| SessionRecord {
            admin,
            created_at: Timestamp::from_millis(created_at),
            last_seen_at: Timestamp::from_millis(last_seen_at),
        }))
    }

    /// Notes that a session was used.
    pub async fn touch_session(&self, hash: BearerHash, now: Timestamp) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("UPDATE sessions SET last_seen_at = $1 WHERE hash = $2")
                .bind(now.millis())
                .bind(hash.as_bytes())
                .execute(connection)
                .await?;
        });
        Ok(())
    }

    /// Ends every session, of the console and of employees, and every sign-in that has begun.
    pub async fn end_all_sessions(&self) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        within!(&mut transaction, connection => {
            for statement in [
                "DELETE FROM sessions",
                "DELETE FROM employee_sessions",
                "DELETE FROM sign_ins",
            ] {
                sqlx::query(statement).execute(&mut *connection).await?;
            }
        });
        transaction.commit().await
    }

    /// Ends a session.
    pub async fn end_session(&self, hash: BearerHash) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("DELETE FROM sessions WHERE hash = $1")
                .bind(hash.as_bytes())
                .execute(connection)
                .await?;
        });
        Ok(())
    }
}
