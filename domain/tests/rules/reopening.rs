//! A case that lapsed, taken up again without starting over.

use domain::{
    Actor, Candidate, Command, Control, Event, GuardReading, Line, Refusal, Risk, Schedule, Seat,
    State, StateName, Submission, Terms, Timestamp,
};

use crate::kit::{
    COLLEAGUE, Case, DAY, MANAGER, MILLISECOND, MINUTE, SECOND, START, SUBJECT, approver, by,
    candidate, claim, dual_control, guards, hand_on, id, intent, privileged, reopen, reopen_by,
    schedule, submission, terms,
};

#[test]
fn a_lapsed_case_is_taken_up_again_for_three_days_by_whoever_was_asked() {
    let lapsed = Case::lapsed();
    lapsed
        .clone()
        .at(START + 3 * DAY)
        .refuses(&by(MANAGER), reopen(), Refusal::DeadlinePassed);
    lapsed.refuses(
        &approver(id(MANAGER), Seat::RequestersBrowser),
        reopen(),
        Refusal::ApproverInRequestersBrowser,
    );
    lapsed.refuses(&by(SECOND), reopen(), Refusal::NotAnApprover);
    let at = START + 3 * DAY - MINUTE;
    let case = lapsed.at(at).does(&by(SECOND), reopen_by(SECOND));
    assert!(
        case.request
            .facts
            .asked()
            .all(|asked| asked.asked_at == Some(at))
    );
    case.refuses(
        &Actor::Browser,
        claim(intent(9)),
        Refusal::WrongState(StateName::AwaitingApproval),
    );
}

/// Taken up again by the manager, with these people to ask and the guards as they hold.
fn reopen_with(tiers: Vec<Vec<Candidate>>, now: Timestamp) -> Command {
    Command::Reopen {
        by: candidate(MANAGER),
        submission: Submission {
            line: Line { tiers },
            schedule: Schedule {
                remind: now + 10 * MINUTE,
                ..schedule(now)
            },
            ..submission()
        },
    }
}

#[test]
fn whoever_takes_a_case_up_is_asked_and_the_others_in_their_turn() {
    let lapsed = Case::lapsed();
    let now = lapsed.now;
    let tiers = vec![
        vec![candidate(COLLEAGUE)],
        vec![candidate(MANAGER)],
        vec![candidate(SECOND)],
    ];
    let case = lapsed.does(&by(MANAGER), reopen_with(tiers, now));
    let asked: Vec<_> = case
        .request
        .facts
        .asked()
        .map(|asked| asked.id.clone())
        .collect();
    assert_eq!(asked, [id(COLLEAGUE), id(MANAGER)]);
    let State::AwaitingApproval(awaiting) = &case.request.state else {
        panic!("{:?}", case.request.state);
    };
    let steps: Vec<_> = awaiting
        .plan
        .iter()
        .map(|step| (step.at, step.act.approvers().to_vec()))
        .collect();
    assert_eq!(
        steps,
        [
            (now + 10 * MINUTE, vec![id(COLLEAGUE)]),
            (now + 60 * MINUTE, vec![id(SECOND)]),
        ]
    );
    // Nobody leads to the manager any more, who is asked all the same: their word was heard before.
    let case = Case::lapsed().does(
        &by(MANAGER),
        reopen_with(vec![vec![candidate(COLLEAGUE)]], now),
    );
    let asked: Vec<_> = case
        .request
        .facts
        .asked()
        .map(|asked| asked.id.clone())
        .collect();
    assert_eq!(asked, [id(COLLEAGUE), id(MANAGER)]);
}

#[test]
fn a_case_is_taken_up_under_the_rules_of_that_day() {
    let lapsed = Case::lapsed();
    let now = lapsed.now;
    let reopen_as = |by: Candidate, guards: GuardReading| Command::Reopen {
        by,
        submission: Submission {
            guards,
            schedule: schedule(now),
            ..submission()
        },
    };
    let guarded = reopen_as(candidate(MANAGER), privileged());
    lapsed.refuses(&by(MANAGER), guarded, Refusal::SubjectIsPrivileged);
    let mut recovered = candidate(MANAGER);
    recovered.record.recovered = true;
    lapsed.refuses(
        &by(MANAGER),
        reopen_as(recovered, guards()),
        Refusal::ApproverRecoveredLately,
    );
    lapsed.refuses(
        &by(MANAGER),
        reopen_with(Vec::new(), now),
        Refusal::NoApprover,
    );
    let mut risky = submission();
    risky.risks = vec![Risk::ReportedLately];
    let case = lapsed.does(
        &by(MANAGER),
        Command::Reopen {
            by: candidate(MANAGER),
            submission: risky,
        },
    );
    assert_eq!(
        case.request.facts.risks,
        [Risk::ReportedLately, Risk::OneProof]
    );
}

#[test]
fn a_case_is_taken_up_twice_and_never_after_a_report() {
    let once = Case::reopened();
    let lapse_again = |case: Case| {
        case.does(&Actor::Mailer, Command::AcceptNotice)
            .approved_by(SECOND)
            .does(&Actor::Browser, claim(intent(7)))
            .disclosed_now()
            .lapsed_now()
    };
    let twice = lapse_again(once).does(&by(MANAGER), reopen());
    assert_eq!(twice.request.facts.reopenings, 2);
    lapse_again(twice).refuses(&by(MANAGER), reopen(), Refusal::ReopenedTooOften);

    Case::lapsed().does(&by(SECOND), Command::Report).refuses(
        &by(MANAGER),
        reopen(),
        Refusal::WasReported,
    );
}

#[test]
fn whoever_stepped_aside_does_not_take_a_case_up_and_is_not_asked_anew() {
    let handed_on = Case::awaiting_approval(terms())
        .does(&by(MANAGER), hand_on(MANAGER, COLLEAGUE))
        .does(&Actor::Mailer, Command::AcceptNotice)
        .approved_by(COLLEAGUE)
        .does(&Actor::Browser, claim(intent(1)))
        .disclosed_now()
        .lapsed_now();
    handed_on.refuses(&by(MANAGER), reopen(), Refusal::ApproverSteppedAside);
    let now = handed_on.now;
    let again = handed_on.does(
        &by(COLLEAGUE),
        Command::Reopen {
            by: candidate(COLLEAGUE),
            submission: Submission {
                line: Line {
                    tiers: vec![vec![candidate(SECOND)]],
                },
                schedule: schedule(now),
                ..submission()
            },
        },
    );
    let facts = &again.request.facts;
    // Their role rests on the one who named them, who stays known for it.
    assert_eq!(facts.approver(&id(COLLEAGUE)).unwrap().asked_at, Some(now));
    assert!(facts.approver(&id(MANAGER)).unwrap().stepped_aside);
    assert!(facts.risks.contains(&Risk::HandedOn));
    let mailed = Event::Submitted {
        approvers: vec![id(SECOND), id(COLLEAGUE)],
        deadline: schedule(now).deadline,
        control: Control::Single,
        risks: vec![Risk::OneProof, Risk::HandedOn],
    };
    assert_eq!(again.events.last(), Some(&mailed));
}

#[test]
fn a_browser_stays_bound_for_the_longest_that_a_case_can_take() {
    let slow = Terms {
        cool_off: 2 * DAY,
        ..terms()
    };
    let lapsed = Case::lapsed();
    let mut last = lapsed.at(START + Terms::REOPENING - MILLISECOND);
    last.request.facts.terms = slow;
    let reopened = last
        .does(&by(MANAGER), reopen())
        .does(&Actor::Mailer, Command::AcceptNotice);
    let State::AwaitingApproval(awaiting) = &reopened.request.state else {
        panic!("{:?}", reopened.request.state);
    };
    let deadline = awaiting.deadline;
    let cooling = reopened.at(deadline - MILLISECOND).approved_by(SECOND);
    let State::CoolingOff(state) = &cooling.request.state else {
        panic!("{:?}", cooling.request.state);
    };
    let latest = state.deadline - MILLISECOND;
    let ready = cooling.at(latest).does(&Actor::Timer, Command::Tick);
    let State::Ready(state) = &ready.request.state else {
        panic!("{:?}", ready.request.state);
    };
    assert!(state.closes_at < START + ready.request.longest_life());
}

#[test]
fn a_request_waits_for_each_word_once_and_in_time() {
    let case = Case::awaiting_approval(terms()).does(&by(MANAGER), hand_on(MANAGER, COLLEAGUE));
    let awaits = |case: &Case, name: &str| case.request.awaits(&id(name), case.now);
    assert_eq!(awaits(&case, SECOND), Ok(()));
    assert_eq!(awaits(&case, MANAGER), Err(Refusal::ApproverSteppedAside));
    assert_eq!(awaits(&case, SUBJECT), Err(Refusal::NotAnApprover));
    let late = case.clone().at(START + terms().approval);
    assert_eq!(awaits(&late, SECOND), Err(Refusal::DeadlinePassed));
    let first = Case::awaiting_approval(dual_control()).approved_by(MANAGER);
    assert_eq!(awaits(&first, MANAGER), Err(Refusal::AlreadyApproved));
    let decided = case.approved_by(SECOND);
    let moved_on = Refusal::WrongState(decided.request.state_name());
    assert_eq!(awaits(&decided, SECOND), Err(moved_on));
}

#[test]
fn what_has_no_browser_any_more_is_not_taken_up() {
    let left = Case::lapsed().does(&Actor::Browser, Command::LeaveBrowser);
    left.refuses(&by(MANAGER), reopen(), Refusal::BrowserWasLeft);
    left.refuses(&Actor::Browser, Command::LeaveBrowser, Refusal::AlreadyDone);
    // Whoever finishes with a pass in hand has it noted before it lapses.
    Case::disclosed()
        .does(&Actor::Browser, Command::LeaveBrowser)
        .lapsed_now()
        .refuses(&by(MANAGER), reopen(), Refusal::BrowserWasLeft);
}
