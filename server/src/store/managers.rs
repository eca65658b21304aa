//! Who leads whom, as it was last seen.

use std::time::Duration;

use domain::{PersonId, Timestamp};

use super::{
    Store, StoreError,
    engine::{within, writing},
};

/// A sight that is no older is not noted anew: everybody is looked at several times a day.
const FRESH: Duration = Duration::from_hours(20);

/// A person, and the manager whom the directory names for them.
pub type LedBy<'a> = (&'a PersonId, Option<&'a PersonId>);

impl Store {
    /// Notes who leads a person now. Tells when that was first seen after something else; nothing where it is what was
    /// seen first of all.
    pub async fn note_manager(
        &self,
        (person, manager): LedBy<'_>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let changed_at: Option<i64> = writing!(self, connection => {
            sqlx::query_scalar(
                "INSERT INTO managers (person_id, manager_id, seen_at) VALUES ($1, $2, $3)
                 ON CONFLICT (person_id) DO UPDATE
                    SET changed_at = CASE WHEN managers.manager_id IS NOT DISTINCT FROM excluded.manager_id
                                          THEN managers.changed_at ELSE excluded.seen_at END,
                        manager_id = excluded.manager_id,
                        seen_at = excluded.seen_at
                 RETURNING changed_at",
            )
            .bind(&person.0)
            .bind(manager.map(|manager| manager.0.as_str()))
            .bind(now.millis())
            .fetch_one(connection)
            .await?
        });
        Ok(changed_at.map(Timestamp::from_millis))
    }

    /// As [`Self::note_manager`], of many people.
    pub async fn note_managers(
        &self,
        people: &[LedBy<'_>],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // In one order, so that two who do so at once do not wait for each other.
        let mut people = people.to_vec();
        people.sort_unstable_by_key(|(person, _)| person.0.as_str());
        let mut transaction = self.write().await?;
        within!(&mut transaction, connection => {
            for (person, manager) in &people {
                sqlx::query(
                    "INSERT INTO managers (person_id, manager_id, seen_at) VALUES ($1, $2, $3)
                     ON CONFLICT (person_id) DO UPDATE
                        SET changed_at = CASE WHEN managers.manager_id IS NOT DISTINCT FROM excluded.manager_id
                                              THEN managers.changed_at ELSE excluded.seen_at END,
                            manager_id = excluded.manager_id,
                            seen_at = excluded.seen_at
                      WHERE managers.manager_id IS DISTINCT FROM excluded.manager_id OR managers.seen_at < $4",
                )
                .bind(&person.0)
                .bind(manager.map(|manager| manager.0.as_str()))
                .bind(now.millis())
                .bind((now - FRESH).millis())
                .execute(&mut *connection)
                .await?;
            }
        });
        transaction.commit().await
    }

    /// Forgets whoever was not seen since `then`.
    pub async fn forget_managers(&self, then: Timestamp) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("DELETE FROM managers WHERE seen_at < $1")
                .bind(then.millis())
                .execute(connection)
                .await?;
        });
        Ok(())
    }
}
