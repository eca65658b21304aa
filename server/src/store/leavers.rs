//! What is kept of people who have left the directory.

use std::time::Duration;

use domain::{PersonId, Timestamp};

use super::{
    Store, StoreError, audit, employees,
    engine::{reading, within, writing},
};
use crate::audit::InstallationEvent;

impl Store {
    /// People with saved codes of whom it was last looked until `then` whether the directory lists them, whoever waits
    /// longest first.
    pub async fn unchecked_people(
        &self,
        then: Timestamp,
        limit: u32,
    ) -> Result<Vec<PersonId>, StoreError> {
        let people: Vec<String> = reading!(self, connection => {
            sqlx::query_scalar(
                "SELECT person_id FROM saved_sets WHERE checked_at <= $1 ORDER BY checked_at LIMIT $2",
            )
            .bind(then.millis())
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await?
        });
        Ok(people.into_iter().map(PersonId).collect())
    }

    /// Notes that the directory lists this person.
    pub async fn note_listed(&self, person: &PersonId, now: Timestamp) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("UPDATE saved_sets SET checked_at = $1, absent_since = NULL WHERE person_id = $2")
                .bind(now.millis())
                .bind(&person.0)
                .execute(connection)
                .await?;
        });
        Ok(())
    }

    /// Notes that the directory does not list this person, and ends their sessions. If it has not for `patience`, their
    /// codes are forgotten, which `actor` is the reason of. Tells whether they were.
    pub async fn note_absent(
        &self,
        person: &PersonId,
        now: Timestamp,
        patience: Duration,
        actor: &str,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        employees::end_sessions(&mut transaction, &person.0).await?;
        let forgotten = within!(&mut transaction, connection => {
            sqlx::query("DELETE FROM saved_sets WHERE person_id = $1 AND absent_since <= $2")
                .bind(&person.0)
                .bind((now - patience).millis())
                .execute(connection)
                .await?
                .rows_affected()
        });
        if forgotten == 0 {
            within!(&mut transaction, connection => {
                sqlx::query(
                    "UPDATE saved_sets SET checked_at = $1, absent_since = COALESCE(absent_since, $1)
                     WHERE person_id = $2",
                )
                .bind(now.millis())
                .bind(&person.0)
                .execute(connection)
                .await?;
            });
        } else {
            let event = InstallationEvent::SavedCodesForgotten {
                person: person.clone(),
            };
            audit::append_installation(&mut transaction, actor, now, &event).await?;
        }
        transaction.commit().await?;
        Ok(forgotten > 0)
    }
}
