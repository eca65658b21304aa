//! What can be asked of a request, and by whom.

use std::time::Duration;

use crate::{
    AbortCause, Attestation, Candidate, Decline, Fault, Fence, GuardReading, IntentId, LapseCause,
    Line, Method, MethodRef, MethodRemoval, PassRecord, PersonId, PersonRules, ProofKind, Refusal,
    Risk, Schedule, Subject, Timestamp,
};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The browser that the request is bound to.
    Browser,
    /// A person who came by an approver's link.
    Approver {
        /// The approver whom the link was made for.
        id: PersonId,
        /// Which browser they use.
        seat: Seat,
    },
    /// Somebody who came by the link in a notice to the account's owner.
    Owner,
    /// Somebody who came by the link in a notice to the security team.
    Security,
    /// The look-up of the identifier in the directory.
    Directory,
    /// The mailer.
    Mailer,
    /// The timer.
    Timer,
    /// The issuer.
    Issuer,
    /// The watcher for re-registration.
    Watcher,
    /// Whoever runs this installation, at its command line.
    Operator,
}

/// Which browser an approver uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// One that has nothing to do with the request.
    OwnBrowser,
    /// The one that the request is bound to: whoever asked may be sitting there.
    RequestersBrowser,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The directory knows who the identifier means.
    Recognise {
        /// Who it is.
        subject: Subject,
        /// What the policy asks of them.
        rules: PersonRules,
    },
    /// The directory knows nobody whom the identifier means, or nobody who could be told anything.
    RecogniseNobody,
    /// Mail another code.
    ResendEmailCode,
    /// The code of this sending was handed out: a mail server has taken its mail, or its owner has read it.
    HandOutCode {
        /// Number of the sending.
        sending: u8,
    },
    /// Count a try at the typed codes, before anything is compared.
    SpendProofTry,
    /// These proofs held.
    PassProofs(Vec<ProofKind>),
    /// Of what was given together, these proofs did not hold: none of it counts.
    FailProofs(Vec<ProofKind>),
    /// Ask for approval.
    Submit(Submission),
    /// Count a try at the contact code, before it is compared.
    SpendContactCodeTry,
    /// The contact code held, and the approver approves.
    Approve {
        /// What they state.
        attestation: Attestation,
        /// The guards, read again.
        guards: GuardReading,
        /// The approver, read again.
        approver: Candidate,
    },
    /// The contact code did not hold.
    RefuseContactCode,
    /// Decline.
    Deny(Decline),
    /// "I'm not the right person": ask somebody else, and let the one who says so approve no more.
    HandOn {
        /// Who says so, read again.
        from: Candidate,
        /// Whom.
        to: Candidate,
        /// When they are reminded.
        remind_at: Timestamp,
    },
    /// "This wasn't me", "I don't recognise this".
    Report,
    /// The person withdraws.
    Withdraw,
    /// The person leaves the browser in which they asked.
    LeaveBrowser,
    /// A mail server accepted a notice to the owner.
    AcceptNotice,
    /// Look at the clock.
    Tick,
    /// A proven person could not submit.
    NoteRefusal {
        /// Why.
        refusal: Refusal,
        /// What made a delay worth while, as far as it was read.
        risks: Vec<Risk>,
    },
    /// No mail reaches this approver.
    MissApprover(PersonId),
    /// Claim the pass.
    Claim {
        /// Identity of the attempt.
        intent: IntentId,
    },
    /// "I could not use it": claim another pass. The directory says that the first is unused.
    Replace {
        /// Identity of the attempt.
        intent: IntentId,
    },
    /// Keep what an attempt is going to work on, before it touches anything.
    TakeSnapshot {
        /// The attempt's fence.
        fence: Fence,
        /// The methods as they are.
        methods: Vec<Method>,
    },
    /// Keep what became of methods. It is true whatever has become of the attempt.
    RecordRemovals {
        /// The attempt's fence.
        fence: Fence,
        /// The methods, each with its outcome.
        removals: Vec<MethodRemoval>,
    },
    /// The attempt succeeded: keep this and show the pass.
    Disclose {
        /// The attempt's fence.
        fence: Fence,
        /// The pass.
        pass: PassRecord,
        /// Methods that stayed.
        kept: Vec<MethodRef>,
    },
    /// The attempt failed; another may succeed.
    Release {
        /// The attempt's fence.
        fence: Fence,
        /// What happened.
        fault: Fault,
        /// How long to wait before another attempt.
        retry_after: Duration,
        /// Whether a pass that is on no record may come of the attempt: Microsoft was asked for one, and
        /// it is not certain that there is none and will be none.
        may_leave_pass: bool,
    },
    /// The attempt failed, and another would too.
    Abort {
        /// The attempt's fence.
        fence: Fence,
        /// Why.
        cause: AbortCause,
        /// As in [`Self::Release`].
        may_leave_pass: bool,
    },
    /// The attempt of a rehearsal came to where an account would be changed.
    FinishRehearsal {
        /// The attempt's fence.
        fence: Fence,
        /// The methods that would be removed.
        methods: Vec<Method>,
    },
    /// Keep that a pass is deleted which no attempt recorded. It is true whatever has become of the
    /// attempt.
    RecordReaped {
        /// The fence of the attempt that may have made it.
        fence: Fence,
        /// The pass's id at Microsoft.
        pass: String,
    },
    /// The pass that was recorded is not the live one: another is, or none. A pass that an earlier
    /// attempt left can be why; if there can be none, somebody else did it, and is not to be undone.
    FindPassMismatch {
        /// The fence under which the pass was given out.
        fence: Fence,
    },
    /// New strong methods are registered.
    Complete {
        /// The methods.
        new_methods: Vec<Method>,
    },
    /// Nothing came of the pass.
    Lapse(LapseCause),
    /// Take up a lapsed case again: the proofs still count, and who is asked is read anew.
    Reopen {
        /// Who does, read again.
        by: Candidate,
        /// As at the first time.
        submission: Submission,
    },
    /// End what was open when the database was restored from a backup: a no that came after the backup
    /// is lost, so nothing may go on as if it had never been said.
    EndRestored,
}

/// What is needed to ask for approval, as read at that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The guards.
    pub guards: GuardReading,
    /// People whom the directory and the settings name as approvers.
    pub line: Line,
    /// When they are asked.
    pub schedule: Schedule,
    /// What makes a delay worth while, as far as the rules do not know it by themselves.
    pub risks: Vec<Risk>,
}
