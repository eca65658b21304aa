//! What approvers and owners see.

use super::{Account, Moment, Problem};

/// How an approver spoke with the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// By telephone, on a number that they already had.
    Phone,
    /// In a video call that they set up.
    Video,
    /// Face to face.
    InPerson,
}

impl Spoken {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Phone, Self::Video, Self::InPerson];

    /// The word in forms.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Video => "video",
            Self::InPerson => "in-person",
        }
    }

    /// The reverse of [`Self::slug`].
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.slug() == slug)
    }
}

/// Why an approver declines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclineReason {
    /// They did not reach the person.
    NotReached,
    /// They are not sure that it is the person.
    Unsure,
    /// The person does not need it any more.
    NotNeeded,
    /// Anything else.
    Other,
}

impl DeclineReason {
    /// Every reason, in the order of the page.
    pub const ALL: [Self; 4] = [Self::NotReached, Self::Unsure, Self::NotNeeded, Self::Other];

    /// The word in forms.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::NotReached => "not-reached",
            Self::Unsure => "unsure",
            Self::NotNeeded => "not-needed",
            Self::Other => "other",
        }
    }

    /// The reverse of [`Self::slug`].
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.slug() == slug)
    }
}

/// What an approval leads to on the account: types of methods, and never a number or the name of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Some methods go.
    Removal {
        /// What is removed, each type with its count, as in `2 phone numbers`.
        removes: Vec<String>,
        /// What stays, likewise.
        keeps: Vec<String>,
        /// Whether this is what the directory says that the person has; otherwise it is what they could have.
        as_read: bool,
    },
    /// None: a method would have to go that cannot be removed, so the recovery stops before anything is touched.
    Stop,
}

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
    /// The country of that address, where it is known.
    pub country: Option<String>,
    /// Browser and system in words.
    pub browser: String,
    /// Recoveries of this person in the last 90 days.
    pub recent_recoveries: u32,
    /// What an approval leads to on the account.
    pub changes: Changes,
}

/// The approver's answers, kept when there was a problem.
#[derive(Clone, Debug, Default)]
pub struct ReviewForm {
    /// How they spoke with the person, as they state. The code is never kept.
    pub spoken: Option<Spoken>,
}

/// Somebody else who was asked.
#[derive(Clone, Debug)]
pub struct OtherAsked {
    /// Their name.
    pub name: String,
    /// Why they, as in `the manager of Ada’s manager`.
    pub role: String,
    /// What they said, as far as it does not end the request.
    pub answer: Option<&'static str>,
}

/// The review page. Forms: `POST /approve` (`code`, `attested`), `POST /approve/report`; the ways to decline and to name
/// somebody else are pages.
#[derive(Clone, Debug)]
pub struct ReviewView {
    /// Public reference of the request.
    pub reference: String,
    /// The approver's name.
    pub approver: String,
    /// What has been done to the account.
    pub account: Account,
    /// Why they are asked, in a sentence.
    pub why_asked: String,
    /// Who else was asked.
    pub others: Vec<OtherAsked>,
    /// What speaks for special care, in sentences.
    pub risks: Vec<String>,
    /// Approvals that are there, and how many it takes.
    pub approvals: (u8, u8),
    /// How long the person waits after the approval, in minutes.
    pub delay_minutes: u64,
    /// Whether they can name somebody else.
    pub may_hand_on: bool,
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

/// "Why do you decline?" (`POST /approve/deny`: `why`).
#[derive(Clone, Debug)]
pub struct DeclineView {
    /// Public reference of the request.
    pub reference: String,
    /// Given name of the person.
    pub first_name: String,
    /// What has been done to the account.
    pub account: Account,
    /// What was wrong with the answer.
    pub problem: Option<Problem>,
}

/// "Who should decide?" (`POST /approve/hand-on`: `to`, `colleague`).
#[derive(Clone, Debug)]
pub struct HandOnView {
    /// Public reference of the request.
    pub reference: String,
    /// Given name of the person.
    pub first_name: String,
    /// What has been done to the account.
    pub account: Account,
    /// Those whose turn would come later: the value of each, and who it is.
    pub people: Vec<(String, String)>,
    /// Whom the approver chose of them.
    pub chosen: String,
    /// Sign-in name that they typed.
    pub colleague: String,
    /// What was wrong with the answer.
    pub problem: Option<Problem>,
}

/// What the approver reads after a decision, theirs or somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewOutcome {
    /// Approved; the person can continue (now or after the delay).
    Approved,
    /// Approved by this approver; another has to approve too.
    FirstOfTwo,
    /// This approver has named somebody else, who was asked.
    HandedOn,
    /// A pass was given out, and nothing came of it.
    Lapsed,
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

/// The page after a decision (`POST /approve/deny`, `POST /approve/report`, `POST /approve/reopen`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewedView {
    /// What the decision led to.
    pub outcome: ReviewOutcome,
    /// What has been done to the account.
    pub account: Account,
    /// Whether the approver can still stop it.
    pub may_stop: bool,
    /// Whether the approver can take it up again.
    pub may_reopen: bool,
    /// Why it was not taken up.
    pub problem: Option<Problem>,
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
