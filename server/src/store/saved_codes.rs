//! Saved recovery codes, by their hashes.

use domain::{PersonId, RequestId, Timestamp};
use uuid::Uuid;

use super::{
    Store, StoreError, audit,
    engine::{Writing, reading, within},
    freezes,
};
use crate::{audit::InstallationEvent, auth::saved_codes::PepperMark, jobs::Promise};

/// Length of a code's hash, in bytes.
pub const SAVED_CODE_HASH: usize = 32;

/// Identity of one saved code. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedCodeId(pub Uuid);

/// The codes of one person, made together.
#[derive(Clone, Debug)]
pub struct SavedSet {
    /// Identity.
    pub id: Uuid,
    /// Which pepper went into the hash of each.
    pub pepper: PepperMark,
    /// Goes into the hash of each.
    pub salt: [u8; 16],
    /// When they were made.
    pub made_at: Timestamp,
    /// Since when none of them works, if that is so.
    pub voided_at: Option<Timestamp>,
    /// In their order on paper.
    pub codes: Vec<SavedCodeRecord>,
}

/// One code.
#[derive(Clone, Debug)]
pub struct SavedCodeRecord {
    /// Identity.
    pub id: SavedCodeId,
    /// Its number on paper, from 1.
    pub position: u8,
    /// What is known of it.
    pub hash: [u8; SAVED_CODE_HASH],
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// Codes to be kept.
#[derive(Clone, Debug)]
pub struct NewSavedSet {
    /// Identity.
    pub id: Uuid,
    /// Which pepper went into the hash of each.
    pub pepper: PepperMark,
    /// Goes into the hash of each.
    pub salt: [u8; 16],
    /// In their order on paper.
    pub codes: Vec<NewSavedCode>,
}

/// One code to be kept.
#[derive(Clone, Debug)]
pub struct NewSavedCode {
    /// Identity.
    pub id: SavedCodeId,
    /// What is known of it.
    pub hash: [u8; SAVED_CODE_HASH],
}

impl SavedSet {
    /// How many were not used yet.
    pub fn left(&self) -> usize {
        let unused = self.codes.iter().filter(|code| code.used_at.is_none());
        unused.count()
    }
}

type Row = (
    Uuid,
    Vec<u8>,
    Vec<u8>,
    i64,
    Option<i64>,
    Uuid,
    i64,
    Vec<u8>,
    Option<i64>,
);

impl Store {
    /// The codes of this person, used ones too.
    pub async fn saved_set(&self, person: &PersonId) -> Result<Option<SavedSet>, StoreError> {
        let rows: Vec<Row> = reading!(self, connection => {
            sqlx::query_as(
                "SELECT sets.id, sets.pepper, sets.salt, sets.made_at, sets.voided_at, codes.id, codes.position, codes.hash, codes.used_at
                 FROM saved_sets AS sets JOIN saved_codes AS codes ON codes.set_id = sets.id
                 WHERE sets.person_id = $1 ORDER BY codes.position",
            )
            .bind(&person.0)
            .fetch_all(connection)
            .await?
        });
        let mut set = None;
        for (id, pepper, salt, made_at, voided_at, code, position, hash, used_at) in rows {
            let set = set.get_or_insert(SavedSet {
                id,
                pepper: bytes(pepper)?,
                salt: bytes(salt)?,
                made_at: Timestamp::from_millis(made_at),
                voided_at: voided_at.map(Timestamp::from_millis),
                codes: Vec::new(),
            });
            set.codes.push(SavedCodeRecord {
                id: SavedCodeId(code),
                position: u8::try_from(position).map_err(|_| damaged())?,
                hash: bytes(hash)?,
                used_at: used_at.map(Timestamp::from_millis),
            });
        }
        Ok(set)
    }

    /// Keeps new codes of a person in the place of the set `replaces`, which then is gone, with the row
    /// of the log and the jobs that belong to it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the person's codes are other ones than `replaces` says, as after a
    /// form that was sent twice: what was shown first must not be replaced by accident;
    /// [`StoreError::Frozen`] for whoever is frozen at `at`.
    pub async fn put_saved_set(
        &self,
        person: &PersonId,
        set: &NewSavedSet,
        replaces: Option<Uuid>,
        at: Timestamp,
        jobs: &[Promise],
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        freezes::ensure_not_frozen(&mut transaction, &person.0, at).await?;
        if let Some(replaced) = replaces {
            let gone = within!(&mut transaction, connection => {
                sqlx::query("DELETE FROM saved_sets WHERE person_id = $1 AND id = $2")
                    .bind(&person.0)
                    .bind(replaced)
                    .execute(connection)
                    .await?
                    .rows_affected()
            });
            if gone != 1 {
                return Err(StoreError::Conflict);
            }
        }
        let kept = within!(&mut transaction, connection => {
            sqlx::query(
                "INSERT INTO saved_sets (id, person_id, pepper, salt, made_at, checked_at)
                 VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (person_id) DO NOTHING",
            )
            .bind(set.id)
            .bind(&person.0)
            .bind(&set.pepper[..])
            .bind(&set.salt[..])
            .bind(at.millis())
            .execute(connection)
            .await?
            .rows_affected()
        });
        if kept != 1 {
            return Err(StoreError::Conflict);
        }
        for (position, code) in (1_i64..).zip(&set.codes) {
            within!(&mut transaction, connection => {
                sqlx::query("INSERT INTO saved_codes (id, set_id, position, hash) VALUES ($1, $2, $3, $4)")
                    .bind(code.id.0)
                    .bind(set.id)
                    .bind(position)
                    .bind(&code.hash[..])
                    .execute(connection)
                    .await?;
            });
        }
        let event = InstallationEvent::SavedCodesMade {
            person: person.clone(),
            count: u8::try_from(set.codes.len()).unwrap_or(u8::MAX),
            replaced: replaces.is_some(),
        };
        let actor = format!("employee:{person}");
        audit::append_installation(&mut transaction, &actor, at, &event).await?;
        for promise in jobs {
            super::outbox::add(&mut transaction, None, promise).await?;
        }
        transaction.commit().await
    }
}

/// Marks a code as used, within the transaction of the change that it proves something for.
///
/// # Errors
/// [`StoreError::CodeSpent`] unless it is an unused code of `subject`, in a set that is not void.
pub(super) async fn spend(
    transaction: &mut Writing,
    code: SavedCodeId,
    subject: Option<&str>,
    request: RequestId,
    actor: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let subject = subject.ok_or(StoreError::CodeSpent)?;
    let position: Option<i64> = within!(&mut *transaction, connection => {
        sqlx::query_scalar(
            "UPDATE saved_codes SET used_at = $1, request_id = $2
             WHERE id = $3 AND used_at IS NULL
               AND set_id IN (SELECT id FROM saved_sets WHERE person_id = $4 AND voided_at IS NULL)
             RETURNING position",
        )
        .bind(at.millis())
        .bind(request.0)
        .bind(code.0)
        .bind(subject)
        .fetch_optional(connection)
        .await?
    });
    let position = position.ok_or(StoreError::CodeSpent)?;
    let event = InstallationEvent::SavedCodeUsed {
        person: PersonId(subject.to_owned()),
        position: u8::try_from(position).map_err(|_| damaged())?,
        request,
    };
    audit::append_installation(transaction, actor, at, &event).await
}

/// Voids the codes that a person has, within the transaction of what they are void by. `false` when there are none, or
/// they are void already.
pub(super) async fn void(
    transaction: &mut Writing,
    person: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let voided = within!(transaction, connection => {
        sqlx::query("UPDATE saved_sets SET voided_at = $1 WHERE person_id = $2 AND voided_at IS NULL")
            .bind(at.millis())
            .bind(person)
            .execute(connection)
            .await?
            .rows_affected()
    });
    Ok(voided > 0)
}

fn bytes<const LENGTH: usize>(stored: Vec<u8>) -> Result<[u8; LENGTH], StoreError> {
    stored.try_into().map_err(|_| damaged())
}

fn damaged() -> StoreError {
    StoreError::Damaged("a saved code is not as long as it should be".to_owned())
}
