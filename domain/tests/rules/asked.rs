//! Every command by name, each with a valid payload, its right actor and its time.

use domain::{Actor, Command, LapseCause, ProofKind, Refusal, State};

use crate::kit::{
    COLLEAGUE, Case, MANAGER, MINUTE, PASS_LIFETIME, abort, approve_with, by, candidate, claim,
    complete, decline, disclose, finish_rehearsal, guards_for, hand_on, id, intent, note_refusal,
    own_rules, record_reaped, record_removals, release, reopen_for, subject_named, submission_for,
    take_snapshot,
};

/// Declares the names, and the list of them all.
macro_rules! asked {
    ($($name:ident),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Asked { $($name),* }

        impl Asked {
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

asked! {
    Recognise,
    RecogniseNobody,
    ResendEmailCode,
    HandOutCode,
    SpendProofTry,
    PassProof,
    FailProof,
    Submit,
    NoteRefusal,
    SpendContactCodeTry,
    RefuseContactCode,
    Approve,
    Deny,
    HandOn,
    ReportByOwner,
    ReportByApprover,
    Withdraw,
    LeaveBrowser,
    AcceptNotice,
    MissApprover,
    Tick,
    TickWhenDue,
    Claim,
    Replace,
    TakeSnapshot,
    RecordRemovals,
    Disclose,
    Release,
    Abort,
    FinishRehearsal,
    RecordReaped,
    FindPassMismatch,
    Complete,
    Lapse,
    Reopen,
    EndRestored,
}

impl Asked {
    /// The name of a command. A new command does not compile until it has one, and then fails the
    /// tests until it has its rows.
    pub const fn of(command: &Command) -> Self {
        match command {
            Command::Recognise { .. } => Self::Recognise,
            Command::RecogniseNobody => Self::RecogniseNobody,
            Command::ResendEmailCode => Self::ResendEmailCode,
            Command::HandOutCode { .. } => Self::HandOutCode,
            Command::SpendProofTry => Self::SpendProofTry,
            Command::PassProofs(_) => Self::PassProof,
            Command::FailProofs(_) => Self::FailProof,
            Command::Submit(_) => Self::Submit,
            Command::NoteRefusal { .. } => Self::NoteRefusal,
            Command::SpendContactCodeTry => Self::SpendContactCodeTry,
            Command::Approve { .. } => Self::Approve,
            Command::RefuseContactCode => Self::RefuseContactCode,
            Command::Deny(_) => Self::Deny,
            Command::HandOn { .. } => Self::HandOn,
            Command::Report => Self::ReportByOwner,
            Command::Withdraw => Self::Withdraw,
            Command::LeaveBrowser => Self::LeaveBrowser,
            Command::AcceptNotice => Self::AcceptNotice,
            Command::MissApprover(_) => Self::MissApprover,
            Command::Tick => Self::Tick,
            Command::Claim { .. } => Self::Claim,
            Command::Replace { .. } => Self::Replace,
            Command::TakeSnapshot { .. } => Self::TakeSnapshot,
            Command::RecordRemovals { .. } => Self::RecordRemovals,
            Command::Disclose { .. } => Self::Disclose,
            Command::Release { .. } => Self::Release,
            Command::Abort { .. } => Self::Abort,
            Command::FinishRehearsal { .. } => Self::FinishRehearsal,
            Command::RecordReaped { .. } => Self::RecordReaped,
            Command::FindPassMismatch { .. } => Self::FindPassMismatch,
            Command::Complete { .. } => Self::Complete,
            Command::Lapse(_) => Self::Lapse,
            Command::Reopen { .. } => Self::Reopen,
            Command::EndRestored => Self::EndRestored,
        }
    }

    /// The command, as the running server would put it to `case`: under the current fence.
    pub fn command(self, case: &Case) -> Command {
        let fence = case.request.facts.fence;
        match self {
            Self::Recognise => Command::Recognise {
                subject: subject_named(case.subject_name()),
                rules: own_rules(&case.request.facts.terms),
            },
            Self::RecogniseNobody => Command::RecogniseNobody,
            Self::ResendEmailCode => Command::ResendEmailCode,
            Self::HandOutCode => Command::HandOutCode {
                sending: match &case.request.state {
                    State::Proving(proving) => proving.challenge.sending,
                    _ => 1,
                },
            },
            Self::SpendProofTry => Command::SpendProofTry,
            Self::PassProof => Command::PassProofs(vec![ProofKind::EmailCode]),
            Self::FailProof => Command::FailProofs(vec![ProofKind::EmailCode]),
            Self::Submit => Command::Submit(submission_for(case.subject_name())),
            Self::NoteRefusal => note_refusal(Refusal::SubjectIsPrivileged),
            Self::SpendContactCodeTry => Command::SpendContactCodeTry,
            Self::RefuseContactCode => Command::RefuseContactCode,
            Self::Approve => approve_with(guards_for(case.subject_name()), candidate(MANAGER)),
            Self::Deny => decline(),
            Self::HandOn => hand_on(MANAGER, COLLEAGUE),
            Self::ReportByOwner | Self::ReportByApprover => Command::Report,
            Self::Withdraw => Command::Withdraw,
            Self::LeaveBrowser => Command::LeaveBrowser,
            Self::AcceptNotice => Command::AcceptNotice,
            Self::MissApprover => Command::MissApprover(id(MANAGER)),
            Self::Tick | Self::TickWhenDue => Command::Tick,
            Self::Claim => claim(intent(u128::from(fence.next().0))),
            Self::Replace => Command::Replace {
                intent: intent(u128::from(fence.next().0)),
            },
            Self::TakeSnapshot => take_snapshot(fence),
            Self::RecordRemovals => record_removals(fence),
            Self::Disclose => {
                let running = match &case.request.state {
                    State::Issuing(issuing) => issuing.intent,
                    _ => intent(u128::from(fence.0)),
                };
                disclose(fence, running, case.now)
            }
            Self::Release => release(fence, MINUTE),
            Self::Abort => abort(fence),
            Self::FinishRehearsal => finish_rehearsal(fence),
            Self::RecordReaped => record_reaped(fence, "orphan"),
            Self::FindPassMismatch => Command::FindPassMismatch { fence },
            Self::Complete => complete(),
            Self::Lapse => Command::Lapse(LapseCause::PassExpired),
            Self::Reopen => reopen_for(case.subject_name(), MANAGER),
            Self::EndRestored => Command::EndRestored,
        }
    }

    /// Who asks for it.
    pub fn actor(self) -> Actor {
        match self {
            Self::Recognise | Self::RecogniseNobody => Actor::Directory,
            Self::ResendEmailCode
            | Self::SpendProofTry
            | Self::PassProof
            | Self::FailProof
            | Self::Submit
            | Self::NoteRefusal
            | Self::Withdraw
            | Self::LeaveBrowser
            | Self::Claim
            | Self::Replace => Actor::Browser,
            Self::SpendContactCodeTry
            | Self::RefuseContactCode
            | Self::Approve
            | Self::Deny
            | Self::HandOn
            | Self::ReportByApprover
            | Self::Reopen => by(MANAGER),
            Self::ReportByOwner => Actor::Owner,
            Self::HandOutCode | Self::AcceptNotice | Self::MissApprover => Actor::Mailer,
            Self::Tick | Self::TickWhenDue => Actor::Timer,
            Self::TakeSnapshot
            | Self::RecordRemovals
            | Self::Disclose
            | Self::Release
            | Self::Abort
            | Self::FinishRehearsal
            | Self::RecordReaped
            | Self::FindPassMismatch => Actor::Issuer,
            Self::Complete | Self::Lapse => Actor::Watcher,
            Self::EndRestored => Actor::Operator,
        }
    }

    /// `case` at the time at which this is asked.
    pub fn timed(self, case: Case) -> Case {
        match (self, case.request.due_at()) {
            (Self::TickWhenDue, Some(due)) => case.at(due),
            (Self::Lapse, _) => case.after(PASS_LIFETIME),
            _ => case,
        }
    }
}
