//! The approval that counts.

use super::ending;
use crate::{
    Actor, Alert, Approval, Approved, Attestation, AwaitingApproval, Candidate, CoolingOff,
    DenialReason, Effect, Event, GuardReading, Notice, Outcome, Ready, Refusal, Request,
    RequestFacts, Seat, State, Subject, Terms, Timestamp, chain::wanted,
};

pub(super) fn subject(request: &Request) -> Result<&Subject, Refusal> {
    request
        .facts
        .subject
        .as_ref()
        .ok_or(Refusal::SubjectNotRecognised)
}

/// The state, if it is still time to decide.
pub(super) fn awaiting(request: &Request, now: Timestamp) -> Result<&AwaitingApproval, Refusal> {
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
    let facts = &request.facts;
    request.may_be_approved_by(approver, guards, now)?;
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
    if approvals.len() < facts.required_approvals() {
        // Each approval needs a counted try of its own: the next approver neither rides on this one's
        // nor pays for them.
        let state = State::AwaitingApproval(AwaitingApproval {
            tries_used: 0,
            plan: wanted(awaiting.plan.clone(), facts, &approvals),
            approvals,
            ..awaiting.clone()
        });
        return Ok(Outcome::state(request, state).event(given));
    }
    let cool_off = facts.cool_off();
    let approval = Approved {
        approvals,
        attempts: 0,
    };
    let (state, next) = if cool_off.is_zero() && facts.notice_accepted_at.is_some() {
        ready(approval, request, now)
    } else {
        let not_before = now + cool_off;
        let cooling = CoolingOff {
            approved: approval,
            not_before,
            deadline: not_before + facts.terms.approval,
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
