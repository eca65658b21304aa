//! When the database is not what it was: restored from a backup, by whoever was allowed to or not.

use domain::{Actor, Command, Refusal, Timestamp};

use super::{Recovery, ServiceError, actor_name};
use crate::{
    audit::{Checkpoint, CheckpointTurn, InstallationEvent},
    jobs::{Job, Promise},
    store::RowDigest,
};

impl Recovery {
    /// Compares the log with its latest checkpoint, and makes a new one.
    ///
    /// A log that has lost what the checkpoint knows comes from an older database. What was open in that
    /// one is ended, because a denial or a report that came later is lost; the administrators are told;
    /// and the checkpoint is kept as evidence.
    pub async fn check_log(&self) -> Result<(), ServiceError> {
        let Some(checkpoints) = &self.checkpoints else {
            return Ok(());
        };
        let turn = checkpoints.turn().await;
        let latest = turn.latest()?;
        if let Some(latest) = &latest
            && !self.knows(latest).await?
        {
            self.roll_forward(latest, &turn).await?;
        }
        let Some(RowDigest { row, digest }) = self.store.audit_tail().await? else {
            return Ok(());
        };
        if latest.is_some_and(|latest| latest.digest == digest) {
            return Ok(());
        }
        let at = self.clock.now();
        Ok(turn.keep(&Checkpoint { row, digest, at })?)
    }

    async fn knows(&self, checkpoint: &Checkpoint) -> Result<bool, ServiceError> {
        let row = self.store.audit_row(checkpoint.row).await?;
        Ok(row.is_some_and(|row| row.digest == checkpoint.digest))
    }

    async fn roll_forward(
        &self,
        lost: &Checkpoint,
        turn: &CheckpointTurn<'_>,
    ) -> Result<(), ServiceError> {
        tracing::error!(
            row = lost.row,
            at = %crate::words::moment(lost.at).words,
            "the audit log has lost rows that a checkpoint knows: the database was replaced by an older one. What was open is ended"
        );
        // Whatever was opened in the older database was opened before the checkpoint.
        let ended = self.end_restored(lost.at).await?;
        let event = InstallationEvent::RolledBack {
            checkpoint_row: lost.row,
            checkpoint_at: lost.at,
            ended,
        };
        self.record_installation_event(&Actor::Timer, &event)
            .await?;
        Ok(turn.set_aside(self.clock.now())?)
    }

    /// Ends everything that is open in a database that an operator restores, and says so in its log.
    /// Returns how many requests that were.
    pub async fn take_over_restored(&self) -> Result<u64, ServiceError> {
        let ended = self.end_restored(self.clock.now()).await?;
        let event = InstallationEvent::Restored { ended };
        self.record_installation_event(&Actor::Operator, &event)
            .await?;
        Ok(ended)
    }

    /// Ends every open request that was opened until `then`.
    async fn end_restored(&self, then: Timestamp) -> Result<u64, ServiceError> {
        let mut ended = 0;
        for id in self.store.opened_until(then).await? {
            match self.apply(id, &Actor::Operator, Command::EndRestored).await {
                Ok(_) => ended += 1,
                Err(ServiceError::Refused(Refusal::WrongState(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(ended)
    }

    async fn record_installation_event(
        &self,
        actor: &Actor,
        event: &InstallationEvent,
    ) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let alert = |address: &String| Job::AlertInstallation {
            event: event.clone(),
            address: address.clone(),
        };
        let addresses = self.settings.alert_addresses.iter();
        let jobs: Vec<Promise> = addresses
            .map(|address| self.promise_now(alert(address), now))
            .collect();
        self.store
            .record_event(&actor_name(actor), now, event, &jobs)
            .await?;
        self.work.notify_one();
        Ok(())
    }
}
