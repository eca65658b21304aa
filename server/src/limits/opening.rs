//! Who may open a request.

use domain::{Identifier, Network, Rate, Taken, Timestamp};

use super::{
    Limits,
    ticket::{Shown, Ticket, Verdict},
};
use crate::{
    recovery::ServiceError,
    store::{Bucket, Taking},
};

/// How many times as hard as the least the work can get. Whoever has lost their phone borrows an old one.
const HARDEST: u32 = 8;

/// The kinds of the limits that make opening pause.
pub const PAUSES: [&str; 2] = [OPENS_PAUSE, FAILURES_PAUSE];
const OPENS_PAUSE: &str = "opens_pause";
const FAILURES_PAUSE: &str = "failures_pause";

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
        let of_network = self.of_network("open_network", want.network, (3, 3));
        self.refuse_used_up(&of_network).await?;
        let verdict = match want.shown {
            Some(shown) => self.judge(shown, want.identifier, now),
            None => Verdict::Void,
        };
        let of_account = self.of_account_opening(&want);
        let passed = match verdict {
            Verdict::Passed { hash, expires_at } => Some((hash, expires_at)),
            // Under pressure, most who come have done nothing yet. They are told so by reads alone.
            Verdict::TooEarly(_) | Verdict::Void if self.is_work_due(&of_account).await? => {
                return Ok(Admission::Work(match verdict {
                    Verdict::TooEarly(ticket) => ticket,
                    _ => self.work(want.identifier).await?,
                }));
            }
            Verdict::TooEarly(_) | Verdict::Void => None,
        };

        let mut taking = self.store.begin_taking().await?;
        self.take_all(&mut taking, &of_network).await?;
        if self.takes_work(&mut taking, &of_account, now).await? {
            let has_worked = match &passed {
                Some((hash, expires_at)) => taking.spend(hash, *expires_at).await?,
                None => false,
            };
            if !has_worked {
                drop(taking);
                return Ok(Admission::Work(self.work(want.identifier).await?));
            }
        }
        taking.commit().await?;
        Ok(Admission::Admitted)
    }

    /// Notes that a request turned out to be about somebody. Tells whether that is so for too many.
    pub async fn note_recognised(&self, identifier: &Identifier) -> Result<bool, ServiceError> {
        let mut taking = self.store.begin_taking().await?;
        let mark = self.of_all(OPENS_PAUSE, self.settings.opens.pause);
        let pauses = self
            .pauses(&mut taking, "known_account", identifier, &mark)
            .await?;
        taking.commit().await?;
        Ok(pauses)
    }

    /// Notes a proof that failed; `is_about_somebody` when the request is. Tells whether proofs fail for too many people.
    pub async fn note_failure(
        &self,
        identifier: &Identifier,
        is_about_somebody: bool,
    ) -> Result<bool, ServiceError> {
        let now = self.clock.now();
        let mut taking = self.store.begin_taking().await?;
        // One account counts for so much and no more: whoever guesses at it alone makes it harder for nobody else.
        let here = self.of_account("fail_account", identifier, None, Rate::per_hour(6, 6));
        if !is_refused(&mut taking, &here, now).await? {
            is_refused(&mut taking, &self.failures(), now).await?;
        }
        let mark = self.of_all(FAILURES_PAUSE, self.settings.failures.pause);
        let pauses = is_about_somebody
            && self
                .pauses(&mut taking, "known_fail_account", identifier, &mark)
                .await?;
        taking.commit().await?;
        Ok(pauses)
    }

    /// Counts an account against a mark that pauses opening; whether the mark is passed.
    ///
    /// An account counts once an hour, so that the mark is one of people. Names that nobody bears never come here, or
    /// somebody who invents some would stop everybody.
    async fn pauses(
        &self,
        taking: &mut Taking,
        kind: &'static str,
        identifier: &Identifier,
        mark: &Bucket,
    ) -> Result<bool, ServiceError> {
        let now = self.clock.now();
        let account = self.of_account(kind, identifier, None, Rate::per_hour(1, 1));
        Ok(!is_refused(taking, &account, now).await? && is_refused(taking, mark, now).await?)
    }

    /// What limits opening for one account: from one network, and from all of them. With work both can be passed, so
    /// they refuse nobody.
    fn of_account_opening(&self, want: &Want<'_>) -> [Bucket; 2] {
        let opens = self.settings.account_opens;
        let rate = |times: u32| {
            let per_hour = opens.div_ceil(3).saturating_mul(times);
            Rate::per_hour(opens.saturating_mul(times), per_hour)
        };
        [
            self.of_account(
                "open_account_here",
                want.identifier,
                Some(want.network),
                rate(1),
            ),
            self.of_account("open_account", want.identifier, None, rate(2)),
        ]
    }

    /// Above this, so many requests are opened that it takes work.
    fn opens(&self) -> Bucket {
        self.of_all("opens_work", self.settings.opens.work)
    }

    /// Above this, so many proofs fail that opening takes work.
    fn failures(&self) -> Bucket {
        self.of_all("failures_work", self.settings.failures.work)
    }

    /// How full this is tells how hard the work is.
    fn all_opens(&self) -> Bucket {
        let most = self.settings.opens.work.saturating_mul(HARDEST);
        self.of_all("opens", most)
    }

    /// Whether opening takes work at the moment, as far as can be read.
    async fn is_work_due(&self, of_account: &[Bucket]) -> Result<bool, ServiceError> {
        let now = self.clock.now();
        for bucket in of_account.iter().chain(&[self.opens(), self.failures()]) {
            let kept = self.store.used_until(bucket).await?;
            if !bucket.rate.has_room(kept, now) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes from what all share; whether one of it is used up, so that opening takes work.
    async fn takes_work(
        &self,
        taking: &mut Taking,
        of_account: &[Bucket],
        now: Timestamp,
    ) -> Result<bool, ServiceError> {
        let mut is_due = false;
        for bucket in of_account {
            is_due |= is_refused(taking, bucket, now).await?;
        }
        // An account whose own limit is used up counts no further: whoever asks for one account again and again makes
        // it harder for nobody else.
        if !is_due {
            is_due |= is_refused(taking, &self.opens(), now).await?;
            is_refused(taking, &self.all_opens(), now).await?;
        }
        Ok(is_due || !taking.has_room(&self.failures(), now).await?)
    }

    /// Fresh work, the harder the more requests are opened: each mark's worth of them adds as much again.
    async fn work(&self, identifier: &Identifier) -> Result<Ticket, ServiceError> {
        let now = self.clock.now();
        let opens = self.all_opens();
        let most = self.settings.opens.work.saturating_mul(HARDEST);
        let kept = self.store.used_until(&opens).await?;
        let left = kept.map_or(most, |kept| opens.rate.left(kept, now));
        let times = most.saturating_sub(left) / self.settings.opens.work;
        Ok(self.ticket(identifier, times.clamp(1, HARDEST), now))
    }
}

/// Takes one use; whether there was no room.
async fn is_refused(
    taking: &mut Taking,
    bucket: &Bucket,
    now: Timestamp,
) -> Result<bool, ServiceError> {
    let taken = taking.take(bucket, now).await?;
    Ok(matches!(taken, Taken::Refused { .. }))
}
