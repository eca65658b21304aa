//! Secrets that somebody carries: the bound browser's cookie, links in mails, console sessions.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::clock::Entropy;

/// 256 random bits that give a right to whoever carries them. Only their hash is stored.
pub struct Bearer(Zeroizing<[u8; 32]>);

/// SHA-256 of a [`Bearer`], as the database holds it. The input has full entropy, so a plain hash
/// suffices and an index can find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BearerHash([u8; 32]);

impl Bearer {
    /// A fresh secret.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(&mut *bytes);
        Self(bytes)
    }

    /// Reads a secret from a cookie or a link; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut *bytes).ok()?;
        (length == bytes.len()).then_some(Self(bytes))
    }

    /// The secret as text, for a cookie or a link.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.0))
    }

    /// What the database holds of it.
    pub fn hash(&self) -> BearerHash {
        BearerHash(Sha256::digest(*self.0).into())
    }
}

/// Key by which one secret of a browser follows from the one before.
#[derive(Clone)]
pub struct SuccessionKey([u8; 32]);

impl SuccessionKey {
    /// Takes 256 secret bits.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// What a browser keeps in the place of `old` once it has shown `shown`.
    ///
    /// The same follows from the same: a form that is sent twice, because its button was pressed twice or its answer
    /// was lost, leads to one secret. From the old secret by itself nothing follows, nor from what was shown.
    pub fn successor(&self, old: &Bearer, shown: &[&[u8]]) -> Bearer {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in [old.0.as_slice()].iter().chain(shown) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Bearer(Zeroizing::new(mac.finalize().into_bytes().into()))
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(…)")
    }
}

impl BearerHash {
    /// Reads what the database holds; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes, for a query.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn survives_the_way_through_a_cookie() {
        let secret = Bearer::generate(&SystemEntropy);
        let read = Bearer::parse(&secret.expose()).unwrap();
        assert_eq!(read.hash(), secret.hash());
    }

    #[test]
    fn reads_nothing_else() {
        let text = Bearer::generate(&SystemEntropy).expose().to_string();
        for other in [
            "",
            "x",
            &text[1..],
            &format!("{text}A"),
            &text.replace(&text[..1], "!"),
        ] {
            assert!(Bearer::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn one_secret_follows_from_another_and_from_what_was_shown() {
        let [old, other] = [(); 2].map(|()| Bearer::generate(&SystemEntropy));
        let key = SuccessionKey::new([1; 32]);
        let next = key.successor(&old, &[b"ab", b"c"]).hash();
        assert_eq!(key.successor(&old, &[b"ab", b"c"]).hash(), next);
        for foreign in [
            key.successor(&other, &[b"ab", b"c"]),
            key.successor(&old, &[b"a", b"bc"]),
            key.successor(&old, &[]),
            SuccessionKey::new([2; 32]).successor(&old, &[b"ab", b"c"]),
        ] {
            assert_ne!(foreign.hash(), next);
        }
    }

    #[test]
    fn prints_nothing_of_itself() {
        assert_eq!(
            format!("{:?}", Bearer::generate(&SystemEntropy)),
            "Bearer(…)"
        );
    }
}
