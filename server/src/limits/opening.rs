//! Who may open a request.

use domain::{Identifier, Network, Rate, Taken, Timestamp};

use super::{
    Limits, Marks,
    ticket::{Shown, Ticket, Verdict},
};
use crate::{
    recovery::ServiceError,
    store::{Bucket, Taking},
};

/// What somebody wants to open a request with.
#[derive(Clone, Debug)]
pub struct Want<'a> {
    /// The account.
    pub identifier: &'a Identifier,
    /// From where.
    pub network: Network,
    /// What they show for it, if they were asked to.
    pub shown: Option<&'a Shown>,
}

/// Whether somebody may open a request.
#[derive(Debug)]
pub enum Admission {
    /// They may, at once.
    Admitted,
    /// They may once they have done this, or waited.
    Work(Ticket),
    /// Too many are opened, or too many proofs fail: nobody may for a while.
    Flood,
}

/// Which of two marks were passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pressure {
    None,
    Work,
    Pause,
}

impl Limits {
    /// Decides whether a request may be opened, and takes from the limits if so.
    ///
    /// Only the network can be sent away. Whatever else is used up asks for work or for a wait, so that nobody keeps
    /// another person out by typing their name.
    ///
    /// # Errors
    /// [`ServiceError::Limited`] when the network has used its limit up.
    pub async fn admit(&self, want: Want<'_>) -> Result<Admission, ServiceError> {
        let now = self.clock.now();
        let of_network = self.of_network("open_network", want.network, 3, 3);
        self.refuse_used_up(&of_network).await?;
        let verdict = match want.shown {
            Some(shown) => self.judge(shown, &want, now),
            None => Verdict::Void,
        };

        let mut taking = self.store.begin_taking().await?;
        if let Taken::Refused { until } = taking.take(&of_network, now).await? {
            return Err(ServiceError::Limited {
                wait: until.since(now),
            });
        }
        let account_is_used_up = self.take_account(&mut taking, &want, now).await?;
        let pressure = self
            .feel_pressure(&mut taking, account_is_used_up, now)
            .await?;
        if pressure == Pressure::Pause {
            return Ok(Admission::Flood);
        }
        if account_is_used_up || pressure == Pressure::Work {
            match verdict {
                Verdict::Passed { hash, expires_at } => {
                    if !taking.spend(&hash, expires_at).await? {
                        return Ok(Admission::Work(self.ticket(&want, now)));
                    }
                }
                Verdict::TooEarly(ticket) => return Ok(Admission::Work(ticket)),
                Verdict::Void => return Ok(Admission::Work(self.ticket(&want, now))),
            }
        }
        taking.commit().await?;
        Ok(Admission::Admitted)
    }

    /// Notes a proof that failed. Tells whether too many do.
    pub async fn note_failure(&self, identifier: &Identifier) -> Result<bool, ServiceError> {
        let now = self.clock.now();
        let of_account = self.of_account("fail_account", identifier, None, Rate::per_hour(6, 6));
        let mut taking = self.store.begin_taking().await?;
        // One account counts for so much and no more: whoever guesses at it alone stops nobody else.
        if let Taken::Refused { .. } = taking.take(&of_account, now).await? {
            return Ok(false);
        }
        let pressure = self.press(&mut taking, FAILURES, self.settings.failures, now);
        let pressure = pressure.await?;
        taking.commit().await?;
        Ok(pressure == Pressure::Pause)
    }

    /// Takes from the limits of the account; whether one is used up. With work they can be passed, so that is no
    /// refusal.
    async fn take_account(
        &self,
        taking: &mut Taking,
        want: &Want<'_>,
        now: Timestamp,
    ) -> Result<bool, ServiceError> {
        let opens = self.settings.account_opens;
        let here = Rate::per_hour(opens, opens.div_ceil(3));
        let anywhere = Rate::per_hour(opens.saturating_mul(2), opens.div_ceil(3).saturating_mul(2));
        let here = self.of_account(
            "open_account_here",
            want.identifier,
            Some(want.network),
            here,
        );
        let anywhere = self.of_account("open_account", want.identifier, None, anywhere);
        let mut is_used_up = false;
        for bucket in [&here, &anywhere] {
            is_used_up |= matches!(taking.take(bucket, now).await?, Taken::Refused { .. });
        }
        Ok(is_used_up)
    }

    /// How much is going on in all. An account whose own limit is used up counts no further: whoever asks for one
    /// account again and again stops nobody else.
    async fn feel_pressure(
        &self,
        taking: &mut Taking,
        account_is_used_up: bool,
        now: Timestamp,
    ) -> Result<Pressure, ServiceError> {
        let by_opens = if account_is_used_up {
            Pressure::None
        } else {
            self.press(taking, OPENS, self.settings.opens, now).await?
        };
        let failures = self.of_all(FAILURES[0], self.settings.failures.work);
        let by_failures = if taking.has_room(&failures, now).await? {
            Pressure::None
        } else {
            Pressure::Work
        };
        Ok(by_opens.max(by_failures))
    }

    /// Counts one, and tells which mark is passed.
    async fn press(
        &self,
        taking: &mut Taking,
        [work, pause]: [&'static str; 2],
        marks: Marks,
        now: Timestamp,
    ) -> Result<Pressure, ServiceError> {
        let is_full = async |taking: &mut Taking, bucket: Bucket| {
            let taken = taking.take(&bucket, now).await;
            taken.map(|taken| matches!(taken, Taken::Refused { .. }))
        };
        let needs_work = is_full(taking, self.of_all(work, marks.work)).await?;
        if is_full(taking, self.of_all(pause, marks.pause)).await? {
            Ok(Pressure::Pause)
        } else if needs_work {
            Ok(Pressure::Work)
        } else {
            Ok(Pressure::None)
        }
    }
}

const OPENS: [&str; 2] = ["opens_work", "opens_pause"];
const FAILURES: [&str; 2] = ["failures_work", "failures_pause"];
