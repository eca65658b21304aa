//! What the console looks at.

use domain::RequestId;

use super::{Recovery, ServiceError};
use crate::store::{AuditRow, Cursor, ListFilter, ListPage, ListedRequest};

impl Recovery {
    /// Whether the database answers and has the tables that this version works with.
    pub async fn is_ready(&self) -> Result<bool, ServiceError> {
        Ok(self.store.is_ready().await?)
    }

    /// A page of requests, newest first.
    pub async fn list(
        &self,
        filter: ListFilter,
        before: Option<Cursor>,
        size: u32,
    ) -> Result<ListPage, ServiceError> {
        Ok(self.store.list(filter, before, size).await?)
    }

    /// A request and what happened to it, oldest first.
    pub async fn history(
        &self,
        id: RequestId,
    ) -> Result<Option<(ListedRequest, Vec<AuditRow>)>, ServiceError> {
        let Some(listed) = self.store.listed(id).await? else {
            return Ok(None);
        };
        Ok(Some((listed, self.store.timeline(id).await?)))
    }
}
