//! "This wasn't me": reports before, during and after an attempt, and repudiation.

use std::{slice, time::Duration};

use domain::{
    Actor, Alert, Cancellation, CleanUp, Command, Effect, Ended, Event, Fence, Notice, Proof,
    ProofKind, Refusal, ReportedBy, State, StateName, Terms,
};

use crate::kit::{
    AFTER_CLAIM, Case, DAY, MANAGER, MILLISECOND, MINUTE, SECOND, abort, by, claim, complete,
    cool_off_terms, decline, disclose, id, intent, release, reopen, terms,
};

const REPUDIATE: [Effect; 2] = [
    Effect::CleanUp {
        clean_up: CleanUp::Repudiate,
    },
    Effect::AlertAdmins {
        alert: Alert::Repudiated,
    },
];

/// Who can undo what was given out, with the same powers.
const REPUDIATORS: [(Actor, ReportedBy); 2] = [
    (Actor::Owner, ReportedBy::Owner),
    (Actor::Security, ReportedBy::Security),
];

fn frozen(case: &Case) -> Effect {
    Effect::FreezeSubject {
        until: case.now + DAY,
        voids_codes: false,
    }
}

const fn alert(by: ReportedBy) -> Effect {
    Effect::AlertAdmins {
        alert: Alert::Reported { by },
    }
}

/// A report by each, and who it was by.
fn reporters() -> [(Actor, ReportedBy); 3] {
    let [owner, security] = REPUDIATORS;
    [
        owner,
        security,
        (by(MANAGER), ReportedBy::Approver(id(MANAGER))),
    ]
}

/// `actor`'s report of `case`, which raises the alarm and changes no state; another is not taken.
#[track_caller]
fn only_raises_the_alarm(case: &Case, actor: &Actor, reported_by: &ReportedBy) {
    let owed = [frozen(case), alert(reported_by.clone())];
    let reported = case
        .clone()
        .does(actor, Command::Report)
        .logs(&[Event::Reported {
            by: reported_by.clone(),
        }])
        .owes(&owed);
    assert_eq!(reported.request.state, case.request.state);
    assert_eq!(reported.request.facts.reported_at, Some(case.now));
    let later = reported.after(MINUTE);
    later.refuses(&by(MANAGER), Command::Report, Refusal::AlreadyDone);
    if later.request.repudiable(later.now).is_none() {
        later.refuses(&Actor::Owner, Command::Report, Refusal::AlreadyDone);
    }
}

#[test]
fn a_report_voids_the_saved_codes_if_one_was_used() {
    for (actor, reported_by) in reporters() {
        let mut case = Case::awaiting_approval(terms());
        case.request.facts.proofs.push(Proof {
            kind: ProofKind::RecoveryCode,
            at: case.now,
        });
        let frozen = Effect::FreezeSubject {
            until: case.now + DAY,
            voids_codes: true,
        };
        let told = Effect::NotifyOwner {
            notice: Notice::SavedCodesVoided,
        };
        case.does(&actor, Command::Report)
            .is(StateName::Reported)
            .owes(&[frozen, told, alert(reported_by)]);
    }
}

#[test]
fn a_report_freezes_the_subject_for_a_day_and_alerts() {
    for (actor, reported_by) in reporters() {
        for case in [
            Case::awaiting_approval(terms()),
            Case::cooling_off(cool_off_terms()),
            Case::ready(),
        ] {
            let owed = [frozen(&case), alert(reported_by.clone())];
            let reported = case
                .does(&actor, Command::Report)
                .is(StateName::Reported)
                .logs(&[Event::Reported {
                    by: reported_by.clone(),
                }])
                .owes(&owed);
            assert_eq!(reported.request.facts.reported_at, Some(reported.now));
            reported.refuses(&Actor::Owner, Command::Report, Refusal::AlreadyDone);
        }
        let case = Case::issuing();
        let owed = [frozen(&case), alert(reported_by)];
        case.does(&actor, Command::Report).owes(&owed);
    }
}

#[test]
fn a_report_before_anybody_is_recognised_freezes_nobody() {
    let reported = |case: Case| case.does(&Actor::Owner, Command::Report).effects;
    let alert = alert(ReportedBy::Owner);
    assert_eq!(reported(Case::opened(terms())), slice::from_ref(&alert));
    let recognised = Case::recognised(terms());
    let freeze = frozen(&recognised);
    assert_eq!(reported(recognised), [freeze, alert]);
}

#[test]
fn a_report_after_an_end_without_a_pass_raises_the_alarm_once() {
    for name in [
        StateName::Denied,
        StateName::Withdrawn,
        StateName::Expired,
        StateName::Aborted,
    ] {
        for (actor, reported_by) in reporters() {
            only_raises_the_alarm(&Case::in_state(name).after(DAY), &actor, &reported_by);
        }
    }
    // Whoever ended before anybody was recognised has nobody to freeze.
    Case::opened(terms())
        .does(&Actor::Browser, Command::Withdraw)
        .does(&Actor::Owner, Command::Report)
        .owes(&[alert(ReportedBy::Owner)]);
}

#[test]
fn an_approver_who_reports_a_pass_raises_the_alarm_and_leaves_the_rest_to_the_owner() {
    let reported_by = ReportedBy::Approver(id(MANAGER));
    for name in [
        StateName::Disclosed,
        StateName::Completed,
        StateName::Lapsed,
    ] {
        let case = Case::in_state(name);
        only_raises_the_alarm(&case, &by(MANAGER), &reported_by);
        let reported = case.does(&by(MANAGER), Command::Report).after(DAY);
        for (actor, _) in REPUDIATORS {
            let repudiated = reported.clone().does(&actor, Command::Report);
            repudiated.is(StateName::Repudiated);
        }
    }
}

#[test]
fn owner_and_security_repudiate_within_seven_days_whatever_became_of_the_pass() {
    let disclosed = Case::disclosed();
    let end = disclosed.now + 7 * DAY;
    let mismatched = Case::disclosed_in_doubt().does(
        &Actor::Issuer,
        Command::FindPassMismatch { fence: Fence(2) },
    );
    let replacing = Case::replacing();
    for case in [
        disclosed
            .clone()
            .after(20 * MINUTE)
            .does(&Actor::Watcher, complete()),
        Case::lapsed(),
        mismatched.clone(),
        mismatched.clone().does(&by(SECOND), decline()),
        mismatched.clone().does(&Actor::Browser, Command::Withdraw),
        mismatched.clone().does(&by(SECOND), Command::Report),
        mismatched
            .after(terms().claim)
            .does(&Actor::Timer, Command::Tick),
        replacing.does(&Actor::Issuer, abort(Fence(2))),
        Case::reopened(),
        Case::reopened().approved_by(MANAGER),
        Case::reopened().does(&by(SECOND), decline()),
        Case::reopened().does(&by(SECOND), Command::Report),
        disclosed,
    ] {
        for (actor, reported_by) in REPUDIATORS {
            let last = case.clone().at(end - MILLISECOND);
            let repudiable = last.request.repudiable(last.now).cloned();
            let state = State::Ended(Ended::Repudiated {
                at: last.now,
                disclosed: repudiable.expect("a pass was given out"),
            });
            let owed = [&REPUDIATE[..], &[frozen(&last), alert(reported_by.clone())]].concat();
            let repudiated = last
                .clone()
                .does(&actor, Command::Report)
                .logs(&[Event::Repudiated])
                .owes(&owed);
            assert_eq!(repudiated.request.state, state);
            for (anybody, _) in reporters() {
                repudiated.refuses(&anybody, Command::Report, Refusal::AlreadyDone);
            }
            let late = last.at(end);
            assert_eq!(late.request.repudiable(end), None);
            if late.request.facts.reported_at.is_some() {
                late.refuses(&actor, Command::Report, Refusal::AlreadyDone);
            } else if late.request.may_withdraw() {
                let alarm = [frozen(&late), alert(reported_by.clone())];
                late.does(&actor, Command::Report)
                    .is(StateName::Reported)
                    .owes(&[&AFTER_CLAIM[..], &alarm].concat());
            } else {
                only_raises_the_alarm(&late, &actor, &reported_by);
            }
        }
    }
}

#[test]
fn the_seven_days_run_from_the_last_pass() {
    let first = Case::disclosed();
    let end_of_first = first.now + Terms::REPUDIATION;
    let second = first
        .after(20 * MINUTE)
        .does(&Actor::Browser, Command::Replace { intent: intent(2) })
        .disclosed_now();
    let repudiated = second
        .at(end_of_first + 20 * MINUTE - MILLISECOND)
        .does(&Actor::Owner, Command::Report);
    let State::Ended(Ended::Repudiated { disclosed, .. }) = &repudiated.request.state else {
        panic!("{repudiated:#?}");
    };
    assert_eq!(disclosed.fence, Fence(2));
}

#[test]
fn an_owner_who_reports_while_a_pass_is_replaced_repudiates_the_first() {
    let case = Case::replacing();
    let owed = [frozen(&case), alert(ReportedBy::Owner)];
    let reported = case
        .does(&Actor::Owner, Command::Report)
        .is(StateName::Issuing)
        .logs(&[Event::IssueCancelled { fence: Fence(2) }])
        .owes(&owed);
    reported.refuses(&Actor::Owner, Command::Report, Refusal::AlreadyDone);
    reported.refuses(&by(MANAGER), Command::Report, Refusal::AlreadyDone);
    reported.refuses(
        &Actor::Issuer,
        disclose(Fence(2), intent(2), reported.now),
        Refusal::Cancelled,
    );
    let ends = [
        reported
            .clone()
            .does(&Actor::Issuer, release(Fence(2), Duration::ZERO)),
        reported.clone().does(&Actor::Issuer, abort(Fence(2))),
        reported
            .after(terms().lease)
            .does(&Actor::Timer, Command::Tick),
    ];
    for end in ends {
        let end = end.is(StateName::Repudiated).owes(&REPUDIATE);
        assert_eq!(end.events.last(), Some(&Event::Repudiated));
    }
}

#[test]
fn owner_and_security_are_heard_over_an_approver_who_reported_first() {
    for (actor, reported_by) in REPUDIATORS {
        is_heard_over_an_approver(&actor, reported_by);
    }
}

fn is_heard_over_an_approver(actor: &Actor, reported_by: ReportedBy) {
    let reported = Case::replacing().does(&by(MANAGER), Command::Report);
    reported.refuses(&by(SECOND), Command::Report, Refusal::AlreadyDone);
    reported
        .clone()
        .does(&Actor::Issuer, abort(Fence(2)))
        .is(StateName::Reported)
        .owes(&AFTER_CLAIM);
    let owed = [frozen(&reported), alert(reported_by.clone())];
    let heard = reported.does(actor, Command::Report).owes(&owed);
    let State::Issuing(issuing) = &heard.request.state else {
        panic!("{heard:#?}");
    };
    let cancelled = Cancellation::Reported {
        by: reported_by,
        at: heard.now,
    };
    assert_eq!(issuing.cancelled, Some(cancelled));
    for (other, _) in REPUDIATORS {
        heard.refuses(&other, Command::Report, Refusal::AlreadyDone);
    }
    heard
        .does(&Actor::Issuer, abort(Fence(2)))
        .is(StateName::Repudiated)
        .owes(&REPUDIATE);
}

#[test]
fn an_approver_who_was_in_time_makes_no_owner_so() {
    let end = Case::disclosed().now + Terms::REPUDIATION;
    for (actor, _) in REPUDIATORS {
        for (at, name) in [
            (end - MILLISECOND, StateName::Repudiated),
            (end, StateName::Reported),
        ] {
            Case::replacing()
                .does(&by(MANAGER), Command::Report)
                .at(at)
                .does(&actor, Command::Report)
                .does(&Actor::Issuer, abort(Fence(2)))
                .is(name);
        }
    }
}

#[test]
fn an_owner_who_reports_an_attempt_in_time_repudiates_when_it_stops_later() {
    let end = Case::disclosed().now + Terms::REPUDIATION;
    let mut lapsed = Case::lapsed();
    // The second round is slow.
    lapsed.request.facts.terms.cool_off = (end - 10 * MINUTE).since(lapsed.now);
    let running = lapsed
        .does(&by(MANAGER), reopen())
        .does(&Actor::Mailer, Command::AcceptNotice)
        .approved_by(SECOND)
        .at(end - 10 * MINUTE)
        .does(&Actor::Timer, Command::Tick)
        .at(end - 2 * MILLISECOND)
        .does(&Actor::Browser, claim(intent(2)));
    for (reported_at, name) in [
        (end - MILLISECOND, StateName::Repudiated),
        (end, StateName::Reported),
    ] {
        running
            .clone()
            .at(reported_at)
            .does(&Actor::Owner, Command::Report)
            .after(terms().lease)
            .does(&Actor::Timer, Command::Tick)
            .is(name);
    }
}
