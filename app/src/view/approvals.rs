//! What waits for an approver, and what they did.

use super::{Moment, Problem, Tone};

/// The approver's own list (`GET /approvals?after=…&before=…`; `POST /approvals`: `request` opens one).
#[derive(Clone, Debug)]
pub struct ApprovalsView {
    /// What waits, the oldest first.
    pub waiting: Vec<WaitingRow>,
    /// Address of the rest.
    pub more_waiting: Option<String>,
    /// What they did in the last 30 days, newest first.
    pub decided: Vec<DecidedRow>,
    /// Address of the rest.
    pub more_decided: Option<String>,
    /// Whether this is not the first page.
    pub is_continued: bool,
    /// Why the last action did not work.
    pub problem: Option<Problem>,
}

/// A request that waits.
#[derive(Clone, Debug)]
pub struct WaitingRow {
    /// Its identity, for the form that opens it.
    pub id: String,
    /// Whose account.
    pub name: String,
    /// Public reference.
    pub reference: String,
    /// Why this approver was asked, in a sentence.
    pub role: String,
    /// Since when it waits for them.
    pub asked_at: Moment,
    /// Until when.
    pub deadline: Moment,
    /// Whether they have done what they can: approved already, or named somebody else.
    pub answered: bool,
}

/// Something that they did.
#[derive(Clone, Debug)]
pub struct DecidedRow {
    /// The request's identity, for the form that opens it.
    pub id: String,
    /// Whose account.
    pub name: String,
    /// Public reference.
    pub reference: String,
    /// What, in words.
    pub verdict: &'static str,
    /// When.
    pub at: Moment,
    /// Where the request stands now, in words.
    pub state: String,
    /// The colour of that.
    pub tone: Tone,
}
