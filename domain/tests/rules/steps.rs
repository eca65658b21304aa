//! What is likely to come next, and what is likely to be wrong about it: for random orders of commands.

use std::time::Duration;

use domain::{
    AbortCause, Actor, Candidate, Command, Fence, LapseCause, Line, MethodKind, PassRecord,
    PlaceInTree, ProofKind, Schedule, Seat, State, StateName, Submission, Timestamp, UserKind,
};

use crate::{
    asked::Asked,
    kit::{
        Case, MANAGER, MINUTE, SECOND, SUBJECT, approve_with, approver, broken_approvers,
        broken_guards, candidate, guards, guards_for, id, intent, method, note_refusal,
        record_reaped, record_removals, release, schedule, submission_for, take_snapshot,
    },
};

/// Somebody who reports to the subject.
pub const BELOW: &str = "barbara";

/// Everybody who might be named as approver, most of them wrongly.
fn candidates(subject: &str) -> Vec<Candidate> {
    let mut guest = candidate("guest");
    guest.person.kind = UserKind::Guest;
    vec![
        candidate(subject),
        read(BELOW),
        guest,
        candidate(MANAGER),
        candidate(SECOND),
        candidate(MANAGER),
    ]
}

/// All of them in one tier, or one after the other.
fn line(subject: &str, pick: u8) -> Line {
    let all = candidates(subject);
    let tiers = match pick % 16 {
        0 => all.into_iter().map(|candidate| vec![candidate]).collect(),
        1 => vec![all[..4].to_vec(), all[4..].to_vec()],
        _ => vec![all],
    };
    Line { tiers }
}

/// A person of that name, as the directory describes them.
pub fn read(name: &str) -> Candidate {
    let mut candidate = candidate(name);
    if name == BELOW {
        candidate.place = PlaceInTree::BelowSubject;
    }
    candidate
}

/// Proofs that are still to be given, all at once; now and then some of them, or some that were given.
fn some_proofs(case: &Case, pick: u8) -> Vec<ProofKind> {
    let policy = case.request.proof_policy();
    let sensible = !pick.is_multiple_of(8);
    ProofKind::ALL
        .into_iter()
        .enumerate()
        .filter(|(place, kind)| {
            let is_open = policy.accepts(*kind) && case.request.proven_kinds().all(|k| k != *kind);
            if sensible {
                is_open
            } else {
                pick >> 4 & (1 << place) != 0
            }
        })
        .map(|(_, kind)| kind)
        .collect()
}

/// What comes next while an attempt runs.
fn during_an_attempt(case: &Case, pick: u8) -> Asked {
    if case.request.is_rehearsal() {
        return [
            Asked::FinishRehearsal,
            Asked::FinishRehearsal,
            Asked::Release,
            Asked::Release,
            Asked::Abort,
            Asked::Deny,
            Asked::ReportByOwner,
            Asked::Disclose,
        ][usize::from(pick % 8)];
    }
    [
        Asked::Disclose,
        Asked::Disclose,
        Asked::Disclose,
        Asked::Disclose,
        Asked::Disclose,
        Asked::Disclose,
        Asked::Release,
        Asked::Release,
        Asked::Release,
        Asked::Release,
        Asked::Deny,
        Asked::ReportByOwner,
        Asked::ReportByApprover,
        Asked::Abort,
        Asked::TakeSnapshot,
        Asked::RecordRemovals,
    ][usize::from(pick % 16)]
}

/// What leads on from where `case` stands, and when.
pub fn onward(case: &Case, pick: u8) -> (Timestamp, Actor, Command) {
    // Most people type a code when the look-up is long finished.
    let looked_up_at = case.request.facts.looked_up_at.unwrap_or(case.now);
    let now = if pick.is_multiple_of(16) {
        case.now
    } else {
        case.now.max(looked_up_at)
    };
    let is_noticed = case.request.facts.notice_accepted_at.is_some();
    let by_name = |asked: Asked| (now, asked.actor(), asked.command(case));
    match &case.request.state {
        State::Proving(_) if case.request.facts.looked_up_at.is_none() => by_name(Asked::Recognise),
        State::Proving(_) if case.request.is_proven() => {
            let submission = Submission {
                guards: guards_for(case.subject_name()),
                line: line(case.subject_name(), pick),
                schedule: Schedule {
                    remind: now + 10 * MINUTE,
                    off_hours: pick.is_multiple_of(7),
                    ..schedule(now)
                },
                risks: Vec::new(),
            };
            (now, Actor::Browser, Command::Submit(submission))
        }
        State::Proving(proving)
            if case.request.mails_codes()
                && !proving.challenge.handed_out
                && !pick.is_multiple_of(16) =>
        {
            by_name(Asked::HandOutCode)
        }
        State::Proving(proving) if proving.challenge.tries_used == 0 && !pick.is_multiple_of(5) => {
            by_name(Asked::SpendProofTry)
        }
        State::Proving(_) => (
            now,
            Actor::Browser,
            Command::PassProofs(some_proofs(case, pick)),
        ),
        State::AwaitingApproval(_) | State::CoolingOff(_) if !is_noticed && pick < 128 => {
            by_name(Asked::AcceptNotice)
        }
        // A pass was given out before, which its owner can still repudiate.
        State::AwaitingApproval(_) if case.request.facts.reopenings > 0 && pick % 16 == 3 => {
            by_name(Asked::ReportByOwner)
        }
        State::AwaitingApproval(awaiting) => {
            // Once in a while from the wrong seat, by the same person, or without a counted try.
            let seat = match pick % 16 {
                0 => Seat::RequestersBrowser,
                _ => Seat::OwnBrowser,
            };
            let has_approved = |name| awaiting.approvals.iter().any(|a| a.approver == id(name));
            let name = match pick % 16 {
                1 => MANAGER,
                _ if has_approved(MANAGER) => SECOND,
                _ => MANAGER,
            };
            let command = match awaiting.tries_used {
                0 if pick % 16 != 2 => Command::SpendContactCodeTry,
                _ => approve_with(guards_for(case.subject_name()), candidate(name)),
            };
            (now, approver(id(name), seat), command)
        }
        State::CoolingOff(cooling) => (now.max(cooling.not_before), Actor::Timer, Command::Tick),
        State::Ready(ready) => {
            let at = ready.retry_at.map_or(now, |at| now.max(at));
            (at, Actor::Browser, Asked::Claim.command(case))
        }
        State::Issuing(_) => by_name(during_an_attempt(case, pick)),
        State::Disclosed(disclosed) => {
            let asked = [
                Asked::Complete,
                Asked::Complete,
                Asked::Lapse,
                Asked::Lapse,
                Asked::Replace,
                Asked::Replace,
                Asked::FindPassMismatch,
                Asked::ReportByOwner,
            ][usize::from(pick % 8)];
            // What only an earlier attempt makes possible is worth a look each second time.
            let asked = match case.request.facts.stray_until {
                Some(until) if now < until && pick < 128 => Asked::FindPassMismatch,
                _ => asked,
            };
            let (_, actor, command) = by_name(asked);
            match asked {
                Asked::Lapse => (now.max(disclosed.pass.expires_at), actor, command),
                _ => (now, actor, command),
            }
        }
        State::Ended(_) => match case.request.state_name() {
            StateName::Lapsed if pick < 192 => by_name(Asked::Reopen),
            _ => by_name(
                [
                    Asked::ReportByOwner,
                    Asked::ReportByApprover,
                    Asked::RecordRemovals,
                ][usize::from(pick % 3)],
            ),
        },
    }
}

/// `command` with another payload; a `twist` below 64 leaves it as it is.
pub fn twisted(command: Command, twist: u8, now: Timestamp) -> Command {
    if twist < 64 {
        return command;
    }
    let nth = usize::from(twist);
    let shifted = |fence: Fence| match twist % 2 {
        0 => fence.next(),
        _ => Fence(fence.0.saturating_sub(1)),
    };
    match command {
        Command::Submit(_) => Command::Submit(Submission {
            guards: broken_guards(now)[nth % 7].0.clone(),
            ..submission_for(SUBJECT)
        }),
        Command::Approve { .. } if twist.is_multiple_of(2) => {
            approve_with(broken_guards(now)[nth % 7].0.clone(), candidate(MANAGER))
        }
        Command::Approve { .. } => {
            approve_with(guards(), broken_approvers(MANAGER)[nth % 8].0.clone())
        }
        Command::Disclose { fence, pass, kept } if twist.is_multiple_of(3) => Command::Disclose {
            fence,
            pass: PassRecord {
                intent: intent(u128::from(twist)),
                ..pass
            },
            kept,
        },
        Command::Disclose { fence, pass, kept } => Command::Disclose {
            fence: shifted(fence),
            pass,
            kept,
        },
        Command::Release {
            fence,
            fault,
            retry_after,
            ..
        } if twist.is_multiple_of(3) => Command::Release {
            fence,
            fault,
            retry_after,
            may_leave_pass: true,
        },
        Command::Release { fence, .. } if twist.is_multiple_of(5) => release(fence, Duration::ZERO),
        Command::Release { fence, .. } => release(shifted(fence), Duration::ZERO),
        Command::Abort { fence, .. } if twist.is_multiple_of(3) => Command::Abort {
            fence,
            cause: AbortCause::GuardChanged(broken_guards(now)[nth % 7].1),
            may_leave_pass: twist.is_multiple_of(2),
        },
        Command::Abort {
            fence,
            cause,
            may_leave_pass,
        } => Command::Abort {
            fence: shifted(fence),
            cause,
            may_leave_pass,
        },
        Command::TakeSnapshot { fence, .. } => take_snapshot(shifted(fence)),
        Command::RecordRemovals { fence, .. } => record_removals(shifted(fence)),
        // The recorded pass is none to reap.
        Command::RecordReaped { fence, .. } if twist.is_multiple_of(3) => {
            record_reaped(fence, &format!("pass-{}", fence.0))
        }
        Command::RecordReaped { fence, .. } => {
            record_reaped(shifted(fence), &format!("orphan-{}", twist % 4))
        }
        Command::FinishRehearsal { fence, methods } => Command::FinishRehearsal {
            fence: shifted(fence),
            methods,
        },
        Command::NoteRefusal { .. } => note_refusal(broken_guards(now)[nth % 7].1),
        Command::FindPassMismatch { fence } => Command::FindPassMismatch {
            fence: shifted(fence),
        },
        Command::Complete { .. } => Command::Complete {
            new_methods: vec![method(MethodKind::Email, "address")],
        },
        Command::Lapse(_) => Command::Lapse(LapseCause::NothingRegistered),
        Command::PassProofs(_) => Command::FailProofs(vec![ProofKind::EmailCode]),
        other => other,
    }
}
