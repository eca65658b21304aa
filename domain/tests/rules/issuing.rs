//! Attempts to issue a pass, under their fences and leases.

use std::time::Duration;

use domain::{
    AbortCause, Actor, Alert, Cancellation, CleanUp, Command, DenialReason, Effect, Event, Fault,
    Fence, Notice, Refusal, ReportedBy, State, StateName, Terms,
};

use crate::kit::{
    AFTER_CLAIM, Case, MANAGER, MILLISECOND, MINUTE, SECOND, abort, by, claim, decline, disclose,
    id, intent, reap, release, terms,
};

/// The attempt under `fence` failed; another may start at once.
fn released(case: Case, fence: u32) -> Case {
    case.does(&Actor::Issuer, release(Fence(fence), Duration::ZERO))
}

#[test]
fn a_claim_starts_an_attempt_with_fence_lease_and_intent() {
    let ready = Case::ready();
    let ready_at = ready.now;
    assert_eq!(ready.request.facts.claimed_at, None);
    let case = ready
        .does(&Actor::Browser, claim(intent(7)))
        .is(StateName::Issuing)
        .logs(&[Event::IssueStarted {
            fence: Fence(1),
            intent: intent(7),
            attempt: 1,
        }])
        .owes(&[reap(1, ready_at)]);
    assert_eq!(case.request.facts.claimed_at, Some(case.now));
    assert_eq!(case.request.facts.fence, Fence(1));
    assert_eq!(case.request.due_at(), Some(case.now + terms().lease));
}

#[test]
fn the_claim_window_closes_to_the_millisecond() {
    let ready = Case::ready();
    let closes_at = ready.now + terms().claim;
    let early = ready.clone().at(closes_at - MILLISECOND);
    early.refuses(&Actor::Timer, Command::Tick, Refusal::NothingDue);
    early.does(&Actor::Browser, claim(intent(1)));
    let late = ready.at(closes_at);
    late.refuses(&Actor::Browser, claim(intent(1)), Refusal::DeadlinePassed);
    late.does(&Actor::Timer, Command::Tick)
        .is(StateName::Expired)
        .owes(&[]);
}

#[test]
fn a_window_that_closes_after_an_attempt_leaves_work() {
    let case = released(Case::issuing(), 1);
    let State::Ready(ready) = &case.request.state else {
        panic!("{case:#?}");
    };
    let closes_at = ready.closes_at;
    case.at(closes_at)
        .does(&Actor::Timer, Command::Tick)
        .is(StateName::Expired)
        .owes(&AFTER_CLAIM);
}

#[test]
fn a_withdrawal_or_a_deny_after_an_attempt_leaves_work() {
    let case = released(Case::issuing(), 1);
    case.clone()
        .does(&Actor::Browser, Command::Withdraw)
        .is(StateName::Withdrawn)
        .owes(&AFTER_CLAIM);
    case.does(&by(MANAGER), decline())
        .is(StateName::Denied)
        .owes(&AFTER_CLAIM);
}

#[test]
fn a_disclosure_keeps_the_pass_and_tells_the_owner() {
    let case = Case::disclosed()
        .is(StateName::Disclosed)
        .owes(&[Effect::NotifyOwner {
            notice: Notice::Disclosed,
        }]);
    let State::Disclosed(disclosed) = &case.request.state else {
        panic!("{case:#?}");
    };
    assert_eq!(disclosed.fence, Fence(1));
    assert_eq!(disclosed.pass.intent, intent(1));
    assert_eq!(disclosed.at, case.now);
    assert_eq!(case.request.due_at(), None);
}

#[test]
fn work_under_another_fence_is_void() {
    let second = released(Case::issuing(), 1).does(&Actor::Browser, claim(intent(2)));
    for stale in [Fence(1), Fence(3)] {
        for command in [
            disclose(stale, intent(2), second.now),
            release(stale, Duration::ZERO),
            abort(stale),
        ] {
            second.refuses(&Actor::Issuer, command, Refusal::StaleFence);
        }
    }
    let disclosed = second.disclosed_now();
    disclosed.refuses(
        &Actor::Issuer,
        Command::FindPassMismatch { fence: Fence(1) },
        Refusal::StaleFence,
    );
}

#[test]
fn a_pass_made_for_another_intent_is_not_disclosed() {
    let case = Case::issuing();
    case.refuses(
        &Actor::Issuer,
        disclose(Fence(1), intent(2), case.now),
        Refusal::StaleFence,
    );
}

#[test]
fn a_lease_ends_to_the_millisecond() {
    let case = Case::issuing();
    let end = case.now + terms().lease;
    let early = case.clone().at(end - MILLISECOND);
    early.refuses(&Actor::Timer, Command::Tick, Refusal::NothingDue);
    early.disclosed_now();
    let late = case.at(end);
    late.refuses(
        &Actor::Issuer,
        disclose(Fence(1), intent(1), late.now),
        Refusal::LeaseRanOut,
    );
    let retried = late
        .does(&Actor::Timer, Command::Tick)
        .is(StateName::Ready)
        .logs(&[Event::IssueFailed {
            fence: Fence(1),
            fault: Fault::LeaseRanOut,
        }])
        .owes(&[]);
    // The lost issuer comes back too late, whether or not another is at work.
    retried.refuses(
        &Actor::Issuer,
        disclose(Fence(1), intent(1), retried.now),
        Refusal::WrongState(StateName::Ready),
    );
    let again = retried.does(&Actor::Browser, claim(intent(2)));
    again.refuses(
        &Actor::Issuer,
        disclose(Fence(1), intent(1), again.now),
        Refusal::StaleFence,
    );
}

#[test]
fn a_failed_attempt_asks_for_patience() {
    let case = Case::issuing();
    let window_closes = case.now + terms().claim;
    let retry_at = case.now + MINUTE;
    let case = case
        .does(&Actor::Issuer, release(Fence(1), MINUTE))
        .is(StateName::Ready)
        .logs(&[Event::IssueFailed {
            fence: Fence(1),
            fault: Fault::DirectoryUnavailable,
        }]);
    assert_eq!(case.request.due_at(), Some(window_closes));
    case.clone().at(retry_at - MILLISECOND).refuses(
        &Actor::Browser,
        claim(intent(2)),
        Refusal::RetryLater,
    );
    let claimed_at = case.request.facts.claimed_at;
    let again = case.at(retry_at).does(&Actor::Browser, claim(intent(2)));
    assert_eq!(
        again.request.facts.claimed_at, claimed_at,
        "the first claim"
    );
}

#[test]
fn three_attempts_are_enough() {
    let mut case = Case::issuing();
    for attempt in 1..Terms::MAX_ATTEMPTS {
        case = released(case, attempt.into())
            .is(StateName::Ready)
            .does(&Actor::Browser, claim(intent(u128::from(attempt) + 1)))
            .logs(&[Event::IssueStarted {
                fence: Fence(u32::from(attempt) + 1),
                intent: intent(u128::from(attempt) + 1),
                attempt: attempt + 1,
            }]);
    }
    let aborted = released(case.clone(), 3).is(StateName::Aborted);
    aborted
        .logs(&[
            Event::IssueFailed {
                fence: Fence(3),
                fault: Fault::DirectoryUnavailable,
            },
            Event::Aborted {
                cause: AbortCause::AttemptsUsedUp,
            },
        ])
        .owes(&[
            Effect::CleanUp {
                clean_up: CleanUp::RemovePass,
            },
            Effect::AlertAdmins {
                alert: Alert::Aborted {
                    cause: AbortCause::AttemptsUsedUp,
                },
            },
        ]);
    case.clone()
        .after(terms().lease)
        .does(&Actor::Timer, Command::Tick)
        .is(StateName::Aborted);
    let disclosed = case.disclosed_now();
    disclosed.refuses(
        &Actor::Browser,
        Command::Replace { intent: intent(4) },
        Refusal::AttemptsUsedUp,
    );
    // The second attempt vanishes this time, so its pass may have replaced the third one's.
    let lost = released(Case::issuing(), 1)
        .does(&Actor::Browser, claim(intent(2)))
        .after(terms().lease)
        .does(&Actor::Timer, Command::Tick)
        .does(&Actor::Browser, claim(intent(3)))
        .disclosed_now();
    let mismatch = Command::FindPassMismatch { fence: Fence(3) };
    lost.does(&Actor::Issuer, mismatch)
        .is(StateName::Aborted)
        .logs(&[
            Event::PassMismatchFound { fence: Fence(3) },
            Event::Aborted {
                cause: AbortCause::AttemptsUsedUp,
            },
        ]);
}

#[test]
fn an_aborted_attempt_removes_its_pass_and_calls_for_a_person() {
    for cause in [
        AbortCause::MethodSurvived,
        AbortCause::Permanent,
        AbortCause::GuardChanged(Refusal::SubjectIsFrozen),
    ] {
        let abort = Command::Abort {
            fence: Fence(1),
            cause: cause.clone(),
            may_leave_pass: false,
        };
        Case::issuing()
            .does(&Actor::Issuer, abort)
            .is(StateName::Aborted)
            .logs(&[Event::Aborted {
                cause: cause.clone(),
            }])
            .owes(&[
                Effect::CleanUp {
                    clean_up: CleanUp::RemovePass,
                },
                Effect::AlertAdmins {
                    alert: Alert::Aborted { cause },
                },
            ]);
    }
}

#[test]
fn a_no_during_an_attempt_stops_the_disclosure_and_then_ends_the_request() {
    let denied = Cancellation::Denied(DenialReason::ByApprover {
        approver: id(SECOND),
        why: domain::Decline::Unsure,
    });
    let at = Case::issuing().now;
    let by_owner = Cancellation::Reported {
        by: ReportedBy::Owner,
        at,
    };
    let by_security = Cancellation::Reported {
        by: ReportedBy::Security,
        at,
    };
    for (actor, command, cancellation, end) in [
        (by(SECOND), decline(), denied, StateName::Denied),
        (Actor::Owner, Command::Report, by_owner, StateName::Reported),
        (
            Actor::Security,
            Command::Report,
            by_security,
            StateName::Reported,
        ),
    ] {
        let case = Case::issuing()
            .does(&actor, command)
            .is(StateName::Issuing)
            .logs(&[Event::IssueCancelled { fence: Fence(1) }]);
        let State::Issuing(issuing) = &case.request.state else {
            panic!("{case:#?}");
        };
        assert_eq!(issuing.cancelled, Some(cancellation));
        case.refuses(
            &Actor::Issuer,
            disclose(Fence(1), intent(1), case.now),
            Refusal::Cancelled,
        );
        case.clone()
            .does(&Actor::Issuer, abort(Fence(1)))
            .is(end)
            .owes(&AFTER_CLAIM);
        released(case.clone(), 1).is(end).owes(&AFTER_CLAIM);
        let ended = case
            .after(terms().lease)
            .does(&Actor::Timer, Command::Tick)
            .is(end)
            .owes(&AFTER_CLAIM);
        let last = ended.events.last();
        assert!(
            matches!(last, Some(Event::Denied { .. } | Event::Reported { .. })),
            "the log ends with the end: {last:?}"
        );
    }
}

#[test]
fn a_report_outweighs_a_deny_and_neither_is_taken_twice() {
    let denied = Case::issuing().does(&by(SECOND), decline());
    denied.refuses(&by(MANAGER), decline(), Refusal::AlreadyDone);
    let reported = denied.does(&Actor::Owner, Command::Report);
    reported.refuses(&Actor::Owner, Command::Report, Refusal::AlreadyDone);
    reported.refuses(&by(MANAGER), decline(), Refusal::AlreadyDone);
    reported
        .does(&Actor::Issuer, abort(Fence(1)))
        .is(StateName::Reported);
}

#[test]
fn a_pass_that_could_not_be_used_is_replaced_while_the_window_is_open() {
    let case = Case::disclosed();
    let closes_at = Case::ready().now + terms().claim;
    let replace = || Command::Replace { intent: intent(2) };
    case.clone()
        .at(closes_at)
        .refuses(&Actor::Browser, replace(), Refusal::DeadlinePassed);
    let replaced = case
        .at(closes_at - MILLISECOND)
        .does(&Actor::Browser, replace())
        .is(StateName::Issuing)
        .logs(&[Event::IssueStarted {
            fence: Fence(2),
            intent: intent(2),
            attempt: 2,
        }])
        .owes(&[reap(2, closes_at - MILLISECOND)])
        .disclosed_now();
    let State::Disclosed(disclosed) = &replaced.request.state else {
        panic!("{replaced:#?}");
    };
    assert_eq!(disclosed.fence, Fence(2));
    assert_eq!(disclosed.pass.intent, intent(2));
}

/// The pass of the last fence is found to be another one than the live one, or none.
fn mismatched(case: Case, actor: &Actor) -> Case {
    let fence = case.request.facts.fence;
    let now = case.now;
    let case = case.does(actor, Command::FindPassMismatch { fence });
    match case.request.state_name() {
        StateName::Ready => case.logs(&[Event::PassMismatchFound { fence }]).owes(&[
            Effect::AlertAdmins {
                alert: Alert::PassMismatch,
            },
            Effect::Reap { fence, from: now },
        ]),
        _ => case
            .is(StateName::Aborted)
            .logs(&[
                Event::PassMismatchFound { fence },
                Event::Aborted {
                    cause: AbortCause::PassChanged,
                },
            ])
            .owes(&[
                Effect::CleanUp {
                    clean_up: CleanUp::RemovePass,
                },
                Effect::AlertAdmins {
                    alert: Alert::Aborted {
                        cause: AbortCause::PassChanged,
                    },
                },
            ]),
    }
}

#[test]
fn a_pass_that_an_attempt_may_have_left_leads_back_until_it_can_come_no_more() {
    for actor in [Actor::Issuer, Actor::Watcher] {
        let doubtful = Case::disclosed_in_doubt();
        let stray_until = Case::issuing().now + terms().lease + Terms::LATENESS;
        assert_eq!(doubtful.request.facts.stray_until, Some(stray_until));
        mismatched(doubtful.clone().at(stray_until - MILLISECOND), &actor)
            .is(StateName::Ready)
            .does(&Actor::Browser, claim(intent(3)))
            .is(StateName::Issuing);
        mismatched(doubtful.at(stray_until), &actor).is(StateName::Aborted);
    }
}

#[test]
fn what_others_did_to_a_pass_is_not_undone() {
    for actor in [Actor::Issuer, Actor::Watcher] {
        let failed = released(Case::issuing(), 1).does(&Actor::Browser, claim(intent(2)));
        for case in [
            Case::disclosed(),
            Case::replacing().disclosed_now(),
            failed.disclosed_now(),
        ] {
            mismatched(case, &actor).is(StateName::Aborted);
        }
    }
}

#[test]
fn whoever_ends_an_attempt_says_whether_a_pass_may_come_of_it() {
    let stray_until = Some(Case::issuing().now + terms().lease + Terms::LATENESS);
    for may_leave_pass in [false, true] {
        let left = stray_until.filter(|_| may_leave_pass);
        let fence = Fence(1);
        let release = Command::Release {
            fence,
            fault: Fault::DirectoryUnavailable,
            retry_after: Duration::ZERO,
            may_leave_pass,
        };
        let abort = Command::Abort {
            fence,
            cause: AbortCause::Permanent,
            may_leave_pass,
        };
        for command in [release, abort] {
            for case in [
                Case::issuing(),
                Case::issuing().does(&by(SECOND), decline()),
            ] {
                let ended = case.does(&Actor::Issuer, command.clone());
                assert_eq!(ended.request.facts.stray_until, left, "{command:?}");
            }
        }
    }
    // What was left open stays so when a later attempt leaves nothing.
    let second = Case::issuing()
        .after(terms().lease)
        .does(&Actor::Timer, Command::Tick)
        .does(&Actor::Browser, claim(intent(2)));
    let ended = released(second, 2);
    assert_eq!(ended.request.facts.stray_until, stray_until);
}
