//! Whether the database takes changes, as far as the last ones tell.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::StoreError;

/// Remembers that the last change failed by a fault of the database, until one succeeds.
///
/// Some faults show only when there is much to write: a disk without room still takes what is undone again.
#[derive(Clone, Debug, Default)]
pub(super) struct Health(Arc<AtomicBool>);

impl Health {
    /// Looks at what became of a change, or of a part of it.
    pub fn note<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if outcome.as_ref().is_err_and(StoreError::is_fault) {
            self.0.store(true, Ordering::Relaxed);
        }
        outcome
    }

    /// A change was kept.
    pub fn recover(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether changes fail.
    pub fn is_poor(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
