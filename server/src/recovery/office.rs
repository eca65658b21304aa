//! When people are at work.

use std::collections::BTreeMap;

use jiff::{
    civil::{Time, Weekday},
    tz::TimeZone,
};

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
}
