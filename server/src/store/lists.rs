//! Lists for the console, in pages.

use domain::{Request, RequestId, Timestamp};
use uuid::Uuid;

use super::{Store, StoreError, engine::reading, requests::read};

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
        let row: Option<(String, i64)> = reading!(self, connection => {
            sqlx::query_as("SELECT body, changed_at FROM requests WHERE id = $1")
                .bind(id.0)
                .fetch_optional(connection)
                .await?
        });
        row.map(listed).transpose()
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
        let statement = match filter {
            ListFilter::All => {
                "SELECT body, changed_at FROM requests WHERE (opened_at, id) < ($1, $2)
                 ORDER BY opened_at DESC, id DESC LIMIT $3"
            }
            ListFilter::Open => {
                "SELECT body, changed_at FROM requests WHERE is_open = TRUE AND (opened_at, id) < ($1, $2)
                 ORDER BY opened_at DESC, id DESC LIMIT $3"
            }
            ListFilter::Ended => {
                "SELECT body, changed_at FROM requests WHERE is_open = FALSE AND (opened_at, id) < ($1, $2)
                 ORDER BY opened_at DESC, id DESC LIMIT $3"
            }
        };
        let rows: Vec<(String, i64)> = reading!(self, connection => {
            sqlx::query_as(statement)
                .bind(before.opened_at)
                .bind(before.id)
                .bind(i64::from(size) + 1)
                .fetch_all(connection)
                .await?
        });
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let has_older = rows.len() > size;
        let rows = rows
            .into_iter()
            .take(size)
            .map(listed)
            .collect::<Result<_, StoreError>>()?;
        Ok(ListPage { rows, has_older })
    }
}

fn listed((body, changed_at): (String, i64)) -> Result<ListedRequest, StoreError> {
    Ok(ListedRequest {
        request: read(&body)?,
        changed_at: Timestamp::from_millis(changed_at),
    })
}
