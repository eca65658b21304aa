//! `[limits]`: how often things may be done.

use std::time::Duration;

use super::read::Reader;
use crate::limits::{Marks, Settings};

pub(super) fn limits(reader: &mut Reader) -> Settings {
    let settings = Settings {
        people_per_network: reader.number("limits.people_per_network", 1, 1..=100_000),
        account_opens: reader.number("limits.account_opens", 3, 1..=1_000_000),
        mails_per_hour: reader.number("limits.mails_per_hour", 6, 2..=1_000_000),
        opens: Marks {
            work: reader.number("limits.work_at_opens", 60, 1..=1_000_000),
            pause: reader.number("limits.pause_at_opens", 600, 1..=1_000_000),
        },
        failures: Marks {
            work: reader.number("limits.work_at_failures", 60, 1..=1_000_000),
            pause: reader.number("limits.pause_at_failures", 600, 1..=1_000_000),
        },
        pause: Duration::from_mins(reader.number("limits.pause_minutes", 15, 1..=240)),
        work: reader.number("limits.work", 300_000, 100..=10_000_000),
        wait: Duration::from_secs(reader.number("limits.wait_seconds", 30, 5..=600)),
    };
    for (key, marks) in [
        ("limits.pause_at_opens", settings.opens),
        ("limits.pause_at_failures", settings.failures),
    ] {
        if marks.pause <= marks.work {
            let work = key.replace("pause", "work");
            reader.problem(
                key,
                format!("must be larger than {work}: work comes before the pause"),
            );
        }
    }
    settings
}
