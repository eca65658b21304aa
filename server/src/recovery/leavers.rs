//! People who have left the directory: what is kept for them is of no more use, and is not ours to keep.

use std::time::Duration;

use domain::Actor;

use super::{Recovery, ServiceError, actor_name};

/// How often it is looked whether somebody is still there, and how long they have to be missing: two looks. An
/// application at the wrong tenant, for an afternoon, must not cost everybody their codes.
const INTERVAL: Duration = Duration::from_hours(24);
/// People at most per round, so that others who need the directory do not wait.
const ROUND: u32 = 100;

impl Recovery {
    /// Looks after those people with saved codes whom it has not looked after for a day, and forgets the codes of whoever
    /// has left. Returns how many had.
    ///
    /// # Errors
    /// If the directory does not answer: nobody is taken for gone then.
    pub async fn forget_leavers(&self) -> Result<usize, ServiceError> {
        let due = self.clock.now() - INTERVAL;
        let actor = actor_name(&Actor::Directory);
        let mut forgotten = 0;
        for person in self.store.unchecked_people(due, ROUND).await? {
            let listed = self.graph.person(&person).await?.is_some();
            let now = self.clock.now();
            if listed {
                self.store.note_listed(&person, now).await?;
            } else if self
                .store
                .note_absent(&person, now, INTERVAL, &actor)
                .await?
            {
                forgotten += 1;
                tracing::info!(%person, "saved codes of somebody who has left are forgotten");
            }
        }
        Ok(forgotten)
    }
}
