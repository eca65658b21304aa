//! The worker of one instance.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet, time::MissedTickBehavior};
use tracing::Instrument;

use super::{
    perform::{Fault, Progress, give_up, perform},
    troubles::{News, Troubles},
};
use crate::{
    recovery::{Recovery, ServiceError},
    store::{JobEnd, LeasedJob},
};

/// How long a job is held. Mails take half a minute at most; undoing a recovery with many methods can
/// take longer and may then run twice, which it is made for.
const LEASE: Duration = Duration::from_mins(2);
/// Jobs carried out at the same time.
const CONCURRENCY: usize = 8;
/// Pause after the first fault; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// After this many tries a job is given up: with the pauses above, after about a day.
const TRIES: u32 = 300;

/// How often what is over is forgotten.
const SWEEP: Duration = Duration::from_mins(10);
/// How often it is looked whether a round through the directory is due.
const ROUNDS: Duration = Duration::from_mins(10);
/// How often it is looked whether the names of protected accounts are still those of somebody.
const NAMES: Duration = Duration::from_hours(4);

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

    /// Works until `stop` closes. What is begun then is finished first.
    ///
    /// Jobs, timers and watching each have a loop of their own, so that none waits for another's slow
    /// answers.
    pub async fn run(self, pace: Pace, stop: watch::Receiver<()>) {
        let jobs = every(pace.poll, stop.clone(), || async {
            self.carry_out_due(&stop).await.map(drop)
        });
        let jobs_at_once = self.jobs_at_once(stop.clone());
        let timers = every(pace.poll, stop.clone(), || async {
            self.recovery.run_timers().await.map(drop)
        });
        let watching = every(pace.watch, stop.clone(), || async {
            if self.recovery.is_our_turn("watch", pace.watch).await? {
                self.recovery.watch().await?;
            }
            Ok(())
        });
        let sweeping = every(SWEEP, stop.clone(), || async {
            if self.recovery.is_our_turn("sweep", SWEEP).await? {
                self.recovery.sweep().await?;
            }
            Ok(())
        });
        // Apart from sweeping, which must not wait for Microsoft.
        let leaving = every(SWEEP, stop.clone(), || async {
            if self.recovery.is_our_turn("leavers", SWEEP).await? {
                self.recovery.forget_leavers().await?;
            }
            Ok(())
        });
        let looking_around = every(ROUNDS, stop.clone(), || self.recovery.look_around(&stop));
        // By each instance, since each has a log, and perhaps another configuration.
        let naming = every(NAMES, stop.clone(), || {
            self.recovery.warn_of_names_of_nobody()
        });
        tokio::join!(
            jobs.instrument(tracing::info_span!("jobs")),
            jobs_at_once,
            timers.instrument(tracing::info_span!("timers")),
            watching.instrument(tracing::info_span!("watching")),
            sweeping.instrument(tracing::info_span!("sweeping")),
            leaving.instrument(tracing::info_span!("leaving")),
            looking_around.instrument(tracing::info_span!("looking around")),
            naming.instrument(tracing::info_span!("naming")),
        );
    }

    /// Carries out jobs as soon as this instance has promised some.
    async fn jobs_at_once(&self, stop: watch::Receiver<()>) {
        let mut stopped = stop.clone();
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                () = self.recovery.work_promised() => {
                    // What keeps it from that keeps it from the next regular look, which tells of it.
                    let _ = self.carry_out_due(&stop).await;
                }
            }
        }
    }

    /// Carries out jobs until none is due. Returns how many were begun.
    pub async fn run_jobs(&self) -> Result<usize, ServiceError> {
        let (_open, never) = watch::channel(());
        self.carry_out_due(&never).await
    }

    /// As [`Self::run_jobs`], and begins no more once `stop` is closed.
    async fn carry_out_due(&self, stop: &watch::Receiver<()>) -> Result<usize, ServiceError> {
        let mut running = JoinSet::new();
        let mut begun = 0;
        let mut failure = None;
        loop {
            while running.len() < CONCURRENCY && failure.is_none() && stop.has_changed().is_ok() {
                match self
                    .recovery
                    .store
                    .lease_job(self.recovery.clock.now(), LEASE)
                    .await
                {
                    Ok(Some(job)) => {
                        begun += 1;
                        let recovery = Arc::clone(&self.recovery);
                        running.spawn(async move { carry_out(&recovery, job).await });
                    }
                    Ok(None) => break,
                    // Those that are under way are finished before it is told.
                    Err(error) => failure = Some(error),
                }
            }
            if running.join_next().await.is_none() {
                return failure.map_or(Ok(begun), |error| Err(error.into()));
            }
        }
    }
}

/// Works at every `period` until `stop` closes. The log tells when the work fails, and when it works again.
pub async fn every<F>(period: Duration, mut stop: watch::Receiver<()>, work: impl Fn() -> F)
where
    F: Future<Output = Result<(), ServiceError>>,
{
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut begun = None;
    let mut troubles = Troubles::default();
    loop {
        let now = tokio::select! {
            _ = stop.changed() => return,
            now = ticks.tick() => now,
        };
        let at = now - *begun.get_or_insert(now);
        let outcome = work().await;
        let news = troubles.note(outcome.is_err(), at);
        match (news, outcome) {
            (Some(News::Fails), Err(error)) => tracing::error!(%error, "background work fails"),
            (Some(News::StillFails(failures)), Err(error)) => {
                tracing::error!(%error, failures, "background work still fails");
            }
            (Some(News::Recovered(failures)), _) => {
                tracing::info!(failures, "background work goes on");
            }
            _ => {}
        }
    }
}

async fn carry_out(recovery: &Arc<Recovery>, job: LeasedJob) {
    failpoint!(JobLeased);
    // One at which the process breaks off never comes to tell of a fault.
    let outcome = if job.attempts > TRIES {
        Err(Fault::Permanent {
            problem: "it broke off, again and again".to_owned(),
        })
    } else {
        Box::pin(perform(recovery, &job)).await
    };
    let now = recovery.clock.now();
    let end = match &outcome {
        Ok(Progress::Done) => {
            failpoint!(JobDone);
            JobEnd::Done
        }
        Ok(Progress::Again(at)) => JobEnd::Again { at: *at },
        Err(Fault::Transient { problem, after }) if job.attempts < TRIES => {
            let pause = after.unwrap_or_else(|| pause_after(job.attempts));
            tracing::warn!(request = job.request.map(tracing::field::display), job = job.job.name(), attempts = job.attempts, %problem, "a job has to wait");
            JobEnd::Postponed {
                until: now + pause,
                fault: problem,
            }
        }
        Err(Fault::Transient { problem, .. } | Fault::Permanent { problem }) => {
            tracing::error!(request = job.request.map(tracing::field::display), job = job.job.name(), attempts = job.attempts, %problem, "a job was given up");
            give_up(recovery, &job).await;
            JobEnd::GivenUp { fault: problem }
        }
    };
    match recovery.store.end_job(&job, end, now).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!(
                request = job.request.map(tracing::field::display),
                job = job.job.name(),
                "a job took longer than its lease; somebody else has it now"
            );
        }
        Err(error) => {
            tracing::error!(request = job.request.map(tracing::field::display), job = job.job.name(), %error, "the end of a job was not kept; it will be repeated");
        }
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
