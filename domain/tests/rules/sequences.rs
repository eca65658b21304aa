//! Random orders of everything, refused commands included, under the eyes of the [`Oracle`].

use std::{cell::RefCell, collections::HashMap, time::Duration};

use domain::{Actor, Command, ProofKind, ProofPolicy, Removal, Seat, StateName, Terms, decide};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::select,
    test_runner::{Config, RngSeed, TestRunner},
};

use crate::{
    asked::Asked,
    kit::{
        Case, MANAGER, MILLISECOND, SECOND, SUBJECT, approve_with, approver, guards, id, policy,
        terms,
    },
    oracle::{Oracle, check_request},
    steps::{BELOW, onward, read, twisted},
};

const STRANGER: &str = "mallory";

/// One step, as it is drawn. What it means depends on the request it meets.
#[derive(Clone, Debug)]
enum Step {
    /// Something that leads on from the present state, chosen by the number.
    Onward { pick: u8 },
    /// A command by its right actor, perhaps with a twist.
    Asked { asked: Asked, twist: u8 },
    /// A command by anybody.
    Meddle { asked: Asked, actor: Actor },
    /// Time passes.
    Wait(Duration),
    /// Time passes until the request is due, or until just before.
    WaitUntilDue { early: bool },
}

fn actors() -> impl Strategy<Value = Actor> {
    let people = select(vec![MANAGER, SECOND, SUBJECT, BELOW, STRANGER]);
    let seats = select(vec![Seat::OwnBrowser, Seat::RequestersBrowser]);
    prop_oneof![
        2 => (people, seats).prop_map(|(name, seat)| approver(id(name), seat)),
        1 => select(vec![
            Actor::Browser,
            Actor::Owner,
            Actor::Security,
            Actor::Directory,
            Actor::Mailer,
            Actor::Timer,
            Actor::Issuer,
            Actor::Watcher,
            Actor::Operator,
        ]),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let waits = prop_oneof![
        8 => (0..20_000_u64).prop_map(Duration::from_millis),
        2 => (0..20_u64).prop_map(Duration::from_mins),
        1 => (0..200_u64).prop_map(Duration::from_hours),
    ];
    let step = prop_oneof![
        40 => any::<u8>().prop_map(|pick| Step::Onward { pick }),
        4 => (select(Asked::ALL), any::<u8>())
            .prop_map(|(asked, twist)| Step::Asked { asked, twist }),
        4 => (select(Asked::ALL), actors())
            .prop_map(|(asked, actor)| Step::Meddle { asked, actor }),
        4 => waits.prop_map(Step::Wait),
        2 => any::<bool>().prop_map(|early| Step::WaitUntilDue { early }),
    ];
    vec(step, 1..=60)
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let cool_off = prop_oneof![Just(Duration::ZERO), Just(Duration::from_hours(1))];
    // One group proves by anything, another by the mailed code alone.
    let policies = [
        policy(&ProofKind::ALL, 2),
        policy(&[ProofKind::EmailCode], 1),
    ];
    let loosest = ProofPolicy::common(&policies).unwrap();
    let gate = prop_oneof![
        3 => Just(terms().gate),
        1 => Just(policy(&[ProofKind::EmailCode, ProofKind::RecoveryCode], 2)),
        1 => Just(loosest),
    ];
    let removal = prop_oneof![8 => Just(Removal::All), 1 => Just(Removal::Portal)];
    let look_up_step = prop_oneof![4 => Just(Duration::ZERO), 1 => Just(Duration::from_secs(3))];
    let terms = |(required_approvals, cool_off, gate, removal, look_up_step)| Terms {
        look_up_step,
        required_approvals,
        cool_off,
        risk_cool_off: cool_off,
        gate,
        removal,
        ..terms()
    };
    (1..=2_u8, cool_off, gate, removal, look_up_step).prop_map(terms)
}

/// What was met on the way, and how often.
type Met = HashMap<&'static str, u32>;

fn meet(met: &RefCell<Met>, what: &'static str) {
    *met.borrow_mut().entry(what).or_default() += 1;
}

/// Puts one step to `case`.
fn take(case: Case, step: Step, oracle: &mut Oracle, met: &RefCell<Met>) -> Case {
    let (now, actor, command) = match step {
        Step::Wait(wait) => return case.after(wait),
        Step::WaitUntilDue { early } => {
            let Some(due) = case.request.due_at() else {
                return case;
            };
            let at = if early { due - MILLISECOND } else { due };
            let now = case.now.max(at);
            return case.at(now);
        }
        Step::Onward { pick } => {
            let (now, actor, command) = onward(&case, pick);
            // Most of the time as it should be.
            let twist = if pick < 224 { 0 } else { pick };
            (now, actor, twisted(command, twist, now))
        }
        Step::Asked { asked, twist } => (
            case.now,
            asked.actor(),
            twisted(asked.command(&case), twist, case.now),
        ),
        Step::Meddle { asked, actor } => {
            let command = match (asked, &actor) {
                (Asked::Approve, Actor::Approver { id, .. }) => approve_with(guards(), read(&id.0)),
                _ => asked.command(&case),
            };
            (case.now, actor, command)
        }
    };
    let case = case.at(now);
    let before = &case.request;
    let Ok(outcome) = decide(before, command.clone(), &actor, now) else {
        meet(met, "a refusal");
        return case;
    };
    oracle.check(before, &command, &actor, &outcome, now);
    let after = &outcome.request;
    meet(met, after.state_name().as_str());
    if before.state == after.state {
        match command {
            Command::Report => meet(met, "a report that only raises the alarm"),
            Command::RecordRemovals { fence, .. } if fence < before.facts.fence => {
                meet(met, "removals of an earlier attempt");
            }
            Command::RecordRemovals { .. } if !before.is_open() => {
                meet(met, "removals after an end");
            }
            Command::RecordReaped { .. } => meet(met, "a pass that nobody recorded"),
            _ => {}
        }
    }
    if actor == Actor::Operator {
        meet(
            met,
            if after.touched_account() {
                "a restore after a claim"
            } else {
                "a restore before a claim"
            },
        );
    }
    match (before.state_name(), after.state_name()) {
        (StateName::Issuing, StateName::Denied) => meet(met, "a deny during an attempt"),
        (StateName::Issuing, StateName::Reported) => meet(met, "a report during an attempt"),
        (StateName::Disclosed, StateName::Issuing) => meet(met, "a replacement"),
        (StateName::Disclosed, StateName::Ready) => meet(met, "a mismatch"),
        (StateName::Disclosed, StateName::Aborted) if actor == Actor::Issuer => {
            meet(met, "a mismatch that is none of ours");
        }
        (StateName::Issuing, StateName::Repudiated) => {
            meet(met, "a repudiation during an attempt");
        }
        (StateName::Completed, StateName::Repudiated) => meet(met, "a late repudiation"),
        (StateName::Lapsed, StateName::Repudiated) => meet(met, "a repudiation of a lapsed pass"),
        (
            StateName::Denied
            | StateName::Withdrawn
            | StateName::Reported
            | StateName::Expired
            | StateName::Aborted,
            StateName::Repudiated,
        ) => meet(met, "a repudiation after another end"),
        (
            StateName::AwaitingApproval | StateName::CoolingOff | StateName::Ready,
            StateName::Repudiated,
        ) => {
            meet(met, "a repudiation before another pass");
        }
        (StateName::Lapsed, StateName::AwaitingApproval) => meet(met, "a reopening"),
        (StateName::Issuing, StateName::Disclosed) if after.facts.fence.0 > 3 => {
            meet(met, "a fourth attempt under a second approval");
        }
        _ => {}
    }
    Case {
        request: outcome.request,
        now,
        events: outcome.events,
        effects: outcome.effects,
    }
}

/// Runs so many sequences drawn from `seed`.
fn run(cases: u32, seed: RngSeed) -> Met {
    let config = Config {
        cases,
        failure_persistence: None,
        rng_seed: seed,
        ..Config::default()
    };
    let met = RefCell::new(Met::new());
    let outcome = TestRunner::new(config).run(&(any_terms(), steps()), |(terms, steps)| {
        let mut oracle = Oracle::new(vec![id(SUBJECT), id(BELOW), id("guest")]);
        let opened = Case::opened(terms);
        check_request(&opened.request, opened.now);
        steps
            .into_iter()
            .fold(opened, |case, step| take(case, step, &mut oracle, &met));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    met.into_inner()
}

#[test]
fn the_invariants_hold_in_any_order() {
    run(512, Config::default().rng_seed);
}

#[test]
fn the_invariants_hold_in_a_known_order_that_goes_everywhere() {
    let met = run(1024, RngSeed::Fixed(18));
    let places = StateName::ALL.map(StateName::as_str);
    let turns = [
        "a refusal",
        "a deny during an attempt",
        "a report during an attempt",
        "a replacement",
        "a mismatch",
        "a mismatch that is none of ours",
        "a repudiation during an attempt",
        "a late repudiation",
        "a repudiation of a lapsed pass",
        "a repudiation after another end",
        "a repudiation before another pass",
        "a report that only raises the alarm",
        "removals of an earlier attempt",
        "removals after an end",
        "a pass that nobody recorded",
        "a restore after a claim",
        "a restore before a claim",
        "a reopening",
        "a fourth attempt under a second approval",
    ];
    for what in places.iter().chain(&turns) {
        assert!(met.contains_key(what), "never met {what}: {met:#?}");
    }
}
