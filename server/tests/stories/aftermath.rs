//! What must be so after crashes, whatever was going on.

use std::time::Duration;

use domain::{Event, Request, State};
use latchkey::store::AuditRow;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    canary::{Place, database, in_html, nowhere},
    harness::Story,
    people::work_address,
    visitor::{Step, Told, Visitor},
};

/// A step of time, while somebody waits.
const STEP: Duration = Duration::from_secs(20);
/// Steps at most: longer than attempts and jobs are held, and than their pauses.
const STEPS: usize = 60;
/// From the end of the last lease to the end of the looks for passes that nobody knows.
const REAPER_MINUTES: usize = 12;

/// Carries on with a server in this process, whose time moves, until nobody has anything left to do and
/// every pass that nobody knows had the time to be found.
pub async fn settle(story: &Story, visitors: &mut [Visitor<'_>]) {
    story.opens().await;
    for _ in 0..3 {
        let mut steps = 0;
        while !take_steps(story, visitors).await {
            steps += 1;
            assert!(steps < STEPS, "somebody waits in vain");
            time_passes(story, STEP).await;
        }
        story.late_calls_arrive().await;
        let_reaper_look(story).await;
        if take_steps(story, visitors).await {
            return;
        }
    }
    panic!("the passes that are shown go on being wrong");
}

/// Lets the time pass in which a pass that nobody knows has to be found.
pub async fn let_reaper_look(story: &Story) {
    for _ in 0..REAPER_MINUTES {
        time_passes(story, Duration::from_mins(1)).await;
    }
}

async fn time_passes(story: &Story, time: Duration) {
    story.advance(time).await;
    work(story).await;
}

async fn work(story: &Story) {
    story.run_jobs().await;
    story.run_timers().await;
}

/// Lets everybody do what can be done at once; tells whether nothing is left to do.
async fn take_steps(story: &Story, visitors: &mut [Visitor<'_>]) -> bool {
    work(story).await;
    let mut over = true;
    for visitor in visitors {
        over &= loop {
            match visitor.step().await.unwrap() {
                Step::Taken => work(story).await,
                Step::Waits => break false,
                Step::Over => break true,
            }
        };
    }
    over
}

/// Looks at the tenant, the records, the mails and `logs`.
pub async fn is_right(story: &Story, visitors: &[Visitor<'_>], logs: Vec<String>) {
    let requests = story.requests().await;
    for visitor in visitors {
        one_pass_or_none(story, visitor, &requests).await;
        for (reference, told) in &visitor.told {
            nothing_told_is_lost(story, &requests, reference, *told).await;
        }
    }
    for request in &requests {
        the_log_tells_each_change(story, request).await;
    }
    no_pass_is_kept(story, visitors, logs).await;
}

/// Exactly one usable pass, the recorded one, which the bound browser has seen last; or none at all.
async fn one_pass_or_none(story: &Story, visitor: &Visitor<'_>, requests: &[Request]) {
    let account = work_address(visitor.alias);
    let theirs = |request: &&Request| request.facts.identifier.as_str() == account;
    let recorded: Vec<_> = requests
        .iter()
        .filter(theirs)
        .filter_map(|request| match &request.state {
            State::Disclosed(disclosed) => Some(&disclosed.pass.id),
            _ => None,
        })
        .collect();
    let live = story.live_passes(visitor.alias).await;
    let ids: Vec<_> = live
        .iter()
        .map(|pass| pass["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, recorded, "{account}: live and recorded passes");
    if let [pass] = live.as_slice() {
        assert_eq!(pass["state"], "EnabledByPolicy");
        let shown = visitor.shown.last().expect("they were shown a pass");
        assert_eq!(pass["value"], json!(shown), "{account}: the pass they hold");
    }
    let made = story.passes(visitor.alias).await.len();
    let begun: u32 = requests
        .iter()
        .filter(theirs)
        .map(|r| r.facts.fence.0)
        .sum();
    assert!(
        made <= usize::try_from(begun).unwrap(),
        "{account}: {made} passes for {begun} intents"
    );
}

async fn nothing_told_is_lost(story: &Story, requests: &[Request], reference: &str, told: Told) {
    let request = requests
        .iter()
        .find(|request| request.facts.id.reference().to_string() == reference)
        .unwrap_or_else(|| panic!("{reference} is lost, though {told:?}"));
    let log = story.audit(request.facts.id).await;
    let is_told = |event: &Event| match told {
        Told::Opened => matches!(event, Event::Opened { .. }),
        Told::Proved => matches!(event, Event::ProofPassed { .. }),
        Told::Submitted => matches!(event, Event::Submitted { .. }),
        Told::Approved => matches!(event, Event::Approved { .. }),
        Told::Shown => matches!(event, Event::Disclosed { .. }),
    };
    assert!(
        log.iter().any(|row| is_told(&row.event)),
        "{reference}: {told:?} is lost"
    );
}

/// No change without its rows, and no row without its change.
async fn the_log_tells_each_change(story: &Story, request: &Request) {
    let reference = request.facts.id.reference();
    let log = story.audit(request.facts.id).await;
    // Rows of one change share their moment and their actor; two changes hardly ever do.
    let together = |a: &AuditRow, b: &AuditRow| a.at == b.at && a.actor == b.actor;
    let [moments, rows] =
        [log.chunk_by(together).count(), log.len()].map(|count| u64::try_from(count).unwrap());
    assert!(
        (moments..=rows).contains(&request.version),
        "{reference}: {rows} rows of {moments} moments for {} changes",
        request.version
    );
    let count = |wanted: fn(&Event) -> bool| log.iter().filter(|row| wanted(&row.event)).count();
    assert_eq!(
        count(|event| matches!(event, Event::IssueStarted { .. })),
        usize::try_from(request.facts.fence.0).unwrap(),
        "{reference}: attempts"
    );
    assert!(count(|event| matches!(event, Event::Opened { .. })) == 1);
    assert!(count(|event| matches!(event, Event::Submitted { .. })) <= 1);
    assert!(count(|event| matches!(event, Event::Approved { .. })) <= 1);
}

/// The value of no pass is anywhere but in the one page that showed it.
async fn no_pass_is_kept(story: &Story, visitors: &[Visitor<'_>], logs: Vec<String>) {
    let mut places = database(story).await;
    places.extend(logs.into_iter().map(|log| Place::new("a log", log)));
    let mails = story.control(Method::GET, "/mailbox", Value::Null).await;
    places.push(Place::new("a mail", mails.to_string()));
    for visitor in visitors {
        for pass in story.passes(visitor.alias).await {
            let value = pass["value"].as_str().unwrap();
            nowhere(value, "a pass", &places);
            let shown = visitor.shown.iter().filter(|shown| *shown == value).count();
            let seen = story.seen.lock().unwrap();
            let seen: Vec<_> = seen
                .iter()
                .filter(|seen| seen.body.contains(&in_html(value)))
                .collect();
            assert_eq!(seen.len(), shown, "pages with one pass");
            assert!(seen.iter().all(|seen| seen.path.starts_with("/pass")));
        }
    }
}
