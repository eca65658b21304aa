//! When the database is not what it was: restored from a backup, by whoever was allowed to or not.

use std::time::Duration;

use domain::{Actor, Command, Refusal, Timestamp};

use super::{Recovery, ServiceError, actor_name};
use crate::{
    audit::{Checkpoint, InstallationEvent},
    jobs::{Job, Promise},
    store::RowDigest,
};

/// How long to wait before it is believed that the log has lost a row.
const SECOND_LOOK: Duration = Duration::from_secs(2);

impl Recovery {
    /// Compares the log with its latest checkpoint, and makes a new one: before the first page is served,
    /// before and after each pass, and every minute.
    ///
    /// A log that has lost what the checkpoint knows comes from an older database. What was open in that
    /// one is ended, because a denial or a report that came later is lost; the administrators are told;
    /// and the checkpoint is kept as evidence.
    ///
    /// # Errors
    /// When the checkpoint, or the log, can be neither read nor written: whether a no was lost is then
    /// not known.
    pub async fn check_log(&self) -> Result<(), ServiceError> {
        let Some(checkpoints) = &self.checkpoints else {
            return Ok(());
        };
        let turn = checkpoints.turn().await;
        let latest = turn.latest()?;
        if let Some(latest) = &latest
            && self.has_lost(latest).await?
        {
            turn.set_aside(latest)?;
            self.roll_forward(latest).await?;
        }
        let (row, digest) = match self.store.audit_tail().await? {
            Some(RowDigest { row, digest }) => (row, digest),
            None => (0, String::new()),
        };
        match latest {
            Some(latest) if latest.row == row && latest.digest == digest => return Ok(()),
            None if row > 0 => {
                tracing::warn!("there was no checkpoint of the audit log; one is begun");
                let event = InstallationEvent::CheckpointBegun { row };
                self.record_installation_event(&Actor::Timer, &event)
                    .await?;
            }
            _ => {}
        }
        let at = self.clock.now();
        Ok(turn.keep(&Checkpoint { row, digest, at })?)
    }

    /// Whether the log lacks what the checkpoint knows. Everything that is open depends on it, so one look
    /// is not enough.
    async fn has_lost(&self, checkpoint: &Checkpoint) -> Result<bool, ServiceError> {
        if self.knows(checkpoint).await? {
            return Ok(false);
        }
        tokio::time::sleep(SECOND_LOOK).await;
        Ok(!self.knows(checkpoint).await?)
    }

    async fn knows(&self, checkpoint: &Checkpoint) -> Result<bool, ServiceError> {
        if checkpoint.row == 0 {
            return Ok(true);
        }
        let row = self.store.audit_row(checkpoint.row).await?;
        Ok(row.is_some_and(|row| row.digest == checkpoint.digest))
    }

    async fn roll_forward(&self, lost: &Checkpoint) -> Result<(), ServiceError> {
        tracing::error!(
            row = lost.row,
            at = %crate::words::moment(lost.at).words,
            "the audit log has lost rows that a checkpoint knows: the database was replaced by an older one. What was open is ended"
        );
        // Whatever was opened in the older database was opened before the checkpoint.
        let ended = self.end_restored(&Actor::Timer, lost.at).await?;
        // Said once, whatever fails afterwards, and however many instances notice.
        let is_known = self.store.installation_events().await?.iter().any(|event| {
            matches!(event, InstallationEvent::RolledBack { checkpoint_row, checkpoint_at, .. }
                if *checkpoint_row == lost.row && *checkpoint_at == lost.at)
        });
        if is_known {
            return Ok(());
        }
        let event = InstallationEvent::RolledBack {
            checkpoint_row: lost.row,
            checkpoint_at: lost.at,
            ended,
        };
        self.record_installation_event(&Actor::Timer, &event).await
    }

    /// Ends everything that is open in a database that an operator restores, and says so in its log.
    /// Returns how many requests that were.
    pub async fn take_over_restored(&self) -> Result<u64, ServiceError> {
        let ended = self
            .end_restored(&Actor::Operator, self.clock.now())
            .await?;
        let event = InstallationEvent::Restored { ended };
        self.record_installation_event(&Actor::Operator, &event)
            .await?;
        Ok(ended)
    }

    /// Ends every open request that was opened until `then`, and every session: one that was ended, or
    /// whose password was replaced, after the backup would be there again.
    async fn end_restored(&self, actor: &Actor, then: Timestamp) -> Result<u64, ServiceError> {
        self.store.end_all_sessions().await?;
        let mut ended = 0;
        for id in self.store.opened_until(then).await? {
            match self.apply(id, actor, Command::EndRestored).await {
                Ok(_) => ended += 1,
                Err(ServiceError::Refused(Refusal::WrongState(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(ended)
    }

    /// The jobs that tell the administrators what happened to the installation.
    pub(super) fn installation_alerts(
        &self,
        event: &InstallationEvent,
        now: Timestamp,
    ) -> Vec<Promise> {
        let alert = |address: &String| Job::AlertInstallation {
            event: event.clone(),
            address: address.clone(),
        };
        let addresses = self.settings.alert_addresses.iter();
        addresses
            .map(|address| self.promise_now(alert(address), now))
            .collect()
    }

    pub(super) async fn record_installation_event(
        &self,
        actor: &Actor,
        event: &InstallationEvent,
    ) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let jobs = self.installation_alerts(event, now);
        self.store
            .record_event(&actor_name(actor), now, event, &jobs)
            .await?;
        self.work.notify_one();
        Ok(())
    }
}
