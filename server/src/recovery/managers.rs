//! Whether a manager has been one for a while. Whoever can write into the directory could name a helper as somebody's
//! manager and then ask in that person's name, so a manager who is new is not the one to ask.

use std::time::Duration;

use domain::{PersonId, Timestamp};
use tokio::sync::watch;

use super::{Recovery, ServiceError};
use crate::graph::Led;

/// How long a change counts as new.
pub(super) const SETTLES: Duration = Duration::from_hours(72);
/// How long somebody whom the directory does not list is remembered: deleted people can come back for thirty days.
pub(super) const REMEMBERED: Duration = Duration::from_hours(35 * 24);
/// Pages of people at most: the directory of a million.
const PAGES: usize = 5000;

/// How long something in the directory has been as it is: who somebody's manager is, or that they are in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// For a while, or as long as anybody has looked.
    Settled,
    /// It was otherwise less than three days ago.
    ChangedLately {
        /// When the change was seen.
        at: Timestamp,
    },
}

impl Standing {
    /// Of what has been as it is since `changed_at`, or as long as anybody has looked.
    pub(super) fn since(changed_at: Option<Timestamp>, now: Timestamp) -> Self {
        changed_at
            .filter(|at| now.since(*at) < SETTLES)
            .map_or(Self::Settled, |at| Self::ChangedLately { at })
    }
}

/// How far a look at everybody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How many people it has seen.
    pub seen: usize,
    /// Whether those are all.
    pub is_whole: bool,
}

impl Recovery {
    /// How long `person` has had `manager`, whom the directory names now.
    pub async fn manager_since(
        &self,
        person: &PersonId,
        manager: Option<&PersonId>,
    ) -> Result<Standing, ServiceError> {
        let now = self.clock.now();
        let changed_at = self.store.note_manager((person, manager), now).await?;
        Ok(Standing::since(changed_at, now))
    }

    /// Looks at everybody's manager, page by page, so that a change is seen soon after it was made. Ends before when
    /// `stop` closes. Tells how far it came.
    ///
    /// # Errors
    /// If the directory does not answer: what was seen until then is kept.
    pub async fn note_managers(&self, stop: &watch::Receiver<()>) -> Result<Look, ServiceError> {
        let mut seen = 0;
        let mut next = None;
        for _ in 0..PAGES {
            let (people, after) = self.graph.managers(next.as_ref()).await?;
            seen += people.len();
            let led: Vec<_> = people
                .iter()
                .map(|Led { person, manager }| (person, manager.as_ref()))
                .collect();
            self.store.note_managers(&led, self.clock.now()).await?;
            next = after;
            if next.is_none() {
                self.store
                    .forget_managers(self.clock.now() - REMEMBERED)
                    .await?;
                break;
            }
            if stop.has_changed().is_err() {
                return Ok(Look {
                    seen,
                    is_whole: false,
                });
            }
        }
        if next.is_some() {
            tracing::warn!(
                seen,
                "the directory has more people than managers are noted of"
            );
        }
        Ok(Look {
            seen,
            is_whole: next.is_none(),
        })
    }
}
