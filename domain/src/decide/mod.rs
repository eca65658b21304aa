//! The one way from a state to the next.

mod approval;
mod chain;
mod ending;
mod issue;
mod proving;

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Command, Effect, Event, PersonId, Request, RequestFacts, Seat, State, StateName,
    Timestamp,
};

pub use proving::{Opening, open};

/// What a command led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The request as it is now.
    pub request: Request,
    /// What happened, for the audit log.
    pub events: Vec<Event>,
    /// What is to be done.
    pub effects: Vec<Effect>,
}

/// Why a command changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// This command is not for this actor.
    #[error("this actor may not do that")]
    ActorMayNot,
    /// The request is in a state in which the command means nothing.
    #[error("the request is {}", .0.as_str())]
    WrongState(StateName),
    /// The time for it is over.
    #[error("the deadline has passed")]
    DeadlinePassed,
    /// The timer came before there was anything to do.
    #[error("nothing is due")]
    NothingDue,
    /// It has happened already.
    #[error("it has happened already")]
    AlreadyDone,

    /// The directory has not said yet whom the identifier means.
    #[error("the look-up is not finished")]
    NotLookedUp,
    /// Nobody was recognised under the identifier.
    #[error("nobody was recognised")]
    SubjectNotRecognised,
    /// The mailed code is too old, or was used.
    #[error("the code has expired")]
    CodeExpired,
    /// The tries are used up until another code is mailed.
    #[error("no tries are left")]
    CodeTriesUsedUp,
    /// No more codes are mailed for this request.
    #[error("no more codes are sent")]
    NoMoreCodes,
    /// What was given is too little to be compared.
    #[error("too few proofs were given at once")]
    TooFewProofs,
    /// Proofs are missing.
    #[error("not enough proofs were passed")]
    NotProven,

    /// The account is not in the directory any more.
    #[error("the subject is gone")]
    SubjectIsGone,
    /// The account may not sign in.
    #[error("the subject is disabled")]
    SubjectIsDisabled,
    /// Guests recover at home.
    #[error("the subject is a guest")]
    SubjectIsGuest,
    /// An operator lets nobody recover this account.
    #[error("the subject is protected")]
    SubjectIsProtected,
    /// Administrators and the like are not recovered this way.
    #[error("the subject is privileged")]
    SubjectIsPrivileged,
    /// A report froze recovery of this account.
    #[error("recovery of the subject is frozen")]
    SubjectIsFrozen,
    /// The tenant's policy would not let this person use a pass.
    #[error("no pass can be used by the subject")]
    PassNotUsable,
    /// The subject has another open request.
    #[error("the subject has another open request")]
    AnotherRequestIsOpen,

    /// Nobody may approve.
    #[error("nobody may approve")]
    NoApprover,
    /// As many requests wait for the approver as may wait for anybody.
    #[error("the approver has too many requests waiting")]
    ApproverIsBusy,
    /// Not one of the approvers who were asked.
    #[error("not an approver of this request")]
    NotAnApprover,
    /// Nobody approves for themselves.
    #[error("the approver is the subject")]
    ApproverIsSubject,
    /// Nobody approves for somebody they report to.
    #[error("the approver reports to the subject")]
    ApproverIsBelowSubject,
    /// Guests do not approve.
    #[error("the approver is a guest")]
    ApproverIsGuest,
    /// Disabled accounts do not approve.
    #[error("the approver is disabled")]
    ApproverIsDisabled,
    /// They are not what they were named for any more: no longer the manager, or not in the group.
    #[error("the approver is not in that role any more")]
    ApproverLostRole,
    /// Whoever was recovered a few days ago approves nobody.
    #[error("the approver was recovered lately")]
    ApproverRecoveredLately,
    /// The subject approved a recovery of theirs lately.
    #[error("the subject approved a recovery of the approver's lately")]
    ApproverOwesSubject,
    /// They have approved as many recoveries as anybody may in a day.
    #[error("the approver has approved too many recoveries today")]
    ApproverAtDailyCap,
    /// They said that they are not the right person.
    #[error("the approver stepped aside")]
    ApproverSteppedAside,
    /// It was handed on too often.
    #[error("it was handed on too often")]
    HandedOnTooOften,
    /// Somebody said that the owner did not ask for this.
    #[error("the request was reported")]
    WasReported,
    /// The browser in which the person asked has nothing of the request any more.
    #[error("the person has left the browser")]
    BrowserWasLeft,
    /// It was taken up again as often as a case can be.
    #[error("the case was taken up again too often")]
    ReopenedTooOften,
    /// There is no way to ask them.
    #[error("the approver has no mail address")]
    ApproverHasNoMail,
    /// An approval from the browser that asked is no second pair of eyes.
    #[error("the approver uses the requester's browser")]
    ApproverInRequestersBrowser,
    /// One person approves once.
    #[error("this approver has approved already")]
    AlreadyApproved,

    /// A failed attempt asks to wait.
    #[error("another attempt makes sense only later")]
    RetryLater,
    /// No more attempts.
    #[error("no attempts are left")]
    AttemptsUsedUp,
    /// The work was done under a fence that is not the current one.
    #[error("another attempt has taken over")]
    StaleFence,
    /// Microsoft does not list the pass on record, so nobody knows whether it was used.
    #[error("the recorded pass is not listed")]
    PassNotListed,
    /// The lease is over.
    #[error("the lease ran out")]
    LeaseRanOut,
    /// Somebody said no meanwhile.
    #[error("cancelled")]
    Cancelled,
    /// A pass was given out: it can only be repudiated, by its owner.
    #[error("a pass was given out already")]
    AlreadyDisclosed,
    /// Nothing may change at Microsoft for this request.
    #[error("the request is a rehearsal")]
    IsRehearsal,
    /// The request is for real.
    #[error("the request is no rehearsal")]
    IsNoRehearsal,
    /// None of the methods is strong.
    #[error("nothing strong was registered")]
    NothingRegistered,
}

/// Decides what `command` by `actor` does to `request` at `now`.
///
/// # Errors
/// A [`Refusal`] when it changes nothing; the request then stays as it is.
pub fn decide(
    request: &Request,
    command: Command,
    actor: &Actor,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    if !actor.may(&command) {
        return Err(Refusal::ActorMayNot);
    }
    match command {
        Command::Recognise { subject, rules } => proving::recognise(request, subject, rules, now),
        Command::RecogniseNobody => proving::recognise_nobody(request, now),
        Command::ResendEmailCode => proving::resend_email_code(request, now),
        Command::HandOutCode { sending } => proving::hand_out_code(request, sending, now),
        Command::SpendProofTry => proving::spend_try(request, now),
        Command::PassProofs(kinds) => proving::pass(request, kinds, now),
        Command::FailProofs(kinds) => proving::fail(request, kinds, now),
        Command::Submit(submission) => chain::submit(request, &submission, now),
        Command::SpendContactCodeTry => approval::spend_try(request, actor, now),
        Command::RefuseContactCode => approval::refuse_code(request, actor, now),
        Command::Approve {
            attestation,
            guards,
            approver,
        } => approval::approve(request, actor, attestation, &guards, &approver, now),
        Command::HandOn {
            from,
            to,
            remind_at,
        } => chain::hand_on(request, actor, (&from, &to), remind_at, now),
        Command::Reopen { by, submission } => chain::reopen(request, actor, &by, &submission, now),
        Command::Deny(why) => ending::deny(request, actor, why, now),
        Command::Report => ending::report(request, actor, now),
        Command::Withdraw => ending::withdraw(request, now),
        Command::LeaveBrowser => ending::leave_browser(request),
        Command::Tick => ending::tick(request, now),
        Command::AcceptNotice => approval::accept_notice(request, now),
        Command::NoteRefusal { refusal, risks } => proving::note_refusal(request, refusal, &risks),
        Command::MissApprover(approver) => chain::miss_approver(request, approver, now),
        Command::Claim { intent } => issue::claim(request, intent, now),
        Command::Replace { intent } => issue::replace(request, intent, now),
        Command::TakeSnapshot { fence, methods } => issue::take_snapshot(request, fence, methods),
        Command::RecordRemovals { fence, removals } => {
            issue::record_removals(request, fence, removals)
        }
        Command::Disclose { fence, pass, kept } => issue::disclose(request, fence, pass, kept, now),
        Command::Release {
            fence,
            fault,
            retry_after,
            may_leave_pass,
        } => {
            let request = issue::stopping(request, fence, may_leave_pass)?;
            issue::release(&request, fence, fault, retry_after, now)
        }
        Command::Abort {
            fence,
            cause,
            may_leave_pass,
        } => {
            let request = issue::stopping(request, fence, may_leave_pass)?;
            issue::abort(&request, fence, cause, now)
        }
        Command::FinishRehearsal { fence, methods } => {
            issue::finish_rehearsal(request, fence, methods, now)
        }
        Command::RecordReaped { fence, pass } => issue::record_reaped(request, fence, pass),
        Command::FindPassMismatch { fence } => issue::find_mismatch(request, fence, now),
        Command::Complete { new_methods } => ending::complete(request, new_methods, now),
        Command::Lapse(cause) => ending::lapse(request, cause, now),
        Command::EndRestored => ending::end_restored(request, now),
    }
}

impl Actor {
    /// Whether `command` is for this actor at all.
    const fn may(&self, command: &Command) -> bool {
        match command {
            Command::Recognise { .. } | Command::RecogniseNobody => {
                matches!(self, Self::Directory)
            }
            Command::ResendEmailCode
            | Command::SpendProofTry
            | Command::PassProofs(_)
            | Command::FailProofs(_)
            | Command::Submit(_)
            | Command::NoteRefusal { .. }
            | Command::Withdraw
            | Command::LeaveBrowser
            | Command::Claim { .. }
            | Command::Replace { .. } => matches!(self, Self::Browser),
            Command::SpendContactCodeTry
            | Command::Approve { .. }
            | Command::RefuseContactCode
            | Command::Deny(_)
            | Command::HandOn { .. }
            | Command::Reopen { .. } => matches!(self, Self::Approver { .. }),
            Command::HandOutCode { .. } => matches!(self, Self::Mailer | Self::Owner),
            Command::Report => {
                matches!(self, Self::Owner | Self::Security | Self::Approver { .. })
            }
            Command::AcceptNotice | Command::MissApprover(_) => matches!(self, Self::Mailer),
            Command::Tick => matches!(self, Self::Timer),
            Command::TakeSnapshot { .. }
            | Command::RecordRemovals { .. }
            | Command::Disclose { .. }
            | Command::Release { .. }
            | Command::Abort { .. }
            | Command::FinishRehearsal { .. }
            | Command::RecordReaped { .. } => matches!(self, Self::Issuer),
            Command::FindPassMismatch { .. } => matches!(self, Self::Issuer | Self::Watcher),
            Command::Complete { .. } | Command::Lapse(_) => matches!(self, Self::Watcher),
            Command::EndRestored => matches!(self, Self::Operator | Self::Timer),
        }
    }

    /// The approver, if `facts` name this actor as one.
    fn approver(&self, facts: &RequestFacts) -> Result<(PersonId, Seat), Refusal> {
        let Self::Approver { id, seat } = self else {
            return Err(Refusal::ActorMayNot);
        };
        if facts.asked().any(|approver| approver.id == *id) {
            Ok((id.clone(), *seat))
        } else {
            Err(Refusal::NotAnApprover)
        }
    }
}

impl Outcome {
    /// `request` moved to `state`, its facts as they were.
    fn state(request: &Request, state: State) -> Self {
        Self::new(request.facts.clone(), state, request.version)
    }

    /// A request with new facts and state, one version on.
    const fn new(facts: RequestFacts, state: State, version: u64) -> Self {
        Self {
            request: Request {
                facts,
                state,
                version: version + 1,
            },
            events: Vec::new(),
            effects: Vec::new(),
        }
    }

    fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// The same, brought about by `cause`, which therefore stands first in the log.
    fn because(mut self, cause: Event) -> Self {
        self.events.insert(0, cause);
        self
    }

    fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    fn effects(mut self, effects: impl IntoIterator<Item = Effect>) -> Self {
        self.effects.extend(effects);
        self
    }
}

impl Request {
    /// The refusal of a command that this request's state has no use for.
    pub(crate) const fn wrong_state(&self) -> Refusal {
        Refusal::WrongState(self.state.name())
    }
}
