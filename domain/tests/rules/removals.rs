//! What is kept of an account before an attempt touches it, and of what was done to it.

use std::time::Duration;

use domain::{Actor, Command, Event, Fence, MethodKind, Refusal, StateName};

use crate::kit::{
    Case, DAY, MINUTE, by, claim, decline, intent, method, record_removals, release, removed,
    take_snapshot, terms,
};

fn record(fence: Fence, ids: &[&str]) -> Command {
    Command::RecordRemovals {
        fence,
        removals: ids.iter().copied().map(removed).collect(),
    }
}

#[test]
fn an_attempt_keeps_what_it_is_going_to_work_on() {
    let case = Case::issuing();
    let kept = case
        .clone()
        .does(&Actor::Issuer, take_snapshot(Fence(1)))
        .logs(&[Event::SnapshotTaken {
            fence: Fence(1),
            methods: vec![method(MethodKind::Authenticator, "lost-phone")],
        }])
        .owes(&[]);
    assert_eq!(kept.request.state, case.request.state);
    assert_eq!(kept.request.facts, case.request.facts);
}

#[test]
fn a_snapshot_under_another_fence_is_void() {
    let second = Case::replacing();
    for other in [Fence(0), Fence(1), Fence(3)] {
        second.refuses(&Actor::Issuer, take_snapshot(other), Refusal::StaleFence);
    }
}

#[test]
fn removals_are_kept_over_all_attempts_in_their_order() {
    let first = Case::issuing()
        .does(&Actor::Issuer, record(Fence(1), &["phone", "tablet"]))
        .logs(&[Event::MethodsRemoved {
            fence: Fence(1),
            removals: vec![removed("phone"), removed("tablet")],
        }])
        .owes(&[])
        .is(StateName::Issuing);
    let second = first
        .does(&Actor::Issuer, release(Fence(1), Duration::ZERO))
        .does(&Actor::Browser, claim(intent(2)))
        .does(&Actor::Issuer, record(Fence(2), &["key"]))
        .disclosed_now();
    let removals = &second.request.facts.removals;
    assert_eq!(
        removals[..],
        [removed("phone"), removed("tablet"), removed("key")]
    );
}

#[test]
fn removals_of_an_attempt_that_lost_its_lease_are_kept_all_the_same() {
    let late = Case::issuing().after(terms().lease + MINUTE);
    let lost = late.clone().does(&Actor::Timer, Command::Tick);
    let second = lost.clone().does(&Actor::Browser, claim(intent(2)));
    let denied = lost.clone().does(&by("edith"), decline());
    let lapsed = second.clone().disclosed_now().after(DAY).does(
        &Actor::Watcher,
        Command::Lapse(domain::LapseCause::PassExpired),
    );
    for case in [late, lost, second, denied, lapsed] {
        let before = case.request.state.clone();
        let kept = case.does(&Actor::Issuer, record_removals(Fence(1)));
        assert_eq!(kept.request.state, before, "nothing else changes");
        assert_eq!(kept.request.facts.removals, [removed("lost-phone")]);
    }
}

#[test]
fn removals_under_a_fence_that_nobody_was_given_are_void() {
    let second = Case::replacing();
    for (case, fence) in [
        (&second, Fence(3)),
        (&second, Fence(0)),
        (&Case::ready(), Fence(0)),
        (&Case::ready(), Fence(1)),
    ] {
        case.refuses(&Actor::Issuer, record_removals(fence), Refusal::StaleFence);
    }
    second
        .does(&Actor::Issuer, record_removals(Fence(1)))
        .does(&Actor::Issuer, record_removals(Fence(2)));
}
