//! The rounds in which everybody's manager is looked at, and who is in the groups whose members approve.

use std::time::Duration;

use domain::{Actor, Timestamp};
use tokio::sync::watch;

use super::{Named, Recovery, ServiceError, actor_name};
use crate::{
    audit::InstallationEvent,
    store::{DirectoryRounds, HoldChange},
};

/// How often a round begins.
const EVERY: Duration = Duration::from_hours(4);
/// The longest that one takes: somebody else begins another then.
const LONGEST: Duration = Duration::from_hours(1);
/// After a fault the next one begins so soon.
const RETRY: Duration = Duration::from_mins(10);
/// Without one that saw everything for so long, somebody is told.
const TOO_LONG: Duration = Duration::from_hours(12);
/// By what instances know whose turn it is.
const WORK: &str = "directory";

impl Recovery {
    /// Does a round if one is due and no other instance does it. It ends before when `stop` closes.
    ///
    /// # Errors
    /// If the directory or the database fails. Another instance may begin anew some minutes later then.
    pub async fn look_around(&self, stop: &watch::Receiver<()>) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let rounds = self.store.want_directory_rounds(now).await?;
        // One that ended in the future ended by a clock that was wrong.
        let is_recent = |ended: Timestamp| ended <= now && now.since(ended) < EVERY;
        if rounds.ended_at.is_some_and(is_recent) {
            return Ok(());
        }
        if !self.is_our_turn(WORK, LONGEST).await? {
            // A round that never ends tells of nothing by itself. Whoever was not there for a while looks first.
            return self.tell_if_too_long(rounds).await;
        }
        match self.note_directory(stop).await {
            Ok(true) => Ok(self.store.end_directory_round(self.clock.now()).await?),
            Ok(false) => self.tell_if_too_long(rounds).await,
            Err(error) => {
                let next = self.clock.now() + RETRY;
                self.store.give_turn_back(WORK, next).await?;
                self.tell_if_too_long(rounds).await?;
                Err(error)
            }
        }
    }

    /// Whether it saw everything.
    async fn note_directory(&self, stop: &watch::Receiver<()>) -> Result<bool, ServiceError> {
        // Groups first: they are few, and who is in them matters most. One that cannot be read keeps nobody else unseen.
        let groups = self.note_groups().await;
        let managers = self.note_managers(stop).await;
        groups?;
        Ok(managers?.is_whole)
    }

    async fn tell_if_too_long(&self, rounds: DirectoryRounds) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let since = rounds.ended_at.unwrap_or(rounds.wanted_at);
        if now.since(since) < TOO_LONG {
            return Ok(());
        }
        let event = InstallationEvent::DirectoryUnseen { since };
        let change = HoldChange {
            actor: &actor_name(&Actor::Timer),
            at: now,
            event: &event,
            jobs: &self.installation_alerts(&event, now),
        };
        if self.store.tell_of_failing_rounds(change).await? {
            self.work.notify_one();
        }
        Ok(())
    }

    /// The names in `privileged.never` that are not one person's in the directory: a name of nobody protects nobody, and one of
    /// several people may be somebody else's by now.
    ///
    /// # Errors
    /// If the directory does not answer.
    pub async fn names_of_nobody(&self) -> Result<Vec<&Named>, ServiceError> {
        let mut nobodys = Vec::new();
        for named in &self.settings.approval.never {
            let found = match named {
                Named::Id(id) => self.graph.person(id).await?,
                Named::Account(account) => self.graph.find_person(account.as_str()).await?,
            };
            if found.is_none() {
                nobodys.push(named);
            }
        }
        Ok(nobodys)
    }

    /// Warns in the log of what [`Self::names_of_nobody`] finds.
    ///
    /// # Errors
    /// If the directory does not answer.
    pub async fn warn_of_names_of_nobody(&self) -> Result<(), ServiceError> {
        for named in self.names_of_nobody().await? {
            tracing::warn!(
                %named,
                "a name in privileged.never is not one person's in the directory, and may protect nobody: was the account \
                 renamed? Its object id stays"
            );
        }
        Ok(())
    }
}
