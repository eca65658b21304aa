//! Who is in the groups whose members approve, as it was last seen.

use std::collections::HashMap;

use domain::{PersonId, Timestamp};

use super::{
    Store, StoreError,
    engine::{reading, within},
};

/// How long somebody has been in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// As long as anybody has looked.
    Ever,
    /// They were first seen then, after a look at which they were not there.
    Seen(Timestamp),
}

impl Since {
    fn of(since_at: Option<i64>) -> Self {
        since_at.map_or(Self::Ever, |at| Self::Seen(Timestamp::from_millis(at)))
    }
}

impl Store {
    /// Notes who is in a group now, which is everybody in `members`: whoever has left and comes back is new again. Tells
    /// since when each has been there.
    pub async fn note_members(
        &self,
        group: &str,
        members: &[&PersonId],
        now: Timestamp,
    ) -> Result<HashMap<PersonId, Since>, StoreError> {
        let mut transaction = self.write().await?;
        // Whoever does so at the same time waits for this row.
        let is_known = within!(&mut transaction, connection => {
            let seen = sqlx::query("UPDATE noted_groups SET seen_at = $2 WHERE group_id = $1")
                .bind(group)
                .bind(now.millis())
                .execute(&mut *connection)
                .await?;
            seen.rows_affected() == 1
                || sqlx::query(
                    "INSERT INTO noted_groups (group_id, seen_at) VALUES ($1, $2) ON CONFLICT (group_id) DO NOTHING",
                )
                .bind(group)
                .bind(now.millis())
                .execute(connection)
                .await?
                .rows_affected()
                    == 0
        });
        let rows: Vec<(String, Option<i64>)> = within!(&mut transaction, connection => {
            sqlx::query_as("SELECT person_id, since_at FROM group_members WHERE group_id = $1")
                .bind(group)
                .fetch_all(connection)
                .await?
        });
        let before: HashMap<String, Option<i64>> = rows.into_iter().collect();
        let since_now = is_known.then_some(now.millis());
        let mut after = HashMap::new();
        for member in members {
            let known = before.get(&member.0).copied();
            if known.is_none() && !after.contains_key(*member) {
                within!(&mut transaction, connection => {
                    sqlx::query("INSERT INTO group_members (group_id, person_id, since_at) VALUES ($1, $2, $3)")
                        .bind(group)
                        .bind(&member.0)
                        .bind(since_now)
                        .execute(connection)
                        .await?;
                });
            }
            after.insert((*member).clone(), Since::of(known.unwrap_or(since_now)));
        }
        for gone in before.into_keys().map(PersonId) {
            if !after.contains_key(&gone) {
                within!(&mut transaction, connection => {
                    sqlx::query("DELETE FROM group_members WHERE group_id = $1 AND person_id = $2")
                        .bind(group)
                        .bind(&gone.0)
                        .execute(connection)
                        .await?;
                });
            }
        }
        transaction.commit().await?;
        Ok(after)
    }

    /// Since when somebody has been in a group, as it was last seen; nothing if they were not.
    pub async fn member_since(
        &self,
        group: &str,
        person: &PersonId,
    ) -> Result<Option<Since>, StoreError> {
        let since: Option<Option<i64>> = reading!(self, connection => {
            sqlx::query_scalar("SELECT since_at FROM group_members WHERE group_id = $1 AND person_id = $2")
                .bind(group)
                .bind(&person.0)
                .fetch_optional(connection)
                .await?
        });
        Ok(since.map(Since::of))
    }

    /// Forgets groups that were not looked at since `then`.
    pub async fn forget_groups(&self, then: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        within!(&mut transaction, connection => {
            sqlx::query(
                "DELETE FROM group_members
                  WHERE group_id IN (SELECT group_id FROM noted_groups WHERE seen_at < $1)",
            )
            .bind(then.millis())
            .execute(&mut *connection)
            .await?;
            sqlx::query("DELETE FROM noted_groups WHERE seen_at < $1")
                .bind(then.millis())
                .execute(connection)
                .await?;
        });
        transaction.commit().await
    }
}
