//! Passwords of administrators.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash,
};
use secrecy::{ExposeSecret, SecretString};

use super::workshop::{Busy, Workshop};
use crate::clock::Entropy;

/// Memory of one hashing, in KiB.
const MEMORY: u32 = 64 * 1024;
/// Passes over it.
const PASSES: u32 = 3;
/// Lanes of it.
const LANES: u32 = 4;
/// How many may wait for each that works. More are turned away: each waits as long as it takes, and
/// works on [`MEMORY`].
const QUEUE: usize = 4;

/// Stands in where there is no stored hash, so that an unknown name takes as long as a known one. Its
/// password is unknown, and would not be accepted either.
const NOBODY: &str = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5LW5vYm9keS0$\
                      q1Yw8mZrT0pK3nVdXs7LhFgJcB5uEaRiOtC2xPyNzGk";

/// Hashes passwords by argon2id, a few at a time.
pub struct PasswordHasher {
    entropy: Arc<dyn Entropy>,
    /// The library brings the memory: pieces of this size go straight back to the system.
    workshop: Workshop<()>,
}

/// Whether a password is the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Right,
    /// It is not, or there is none.
    Wrong,
}

impl PasswordHasher {
    /// Works on `max_concurrent` passwords at once, at least one. Each takes 64 MiB and a core.
    pub fn new(max_concurrent: usize, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            entropy,
            workshop: Workshop::new(max_concurrent, QUEUE),
        }
    }

    /// Hashes a new password with a fresh salt, as a PHC string.
    pub async fn hash(&self, password: SecretString) -> Result<String, Busy> {
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        let hash = move |(): &mut ()| {
            argon2()
                .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
                .expect("the parameters, the salt's length and a password below 4 GiB are in range")
                .to_string()
        };
        self.workshop.work(self.workshop.enter()?, hash).await
    }

    /// Compares with a stored hash. Without one the same work is done.
    pub async fn verify(&self, phc: Option<&str>, password: SecretString) -> Result<Verdict, Busy> {
        let known = phc.is_some();
        let phc = phc.unwrap_or(NOBODY).to_owned();
        let compare = move |(): &mut ()| {
            let Ok(stored) = PasswordHash::new(&phc) else {
                tracing::error!("a stored password hash cannot be read");
                return Verdict::Wrong;
            };
            match argon2().verify_password(password.expose_secret().as_bytes(), &stored) {
                Ok(()) if known => Verdict::Right,
                _ => Verdict::Wrong,
            }
        };
        self.workshop.work(self.workshop.enter()?, compare).await
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY, PASSES, LANES, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::clock::{Clock, SystemClock, SystemEntropy};

    fn hasher(max_concurrent: usize) -> PasswordHasher {
        PasswordHasher::new(max_concurrent, Arc::new(SystemEntropy))
    }

    #[tokio::test]
    async fn the_right_password_is_told_from_others() {
        let hasher = hasher(1);
        let phc = hasher.hash("correct horse battery".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=65536,t=3,p=4$"), "{phc}");
        let verify = async |phc, password: &str| hasher.verify(phc, password.into()).await.unwrap();
        assert_eq!(
            verify(Some(&phc), "correct horse battery").await,
            Verdict::Right
        );
        assert_eq!(
            verify(Some(&phc), "correct horse batterz").await,
            Verdict::Wrong
        );
        assert_eq!(
            verify(Some("not a hash"), "correct horse battery").await,
            Verdict::Wrong
        );
        assert_eq!(verify(None, "correct horse battery").await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn each_hash_has_its_own_salt() {
        let hasher = hasher(1);
        let one = hasher.hash("correct horse battery".into()).await.unwrap();
        let other = hasher.hash("correct horse battery".into()).await.unwrap();
        assert_ne!(one, other);
    }

    #[test]
    fn the_stand_in_asks_for_the_same_work() {
        let stand_in = PasswordHash::new(NOBODY).unwrap();
        let real = argon2()
            .hash_password_with_salt(b"password", &[7; 16])
            .unwrap();
        assert_eq!(stand_in.algorithm, real.algorithm);
        assert_eq!(stand_in.version, real.version);
        assert_eq!(stand_in.params.to_string(), real.params.to_string());
        assert_eq!(stand_in.hash.unwrap().len(), real.hash.unwrap().len());
    }

    #[tokio::test]
    async fn an_unknown_name_takes_about_as_long() {
        let hasher = hasher(1);
        let clock = SystemClock::new();
        let phc = hasher.hash("correct horse battery".into()).await.unwrap();
        let time = async |phc| {
            let start = clock.monotonic();
            hasher.verify(phc, "another password".into()).await.unwrap();
            clock.monotonic().saturating_sub(start)
        };
        let known = time(Some(phc.as_str())).await;
        let unknown = time(None).await;
        // Without the work it would be thousands of times faster.
        assert!(unknown > known / 10, "{unknown:?} against {known:?}");
    }

    #[tokio::test]
    async fn those_who_cannot_wait_are_turned_away() {
        let hasher = hasher(1);
        let waiting = 1 + QUEUE;
        let verdicts =
            join_all((0..waiting + 2).map(|_| hasher.verify(None, "password".into()))).await;
        let turned_away = verdicts
            .iter()
            .filter(|verdict| **verdict == Err(Busy))
            .count();
        assert_eq!(turned_away, 2);
        assert_eq!(
            hasher.verify(None, "password".into()).await,
            Ok(Verdict::Wrong)
        );
    }
}
