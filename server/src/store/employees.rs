//! Sessions of employees.

use domain::{PersonId, Timestamp};

use super::{
    Store, StoreError,
    engine::{Writing, reading, within, writing},
};
use crate::{auth::oidc::Identity, secret::BearerHash};

/// An employee's session.
#[derive(Clone, Debug)]
pub struct EmployeeSession {
    /// Whose, by their object id.
    pub person: PersonId,
    /// Their name, as the identity provider gave it.
    pub name: String,
    /// When they showed themselves to the identity provider, if it says so.
    pub authenticated_at: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen_at: Timestamp,
}

/// A session as it is stored.
type Row = (String, String, Option<i64>, i64, i64);

impl Store {
    /// Starts a session.
    pub async fn add_employee_session(
        &self,
        hash: BearerHash,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query(
                "INSERT INTO employee_sessions (hash, person_id, name, authenticated_at, created_at, last_seen_at)
                 VALUES ($1, $2, $3, $4, $5, $5)",
            )
            .bind(hash.as_bytes())
            .bind(&identity.person.0)
            .bind(&identity.name)
            .bind(identity.authenticated_at.map(Timestamp::millis))
            .bind(now.millis())
            .execute(connection)
            .await?;
        });
        Ok(())
    }

    /// The session under `hash`, however old.
    pub async fn employee_session(
        &self,
        hash: BearerHash,
    ) -> Result<Option<EmployeeSession>, StoreError> {
        let row: Option<Row> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT person_id, name, authenticated_at, created_at, last_seen_at
                 FROM employee_sessions WHERE hash = $1",
            )
            .bind(hash.as_bytes())
            .fetch_optional(connection)
            .await?
        });
        Ok(row.map(
            |(person, name, authenticated_at, created_at, last_seen_at)| EmployeeSession {
                person: PersonId(person),
                name,
                authenticated_at: authenticated_at.map(Timestamp::from_millis),
                created_at: Timestamp::from_millis(created_at),
                last_seen_at: Timestamp::from_millis(last_seen_at),
            },
        ))
    }

    /// Notes that a session was used.
    pub async fn touch_employee_session(
        &self,
        hash: BearerHash,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("UPDATE employee_sessions SET last_seen_at = $1 WHERE hash = $2")
                .bind(now.millis())
                .bind(hash.as_bytes())
                .execute(connection)
                .await?;
        });
        Ok(())
    }

    /// Ends a session.
    pub async fn end_employee_session(&self, hash: BearerHash) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("DELETE FROM employee_sessions WHERE hash = $1")
                .bind(hash.as_bytes())
                .execute(connection)
                .await?;
        });
        Ok(())
    }

    /// Ends every session of this person.
    pub async fn end_sessions_of(&self, person: &PersonId) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        end_sessions(&mut transaction, &person.0).await?;
        transaction.commit().await
    }

    /// Forgets the sessions that began until `then`.
    pub async fn forget_employee_sessions(&self, then: Timestamp) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("DELETE FROM employee_sessions WHERE created_at <= $1")
                .bind(then.millis())
                .execute(connection)
                .await?;
        });
        Ok(())
    }
}

/// Ends every session of a person, within the transaction of the change that asks for it.
pub(super) async fn end_sessions(
    transaction: &mut Writing,
    person: &str,
) -> Result<(), StoreError> {
    within!(transaction, connection => {
        sqlx::query("DELETE FROM employee_sessions WHERE person_id = $1")
            .bind(person)
            .execute(connection)
            .await?;
    });
    Ok(())
}
