//! What signed-in employees see of their saved recovery codes.

use super::{Moment, Problem};

/// The saved codes (`GET /codes`; `POST /codes` makes them).
#[derive(Clone, Debug)]
pub struct CodesView {
    /// Whether saved codes count for anybody. Where they do not, none is made.
    pub offered: bool,
    /// The codes there are, if they were made.
    pub saved: Option<SavedView>,
    /// Until when a report keeps the person from making codes, if one does.
    pub frozen_until: Option<Moment>,
    /// Why the last action did not work.
    pub problem: Option<Problem>,
}

/// Codes that were made.
#[derive(Clone, Debug)]
pub struct SavedView {
    /// When.
    pub made_at: Moment,
    /// Why none of them works, if none does.
    pub dead: Option<DeadCodes>,
    /// In their order on paper: when each was used.
    pub used: Vec<Option<Moment>>,
}

/// Why none of somebody's codes works any more.
#[derive(Clone, Debug)]
pub enum DeadCodes {
    /// They were made void: their owner did not make them, or one was used for a request that was reported.
    Void {
        /// When.
        at: Moment,
    },
    /// What goes into every code on the server was replaced.
    KeyReplaced,
}

impl SavedView {
    /// How many were not used.
    pub fn left(&self) -> usize {
        self.used.iter().filter(|used| used.is_none()).count()
    }
}

/// "Replace all your codes?" (`POST /codes/replace`: `set`).
#[derive(Clone, Debug)]
pub struct ReplaceCodesView {
    /// Which codes are replaced, so that a form that is sent twice replaces none that were just made.
    pub set: String,
    /// How many of them were not used.
    pub left: usize,
}

/// "Did you make recovery codes?", asked and answered, for whoever has the link from the mail (`POST /codes/not-me`).
#[derive(Clone, Debug)]
pub struct NotMyCodesView {
    /// When they were made.
    pub made_at: Moment,
    /// Whether none of them works any more.
    pub is_void: bool,
}

/// The codes themselves, once (`POST /codes/download`: `codes`). Each stands in its
/// [`crate::code_slot`].
#[derive(Clone, Debug)]
pub struct NewCodesView {
    /// How many there are.
    pub count: u8,
    /// Whether others are void because of them.
    pub replaced: bool,
    /// When they were made.
    pub made_at: Moment,
    /// Where one is used.
    pub used_at: String,
}

/// "Would recovery work for me?" (`GET /codes/check`).
#[derive(Clone, Debug)]
pub struct ReadinessView {
    /// What was looked at, in the order of a recovery. Empty when it could not be looked at.
    pub findings: Vec<Finding>,
    /// Why it could not be looked at.
    pub problem: Option<Problem>,
}

/// One thing that recovery needs.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Whether it is as it should be.
    pub verdict: Verdict,
    /// What was found, in a sentence.
    pub found: String,
    /// What to do about it, in a sentence.
    pub advice: Option<String>,
}

/// Whether something is as recovery needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Holds,
    /// It is not, and recovery works all the same.
    Better,
    /// It cannot be looked at here, and recovery depends on it.
    Unknown,
    /// Nothing would be changed on the account.
    Trial,
    /// It is not, and recovery would not work.
    Missing,
}
