//! Time at work, whatever the hours.

use std::time::Duration;

use domain::{OpenHours, Timestamp};
use proptest::{collection::vec, prelude::*};

/// The tests look at whole seconds in here.
const SPAN: u64 = 200;

fn at(second: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(second).unwrap() * 1000)
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

proptest! {
    #[test]
    fn time_at_work_is_what_a_count_of_its_seconds_says(
        windows in vec((0..SPAN, 0..20u64), 0..8),
        from in 0..SPAN,
        time in 0..2 * SPAN,
    ) {
        // Short ones, so that there is time between them.
        let windows: Vec<_> = windows.iter().map(|(from, length)| (*from, from + length)).collect();
        let hours = OpenHours::new(windows.iter().map(|(from, until)| (at(*from), at(*until))));
        let known = windows.iter().filter(|(from, until)| from < until);
        let known = known.map(|(_, until)| *until).max().unwrap_or(0);
        let counts = |second: u64| {
            second >= known || windows.iter().any(|(from, until)| (*from..*until).contains(&second))
        };
        for second in 0..2 * SPAN {
            prop_assert_eq!(hours.is_open(at(second)), counts(second), "at {}", second);
        }
        let mut open = (from..).filter(|second| counts(*second));
        let expected = open.nth(usize::try_from(time).unwrap()).unwrap();
        let after = hours.after(at(from), seconds(time));
        prop_assert_eq!(after, at(expected));
        // In two steps it is the same as in one.
        let (first, second) = (time / 3, time - time / 3);
        let halfway = hours.after(at(from), seconds(first));
        prop_assert_eq!(hours.after(halfway, seconds(second)), after);
    }
}
