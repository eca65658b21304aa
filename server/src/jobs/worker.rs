//! The worker of one instance.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::perform::{Fault, perform};
use crate::{
    recovery::{Recovery, ServiceError},
    store::LeasedJob,
};

/// How long a job is held: longer than the longest that one can take.
const LEASE: Duration = Duration::from_mins(2);
/// Jobs carried out at the same time.
const CONCURRENCY: usize = 8;
/// Pause after the first fault; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// After this many tries a job is given up: with the pauses above, after about a day.
const TRIES: u32 = 300;

/// How often the worker looks.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// For jobs and timers, when nothing tells it to look at once.
    pub poll: Duration,
    /// For new methods of people who got a pass.
    pub watch: Duration,
}

/// Carries out jobs, timers and watching.
#[derive(Clone)]
pub struct Worker {
    recovery: Arc<Recovery>,
}

impl Worker {
    /// A worker for `recovery`.
    pub const fn new(recovery: Arc<Recovery>) -> Self {
        Self { recovery }
    }

    /// Works until `stop` is done. What is begun then is finished first.
    pub async fn run(self, pace: Pace, stop: impl Future<Output = ()>) {
        let mut poll = tokio::time::interval(pace.poll);
        let mut watch = tokio::time::interval(pace.watch);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = poll.tick() => self.report(self.recovery.run_timers().await.map(drop)),
                () = self.recovery.work_promised() => {}
                _ = watch.tick() => self.report(self.recovery.watch().await.map(drop)),
            }
            self.report(self.run_jobs().await.map(drop));
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the worker's own reporting")]
    fn report(&self, result: Result<(), ServiceError>) {
        if let Err(error) = result {
            tracing::error!(%error, "background work failed");
        }
    }

    /// Carries out jobs until none is due. Returns how many were begun.
    pub async fn run_jobs(&self) -> Result<usize, ServiceError> {
        let mut running = JoinSet::new();
        let mut begun = 0;
        loop {
            while running.len() < CONCURRENCY {
                let Some(job) = self
                    .recovery
                    .store
                    .lease_job(self.recovery.clock.now(), LEASE)
                    .await?
                else {
                    break;
                };
                begun += 1;
                let recovery = Arc::clone(&self.recovery);
                running.spawn(async move { carry_out(&recovery, job).await });
            }
            if running.join_next().await.is_none() {
                return Ok(begun);
            }
        }
    }
}

async fn carry_out(recovery: &Arc<Recovery>, job: LeasedJob) {
    let outcome = perform(recovery, &job).await;
    let now = recovery.clock.now();
    let kept = match outcome {
        Ok(()) => recovery.store.finish_job(&job, now).await,
        Err(Fault::Transient { problem, after }) if job.attempts < TRIES => {
            let pause = after.unwrap_or_else(|| pause_after(job.attempts));
            tracing::warn!(request = %job.request, job = job.job.name(), attempts = job.attempts, %problem, "a job has to wait");
            recovery
                .store
                .postpone_job(&job, now + pause, &problem)
                .await
        }
        Err(Fault::Transient { problem, .. } | Fault::Permanent { problem }) => {
            tracing::error!(request = %job.request, job = job.job.name(), attempts = job.attempts, %problem, "a job was given up");
            recovery.store.fail_job(&job, now, &problem).await
        }
    };
    if let Err(error) = kept {
        tracing::error!(request = %job.request, job = job.job.name(), %error, "the end of a job was not kept; it will be repeated");
    }
}

fn pause_after(attempts: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)))
        .min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        assert_eq!(pause_after(1), Duration::from_secs(5));
        assert_eq!(pause_after(2), Duration::from_secs(10));
        assert_eq!(pause_after(60), LONGEST_PAUSE);
    }
}
