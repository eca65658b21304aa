//! How often something may happen: the arithmetic of a limit, and whom it counts as the same.
//!
//! Limits follow the generic cell rate algorithm (ITU-T I.371, annex A): all that is kept of a limit is one moment, at
//! which it will be as if it had never been used.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use crate::Timestamp;

/// How far the clocks of those who ask may be apart.
const SKEW: Duration = Duration::from_mins(5);

/// So many at once, and then one in each interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    burst: u32,
    interval: Duration,
}

/// What came of asking a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// There was room.
    Granted {
        /// What is kept of the limit from now on.
        unused_at: Timestamp,
        /// How many more would find room at this moment.
        left: u32,
    },
    /// There was none; what is kept stays as it is.
    Refused {
        /// When there will be room.
        until: Timestamp,
    },
}

impl Rate {
    /// At most `burst` at once, and from then on `per_hour` in an hour. None of both is ever zero.
    pub fn per_hour(burst: u32, per_hour: u32) -> Self {
        const HOUR: u64 = 3_600_000;
        let interval = HOUR.div_ceil(u64::from(per_hour.max(1)));
        Self {
            burst: burst.max(1),
            // Whole milliseconds, as moments are kept.
            interval: Duration::from_millis(interval),
        }
    }

    /// At most `most` in any hour, wherever it begins: half of them at once, the others one by one.
    pub fn within_any_hour(most: u32) -> Self {
        let most = most.max(2);
        Self::per_hour(most.div_ceil(2), most / 2)
    }

    /// How far one use moves what is kept.
    pub const fn interval(self) -> Duration {
        self.interval
    }

    /// How far ahead of the present what is kept may lie for there to be room.
    pub fn slack(self) -> Duration {
        self.interval * (self.burst - 1)
    }

    /// How far ahead of the present what is kept can lie at all, unless a clock was wrong or the rate was another.
    ///
    /// Whoever asks has taken the time a moment before it is their turn, and instances differ a little, so what others
    /// kept meanwhile may lie somewhat further ahead than a full use of the limit.
    pub fn horizon(self) -> Duration {
        self.full() + SKEW
    }

    /// How far ahead of the present what is kept lies after a full use.
    fn full(self) -> Duration {
        self.interval * self.burst
    }

    /// Asks at `now`; `unused_at` is what is kept, if anything is.
    pub fn take(self, unused_at: Option<Timestamp>, now: Timestamp) -> Taken {
        let kept = self.kept(unused_at, now);
        if kept > now + self.slack() {
            return Taken::Refused {
                until: kept - self.slack(),
            };
        }
        let unused_at = kept + self.interval;
        Taken::Granted {
            unused_at,
            left: self.left(unused_at, now),
        }
    }

    /// Whether there is room at `now`, without taking any.
    pub fn has_room(self, unused_at: Option<Timestamp>, now: Timestamp) -> bool {
        matches!(self.take(unused_at, now), Taken::Granted { .. })
    }

    /// How many find room at `now` when this is kept.
    pub fn left(self, unused_at: Timestamp, now: Timestamp) -> u32 {
        let free = (now + self.full()).since(unused_at.max(now));
        let left = free.as_millis() / self.interval.as_millis().max(1);
        u32::try_from(left).unwrap_or(u32::MAX).min(self.burst)
    }

    /// What counts at `now` of what is kept: nothing that is past, and nothing that cannot be.
    fn kept(self, unused_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
        unused_at
            .filter(|kept| *kept > now && *kept <= now + self.horizon())
            .unwrap_or(now)
    }
}

/// Where somebody asks from, as far as limits tell one from another.
///
/// Whoever has an IPv6 address usually has the 2⁶⁴ beside it, so they count as one (RFC 4291, §2.5.4: interfaces are
/// numbered by the last 64 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// One IPv4 address, also where it is written as an IPv6 one.
    V4(Ipv4Addr),
    /// The first 64 bits of an IPv6 address.
    V6([u8; 8]),
    /// Nobody knows from where. All of them share one limit.
    Unknown,
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            address if address.is_unspecified() => Self::Unknown,
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(prefix(address)),
        }
    }
}

fn prefix(address: Ipv6Addr) -> [u8; 8] {
    let mut prefix = [0; 8];
    prefix.copy_from_slice(&address.octets()[..8]);
    prefix
}

impl Network {
    /// The network in bytes, different for different ones.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Unknown => Vec::new(),
            Self::V4(address) => address.octets().to_vec(),
            Self::V6(prefix) => prefix.to_vec(),
        }
    }

    /// The site that the network is part of, where there is such a thing: the first 48 bits of an IPv6 address. Whoever
    /// asks for addresses is given anything from 64 to 48 bits of them (RFC 6177), so 2¹⁶ networks may be one person's.
    pub fn site(self) -> Option<[u8; 6]> {
        match self {
            Self::Unknown | Self::V4(_) => None,
            Self::V6(prefix) => prefix.first_chunk().copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    /// Each use leaves the bucket drop by drop: the plain picture of the same rule, with every use kept.
    struct Bucket {
        rate: Rate,
        /// When each drop will have left, the first one first.
        leaves: VecDeque<Timestamp>,
    }

    impl Bucket {
        fn take(&mut self, now: Timestamp) -> bool {
            while self.leaves.front().is_some_and(|leaves| *leaves <= now) {
                self.leaves.pop_front();
            }
            let last = self.leaves.back().copied().unwrap_or(now);
            // A drop that is leaving takes up room until it has left.
            if last > now + self.rate.slack() {
                return false;
            }
            self.leaves.push_back(last + self.rate.interval);
            true
        }
    }

    fn rates() -> impl Strategy<Value = Rate> {
        (1..=20_u32, 1..=200_u32).prop_map(|(burst, per_hour)| Rate::per_hour(burst, per_hour))
    }

    proptest! {
        #[test]
        fn one_moment_says_what_all_uses_say(
            rate in rates(),
            pauses in proptest::collection::vec(0..2_000_000_u64, 1..200),
        ) {
            let mut bucket = Bucket { rate, leaves: VecDeque::new() };
            let (mut kept, mut now) = (None, START);
            for pause in pauses {
                now = now + Duration::from_millis(pause);
                let taken = rate.take(kept, now);
                prop_assert_eq!(rate.has_room(kept, now), matches!(taken, Taken::Granted { .. }));
                prop_assert_eq!(bucket.take(now), matches!(taken, Taken::Granted { .. }));
                match taken {
                    Taken::Granted { unused_at, left } => {
                        prop_assert!(left < rate.burst);
                        kept = Some(unused_at);
                    }
                    Taken::Refused { until } => {
                        prop_assert!(until > now);
                        prop_assert!(!rate.has_room(kept, until - Duration::from_millis(1)));
                        prop_assert!(rate.has_room(kept, until));
                    }
                }
            }
        }

        #[test]
        fn as_many_as_are_left_find_room(rate in rates(), uses in 1..=20_u32, pause in 0..4_000_000_u64) {
            let mut kept = None;
            for _ in 0..uses {
                if let Taken::Granted { unused_at, .. } = rate.take(kept, START) {
                    kept = Some(unused_at);
                }
            }
            let now = START + Duration::from_millis(pause);
            let left = rate.left(kept.unwrap_or(now), now);
            for _ in 0..left {
                let Taken::Granted { unused_at, .. } = rate.take(kept, now) else {
                    panic!("{left} were left");
                };
                kept = Some(unused_at);
            }
            prop_assert!(!rate.has_room(kept, now));
        }

        #[test]
        fn no_hour_has_more(most in 2..=60_u32, pauses in proptest::collection::vec(0..600_000_u64, 1..300)) {
            let rate = Rate::within_any_hour(most);
            let (mut kept, mut now) = (None, START);
            let mut granted: VecDeque<Timestamp> = VecDeque::new();
            for pause in pauses {
                now = now + Duration::from_millis(pause);
                if let Taken::Granted { unused_at, .. } = rate.take(kept, now) {
                    kept = Some(unused_at);
                    granted.push_back(now);
                    granted.retain(|then| *then + Duration::from_hours(1) > now);
                    prop_assert!(granted.len() <= most as usize, "{} of {most}", granted.len());
                }
            }
        }
    }

    #[test]
    fn three_at_once_and_then_three_an_hour() {
        let rate = Rate::per_hour(3, 3);
        let mut kept = None;
        for left in [2, 1, 0] {
            let Taken::Granted {
                unused_at,
                left: told,
            } = rate.take(kept, START)
            else {
                panic!("there is room");
            };
            assert_eq!(told, left);
            kept = Some(unused_at);
        }
        let until = START + Duration::from_mins(20);
        assert_eq!(rate.take(kept, START), Taken::Refused { until });
        assert!(rate.has_room(kept, until));
    }

    #[test]
    fn whoever_looked_at_the_clock_before_it_was_their_turn_finds_what_others_have_used() {
        let rate = Rate::per_hour(3, 3);
        let mut kept = None;
        for _ in 0..3 {
            if let Taken::Granted { unused_at, .. } = rate.take(kept, START) {
                kept = Some(unused_at);
            }
        }
        for early in [1, 20_000] {
            assert!(!rate.has_room(kept, START - Duration::from_millis(early)));
        }
    }

    #[test]
    fn what_cannot_be_kept_is_a_clock_that_was_wrong() {
        let rate = Rate::per_hour(3, 3);
        let kept = START + rate.horizon() + Duration::from_millis(1);
        assert!(rate.has_room(Some(kept), START));
    }

    #[test]
    fn a_network_is_one_ipv4_address_or_64_bits_of_an_ipv6_one() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
            ("::", "0.0.0.0", true),
            ("::ffff:0.0.0.0", "0.0.0.0", true),
            ("::1", "127.0.0.1", false),
        ] {
            assert_eq!(network(one) == network(other), same, "{one} {other}");
            assert_eq!(
                network(one).to_bytes() == network(other).to_bytes(),
                same,
                "{one} {other}"
            );
        }
    }
}
