//! The states of a request. Each carries its own facts, so that none can be missing or stale.

use serde::{Deserialize, Serialize};

use crate::{Fence, IntentId, Method, MethodKind, MethodRef, PersonId, Refusal, Step, Timestamp};

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum State {
    /// The person proves who they are.
    Proving(Proving),
    /// Somebody is asked to approve.
    AwaitingApproval(AwaitingApproval),
    /// Approved; a delay protects the owner.
    CoolingOff(CoolingOff),
    /// Approved; the bound browser may claim the pass.
    Ready(Ready),
    /// An issuer works on it, under a fence and a lease.
    Issuing(Issuing),
    /// The pass was given to the bound browser.
    Disclosed(Disclosed),
    /// Over.
    Ended(Ended),
}

/// The name of a state, as columns and filters hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is documented at its state")]
pub enum StateName {
    Proving,
    AwaitingApproval,
    CoolingOff,
    Ready,
    Issuing,
    Disclosed,
    Completed,
    Denied,
    Withdrawn,
    Reported,
    Expired,
    Aborted,
    Rehearsed,
    Lapsed,
    Repudiated,
}

impl StateName {
    /// Every state, in the order of a request's life.
    pub const ALL: [Self; 15] = [
        Self::Proving,
        Self::AwaitingApproval,
        Self::CoolingOff,
        Self::Ready,
        Self::Issuing,
        Self::Disclosed,
        Self::Completed,
        Self::Denied,
        Self::Withdrawn,
        Self::Reported,
        Self::Expired,
        Self::Aborted,
        Self::Rehearsed,
        Self::Lapsed,
        Self::Repudiated,
    ];

    /// The name in the database and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proving => "proving",
            Self::AwaitingApproval => "awaiting_approval",
            Self::CoolingOff => "cooling_off",
            Self::Ready => "ready",
            Self::Issuing => "issuing",
            Self::Disclosed => "disclosed",
            Self::Completed => "completed",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
            Self::Reported => "reported",
            Self::Expired => "expired",
            Self::Aborted => "aborted",
            Self::Rehearsed => "rehearsed",
            Self::Lapsed => "lapsed",
            Self::Repudiated => "repudiated",
        }
    }
}

impl State {
    /// Its name.
    pub const fn name(&self) -> StateName {
        match self {
            Self::Proving(_) => StateName::Proving,
            Self::AwaitingApproval(_) => StateName::AwaitingApproval,
            Self::CoolingOff(_) => StateName::CoolingOff,
            Self::Ready(_) => StateName::Ready,
            Self::Issuing(_) => StateName::Issuing,
            Self::Disclosed(_) => StateName::Disclosed,
            Self::Ended(ended) => match ended {
                Ended::Completed { .. } => StateName::Completed,
                Ended::Denied { .. } => StateName::Denied,
                Ended::Withdrawn { .. } => StateName::Withdrawn,
                Ended::Reported { .. } => StateName::Reported,
                Ended::Expired { .. } => StateName::Expired,
                Ended::Aborted { .. } => StateName::Aborted,
                Ended::Rehearsed { .. } => StateName::Rehearsed,
                Ended::Lapsed { .. } => StateName::Lapsed,
                Ended::Repudiated { .. } => StateName::Repudiated,
            },
        }
    }
}

/// See [`State::Proving`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proving {
    /// Until when the proofs can be passed and the request submitted.
    pub deadline: Timestamp,
    /// The mailed code that can be answered.
    pub challenge: Challenge,
}

/// A mailed code. The digits are derived from the request and `sending`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Number of this sending, from 1.
    pub sending: u8,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// Tries spent on it.
    pub tries_used: u8,
    /// Whether somebody can know it: a mail server has taken its mail, or its owner has read it here. Before that
    /// whatever is typed is a guess, and wrong.
    pub handed_out: bool,
}

impl Challenge {
    /// Whether its code proves anything at `now`. It is mailed to nobody unless `is_mailed`.
    pub fn works(&self, is_mailed: bool, now: Timestamp) -> bool {
        is_mailed && self.handed_out && now < self.expires_at
    }
}

/// See [`State::AwaitingApproval`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitingApproval {
    /// When the approvers were asked.
    pub asked_at: Timestamp,
    /// Until when they can answer.
    pub deadline: Timestamp,
    /// Tries spent on the contact code.
    pub tries_used: u8,
    /// Approvals given so far: under dual control the first of two.
    pub approvals: Vec<Approval>,
    /// What is to come if nobody answers, the next step first.
    pub plan: Vec<Step>,
}

/// What an approver stated: that they spoke with the subject just now, and how. All of these let them recognise the
/// person; writing does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attestation {
    /// By telephone, on a number they already had.
    Phone,
    /// By video, in a call that they set up.
    Video,
    /// Face to face.
    InPerson,
}

/// One approver's approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub approver: PersonId,
    /// When.
    pub at: Timestamp,
    /// What they stated.
    pub attestation: Attestation,
}

/// A complete approval and what has been done under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// By whom.
    pub approvals: Vec<Approval>,
    /// Issue attempts begun.
    pub attempts: u8,
}

/// See [`State::CoolingOff`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoolingOff {
    /// The approval.
    pub approved: Approved,
    /// When the delay ends.
    pub not_before: Timestamp,
    /// When the wait for an accepted notice is given up.
    pub deadline: Timestamp,
}

/// See [`State::Ready`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The approval.
    pub approved: Approved,
    /// Until when the pass can be claimed.
    pub closes_at: Timestamp,
    /// A failed attempt asks to wait until then.
    pub retry_at: Option<Timestamp>,
}

/// See [`State::Issuing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuing {
    /// The approval, this attempt counted.
    pub approved: Approved,
    /// Until when the pass can be claimed again, should this attempt fail.
    pub closes_at: Timestamp,
    /// Work under any other fence is void.
    pub fence: Fence,
    /// Until when this attempt may work.
    pub lease_until: Timestamp,
    /// The recorded intent.
    pub intent: IntentId,
    /// Somebody said no meanwhile: the attempt must not disclose anything.
    pub cancelled: Option<Cancellation>,
}

/// A no that arrived while an issuer was at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancellation {
    /// An approver declined.
    Denied(DenialReason),
    /// It was reported.
    Reported {
        /// By whom.
        by: ReportedBy,
        /// When: an attempt stops a while later, and the report was in time if it was then.
        at: Timestamp,
    },
}

/// What is kept about a pass: never its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassRecord {
    /// Its id at Microsoft.
    pub id: String,
    /// When it was made, by Microsoft's clock.
    pub made_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// The intent it was created for.
    pub intent: IntentId,
}

/// See [`State::Disclosed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosed {
    /// The approval.
    pub approved: Approved,
    /// Until when a pass that could not be used can be replaced.
    pub closes_at: Timestamp,
    /// When the pass was given out.
    pub at: Timestamp,
    /// The fence it was given out under.
    pub fence: Fence,
    /// The pass.
    pub pass: PassRecord,
    /// Methods that stayed: anything else that shows up later is new.
    pub kept: Vec<MethodRef>,
}

impl Disclosed {
    /// Those of `methods` that can answer a multi-factor prompt and were not there when the pass was
    /// given out.
    pub fn new_methods(&self, methods: Vec<Method>) -> Vec<Method> {
        methods
            .into_iter()
            .filter(|method| method.method.kind.is_strong() && !self.kept.contains(&method.method))
            .collect()
    }
}

/// Which methods go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Removal {
    /// Everything but the password.
    All,
    /// What Entra's "Require re-register MFA" removes: phones, Authenticator, codes from apps.
    Portal,
}

impl Removal {
    /// Whether a method of this kind goes.
    pub fn covers(self, kind: &MethodKind) -> bool {
        match self {
            Self::All => *kind != MethodKind::Password,
            Self::Portal => kind.goes_with_re_registration(),
        }
    }
}

/// Why an approver declined, or was taken to decline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenialReason {
    /// The approver said no.
    ByApprover {
        /// Who.
        approver: PersonId,
        /// Why.
        why: Decline,
    },
    /// The contact code was wrong three times.
    ContactCodeTriesUsedUp,
}

/// Why an approver says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// They did not reach the person on a number or in a way that they knew before.
    NotReached,
    /// They are not sure that it is the person.
    Unsure,
    /// The person does not need it any more.
    NotNeeded,
    /// Anything else.
    Other,
}

/// Who reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedBy {
    /// The real owner of the account, by a link in a notice.
    Owner,
    /// The security team, by a link in a notice.
    Security,
    /// An approver.
    Approver(PersonId),
}

impl ReportedBy {
    /// Whether the report undoes what was given out: what the owner or the security team says, and never an approver,
    /// since none of them may speak for the owner.
    pub const fn repudiates(&self) -> bool {
        match self {
            Self::Owner | Self::Security => true,
            Self::Approver(_) => false,
        }
    }
}

/// Why an attempt failed in a way that another may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Microsoft did not answer in time, answered with a server error, or asked to wait.
    DirectoryUnavailable,
    /// The issuer vanished; its lease ran out.
    LeaseRanOut,
    /// The rest of the lease was too short to create a pass safely.
    LeaseTooShort,
    /// The directory still shows removed methods.
    RemovalNotConfirmed,
    /// An operator has paused the installation.
    Paused,
}

/// Why a request was aborted: a person must look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbortCause {
    /// A guard that held before does not hold any more.
    GuardChanged(Refusal),
    /// A method could not be removed, or is of an unknown type.
    MethodSurvived,
    /// Microsoft refused for good.
    Permanent,
    /// Three attempts were not enough.
    AttemptsUsedUp,
    /// The pass that was given out was deleted or replaced, and by no attempt of ours.
    PassChanged,
    /// The database was restored from a backup, and what happened since the backup is lost.
    RestoredFromBackup,
}

/// Why nothing came of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LapseCause {
    /// It expired unused.
    PassExpired,
    /// It was used, and nothing was registered.
    NothingRegistered,
}

/// The ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum Ended {
    /// New methods are registered.
    Completed {
        /// When this was seen.
        at: Timestamp,
        /// What had been disclosed.
        disclosed: Disclosed,
        /// The new methods.
        new_methods: Vec<Method>,
    },
    /// Declined.
    Denied {
        /// When.
        at: Timestamp,
        /// Why.
        reason: DenialReason,
    },
    /// The person withdrew.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Reported before anything was disclosed.
    Reported {
        /// When.
        at: Timestamp,
        /// By whom.
        by: ReportedBy,
    },
    /// A deadline passed.
    Expired {
        /// When.
        at: Timestamp,
        /// In which state.
        during: StateName,
    },
    /// It could not be finished safely.
    Aborted {
        /// When.
        at: Timestamp,
        /// Why.
        cause: AbortCause,
    },
    /// It was a rehearsal, and came as far as it could without changing anything.
    Rehearsed {
        /// When.
        at: Timestamp,
        /// The methods that would have been removed.
        methods: Vec<Method>,
    },
    /// Nothing came of the pass.
    Lapsed {
        /// When.
        at: Timestamp,
        /// Why.
        cause: LapseCause,
        /// What had been disclosed.
        disclosed: Disclosed,
    },
    /// The owner repudiated it after disclosure.
    Repudiated {
        /// When.
        at: Timestamp,
        /// What had been disclosed.
        disclosed: Disclosed,
    },
}
