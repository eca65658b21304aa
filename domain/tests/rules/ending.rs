//! Reports, withdrawals, completion, lapse and repudiation.

use std::{slice, time::Duration};

use domain::{
    Actor, Alert, CleanUp, Command, Effect, Event, LapseCause, Method, MethodKind, Notice, Refusal,
    ReportedBy, StateName,
};

use crate::kit::{
    Case, MANAGER, MILLISECOND, PASS_LIFETIME, by, complete, cool_off_terms, id, method, terms,
};

const DAY: Duration = Duration::from_hours(24);

fn frozen(case: &Case) -> Effect {
    Effect::FreezeSubject {
        until: case.now + DAY,
    }
}

#[test]
fn a_report_freezes_the_subject_for_a_day_and_alerts() {
    for (actor, reported_by) in [
        (Actor::Owner, ReportedBy::Owner),
        (by(MANAGER), ReportedBy::Approver(id(MANAGER))),
    ] {
        for case in [
            Case::awaiting_approval(terms()),
            Case::cooling_off(cool_off_terms()),
            Case::ready(),
        ] {
            let owed = [
                frozen(&case),
                Effect::AlertAdmins {
                    alert: Alert::Reported {
                        by: reported_by.clone(),
                    },
                },
            ];
            case.does(&actor, Command::Report)
                .is(StateName::Reported)
                .logs(&[Event::Reported {
                    by: reported_by.clone(),
                }])
                .owes(&owed);
        }
        let case = Case::issuing();
        let owed = [
            frozen(&case),
            Effect::AlertAdmins {
                alert: Alert::Reported { by: reported_by },
            },
        ];
        case.does(&actor, Command::Report).owes(&owed);
    }
}

#[test]
fn a_report_before_anybody_is_recognised_freezes_nobody() {
    let reported = |case: Case| case.does(&Actor::Owner, Command::Report).effects;
    let alert = Effect::AlertAdmins {
        alert: Alert::Reported {
            by: ReportedBy::Owner,
        },
    };
    assert_eq!(reported(Case::opened(terms())), slice::from_ref(&alert));
    let recognised = Case::recognised(terms());
    let freeze = frozen(&recognised);
    assert_eq!(reported(recognised), [freeze, alert]);
}

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
    let Command::Disclose {
        fence,
        pass,
        removals,
        ..
    } = crate::kit::disclose(domain::Fence(1), crate::kit::intent(1), issuing.now)
    else {
        unreachable!("the kit makes disclosures");
    };
    let disclose = Command::Disclose {
        fence,
        pass,
        removals,
        kept: vec![stayed.method.clone()],
    };
    let case = issuing.does(&Actor::Issuer, disclose);
    let complete_with = |new_methods: Vec<Method>| Command::Complete { new_methods };
    case.refuses(
        &Actor::Watcher,
        complete_with(vec![stayed.clone()]),
        Refusal::NothingRegistered,
    );
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
            .owes(&[Effect::AlertAdmins {
                alert: Alert::Lapsed,
            }]);
    }
}

#[test]
fn the_owner_repudiates_within_seven_days_of_the_disclosure() {
    let disclosed = Case::disclosed();
    let end = disclosed.now + 7 * DAY;
    let completed = disclosed
        .clone()
        .after(Duration::from_mins(20))
        .does(&Actor::Watcher, complete());
    for case in [disclosed, completed] {
        case.clone()
            .at(end)
            .refuses(&Actor::Owner, Command::Report, Refusal::DeadlinePassed);
        let last = case.at(end - MILLISECOND);
        last.refuses(&by(MANAGER), Command::Report, Refusal::AlreadyDisclosed);
        let owed = [
            frozen(&last),
            Effect::CleanUp {
                clean_up: CleanUp::Repudiate,
            },
            Effect::AlertAdmins {
                alert: Alert::Repudiated,
            },
        ];
        last.does(&Actor::Owner, Command::Report)
            .is(StateName::Repudiated)
            .logs(&[Event::Repudiated])
            .owes(&owed);
    }
}

#[test]
fn a_disclosed_pass_cannot_be_denied() {
    Case::disclosed().refuses(&by(MANAGER), Command::Deny, Refusal::AlreadyDisclosed);
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
