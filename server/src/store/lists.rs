//! Lists for the console, in pages.

use domain::{Request, RequestId, Timestamp};
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use super::{Store, StoreError, requests::read};

/// Which requests a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFilter {
    /// All of them.
    All,
    /// Those that can still go on.
    Open,
    /// Those that are over.
    Ended,
}

/// A place in a list, newest first: the row that the page follows or precedes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the row's request was opened, in milliseconds.
    pub opened_at: i64,
    /// Its identity.
    pub id: Uuid,
}

/// One row.
#[derive(Clone, Debug)]
pub struct ListedRequest {
    /// The request.
    pub request: Request,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// One page of a list, newest first.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// The rows.
    pub rows: Vec<ListedRequest>,
    /// Whether older rows follow.
    pub has_older: bool,
}

impl ListedRequest {
    /// Its place in the list.
    pub const fn cursor(&self) -> Cursor {
        Cursor {
            opened_at: self.request.facts.opened_at.millis(),
            id: self.request.facts.id.0,
        }
    }
}

impl Store {
    /// One request as lists show it.
    pub async fn listed(&self, id: RequestId) -> Result<Option<ListedRequest>, StoreError> {
        sqlx::query("SELECT body, changed_at FROM requests WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?
            .map(|row| listed(&row))
            .transpose()
    }

    /// The page of at most `size` requests older than `before`, or the first page.
    pub async fn list(
        &self,
        filter: ListFilter,
        before: Option<Cursor>,
        size: u32,
    ) -> Result<ListPage, StoreError> {
        let before = before.unwrap_or(Cursor {
            opened_at: i64::MAX,
            id: Uuid::max(),
        });
        let query = match filter {
            ListFilter::All => sqlx::query(
                "SELECT body, changed_at FROM requests WHERE (opened_at, id) < ($1, $2)
                 ORDER BY opened_at DESC, id DESC LIMIT $3",
            ),
            ListFilter::Open => sqlx::query(
                "SELECT body, changed_at FROM requests WHERE is_open = 1 AND (opened_at, id) < ($1, $2)
                 ORDER BY opened_at DESC, id DESC LIMIT $3",
            ),
            ListFilter::Ended => sqlx::query(
                "SELECT body, changed_at FROM requests WHERE is_open = 0 AND (opened_at, id) < ($1, $2)
                 ORDER BY opened_at DESC, id DESC LIMIT $3",
            ),
        };
        let rows = query
            .bind(before.opened_at)
            .bind(before.id)
            .bind(size + 1)
            .fetch_all(&self.pool)
            .await?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let has_older = rows.len() > size;
        let rows = rows
            .iter()
            .take(size)
            .map(listed)
            .collect::<Result<_, StoreError>>()?;
        Ok(ListPage { rows, has_older })
    }
}

fn listed(row: &SqliteRow) -> Result<ListedRequest, StoreError> {
    Ok(ListedRequest {
        request: read(row)?,
        changed_at: Timestamp::from_millis(row.get("changed_at")),
    })
}
