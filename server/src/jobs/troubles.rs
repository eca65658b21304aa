//! What is told of work that fails again and again: its first failure, a reminder from time to time, and its recovery.

use std::time::Duration;

/// How often work that goes on failing is told of.
const REMINDER: Duration = Duration::from_mins(5);

/// What is worth a line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// It fails, from now on.
    Fails,
    /// It has failed so often.
    StillFails(u32),
    /// It works again, after so many failures.
    Recovered(u32),
}

/// The troubles of one kind of work.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    failures: u32,
    /// When it was last told of.
    told: Duration,
}

impl Troubles {
    /// What is new when the work, at this time of any clock that does not jump, has failed or not.
    pub fn note(&mut self, has_failed: bool, at: Duration) -> Option<News> {
        if !has_failed {
            let failures = std::mem::take(&mut self.failures);
            return (failures > 0).then_some(News::Recovered(failures));
        }
        self.failures = self.failures.saturating_add(1);
        let is_first = self.failures == 1;
        if !is_first && at.saturating_sub(self.told) < REMINDER {
            return None;
        }
        self.told = at;
        Some(if is_first {
            News::Fails
        } else {
            News::StillFails(self.failures)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_a_reminder_and_the_recovery_are_told() {
        let mut troubles = Troubles::default();
        let mut note =
            |has_failed, seconds| troubles.note(has_failed, Duration::from_secs(seconds));
        assert_eq!(note(false, 0), None);
        assert_eq!(note(true, 1000), Some(News::Fails));
        assert_eq!(note(true, 1001), None);
        assert_eq!(note(true, 1299), None);
        assert_eq!(note(true, 1300), Some(News::StillFails(4)));
        assert_eq!(note(true, 1301), None);
        assert_eq!(note(false, 1302), Some(News::Recovered(5)));
        assert_eq!(note(false, 1303), None);
        assert_eq!(note(true, 1304), Some(News::Fails));
    }
}
