//! From the identifier to the last proof.

use crate::{
    Alert, Challenge, Control, Effect, Event, Identifier, Notice, Origin, Outcome, PersonRules,
    Proof, ProofKind, Proving, Reason, Refusal, Request, RequestFacts, RequestId, Risk, State,
    Subject, Terms, Timestamp,
};

/// What a request is opened with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Identity of the new request.
    pub id: RequestId,
    /// What was typed.
    pub identifier: Identifier,
    /// Why.
    pub reason: Reason,
    /// From where.
    pub origin: Origin,
    /// The rules in force.
    pub terms: Terms,
}

/// Opens a request. It is the same for every identifier; whether anybody bears it is found out later.
pub fn open(opening: Opening, now: Timestamp) -> Outcome {
    let Opening {
        id,
        identifier,
        reason,
        origin,
        terms,
    } = opening;
    let proving = Proving {
        deadline: now + terms.proving,
        challenge: challenge(1, now),
    };
    let facts = RequestFacts {
        id,
        opened_at: now,
        identifier,
        reason,
        origin,
        terms,
        subject: None,
        rules: None,
        looked_up_at: None,
        approvers: Vec::new(),
        control: Control::default(),
        risks: Vec::new(),
        proofs: Vec::new(),
        notice_accepted_at: None,
        claimed_at: None,
        refused: None,
        removals: Vec::new(),
        reaped: Vec::new(),
        stray_until: None,
        disclosed: None,
        reported_at: None,
        browser_left: false,
        reopenings: 0,
        fence: crate::Fence::default(),
    };
    Outcome::new(facts, State::Proving(proving), 0)
        .event(Event::Opened { reason })
        .effect(Effect::LookUpSubject)
}

fn challenge(sending: u8, now: Timestamp) -> Challenge {
    Challenge {
        sending,
        expires_at: now + Terms::EMAIL_CODE_LIFETIME,
        tries_used: 0,
        handed_out: false,
    }
}

/// The state, if the request is still being proven.
fn proving(request: &Request, now: Timestamp) -> Result<&Proving, Refusal> {
    let State::Proving(proving) = &request.state else {
        return Err(request.wrong_state());
    };
    if now < proving.deadline {
        Ok(proving)
    } else {
        Err(Refusal::DeadlinePassed)
    }
}

/// The state, if the request is still being proven and the look-up is finished. Before that nothing can be told
/// right from wrong, so nothing is counted.
fn looked_up(request: &Request, now: Timestamp) -> Result<&Proving, Refusal> {
    let proving = proving(request, now)?;
    if request.takes_proofs(now) {
        Ok(proving)
    } else {
        Err(Refusal::NotLookedUp)
    }
}

/// The state, and when a look-up that is answered at `now` counts as finished. Each is answered once.
fn answered(request: &Request, now: Timestamp) -> Result<(&Proving, Timestamp), Refusal> {
    let proving = proving(request, now)?;
    if request.facts.looked_up_at.is_some() {
        return Err(Refusal::AlreadyDone);
    }
    let (opened_at, step) = (request.facts.opened_at, request.facts.terms.look_up_step);
    if step.is_zero() {
        return Ok((proving, now));
    }
    let steps = now.since(opened_at).as_nanos().div_ceil(step.as_nanos());
    let took = step.saturating_mul(u32::try_from(steps.max(1)).unwrap_or(u32::MAX));
    Ok((proving, opened_at + took))
}

/// The state, with a code that works from when the look-up is finished: before that none was mailed, and a directory that
/// is away for long must not use its time up.
fn beginning_at(proving: &Proving, looked_up_at: Timestamp) -> State {
    let expires_at = looked_up_at + Terms::EMAIL_CODE_LIFETIME;
    State::Proving(Proving {
        challenge: Challenge {
            expires_at,
            ..proving.challenge
        },
        ..proving.clone()
    })
}

pub(super) fn recognise_nobody(request: &Request, now: Timestamp) -> Result<Outcome, Refusal> {
    let (proving, looked_up_at) = answered(request, now)?;
    let facts = RequestFacts {
        looked_up_at: Some(looked_up_at),
        ..request.facts.clone()
    };
    let state = beginning_at(proving, looked_up_at);
    Ok(Outcome::new(facts, state, request.version).event(Event::NobodyRecognised))
}

pub(super) fn recognise(
    request: &Request,
    subject: Subject,
    rules: PersonRules,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let (proving, looked_up_at) = answered(request, now)?;
    let recognised = Event::SubjectRecognised {
        subject: subject.person.id.clone(),
    };
    let facts = RequestFacts {
        subject: Some(subject),
        rules: Some(rules),
        looked_up_at: Some(looked_up_at),
        ..request.facts.clone()
    };
    // A code that would not count is not sent.
    let code = facts.mails_codes().then_some(Effect::SendEmailCode {
        sending: proving.challenge.sending,
    });
    let state = beginning_at(proving, looked_up_at);
    Ok(Outcome::new(facts, state, request.version)
        .event(recognised)
        .effects(code))
}

pub(super) fn resend_email_code(request: &Request, now: Timestamp) -> Result<Outcome, Refusal> {
    let proving = proving(request, now)?;
    if request.is_proven() {
        return Err(Refusal::AlreadyDone);
    }
    let mailed = request.proof_policy().accepts(ProofKind::EmailCode)
        && request
            .proven_kinds()
            .all(|kind| kind != ProofKind::EmailCode);
    if !mailed || proving.challenge.sending >= Terms::MAX_SENDINGS {
        return Err(Refusal::NoMoreCodes);
    }
    let sending = proving.challenge.sending + 1;
    let state = State::Proving(Proving {
        challenge: challenge(sending, now),
        ..proving.clone()
    });
    Ok(Outcome::state(request, state)
        .event(Event::EmailCodeRequested { sending })
        .effect(Effect::SendEmailCode { sending }))
}

pub(super) fn hand_out_code(
    request: &Request,
    sending: u8,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let proving = proving(request, now)?;
    let challenge = proving.challenge;
    // A newer one has replaced it, or it is nobody's.
    if challenge.sending != sending || now >= challenge.expires_at || !request.mails_codes() {
        return Err(Refusal::CodeExpired);
    }
    if challenge.handed_out {
        return Err(Refusal::AlreadyDone);
    }
    let state = State::Proving(Proving {
        challenge: Challenge {
            handed_out: true,
            ..challenge
        },
        ..proving.clone()
    });
    Ok(Outcome::state(request, state).event(Event::EmailCodeHandedOut { sending }))
}

pub(super) fn spend_try(request: &Request, now: Timestamp) -> Result<Outcome, Refusal> {
    let proving = looked_up(request, now)?;
    let challenge = proving.challenge;
    if request.is_proven() {
        return Err(Refusal::AlreadyDone);
    }
    if challenge.tries_used >= Terms::MAX_TRIES {
        return Err(Refusal::CodeTriesUsedUp);
    }
    let tries_used = challenge.tries_used + 1;
    let state = State::Proving(Proving {
        challenge: Challenge {
            tries_used,
            ..challenge
        },
        ..proving.clone()
    });
    Ok(Outcome::state(request, state).event(Event::ProofTrySpent { tries_used }))
}

pub(super) fn pass(
    request: &Request,
    kinds: Vec<ProofKind>,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let proving = looked_up(request, now)?;
    if request.facts.subject.is_none() {
        return Err(Refusal::SubjectNotRecognised);
    }
    let mut facts = request.facts.clone();
    let repeated = facts.proven_kinds().any(|known| kinds.contains(&known));
    if repeated || kinds.is_empty() {
        return Err(Refusal::AlreadyDone);
    }
    facts
        .proofs
        .extend(kinds.iter().map(|&kind| Proof { kind, at: now }));
    if kinds.iter().any(|kind| kind.is_typed()) {
        // A code that was not counted first was not compared by the rules.
        if proving.challenge.tries_used == 0 {
            return Err(Refusal::CodeTriesUsedUp);
        }
        // Nor was one that was compared by itself, while others are missing.
        if !request.would_suffice(&kinds) {
            return Err(Refusal::TooFewProofs);
        }
    }
    let mut challenge = proving.challenge;
    if kinds.contains(&ProofKind::EmailCode) {
        if !challenge.works(request.mails_codes(), now) {
            return Err(Refusal::CodeExpired);
        }
        // The code has served: it works no second time.
        challenge.expires_at = now;
    }
    if !request.facts.is_through_gate() && facts.is_through_gate() && !facts.is_proven() {
        // What the policy asks beyond the gate is another question, with tries of its own. No other proof gives
        // tries back.
        challenge.tries_used = 0;
    }
    let state = State::Proving(Proving {
        challenge,
        ..proving.clone()
    });
    let notices: Vec<_> = kinds.iter().filter_map(|kind| notice_of(*kind)).collect();
    Ok(kinds
        .into_iter()
        .fold(
            Outcome::new(facts, state, request.version),
            |outcome, proof| outcome.event(Event::ProofPassed { proof }),
        )
        .effects(notices))
}

/// What the owner is told who may not be the one that passed it: they still have the paper that a saved code stands on,
/// know the password themselves, or shared their Verified ID with somebody who sent them the code of another request. A
/// mailed code tells them by itself.
fn notice_of(kind: ProofKind) -> Option<Effect> {
    let notice = match kind {
        ProofKind::EmailCode => return None,
        ProofKind::RecoveryCode => Notice::SavedCodeUsed,
        ProofKind::Password => Notice::PasswordUsed,
        ProofKind::VerifiedId => Notice::VerifiedIdUsed,
    };
    Some(Effect::NotifyOwner { notice })
}

pub(super) fn fail(
    request: &Request,
    kinds: Vec<ProofKind>,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let State::Proving(_) = &request.state else {
        return Err(request.wrong_state());
    };
    if !request.takes_proofs(now) {
        return Err(Refusal::NotLookedUp);
    }
    if kinds.is_empty() {
        return Err(Refusal::AlreadyDone);
    }
    Ok(kinds.into_iter().fold(
        Outcome::state(request, request.state.clone()),
        |outcome, proof| outcome.event(Event::ProofFailed { proof }),
    ))
}

pub(super) fn note_refusal(
    request: &Request,
    refusal: Refusal,
    risks: &[Risk],
) -> Result<Outcome, Refusal> {
    let State::Proving(_) = &request.state else {
        return Err(request.wrong_state());
    };
    if !request.is_proven() {
        return Err(Refusal::NotProven);
    }
    // Without anybody else to ask, a manager who is new leads to nobody, and the change must be seen all the same.
    let leads_nowhere = matches!(refusal, Refusal::NoApprover | Refusal::ApproverIsBusy)
        && risks.contains(&Risk::ManagerChanged);
    let is_seen = !leads_nowhere || request.facts.risks.contains(&Risk::ManagerChanged);
    if request.facts.refused == Some(refusal) && is_seen {
        // Pressing the button again says nothing new, and must not flood anybody.
        return Err(Refusal::AlreadyDone);
    }
    let facts = RequestFacts {
        refused: Some(refusal),
        risks: risks.to_vec(),
        ..request.facts.clone()
    };
    // Whoever passed the proofs of an administrator is somebody to look at, attacker or not.
    let is_above_others = matches!(
        refusal,
        Refusal::SubjectIsPrivileged | Refusal::SubjectIsProtected
    );
    let alerts = [
        is_above_others.then_some(Alert::PrivilegedSubject),
        leads_nowhere.then_some(Alert::ManagerChanged),
    ];
    let alerts = alerts.into_iter().flatten();
    Ok(Outcome::new(facts, request.state.clone(), request.version)
        .event(Event::SubmissionRefused { refusal })
        .effects(alerts.map(|alert| Effect::AlertAdmins { alert })))
}
