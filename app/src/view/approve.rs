//! What approvers and owners see.

use super::{Account, Moment, Problem};

/// What is known about a request, for the one who decides.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Full name of the subject as the directory has it.
    pub name: String,
    /// Given name, for sentences.
    pub first_name: String,
    /// Sign-in name.
    pub account: String,
    /// Job title and department, if known.
    pub position: Option<String>,
    /// Why they ask, in words.
    pub reason: String,
    /// The proofs passed, in words with their time.
    pub proofs: Vec<String>,
    /// When they asked.
    pub asked_at: Moment,
    /// Internet address they asked from.
    pub address: String,
    /// Browser and system in words.
    pub browser: String,
    /// Recoveries of this person in the last 90 days.
    pub recent_recoveries: u32,
    /// What will be removed from the account, in words.
    pub removes: Vec<String>,
}

/// The approver's answers, kept when there was a problem.
#[derive(Clone, Debug, Default)]
pub struct ReviewForm {
    /// Whether the attestation was ticked. The code is never kept.
    pub attested: bool,
}

/// The review page. Forms: `POST /approve` (`code`, `attested=yes`), `POST /approve/deny`,
/// `POST /approve/report`.
#[derive(Clone, Debug)]
pub struct ReviewView {
    /// Public reference of the request.
    pub reference: String,
    /// The approver's name.
    pub approver: String,
    /// The evidence.
    pub evidence: Evidence,
    /// Until when to answer.
    pub deadline: Moment,
    /// How many digits the contact code has.
    pub digits: u8,
    /// Tries left for the contact code.
    pub tries_left: u8,
    /// Answers of the last try.
    pub form: ReviewForm,
    /// What was wrong with it.
    pub problem: Option<Problem>,
}

/// The way to the organisation's own sign-in, for whoever came by an approver's link (`POST /sign-in`: `to`). It names
/// nobody and nothing: the link only locates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApproverSignInView {
    /// They have not signed in yet.
    First,
    /// They have, longer ago than counts.
    Over,
    /// They have answered without having signed in, or longer after it than counts: the answer was not looked at.
    AnswerNotTaken,
}

/// Somebody else has signed in than the one whom the approver's link was made for (`POST /sign-in`: `to`).
#[derive(Clone, Debug)]
pub struct OtherApproverView {
    /// Their own name.
    pub name: String,
}

/// What the approver reads after a decision, theirs or somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewOutcome {
    /// Approved; the person can continue (now or after the delay).
    Approved,
    /// Declined.
    Denied,
    /// Declined because of three wrong codes; the security team knows.
    DeniedByCode,
    /// Reported; the account is frozen for recovery for a day.
    Reported,
    /// Reported after a pass had been given out: nothing could be stopped, but somebody looks.
    ReportedLate,
    /// The person withdrew the request.
    Withdrawn,
    /// The time to answer is over.
    Expired,
    /// The recovery is already under way or finished: nothing is left to decide.
    AlreadyDecided,
}

/// The page after a decision (`POST /approve/deny`, `POST /approve/report`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewedView {
    /// What the decision led to.
    pub outcome: ReviewOutcome,
    /// What has been done to the account.
    pub account: Account,
    /// Whether the approver can still take an approval back.
    pub may_stop: bool,
}

/// What "this wasn't me" led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMeAnswer {
    /// It has not been said: the question.
    Open,
    /// The request was stopped, or nothing was left to stop; recovery is locked.
    Stopped,
    /// What had been given out is undone.
    Undone,
    /// What had been given out cannot be undone by itself any more; recovery is locked.
    TooLate,
}

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disowner {
    /// The owner of the account.
    Owner,
    /// The security team.
    Security,
}

/// "This wasn't me" (`POST /not-me`).
#[derive(Clone, Debug)]
pub struct NotMeView {
    /// Whom the link was made for.
    pub disowner: Disowner,
    /// Public reference of the request.
    pub reference: String,
    /// When the request was made.
    pub asked_at: Moment,
    /// What became of the answer.
    pub answer: NotMeAnswer,
    /// What has been done to the account.
    pub account: Account,
}
