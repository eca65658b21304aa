//! When people are at work.

use std::collections::BTreeMap;

use domain::{OpenHours, Timestamp};
use jiff::{
    Span, ToSpan,
    civil::{DateTime, Time, Weekday},
    tz::TimeZone,
};

/// How many days ahead hours are told: no request waits for as long.
const DAYS_AHEAD: i64 = 8;

/// The hours of an office, every week the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeHours {
    /// Where it is.
    pub zone: TimeZone,
    /// The days on which a time at work begins.
    pub days: Vec<Weekday>,
    /// When it begins.
    pub from: Time,
    /// When it ends: on the next day, unless this is later than `from`.
    pub until: Time,
}

/// Everybody's hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offices {
    /// Those of people for whom there are no others; without them, always.
    pub usual: Option<OfficeHours>,
    /// Those of people in a country, by its code (ISO 3166-1, two capitals).
    pub by_country: BTreeMap<String, OfficeHours>,
}

impl Offices {
    /// The hours of somebody in `country`.
    pub fn of(&self, country: Option<&str>) -> Option<&OfficeHours> {
        country
            .and_then(|country| self.by_country.get(&country.to_ascii_uppercase()))
            .or(self.usual.as_ref())
    }

    /// When somebody in `country` is at work from `now` on.
    pub fn open_hours(&self, country: Option<&str>, now: Timestamp) -> OpenHours {
        self.of(country)
            .map_or_else(OpenHours::always, |office| office.open_hours(now))
    }
}

impl OfficeHours {
    /// When people here are at work from `now` on, and for some days.
    pub fn open_hours(&self, now: Timestamp) -> OpenHours {
        let Ok(present) = jiff::Timestamp::from_millisecond(now.millis()) else {
            return OpenHours::always();
        };
        let today = present.to_zoned(self.zone.clone()).date();
        // What began yesterday may go on.
        let windows = (-1..=DAYS_AHEAD).filter_map(|day| {
            let date = today.checked_add(Span::new().try_days(day).ok()?).ok()?;
            if !self.days.contains(&date.weekday()) {
                return None;
            }
            let last = if self.until > self.from {
                date
            } else {
                date.checked_add(1.day()).ok()?
            };
            let from = self.moment(date.to_datetime(self.from), Twice::First)?;
            let until = self.moment(last.to_datetime(self.until), Twice::Second)?;
            Some((from, until))
        });
        OpenHours::new(windows)
    }

    /// When clocks here show `time`. Where they are put forward over it, that is as long after the change as it would
    /// have been without.
    fn moment(&self, time: DateTime, twice: Twice) -> Option<Timestamp> {
        let moment = self.zone.to_ambiguous_timestamp(time);
        let moment = match twice {
            Twice::First => moment.compatible(),
            Twice::Second => moment.later(),
        };
        Some(Timestamp::from_millis(moment.ok()?.as_millisecond()))
    }
}

/// Which one is meant where clocks are put back and show a time twice: a day's work is not cut short by that.
#[derive(Clone, Copy)]
enum Twice {
    First,
    Second,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::civil::time;

    use super::*;

    const WEEK: [Weekday; 5] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
    ];

    fn office(zone: &str, days: &[Weekday], from: (i8, i8), until: (i8, i8)) -> OfficeHours {
        OfficeHours {
            zone: TimeZone::get(zone).unwrap(),
            days: days.to_vec(),
            from: time(from.0, from.1, 0, 0),
            until: time(until.0, until.1, 0, 0),
        }
    }

    fn moment(text: &str) -> Timestamp {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_millis(moment.as_millisecond())
    }

    /// When so many minutes of work have passed since `from`.
    fn after(office: &OfficeHours, from: &str, minutes: u64) -> String {
        let from = moment(from);
        let reached = office
            .open_hours(from)
            .after(from, Duration::from_mins(minutes));
        jiff::Timestamp::from_millisecond(reached.millis())
            .unwrap()
            .to_zoned(office.zone.clone())
            .strftime("%a %Y-%m-%d %H:%M %:z")
            .to_string()
    }

    #[test]
    fn nights_and_weekends_do_not_count() {
        let zurich = office("Europe/Zurich", &WEEK, (8, 0), (18, 0));
        // A Friday.
        let friday = "2026-11-20T17:45+01:00";
        assert_eq!(after(&zurich, friday, 10), "Fri 2026-11-20 17:55 +01:00");
        assert_eq!(after(&zurich, friday, 30), "Mon 2026-11-23 08:15 +01:00");
        let saturday = "2026-11-21T12:00Z";
        assert_eq!(after(&zurich, saturday, 0), "Mon 2026-11-23 08:00 +01:00");
        let early = "2026-11-23T06:59Z";
        assert!(!zurich.open_hours(moment(early)).is_open(moment(early)));
        let open = "2026-11-23T07:00Z";
        assert!(zurich.open_hours(moment(open)).is_open(moment(open)));
        // A whole week's work later.
        assert_eq!(
            after(&zurich, "2026-11-23T08:00+01:00", 5 * 600),
            "Mon 2026-11-30 08:00 +01:00"
        );
    }

    #[test]
    fn a_night_shift_goes_on_after_midnight_and_belongs_to_the_day_on_which_it_began() {
        let night = office("Asia/Tokyo", &WEEK, (22, 0), (6, 0));
        // It began on Friday.
        let saturday = "2026-11-21T05:50+09:00";
        assert_eq!(after(&night, saturday, 5), "Sat 2026-11-21 05:55 +09:00");
        assert_eq!(after(&night, saturday, 20), "Mon 2026-11-23 22:10 +09:00");
        // None began on Sunday.
        let monday = "2026-11-23T05:50+09:00";
        assert_eq!(after(&night, monday, 0), "Mon 2026-11-23 22:00 +09:00");
    }

    #[test]
    fn who_begins_and_ends_at_midnight_works_the_whole_day() {
        let days = [Weekday::Monday, Weekday::Tuesday];
        let round = office("UTC", &days, (0, 0), (0, 0));
        let monday = "2026-11-23T23:50Z";
        assert_eq!(after(&round, monday, 20), "Tue 2026-11-24 00:10 +00:00");
        assert_eq!(
            after(&round, monday, 24 * 60 + 10),
            "Mon 2026-11-30 00:00 +00:00"
        );
    }

    #[test]
    fn hours_are_those_of_the_clock_on_the_wall_on_both_sides_of_a_change() {
        let sunday = [Weekday::Saturday, Weekday::Sunday];
        let new_york = office("America/New_York", &sunday, (9, 0), (17, 0));
        // Clocks go forward on the 8th of March 2026 and back on the 1st of November.
        for (from, reached) in [
            ("2026-03-07T16:30-05:00", "Sun 2026-03-08 09:30 -04:00"),
            ("2026-10-31T16:30-04:00", "Sun 2026-11-01 09:30 -05:00"),
        ] {
            assert_eq!(after(&new_york, from, 60), reached);
        }
    }

    #[test]
    fn a_change_of_the_clock_in_the_middle_makes_work_shorter_or_longer() {
        let sunday = [Weekday::Sunday];
        let night = office("Europe/Zurich", &sunday, (0, 0), (6, 0));
        for (from, hours) in [
            ("2026-03-29T00:00+01:00", 5),
            ("2026-10-25T00:00+02:00", 7),
            ("2026-11-22T00:00+01:00", 6),
        ] {
            let from = moment(from);
            let open = night.open_hours(from);
            let last = from + Duration::from_hours(hours) - Duration::from_millis(1);
            assert!(open.is_open(last), "{hours}");
            assert!(!open.is_open(last + Duration::from_millis(1)), "{hours}");
        }
    }

    #[test]
    fn times_that_clocks_skip_or_show_twice_lose_nobody_any_work() {
        let sunday = [Weekday::Sunday];
        // Skipped: from 02:00 on it is 03:00.
        let skipped = office("Europe/Zurich", &sunday, (2, 30), (4, 0));
        let midnight = "2026-03-29T00:00+01:00";
        assert_eq!(after(&skipped, midnight, 0), "Sun 2026-03-29 03:30 +02:00");
        // Twice: from 02:00 to 03:00, once at +02:00 and once at +01:00.
        let begins = office("Europe/Zurich", &sunday, (2, 30), (4, 0));
        let midnight = "2026-10-25T00:00+02:00";
        assert_eq!(after(&begins, midnight, 0), "Sun 2026-10-25 02:30 +02:00");
        let ends = office("Europe/Zurich", &sunday, (1, 0), (2, 30));
        assert_eq!(after(&ends, midnight, 149), "Sun 2026-10-25 02:29 +01:00");
    }

    #[test]
    fn each_country_has_its_hours_and_without_any_it_is_always_open() {
        let offices = Offices {
            usual: Some(office("UTC", &WEEK, (8, 0), (18, 0))),
            by_country: [(
                "JP".to_owned(),
                office("Asia/Tokyo", &WEEK, (9, 0), (17, 0)),
            )]
            .into(),
        };
        let now = moment("2026-11-23T01:00Z");
        assert!(offices.open_hours(Some("JP"), now).is_open(now));
        assert!(!offices.open_hours(Some("CH"), now).is_open(now));
        assert!(!offices.open_hours(None, now).is_open(now));
        assert!(Offices::default().open_hours(None, now).is_open(now));
    }
}
