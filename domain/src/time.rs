//! Moments, as the database keeps them.

use std::{
    ops::{Add, Sub},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z, as read from the one clock for deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Time from `earlier` to this moment; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(43_200_000);

    #[test]
    fn durations_move_a_moment_both_ways() {
        let minute = Duration::from_mins(1);
        assert_eq!((NOON + minute).millis(), 43_260_000);
        assert_eq!((NOON - minute).millis(), 43_140_000);
        assert_eq!((NOON + minute).since(NOON), minute);
    }

    #[test]
    fn less_than_a_millisecond_is_cut() {
        assert_eq!(NOON + Duration::from_micros(1999), Timestamp(43_200_001));
    }

    #[test]
    fn no_time_has_passed_since_a_later_moment() {
        assert_eq!(NOON.since(NOON + Duration::from_mins(1)), Duration::ZERO);
    }

    #[test]
    fn time_stops_at_its_ends() {
        let (first, last) = (Timestamp(i64::MIN), Timestamp(i64::MAX));
        assert_eq!(last + Duration::from_millis(1), last);
        assert_eq!(first - Duration::from_millis(1), first);
        assert_eq!(NOON + Duration::MAX, last);
        assert_eq!(
            last.since(first),
            Duration::from_millis(i64::MAX.unsigned_abs())
        );
        assert_eq!(first.since(last), Duration::ZERO);
    }
}
