//! What makes a recovery worth a delay.

use serde::{Deserialize, Serialize};

/// A sign that a request may not come from whom it says. Each is shown to the approver in words, and delays the pass, so
/// that the owner has time to object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// It comes from a country in which the person does not work and has never been recovered.
    NewCountry,
    /// The person was recovered in the last 30 days.
    RecoveredLately,
    /// Somebody said of an earlier request, in the last 30 days, that it was not theirs.
    ReportedLately,
    /// Their manager, or the manager's manager, was changed in the last three days, and is not asked therefore.
    ManagerChanged,
    /// Whoever stands in for an approver was named in the last three days.
    NewDelegate,
    /// It was made outside office hours.
    OffHours,
    /// Only one proof was passed.
    OneProof,
    /// An approver named the one who approves.
    HandedOn,
}

/// Whether a request from the country `from` comes from a new one: not the person's own, `home`, and none of those that they
/// were recovered from before. Where nothing is known to compare it with, no country is new.
pub fn is_new_country<'a>(
    from: Option<&str>,
    home: Option<&'a str>,
    earlier: impl IntoIterator<Item = &'a str>,
) -> bool {
    let Some(from) = from else {
        return false;
    };
    let mut known = home.into_iter().chain(earlier).peekable();
    known.peek().is_some() && known.all(|country| !country.eq_ignore_ascii_case(from))
}

impl Risk {
    /// Every risk, in the order in which approvers read them.
    pub const ALL: [Self; 8] = [
        Self::NewCountry,
        Self::RecoveredLately,
        Self::ReportedLately,
        Self::ManagerChanged,
        Self::NewDelegate,
        Self::OffHours,
        Self::OneProof,
        Self::HandedOn,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_new_where_nothing_speaks_for_it() {
        for (from, home, earlier, expected) in [
            (Some("NO"), Some("NO"), &[][..], false),
            (Some("no"), Some("NO"), &[], false),
            (Some("BR"), Some("NO"), &[], true),
            (Some("BR"), Some("NO"), &["DE", "BR"], false),
            (Some("BR"), None, &["DE"], true),
            (Some("DE"), None, &["DE"], false),
            (Some("BR"), None, &[], false),
            (None, Some("NO"), &["DE"], false),
        ] {
            let found = is_new_country(from, home, earlier.iter().copied());
            assert_eq!(found, expected, "{from:?} {home:?} {earlier:?}");
        }
    }
}
