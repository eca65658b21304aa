//! When approvers are away, as they say themselves.

use super::Problem;

/// The absences that somebody has to do with (`GET /approvals/absence`; `POST` adds one: `from`, `until`, `delegate`;
/// `POST /approvals/absence/undo`: `absence`).
#[derive(Clone, Debug)]
pub struct AbsenceView {
    /// Their own, the next first.
    pub own: Vec<AbsenceRow>,
    /// Those of others, in which they stand in.
    pub covered: Vec<AbsenceRow>,
    /// Where days begin and end, if that is worth saying: the name of a time zone.
    pub zone: String,
    /// Answers of the last try.
    pub form: AbsenceForm,
    /// What was wrong with them.
    pub problem: Option<Problem>,
}

/// One absence.
#[derive(Clone, Debug)]
pub struct AbsenceRow {
    /// Its identity, for the form that undoes it.
    pub id: String,
    /// The first day.
    pub first_day: String,
    /// The last day.
    pub last_day: String,
    /// Of an own one, who stands in, if anybody does; of another, who is away.
    pub other: Option<String>,
}

/// What was typed about an absence.
#[derive(Clone, Debug, Default)]
pub struct AbsenceForm {
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// Sign-in name of the colleague.
    pub delegate: String,
}
