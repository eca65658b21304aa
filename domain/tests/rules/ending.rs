//! Withdrawals, completion and lapse.

use std::time::Duration;

use domain::{
    Actor, Alert, CleanUp, Command, Effect, Event, Fence, LapseCause, Method, MethodKind, Notice,
    Refusal, StateName, Terms, decide,
};

use crate::kit::{
    Case, MANAGER, MILLISECOND, PASS_LIFETIME, by, cool_off_terms, decline, intent, method,
    release, terms,
};

#[test]
fn the_person_withdraws_before_an_attempt_and_not_after() {
    for case in [
        Case::opened(terms()),
        Case::awaiting_approval(terms()),
        Case::cooling_off(cool_off_terms()),
        Case::ready(),
    ] {
        case.does(&Actor::Browser, Command::Withdraw)
            .is(StateName::Withdrawn)
            .logs(&[Event::Withdrawn])
            .owes(&[]);
    }
    Case::issuing().refuses(
        &Actor::Browser,
        Command::Withdraw,
        Refusal::WrongState(StateName::Issuing),
    );
}

#[test]
fn what_the_pages_offer_is_what_the_rules_allow() {
    for name in StateName::ALL {
        let case = Case::in_state(name);
        let may = |command| decide(&case.request, command, &Actor::Browser, case.now).is_ok();
        let request = &case.request;
        assert_eq!(request.may_withdraw(), may(Command::Withdraw), "{name:?}");
        let replace = Command::Replace { intent: intent(9) };
        assert_eq!(request.may_replace(case.now), may(replace), "{name:?}");
    }
    let disclosed = Case::disclosed();
    let closes_at = disclosed.now + terms().claim;
    assert!(disclosed.request.may_replace(closes_at - MILLISECOND));
    assert!(!disclosed.request.may_replace(closes_at));
    let mut last = disclosed;
    for attempt in 2..=Terms::MAX_ATTEMPTS {
        let replace = Command::Replace {
            intent: intent(attempt.into()),
        };
        last = last.does(&Actor::Browser, replace).disclosed_now();
    }
    assert!(!last.request.may_replace(last.now), "no attempt is left");
}

#[test]
fn an_account_is_touched_from_the_first_claim_on() {
    assert!(!Case::ready().request.touched_account());
    assert!(Case::issuing().request.touched_account());
    let withdrawn = Case::issuing()
        .does(&Actor::Issuer, release(Fence(1), Duration::ZERO))
        .does(&Actor::Browser, Command::Withdraw);
    assert!(withdrawn.request.touched_account());
}

#[test]
fn only_a_new_strong_method_completes() {
    let complete_with = |new_methods: Vec<Method>| Command::Complete { new_methods };
    let case = Case::disclosed();
    for weak in [
        vec![],
        vec![method(MethodKind::Email, "address")],
        vec![method(MethodKind::TemporaryAccessPass, "pass-1")],
        vec![method(MethodKind::Password, "password")],
        vec![method(MethodKind::Unknown("#new".to_owned()), "x")],
    ] {
        case.refuses(
            &Actor::Watcher,
            complete_with(weak),
            Refusal::NothingRegistered,
        );
    }
    let new_methods = vec![method(MethodKind::Fido2, "key")];
    case.does(&Actor::Watcher, complete_with(new_methods.clone()))
        .is(StateName::Completed)
        .logs(&[Event::Completed { new_methods }])
        .owes(&[Effect::NotifyOwner {
            notice: Notice::Completed,
        }]);
}

#[test]
fn a_strong_method_that_stayed_is_not_new() {
    let stayed = method(MethodKind::Fido2, "old-key");
    let issuing = Case::issuing();
    let Command::Disclose { fence, pass, .. } =
        crate::kit::disclose(domain::Fence(1), crate::kit::intent(1), issuing.now)
    else {
        unreachable!("the kit makes disclosures");
    };
    let disclose = Command::Disclose {
        fence,
        pass,
        kept: vec![stayed.method.clone()],
    };
    let case = issuing.does(&Actor::Issuer, disclose);
    let complete_with = |new_methods: Vec<Method>| Command::Complete { new_methods };
    case.refuses(
        &Actor::Watcher,
        complete_with(vec![stayed.clone()]),
        Refusal::NothingRegistered,
    );
    let both = vec![stayed.clone(), method(MethodKind::Fido2, "new-key")];
    let address = method(MethodKind::Email, "address");
    let registered = [both.clone(), vec![address]].concat();
    case.clone()
        .does(&Actor::Watcher, complete_with(registered))
        .logs(&[Event::Completed {
            new_methods: both[1..].to_vec(),
        }]);
    // The same kind under another id is another key, and the same id of another kind another method.
    for new in [
        method(MethodKind::Fido2, "new-key"),
        method(MethodKind::WindowsHello, "old-key"),
    ] {
        case.clone()
            .does(&Actor::Watcher, complete_with(vec![stayed.clone(), new]))
            .is(StateName::Completed);
    }
}

#[test]
fn a_pass_lapses_when_it_expired_or_when_nothing_was_registered_soon_after() {
    let case = Case::disclosed();
    let expiry = case.now + PASS_LIFETIME;
    for (cause, from) in [
        (LapseCause::PassExpired, expiry),
        (
            LapseCause::NothingRegistered,
            expiry + Duration::from_mins(15),
        ),
    ] {
        case.clone().at(from - MILLISECOND).refuses(
            &Actor::Watcher,
            Command::Lapse(cause),
            Refusal::NothingDue,
        );
        case.clone()
            .at(from)
            .does(&Actor::Watcher, Command::Lapse(cause))
            .is(StateName::Lapsed)
            .logs(&[Event::Lapsed { cause }])
            .owes(&[
                Effect::CleanUp {
                    clean_up: CleanUp::RemovePass,
                },
                Effect::AlertAdmins {
                    alert: Alert::Lapsed,
                },
            ]);
    }
}

#[test]
fn a_disclosed_pass_cannot_be_denied() {
    Case::disclosed().refuses(&by(MANAGER), decline(), Refusal::AlreadyDisclosed);
}

#[test]
fn a_request_occupies_its_subject_from_submission_to_its_end() {
    for name in StateName::ALL {
        let occupies = matches!(
            name,
            StateName::AwaitingApproval
                | StateName::CoolingOff
                | StateName::Ready
                | StateName::Issuing
                | StateName::Disclosed
        );
        let request = Case::in_state(name).request;
        assert_eq!(request.occupies_subject(), occupies, "{name:?}");
        assert_eq!(
            request.is_open(),
            occupies || name == StateName::Proving,
            "{name:?}"
        );
    }
}
