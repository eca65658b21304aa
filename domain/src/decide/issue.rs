//! The life of an issue attempt, under its fence and lease.

use std::time::Duration;

use super::ending;
use crate::{
    AbortCause, Alert, Approved, Cancellation, CleanUp, Disclosed, Effect, Ended, Event, Fault,
    Fence, IntentId, Issuing, Method, MethodRef, MethodRemoval, Notice, Outcome, PassRecord, Ready,
    Refusal, Request, RequestFacts, State, Terms, Timestamp,
};

pub(super) fn claim(
    request: &Request,
    intent: IntentId,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let State::Ready(ready) = &request.state else {
        return Err(request.wrong_state());
    };
    if ready.retry_at.is_some_and(|at| now < at) {
        return Err(Refusal::RetryLater);
    }
    start(request, &ready.approved, ready.closes_at, intent, now)
}

pub(super) fn replace(
    request: &Request,
    intent: IntentId,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let State::Disclosed(disclosed) = &request.state else {
        return Err(request.wrong_state());
    };
    start(
        request,
        &disclosed.approved,
        disclosed.closes_at,
        intent,
        now,
    )
}

fn start(
    request: &Request,
    approved: &Approved,
    closes_at: Timestamp,
    intent: IntentId,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    if now >= closes_at {
        return Err(Refusal::DeadlinePassed);
    }
    if approved.attempts >= Terms::MAX_ATTEMPTS {
        return Err(Refusal::AttemptsUsedUp);
    }
    let fence = request.facts.fence.next();
    let attempt = approved.attempts + 1;
    let mut facts = RequestFacts {
        fence,
        ..request.facts.clone()
    };
    let is_rehearsal = facts.is_rehearsal();
    if !is_rehearsal {
        facts.claimed_at = facts.claimed_at.or(Some(now));
    }
    // Nothing that a rehearsal does can leave a pass behind.
    let reap = (!is_rehearsal).then(|| Effect::Reap {
        fence,
        from: now + facts.terms.lease,
    });
    let lease_until = now + facts.terms.lease;
    let approved = Approved {
        attempts: attempt,
        ..approved.clone()
    };
    let issuing = Issuing {
        approved,
        closes_at,
        fence,
        lease_until,
        intent,
        cancelled: None,
    };
    Ok(
        Outcome::new(facts, State::Issuing(issuing), request.version)
            .event(Event::IssueStarted {
                fence,
                intent,
                attempt,
            })
            .effects(reap),
    )
}

/// The attempt, if `fence` is its own.
fn issuing(request: &Request, fence: Fence) -> Result<&Issuing, Refusal> {
    let State::Issuing(issuing) = &request.state else {
        return Err(request.wrong_state());
    };
    if issuing.fence == fence {
        Ok(issuing)
    } else {
        Err(Refusal::StaleFence)
    }
}

pub(super) fn take_snapshot(
    request: &Request,
    fence: Fence,
    methods: Vec<Method>,
) -> Result<Outcome, Refusal> {
    issuing(request, fence)?;
    Ok(Outcome::state(request, request.state.clone())
        .event(Event::SnapshotTaken { fence, methods }))
}

pub(super) fn record_removals(
    request: &Request,
    fence: Fence,
    removals: Vec<MethodRemoval>,
) -> Result<Outcome, Refusal> {
    for_real(request)?;
    given_out(request, fence)?;
    let mut facts = request.facts.clone();
    facts.removals.extend(removals.iter().cloned());
    Ok(Outcome::new(facts, request.state.clone(), request.version)
        .event(Event::MethodsRemoved { fence, removals }))
}

pub(super) fn record_reaped(
    request: &Request,
    fence: Fence,
    pass: String,
) -> Result<Outcome, Refusal> {
    for_real(request)?;
    given_out(request, fence)?;
    if request.facts.reaped.contains(&pass) {
        return Err(Refusal::AlreadyDone);
    }
    let recorded = request.facts.disclosed.as_ref();
    if recorded.is_some_and(|disclosed| disclosed.pass.id == pass) {
        return Err(Refusal::AlreadyDisclosed);
    }
    let mut facts = request.facts.clone();
    facts.reaped.push(pass.clone());
    Ok(Outcome::new(facts, request.state.clone(), request.version)
        .event(Event::PassReaped { fence, pass }))
}

/// Refuses what a rehearsal never leads to.
fn for_real(request: &Request) -> Result<(), Refusal> {
    if request.is_rehearsal() {
        Err(Refusal::IsRehearsal)
    } else {
        Ok(())
    }
}

/// Refuses a fence that no attempt had. What was done under any other is kept even if that attempt has
/// lost its lease meanwhile.
fn given_out(request: &Request, fence: Fence) -> Result<(), Refusal> {
    if fence == Fence::default() || fence > request.facts.fence {
        Err(Refusal::StaleFence)
    } else {
        Ok(())
    }
}

pub(super) fn disclose(
    request: &Request,
    fence: Fence,
    pass: PassRecord,
    mut kept: Vec<MethodRef>,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let issuing = issuing(request, fence)?;
    for_real(request)?;
    if let Some(earlier) = request.repudiable(now) {
        // What came by an earlier pass is new, not kept.
        kept.retain(|method| earlier.kept.contains(method));
    }
    if pass.intent != issuing.intent {
        // Each pass stands for the one intent that was recorded before it was created.
        return Err(Refusal::StaleFence);
    }
    if issuing.cancelled.is_some() {
        return Err(Refusal::Cancelled);
    }
    if now >= issuing.lease_until {
        return Err(Refusal::LeaseRanOut);
    }
    let event = Event::Disclosed {
        fence,
        pass: pass.id.clone(),
        expires_at: pass.expires_at,
    };
    let disclosed = Disclosed {
        approved: issuing.approved.clone(),
        closes_at: issuing.closes_at,
        at: now,
        fence,
        pass,
        kept,
    };
    let facts = RequestFacts {
        disclosed: Some(disclosed.clone()),
        ..request.facts.clone()
    };
    Ok(
        Outcome::new(facts, State::Disclosed(disclosed), request.version)
            .event(event)
            .effect(Effect::NotifyOwner {
                notice: Notice::Disclosed,
            }),
    )
}

/// The request as the attempt under `fence` leaves it.
pub(super) fn stopping(
    request: &Request,
    fence: Fence,
    may_leave_pass: bool,
) -> Result<Request, Refusal> {
    let issuing = issuing(request, fence)?;
    Ok(if may_leave_pass {
        leaving_pass(request, issuing)
    } else {
        request.clone()
    })
}

/// The request as an attempt leaves it of which a pass may come that is on no record.
pub(super) fn leaving_pass(request: &Request, issuing: &Issuing) -> Request {
    let mut request = request.clone();
    if request.is_rehearsal() {
        return request;
    }
    let stray_until = issuing.lease_until + Terms::LATENESS;
    request.facts.stray_until = request.facts.stray_until.max(Some(stray_until));
    request
}

pub(super) fn release(
    request: &Request,
    fence: Fence,
    fault: Fault,
    retry_after: Duration,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    Ok(fail(
        request,
        issuing(request, fence)?,
        fault,
        retry_after,
        now,
    ))
}

/// What becomes of an attempt that failed in a way that another may not.
pub(super) fn fail(
    request: &Request,
    issuing: &Issuing,
    fault: Fault,
    retry_after: Duration,
    now: Timestamp,
) -> Outcome {
    let failed = Event::IssueFailed {
        fence: issuing.fence,
        fault,
    };
    if let Some(cancellation) = &issuing.cancelled {
        return ending::cancelled(request, cancellation, now).because(failed);
    }
    if issuing.approved.attempts >= Terms::MAX_ATTEMPTS {
        return aborted(request, AbortCause::AttemptsUsedUp, now).because(failed);
    }
    let ready = Ready {
        approved: issuing.approved.clone(),
        closes_at: issuing.closes_at,
        retry_at: (!retry_after.is_zero()).then(|| now + retry_after),
    };
    Outcome::state(request, State::Ready(ready)).event(failed)
}

pub(super) fn abort(
    request: &Request,
    fence: Fence,
    cause: AbortCause,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let issuing = issuing(request, fence)?;
    Ok(match &issuing.cancelled {
        Some(cancellation) => ending::cancelled(request, cancellation, now),
        None => aborted(request, cause, now),
    })
}

/// Where an account would be changed, a rehearsal is over.
pub(super) fn finish_rehearsal(
    request: &Request,
    fence: Fence,
    methods: Vec<Method>,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let issuing = issuing(request, fence)?;
    if !request.is_rehearsal() {
        return Err(Refusal::IsNoRehearsal);
    }
    if let Some(cancellation) = &issuing.cancelled {
        return Ok(ending::cancelled(request, cancellation, now));
    }
    if now >= issuing.lease_until {
        return Err(Refusal::LeaseRanOut);
    }
    let ended = Ended::Rehearsed {
        at: now,
        methods: methods.clone(),
    };
    Ok(Outcome::state(request, State::Ended(ended)).event(Event::Rehearsed { fence, methods }))
}

pub(super) fn aborted(request: &Request, cause: AbortCause, now: Timestamp) -> Outcome {
    let outcome = stopped(request, cause.clone(), now);
    if !request.touched_account() {
        return outcome;
    }
    outcome
        .effect(Effect::CleanUp {
            clean_up: CleanUp::RemovePass,
        })
        .effect(Effect::AlertAdmins {
            alert: Alert::Aborted { cause },
        })
}

/// Aborted, with nothing to do about it: no attempt was made.
pub(super) fn stopped(request: &Request, cause: AbortCause, now: Timestamp) -> Outcome {
    Outcome::state(
        request,
        State::Ended(Ended::Aborted {
            at: now,
            cause: cause.clone(),
        }),
    )
    .event(Event::Aborted { cause })
}

pub(super) fn find_mismatch(
    request: &Request,
    fence: Fence,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let State::Disclosed(disclosed) = &request.state else {
        return Err(request.wrong_state());
    };
    if disclosed.fence != fence {
        return Err(Refusal::StaleFence);
    }
    let found = Event::PassMismatchFound { fence };
    if request.facts.stray_until.is_none_or(|until| now >= until) {
        // Somebody has deleted or replaced it by hand, so nobody claims another without their say.
        return Ok(aborted(request, AbortCause::PassChanged, now).because(found));
    }
    if disclosed.approved.attempts >= Terms::MAX_ATTEMPTS {
        return Ok(aborted(request, AbortCause::AttemptsUsedUp, now).because(found));
    }
    let ready = Ready {
        approved: disclosed.approved.clone(),
        closes_at: disclosed.closes_at,
        retry_at: None,
    };
    Ok(Outcome::state(request, State::Ready(ready))
        .event(found)
        .effect(Effect::AlertAdmins {
            alert: Alert::PassMismatch,
        })
        .effect(Effect::Reap { fence, from: now }))
}

/// Marks the running attempt as one that must not disclose anything.
pub(super) fn cancel(request: &Request, issuing: &Issuing, cancellation: Cancellation) -> Outcome {
    let fence = issuing.fence;
    let state = State::Issuing(Issuing {
        cancelled: Some(cancellation),
        ..issuing.clone()
    });
    Outcome::state(request, state).event(Event::IssueCancelled { fence })
}
