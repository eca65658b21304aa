//! `[office]` and `[[offices]]`: when approvers are at work.

use jiff::{
    civil::{Time, Weekday},
    tz::TimeZone,
};

use super::{keys::OFFICES, read::Reader};
use crate::recovery::{OfficeHours, Offices};

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// What is not said about the hours of an office.
struct Unsaid {
    days: Vec<Weekday>,
    from: Time,
    until: Time,
}

impl Default for Unsaid {
    fn default() -> Self {
        Self {
            days: DAYS[..5].iter().map(|(_, day)| *day).collect(),
            from: Time::constant(8, 0, 0, 0),
            until: Time::constant(18, 0, 0, 0),
        }
    }
}

pub(super) fn offices(reader: &mut Reader) -> Offices {
    let usual = reader
        .has_section("office")
        .then(|| hours(reader, "office", Unsaid::default()))
        .flatten();
    let mut offices = Offices {
        usual,
        ..Offices::default()
    };
    for number in 1..=reader.entries(OFFICES) {
        let entry = format!("{OFFICES}[{number}]");
        let path = format!("{entry}.country");
        let country = reader.required(&path, country);
        let unsaid = offices.usual.as_ref().map(|usual| Unsaid {
            days: usual.days.clone(),
            from: usual.from,
            until: usual.until,
        });
        let hours = hours(reader, &entry, unsaid.unwrap_or_default());
        let Some((country, hours)) = country.zip(hours) else {
            continue;
        };
        if offices.by_country.insert(country, hours).is_some() {
            reader.problem(&path, "is the same as that of another entry");
        }
    }
    offices
}

fn hours(reader: &mut Reader, section: &str, unsaid: Unsaid) -> Option<OfficeHours> {
    let key = |name: &str| format!("{section}.{name}");
    let zone = reader.required(&key("time_zone"), |text| {
        TimeZone::get(text).map_err(|_| {
            "must be a time zone of the IANA database, as Europe/Zurich or America/New_York"
                .to_owned()
        })
    });
    let days_path = key("days");
    let days = if reader.has(&days_path) {
        reader.required_list(&days_path, day)?
    } else {
        unsaid.days
    };
    let from = reader.parsed(&key("from"), time).unwrap_or(unsaid.from);
    let until = reader.parsed(&key("until"), time).unwrap_or(unsaid.until);
    Some(OfficeHours {
        zone: zone?,
        days,
        from,
        until,
    })
}

fn day(text: &str) -> Result<Weekday, String> {
    let known = DAYS.iter().find(|(name, _)| *name == text);
    known.map(|(_, day)| *day).ok_or_else(|| {
        let names: Vec<_> = DAYS.iter().map(|(name, _)| *name).collect();
        format!("is none of {}", names.join(", "))
    })
}

fn time(text: &str) -> Result<Time, String> {
    Time::strptime("%H:%M", text)
        .map_err(|_| "must be a time from 00:00 to 23:59, as 08:30".to_owned())
}

fn country(text: &str) -> Result<String, String> {
    if text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err(
            "must be the two capitals of a country, as the usage location of its people: CH, US"
                .to_owned(),
        )
    }
}
