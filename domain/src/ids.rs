//! Identities.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identity of a recovery request. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl RequestId {
    /// The reference that people read to each other.
    pub fn reference(self) -> Reference {
        Reference(self)
    }
}

/// Public reference of a request, e.g. `LK-8F3K-2M9Q`: 40 bits of its id in Crockford's base 32.
///
/// It locates a request for people who talk about it and gives no right to anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference(RequestId);

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let low_bits = self.0.0.as_u128();
        f.write_str("LK")?;
        for index in 0..8 {
            if index % 4 == 0 {
                f.write_str("-")?;
            }
            let symbol = (low_bits >> (35 - 5 * index)) & 31;
            write!(
                f,
                "{}",
                char::from(ALPHABET[usize::try_from(symbol).unwrap_or(0)])
            )?;
        }
        Ok(())
    }
}

/// Object id of a person in the directory. Never a sign-in name: those change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub String);

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Number of an issue attempt, growing over the life of a request. Work under an older fence is void.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Fence(pub u32);

impl Fence {
    /// The next attempt's fence.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Identity of a recorded intent to issue one pass: a request's attempt. It is also sent to Microsoft
/// as the `client-request-id` of the call that creates the pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentId(pub Uuid);
