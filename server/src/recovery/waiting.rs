//! Browsers that wait for a change of their request, all served by one look at the database.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::RequestId;
use tokio::sync::watch;

use super::{Recovery, ServiceError};

/// The requests that somebody on this instance waits for, each with the newest version known here.
#[derive(Debug)]
pub(super) struct Waiting(Mutex<Option<HashMap<RequestId, watch::Sender<u64>>>>);

impl Default for Waiting {
    fn default() -> Self {
        Self(Mutex::new(Some(HashMap::new())))
    }
}

impl Waiting {
    fn rooms(&self) -> MutexGuard<'_, Option<HashMap<RequestId, watch::Sender<u64>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for changes of a request. The receiver is closed when this instance stops.
    pub fn enter(&self, id: RequestId) -> watch::Receiver<u64> {
        match self.rooms().as_mut() {
            Some(rooms) => rooms
                .entry(id)
                .or_insert_with(|| watch::channel(0).0)
                .subscribe(),
            None => watch::channel(0).1,
        }
    }

    /// Wakes those who wait for this request, unless they know of this version.
    pub fn announce(&self, id: RequestId, version: u64) {
        if let Some(room) = self.rooms().as_ref().and_then(|rooms| rooms.get(&id)) {
            room.send_if_modified(|known| {
                let is_news = version > *known;
                *known = version.max(*known);
                is_news
            });
        }
    }

    /// The requests that somebody still waits for.
    fn waited_for(&self) -> Vec<RequestId> {
        let mut rooms = self.rooms();
        let Some(rooms) = rooms.as_mut() else {
            return Vec::new();
        };
        rooms.retain(|_, room| room.receiver_count() > 0);
        rooms.keys().copied().collect()
    }

    /// Sends everybody away, and takes in nobody more.
    fn close(&self) {
        self.rooms().take();
    }
}

impl Recovery {
    /// Tells of each change of a request, whichever instance makes it. It closes when this one stops.
    pub fn changes_of(&self, id: RequestId) -> watch::Receiver<u64> {
        self.waiting.enter(id)
    }

    /// Looks once for changes that other instances have made to requests somebody waits for here.
    ///
    /// One query for all of them: it depends on neither the instances' clocks nor a connection that
    /// listens, which poolers and fail-overs cut.
    pub async fn look_for_changes(&self) -> Result<(), ServiceError> {
        let ids = self.waiting.waited_for();
        if !ids.is_empty() {
            for (id, version) in self.store.versions(&ids).await? {
                self.waiting.announce(id, version);
            }
        }
        let ids = self.presenting.waited_for();
        if !ids.is_empty() {
            for (id, version) in self.store.presentations_progress(&ids).await? {
                self.presenting.announce(id, version);
            }
        }
        Ok(())
    }

    /// Ends all waiting, so that the connections of waiting browsers end.
    pub fn stop_waiting(&self) {
        self.waiting.close();
        self.presenting.close();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_news_wakes_and_empty_rooms_go() {
        let waiting = Waiting::default();
        let (one, other) = (RequestId(Uuid::from_u128(1)), RequestId(Uuid::from_u128(2)));
        let mut guest = waiting.enter(one);
        drop(waiting.enter(other));
        waiting.announce(other, 9);
        assert!(!guest.has_changed().unwrap());
        waiting.announce(one, 3);
        assert!(guest.has_changed().unwrap());
        guest.mark_unchanged();
        for stale in [3, 2] {
            waiting.announce(one, stale);
            assert!(!guest.has_changed().unwrap(), "{stale}");
        }
        assert_eq!(waiting.waited_for(), [one]);
        waiting.close();
        assert!(guest.has_changed().is_err());
        assert!(waiting.enter(one).has_changed().is_err());
        assert!(waiting.waited_for().is_empty());
    }
}
