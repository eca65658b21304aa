//! Links under which the owner of saved codes says that they did not make them.

use domain::{PersonId, RequestId, Timestamp};
use uuid::Uuid;

use super::{
    HoldChange, Store, StoreError, audit, employees,
    engine::{Writing, reading, within, writing},
    freezes, outbox, saved_codes,
};
use crate::{jobs::Promise, secret::BearerHash};

/// The codes that somebody has for whom there is a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedSet {
    /// Whose they are.
    pub person: PersonId,
    /// When they were made.
    pub made_at: Timestamp,
    /// Since when none of them works, if that is so.
    pub voided_at: Option<Timestamp>,
}

impl Store {
    /// Keeps a link to what codes the owner of `set` has, until then. `false` when others have taken the place of those
    /// already: the mail about these has a link.
    pub async fn add_set_link(
        &self,
        hash: BearerHash,
        set: Uuid,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let kept = writing!(self, connection => {
            sqlx::query(
                "INSERT INTO saved_set_links (hash, person_id, expires_at)
                 SELECT $1, person_id, $2 FROM saved_sets WHERE id = $3",
            )
            .bind(hash.as_bytes())
            .bind(expires_at.millis())
            .bind(set)
            .execute(connection)
            .await?
            .rows_affected()
        });
        Ok(kept == 1)
    }

    /// The codes that the person has now whom the link under `hash` is for, if it still works.
    pub async fn linked_set(
        &self,
        hash: BearerHash,
        now: Timestamp,
    ) -> Result<Option<LinkedSet>, StoreError> {
        let row: Option<(String, i64, Option<i64>)> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT sets.person_id, sets.made_at, sets.voided_at
                 FROM saved_set_links AS links JOIN saved_sets AS sets ON sets.person_id = links.person_id
                 WHERE links.hash = $1 AND links.expires_at > $2",
            )
            .bind(hash.as_bytes())
            .bind(now.millis())
            .fetch_optional(connection)
            .await?
        });
        Ok(row.map(|(person, made_at, voided_at)| LinkedSet {
            person: PersonId(person),
            made_at: Timestamp::from_millis(made_at),
            voided_at: voided_at.map(Timestamp::from_millis),
        }))
    }

    /// Voids the codes that a person has, freezes them until then and ends every session of theirs, with what is kept of
    /// that, and promises what `stop` says for each request that one of the codes was used for. `false` when their codes
    /// are void already, or they have none: then nothing changes.
    pub async fn disown_codes(
        &self,
        person: &PersonId,
        frozen_until: Timestamp,
        change: HoldChange<'_>,
        stop: impl Fn() -> Promise,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        freezes::freeze(&mut transaction, &person.0, frozen_until, None).await?;
        let voided = saved_codes::void(&mut transaction, &person.0, change.at).await?;
        if voided {
            employees::end_sessions(&mut transaction, &person.0).await?;
            audit::append_event(&mut transaction, change).await?;
            for request in proven(&mut transaction, person).await? {
                outbox::add(&mut transaction, Some(request), &stop()).await?;
            }
            transaction.commit().await?;
        }
        Ok(voided)
    }

    /// Forgets the links whose time was over at `now`.
    pub async fn forget_set_links(&self, now: Timestamp) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("DELETE FROM saved_set_links WHERE expires_at <= $1")
                .bind(now.millis())
                .execute(connection)
                .await?;
        });
        Ok(())
    }
}

/// The requests that the codes of a person were used for.
async fn proven(
    transaction: &mut Writing,
    person: &PersonId,
) -> Result<Vec<RequestId>, StoreError> {
    let requests: Vec<Uuid> = within!(transaction, connection => {
        sqlx::query_scalar(
            "SELECT DISTINCT codes.request_id
             FROM saved_codes AS codes JOIN saved_sets AS sets ON sets.id = codes.set_id
             WHERE sets.person_id = $1 AND codes.request_id IS NOT NULL",
        )
        .bind(&person.0)
        .fetch_all(connection)
        .await?
    });
    Ok(requests.into_iter().map(RequestId).collect())
}
