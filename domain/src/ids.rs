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

impl Reference {
    /// Whether somebody means this reference by what they typed: in either case, with or without spaces, hyphens and the
    /// `LK`, and with the letters that stand for digits (Crockford's base 32).
    pub fn is_meant_by(&self, typed: &str) -> bool {
        let symbols = |text: &str| -> String {
            let bare = text.chars().filter(char::is_ascii_alphanumeric);
            let bare: String = bare.map(|c| c.to_ascii_uppercase()).collect();
            let bare = match bare.strip_prefix("LK") {
                Some(rest) if rest.len() == 8 => rest.to_owned(),
                _ => bare,
            };
            bare.replace('O', "0").replace(['I', 'L'], "1")
        };
        symbols(typed) == symbols(&self.to_string())
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(id: u128) -> String {
        RequestId(Uuid::from_u128(id)).reference().to_string()
    }

    #[test]
    fn a_reference_spells_the_low_40_bits_in_two_groups() {
        assert_eq!(reference(0), "LK-0000-0000");
        assert_eq!(reference(31), "LK-0000-000Z");
        assert_eq!(reference(32), "LK-0000-0010");
        assert_eq!(reference((1 << 40) - 1), "LK-ZZZZ-ZZZZ");
        assert_eq!(reference(1 << 40), "LK-0000-0000");
        assert_eq!(reference(0x43_C731_5137), "LK-8F3K-2M9Q");
    }

    #[test]
    fn a_reference_is_meant_however_it_is_typed() {
        // LK-8F10-2M9Q
        let reference = RequestId(Uuid::from_u128(0x43_C201_5137)).reference();
        assert_eq!(reference.to_string(), "LK-8F10-2M9Q");
        for typed in [
            "LK-8F10-2M9Q",
            "lk8f102m9q",
            " 8f10 2m9q ",
            "8FIO-2M9Q",
            "LK-8Flo-2M9Q",
        ] {
            assert!(reference.is_meant_by(typed), "{typed}");
        }
        for typed in ["", "LK", "LK-8F10-2M9", "LK-8F10-2M9R", "LK-LK-8F10-2M9Q"] {
            assert!(!reference.is_meant_by(typed), "{typed}");
        }
    }

    #[test]
    fn fences_grow() {
        assert!(Fence::default() < Fence::default().next());
        assert_eq!(Fence(7).next(), Fence(8));
    }
}
