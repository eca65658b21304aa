//! What the locked-out person sees.

use super::{Account, Moment, Problem};

/// Why a person asks; the answer to "What happened?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The phone is lost or stolen.
    LostPhone,
    /// There is a new phone, and the old one is gone or was reset.
    NewPhone,
    /// The app shows nothing, or its codes are refused.
    AppFails,
    /// "You have tried too many times" or similar.
    Throttled,
    /// "You cannot get there from here", "your organisation requires…" or similar.
    Policy,
    /// Anything else.
    Other,
}

impl Reason {
    /// Every answer, in the order of the page.
    pub const ALL: [Self; 6] = [
        Self::LostPhone,
        Self::NewPhone,
        Self::AppFails,
        Self::Throttled,
        Self::Policy,
        Self::Other,
    ];

    /// The word in forms and addresses.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::LostPhone => "lost-phone",
            Self::NewPhone => "new-phone",
            Self::AppFails => "app-fails",
            Self::Throttled => "too-many-tries",
            Self::Policy => "blocked-by-policy",
            Self::Other => "something-else",
        }
    }

    /// The reverse of [`Self::slug`].
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.slug() == slug)
    }
}

/// "What happened?" (`GET /what-happened?reason=…`). With a reason the page is the ladder for it.
#[derive(Clone, Debug)]
pub struct WhatHappenedView {
    /// The answer, once there is one.
    pub reason: Option<Reason>,
    /// The form was sent without an answer.
    pub problem: Option<Problem>,
}

/// "Who are you?" (`POST /identify`: `identifier`, `reason`).
#[derive(Clone, Debug)]
pub struct IdentifyView {
    /// Carried along as a hidden field.
    pub reason: Reason,
    /// What the person typed before, kept when there was a problem.
    pub identifier: String,
    /// What is wrong with it.
    pub problem: Option<Problem>,
    /// What has to be done before the answer is taken, when much is going on.
    pub work: Option<WorkView>,
}

/// Work for the browser, or a wait (`POST /identify`: also `ticket`, `number`).
#[derive(Clone, Debug)]
pub struct WorkView {
    /// Sent along unchanged.
    pub ticket: String,
    /// Looked for is the number for which SHA-256 of `salt` and the number is this, in hex.
    pub challenge: String,
    /// What is hashed before the number.
    pub salt: String,
    /// The largest number to try.
    pub largest: u32,
    /// When it can be sent without the number.
    pub ready_at: Moment,
    /// Whether it was sent too early.
    pub too_early: bool,
}

/// A way of proving who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A code that was mailed (`code`).
    EmailCode,
    /// A code that the person saved beforehand (`saved_code`).
    RecoveryCode,
    /// A sign-in with the password (`POST /prove/password`).
    Password,
    /// A Verified ID (`POST /prove/verified-id`).
    VerifiedId,
}

impl Way {
    /// Whether it is a code that is typed into the page.
    pub const fn is_typed(self) -> bool {
        matches!(self, Self::EmailCode | Self::RecoveryCode)
    }
}

/// The start page.
#[derive(Clone, Debug)]
pub struct StartView {
    /// What people prove with, at least one way.
    pub ways: Vec<Way>,
    /// How many of them everybody has to give at least.
    pub needed: u8,
    /// Whether employees can save codes here.
    pub offers_codes: bool,
}

/// A way that is open to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferedWay {
    /// Which.
    pub way: Way,
    /// Whether they have gone it already.
    pub given: bool,
}

/// The proofs (`POST /prove`: `code`, `saved_code`; `POST /prove/resend`). Until what is asked of everybody
/// is passed it is the same for known and unknown people, so nothing here comes from the directory.
#[derive(Clone, Debug)]
pub struct ProveView {
    /// Public reference of the request, e.g. `LK-8F3K-2M9Q`.
    pub reference: String,
    /// The identifier as the person typed it.
    pub identifier: String,
    /// How many digits the code has.
    pub digits: u8,
    /// How long a code works, in minutes.
    pub valid_minutes: u16,
    /// Whether one more code may be sent.
    pub may_resend: bool,
    /// Whether this page was reached by asking for another code.
    pub resent: bool,
    /// What can be given, at least one way.
    pub ways: Vec<OfferedWay>,
    /// How many more proofs of different kinds are needed.
    pub missing: u8,
    /// What was wrong with the last answer.
    pub problem: Option<Problem>,
}

impl ProveView {
    /// Whether the mailed code is all that is asked, so that the page has one question.
    pub fn asks_mailed_code_only(&self) -> bool {
        let mailed = OfferedWay {
            way: Way::EmailCode,
            given: false,
        };
        self.ways == [mailed]
    }
}

/// The code of one of several requests (`POST /your-code`: `reference`), for whoever reads the mailbox.
#[derive(Clone, Debug)]
pub struct YourCodeView {
    /// The reference that was typed.
    pub reference: String,
    /// The code, once there is one, in groups.
    pub code: Option<String>,
    /// What is wrong with the reference.
    pub problem: Option<Problem>,
}

/// The answers before they are sent (`POST /submit`).
#[derive(Clone, Debug)]
pub struct CheckView {
    /// Public reference of the request.
    pub reference: String,
    /// The person's name as the directory has it: they have proven who they are.
    pub name: String,
    /// The sign-in name.
    pub account: String,
    /// Why they ask.
    pub reason: Reason,
    /// What this page has in common with no other, in a hidden field: whoever sends it twice is one browser.
    pub page: String,
    /// Why the request could not be sent the last time.
    pub problem: Option<Problem>,
}

/// Somebody who was asked for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedView {
    /// Masked to first name and initial, e.g. `Nadia K.`
    pub who: String,
    /// Why they, e.g. `your manager`.
    pub role: String,
    /// When.
    pub at: Moment,
}

/// What is done about people if nobody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComingAct {
    /// They are reminded.
    Remind,
    /// They are asked.
    Ask,
}

/// A step that comes if nobody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComingStep {
    /// What.
    pub act: ComingAct,
    /// About whom, masked.
    pub who: String,
    /// When.
    pub at: Moment,
}

/// Where a request stands, as its bound browser sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// An approver has been asked.
    AwaitingApproval {
        /// Who was asked, in their order.
        asked: Vec<AskedView>,
        /// What comes if nobody answers, the next step first.
        coming: Vec<ComingStep>,
        /// Approvals that are there, and how many it takes.
        approvals: (u8, u8),
        /// Until when they can answer.
        deadline: Moment,
        /// The code to tell them, in groups, e.g. `482 913`.
        contact_code: String,
        /// Seconds until this code is replaced by the next.
        code_changes_in: u16,
    },
    /// Approved; a delay protects the owner.
    CoolingOff {
        /// When the pass can be had at the earliest.
        not_before: Moment,
        /// Whether the delay waits for a notice to be accepted by a mail server.
        waiting_for_notice: bool,
    },
    /// Approved; the person can get the pass.
    Ready {
        /// Until when.
        closes_at: Moment,
        /// The last attempt failed: when another makes sense.
        retry_at: Option<Moment>,
        /// How many attempts are left.
        attempts_left: u8,
    },
    /// The account is being prepared right now.
    Issuing,
    /// The pass was shown; the person registers new methods.
    Disclosed {
        /// When the pass stops working.
        expires_at: Moment,
        /// Whether "I could not use it" may be pressed.
        may_replace: bool,
    },
    /// New methods are registered.
    Completed {
        /// The new methods, in words, e.g. `Microsoft Authenticator (Pixel 10)`.
        methods: Vec<String>,
    },
    /// The approver said no, or three wrong codes were typed.
    Denied,
    /// The person withdrew.
    Withdrawn,
    /// Somebody said that this was not the owner.
    Reported,
    /// A deadline passed.
    Expired,
    /// It could not be finished safely; a person must look.
    Aborted,
    /// It was a trial run, and nothing was changed.
    Rehearsed {
        /// The methods that would have been removed, in words.
        methods: Vec<String>,
    },
    /// The records came from a backup, which does not know how the request went on.
    Restored,
    /// The pass was not used in time, or nothing was registered.
    Lapsed,
    /// The owner repudiated it afterwards.
    Repudiated,
}

/// The status page (`GET /status`; `POST /withdraw`).
#[derive(Clone, Debug)]
pub struct StatusView {
    /// Public reference of the request.
    pub reference: String,
    /// When the person asked.
    pub opened_at: Moment,
    /// Where the request stands.
    pub stage: Stage,
    /// What has been done to the account.
    pub account: Account,
    /// Names what the page shows. When the live status hears another name, it loads the page again.
    pub shows: String,
    /// Whether the person may still withdraw.
    pub may_withdraw: bool,
    /// Why the last action did not work.
    pub problem: Option<Problem>,
}

/// The page before the pass (`POST /pass`).
#[derive(Clone, Debug)]
pub struct ClaimView {
    /// Public reference of the request.
    pub reference: String,
    /// Until when the pass can be had.
    pub closes_at: Moment,
    /// Where to sign in with it.
    pub sign_in_at: String,
    /// Which pass it would be.
    pub turn: ClaimTurn,
}

/// Which pass a claim is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimTurn {
    /// The first one; nothing has been tried yet.
    First,
    /// The first one, after an attempt that failed and may have changed the account.
    Retry,
    /// One that replaces a pass that was shown (`POST /pass/again`).
    Replacement,
}

/// The pass (the answer to `POST /pass`). The value itself stands in [`crate::PASS_SLOT`].
#[derive(Clone, Debug)]
pub struct PassView {
    /// Public reference of the request.
    pub reference: String,
    /// The sign-in name.
    pub account: String,
    /// Where to sign in with it, e.g. `https://aka.ms/mysecurityinfo`.
    pub sign_in_at: String,
    /// When it stops working.
    pub expires_at: Moment,
    /// How long it works from now, in minutes.
    pub lifetime_minutes: u16,
    /// The methods that were removed, in words.
    pub removed: Vec<String>,
}
