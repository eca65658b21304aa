//! Proofs of identity, and how many of them are needed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A kind of proof. Each belongs to one class; personal facts never count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofKind {
    /// A code mailed to an address that the directory holds outside the tenant's own mail.
    EmailCode,
    /// One of the codes that the person saved beforehand.
    RecoveryCode,
    /// A sign-in with the password, at an app that asks for no second factor.
    Password,
    /// A Verified ID, presented with a check of the face.
    VerifiedId,
}

/// What a proof rests on. Two proofs of one class fall together, so they count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProofClass {
    /// A code that was sent to somewhere only the person reads.
    IssuedCode,
    /// A secret that the person keeps.
    SavedSecret,
    /// Something that the person knows.
    Knowledge,
    /// Somebody else has seen the person and their papers.
    Proofing,
}

impl ProofKind {
    /// Every kind, in the order in which pages and configuration name them.
    pub const ALL: [Self; 4] = [
        Self::EmailCode,
        Self::RecoveryCode,
        Self::Password,
        Self::VerifiedId,
    ];

    /// The name in configuration, database and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailCode => "email_code",
            Self::RecoveryCode => "recovery_code",
            Self::Password => "password",
            Self::VerifiedId => "verified_id",
        }
    }

    /// Its class.
    pub const fn class(self) -> ProofClass {
        match self {
            Self::EmailCode => ProofClass::IssuedCode,
            Self::RecoveryCode => ProofClass::SavedSecret,
            Self::Password => ProofClass::Knowledge,
            Self::VerifiedId => ProofClass::Proofing,
        }
    }

    /// Whether it is a code that is typed into one of our pages. Such codes can be guessed at, so each
    /// try is counted first, and they are compared only as part of a set that suffices.
    pub const fn is_typed(self) -> bool {
        matches!(self, Self::EmailCode | Self::RecoveryCode)
    }
}

/// A passed proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Its kind.
    pub kind: ProofKind,
    /// When it was passed.
    pub at: Timestamp,
}

/// Which proofs count, and how many of different classes are needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofPolicy {
    accepted: BTreeSet<ProofKind>,
    required: u8,
}

/// Why a policy makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusablePolicy {
    /// Whoever asks would be believed.
    #[error("no proof is required")]
    NothingRequired,
    /// Whoever has phished a password would be believed, which is what recovery must withstand.
    #[error("a password alone would do")]
    PasswordAlone,
    /// Nobody can pass it.
    #[error(
        "{required} proofs of different classes are required, and only {possible} can be given"
    )]
    Impossible {
        /// How many are required.
        required: u8,
        /// How many classes there are among those that are accepted.
        possible: usize,
    },
}

impl ProofPolicy {
    /// `required` proofs of different classes out of `accepted`.
    pub fn new(
        accepted: impl IntoIterator<Item = ProofKind>,
        required: u8,
    ) -> Result<Self, UnusablePolicy> {
        let policy = Self {
            accepted: accepted.into_iter().collect(),
            required,
        };
        let possible = classes(policy.accepted.iter().copied());
        if required == 0 {
            Err(UnusablePolicy::NothingRequired)
        } else if usize::from(required) > possible {
            Err(UnusablePolicy::Impossible { required, possible })
        } else if required == 1 && policy.accepts(ProofKind::Password) {
            Err(UnusablePolicy::PasswordAlone)
        } else {
            Ok(policy)
        }
    }

    /// What can be asked of everybody before anybody is known, so that the page tells nothing about who
    /// is asked: every proof that counts in one of `policies`, and the least number that one of them asks for.
    /// None if there is no policy.
    pub fn common<'a>(policies: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        policies.into_iter().fold(None, |common, policy| {
            let common = common.unwrap_or_else(|| policy.clone());
            Some(Self {
                accepted: &common.accepted | &policy.accepted,
                required: common.required.min(policy.required),
            })
        })
    }

    /// Whether `kind` counts.
    pub fn accepts(&self, kind: ProofKind) -> bool {
        self.accepted.contains(&kind)
    }

    /// The proofs that count, in the order of [`ProofKind::ALL`].
    pub fn accepted(&self) -> impl Iterator<Item = ProofKind> {
        self.accepted.iter().copied()
    }

    /// How many proofs of different classes are needed.
    pub const fn required(&self) -> u8 {
        self.required
    }

    /// How many more proofs of different classes are needed beside `given`.
    pub fn missing(&self, given: impl IntoIterator<Item = ProofKind>) -> u8 {
        let counted = classes(given.into_iter().filter(|kind| self.accepts(*kind)));
        self.required
            .saturating_sub(u8::try_from(counted).unwrap_or(u8::MAX))
    }

    /// Whether `given` suffice.
    pub fn is_met_by(&self, given: impl IntoIterator<Item = ProofKind>) -> bool {
        self.missing(given) == 0
    }
}

/// How many different classes `kinds` belong to.
fn classes(kinds: impl IntoIterator<Item = ProofKind>) -> usize {
    kinds
        .into_iter()
        .map(ProofKind::class)
        .collect::<BTreeSet<_>>()
        .len()
}

#[cfg(test)]
mod tests {
    use super::{ProofKind::*, *};

    fn policy(accepted: &[ProofKind], required: u8) -> ProofPolicy {
        ProofPolicy::new(accepted.iter().copied(), required).unwrap()
    }

    #[test]
    fn a_policy_asks_for_something_that_can_be_given() {
        assert_eq!(
            ProofPolicy::new([EmailCode], 0),
            Err(UnusablePolicy::NothingRequired)
        );
        for accepted in [&[][..], &[EmailCode], &[EmailCode, EmailCode]] {
            assert_eq!(
                ProofPolicy::new(accepted.iter().copied(), 2),
                Err(UnusablePolicy::Impossible {
                    required: 2,
                    possible: usize::from(!accepted.is_empty())
                })
            );
        }
        for accepted in [&[Password][..], &[EmailCode, Password], &ProofKind::ALL] {
            assert_eq!(
                ProofPolicy::new(accepted.iter().copied(), 1),
                Err(UnusablePolicy::PasswordAlone)
            );
        }
        assert_eq!(policy(&ProofKind::ALL, 4).required(), 4);
    }

    #[test]
    fn only_accepted_proofs_of_different_classes_count() {
        let policy = policy(&[EmailCode, RecoveryCode, Password], 2);
        for (given, missing) in [
            (&[][..], 2),
            (&[EmailCode], 1),
            (&[EmailCode, EmailCode], 1),
            (&[EmailCode, VerifiedId], 1),
            (&[EmailCode, Password], 0),
            (&[EmailCode, RecoveryCode, Password], 0),
        ] {
            assert_eq!(policy.missing(given.iter().copied()), missing, "{given:?}");
            assert_eq!(policy.is_met_by(given.iter().copied()), missing == 0);
        }
    }

    #[test]
    fn what_everybody_is_asked_is_the_least_of_all_policies() {
        assert_eq!(ProofPolicy::common([]), None);
        let common = ProofPolicy::common(&[
            policy(&[EmailCode, Password], 2),
            policy(&[Password, VerifiedId, RecoveryCode], 3),
            policy(&[EmailCode], 1),
        ])
        .unwrap();
        assert_eq!(common.accepted().collect::<Vec<_>>(), ProofKind::ALL);
        // It is no policy of anybody's own, so a password may do here.
        assert_eq!(common.required(), 1);
    }
}
