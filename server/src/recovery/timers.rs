//! What the passing of time leads to.

use std::time::Duration;

use domain::{Actor, Command, Refusal};

use super::{Recovery, ServiceError};
use crate::auth::employee;

/// Requests at most per round.
const ROUND: u32 = 200;
/// How long a sign-in is remembered after its end, so that an answer that comes late is told from a made-up one.
const SIGN_INS_KEPT: Duration = Duration::from_hours(24);

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

    /// Forgets what is over and of no more use.
    pub async fn sweep(&self) -> Result<(), ServiceError> {
        self.limits.sweep().await?;
        let now = self.clock.now();
        self.store.forget_sign_ins(now - SIGN_INS_KEPT).await?;
        self.store
            .forget_employee_sessions(now - employee::LIFETIME)
            .await?;
        self.store.forget_set_links(now).await?;
        self.store.forget_absences(now).await?;
        Ok(())
    }
}
