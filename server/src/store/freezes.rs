//! Accounts that a report keeps from being recovered, and from getting new codes.

use domain::{PersonId, RequestId, Timestamp};

use super::{
    Store, StoreError,
    engine::{Lent, Writing, in_time, reading, within},
};

impl Store {
    /// Until when a report keeps this person from being recovered.
    pub async fn frozen_until(&self, person: &PersonId) -> Result<Option<Timestamp>, StoreError> {
        let until: Option<i64> = reading!(self, connection => {
            sqlx::query_scalar("SELECT MAX(until) FROM freezes WHERE subject_id = $1")
                .bind(&person.0)
                .fetch_one(connection)
                .await?
        });
        Ok(until.map(Timestamp::from_millis))
    }
}

/// Freezes a person until then, within the transaction of what that is because of: a report of `request`, or of codes.
/// It comes before whatever the transaction does to the person's codes, which are locked in this order.
pub(super) async fn freeze(
    transaction: &mut Writing,
    person: &str,
    until: Timestamp,
    request: Option<RequestId>,
) -> Result<(), StoreError> {
    take_turn(transaction, person).await?;
    within!(transaction, connection => {
        sqlx::query("INSERT INTO freezes (subject_id, until, request_id) VALUES ($1, $2, $3)")
            .bind(person)
            .bind(until.millis())
            .bind(request.map(|request| request.0))
            .execute(connection)
            .await?;
    });
    Ok(())
}

/// Holds for whoever is not frozen at `now`, until the transaction ends: whoever freezes them waits for that.
///
/// # Errors
/// [`StoreError::Frozen`] for whoever is.
pub(super) async fn ensure_not_frozen(
    transaction: &mut Writing,
    person: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    take_turn(transaction, person).await?;
    let frozen: bool = within!(transaction, connection => {
        sqlx::query_scalar("SELECT COUNT(*) > 0 FROM freezes WHERE subject_id = $1 AND until > $2")
            .bind(person)
            .bind(now.millis())
            .fetch_one(connection)
            .await?
    });
    if frozen {
        Err(StoreError::Frozen)
    } else {
        Ok(())
    }
}

/// Lets one transaction at a time freeze this person, or rely on it that nobody has. On SQLite only one writes anyway.
async fn take_turn(transaction: &mut Writing, person: &str) -> Result<(), StoreError> {
    let Lent::Postgres(loan) = &mut transaction.lent else {
        return Ok(());
    };
    let taken = in_time(async {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(person)
            .execute(loan.connection())
            .await?;
        Ok(())
    });
    transaction.health.note(taken.await)
}
