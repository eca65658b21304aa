//! Says what is being done and how long it took.

use std::time::Duration;

use anyhow::Result;

use crate::clock::Stopwatch;

/// Does one step, announcing it and its duration on standard error.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {what}");
    let watch = Stopwatch::start();
    let result = work();
    let outcome = if result.is_ok() {
        "took"
    } else {
        "failed after"
    };
    eprintln!("--- {what}: {outcome} {}", duration(watch.elapsed()));
    result
}

/// Says something about the step in progress.
pub fn note(what: &str) {
    eprintln!("    {what}");
}

fn duration(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        assert_eq!(duration(Duration::from_millis(340)), "0.3 s");
        assert_eq!(duration(Duration::from_secs(59)), "59.0 s");
        assert_eq!(duration(Duration::from_secs(203)), "3 min 23 s");
    }
}
