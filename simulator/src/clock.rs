//! The tenant's clock. The only place in this crate that reads the time.

use jiff::{SignedDuration, Timestamp, Unit};

/// A clock that runs like the machine's own and can be moved by the control API.
///
/// It dates everything *inside* the tenant: passes, logs, access tokens. Tokens that the other side checks against
/// its own clock (client assertions, id tokens) use [`machine_now`], so that moving the tenant's clock does not look
/// like a broken clock on the other side.
#[derive(Clone, Copy, Default)]
pub struct Clock {
    ahead: SignedDuration,
}

impl Clock {
    /// The tenant's present moment.
    pub fn now(self) -> Timestamp {
        let real = machine_now();
        real.checked_add(self.ahead).unwrap_or(real)
    }

    /// Moves the clock by `seconds`, backwards when negative.
    pub fn advance(&mut self, seconds: i64) {
        self.ahead = self
            .ahead
            .saturating_add(SignedDuration::from_secs(seconds));
    }

    /// Sets the clock to `now`; it keeps running from there.
    pub fn set(&mut self, now: Timestamp) {
        self.ahead = now.duration_since(machine_now());
    }
}

/// The machine's own time, unaffected by the tenant's clock.
///
/// To the microsecond: Graph writes at most seven digits of a second, and clients of it read no more.
#[expect(
    clippy::disallowed_methods,
    reason = "this module is the crate's clock"
)]
pub fn machine_now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Microsecond).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advancing_and_setting_move_the_present() {
        let mut clock = Clock::default();
        let before = clock.now();
        clock.advance(3600);
        assert!(clock.now().duration_since(before) >= SignedDuration::from_hours(1));

        let target: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        clock.set(target);
        let drift = clock.now().duration_since(target);
        assert!(drift >= SignedDuration::ZERO && drift < SignedDuration::from_secs(5));
    }
}
