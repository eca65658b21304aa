//! Time at work: what an approver is waited for.

use std::time::Duration;

use crate::Timestamp;

/// When somebody is at work, as far ahead as it is known. Beyond that every moment counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenHours {
    /// From (inclusive) and until (exclusive), in order, with time between them.
    windows: Vec<(Timestamp, Timestamp)>,
}

impl OpenHours {
    /// At work in these times, each from its first moment until before its second, in any order.
    pub fn new(windows: impl IntoIterator<Item = (Timestamp, Timestamp)>) -> Self {
        let mut given: Vec<_> = windows
            .into_iter()
            .filter(|(from, until)| from < until)
            .collect();
        given.sort_unstable();
        let mut windows: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(given.len());
        for (from, until) in given {
            match windows.last_mut() {
                Some((_, end)) if from <= *end => *end = until.max(*end),
                _ => windows.push((from, until)),
            }
        }
        Self { windows }
    }

    /// At work day and night.
    pub fn always() -> Self {
        Self::default()
    }

    /// Whether `at` counts.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.after(at, Duration::ZERO) == at
    }

    /// The moment that counts at which `time` that counts has passed since `from`.
    pub fn after(&self, from: Timestamp, time: Duration) -> Timestamp {
        let (mut reached, mut left) = (from, time);
        for (start, end) in &self.windows {
            if *end <= reached {
                continue;
            }
            reached = reached.max(*start);
            let here = end.since(reached);
            if left < here {
                return reached + left;
            }
            left -= here;
            reached = *end;
        }
        reached + left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    const fn minutes(count: u64) -> Duration {
        Duration::from_mins(count)
    }

    /// At work from 10 to 20 and from 50 to 60.
    fn hours() -> OpenHours {
        OpenHours::new([(at(50), at(60)), (at(10), at(20))])
    }

    #[test]
    fn only_time_at_work_counts() {
        for (from, time, after) in [
            (12, 0, 12),
            (12, 7, 19),
            (12, 8, 50), // the end itself is no time at work
            (12, 9, 51),
            (0, 0, 10),
            (0, 3, 13),
            (20, 0, 50),
            (30, 5, 55),
            (12, 17, 59),
        ] {
            let found = hours().after(at(from), minutes(time));
            assert_eq!(found, at(after), "{time} minutes after {from}");
        }
    }

    #[test]
    fn beyond_the_last_window_every_moment_counts() {
        assert_eq!(hours().after(at(12), minutes(18)), at(60));
        assert_eq!(hours().after(at(12), minutes(28)), at(70));
        assert_eq!(hours().after(at(90), minutes(5)), at(95));
        assert!(hours().is_open(at(60)) && hours().is_open(at(90)));
    }

    #[test]
    fn it_is_open_from_the_first_moment_until_before_the_last() {
        for (minute, open) in [(9, false), (10, true), (19, true), (20, false), (50, true)] {
            assert_eq!(hours().is_open(at(minute)), open, "{minute}");
        }
        assert!(hours().is_open(at(20) - Duration::from_millis(1)));
    }

    #[test]
    fn who_is_always_at_work_is_waited_for_by_the_clock() {
        assert!(OpenHours::always().is_open(at(0)));
        assert_eq!(OpenHours::always().after(at(3), minutes(30)), at(33));
    }

    #[test]
    fn windows_that_touch_or_overlap_are_one_and_empty_ones_are_none() {
        let given = [
            (at(30), at(40)),
            (at(10), at(20)),
            (at(20), at(25)),
            (at(12), at(15)),
            (at(5), at(5)),
            (at(9), at(8)),
        ];
        let hours = OpenHours::new(given);
        assert_eq!(hours, OpenHours::new([(at(10), at(25)), (at(30), at(40))]));
        assert_eq!(hours.windows.len(), 2);
    }
}
