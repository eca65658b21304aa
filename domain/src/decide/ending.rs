//! The ends, and what the passing of time leads to.

use std::time::Duration;

use super::{approval, chain, issue};
use crate::{
    AbortCause, Actor, Alert, Cancellation, CleanUp, Decline, DenialReason, Effect, Ended, Event,
    Fault, LapseCause, Method, Notice, Outcome, ProofKind, Refusal, ReportedBy, Request, State,
    Terms, Timestamp, guard::FREEZE,
};

pub(super) fn deny(
    request: &Request,
    actor: &Actor,
    why: Decline,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let (approver, _) = actor.approver(&request.facts)?;
    let reason = DenialReason::ByApprover { approver, why };
    match &request.state {
        State::AwaitingApproval(_) | State::CoolingOff(_) | State::Ready(_) => {
            Ok(denied(request, reason, now))
        }
        State::Issuing(issuing) if issuing.cancelled.is_some() => Err(Refusal::AlreadyDone),
        State::Issuing(issuing) => Ok(issue::cancel(
            request,
            issuing,
            Cancellation::Denied(reason),
        )),
        State::Disclosed(_) => Err(Refusal::AlreadyDisclosed),
        State::Proving(_) | State::Ended(_) => Err(request.wrong_state()),
    }
}

pub(super) fn denied(request: &Request, reason: DenialReason, now: Timestamp) -> Outcome {
    Outcome::state(
        request,
        State::Ended(Ended::Denied {
            at: now,
            reason: reason.clone(),
        }),
    )
    .event(Event::Denied { reason })
    .effects(after_claim(request))
}

pub(super) fn report(request: &Request, actor: &Actor, now: Timestamp) -> Result<Outcome, Refusal> {
    let by = match actor {
        Actor::Owner => ReportedBy::Owner,
        Actor::Security => ReportedBy::Security,
        _ => ReportedBy::Approver(actor.approver(&request.facts)?.0),
    };
    match &request.state {
        State::Issuing(issuing) => match &issuing.cancelled {
            // An approver does not repudiate, so that their report must not stand in for the owner's.
            Some(Cancellation::Reported { by: earlier, .. })
                if earlier.repudiates() || !by.repudiates() =>
            {
                Err(Refusal::AlreadyDone)
            }
            _ => {
                let cancellation = Cancellation::Reported {
                    by: by.clone(),
                    at: now,
                };
                let cancelled = issue::cancel(request, issuing, cancellation);
                Ok(raise_alarm(cancelled, by, now))
            }
        },
        State::Ended(Ended::Repudiated { .. }) => Err(Refusal::AlreadyDone),
        _ if by.repudiates() && request.repudiable(now).is_some() => Ok(raise_alarm(
            stopped_by_report(request, by.clone(), now, now),
            by,
            now,
        )),
        State::Proving(_) | State::AwaitingApproval(_) | State::CoolingOff(_) | State::Ready(_) => {
            Ok(raise_alarm(
                stopped_by_report(request, by.clone(), now, now),
                by,
                now,
            ))
        }
        State::Disclosed(_) | State::Ended(_) if request.facts.reported_at.is_some() => {
            Err(Refusal::AlreadyDone)
        }
        // Nothing is left to stop, but whoever asked may ask again: the account is guarded and
        // somebody looks.
        State::Disclosed(_) | State::Ended(_) => Ok(raise_alarm(
            Outcome::state(request, request.state.clone())
                .event(Event::Reported { by: by.clone() }),
            by,
            now,
        )),
    }
}

/// The end that a report of `reported_at` leads to: repudiation by the owner or the security team when a pass was given out,
/// whatever has become of the request since. An attempt stops a while after the report; they were in time if the report was.
fn stopped_by_report(
    request: &Request,
    by: ReportedBy,
    reported_at: Timestamp,
    now: Timestamp,
) -> Outcome {
    match request.repudiable(reported_at) {
        Some(disclosed) if by.repudiates() => Outcome::state(
            request,
            State::Ended(Ended::Repudiated {
                at: now,
                disclosed: disclosed.clone(),
            }),
        )
        .event(Event::Repudiated)
        .effect(Effect::CleanUp {
            clean_up: CleanUp::Repudiate,
        })
        .effect(Effect::AlertAdmins {
            alert: Alert::Repudiated,
        }),
        _ => Outcome::state(
            request,
            State::Ended(Ended::Reported {
                at: now,
                by: by.clone(),
            }),
        )
        .event(Event::Reported { by })
        .effects(after_claim(request)),
    }
}

/// Keeps the account from being recovered for a while, and tells the administrators. Nobody is frozen
/// before somebody was recognised. Whoever used a saved code has the others as well, so none works any more.
fn raise_alarm(outcome: Outcome, by: ReportedBy, now: Timestamp) -> Outcome {
    let mut outcome = outcome;
    let facts = &mut outcome.request.facts;
    facts.reported_at = facts.reported_at.or(Some(now));
    let voids_codes = facts
        .proven_kinds()
        .any(|kind| kind == ProofKind::RecoveryCode);
    let freeze = facts.subject.as_ref().map(|_| Effect::FreezeSubject {
        until: now + FREEZE,
        voids_codes,
    });
    let told = voids_codes.then_some(Effect::NotifyOwner {
        notice: Notice::SavedCodesVoided,
    });
    outcome
        .effects(freeze)
        .effects(told)
        .effect(Effect::AlertAdmins {
            alert: Alert::Reported { by },
        })
}

pub(super) fn withdraw(request: &Request, now: Timestamp) -> Result<Outcome, Refusal> {
    if !request.may_withdraw() {
        return Err(request.wrong_state());
    }
    Ok(
        Outcome::state(request, State::Ended(Ended::Withdrawn { at: now }))
            .event(Event::Withdrawn)
            .effects(after_claim(request)),
    )
}

/// The browser has nothing of the request any more. What is open goes on: it may have been somebody else's tab.
pub(super) fn leave_browser(request: &Request) -> Result<Outcome, Refusal> {
    match &request.state {
        _ if request.facts.browser_left => Err(Refusal::AlreadyDone),
        State::Disclosed(_) | State::Ended(_) => {
            let mut facts = request.facts.clone();
            facts.browser_left = true;
            Ok(Outcome::new(facts, request.state.clone(), request.version)
                .event(Event::BrowserLeft))
        }
        _ => Err(request.wrong_state()),
    }
}

/// The end that a no during an attempt leads to, once the attempt has stopped.
pub(super) fn cancelled(request: &Request, cancellation: &Cancellation, now: Timestamp) -> Outcome {
    match cancellation {
        Cancellation::Denied(reason) => denied(request, reason.clone(), now),
        // The freeze and the alert went out when it was reported.
        Cancellation::Reported { by, at } => stopped_by_report(request, by.clone(), *at, now),
    }
}

/// What an end without a pass owes once an attempt was made. The attempt may have created a pass all
/// the same, which must not stay; and methods may be gone, so somebody must look at the account.
fn after_claim(request: &Request) -> impl Iterator<Item = Effect> + use<> {
    let effects = request.facts.claimed_at.map(|_| {
        [
            Effect::CleanUp {
                clean_up: CleanUp::RemovePass,
            },
            Effect::AlertAdmins {
                alert: Alert::EndedAfterClaim,
            },
        ]
    });
    effects.into_iter().flatten()
}

pub(super) fn tick(request: &Request, now: Timestamp) -> Result<Outcome, Refusal> {
    match &request.state {
        State::Proving(proving) if now >= proving.deadline => Ok(expired(request, now)),
        State::AwaitingApproval(awaiting) if now >= awaiting.deadline => Ok(expired(request, now)),
        State::AwaitingApproval(awaiting) => chain::go_on(request, awaiting, now),
        State::CoolingOff(cooling) if now >= cooling.deadline => Ok(expired(request, now)),
        State::CoolingOff(cooling)
            if now >= cooling.not_before && request.facts.notice_accepted_at.is_some() =>
        {
            let (state, event) = approval::ready(cooling.approved.clone(), request, now);
            Ok(Outcome::state(request, state).event(event))
        }
        State::Ready(ready) if now >= ready.closes_at => Ok(expired(request, now)),
        // Nobody knows how far the attempt got.
        State::Issuing(issuing) if now >= issuing.lease_until => Ok(issue::fail(
            &issue::leaving_pass(request, issuing),
            issuing,
            Fault::LeaseRanOut,
            Duration::ZERO,
            now,
        )),
        _ => Err(Refusal::NothingDue),
    }
}

fn expired(request: &Request, now: Timestamp) -> Outcome {
    let during = request.state.name();
    Outcome::state(request, State::Ended(Ended::Expired { at: now, during }))
        .event(Event::Expired { during })
        .effects(after_claim(request))
}

pub(super) fn end_restored(request: &Request, now: Timestamp) -> Result<Outcome, Refusal> {
    let cause = AbortCause::RestoredFromBackup;
    match &request.state {
        State::Ended(_) => Err(request.wrong_state()),
        // The no that the backup holds leads where it would have led.
        State::Issuing(issuing) => {
            let request = issue::leaving_pass(request, issuing);
            Ok(match &issuing.cancelled {
                Some(cancellation) => cancelled(&request, cancellation, now),
                None => issue::aborted(&request, cause, now),
            })
        }
        _ if request.touched_account() => Ok(issue::aborted(request, cause, now)),
        // One alert for each would bury the others; whoever restored knows.
        _ => Ok(issue::stopped(request, cause, now)),
    }
}

pub(super) fn complete(
    request: &Request,
    new_methods: Vec<Method>,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let State::Disclosed(disclosed) = &request.state else {
        return Err(request.wrong_state());
    };
    let new_methods = disclosed.new_methods(new_methods);
    if new_methods.is_empty() {
        return Err(Refusal::NothingRegistered);
    }
    let state = Ended::Completed {
        at: now,
        disclosed: disclosed.clone(),
        new_methods: new_methods.clone(),
    };
    Ok(Outcome::state(request, State::Ended(state))
        .event(Event::Completed { new_methods })
        .effect(Effect::NotifyOwner {
            notice: Notice::Completed,
        }))
}

pub(super) fn lapse(
    request: &Request,
    cause: LapseCause,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let State::Disclosed(disclosed) = &request.state else {
        return Err(request.wrong_state());
    };
    let from = match cause {
        LapseCause::PassExpired => disclosed.pass.expires_at,
        LapseCause::NothingRegistered => disclosed.pass.expires_at + Terms::REGISTRATION_GRACE,
    };
    if now < from {
        return Err(Refusal::NothingDue);
    }
    let state = Ended::Lapsed {
        at: now,
        cause,
        disclosed: disclosed.clone(),
    };
    Ok(Outcome::state(request, State::Ended(state))
        .event(Event::Lapsed { cause })
        // Removing the pass also ends what was signed in to with it.
        .effect(Effect::CleanUp {
            clean_up: CleanUp::RemovePass,
        })
        .effect(Effect::AlertAdmins {
            alert: Alert::Lapsed,
        }))
}
