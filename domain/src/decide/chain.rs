//! Who is asked, and who comes next when nobody answers.

use super::approval::{awaiting, subject};
use crate::{
    Act, Actor, Alert, Approver, ApproverRole, AwaitingApproval, Candidate, Control, Effect, Event,
    GuardReading, Notice, Outcome, PersonId, Refusal, Request, RequestFacts, Risk, Schedule, Seat,
    State, Step, Submission, Terms, Timestamp,
    chain::{Chain, wanted},
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
    Ok(ask(round(request, submission, now)?, request.version, now))
}

/// A round of asking that the rules allow.
struct Round {
    facts: RequestFacts,
    plan: Vec<Step>,
    deadline: Timestamp,
}

fn round(request: &Request, submission: &Submission, now: Timestamp) -> Result<Round, Refusal> {
    let subject = subject(request)?;
    let control = control(&submission.guards, &request.facts.terms);
    submission.guards.hold(subject, control, now)?;
    let schedule = Schedule {
        deadline: submission.schedule.deadline.min(now + Terms::MAX_APPROVAL),
        ..submission.schedule.clone()
    };
    let Chain { approvers, plan } = submission.line.chain(subject, control, &schedule, now)?;
    let facts = RequestFacts {
        approvers,
        control,
        risks: risks(request, submission),
        ..request.facts.clone()
    };
    if facts.approvers.len() < facts.required_approvals() {
        return Err(Refusal::NoApprover);
    }
    Ok(Round {
        facts,
        plan,
        deadline: schedule.deadline,
    })
}

/// What an account takes, by the guards as they were read: the privileged are recovered under dual control, where that
/// is set up, and not at all where it is not.
const fn control(guards: &GuardReading, terms: &Terms) -> Control {
    if guards.privileged && terms.dual_control {
        Control::Dual
    } else {
        Control::Single
    }
}

fn risks(request: &Request, submission: &Submission) -> Vec<Risk> {
    let holds = |risk: Risk| match risk {
        Risk::OffHours => submission.schedule.off_hours,
        Risk::OneProof => request.facts.proofs.len() < 2,
        _ => submission.risks.contains(&risk),
    };
    Risk::ALL.into_iter().filter(|risk| holds(*risk)).collect()
}

/// The request waiting for its approvers, the first of whom are asked. The owner is told, each time: what a mail server
/// accepted for an earlier round says nothing about this one.
fn ask(round: Round, version: u64, now: Timestamp) -> Outcome {
    let Round {
        facts,
        plan,
        deadline,
    } = round;
    let facts = RequestFacts {
        notice_accepted_at: None,
        ..facts
    };
    let asked = facts.asked().filter(|approver| !approver.stepped_aside);
    let approvers: Vec<_> = asked.map(|approver| approver.id.clone()).collect();
    let (control, risks) = (facts.control, facts.risks.clone());
    let alert = risks
        .contains(&Risk::ManagerChanged)
        .then_some(Effect::AlertAdmins {
            alert: Alert::ManagerChanged,
        });
    let state = State::AwaitingApproval(AwaitingApproval {
        asked_at: now,
        deadline,
        tries_used: 0,
        approvals: Vec::new(),
        plan,
    });
    Outcome::new(facts, state, version)
        .effects(mails(&approvers))
        .event(Event::Submitted {
            approvers,
            deadline,
            control,
            risks,
        })
        .effect(Effect::NotifyOwner {
            notice: Notice::Submitted,
        })
        .effects(alert)
}

fn mails(approvers: &[PersonId]) -> impl Iterator<Item = Effect> {
    let asked = approvers.iter().cloned();
    asked.map(|approver| Effect::AskApprover { approver })
}

/// Carries out the steps whose time has come.
pub(super) fn go_on(
    request: &Request,
    awaiting: &AwaitingApproval,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let is_due = |step: &&Step| step.at <= now;
    let due: Vec<Step> = awaiting.plan.iter().take_while(is_due).cloned().collect();
    if due.is_empty() {
        return Err(Refusal::NothingDue);
    }
    let mut facts = request.facts.clone();
    let (mut events, mut effects) = (Vec::new(), Vec::new());
    for Step { act, .. } in &due {
        match act.clone() {
            Act::Remind { approvers } => {
                let reminders = approvers.iter().cloned();
                effects.extend(reminders.map(|approver| Effect::RemindApprover { approver }));
                events.push(Event::ApproversReminded { approvers });
            }
            Act::Ask { approvers } => {
                note_asked(&mut facts, &approvers, now);
                effects.extend(mails(&approvers));
                events.push(Event::ApproversAsked { approvers });
            }
        }
    }
    let state = State::AwaitingApproval(AwaitingApproval {
        plan: awaiting.plan[due.len()..].to_vec(),
        ..awaiting.clone()
    });
    let outcome = Outcome::new(facts, state, request.version).effects(effects);
    Ok(events.into_iter().fold(outcome, Outcome::event))
}

/// Notes when they were asked. Whoever was asked before keeps their time.
fn note_asked(facts: &mut RequestFacts, approvers: &[PersonId], now: Timestamp) {
    for approver in &mut facts.approvers {
        if approvers.contains(&approver.id) {
            approver.asked_at = approver.asked_at.or(Some(now));
        }
    }
}

pub(super) fn hand_on(
    request: &Request,
    actor: &Actor,
    (read, to): (&Candidate, &Candidate),
    remind_at: Timestamp,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let (from, seat) = actor.approver(&request.facts)?;
    let awaiting = awaiting(request, now)?;
    if seat == Seat::RequestersBrowser {
        return Err(Refusal::ApproverInRequestersBrowser);
    }
    if read.person.id != from {
        return Err(Refusal::NotAnApprover);
    }
    let mut facts = request.facts.clone();
    if facts.control == Control::Dual {
        // Everybody whose word counts was asked already.
        return Err(Refusal::ActorMayNot);
    }
    read.may_name_others(subject(request)?, facts.control)?;
    request.awaits(&from, now)?;
    let hand_ons = facts.approvers.iter().filter(|known| known.stepped_aside);
    if hand_ons.count() >= Terms::MAX_HAND_ONS {
        return Err(Refusal::HandedOnTooOften);
    }
    let id = &to.person.id;
    match facts.approver(id) {
        Some(known) if known.asked_at.is_some() => return Err(Refusal::AlreadyDone),
        // Whose turn would have come anyway.
        Some(_) => to.may_approve(subject(request)?, facts.control)?,
        None => {
            let mut named = to.clone();
            named.role = ApproverRole::HandedOn { by: from.clone() };
            facts
                .approvers
                .push(named.approver_for(subject(request)?, facts.control)?);
            if !facts.risks.contains(&Risk::HandedOn) {
                facts.risks.push(Risk::HandedOn);
            }
        }
    }
    for approver in &mut facts.approvers {
        approver.stepped_aside |= approver.id == from;
    }
    note_asked(&mut facts, std::slice::from_ref(id), now);
    let reminder = Step {
        at: remind_at,
        act: Act::Remind {
            approvers: vec![id.clone()],
        },
    };
    let reminder = (remind_at < awaiting.deadline).then_some(reminder);
    let plan = awaiting.plan.iter().cloned().chain(reminder);
    let plan = wanted(plan, &facts, &awaiting.approvals);
    let state = State::AwaitingApproval(AwaitingApproval {
        plan,
        ..awaiting.clone()
    });
    Ok(Outcome::new(facts, state, request.version)
        .event(Event::HandedOn {
            from,
            to: id.clone(),
        })
        .effect(Effect::AskApprover {
            approver: id.clone(),
        }))
}

/// Everything is read again that was read at submission: who is asked, what stands against it, what makes a delay worth
/// while. The proofs stay. Whoever takes it up is asked in any case, if their word counts.
pub(super) fn reopen(
    request: &Request,
    actor: &Actor,
    read: &Candidate,
    submission: &Submission,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let (id, seat) = actor.approver(&request.facts)?;
    request.reopenable(&id, now)?;
    if seat == Seat::RequestersBrowser {
        return Err(Refusal::ApproverInRequestersBrowser);
    }
    if read.person.id != id {
        return Err(Refusal::NotAnApprover);
    }
    let Round {
        mut facts,
        plan,
        deadline,
    } = round(request, submission, now)?;
    read.may_name_others(subject(request)?, facts.control)?;
    keep_with_their_namers(&request.facts, &id, &mut facts.approvers);
    note_asked(&mut facts, std::slice::from_ref(&id), now);
    facts.reopenings += 1;
    let was_named = |approver: &Approver| matches!(approver.role, ApproverRole::HandedOn { .. });
    if facts.asked().any(was_named) && !facts.risks.contains(&Risk::HandedOn) {
        facts.risks.push(Risk::HandedOn);
    }
    let round = Round {
        plan: wanted(plan, &facts, &[]),
        facts,
        deadline,
    };
    Ok(ask(round, request.version, now).because(Event::Reopened { approver: id }))
}

/// Adds to `approvers` whoever of `facts` is `id`, and those by whose word they are one.
fn keep_with_their_namers(facts: &RequestFacts, id: &PersonId, approvers: &mut Vec<Approver>) {
    let mut next = facts.approver(id);
    while let Some(known) = next {
        if approvers.iter().any(|approver| approver.id == known.id) {
            return;
        }
        approvers.push(Approver {
            asked_at: known.asked_at.filter(|_| known.stepped_aside),
            is_unreached: false,
            ..known.clone()
        });
        next = match &known.role {
            ApproverRole::HandedOn { by } => facts.approver(by),
            _ => None,
        };
    }
}

/// Nobody waits for somebody whom no mail reaches: whose turn would be next is asked at once.
pub(super) fn miss_approver(
    request: &Request,
    approver: PersonId,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let State::AwaitingApproval(awaiting) = &request.state else {
        return Err(request.wrong_state());
    };
    let mut facts = request.facts.clone();
    for known in &mut facts.approvers {
        known.is_unreached |= known.id == approver;
    }
    let mut plan = awaiting.plan.clone();
    let is_waited_for = |known: &Approver| !known.stepped_aside && !known.is_unreached;
    let next = plan
        .iter()
        .position(|step| matches!(step.act, Act::Ask { .. }))
        .filter(|_| !facts.asked().any(is_waited_for));
    if let Some(next) = next {
        plan[next].at = plan[next].at.min(now);
        plan.sort_by_key(|step| step.at);
    }
    let state = State::AwaitingApproval(AwaitingApproval {
        plan,
        ..awaiting.clone()
    });
    Ok(Outcome::new(facts, state, request.version)
        .event(Event::ApproverNotReached { approver })
        .effect(Effect::AlertAdmins {
            alert: Alert::ApproverNotReached,
        }))
}
