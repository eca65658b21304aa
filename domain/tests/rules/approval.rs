//! From the mail to the approvers to the open claim window.

use std::time::Duration;

use domain::{
    Actor, Alert, Attestation, Command, Control, Decline, DenialReason, Effect, Event, Notice,
    Refusal, Risk, Seat, State, StateName, Terms,
};

use crate::kit::{
    Case, MANAGER, MILLISECOND, SECOND, START, SUBJECT, approve, approve_with, approver,
    broken_approvers, broken_guards, by, candidate, claim, cool_off_terms, decline, dual_control,
    guards, id, intent, reopen, submission, terms,
};

fn tried(terms: Terms) -> Case {
    Case::awaiting_approval(terms).does(&by(MANAGER), Command::SpendContactCodeTry)
}

#[test]
fn the_third_wrong_contact_code_denies_and_alerts() {
    let mut case = Case::awaiting_approval(terms());
    for tries_used in 1..Terms::MAX_TRIES {
        case = case
            .does(&by(MANAGER), Command::SpendContactCodeTry)
            .logs(&[Event::ContactCodeTrySpent { tries_used }])
            .does(&by(MANAGER), Command::RefuseContactCode)
            .is(StateName::AwaitingApproval)
            .logs(&[Event::ContactCodeRefused { tries_used }])
            .owes(&[]);
    }
    let third = case.does(&by(SECOND), Command::SpendContactCodeTry);
    let denied = [
        Event::ContactCodeRefused { tries_used: 3 },
        Event::Denied {
            reason: DenialReason::ContactCodeTriesUsedUp,
        },
    ];
    let alert = [Effect::AlertAdmins {
        alert: Alert::ContactCodeTriesUsedUp,
    }];
    third
        .clone()
        .does(&by(SECOND), Command::RefuseContactCode)
        .is(StateName::Denied)
        .logs(&denied)
        .owes(&alert);
    // The third verdict was never kept: it counts as wrong.
    third
        .clone()
        .does(&by(MANAGER), Command::SpendContactCodeTry)
        .is(StateName::Denied)
        .logs(&denied)
        .owes(&alert);
    // The third code was right.
    third
        .does(&by(SECOND), approve(SECOND))
        .is(StateName::CoolingOff);
}

#[test]
fn an_approval_needs_a_counted_try() {
    Case::awaiting_approval(terms()).refuses(&by(MANAGER), approve(MANAGER), Refusal::ActorMayNot);
}

#[test]
fn an_approval_is_recorded_with_who_when_and_what_they_stated() {
    let case = tried(cool_off_terms())
        .after(Duration::from_mins(7))
        .does(&by(MANAGER), approve(MANAGER));
    let now = case.now;
    let State::CoolingOff(cooling) = &case.request.state else {
        panic!("{case:#?}");
    };
    let [approval] = &cooling.approved.approvals[..] else {
        panic!("{cooling:#?}");
    };
    assert_eq!(approval.approver, id(MANAGER));
    assert_eq!(approval.at, now);
    assert_eq!(approval.attestation, Attestation::Phone);
    assert_eq!(cooling.approved.attempts, 0);
    case.logs(&[
        Event::Approved {
            approver: id(MANAGER),
            attestation: Attestation::Phone,
        },
        Event::CoolingOffStarted {
            not_before: now + cool_off_terms().cool_off,
        },
    ])
    .owes(&[Effect::NotifyOwner {
        notice: Notice::Approved,
    }]);
}

#[test]
fn only_the_people_who_were_asked_decide() {
    let case = tried(terms());
    let stranger = by("mallory");
    for command in [
        Command::SpendContactCodeTry,
        Command::RefuseContactCode,
        approve("mallory"),
        decline(),
        Command::Report,
    ] {
        case.refuses(&stranger, command, Refusal::NotAnApprover);
    }
    // A reading of somebody else does not vouch for the one who approves.
    case.refuses(&by(MANAGER), approve(SECOND), Refusal::NotAnApprover);
    Case::lapsed().refuses(&stranger, reopen(), Refusal::NotAnApprover);
}

#[test]
fn the_subject_never_approves_even_if_frozen_as_approver() {
    let mut case = tried(terms());
    case.request.facts.approvers[0].id = id(SUBJECT);
    case.refuses(&by(SUBJECT), approve(SUBJECT), Refusal::ApproverIsSubject);
}

#[test]
fn the_approver_is_judged_again_at_approval() {
    let case = tried(terms());
    for (broken, refusal) in broken_approvers(MANAGER) {
        case.refuses(&by(MANAGER), approve_with(guards(), broken), refusal);
    }
}

#[test]
fn each_guard_stops_an_approval() {
    let case = tried(terms());
    for (reading, refusal) in broken_guards(case.now) {
        case.refuses(
            &by(MANAGER),
            approve_with(reading, candidate(MANAGER)),
            refusal,
        );
    }
}

#[test]
fn nothing_is_approved_from_the_requesters_browser_but_a_no_is_heard() {
    let seated = approver(id(MANAGER), Seat::RequestersBrowser);
    let case = tried(terms());
    for command in [Command::SpendContactCodeTry, approve(MANAGER)] {
        case.refuses(&seated, command, Refusal::ApproverInRequestersBrowser);
    }
    Case::lapsed().refuses(&seated, reopen(), Refusal::ApproverInRequestersBrowser);
    case.clone().does(&seated, decline()).is(StateName::Denied);
    case.does(&seated, Command::Report).is(StateName::Reported);
}

#[test]
fn under_dual_control_one_approval_keeps_waiting_for_another_person() {
    let first = Case::awaiting_approval(dual_control())
        .approved_by(MANAGER)
        .is(StateName::AwaitingApproval)
        .owes(&[]);
    first
        .clone()
        .does(&by(MANAGER), Command::SpendContactCodeTry)
        .refuses(&by(MANAGER), approve(MANAGER), Refusal::AlreadyApproved);
    let both = first.approved_by(SECOND).is(StateName::CoolingOff);
    let State::CoolingOff(cooling) = &both.request.state else {
        panic!("{both:#?}");
    };
    let names: Vec<_> = cooling
        .approved
        .approvals
        .iter()
        .map(|a| &a.approver)
        .collect();
    assert_eq!(names, [&id(MANAGER), &id(SECOND)]);
}

#[test]
fn under_dual_control_each_approver_has_tries_of_their_own() {
    let mut case = Case::awaiting_approval(dual_control());
    for _ in 1..Terms::MAX_TRIES {
        case = case
            .does(&by(MANAGER), Command::SpendContactCodeTry)
            .does(&by(MANAGER), Command::RefuseContactCode);
    }
    let first = case.approved_by(MANAGER).is(StateName::AwaitingApproval);
    first.refuses(&by(SECOND), approve(SECOND), Refusal::ActorMayNot);
    first.approved_by(SECOND).is(StateName::CoolingOff);
}

#[test]
fn under_dual_control_one_no_outweighs_one_yes() {
    Case::awaiting_approval(dual_control())
        .approved_by(MANAGER)
        .does(&by(SECOND), decline())
        .is(StateName::Denied);
}

#[test]
fn approvers_answer_before_their_deadline() {
    let deadline = START + terms().approval;
    let case = tried(terms());
    let late = case.clone().at(deadline);
    for command in [
        Command::SpendContactCodeTry,
        Command::RefuseContactCode,
        approve(MANAGER),
    ] {
        late.refuses(&by(MANAGER), command, Refusal::DeadlinePassed);
    }
    let early = case.at(deadline - MILLISECOND);
    early.refuses(&Actor::Timer, Command::Tick, Refusal::NothingDue);
    early.approved_by(MANAGER).is(StateName::CoolingOff);
    late.does(&Actor::Timer, Command::Tick)
        .is(StateName::Expired)
        .logs(&[Event::Expired {
            during: StateName::AwaitingApproval,
        }])
        .owes(&[]);
}

#[test]
fn without_a_cool_off_an_accepted_notice_opens_the_window_at_once() {
    let case = Case::awaiting_approval(terms())
        .does(&Actor::Mailer, Command::AcceptNotice)
        .logs(&[Event::NoticeAccepted])
        .approved_by(MANAGER)
        .is(StateName::Ready);
    let closes_at = case.now + terms().claim;
    assert_eq!(case.request.due_at(), Some(closes_at));
    assert_eq!(case.events[1..], [Event::BecameReady { closes_at }]);
}

#[test]
fn without_a_cool_off_the_window_waits_for_an_accepted_notice() {
    let case = Case::cooling_off(terms()).is(StateName::CoolingOff);
    assert_eq!(case.request.due_at(), Some(case.now + terms().approval));
    case.refuses(&Actor::Timer, Command::Tick, Refusal::NothingDue);
    let noticed = case
        .after(Duration::from_mins(3))
        .does(&Actor::Mailer, Command::AcceptNotice)
        .is(StateName::CoolingOff);
    assert!(noticed.request.due_at() <= Some(noticed.now));
    let closes_at = noticed.now + terms().claim;
    noticed
        .does(&Actor::Timer, Command::Tick)
        .is(StateName::Ready)
        .logs(&[Event::BecameReady { closes_at }]);
}

#[test]
fn a_cool_off_lasts_to_the_millisecond() {
    let case = Case::cooling_off(cool_off_terms()).does(&Actor::Mailer, Command::AcceptNotice);
    let not_before = case.now + cool_off_terms().cool_off;
    assert_eq!(case.request.due_at(), Some(not_before));
    let early = case.clone().at(not_before - MILLISECOND);
    early.refuses(&Actor::Timer, Command::Tick, Refusal::NothingDue);
    early.refuses(
        &Actor::Browser,
        claim(intent(1)),
        Refusal::WrongState(StateName::CoolingOff),
    );
    case.at(not_before)
        .does(&Actor::Timer, Command::Tick)
        .is(StateName::Ready);
}

#[test]
fn a_cool_off_that_nobody_was_told_of_expires() {
    let case = Case::cooling_off(cool_off_terms());
    let deadline = case.now + cool_off_terms().cool_off + terms().approval;
    assert_eq!(case.request.due_at(), Some(deadline));
    case.clone().at(deadline - MILLISECOND).refuses(
        &Actor::Timer,
        Command::Tick,
        Refusal::NothingDue,
    );
    case.at(deadline)
        .does(&Actor::Timer, Command::Tick)
        .is(StateName::Expired)
        .logs(&[Event::Expired {
            during: StateName::CoolingOff,
        }]);
}

#[test]
fn the_first_accepted_notice_counts() {
    let case = Case::awaiting_approval(terms()).does(&Actor::Mailer, Command::AcceptNotice);
    assert_eq!(case.request.facts.notice_accepted_at, Some(START));
    case.after(MILLISECOND)
        .refuses(&Actor::Mailer, Command::AcceptNotice, Refusal::AlreadyDone);
}

#[test]
fn one_deny_beats_an_approval_that_is_not_yet_disclosed() {
    let approved = [
        Case::cooling_off(cool_off_terms()),
        Case::ready(),
        Case::awaiting_approval(terms()),
    ];
    for case in approved {
        let denied = case.does(&by(SECOND), decline()).is(StateName::Denied);
        let reason = DenialReason::ByApprover {
            approver: id(SECOND),
            why: Decline::Unsure,
        };
        let denied = denied.logs(&[Event::Denied { reason }]).owes(&[]);
        denied.refuses(
            &by(MANAGER),
            approve(MANAGER),
            Refusal::WrongState(StateName::Denied),
        );
        denied.refuses(
            &Actor::Browser,
            claim(intent(1)),
            Refusal::WrongState(StateName::Denied),
        );
    }
}

#[test]
fn a_lapsed_case_is_asked_for_again_from_the_start() {
    let lapsed = Case::lapsed();
    let deadline = lapsed.now + Terms::MAX_APPROVAL;
    let reopened = lapsed
        .does(&by(MANAGER), reopen())
        .is(StateName::AwaitingApproval)
        .logs(&[
            Event::Reopened {
                approver: id(MANAGER),
            },
            Event::Submitted {
                approvers: vec![id(MANAGER), id(SECOND)],
                deadline,
                control: Control::Single,
                risks: vec![Risk::OneProof],
            },
        ])
        .owes(&[
            Effect::AskApprover {
                approver: id(MANAGER),
            },
            Effect::AskApprover {
                approver: id(SECOND),
            },
            Effect::NotifyOwner {
                notice: Notice::Submitted,
            },
        ]);
    assert!(reopened.request.occupies_subject());
    // It needs an approval of its own, which brings attempts of its own, under growing fences.
    reopened.refuses(&by(MANAGER), approve(MANAGER), Refusal::ActorMayNot);
    reopened.refuses(
        &Actor::Browser,
        Command::Submit(submission()),
        Refusal::WrongState(StateName::AwaitingApproval),
    );
    let again = reopened
        .does(&Actor::Mailer, Command::AcceptNotice)
        .approved_by(SECOND)
        .does(&Actor::Browser, claim(intent(2)))
        .logs(&[Event::IssueStarted {
            fence: domain::Fence(2),
            intent: intent(2),
            attempt: 1,
        }]);
    again.disclosed_now().is(StateName::Disclosed);
}

#[test]
fn a_notice_of_an_earlier_round_does_not_open_the_window_of_the_next() {
    let reopened = Case::reopened();
    assert_eq!(reopened.request.facts.notice_accepted_at, None);
    let waiting = reopened.approved_by(MANAGER).is(StateName::CoolingOff);
    waiting.refuses(&Actor::Timer, Command::Tick, Refusal::NothingDue);
    let noticed = waiting
        .after(Duration::from_mins(3))
        .does(&Actor::Mailer, Command::AcceptNotice);
    assert_eq!(
        noticed.request.facts.notice_accepted_at,
        Some(noticed.now),
        "the first of this round"
    );
    noticed
        .does(&Actor::Timer, Command::Tick)
        .is(StateName::Ready);
}

#[test]
fn an_approver_whom_no_mail_reaches_is_somebody_elses_to_call() {
    let asked = Case::awaiting_approval(terms());
    let missed = asked
        .clone()
        .does(&Actor::Mailer, Command::MissApprover(id(MANAGER)))
        .logs(&[Event::ApproverNotReached {
            approver: id(MANAGER),
        }])
        .owes(&[Effect::AlertAdmins {
            alert: Alert::ApproverNotReached,
        }]);
    assert_eq!(missed.request.state, asked.request.state);
    missed.approved_by(SECOND).is(StateName::CoolingOff);
}
