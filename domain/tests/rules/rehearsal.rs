//! Everything happens but a change at Microsoft.

use std::time::Duration;

use domain::{
    AbortCause, Actor, Alert, Command, Effect, Event, Fault, Fence, Refusal, State, StateName,
};

use crate::kit::{
    Case, MANAGER, abort, by, claim, decline, disclose, finish_rehearsal, intent, record_reaped,
    record_removals, release, take_snapshot, terms,
};

#[test]
fn a_rehearsal_ends_where_an_account_would_be_changed() {
    let case = Case::rehearsing().is(StateName::Issuing).owes(&[]);
    assert_eq!(case.request.facts.claimed_at, None);
    assert_eq!(case.request.warrant(), None);
    // Not even if it came to be taken for one that has touched the account.
    let mut touched = case.request.clone();
    touched.facts.claimed_at = Some(case.now);
    assert_eq!(touched.warrant(), None);
    let Command::FinishRehearsal { fence, methods } = finish_rehearsal(Fence(1)) else {
        unreachable!("it is what its name says");
    };
    case.does(&Actor::Issuer, take_snapshot(Fence(1)))
        .does(&Actor::Issuer, finish_rehearsal(Fence(1)))
        .is(StateName::Rehearsed)
        .logs(&[Event::Rehearsed { fence, methods }])
        .owes(&[]);
}

#[test]
fn a_rehearsal_shows_no_pass_and_keeps_nothing_as_done() {
    let case = Case::rehearsing();
    for command in [
        disclose(Fence(1), intent(1), case.now),
        record_removals(Fence(1)),
        record_reaped(Fence(1), "orphan"),
    ] {
        case.refuses(&Actor::Issuer, command, Refusal::IsRehearsal);
    }
}

#[test]
fn only_a_rehearsal_ends_as_one() {
    let case = Case::issuing();
    case.refuses(
        &Actor::Issuer,
        finish_rehearsal(Fence(1)),
        Refusal::IsNoRehearsal,
    );
    assert!(case.request.warrant().is_some());
    assert_eq!(Case::ready().request.warrant(), None);
}

#[test]
fn a_rehearsal_under_another_fence_or_after_its_lease_is_void() {
    let case = Case::rehearsing();
    let stale = finish_rehearsal(Fence(2));
    case.refuses(&Actor::Issuer, stale, Refusal::StaleFence);
    let late = case.after(terms().lease);
    late.refuses(
        &Actor::Issuer,
        finish_rehearsal(Fence(1)),
        Refusal::LeaseRanOut,
    );
    let again = late
        .does(&Actor::Timer, Command::Tick)
        .is(StateName::Ready)
        .logs(&[Event::IssueFailed {
            fence: Fence(1),
            fault: Fault::LeaseRanOut,
        }]);
    assert_eq!(again.request.facts.stray_until, None);
    again
        .does(&Actor::Browser, claim(intent(2)))
        .owes(&[])
        .does(&Actor::Issuer, finish_rehearsal(Fence(2)))
        .is(StateName::Rehearsed);
}

#[test]
fn a_rehearsal_that_fails_leaves_no_work() {
    let cause = AbortCause::MethodSurvived;
    Case::rehearsing()
        .does(&Actor::Issuer, abort(Fence(1)))
        .is(StateName::Aborted)
        .logs(&[Event::Aborted { cause }])
        .owes(&[]);
    Case::rehearsing()
        .does(&Actor::Issuer, release(Fence(1), Duration::ZERO))
        .is(StateName::Ready)
        .does(&Actor::Browser, Command::Withdraw)
        .is(StateName::Withdrawn)
        .owes(&[]);
    Case::rehearsing()
        .does(&Actor::Operator, Command::EndRestored)
        .is(StateName::Aborted)
        .owes(&[]);
}

#[test]
fn a_no_during_a_rehearsal_stands_and_leaves_no_work() {
    let denied = Case::rehearsing().does(&by(MANAGER), decline());
    denied
        .does(&Actor::Issuer, finish_rehearsal(Fence(1)))
        .is(StateName::Denied)
        .owes(&[]);
    let reported = Case::rehearsing().does(&Actor::Owner, Command::Report);
    let alarm = |effect: &Effect| {
        let alert = matches!(
            effect,
            Effect::AlertAdmins {
                alert: Alert::Reported { .. }
            }
        );
        alert || matches!(effect, Effect::FreezeSubject { .. })
    };
    assert!(reported.effects.iter().all(alarm), "{:?}", reported.effects);
    let State::Issuing(issuing) = &reported.request.state else {
        panic!("{reported:#?}");
    };
    assert!(issuing.cancelled.is_some());
    reported
        .does(&Actor::Issuer, finish_rehearsal(Fence(1)))
        .is(StateName::Reported)
        .owes(&[]);
}
