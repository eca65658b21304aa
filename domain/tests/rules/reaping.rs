//! Passes that an attempt made and nobody recorded.

use std::time::Duration;

use domain::{Actor, Command, Event, Fence, Refusal, StateName};

use crate::kit::{
    Case, DAY, by, claim, decline, intent, record_reaped, record_removals, release, terms,
};

#[test]
fn a_reaped_pass_is_kept_and_moves_nothing() {
    let released = Case::issuing().does(&Actor::Issuer, release(Fence(1), Duration::ZERO));
    let denied = released.clone().does(&by("grace"), decline());
    let second = released.clone().does(&Actor::Browser, claim(intent(2)));
    for case in [released, denied, second.clone(), second.disclosed_now()] {
        let (state, version) = (case.request.state.clone(), case.request.version);
        let kept = case
            .does(&Actor::Issuer, record_reaped(Fence(1), "orphan"))
            .logs(&[Event::PassReaped {
                fence: Fence(1),
                pass: "orphan".to_owned(),
            }])
            .owes(&[]);
        assert_eq!(kept.request.state, state);
        assert_eq!(kept.request.version, version + 1);
        assert_eq!(kept.request.facts.reaped, ["orphan"]);
    }
}

#[test]
fn one_pass_is_reaped_once_and_others_too() {
    let once = Case::replacing().does(&Actor::Issuer, record_reaped(Fence(1), "orphan"));
    for fence in [Fence(1), Fence(2)] {
        once.refuses(
            &Actor::Issuer,
            record_reaped(fence, "orphan"),
            Refusal::AlreadyDone,
        );
    }
    let twice = once.does(&Actor::Issuer, record_reaped(Fence(2), "another"));
    assert_eq!(twice.request.facts.reaped, ["orphan", "another"]);
}

#[test]
fn the_pass_on_record_is_never_reaped() {
    let disclosed = Case::disclosed();
    let mismatched = disclosed.clone().does(
        &Actor::Issuer,
        Command::FindPassMismatch { fence: Fence(1) },
    );
    let lapsed = disclosed.clone().after(DAY).does(
        &Actor::Watcher,
        Command::Lapse(domain::LapseCause::PassExpired),
    );
    for case in [disclosed, mismatched, lapsed] {
        case.refuses(
            &Actor::Issuer,
            record_reaped(Fence(1), "pass-1"),
            Refusal::AlreadyDisclosed,
        );
    }
}

#[test]
fn nothing_is_reaped_under_a_fence_that_nobody_was_given() {
    for (case, fence) in [
        (Case::ready(), Fence(0)),
        (Case::ready(), Fence(1)),
        (Case::issuing(), Fence(0)),
        (Case::issuing(), Fence(2)),
    ] {
        case.refuses(
            &Actor::Issuer,
            record_reaped(fence, "orphan"),
            Refusal::StaleFence,
        );
    }
}

#[test]
fn an_attempt_of_a_second_approval_is_looked_after_as_well() {
    let case = Case::reopened()
        .does(&Actor::Mailer, Command::AcceptNotice)
        .approved_by("grace")
        .is(StateName::Ready);
    let at = case.now;
    case.does(&Actor::Browser, claim(intent(2)))
        .owes(&[crate::kit::reap(2, at)]);
}

#[test]
fn what_is_done_meanwhile_brings_no_second_look() {
    Case::issuing()
        .does(&Actor::Issuer, record_removals(Fence(1)))
        .owes(&[])
        .after(terms().lease)
        .does(&Actor::Timer, Command::Tick)
        .owes(&[]);
}
