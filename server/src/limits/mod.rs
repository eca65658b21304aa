//! How often things may be done: by whom, for whom, and in all.
//!
//! All that is kept is in the database, so that every instance counts the same and a restart forgets nothing. What
//! each limit is for, and why nobody can be locked out by somebody else: docs/decisions/0009.

mod guesses;
mod opening;
mod ticket;

use std::{sync::Arc, time::Duration};

use domain::{Identifier, Network, PersonId, Rate, Taken};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    clock::{Clock, Entropy},
    recovery::ServiceError,
    store::{Bucket, Store, Taking},
};

pub use opening::{Admission, PAUSES, Want};
pub use ticket::{Shown, Ticket};

/// How many networks' worth of anything a site has. Many people may be in one, and one person may have all of it.
const PEOPLE_PER_SITE: u32 = 10;

/// What an operator decides about limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many people share an address at most: every limit of a network is multiplied by it.
    pub people_per_network: u32,
    /// Requests for one account from one network before work is asked for.
    pub account_opens: u32,
    /// Mails with codes to one address, in any hour.
    pub mails_per_hour: u32,
    /// When opening a request gets harder, and when it pauses.
    pub opens: Marks,
    /// The same by proofs that failed.
    pub failures: Marks,
    /// How long opening pauses.
    pub pause: Duration,
    /// The largest number that a browser has to try, while little more than usual is going on.
    pub work: u32,
    /// How long whoever does no work waits instead, while little more than usual is going on.
    pub wait: Duration,
}

/// Two marks, both in an hour and for all accounts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Above this, opening a request takes work.
    pub work: u32,
    /// Above this many that are about somebody, nothing is opened for a while.
    pub pause: u32,
}

/// What takes from a limit of the network that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Another code is asked for.
    Resend,
    /// A proof is tried.
    Prove,
    /// A sign-in at the tenant is begun.
    SignInStart,
    /// A presentation of a Verified ID is begun.
    VerifiedIdStart,
    /// A password of the console is tried.
    ConsoleSignIn,
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Prove => "prove",
            Self::SignInStart => "sign_in_start",
            Self::VerifiedIdStart => "verified_id_start",
            Self::ConsoleSignIn => "console_sign_in",
        }
    }

    /// At once, and in an hour: far more than one person needs.
    const fn numbers(self) -> (u32, u32) {
        match self {
            Self::Resend | Self::VerifiedIdStart => (10, 20),
            Self::Prove | Self::SignInStart => (30, 60),
            Self::ConsoleSignIn => (10, 30),
        }
    }
}

/// The limits of this installation.
pub struct Limits {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    key: Key,
    settings: Settings,
}

/// What the names of limits and the seals of tickets are derived from.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// A key of these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A code over `parts` that serves `purpose` alone. No other parts have the same one.
    fn code(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(purpose, parts).finalize().into_bytes().into()
    }

    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in [purpose.as_bytes()].iter().chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

/// Mails that strangers can cause, so that they are limited for each address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailLimit {
    /// With codes.
    Codes,
    /// That a proof was passed.
    ProofNotices,
}

impl MailLimit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Codes => "mail",
            Self::ProofNotices => "mail_proof",
        }
    }
}

/// A mail that may be sent.
#[derive(Debug)]
pub struct MailSlot {
    bucket: Bucket,
    /// Whether no other mail may follow it for a while.
    pub is_last: bool,
}

impl Limits {
    /// The limits that are kept in `store`.
    pub fn new(
        store: Store,
        (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>),
        key: Key,
        settings: Settings,
    ) -> Self {
        Self {
            store,
            clock,
            entropy,
            key,
            settings,
        }
    }

    /// Takes one use of an action's limit.
    ///
    /// # Errors
    /// [`ServiceError::Limited`] when the network has used its limit up; that costs nothing, so that nobody waits
    /// longer for having tried.
    pub async fn take(
        &self,
        action: Action,
        network: impl Into<Network>,
    ) -> Result<(), ServiceError> {
        let buckets = self.of_network(action.as_str(), network.into(), action.numbers());
        self.take_each(&buckets).await
    }

    /// Takes one making of saved codes by this employee, however many networks they do it from: each takes as long as ten
    /// codes that are compared, and mails as many letters as they have addresses.
    ///
    /// # Errors
    /// [`ServiceError::Limited`] when they have made too many.
    pub async fn take_making(&self, employee: &PersonId) -> Result<(), ServiceError> {
        let rate = Rate::per_hour(10, 10);
        let bucket = self.bucket("make_codes", &[employee.0.as_bytes()], rate);
        self.take_each(&[bucket]).await
    }

    /// Takes from how often an employee names a colleague, whom the directory is asked about.
    ///
    /// # Errors
    /// [`ServiceError::Limited`] when they have named too many.
    pub async fn take_naming(&self, employee: &PersonId) -> Result<(), ServiceError> {
        let rate = Rate::per_hour(20, 40);
        let bucket = self.bucket("name_colleague", &[employee.0.as_bytes()], rate);
        self.take_each(&[bucket]).await
    }

    /// Takes a place among such mails to `address`; `Err` tells until when there is none.
    pub async fn take_mail(
        &self,
        limit: MailLimit,
        address: &str,
    ) -> Result<Result<MailSlot, domain::Timestamp>, ServiceError> {
        let rate = Rate::within_any_hour(self.settings.mails_per_hour);
        let address = address.to_lowercase();
        let bucket = self.bucket(limit.as_str(), &[address.as_bytes()], rate);
        let now = self.clock.now();
        if let Taken::Refused { until } = rate.take(self.store.used_until(&bucket).await?, now) {
            return Ok(Err(until));
        }
        let mut taking = self.store.begin_taking().await?;
        Ok(match taking.take(&bucket, now).await? {
            Taken::Granted { left, .. } => {
                taking.commit().await?;
                Ok(MailSlot {
                    bucket,
                    is_last: left == 0,
                })
            }
            Taken::Refused { until } => Err(until),
        })
    }

    /// Gives the place of a mail back that was not sent.
    pub async fn give_back(&self, slot: &MailSlot) -> Result<(), ServiceError> {
        Ok(self.store.give_back(&slot.bucket).await?)
    }

    /// How long opening pauses when far too much is going on.
    pub const fn pause(&self) -> Duration {
        self.settings.pause
    }

    /// Forgets what limits nothing any more.
    pub async fn sweep(&self) -> Result<(), ServiceError> {
        Ok(self.store.sweep_limits(self.clock.now()).await?)
    }

    async fn take_each(&self, buckets: &[Bucket]) -> Result<(), ServiceError> {
        self.refuse_used_up(buckets).await?;
        let mut taking = self.store.begin_taking().await?;
        self.take_all(&mut taking, buckets).await?;
        Ok(taking.commit().await?)
    }

    /// Takes one use of each, or says how long until there is room.
    async fn take_all(&self, taking: &mut Taking, buckets: &[Bucket]) -> Result<(), ServiceError> {
        let now = self.clock.now();
        for bucket in buckets {
            if let Taken::Refused { until } = taking.take(bucket, now).await? {
                return Err(ServiceError::Limited {
                    wait: until.since(now),
                });
            }
        }
        Ok(())
    }

    /// Whoever is over a limit is sent away by reads alone, however often they come.
    async fn refuse_used_up(&self, buckets: &[Bucket]) -> Result<(), ServiceError> {
        let now = self.clock.now();
        for bucket in buckets {
            let kept = self.store.used_until(bucket).await?;
            if let Taken::Refused { until } = bucket.rate.take(kept, now) {
                return Err(ServiceError::Limited {
                    wait: until.since(now),
                });
            }
        }
        Ok(())
    }

    /// The limit of a network, and that of the site around it.
    fn of_network(
        &self,
        kind: &'static str,
        network: Network,
        (burst, per_hour): (u32, u32),
    ) -> Vec<Bucket> {
        let rate = |people: u32| {
            let people = people.saturating_mul(self.settings.people_per_network);
            Rate::per_hour(
                burst.saturating_mul(people),
                per_hour.saturating_mul(people),
            )
        };
        let site = network
            .site()
            .map(|site| self.bucket(kind, &[&site], rate(PEOPLE_PER_SITE)));
        let network = self.bucket(kind, &[&network.to_bytes()], rate(1));
        [network].into_iter().chain(site).collect()
    }

    fn of_account(
        &self,
        kind: &'static str,
        identifier: &Identifier,
        network: Option<Network>,
        rate: Rate,
    ) -> Bucket {
        let network = network.map(Network::to_bytes);
        let mut parts = vec![identifier.as_str().as_bytes()];
        parts.extend(network.as_deref());
        self.bucket(kind, &parts, rate)
    }

    fn of_all(&self, kind: &'static str, per_hour: u32) -> Bucket {
        self.bucket(kind, &[], Rate::per_hour(per_hour, per_hour))
    }

    fn bucket(&self, kind: &'static str, parts: &[&[u8]], rate: Rate) -> Bucket {
        Bucket {
            key: self.key.code(kind, parts),
            kind,
            rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_limits_tell_nothing_and_differ() {
        let key = Key::new([7; 32]);
        let codes = [
            key.code("mail", &[b"ab", b"c"]),
            key.code("mail", &[b"a", b"bc"]),
            key.code("mail", &[b"abc"]),
            key.code("maila", &[b"bc"]),
            Key::new([8; 32]).code("mail", &[b"abc"]),
        ];
        for (n, code) in codes.iter().enumerate() {
            assert!(!codes[..n].contains(code), "{n}");
        }
    }
}
