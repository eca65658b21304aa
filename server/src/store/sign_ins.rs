//! Sign-ins at the organisation's identity provider that have begun.

use app::view::Place;
use domain::{RequestId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Store, StoreError,
    engine::{reading, writing},
};
use crate::secret::BearerHash;

/// What somebody signs in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInPurpose {
    /// To use pages of their own; afterwards they come back to this one.
    Employee(Place),
    /// To prove that they know the password of the account that this request is about.
    Password(RequestId),
}

/// The kind of a [`SignInPurpose`]: each is a client of its own at the identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInKind {
    /// [`SignInPurpose::Employee`].
    Employee,
    /// [`SignInPurpose::Password`].
    Password,
}

impl SignInKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Employee => "employee",
            Self::Password => "password",
        }
    }

    fn purpose(self, (place, request): Row) -> Option<SignInPurpose> {
        match self {
            Self::Employee => Place::from_slug(&place?).map(SignInPurpose::Employee),
            Self::Password => request.map(|id| SignInPurpose::Password(RequestId(id))),
        }
    }
}

impl SignInPurpose {
    /// Its kind.
    pub const fn kind(self) -> SignInKind {
        match self {
            Self::Employee(_) => SignInKind::Employee,
            Self::Password(_) => SignInKind::Password,
        }
    }
}

/// Place and request of a sign-in.
type Row = (Option<String>, Option<Uuid>);

impl Store {
    /// Keeps a sign-in that begins, under the hash of its state, for the browser with that secret.
    pub async fn add_sign_in(
        &self,
        state: BearerHash,
        browser: BearerHash,
        purpose: SignInPurpose,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let (place, request) = match purpose {
            SignInPurpose::Employee(place) => (Some(place.slug()), None),
            SignInPurpose::Password(request) => (None, Some(request.0)),
        };
        writing!(self, connection => {
            sqlx::query(
                "INSERT INTO sign_ins (hash, purpose, place, request_id, browser_hash, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(state.as_bytes())
            .bind(purpose.kind().as_str())
            .bind(place)
            .bind(request)
            .bind(browser.as_bytes())
            .bind(expires_at.millis())
            .execute(connection)
            .await?;
        });
        Ok(())
    }

    /// Uses a sign-in up and says what it was for, if it is of this kind, was begun in the browser with that
    /// secret, was not used before, and its time is not over. Of several at once, one gets it. A sign-in for a request
    /// is begun with the secret that binds the browser to it, and counts only as long as that does.
    pub async fn use_sign_in(
        &self,
        state: BearerHash,
        browser: BearerHash,
        kind: SignInKind,
        now: Timestamp,
    ) -> Result<Option<SignInPurpose>, StoreError> {
        let row: Option<Row> = writing!(self, connection => {
            sqlx::query_as(
                "UPDATE sign_ins SET used_at = $1
                  WHERE hash = $2 AND browser_hash = $3 AND purpose = $4
                    AND used_at IS NULL AND expires_at > $1
                    AND (request_id IS NULL OR EXISTS (SELECT 1 FROM requests
                         WHERE requests.id = sign_ins.request_id AND requests.browser_hash = $3))
                 RETURNING place, request_id",
            )
            .bind(now.millis())
            .bind(state.as_bytes())
            .bind(browser.as_bytes())
            .bind(kind.as_str())
            .fetch_optional(connection)
            .await?
        });
        Ok(row.and_then(|row| kind.purpose(row)))
    }

    /// What a sign-in of this kind was begun for, if it was.
    pub async fn sign_in_purpose(
        &self,
        state: BearerHash,
        kind: SignInKind,
    ) -> Result<Option<SignInPurpose>, StoreError> {
        let row: Option<Row> = reading!(self, connection => {
            sqlx::query_as("SELECT place, request_id FROM sign_ins WHERE hash = $1 AND purpose = $2")
                .bind(state.as_bytes())
                .bind(kind.as_str())
                .fetch_optional(connection)
                .await?
        });
        Ok(row.and_then(|row| kind.purpose(row)))
    }

    /// Notes that an answer to a sign-in of ours was refused, and says whether that is new: it is once, however
    /// often the answer comes again.
    pub async fn refuse_sign_in(
        &self,
        state: BearerHash,
        kind: SignInKind,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let row: Option<Row> = writing!(self, connection => {
            sqlx::query_as(
                "UPDATE sign_ins SET refused_at = $1
                  WHERE hash = $2 AND purpose = $3 AND refused_at IS NULL
                 RETURNING place, request_id",
            )
            .bind(now.millis())
            .bind(state.as_bytes())
            .bind(kind.as_str())
            .fetch_optional(connection)
            .await?
        });
        Ok(row.is_some())
    }

    /// Forgets the sign-ins whose time was over at `then`.
    pub async fn forget_sign_ins(&self, then: Timestamp) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("DELETE FROM sign_ins WHERE expires_at <= $1")
                .bind(then.millis())
                .execute(connection)
                .await?;
        });
        Ok(())
    }
}
