//! View models: what the server tells a page, already decided and already worded as data.
//!
//! A page is a pure function of its view model. None of these types holds a secret: the value of a
//! pass is put into the finished HTML by the server (see [`crate::PASS_SLOT`]), and links carry no
//! tokens.

mod absence;
mod account;
mod approvals;
mod approve;
mod codes;
mod console;
mod problem;
mod recover;
mod sign_in;
mod verified_id;

pub use absence::{AbsenceForm, AbsenceRow, AbsenceView};
pub use account::Account;
pub use approvals::{ApprovalsView, DecidedRow, WaitingRow};
pub use approve::{
    ApproverSignInView, Changes, DeclineReason, DeclineView, Disowner, Evidence, HandOnView,
    NotMeAnswer, NotMeView, OtherApproverView, OtherAsked, ReviewForm, ReviewOutcome, ReviewView,
    ReviewedView, Spoken,
};
pub use codes::{
    CodesView, DeadCodes, Finding, NewCodesView, NotMyCodesView, ReadinessView, ReplaceCodesView,
    SavedView, Verdict,
};
pub use console::{
    HoldView, Paging, RecoveriesView, RecoveryDetailView, RecoveryRow, SignInView, TimelineEntry,
    Tone,
};
pub use problem::{Audience, Problem, ProblemPage};
pub use recover::{
    AskedView, CheckView, ClaimTurn, ClaimView, ComingAct, ComingStep, IdentifyView, OfferedWay,
    PassView, ProveView, Reason, Stage, StartView, StatusView, Way, WhatHappenedView, WorkView,
    YourCodeView,
};
pub use sign_in::{EmployeeSignInView, Place, SignedIn, SignedInAt};
pub use verified_id::{PresentationStage, QrCode, VerifiedIdView};

/// A page and everything it shows.
#[derive(Clone, Debug)]
pub enum Page {
    /// What Latchkey is for, and the way in.
    Start(StartView),
    /// "What happened?" and, once answered, the ladder of things to try first.
    WhatHappened(WhatHappenedView),
    /// "Who are you?"
    Identify(IdentifyView),
    /// The code that was mailed to the address on file.
    Prove(ProveView),
    /// Presenting a Verified ID.
    VerifiedId(VerifiedIdView),
    /// The code of one of several requests, for whoever reads the mailbox.
    YourCode(YourCodeView),
    /// Check the answers before anybody is asked.
    Check(CheckView),
    /// Where the request stands, who must act, and what happens next.
    Status(StatusView),
    /// The last page before the pass: what will happen, and the button.
    Claim(ClaimView),
    /// The pass itself, once.
    Pass(PassView),
    /// "You can close this window."
    Finished,
    /// The sign-in that comes before the review.
    ApproverSignIn(ApproverSignInView),
    /// Somebody else signed in than the approver.
    OtherApprover(OtherApproverView),
    /// The approver's review of one request.
    Review(Box<ReviewView>),
    /// "Why do you decline?"
    Decline(DeclineView),
    /// "Who should decide?"
    HandOn(HandOnView),
    /// What the approver's decision led to.
    Reviewed(ReviewedView),
    /// What waits for an approver, and what they did.
    Approvals(ApprovalsView),
    /// When an employee is away.
    Absence(AbsenceView),
    /// "This wasn't me", asked and answered.
    NotMe(NotMeView),
    /// The way to the organisation's own sign-in.
    EmployeeSignIn(EmployeeSignInView),
    /// The employee's saved codes.
    Codes(CodesView),
    /// "Replace all your codes?"
    ReplaceCodes(ReplaceCodesView),
    /// New codes, once.
    NewCodes(NewCodesView),
    /// "Did you make recovery codes?", asked and answered.
    NotMyCodes(NotMyCodesView),
    /// "Would recovery work for me?"
    Readiness(ReadinessView),
    /// The console's sign-in.
    SignIn(SignInView),
    /// The console's list of recoveries.
    Recoveries(RecoveriesView),
    /// One recovery in the console.
    Recovery(Box<RecoveryDetailView>),
    /// A page that says what went wrong and what to do next.
    Problem(ProblemPage, Audience),
}

/// What every page shows, whatever it is about.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Name of the organisation, as configured.
    pub organisation: String,
    /// How to reach the people who help, in one sentence, as configured.
    pub help: String,
    /// Path under which this build's assets are served, without slashes at the ends, e.g. `pkg/3f2a`.
    pub assets: String,
    /// Who is signed in, if anybody is.
    pub signed_in_as: Option<SignedIn>,
    /// Whether the page is about something that happens for real.
    pub mode: Mode,
}

/// Whether something happens for real.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    #[default]
    Real,
    /// Nothing is changed on any account.
    Trial,
}

/// A moment as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// RFC 3339 in UTC, for `<time datetime>` and for the islands.
    pub iso: String,
    /// The same in words, with its time zone, e.g. `22 November 2026, 10:02 UTC`.
    pub words: String,
}
