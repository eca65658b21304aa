//! What the signed-in console shows.

use super::{Moment, Problem};

/// The console's sign-in (`POST /console/sign-in`: `name`, `password`).
#[derive(Clone, Debug)]
pub struct SignInView {
    /// The name as typed before.
    pub name: String,
    /// Why it was refused.
    pub problem: Option<Problem>,
}

/// One line of the list.
#[derive(Clone, Debug)]
pub struct RecoveryRow {
    /// Id for the link `/console/recoveries/{id}`.
    pub id: String,
    /// Public reference.
    pub reference: String,
    /// The person's name, or what was typed when nobody was recognised.
    pub subject: String,
    /// State in words, e.g. `Waiting for approval`.
    pub state: String,
    /// The colour of the state's tag.
    pub tone: Tone,
    /// Approver's name, once somebody was asked.
    pub approver: Option<String>,
    /// When the person asked.
    pub opened_at: Moment,
    /// When it last changed.
    pub changed_at: Moment,
}

/// How a state looks, never the only carrier of its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Somebody must act.
    Waiting,
    /// Under way.
    Active,
    /// Ended well.
    Good,
    /// Ended without effect.
    Neutral,
    /// Ended in a way that somebody should look at.
    Bad,
}

/// Links to the neighbouring pages of a list, as query strings.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    /// Address of the newer entries.
    pub newer: Option<String>,
    /// Address of the older entries.
    pub older: Option<String>,
}

/// The list of recoveries, newest first (`GET /console?state=open|ended|all&before=…`).
#[derive(Clone, Debug)]
pub struct RecoveriesView {
    /// The rows of this page.
    pub rows: Vec<RecoveryRow>,
    /// Which are shown: `all`, `open` or `ended`.
    pub shown: String,
    /// Neighbouring pages.
    pub paging: Paging,
    /// What keeps recovery from going on at the moment.
    pub hold: Option<HoldView>,
}

/// What keeps recovery from going on.
#[derive(Clone, Debug)]
pub struct HoldView {
    /// Since when.
    pub since: Moment,
    /// Until when, if it ends by itself.
    pub until: Option<Moment>,
    /// Why, in an operator's words.
    pub reason: Option<String>,
}

/// One entry of a recovery's timeline: an audit row in words.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    /// When.
    pub at: Moment,
    /// Who, e.g. `The person's browser`, `Nadia Keller (approver)`, `Issuer`.
    pub actor: String,
    /// What, e.g. `Approved after speaking with the person`.
    pub what: String,
    /// Position in the audit log.
    pub sequence: i64,
}

/// One recovery.
#[derive(Clone, Debug)]
pub struct RecoveryDetailView {
    /// The line it has in the list.
    pub row: RecoveryRow,
    /// Facts as label and value.
    pub facts: Vec<(String, String)>,
    /// Removed methods with their outcome, in words.
    pub methods: Vec<String>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
}
