//! Verified IDs that were asked for.

use domain::{Event, RequestId, Timestamp};
use uuid::Uuid;

use super::{
    Store, StoreError, audit,
    engine::{Engine, in_time, reading, within, writing},
    loan::Loan,
};
use crate::secret::BearerHash;

/// Who is named as the actor when a presentation is asked for, and when the service speaks about it.
const BROWSER: &str = "browser";
const ACTOR: &str = "verified_id";

/// How far a presentation has come. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// It was asked for.
    Asked,
    /// A wallet has opened it.
    Opened,
    /// What was presented was refused.
    Refused,
    /// What was presented holds.
    Held,
}

/// What the service answers when it is asked for a presentation.
#[derive(Clone, Debug)]
pub struct AskedPresentation {
    /// What it calls the presentation.
    pub service_request: String,
    /// What a wallet opens.
    pub link: String,
    /// Until when a wallet can open it.
    pub expires_at: Timestamp,
}

/// A presentation.
#[derive(Clone, Debug)]
pub struct Presentation {
    /// The request that it is a proof for.
    pub request: RequestId,
    /// Its number among those of the request, from 1.
    pub number: u8,
    /// How far it has come.
    pub progress: Progress,
    /// What the service calls it.
    pub service_request: String,
    /// What a wallet opens.
    pub link: String,
    /// Until when a wallet can open it.
    pub expires_at: Timestamp,
    /// What the service sends back with every message, hashed.
    state: BearerHash,
}

/// How a presentation is stored.
type Row = (Uuid, i64, i64, String, String, i64, Vec<u8>);

impl Progress {
    const fn number(self) -> i64 {
        match self {
            Self::Asked => 0,
            Self::Opened => 1,
            Self::Refused => 2,
            Self::Held => 3,
        }
    }

    const fn of(number: i64) -> Self {
        match number {
            0 => Self::Asked,
            1 => Self::Opened,
            3 => Self::Held,
            // Nothing holds by mistake.
            _ => Self::Refused,
        }
    }

    /// Whether nothing more is expected.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Refused | Self::Held)
    }
}

impl Presentation {
    /// A number that grows with every step of any presentation of the request.
    pub const fn version(&self) -> u64 {
        (self.number as u64) * 4 + self.progress.number().unsigned_abs()
    }

    /// Whether `state` is what the service was given to send back.
    pub fn is_answered_by(&self, state: BearerHash) -> bool {
        self.state == state
    }

    fn read(row: Row) -> Result<Self, StoreError> {
        let (request, number, progress, service_request, link, expires_at, state) = row;
        Ok(Self {
            request: RequestId(request),
            number: u8::try_from(number).unwrap_or(u8::MAX),
            progress: Progress::of(progress),
            service_request,
            link,
            expires_at: Timestamp::from_millis(expires_at),
            state: BearerHash::from_bytes(&state)
                .ok_or_else(|| sqlx::Error::Decode("a hash has 32 bytes".into()))?,
        })
    }
}

impl Store {
    /// Counts a presentation before it is asked for; gives its number, or none when `most` were counted for the
    /// request, or when somebody else was counting at the same moment.
    pub async fn count_presentation(
        &self,
        request: RequestId,
        key: BearerHash,
        state: BearerHash,
        most: u8,
        now: Timestamp,
    ) -> Result<Option<u8>, StoreError> {
        let number: Option<i64> = writing!(self, connection => sqlx::query_scalar(
            "INSERT INTO presentations (request_id, number, key_hash, state_hash, created_at)
             SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4 FROM presentations WHERE request_id = $1
             HAVING COALESCE(MAX(number), 0) < $5
             ON CONFLICT (request_id, number) DO NOTHING
             RETURNING number",
        )
        .bind(request.0)
        .bind(key.as_bytes())
        .bind(state.as_bytes())
        .bind(now.millis())
        .bind(i64::from(most))
        .fetch_optional(connection)
        .await?);
        Ok(number.and_then(|number| u8::try_from(number).ok()))
    }

    /// Forgets a presentation that the service did not take up.
    pub async fn forget_presentation(
        &self,
        request: RequestId,
        number: u8,
    ) -> Result<(), StoreError> {
        writing!(self, connection => {
            sqlx::query("DELETE FROM presentations WHERE request_id = $1 AND number = $2")
                .bind(request.0)
                .bind(i64::from(number))
                .execute(connection)
                .await?;
        });
        Ok(())
    }

    /// Keeps what the service answered to a presentation that was counted.
    pub async fn keep_presentation(
        &self,
        request: RequestId,
        number: u8,
        asked: &AskedPresentation,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        within!(&mut transaction, connection => {
            sqlx::query(
                "UPDATE presentations SET service_request = $1, link = $2, expires_at = $3
                 WHERE request_id = $4 AND number = $5",
            )
            .bind(&asked.service_request)
            .bind(&asked.link)
            .bind(asked.expires_at.millis())
            .bind(request.0)
            .bind(i64::from(number))
            .execute(connection)
            .await?;
        });
        let event = Event::PresentationAsked { number };
        audit::append(&mut transaction, request, BROWSER, now, &event).await?;
        transaction.commit().await
    }

    /// The presentation that counts for a request: one that holds, or else the newest.
    pub async fn presentation(
        &self,
        request: RequestId,
    ) -> Result<Option<Presentation>, StoreError> {
        let row: Option<Row> = reading!(self, connection => sqlx::query_as(
            "SELECT request_id, number, progress, service_request, link, expires_at, state_hash
             FROM presentations WHERE request_id = $1 AND service_request IS NOT NULL
             ORDER BY CASE WHEN progress = 3 THEN 0 ELSE 1 END, number DESC LIMIT 1",
        )
        .bind(request.0)
        .fetch_optional(connection)
        .await?);
        row.map(Presentation::read).transpose()
    }

    /// The presentation whose messages carry this key.
    pub async fn presentation_with_key(
        &self,
        key: BearerHash,
    ) -> Result<Option<Presentation>, StoreError> {
        let row: Option<Row> = reading!(self, connection => sqlx::query_as(
            "SELECT request_id, number, progress, service_request, link, expires_at, state_hash
             FROM presentations WHERE key_hash = $1 AND service_request IS NOT NULL",
        )
        .bind(key.as_bytes())
        .fetch_optional(connection)
        .await?);
        row.map(Presentation::read).transpose()
    }

    /// Moves a presentation on, with its row of the log if there is one. `false` when it had come as far before:
    /// then nothing is written.
    pub async fn advance_presentation(
        &self,
        presentation: &Presentation,
        progress: Progress,
        event: Option<&Event>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        // What is settled stays so, whatever comes.
        let moved = within!(&mut transaction, connection => {
            sqlx::query(
                "UPDATE presentations SET progress = $1
                 WHERE request_id = $2 AND number = $3 AND progress < 2 AND progress < $1",
            )
            .bind(progress.number())
            .bind(presentation.request.0)
            .bind(i64::from(presentation.number))
            .execute(connection)
            .await?
            .rows_affected()
        });
        if moved == 0 {
            return Ok(false);
        }
        if let Some(event) = event {
            audit::append(&mut transaction, presentation.request, ACTOR, now, event).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Keeps that a message about a presentation was refused, which changes nothing about it.
    pub async fn note_refused_message(
        &self,
        presentation: &Presentation,
        event: &Event,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        audit::append(&mut transaction, presentation.request, ACTOR, now, event).await?;
        transaction.commit().await
    }

    /// How far the presentations of these requests have come, where another process may have moved them: a number
    /// that only grows.
    pub async fn presentations_progress(
        &self,
        ids: &[RequestId],
    ) -> Result<Vec<(RequestId, u64)>, StoreError> {
        let Engine::Postgres(pool) = &self.engine else {
            return Ok(Vec::new());
        };
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<(Uuid, i64)> = in_time(async {
            let mut loan = Loan::of(pool).await?;
            let progress = sqlx::query_as(
                "SELECT request_id, MAX(number * 4 + progress) FROM presentations
                 WHERE request_id = ANY($1) GROUP BY request_id",
            );
            Ok(progress.bind(ids).fetch_all(loan.connection()).await?)
        })
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, progress)| (RequestId(id), u64::try_from(progress).unwrap_or_default()))
            .collect())
    }
}
