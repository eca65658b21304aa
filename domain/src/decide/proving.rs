//! From the identifier to the last proof.

use crate::{
    Alert, Challenge, Effect, Event, Identifier, Origin, Outcome, Proof, ProofKind, Proving,
    Reason, Refusal, Request, RequestFacts, RequestId, State, Subject, Terms, Timestamp,
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
        approvers: Vec::new(),
        proofs: Vec::new(),
        notice_accepted_at: None,
        claimed_at: None,
        refused: None,
        removals: Vec::new(),
        reaped: Vec::new(),
        stray_until: None,
        disclosed: None,
        reported_at: None,
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

pub(super) fn recognise(
    request: &Request,
    subject: Subject,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let proving = proving(request, now)?;
    if request.facts.subject.is_some() {
        return Err(Refusal::AlreadyDone);
    }
    let recognised = Event::SubjectRecognised {
        subject: subject.person.id.clone(),
    };
    let facts = RequestFacts {
        subject: Some(subject),
        ..request.facts.clone()
    };
    Ok(Outcome::new(facts, request.state.clone(), request.version)
        .event(recognised)
        .effect(Effect::SendEmailCode {
            sending: proving.challenge.sending,
        }))
}

pub(super) fn resend_email_code(request: &Request, now: Timestamp) -> Result<Outcome, Refusal> {
    let proving = proving(request, now)?;
    if request.is_proven() {
        return Err(Refusal::AlreadyDone);
    }
    if proving.challenge.sending >= Terms::MAX_SENDINGS {
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

pub(super) fn spend_try(request: &Request, now: Timestamp) -> Result<Outcome, Refusal> {
    let proving = proving(request, now)?;
    let challenge = proving.challenge;
    if request.is_proven() {
        return Err(Refusal::AlreadyDone);
    }
    if challenge.tries_used >= Terms::MAX_TRIES {
        return Err(Refusal::CodeTriesUsedUp);
    }
    if now >= challenge.expires_at {
        return Err(Refusal::CodeExpired);
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

pub(super) fn pass(request: &Request, kind: ProofKind, now: Timestamp) -> Result<Outcome, Refusal> {
    let proving = proving(request, now)?;
    if request.facts.subject.is_none() {
        return Err(Refusal::SubjectNotRecognised);
    }
    if request.facts.proofs.iter().any(|proof| proof.kind == kind) {
        return Err(Refusal::AlreadyDone);
    }
    if proving.challenge.tries_used == 0 {
        // A proof that was not counted first was not made by the rules.
        return Err(Refusal::CodeExpired);
    }
    let mut facts = request.facts.clone();
    facts.proofs.push(Proof { kind, at: now });
    // The code has served: it works no second time.
    let challenge = Challenge {
        expires_at: now,
        ..proving.challenge
    };
    let state = State::Proving(Proving {
        challenge,
        ..proving.clone()
    });
    Ok(Outcome::new(facts, state, request.version).event(Event::ProofPassed { proof: kind }))
}

pub(super) fn fail(request: &Request, kind: ProofKind) -> Result<Outcome, Refusal> {
    let State::Proving(_) = &request.state else {
        return Err(request.wrong_state());
    };
    Ok(Outcome::state(request, request.state.clone()).event(Event::ProofFailed { proof: kind }))
}

pub(super) fn note_refusal(request: &Request, refusal: Refusal) -> Result<Outcome, Refusal> {
    let State::Proving(_) = &request.state else {
        return Err(request.wrong_state());
    };
    if !request.is_proven() {
        return Err(Refusal::NotProven);
    }
    if request.facts.refused == Some(refusal) {
        // Pressing the button again says nothing new, and must not flood anybody.
        return Err(Refusal::AlreadyDone);
    }
    let facts = RequestFacts {
        refused: Some(refusal),
        ..request.facts.clone()
    };
    // Whoever passed the proofs of an administrator is somebody to look at, attacker or not.
    let alert = (refusal == Refusal::SubjectIsPrivileged).then_some(Effect::AlertAdmins {
        alert: Alert::PrivilegedSubject,
    });
    Ok(Outcome::new(facts, request.state.clone(), request.version)
        .event(Event::SubmissionRefused { refusal })
        .effects(alert))
}
