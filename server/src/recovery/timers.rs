//! What the passing of time leads to.

use domain::{Actor, Command, Refusal};

use super::{Recovery, ServiceError};

/// Requests at most per round.
const ROUND: u32 = 200;

impl Recovery {
    /// Moves every request whose time has come. Returns how many moved.
    pub async fn run_timers(&self) -> Result<usize, ServiceError> {
        let due = self.store.due(self.clock.now(), ROUND).await?;
        let mut moved = 0;
        for id in due {
            match self.apply(id, &Actor::Timer, Command::Tick).await {
                Ok(_) => moved += 1,
                // Somebody else was faster.
                Err(ServiceError::Refused(Refusal::NothingDue)) => {}
                Err(error) => tracing::error!(request = %id, %error, "a timer could not be worked"),
            }
        }
        Ok(moved)
    }
}
