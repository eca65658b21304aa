//! Counts of passed and failed tests, read from what the runners print.

use std::{fmt, ops::AddAssign};

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    passed: u64,
    failed: u64,
}

impl Totals {
    /// A suite that could not be run at all.
    pub fn one_failure() -> Self {
        Self {
            passed: 0,
            failed: 1,
        }
    }

    /// Whether something ran and nothing failed.
    pub fn good(self) -> bool {
        self.passed > 0 && self.failed == 0
    }

    /// The counts, unless the runner's exit status tells otherwise: one that
    /// failed without naming a failed test (it did not compile, it crashed)
    /// counts as a failure, and so does a run of no test.
    pub fn checked_against(mut self, succeeded: bool) -> Self {
        if self.failed == 0 && (!succeeded || self.passed == 0) {
            self.failed = 1;
        }
        self
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Adds a line of `cargo test`: `test result: ok. 3 passed; 0 failed; …`,
/// one for each test binary.
pub fn cargo(totals: &mut Totals, line: &str) {
    let Some(counts) = line.strip_prefix("test result: ") else {
        return;
    };
    totals.passed += before(counts, " passed;").unwrap_or(0);
    totals.failed += before(counts, " failed;").unwrap_or(0);
}

/// Adds a line of node's spec reporter: `ℹ pass 3`, `ℹ fail 0`, `ℹ cancelled 0`.
pub fn node(totals: &mut Totals, line: &str) {
    let Some(("ℹ", count)) = line.split_once(' ') else {
        return;
    };
    match count
        .split_once(' ')
        .map(|(what, number)| (what, number.parse::<u64>()))
    {
        Some(("pass", Ok(number))) => totals.passed += number,
        Some(("fail" | "cancelled", Ok(number))) => totals.failed += number,
        _ => {}
    }
}

/// Adds a line `3 passed, 0 failed`.
pub fn plain(totals: &mut Totals, line: &str) {
    let Some((passed, failed)) = line.trim().split_once(" passed, ") else {
        return;
    };
    let failed = failed
        .strip_suffix(" failed")
        .and_then(|it| it.parse::<u64>().ok());
    if let (Ok(passed), Some(failed)) = (passed.parse::<u64>(), failed) {
        totals.passed += passed;
        totals.failed += failed;
    }
}

/// The number that ends where `what` begins.
fn before(line: &str, what: &str) -> Option<u64> {
    line.split_once(what)?.0.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reader: fn(&mut Totals, &str), output: &str) -> Totals {
        let mut totals = Totals::default();
        output.lines().for_each(|line| reader(&mut totals, line));
        totals
    }

    #[test]
    fn cargo_prints_one_result_for_each_binary() {
        let output = "running 4 tests\n\
            test a ... ok\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s\n";
        assert_eq!(
            read(cargo, output),
            Totals {
                passed: 15,
                failed: 2
            }
        );
    }

    #[test]
    fn node_prints_its_totals_last() {
        let output = "✔ a person recovers (12.3ms)\n\
            ℹ tests 4\nℹ suites 0\nℹ pass 2\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 50.5\n";
        assert_eq!(
            read(node, output),
            Totals {
                passed: 2,
                failed: 2
            }
        );
    }

    #[test]
    fn the_plain_line_stands_alone() {
        assert_eq!(
            read(plain, "ok lists methods\n7 passed, 1 failed\n"),
            Totals {
                passed: 7,
                failed: 1
            }
        );
        assert_eq!(read(plain, "some passed, none failed"), Totals::default());
    }

    #[test]
    fn a_failed_run_is_never_counted_as_good() {
        let passed = Totals {
            passed: 3,
            failed: 0,
        };
        assert!(passed.checked_against(true).good());
        assert!(!passed.checked_against(false).good());
        assert!(!Totals::default().checked_against(true).good());
        assert!(!Totals::default().good());
        assert_eq!(
            Totals {
                passed: 3,
                failed: 2
            }
            .checked_against(false)
            .failed,
            2
        );
    }
}
