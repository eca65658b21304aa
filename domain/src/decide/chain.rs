//! Who is asked, and who comes next when nobody answers.

use super::approval::{awaiting, subject};
use crate::{
    Act, Actor, Alert, Approver, ApproverRole, AwaitingApproval, Candidate, Control, Effect, Event,
    GuardReading, Notice, Outcome, PersonId, Refusal, Request, RequestFacts, Risk, Schedule, Seat,
    State, Step, Submission, Terms, Timestamp, chain::Chain,
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
    let alert = facts
        .risks
        .contains(&Risk::ManagerChanged)
        .then_some(Effect::AlertAdmins {
            alert: Alert::ManagerChanged,
        });
    Ok(ask(facts, request.version, plan, schedule.deadline, now).effects(alert))
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
/// accepted for an earlier round says nothing about this one, and neither does a report.
fn ask(
    facts: RequestFacts,
    version: u64,
    plan: Vec<Step>,
    deadline: Timestamp,
    now: Timestamp,
) -> Outcome {
    let facts = RequestFacts {
        notice_accepted_at: None,
        reported_at: None,
        ..facts
    };
    let approvers: Vec<_> = facts.asked().map(|approver| approver.id.clone()).collect();
    let (control, risks) = (facts.control, facts.risks.clone());
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
    for step in &due {
        let approvers = still_wanted(&facts, awaiting, &step.act);
        match &step.act {
            Act::Remind { .. } => {
                let reminders = approvers.iter().cloned();
                effects.extend(reminders.map(|approver| Effect::RemindApprover { approver }));
                events.push(Event::ApproversReminded { approvers });
            }
            Act::Ask { .. } => {
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

/// Of those whom a step names: for a reminder, who was asked and has neither approved nor stepped aside; for a question,
/// who was not asked yet.
fn still_wanted(facts: &RequestFacts, awaiting: &AwaitingApproval, act: &Act) -> Vec<PersonId> {
    let has_approved = |id: &PersonId| {
        let mut given = awaiting.approvals.iter();
        given.any(|approval| approval.approver == *id)
    };
    let wanted = |approver: &Approver| match act {
        Act::Remind { .. } => {
            approver.asked_at.is_some() && !approver.stepped_aside && !has_approved(&approver.id)
        }
        Act::Ask { .. } => approver.asked_at.is_none(),
    };
    let named = act.approvers().iter();
    named
        .filter(|id| facts.approver(id).is_some_and(wanted))
        .cloned()
        .collect()
}

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
    let has_approved = |id: &PersonId| awaiting.approvals.iter().any(|given| given.approver == *id);
    if has_approved(&from) {
        return Err(Refusal::AlreadyApproved);
    }
    let mut aside = facts.approvers.iter().filter(|known| known.stepped_aside);
    if aside.any(|known| known.id == from) {
        return Err(Refusal::ApproverSteppedAside);
    }
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
    let mut plan = awaiting.plan.clone();
    plan.push(reminder(vec![id.clone()], remind_at));
    plan.retain(|step| step.at < awaiting.deadline);
    plan.sort_by_key(|step| step.at);
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

const fn reminder(approvers: Vec<PersonId>, at: Timestamp) -> Step {
    Step {
        at,
        act: Act::Remind { approvers },
    }
}

pub(super) fn reopen(
    request: &Request,
    actor: &Actor,
    remind_at: Timestamp,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let (approver, seat) = actor.approver(&request.facts)?;
    if request.state.name() != crate::StateName::Lapsed {
        return Err(request.wrong_state());
    }
    if !request.may_reopen(now) {
        return Err(Refusal::DeadlinePassed);
    }
    if seat == Seat::RequestersBrowser {
        return Err(Refusal::ApproverInRequestersBrowser);
    }
    let mut facts = request.facts.clone();
    for approver in &mut facts.approvers {
        approver.asked_at = approver.asked_at.map(|_| now);
    }
    let asked = facts.asked().map(|approver| approver.id.clone()).collect();
    let deadline = now + facts.terms.approval;
    let mut plan = vec![reminder(asked, remind_at)];
    plan.retain(|step| step.at < deadline);
    Ok(ask(facts, request.version, plan, deadline, now).because(Event::Reopened { approver }))
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
    let mut plan = awaiting.plan.clone();
    let next = plan
        .iter()
        .position(|step| matches!(step.act, Act::Ask { .. }));
    if let Some(next) = next {
        plan[next].at = plan[next].at.min(now);
        plan.sort_by_key(|step| step.at);
    }
    let state = State::AwaitingApproval(AwaitingApproval {
        plan,
        ..awaiting.clone()
    });
    Ok(Outcome::state(request, state)
        .event(Event::ApproverNotReached { approver })
        .effect(Effect::AlertAdmins {
            alert: Alert::ApproverNotReached,
        }))
}
