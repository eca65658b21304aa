//! The real store under random interleavings of several workers, with the rules' own oracle: after each
//! step the tables hold exactly what the rules say, and every invariant.

mod model;
mod tables;
mod use_cases;
mod world;

use std::{cell::RefCell, time::Duration};

use domain::{Removal, StateName, Terms};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    test_runner::{Config, RngSeed, TestRunner},
};
use tokio::runtime::Runtime;

use crate::{harness::setting, kit::terms};
use world::{Act, Met, World};

/// How many cases are drawn, unless `LATCHKEY_TEST_CASES` says otherwise.
const CASES: u32 = 16;
/// Steps of a case.
const STEPS: std::ops::RangeInclusive<usize> = 40..=120;

/// One step, as it is drawn.
#[derive(Clone, Debug)]
enum Step {
    Open { subject: u8, terms: Terms },
    OpenByForm { subject: u8 },
    Load { worker: u8, request: u8 },
    Act(Act),
    Race(Act, Act),
    Lease { worker: u8 },
    EndJob { worker: u8, how: u8 },
    RunTimers,
    UseCase { request: u8, which: u8 },
    Wait(Duration),
    WaitUntilDue { request: u8 },
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let cool_off = prop_oneof![3 => Just(Duration::ZERO), 1 => Just(Duration::from_mins(20))];
    let removal = prop_oneof![5 => Just(Removal::All), 1 => Just(Removal::Portal)];
    let terms = |(required_approvals, cool_off, removal)| Terms {
        required_approvals,
        cool_off,
        removal,
        ..terms()
    };
    (1..=2_u8, cool_off, removal).prop_map(terms)
}

fn acts() -> impl Strategy<Value = Act> {
    (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>()).prop_map(
        |(worker, request, pick, kind)| Act {
            worker,
            request,
            pick,
            kind,
        },
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let opens =
        || (any::<u8>(), any_terms()).prop_map(|(subject, terms)| Step::Open { subject, terms });
    let step = prop_oneof![
        3 => opens(),
        1 => any::<u8>().prop_map(|subject| Step::OpenByForm { subject }),
        8 => any::<(u8, u8)>().prop_map(|(worker, request)| Step::Load { worker, request }),
        48 => acts().prop_map(Step::Act),
        10 => (acts(), acts()).prop_map(|(one, other)| Step::Race(one, other)),
        6 => any::<u8>().prop_map(|worker| Step::Lease { worker }),
        4 => any::<(u8, u8)>().prop_map(|(worker, how)| Step::EndJob { worker, how }),
        2 => Just(Step::RunTimers),
        3 => any::<(u8, u8)>().prop_map(|(request, which)| Step::UseCase { request, which }),
        4 => (0..120_u64).prop_map(|seconds| Step::Wait(Duration::from_secs(seconds))),
        1 => any::<u8>().prop_map(|request| Step::WaitUntilDue { request }),
    ];
    (opens(), vec(step, STEPS)).prop_map(|(first, mut steps)| {
        steps.insert(0, first);
        steps
    })
}

async fn take(world: &mut World<'_>, step: Step) {
    match step {
        Step::Open { subject, terms } => world.open(subject, terms).await,
        Step::OpenByForm { subject } => world.open_by_form(subject).await,
        Step::Load { worker, request } => world.load(worker, request).await,
        Step::Act(act) => world.act(&act).await,
        Step::Race(one, other) => Box::pin(world.race(&one, &other)).await,
        Step::Lease { worker } => world.lease(worker).await,
        Step::EndJob { worker, how } => world.end_job(worker, how).await,
        Step::RunTimers => world.run_timers().await,
        Step::UseCase { request, which } => Box::pin(world.use_case(request, which)).await,
        Step::Wait(time) => world.wait(time).await,
        Step::WaitUntilDue { request } => world.wait_until_due(request).await,
    }
    world.check().await;
}

/// Runs so many cases drawn from `seed`, and tells what was met.
fn run(cases: u32, seed: RngSeed) -> Met {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 200,
        rng_seed: seed,
        ..Config::default()
    };
    let met = RefCell::default();
    let runtime = Runtime::new().unwrap();
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        runtime.block_on(async {
            let mut world = World::new(&met).await;
            for step in steps {
                Box::pin(take(&mut world, step)).await;
            }
        });
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    met
}

#[test]
fn the_records_are_what_the_rules_say_in_any_order() {
    let cases = setting("LATCHKEY_TEST_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    run(cases, Config::default().rng_seed);
}

#[test]
fn the_records_are_what_the_rules_say_in_a_known_order_that_goes_everywhere() {
    let met = run(5 * CASES, RngSeed::Fixed(4)).into_inner();
    let turns = [
        "a refusal",
        "a refusal in the log",
        "a conflict",
        "an occupied subject",
        "one winner of two",
        "a lost lease",
        "a job that is begun again",
        "a timer",
        "a use case",
        "a claim by its use case",
    ];
    for what in StateName::ALL.map(StateName::as_str).iter().chain(&turns) {
        assert!(met.contains_key(what), "never met {what}: {met:#?}");
    }
}
