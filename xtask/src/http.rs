//! Looks at the processes we start, over HTTP on this machine.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use ureq::Agent;

use crate::clock::Stopwatch;

/// A client that gives up quickly: everything it talks to is local.
pub fn agent() -> Agent {
    Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(5)))
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .into()
}

/// Whether `url` answers 200.
pub fn answers(agent: &Agent, url: &str) -> bool {
    agent
        .get(url)
        .call()
        .is_ok_and(|response| response.status() == 200)
}

/// Reads a JSON document.
pub fn json(agent: &Agent, url: &str) -> Result<serde_json::Value> {
    let mut response = agent
        .get(url)
        .call()
        .with_context(|| format!("cannot reach {url}"))?;
    if response.status() != 200 {
        bail!("{url} answered {}", response.status());
    }
    response
        .body_mut()
        .read_json()
        .with_context(|| format!("{url} did not answer with JSON"))
}

/// Asks `url` every `pause` until it answers 200; `alive` may stop it early.
pub fn wait_for(
    agent: &Agent,
    url: &str,
    (pause, limit): (Duration, Duration),
    mut alive: impl FnMut() -> Result<()>,
) -> Result<()> {
    let watch = Stopwatch::start();
    while !answers(agent, url) {
        alive()?;
        if watch.elapsed() > limit {
            bail!("{url} was not ready within {} s", limit.as_secs());
        }
        std::thread::sleep(pause);
    }
    Ok(())
}
