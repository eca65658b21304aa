//! When approvers are away, as they say themselves.

use domain::{PersonId, Timestamp};
use uuid::Uuid;

use super::{
    HoldChange, Store, StoreError,
    audit::append_event,
    engine::{reading, within, writing},
};

/// A time in which somebody does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAbsence {
    /// Its identity.
    pub id: Uuid,
    /// Who is away.
    pub person: Named,
    /// From then on.
    pub from: Timestamp,
    /// Until before then.
    pub until: Timestamp,
    /// When they said so.
    pub planned_at: Timestamp,
    /// Who stands in, if anybody does.
    pub delegate: Option<Named>,
}

/// Somebody by what is certain and by what people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Object id.
    pub id: PersonId,
    /// Their name at the time.
    pub name: String,
}

/// An absence as it is stored.
type Row = (
    Uuid,
    String,
    String,
    i64,
    i64,
    i64,
    Option<String>,
    Option<String>,
);

impl From<Row> for OwnAbsence {
    fn from((id, person, name, from, until, planned, delegate, delegate_name): Row) -> Self {
        let named = |id, name| Named {
            id: PersonId(id),
            name,
        };
        Self {
            id,
            person: named(person, name),
            from: Timestamp::from_millis(from),
            until: Timestamp::from_millis(until),
            planned_at: Timestamp::from_millis(planned),
            delegate: delegate
                .zip(delegate_name)
                .map(|(id, name)| named(id, name)),
        }
    }
}

impl Store {
    /// Keeps an absence, with its row of the log and its mails.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the person has `most` of them already, or one that overlaps it.
    pub async fn add_absence(
        &self,
        absence: &OwnAbsence,
        most: u32,
        change: HoldChange<'_>,
    ) -> Result<(), StoreError> {
        let OwnAbsence {
            id,
            person,
            from,
            until,
            planned_at,
            delegate,
        } = absence;
        let mut transaction = self.write().await?;
        let kept = within!(&mut transaction, connection => {
            sqlx::query(
                "INSERT INTO absences (id, person_id, person_name, from_at, until_at, planned_at, delegate_id, delegate_name)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8
                  WHERE NOT EXISTS (SELECT 1 FROM absences WHERE person_id = $2 AND from_at < $5 AND until_at > $4)
                    AND (SELECT COUNT(*) FROM absences WHERE person_id = $2 AND until_at > $6) < $9",
            )
            .bind(*id)
            .bind(&person.id.0)
            .bind(&person.name)
            .bind(from.millis())
            .bind(until.millis())
            .bind(planned_at.millis())
            .bind(delegate.as_ref().map(|delegate| delegate.id.0.as_str()))
            .bind(delegate.as_ref().map(|delegate| delegate.name.as_str()))
            .bind(i64::from(most))
            .execute(connection)
            .await?
            .rows_affected()
        });
        if kept != 1 {
            return Err(StoreError::Conflict);
        }
        append_event(&mut transaction, change).await?;
        transaction.commit().await
    }

    /// The absences of this person that are not over, the next first.
    pub async fn absences_of(
        &self,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Vec<OwnAbsence>, StoreError> {
        let rows: Vec<Row> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT id, person_id, person_name, from_at, until_at, planned_at, delegate_id, delegate_name
                   FROM absences WHERE person_id = $1 AND until_at > $2 ORDER BY from_at, id",
            )
            .bind(&person.0)
            .bind(now.millis())
            .fetch_all(connection)
            .await?
        });
        Ok(rows.into_iter().map(OwnAbsence::from).collect())
    }

    /// The absences in which this person stands in and that are not over, the next first, and so many at most.
    pub async fn absences_covered_by(
        &self,
        delegate: &PersonId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OwnAbsence>, StoreError> {
        let rows: Vec<Row> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT id, person_id, person_name, from_at, until_at, planned_at, delegate_id, delegate_name
                   FROM absences WHERE delegate_id = $1 AND until_at > $2 ORDER BY from_at, id LIMIT $3",
            )
            .bind(&delegate.0)
            .bind(now.millis())
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await?
        });
        Ok(rows.into_iter().map(OwnAbsence::from).collect())
    }

    /// The absence in which this person is now.
    pub async fn absence_of(
        &self,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Option<OwnAbsence>, StoreError> {
        let row: Option<Row> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT id, person_id, person_name, from_at, until_at, planned_at, delegate_id, delegate_name
                   FROM absences WHERE person_id = $1 AND until_at > $2 AND from_at <= $2
                  ORDER BY until_at DESC LIMIT 1",
            )
            .bind(&person.0)
            .bind(now.millis())
            .fetch_optional(connection)
            .await?
        });
        Ok(row.map(OwnAbsence::from))
    }

    /// Removes an absence, with its row of the log and its mails. Tells whether it was there to be removed.
    pub async fn remove_absence(
        &self,
        absence: &OwnAbsence,
        change: HoldChange<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let removed = within!(&mut transaction, connection => {
            sqlx::query("DELETE FROM absences WHERE id = $1 AND person_id = $2")
                .bind(absence.id)
                .bind(&absence.person.id.0)
                .execute(connection)
                .await?
                .rows_affected()
        });
        if removed == 0 {
            return Ok(false);
        }
        append_event(&mut transaction, change).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Lets nobody stand in any more in an absence, with its row of the log and its mails. Tells whether `delegate` did.
    pub async fn remove_delegate(
        &self,
        absence: Uuid,
        delegate: &PersonId,
        change: HoldChange<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let removed = within!(&mut transaction, connection => {
            sqlx::query(
                "UPDATE absences SET delegate_id = NULL, delegate_name = NULL WHERE id = $1 AND delegate_id = $2",
            )
            .bind(absence)
            .bind(&delegate.0)
            .execute(connection)
            .await?
            .rows_affected()
        });
        if removed == 0 {
            return Ok(false);
        }
        append_event(&mut transaction, change).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Forgets the absences that were over at `then`.
    pub async fn forget_absences(&self, then: Timestamp) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("DELETE FROM absences WHERE until_at <= $1")
                .bind(then.millis())
                .execute(connection)
                .await?;
        });
        Ok(())
    }
}
