//! From submission to the approval that counts.

use super::ending;
use crate::{
    Actor, Alert, Approval, Approved, Approver, Attestation, AwaitingApproval, Candidate,
    CoolingOff, DenialReason, Effect, Ended, Event, GuardReading, Notice, Outcome, PersonId, Ready,
    Refusal, Request, RequestFacts, Seat, State, Subject, Submission, Terms, Timestamp,
};

pub(super) fn submit(
    request: &Request,
    submission: &Submission,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let State::Proving(proving) = &request.state else {
        return Err(request.wrong_state());
    };
    if now >= proving.deadline {
        return Err(Refusal::DeadlinePassed);
    }
    if !request.is_proven() {
        return Err(Refusal::NotProven);
    }
    let subject = subject(request)?;
    submission.guards.hold(subject, now)?;
    let approvers = eligible(&submission.candidates, subject);
    if approvers.len() < usize::from(request.facts.terms.required_approvals) {
        return Err(Refusal::NoApprover);
    }
    let facts = RequestFacts {
        approvers,
        ..request.facts.clone()
    };
    Ok(ask(facts, request.version, now))
}

/// The candidates whom the rules allow, each once.
fn eligible(candidates: &[Candidate], subject: &Subject) -> Vec<Approver> {
    let mut approvers: Vec<Approver> = Vec::new();
    for approver in candidates
        .iter()
        .filter_map(|candidate| candidate.approver_for(subject).ok())
    {
        if approvers.iter().all(|known| known.id != approver.id) {
            approvers.push(approver);
        }
    }
    approvers
}

/// The request waiting for its approvers, who are asked. The owner is told, each time: what a mail
/// server accepted for an earlier round says nothing about this one, and neither does a report.
fn ask(facts: RequestFacts, version: u64, now: Timestamp) -> Outcome {
    let deadline = now + facts.terms.approval;
    let facts = RequestFacts {
        notice_accepted_at: None,
        reported_at: None,
        ..facts
    };
    let approvers: Vec<_> = facts
        .approvers
        .iter()
        .map(|approver| approver.id.clone())
        .collect();
    let state = State::AwaitingApproval(AwaitingApproval {
        asked_at: now,
        deadline,
        tries_used: 0,
        approvals: Vec::new(),
    });
    let asked = approvers
        .iter()
        .cloned()
        .map(|approver| Effect::AskApprover { approver });
    Outcome::new(facts, state, version)
        .effects(asked)
        .event(Event::Submitted {
            approvers,
            deadline,
        })
        .effect(Effect::NotifyOwner {
            notice: Notice::Submitted,
        })
}

fn subject(request: &Request) -> Result<&Subject, Refusal> {
    request
        .facts
        .subject
        .as_ref()
        .ok_or(Refusal::SubjectNotRecognised)
}

/// The state, if it is still time to decide.
fn awaiting(request: &Request, now: Timestamp) -> Result<&AwaitingApproval, Refusal> {
    let State::AwaitingApproval(awaiting) = &request.state else {
        return Err(request.wrong_state());
    };
    if now < awaiting.deadline {
        Ok(awaiting)
    } else {
        Err(Refusal::DeadlinePassed)
    }
}

pub(super) fn spend_try(
    request: &Request,
    actor: &Actor,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let (_, seat) = actor.approver(&request.facts)?;
    let awaiting = awaiting(request, now)?;
    if seat == Seat::RequestersBrowser {
        return Err(Refusal::ApproverInRequestersBrowser);
    }
    if awaiting.tries_used >= Terms::MAX_TRIES {
        // The third verdict was never kept, for instance after a crash: it counts as wrong.
        return Ok(deny_by_code(request, awaiting.tries_used, now));
    }
    let tries_used = awaiting.tries_used + 1;
    let state = State::AwaitingApproval(AwaitingApproval {
        tries_used,
        ..awaiting.clone()
    });
    Ok(Outcome::state(request, state).event(Event::ContactCodeTrySpent { tries_used }))
}

pub(super) fn refuse_code(
    request: &Request,
    actor: &Actor,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    actor.approver(&request.facts)?;
    let awaiting = awaiting(request, now)?;
    let tries_used = awaiting.tries_used;
    if tries_used >= Terms::MAX_TRIES {
        return Ok(deny_by_code(request, tries_used, now));
    }
    Ok(Outcome::state(request, request.state.clone())
        .event(Event::ContactCodeRefused { tries_used }))
}

fn deny_by_code(request: &Request, tries_used: u8, now: Timestamp) -> Outcome {
    ending::denied(request, DenialReason::ContactCodeTriesUsedUp, now)
        .because(Event::ContactCodeRefused { tries_used })
        .effect(Effect::AlertAdmins {
            alert: Alert::ContactCodeTriesUsedUp,
        })
}

pub(super) fn approve(
    request: &Request,
    actor: &Actor,
    attestation: Attestation,
    guards: &GuardReading,
    approver: &Candidate,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let (id, seat) = actor.approver(&request.facts)?;
    let awaiting = awaiting(request, now)?;
    if seat == Seat::RequestersBrowser {
        return Err(Refusal::ApproverInRequestersBrowser);
    }
    if approver.person.id != id {
        return Err(Refusal::NotAnApprover);
    }
    if awaiting.tries_used == 0 {
        // A code that was not counted before it was compared was not checked by the rules.
        return Err(Refusal::ActorMayNot);
    }
    let subject = subject(request)?;
    approver.approver_for(subject)?;
    guards.hold(subject, now)?;
    if awaiting
        .approvals
        .iter()
        .any(|approval| approval.approver == id)
    {
        return Err(Refusal::AlreadyApproved);
    }
    let mut approvals = awaiting.approvals.clone();
    approvals.push(Approval {
        approver: id.clone(),
        at: now,
        attestation,
    });
    let given = Event::Approved {
        approver: id,
        attestation,
    };
    if approvals.len() < usize::from(request.facts.terms.required_approvals) {
        // Each approval needs a counted try of its own: the next approver neither rides on this one's
        // nor pays for them.
        let state = State::AwaitingApproval(AwaitingApproval {
            tries_used: 0,
            approvals,
            ..awaiting.clone()
        });
        return Ok(Outcome::state(request, state).event(given));
    }
    let terms = &request.facts.terms;
    let approval = Approved {
        approvals,
        attempts: 0,
    };
    let (state, next) = if terms.cool_off.is_zero() && request.facts.notice_accepted_at.is_some() {
        ready(approval, request, now)
    } else {
        let not_before = now + terms.cool_off;
        let cooling = CoolingOff {
            approved: approval,
            not_before,
            deadline: not_before + terms.approval,
        };
        (
            State::CoolingOff(cooling),
            Event::CoolingOffStarted { not_before },
        )
    };
    Ok(Outcome::state(request, state)
        .event(given)
        .event(next)
        .effect(Effect::NotifyOwner {
            notice: Notice::Approved,
        }))
}

/// The claim window, open from now.
pub(super) fn ready(approved: Approved, request: &Request, now: Timestamp) -> (State, Event) {
    let closes_at = now + request.facts.terms.claim;
    (
        State::Ready(Ready {
            approved,
            closes_at,
            retry_at: None,
        }),
        Event::BecameReady { closes_at },
    )
}

pub(super) fn accept_notice(request: &Request, now: Timestamp) -> Result<Outcome, Refusal> {
    if request.facts.notice_accepted_at.is_some() {
        return Err(Refusal::AlreadyDone);
    }
    if !request.occupies_subject() {
        return Err(request.wrong_state());
    }
    let facts = RequestFacts {
        notice_accepted_at: Some(now),
        ..request.facts.clone()
    };
    Ok(Outcome::new(facts, request.state.clone(), request.version).event(Event::NoticeAccepted))
}

pub(super) fn reopen(request: &Request, actor: &Actor, now: Timestamp) -> Result<Outcome, Refusal> {
    let (approver, seat) = actor.approver(&request.facts)?;
    let State::Ended(Ended::Lapsed { .. }) = &request.state else {
        return Err(request.wrong_state());
    };
    if seat == Seat::RequestersBrowser {
        return Err(Refusal::ApproverInRequestersBrowser);
    }
    Ok(ask(request.facts.clone(), request.version, now).because(Event::Reopened { approver }))
}

pub(super) fn miss_approver(request: &Request, approver: PersonId) -> Result<Outcome, Refusal> {
    let State::AwaitingApproval(_) = &request.state else {
        return Err(request.wrong_state());
    };
    Ok(Outcome::state(request, request.state.clone())
        .event(Event::ApproverNotReached { approver })
        .effect(Effect::AlertAdmins {
            alert: Alert::ApproverNotReached,
        }))
}
