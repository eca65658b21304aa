//! Who is asked, when, and who comes next.

use std::time::Duration;

use domain::{
    Act, Actor, Alert, ApproverRole, Candidate, CodeKey, Command, Control, Effect, Event, Line,
    PersonId, Refusal, Risk, Schedule, Seat, State, StateName, Submission, Terms, Timestamp,
    TypedCode, contact_code,
};

use crate::kit::{
    COLLEAGUE, Case, DAY, MANAGER, MINUTE, REMINDED, SECOND, START, SUBJECT, approve, approve_with,
    approver, broken_approvers, by, candidate, decline, dual_control, hand_on, id, of_the_group,
    privileged, submission, terms,
};

const ABOVE: &str = "margaret";
const ON_CALL: [&str; 2] = ["oscar", "olive"];

fn as_role(name: &str, role: ApproverRole) -> Candidate {
    Candidate {
        role,
        ..candidate(name)
    }
}

/// The manager, then the manager's manager, then whoever is on call.
fn line() -> Line {
    let on_call = |name| as_role(name, ApproverRole::OnCall);
    Line {
        tiers: vec![
            vec![candidate(MANAGER)],
            vec![as_role(ABOVE, ApproverRole::ManagersManager)],
            ON_CALL.map(on_call).to_vec(),
        ],
    }
}

fn schedule() -> Schedule {
    Schedule {
        remind: START + 10 * MINUTE,
        escalate: vec![START + 30 * MINUTE, START + 60 * MINUTE],
        deadline: START + terms().approval,
        off_hours: false,
    }
}

fn submit(line: Line, schedule: Schedule) -> Command {
    Command::Submit(Submission {
        line,
        schedule,
        ..submission()
    })
}

fn asked_along(line: Line, schedule: Schedule) -> Case {
    Case::proven(terms()).does(&Actor::Browser, submit(line, schedule))
}

fn names(case: &Case) -> Vec<String> {
    let asked = case.request.facts.asked();
    asked.map(|approver| approver.id.0.clone()).collect()
}

fn mails(names: &[&str]) -> Vec<Effect> {
    let ask = |name: &&str| Effect::AskApprover { approver: id(name) };
    names.iter().map(ask).collect()
}

fn ids(names: &[&str]) -> Vec<PersonId> {
    names.iter().map(|name| id(name)).collect()
}

#[test]
fn one_after_the_other_is_reminded_and_asked() {
    let case = asked_along(line(), schedule());
    assert_eq!(names(&case), [MANAGER]);
    assert_eq!(case.request.due_at(), Some(START + 10 * MINUTE));
    case.clone()
        .at(START + 10 * MINUTE - Duration::from_millis(1))
        .refuses(&Actor::Timer, Command::Tick, Refusal::NothingDue);

    let case = case
        .at(START + 10 * MINUTE)
        .does(&Actor::Timer, Command::Tick)
        .logs(&[Event::ApproversReminded {
            approvers: ids(&[MANAGER]),
        }])
        .owes(&[Effect::RemindApprover {
            approver: id(MANAGER),
        }]);
    assert_eq!(case.request.due_at(), Some(START + 30 * MINUTE));
    // Whose turn has not come decides nothing.
    case.refuses(&by(ABOVE), decline(), Refusal::NotAnApprover);

    let case = case
        .at(START + 30 * MINUTE)
        .does(&Actor::Timer, Command::Tick)
        .logs(&[Event::ApproversAsked {
            approvers: ids(&[ABOVE]),
        }])
        .owes(&mails(&[ABOVE]));
    // A server that was down for a while catches up.
    let case = case
        .at(START + 90 * MINUTE)
        .does(&Actor::Timer, Command::Tick)
        .owes(&mails(&ON_CALL));
    assert_eq!(names(&case), [MANAGER, ABOVE, "oscar", "olive"]);
    assert_eq!(case.request.due_at(), Some(START + terms().approval));
    // The first who was asked can still answer.
    case.approved_by(MANAGER).is(StateName::CoolingOff);
}

#[test]
fn what_was_missed_while_nothing_ran_is_done_at_once() {
    let case = asked_along(line(), schedule())
        .at(START + 45 * MINUTE)
        .does(&Actor::Timer, Command::Tick);
    assert_eq!(names(&case), [MANAGER, ABOVE]);
    assert_eq!(case.request.due_at(), Some(START + 60 * MINUTE));
    asked_along(line(), schedule())
        .at(START + terms().approval)
        .does(&Actor::Timer, Command::Tick)
        .is(StateName::Expired)
        .owes(&[]);
}

#[test]
fn whoever_has_decided_or_stepped_aside_is_not_reminded() {
    let two = Line {
        tiers: vec![vec![candidate(MANAGER), candidate(SECOND)]],
    };
    let case = Case::proven(dual_control()).does(&Actor::Browser, submit(two, schedule()));
    case.clone()
        .approved_by(MANAGER)
        .at(START + 10 * MINUTE)
        .does(&Actor::Timer, Command::Tick)
        .owes(&[Effect::RemindApprover {
            approver: id(SECOND),
        }]);
    case.does(&by(SECOND), hand_on(SECOND, COLLEAGUE))
        .at(START + 10 * MINUTE)
        .does(&Actor::Timer, Command::Tick)
        .owes(&[Effect::RemindApprover {
            approver: id(MANAGER),
        }]);
}

#[test]
fn tiers_that_the_rules_leave_empty_are_skipped() {
    let mut line = line();
    line.tiers[0][0].person.enabled = false;
    let case = asked_along(line, schedule());
    assert_eq!(names(&case), [ABOVE]);
    // The next is not kept waiting for two.
    case.at(START + 10 * MINUTE)
        .does(&Actor::Timer, Command::Tick)
        .at(START + 30 * MINUTE)
        .does(&Actor::Timer, Command::Tick)
        .owes(&mails(&ON_CALL));
}

#[test]
fn where_everybody_is_only_busy_it_helps_to_ask_again() {
    let mut busy = line();
    for candidate in busy.tiers.iter_mut().flatten() {
        candidate.record.is_busy = true;
    }
    let case = Case::proven(terms());
    let asked = submit(busy.clone(), schedule());
    case.refuses(&Actor::Browser, asked, Refusal::ApproverIsBusy);
    busy.tiers[2][1].record.is_busy = false;
    assert_eq!(names(&asked_along(busy, schedule())), ["olive"]);
}

#[test]
fn nobody_waits_for_people_who_are_away() {
    let mut away = line();
    away.tiers[0][0].is_away = true;
    let case = asked_along(away.clone(), schedule());
    assert_eq!(names(&case), [MANAGER, ABOVE], "they may still answer");
    // Whoever stands in is there.
    let role = ApproverRole::Delegate { of: id(MANAGER) };
    away.tiers[0].push(as_role("daphne", role));
    let case = asked_along(away.clone(), schedule());
    assert_eq!(names(&case), [MANAGER, "daphne"]);
    away.tiers[0].pop();
    away.tiers[1][0].is_away = true;
    let case = asked_along(away, schedule());
    assert_eq!(names(&case).len(), 4);
}

#[test]
fn outside_office_hours_the_last_tier_is_asked_at_once() {
    let off = Schedule {
        off_hours: true,
        ..schedule()
    };
    let case = asked_along(line(), off.clone());
    assert_eq!(names(&case), [MANAGER, "oscar", "olive"]);
    assert!(case.request.facts.risks.contains(&Risk::OffHours));
    let alone = Line {
        tiers: vec![vec![candidate(MANAGER)]],
    };
    assert_eq!(names(&asked_along(alone, off)), [MANAGER]);
}

#[test]
fn steps_end_with_the_deadline() {
    let short = Schedule {
        deadline: START + 20 * MINUTE,
        ..schedule()
    };
    let case = asked_along(line(), short)
        .at(START + 10 * MINUTE)
        .does(&Actor::Timer, Command::Tick);
    assert_eq!(case.request.due_at(), Some(START + 20 * MINUTE));
    let State::AwaitingApproval(awaiting) = &case.request.state else {
        panic!("{case:#?}");
    };
    assert_eq!(awaiting.plan, [], "nobody is told of what will not be");
    // Nobody has longer than a day, whatever the hours are.
    let long = Schedule {
        deadline: START + 3 * DAY,
        ..schedule()
    };
    let case = asked_along(
        Line {
            tiers: line().tiers[..1].to_vec(),
        },
        long,
    )
    .at(START + 10 * MINUTE)
    .does(&Actor::Timer, Command::Tick);
    assert_eq!(case.request.due_at(), Some(START + DAY));
}

#[test]
fn a_mail_that_reaches_nobody_brings_the_next_step_forward() {
    let case = asked_along(line(), schedule())
        .after(MINUTE)
        .does(&Actor::Mailer, Command::MissApprover(id(MANAGER)))
        .owes(&[Effect::AlertAdmins {
            alert: Alert::ApproverNotReached,
        }]);
    assert_eq!(case.request.due_at(), Some(START + MINUTE));
    case.does(&Actor::Timer, Command::Tick)
        .owes(&mails(&[ABOVE]));
}

#[test]
fn a_changed_manager_is_told_to_the_administrators() {
    let changed = Command::Submit(Submission {
        risks: vec![Risk::ManagerChanged],
        ..submission()
    });
    let case = Case::proven(terms()).does(&Actor::Browser, changed);
    let alert = Effect::AlertAdmins {
        alert: Alert::ManagerChanged,
    };
    assert!(case.effects.contains(&alert));
    assert_eq!(
        case.request.facts.risks,
        [Risk::ManagerChanged, Risk::OneProof]
    );
}

#[test]
fn somebody_else_is_asked_by_whoever_is_not_the_right_person() {
    let case = asked_along(line(), schedule())
        .does(&by(MANAGER), hand_on(MANAGER, COLLEAGUE))
        .logs(&[Event::HandedOn {
            from: id(MANAGER),
            to: id(COLLEAGUE),
        }])
        .owes(&mails(&[COLLEAGUE]));
    let handed = case.request.facts.approver(&id(COLLEAGUE)).unwrap();
    assert_eq!(handed.role, ApproverRole::HandedOn { by: id(MANAGER) });
    assert!(case.request.facts.risks.contains(&Risk::HandedOn));
    let tried = case
        .clone()
        .does(&by(MANAGER), Command::SpendContactCodeTry);
    tried.refuses(
        &by(MANAGER),
        approve(MANAGER),
        Refusal::ApproverSteppedAside,
    );
    case.refuses(
        &by(MANAGER),
        hand_on(MANAGER, SECOND),
        Refusal::ApproverSteppedAside,
    );
    // Who stepped aside can still stop it.
    case.clone()
        .does(&by(MANAGER), decline())
        .is(StateName::Denied);
    case.clone()
        .does(&by(MANAGER), Command::Report)
        .is(StateName::Reported);
    case.approved_by(COLLEAGUE).is(StateName::CoolingOff);
}

#[test]
fn handing_on_to_whose_turn_comes_later_asks_them_now() {
    let case = asked_along(line(), schedule()).does(
        &by(MANAGER),
        Command::HandOn {
            from: candidate(MANAGER),
            to: as_role(ABOVE, ApproverRole::ManagersManager),
            remind_at: REMINDED,
        },
    );
    let asked = asked_along(line(), schedule());
    for (broken, refusal) in broken_approvers(ABOVE) {
        let command = Command::HandOn {
            from: candidate(MANAGER),
            to: broken,
            remind_at: REMINDED,
        };
        asked.refuses(&by(MANAGER), command, refusal);
    }
    let above = case.request.facts.approver(&id(ABOVE)).unwrap();
    assert_eq!(above.role, ApproverRole::ManagersManager);
    assert!(!case.request.facts.risks.contains(&Risk::HandedOn));
    // They are not asked a second time: the step is whoever is on call's.
    case.refuses(&Actor::Timer, Command::Tick, Refusal::NothingDue);
    case.at(START + 60 * MINUTE)
        .does(&Actor::Timer, Command::Tick)
        .owes(&mails(&ON_CALL));
}

#[test]
fn nobody_hands_on_to_whom_the_rules_exclude_nor_for_ever() {
    let case = asked_along(line(), schedule());
    let to = |to| Command::HandOn {
        from: candidate(MANAGER),
        to,
        remind_at: REMINDED,
    };
    for (broken, refusal) in broken_approvers(COLLEAGUE) {
        // Whoever is named takes the role of a colleague, whatever else they are.
        if broken.role == ApproverRole::DualControl {
            continue;
        }
        case.refuses(&by(MANAGER), to(broken), refusal);
    }
    case.refuses(
        &by(MANAGER),
        to(candidate(SUBJECT)),
        Refusal::ApproverIsSubject,
    );
    case.refuses(&by(MANAGER), to(candidate(MANAGER)), Refusal::AlreadyDone);
    case.refuses(
        &approver(id(MANAGER), Seat::RequestersBrowser),
        to(candidate(COLLEAGUE)),
        Refusal::ApproverInRequestersBrowser,
    );
    let handed = case
        .does(&by(MANAGER), hand_on(MANAGER, "b"))
        .does(&by("b"), hand_on("b", "c"))
        .does(&by("c"), hand_on("c", "d"));
    handed.refuses(&by("d"), hand_on("d", "e"), Refusal::HandedOnTooOften);
    handed.approved_by("d");
}

#[test]
fn whoever_may_not_decide_names_nobody_who_does() {
    let case = asked_along(line(), schedule());
    for (broken, refusal) in broken_approvers(MANAGER) {
        let command = Command::HandOn {
            from: broken,
            to: candidate(COLLEAGUE),
            remind_at: REMINDED,
        };
        match refusal {
            // Who has approved enough today is right to name somebody else.
            Refusal::ApproverAtDailyCap => drop(case.clone().does(&by(MANAGER), command)),
            _ => case.refuses(&by(MANAGER), command, refusal),
        }
    }
    // A reading of somebody else does not vouch for the one who names.
    let command = Command::HandOn {
        from: candidate(SECOND),
        to: candidate(COLLEAGUE),
        remind_at: REMINDED,
    };
    case.refuses(&by(MANAGER), command, Refusal::NotAnApprover);
}

/// Privileged people are recovered, by two of a group.
fn with_a_group() -> Terms {
    Terms {
        dual_control: true,
        ..terms()
    }
}

fn submit_privileged(members: Vec<Candidate>) -> Command {
    Command::Submit(Submission {
        guards: privileged(),
        line: Line {
            tiers: vec![members],
        },
        ..submission()
    })
}

#[test]
fn privileged_people_take_two_of_the_group_and_a_day() {
    let case = Case::proven(with_a_group());
    let ordinary = vec![candidate(MANAGER), candidate(SECOND)];
    case.refuses(
        &Actor::Browser,
        submit_privileged(ordinary),
        Refusal::NoApprover,
    );
    case.refuses(
        &Actor::Browser,
        submit_privileged(vec![of_the_group(MANAGER)]),
        Refusal::NoApprover,
    );
    Case::proven(terms()).refuses(
        &Actor::Browser,
        submit_privileged(vec![of_the_group(MANAGER), of_the_group(SECOND)]),
        Refusal::SubjectIsPrivileged,
    );

    let case = case.does(
        &Actor::Browser,
        submit_privileged(vec![of_the_group(MANAGER), of_the_group(SECOND)]),
    );
    assert_eq!(case.request.facts.control, Control::Dual);
    let key = CodeKey::new([7; 32]);
    let code = contact_code(&key, case.request.facts.id, Control::Dual, case.now).grouped();
    let typed = TypedCode::parse(&code, 8).expect("eight digits");
    let (request, now) = (case.request.facts.id, case.now);
    assert!(typed.is_contact_code(&key, request, Control::Dual, now));
    assert!(!typed.is_contact_code(&key, request, Control::Single, now));
    let approve = |name| approve_with(privileged(), of_the_group(name));
    let try_code = Command::SpendContactCodeTry;
    let case = case.does(&by(MANAGER), try_code.clone());
    // Membership is read again.
    let mut left = of_the_group(MANAGER);
    left.in_role = false;
    case.refuses(
        &by(MANAGER),
        approve_with(privileged(), left),
        Refusal::ApproverLostRole,
    );
    case.refuses(
        &by(MANAGER),
        hand_on(MANAGER, COLLEAGUE),
        Refusal::ActorMayNot,
    );
    let case = case
        .does(&by(MANAGER), approve(MANAGER))
        .is(StateName::AwaitingApproval);
    case.clone().does(&by(MANAGER), try_code.clone()).refuses(
        &by(MANAGER),
        approve(MANAGER),
        Refusal::AlreadyApproved,
    );
    let approved = case
        .does(&by(SECOND), try_code)
        .does(&by(SECOND), approve(SECOND))
        .is(StateName::CoolingOff)
        .does(&Actor::Mailer, Command::AcceptNotice);
    assert_eq!(approved.request.due_at(), Some(approved.now + DAY));
}

#[test]
fn whoever_becomes_privileged_is_refused_under_single_control() {
    let case = Case::awaiting_approval(with_a_group());
    case.does(&by(MANAGER), Command::SpendContactCodeTry)
        .refuses(
            &by(MANAGER),
            approve_with(privileged(), candidate(MANAGER)),
            Refusal::SubjectIsPrivileged,
        );
}

#[test]
fn a_risk_delays_the_pass() {
    let risky = Terms {
        risk_cool_off: 60 * MINUTE,
        ..terms()
    };
    let cooling = Case::awaiting_approval(risky.clone())
        .does(&Actor::Mailer, Command::AcceptNotice)
        .approved_by(MANAGER)
        .is(StateName::CoolingOff);
    assert_eq!(cooling.request.due_at(), Some(START + 60 * MINUTE));
    // A longer delay for everybody stays.
    let longer = Terms {
        cool_off: 2 * DAY,
        ..risky.clone()
    };
    let cooling = Case::awaiting_approval(longer)
        .does(&Actor::Mailer, Command::AcceptNotice)
        .approved_by(MANAGER);
    assert_eq!(cooling.request.due_at(), Some(START + 2 * DAY));
    // Without a risk there is none.
    let mut calm = Case::awaiting_approval(risky).does(&Actor::Mailer, Command::AcceptNotice);
    calm.request.facts.risks.clear();
    calm.approved_by(MANAGER).is(StateName::Ready);
}

#[test]
fn steps_that_make_no_sense_any_more_are_gone() {
    let plan = |case: &Case| match &case.request.state {
        State::AwaitingApproval(awaiting) => {
            let acts = awaiting.plan.iter().map(|step| step.act.clone());
            acts.collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let ask = |names: &[&str]| Act::Ask {
        approvers: ids(names),
    };
    let remind = |names: &[&str]| Act::Remind {
        approvers: ids(names),
    };
    let case = asked_along(line(), schedule());
    assert_eq!(
        plan(&case),
        [remind(&[MANAGER]), ask(&[ABOVE]), ask(&ON_CALL)]
    );
    let command = Command::HandOn {
        from: candidate(MANAGER),
        to: as_role(ABOVE, ApproverRole::ManagersManager),
        remind_at: START + 15 * MINUTE,
    };
    let case = case.does(&by(MANAGER), command);
    assert_eq!(plan(&case), [remind(&[ABOVE]), ask(&ON_CALL)]);
}

#[test]
fn under_dual_control_nobody_who_approved_is_reminded() {
    let members = vec![of_the_group(MANAGER), of_the_group(SECOND)];
    let Command::Submit(submission) = submit_privileged(members) else {
        unreachable!("it submits");
    };
    let submission = Submission {
        schedule: schedule(),
        ..submission
    };
    let approval = approve_with(privileged(), of_the_group(MANAGER));
    Case::proven(with_a_group())
        .does(&Actor::Browser, Command::Submit(submission))
        .does(&by(MANAGER), Command::SpendContactCodeTry)
        .does(&by(MANAGER), approval)
        .at(START + 10 * MINUTE)
        .does(&Actor::Timer, Command::Tick)
        .owes(&[Effect::RemindApprover {
            approver: id(SECOND),
        }]);
}

#[test]
fn nobody_further_is_asked_while_a_mail_reaches_somebody() {
    let mut both = line();
    both.tiers[0].push(candidate(SECOND));
    let case = asked_along(both, schedule());
    let miss = |name: &str| Command::MissApprover(id(name));
    let due = case.request.due_at();
    let missed = case.does(&Actor::Mailer, miss(MANAGER));
    assert_eq!(missed.request.due_at(), due);
    let missed = missed.does(&Actor::Mailer, miss(SECOND));
    assert_eq!(missed.request.due_at(), Some(START));
}

/// The office closes soon: the next step of whoever keeps its hours is on the day after tomorrow, and whoever is on call is
/// there all the same.
fn before_the_weekend() -> Schedule {
    Schedule {
        remind: START + 10 * MINUTE,
        escalate: vec![START + 2 * DAY, START + 60 * MINUTE],
        deadline: START + DAY,
        off_hours: false,
    }
}

#[test]
fn whoever_is_on_call_does_not_wait_for_the_office_whoever_is_missing_before_them() {
    let mut nobody_above = line();
    nobody_above.tiers[1] = vec![broken_approvers(ABOVE).remove(0).0];
    let mut away = line();
    away.tiers[0][0].is_away = true;
    for line in [line(), nobody_above, away] {
        let case = asked_along(line, before_the_weekend());
        let on_call = case.at(START + 60 * MINUTE);
        let owed = on_call.does(&Actor::Timer, Command::Tick).effects;
        for mail in mails(&ON_CALL) {
            assert!(owed.contains(&mail), "{owed:?}");
        }
    }
}

#[test]
fn nobody_waits_for_whoever_stepped_aside() {
    let named = asked_along(line(), schedule()).does(&by(MANAGER), hand_on(MANAGER, COLLEAGUE));
    let missed = named.does(&Actor::Mailer, Command::MissApprover(id(COLLEAGUE)));
    missed
        .does(&Actor::Timer, Command::Tick)
        .owes(&mails(&[ABOVE]));
}

/// When nothing is to come but the deadline.
#[test]
fn a_far_reminder_is_none() {
    let case = Case::awaiting_approval(terms());
    assert_eq!(case.request.due_at(), Some(START + terms().approval));
    assert_eq!(REMINDED, Timestamp::from_millis(i64::MAX));
}
