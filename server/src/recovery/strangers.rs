//! Counts what strangers send, so that they cannot fill the audit log.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long a row of the log speaks for what follows it.
const PAUSE: Duration = Duration::from_mins(1);

/// Messages without a key of ours.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// Not yet in the log.
    unsaid: u64,
    /// When the log was last told, on the monotonic clock.
    told_at: Option<Duration>,
}

impl Strangers {
    /// Counts one more; gives how many there were since the log was last told, when it is time to tell it.
    pub fn count(&self, now: Duration) -> Option<u64> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.unsaid += 1;
        let waits = counted.told_at.is_some_and(|told| now < told + PAUSE);
        if waits {
            return None;
        }
        counted.told_at = Some(now);
        Some(std::mem::take(&mut counted.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_told_once_a_minute_and_of_all() {
        let strangers = Strangers::default();
        let at = |seconds| strangers.count(Duration::from_secs(seconds));
        assert_eq!(at(5), Some(1));
        assert_eq!(at(6), None);
        assert_eq!(at(64), None);
        assert_eq!(at(65), Some(3));
        assert_eq!(at(66), None);
    }
}
