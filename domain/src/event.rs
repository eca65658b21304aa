//! What happened, and what is to be done about it.

use serde::{Deserialize, Serialize};

use crate::{
    AbortCause, Attestation, Control, DenialReason, Fault, Fence, IntentId, LapseCause, Method,
    MethodRemoval, PersonId, PresentationFault, ProofKind, Reason, Refusal, ReportedBy, Risk,
    StateName, Timestamp,
};

/// A fact for the audit log: past tense, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names say it; fields are documented at their types"
)]
pub enum Event {
    Opened {
        reason: Reason,
    },
    SubjectRecognised {
        subject: PersonId,
    },
    NobodyRecognised,
    EmailCodeRequested {
        sending: u8,
    },
    EmailCodeHandedOut {
        sending: u8,
    },
    ProofTrySpent {
        tries_used: u8,
    },
    ProofPassed {
        proof: ProofKind,
    },
    ProofFailed {
        proof: ProofKind,
    },
    Submitted {
        /// Those who are asked at once.
        approvers: Vec<PersonId>,
        deadline: Timestamp,
        control: Control,
        risks: Vec<Risk>,
    },
    ApproversAsked {
        approvers: Vec<PersonId>,
    },
    ApproversReminded {
        approvers: Vec<PersonId>,
    },
    HandedOn {
        from: PersonId,
        to: PersonId,
    },
    /// The rules let an approver not do what they meant to. A wrong code is told by itself.
    DecisionRefused {
        approver: PersonId,
        deed: Deed,
        reason: Refusal,
    },
    /// Somebody else than the approver signed in with the approver's link.
    LinkCarriedByOther {
        /// Whom the link was made for.
        approver: PersonId,
        /// Who signed in.
        person: PersonId,
    },
    ContactCodeTrySpent {
        tries_used: u8,
    },
    ContactCodeRefused {
        tries_used: u8,
    },
    Approved {
        approver: PersonId,
        attestation: Attestation,
    },
    CoolingOffStarted {
        not_before: Timestamp,
    },
    BecameReady {
        closes_at: Timestamp,
    },
    /// A Verified ID was asked for.
    PresentationAsked {
        number: u8,
    },
    /// A Verified ID was presented and held.
    PresentationHeld {
        number: u8,
        /// How alike the face was, in per cent.
        score: u8,
    },
    PresentationRefused {
        number: u8,
        fault: PresentationFault,
    },
    NoticeAccepted,
    Denied {
        reason: DenialReason,
    },
    Reported {
        by: ReportedBy,
    },
    Withdrawn,
    BrowserLeft,
    SubmissionRefused {
        refusal: Refusal,
    },
    ApproverNotReached {
        approver: PersonId,
    },
    Expired {
        during: StateName,
    },
    IssueStarted {
        fence: Fence,
        intent: IntentId,
        attempt: u8,
    },
    IssueCancelled {
        fence: Fence,
    },
    SnapshotTaken {
        fence: Fence,
        methods: Vec<Method>,
    },
    MethodsRemoved {
        fence: Fence,
        removals: Vec<MethodRemoval>,
    },
    IssueFailed {
        fence: Fence,
        fault: Fault,
    },
    Disclosed {
        fence: Fence,
        pass: String,
        expires_at: Timestamp,
    },
    PassReaped {
        fence: Fence,
        pass: String,
    },
    PassMismatchFound {
        fence: Fence,
    },
    Aborted {
        cause: AbortCause,
    },
    Rehearsed {
        fence: Fence,
        /// The methods that would have been removed.
        methods: Vec<Method>,
    },
    Completed {
        new_methods: Vec<Method>,
    },
    Lapsed {
        cause: LapseCause,
    },
    Reopened {
        approver: PersonId,
    },
    Repudiated,
}

/// What an approver means to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Approve.
    Approve,
    /// Decline.
    Decline,
    /// Report.
    Report,
    /// Have somebody else asked.
    HandOn,
    /// Take a lapsed case up again.
    Reopen,
}

/// Work to be carried out after the change is kept. Each becomes a row of the outbox in the change's
/// own transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Find out who the identifier means.
    LookUpSubject,
    /// Mail the code of this sending to the subject's recovery address, if somebody was recognised.
    SendEmailCode {
        /// Number of the sending.
        sending: u8,
    },
    /// Ask this approver by mail.
    AskApprover {
        /// Object id.
        approver: PersonId,
    },
    /// Remind this approver by mail.
    RemindApprover {
        /// Object id.
        approver: PersonId,
    },
    /// Tell every address on file of the subject.
    NotifyOwner {
        /// What.
        notice: Notice,
    },
    /// Tell the administrators.
    AlertAdmins {
        /// What.
        alert: Alert,
    },
    /// Keep the subject from being recovered until then, and end their sessions with us.
    FreezeSubject {
        /// Until when.
        until: Timestamp,
        /// Whether their saved codes are void from now on: one was used, and whoever has one has the others.
        voids_codes: bool,
    },
    /// Undo at Microsoft what must not stay.
    CleanUp {
        /// What.
        clean_up: CleanUp,
    },
    /// Look for a live pass that nobody recorded, and delete it.
    Reap {
        /// The fence of the attempt that may have made it.
        fence: Fence,
        /// From when on: before the attempt's lease ends, the pass may still be recorded.
        from: Timestamp,
    },
}

/// What the owner of an account is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// One of your saved codes was used.
    SavedCodeUsed,
    /// Your saved codes are void, because a request that one was used for was reported.
    SavedCodesVoided,
    /// Somebody signed in with your password to prove that they are you.
    PasswordUsed,
    /// Your Verified ID was presented.
    VerifiedIdUsed,
    /// Somebody asked for recovery of your account.
    Submitted,
    /// It was approved.
    Approved,
    /// A pass was given out.
    Disclosed,
    /// New methods were registered.
    Completed,
}

impl Notice {
    /// Whether it only tells that a proof was passed. Whoever can pass one can cause any number of these, and none of
    /// them says that recovery was asked for.
    pub const fn is_of_a_proof(self) -> bool {
        matches!(
            self,
            Self::SavedCodeUsed | Self::PasswordUsed | Self::VerifiedIdUsed
        )
    }
}

/// What administrators are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "alert", rename_all = "snake_case")]
pub enum Alert {
    /// The contact code was wrong three times.
    ContactCodeTriesUsedUp,
    /// A request was reported.
    Reported {
        /// By whom.
        by: ReportedBy,
    },
    /// A recovery could not be finished safely.
    Aborted {
        /// Why.
        cause: AbortCause,
    },
    /// Somebody passed the proofs of a privileged account.
    PrivilegedSubject,
    /// The subject's manager was changed just before they asked, and is not asked therefore.
    ManagerChanged,
    /// No mail reaches an approver.
    ApproverNotReached,
    /// What had to be undone at Microsoft could not be.
    CleanUpFailed,
    /// No notice reaches the owner.
    OwnerNotReached,
    /// An attempt was made, and the request ended without a pass.
    EndedAfterClaim,
    /// The pass that was given out is not the live one: another is, or none.
    PassMismatch,
    /// Nothing came of a recovery after methods may have been removed: the account may be left with a
    /// password only.
    Lapsed,
    /// The owner repudiated a finished recovery.
    Repudiated,
}

/// What must not stay at Microsoft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CleanUp {
    /// Any pass that an attempt may have left behind.
    RemovePass,
    /// The pass, every session, and every method added since the recovery.
    Repudiate,
}
