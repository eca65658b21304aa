//! The one place where time and randomness come from. Everything else is handed a [`Clock`] and an
//! [`Entropy`], so that tests move them.

use std::{
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use domain::Timestamp;
use uuid::Uuid;

/// Where the present comes from.
pub trait Clock: Send + Sync {
    /// The present, for deadlines and records.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment of this process, never running backwards, for leases and caches.
    fn monotonic(&self) -> Duration;

    /// Takes over the time of the database, which several instances share: the present is `present`,
    /// whatever this machine's own clock says.
    fn follow(&self, present: Timestamp);
}

/// Where secrets and identities come from.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` from a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);

    /// A fresh random identity (version 4).
    fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A fresh identity that sorts by `at` (version 7).
    fn sortable_uuid(&self, at: Timestamp) -> Uuid {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        let millis = u64::try_from(at.millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

/// The machine's own clock.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    /// The present as a followed clock had it, and when that was on the monotonic clock.
    followed: RwLock<Option<(Timestamp, Duration)>>,
}

impl SystemClock {
    /// Starts the monotonic clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one module that reads the clock"
    )]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            followed: RwLock::default(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one module that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        let followed = *self.followed.read().unwrap_or_else(PoisonError::into_inner);
        match followed {
            // Counted on by the monotonic clock: no jump of this machine's own clock moves a deadline.
            Some((present, then)) => present + self.monotonic().saturating_sub(then),
            None => Timestamp::from_millis(jiff::Timestamp::now().as_millisecond()),
        }
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn follow(&self, present: Timestamp) {
        let then = self.monotonic();
        let mut followed = self
            .followed
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *followed = Some((present, then));
    }
}

/// The operating system's random source.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// If the operating system has no randomness to give: nothing safe could be done without it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one module that reads randomness"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system's random source works");
    }
}

/// A clock that unit tests move.
#[cfg(test)]
pub(crate) mod moved {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// The machine's clock, moved forward.
    #[derive(Default)]
    pub(crate) struct MovedClock {
        machine: SystemClock,
        ahead_seconds: AtomicU64,
    }

    impl MovedClock {
        /// Lets this much time pass.
        pub(crate) fn advance(&self, time: Duration) {
            self.ahead_seconds
                .fetch_add(time.as_secs(), Ordering::Relaxed);
        }

        fn ahead(&self) -> Duration {
            Duration::from_secs(self.ahead_seconds.load(Ordering::Relaxed))
        }
    }

    impl Clock for MovedClock {
        fn now(&self) -> Timestamp {
            self.machine.now() + self.ahead()
        }

        fn monotonic(&self) -> Duration {
            self.machine.monotonic() + self.ahead()
        }

        fn follow(&self, present: Timestamp) {
            self.machine.follow(present);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_followed_clock_counts_on_from_there() {
        let clock = SystemClock::new();
        let hour = Duration::from_hours(1);
        let ahead = clock.now() + hour;
        clock.follow(ahead);
        let now = clock.now();
        assert!(now >= ahead && now < ahead + hour, "{now:?}");
        assert!(clock.monotonic() < hour);
    }
}
