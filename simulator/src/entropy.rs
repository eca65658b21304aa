//! Randomness. The only place in this crate that draws it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

const PASS_LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const PASS_PUNCTUATION: &[u8] = b"+!@#$%&*=?";

/// A fresh random GUID (version 4).
#[expect(
    clippy::disallowed_methods,
    reason = "this module is the crate's entropy"
)]
pub fn guid() -> Uuid {
    Uuid::new_v4()
}

/// An opaque URL-safe secret of 256 bits.
pub fn secret() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A Temporary Access Pass of `length` characters.
///
/// Like the real ones it holds punctuation (the documented example is `+drkzqAD`), so that callers who forget to
/// escape it are found out: one place at random is always a punctuation mark.
pub fn pass_value(length: usize) -> String {
    let mut value: Vec<u8> = (0..length).map(|_| pick(PASS_LETTERS)).collect();
    let place = usize::from(bytes::<1>()[0]) % length;
    value[place] = pick(PASS_PUNCTUATION);
    value.into_iter().map(char::from).collect()
}

/// A whole number of seconds in `60 min ..= 90 min`, the range of default token lifetimes.
pub fn token_lifetime_seconds() -> i64 {
    3600 + i64::from(u16::from_be_bytes(bytes::<2>())) % 1801
}

/// The same GUID for the same name, run after run.
pub fn stable_guid(name: &str) -> Uuid {
    let digest = Sha256::digest(name.as_bytes());
    let mut head = [0; 16];
    head.copy_from_slice(&digest[..16]);
    Builder::from_random_bytes(head).into_uuid()
}

fn pick(alphabet: &[u8]) -> u8 {
    alphabet[usize::from(bytes::<1>()[0]) % alphabet.len()]
}

#[expect(
    clippy::disallowed_methods,
    reason = "this module is the crate's entropy"
)]
fn bytes<const N: usize>() -> [u8; N] {
    let mut buffer = [0; N];
    getrandom::fill(&mut buffer).expect("the operating system provides randomness");
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_have_the_asked_length_and_punctuation() {
        for length in [8, 12, 48] {
            let value = pass_value(length);
            assert_eq!(value.len(), length);
            assert!(value.bytes().any(|byte| PASS_PUNCTUATION.contains(&byte)));
        }
    }

    #[test]
    fn stable_guids_do_not_change() {
        assert_eq!(stable_guid("ada"), stable_guid("ada"));
        assert_ne!(stable_guid("ada"), stable_guid("bo"));
    }
}
