//! `kill -9` at every step, and then whatever people do next.

use std::{cell::Cell, time::Duration};

use fastrand::Rng;
use futures::{StreamExt, future::join_all, stream};
use latchkey::failpoint;
use serde_json::json;

use crate::{
    aftermath::{is_right, let_reaper_look, settle},
    browser::Page,
    engine::Database,
    harness::{Story, setting},
    program::Program,
    visitor::{GLANCE, Step, Visitor, heading},
};

/// How the program gets to a fail-point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By a recovery in which nothing else goes wrong.
    Smooth,
    /// By an attempt that fails because Microsoft does not answer.
    Refused,
    /// By an attempt during which the owner says that it was not them.
    Disowned,
    /// By an attempt that left a pass which nobody knows, after which nobody comes back.
    Orphaned,
    /// By an owner who repudiates a recovery that was carried out.
    Repudiated,
}

/// How each fail-point is reached, and whether more than once in a recovery.
const WAYS: &[(&str, Way, bool)] = &[
    ("request-opened", Way::Smooth, false),
    ("change-decided", Way::Smooth, true),
    ("change-written", Way::Smooth, true),
    ("change-kept", Way::Smooth, true),
    ("intent-kept", Way::Smooth, false),
    ("guards-held", Way::Smooth, false),
    ("snapshot-kept", Way::Smooth, false),
    ("sessions-ending", Way::Smooth, false),
    ("sessions-ended", Way::Smooth, false),
    ("method-removing", Way::Smooth, true),
    ("method-removed", Way::Smooth, true),
    ("removals-ending", Way::Smooth, false),
    ("removals-kept", Way::Smooth, false),
    ("removals-confirmed", Way::Smooth, false),
    ("pass-making", Way::Smooth, false),
    ("pass-made", Way::Smooth, false),
    ("pass-kept", Way::Smooth, false),
    ("unseen-pass-deleting", Way::Disowned, false),
    ("unseen-pass-deleted", Way::Disowned, false),
    ("attempt-failing", Way::Refused, false),
    ("live-pass-checking", Way::Smooth, false),
    ("live-pass-checked", Way::Smooth, false),
    ("orphan-kept", Way::Orphaned, false),
    ("orphan-deleted", Way::Orphaned, false),
    ("repudiated-sessions-ended", Way::Repudiated, false),
    ("repudiated-pass-deleted", Way::Repudiated, false),
    ("repudiated-method-removed", Way::Repudiated, false),
    ("job-leased", Way::Smooth, true),
    ("job-done", Way::Smooth, true),
];

#[test]
fn every_fail_point_has_its_story() {
    let told: Vec<_> = WAYS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(told, failpoint::NAMES);
}

/// Goes on until the program is gone. `false` when there is nothing left to do, and it is not.
pub async fn until_it_dies(visitor: &mut Visitor<'_>, program: &mut Program<'_>) -> bool {
    loop {
        match visitor.step().await {
            Ok(Step::Taken) => {}
            Ok(Step::Waits) => tokio::time::sleep(GLANCE).await,
            // What goes on in the background may still get there.
            Ok(Step::Over) => return program.dies_soon().await,
            Err(_) => {
                program.has_died().await;
                return true;
            }
        }
    }
}

/// Claims a pass, gets none, and withdraws.
async fn gives_up_after_a_failure(visitor: &mut Visitor<'_>) {
    let ready = |page: &Page| heading(page) == "Approved: you can get your pass";
    visitor.walk_until(GLANCE, ready).await;
    let browser = &visitor.person.browser;
    let page = browser.post("/pass", &[]).await;
    page.shows(503, "We could not make your pass this time.");
    let page = browser.post("/withdraw", &[]).await;
    page.shows(200, "You withdrew your request");
}

/// Whoever got the pass registers a method, and the owner of the account says that it was not them.
async fn is_repudiated(story: &Story) {
    story.registers("ada.keller").await;
    // The owner has the answer before anything is undone.
    story.holds_call("POST", "/revokeSignInSessions").await;
    let owner = story.locked_out("ada.keller");
    owner.disowns().await.shows(200, "Thank you for telling us");
    story.faults_have_struck().await;
    story.held_call_goes_on().await;
}

/// Kills the program when it reaches the place for the `time`th time. `false` when it does not.
async fn kill_at(place: &str, time: usize, way: Way) -> bool {
    let short: &[_] = &[("recovery.lease_seconds", "30")];
    let settings = if way == Way::Orphaned { short } else { &[] };
    let story = Story::closed(settings).await;
    let mut ada = Visitor::new(&story, "ada.keller", "daniel.okafor");
    match way {
        Way::Smooth | Way::Repudiated => {}
        Way::Orphaned => {
            story.fault(json!({ "method": "POST", "path": "/temporaryAccessPassMethods", "kind": "drop-after-write", "times": 1 })).await;
        }
        Way::Refused => {
            story.fault(json!({ "method": "POST", "path": "/revokeSignInSessions", "kind": "status", "status": 503, "times": 1 })).await;
        }
        Way::Disowned => {
            story
                .holds_call("POST", "/temporaryAccessPassMethods")
                .await;
        }
    }
    let plan = format!("{place}#{time}=kill");
    let mut program = story.program_with(&[(failpoint::VARIABLE, &plan)]).await;
    let owner = async {
        if way == Way::Disowned {
            story.faults_have_struck().await;
            let owner = story.locked_out("ada.keller");
            owner.disowns().await.shows(200, "Thank you for telling us");
            story.held_call_goes_on().await;
        }
    };
    let died = match way {
        Way::Orphaned => {
            gives_up_after_a_failure(&mut ada).await;
            program.has_died().await;
            true
        }
        Way::Repudiated => {
            assert!(!until_it_dies(&mut ada, &mut program).await);
            is_repudiated(&story).await;
            program.has_died().await;
            true
        }
        _ => tokio::join!(until_it_dies(&mut ada, &mut program), owner).0,
    };
    if died {
        let mut visitors = [ada];
        settle(&story, &mut visitors).await;
        is_right(&story, &visitors, vec![program.log()]).await;
        if !matches!(way, Way::Disowned | Way::Orphaned) {
            assert!(!visitors[0].shown.is_empty(), "{plan}: no pass in the end");
        }
    }
    died
}

#[tokio::test]
async fn a_pass_that_nobody_knows_is_found_though_nobody_comes_back() {
    let story = Story::closed(&[]).await;
    let mut ada = Visitor::new(&story, "ada.keller", "daniel.okafor");
    let mut program = story
        .program_with(&[(failpoint::VARIABLE, "pass-made=kill")])
        .await;
    assert!(until_it_dies(&mut ada, &mut program).await);
    assert_eq!(story.live_passes("ada.keller").await.len(), 1);
    story.opens().await;
    let_reaper_look(&story).await;
    assert!(story.live_passes("ada.keller").await.is_empty());
    is_right(&story, &[ada], vec![program.log()]).await;
}

/// Kills at the places that are reached more than once, each time that they are.
async fn kill_each_time(place: &str) {
    let mut time = 1;
    while Box::pin(kill_at(place, time, Way::Smooth)).await {
        time += 1;
    }
    assert!(time > 2, "{place} is reached once at most");
}

#[tokio::test]
async fn killed_at_any_step_of_issuing() {
    let once = |(_, way, often): &&(&str, Way, bool)| !often && *way != Way::Orphaned;
    for (place, way, _) in WAYS.iter().filter(once) {
        let reached = Box::pin(kill_at(place, 1, *way)).await;
        assert!(reached, "{place} is not reached");
    }
}

#[tokio::test]
async fn killed_while_a_pass_that_nobody_knows_is_deleted() {
    let ways = WAYS.iter().filter(|(_, way, _)| *way == Way::Orphaned);
    // All at once: each waits until a lease is over.
    join_all(ways.map(|(place, way, _)| kill_at(place, 1, *way))).await;
}

#[tokio::test]
async fn killed_before_any_change_is_kept() {
    kill_each_time("change-decided").await;
}

#[tokio::test]
async fn killed_in_the_transaction_of_any_change() {
    kill_each_time("change-written").await;
}

#[tokio::test]
async fn killed_after_any_change_is_kept() {
    kill_each_time("change-kept").await;
}

#[tokio::test]
async fn killed_before_and_after_any_removal() {
    kill_each_time("method-removing").await;
    kill_each_time("method-removed").await;
}

#[tokio::test]
async fn killed_before_and_after_any_job() {
    kill_each_time("job-leased").await;
    kill_each_time("job-done").await;
}

/// People who are locked out at the same time, and who decides.
const LOCKED_OUT: [(&str, &str); 4] = [
    ("ada.keller", "daniel.okafor"),
    ("bo.nilsson", "daniel.okafor"),
    ("greta.holm", "maria.costa"),
    ("liam.oconnor", "priya.raman"),
];
/// Kills in one story at most.
const LIVES: usize = 4;
/// Longer than it takes all of them to get their passes.
const LONGEST_LIFE: Duration = Duration::from_millis(1500);
/// How long those that are left go on before another is started beside them.
const AFTERWARDS: Duration = Duration::from_millis(200);
/// Stories at the same time.
const AT_ONCE: usize = 2;

/// Says how to have the same story again, if it fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this story is told again by LATCHKEY_TEST_SEED={}", self.0);
        }
    }
}

/// Goes on, whether somebody answers or not, until it is `over`.
async fn goes_on(visitor: &mut Visitor<'_>, over: &Cell<bool>) {
    while !over.get() {
        if !matches!(visitor.step().await, Ok(Step::Taken)) {
            tokio::time::sleep(GLANCE).await;
        }
    }
}

/// Several people at once, and programs of which one is killed, `lives` times, whatever it is doing.
async fn live_and_die(seed: u64, lives: usize) {
    let seed = Seed(seed);
    let mut chance = Rng::with_seed(seed.0);
    let story = Story::closed(&[]).await;
    // The network fails as well, at the one call that cannot simply be repeated.
    if let Some(kind) = chance
        .choice([None, Some("drop-after-write"), Some("apply-later")])
        .flatten()
    {
        story.fault(json!({ "method": "POST", "path": "/temporaryAccessPassMethods", "kind": kind, "times": 2 })).await;
    }
    let mut visitors = LOCKED_OUT.map(|(who, by)| Visitor::new(&story, who, by));
    let (instances, afterwards) = match story.database() {
        Database::Sqlite(_) => (1, Duration::ZERO),
        Database::Postgres(_) => (2, AFTERWARDS),
    };
    let mut logs = Vec::new();
    let mut running: Vec<Program<'_>> = Vec::new();
    for _ in 0..lives {
        while running.len() < instances {
            running.push(story.program().await);
        }
        let addresses: Vec<_> = running.iter().map(|program| program.address).collect();
        story.turn_to(&addresses);
        let mut victim = running.swap_remove(chance.usize(..running.len()));
        let life = LONGEST_LIFE.mul_f64(chance.f64());
        let over = Cell::new(false);
        let killed = async {
            tokio::time::sleep(life).await;
            victim.kill();
            tokio::time::sleep(afterwards).await;
            over.set(true);
        };
        let people = visitors.iter_mut().map(|visitor| goes_on(visitor, &over));
        tokio::join!(join_all(people), killed);
        logs.push(victim.log());
    }
    for mut left in running {
        left.kill();
        logs.push(left.log());
    }
    settle(&story, &mut visitors).await;
    is_right(&story, &visitors, logs).await;
    // Hundreds of such stories are told by one process; the database server has room for the connections of some.
    story.stop().await;
}

/// So many kills at random moments; calls `progress` with the number of those that are over.
pub async fn kill_at_random(kills: usize, progress: impl Fn(usize)) {
    let first = match setting("LATCHKEY_TEST_SEED") {
        Some(seed) => seed.parse().unwrap(),
        None => fastrand::u64(..),
    };
    let stories = (0..kills.div_ceil(LIVES)).map(|story| {
        let lives = LIVES.min(kills - story * LIVES);
        let seed = first.wrapping_add(u64::try_from(story).unwrap());
        async move {
            Box::pin(live_and_die(seed, lives)).await;
            lives
        }
    });
    let mut over = 0;
    let mut stories = stream::iter(stories).buffer_unordered(AT_ONCE);
    while let Some(lives) = stories.next().await {
        over += lives;
        progress(over);
    }
}

#[tokio::test]
async fn killed_at_forty_random_moments() {
    kill_at_random(40, |_| {}).await;
}
