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
    /// Their manager was changed in the last three days, and is not asked therefore.
    ManagerChanged,
    /// It was made outside office hours.
    OffHours,
    /// Only one proof was passed.
    OneProof,
    /// An approver named the one who approves.
    HandedOn,
}

impl Risk {
    /// Every risk, in the order in which approvers read them.
    pub const ALL: [Self; 7] = [
        Self::NewCountry,
        Self::RecoveredLately,
        Self::ReportedLately,
        Self::ManagerChanged,
        Self::OffHours,
        Self::OneProof,
        Self::HandedOn,
    ];
}
