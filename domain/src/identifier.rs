//! What a person types to say who they are.

use serde::{Deserialize, Serialize};

/// A sign-in name or address, well-formed and normalised: trimmed and in lower case.
///
/// Whether anybody bears it is unknown. Limits are keyed on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identifier(String);

/// Why a text is no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedIdentifier {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// More than [`Identifier::MAX_LENGTH`] characters.
    #[error("too long")]
    TooLong,
    /// Not of the form `name@domain`, or with characters that no sign-in name has.
    #[error("malformed")]
    Malformed,
}

impl Identifier {
    /// Longest identifier, in characters: the longest mail address (RFC 5321 §4.5.3.1).
    pub const MAX_LENGTH: usize = 254;

    /// Reads what was typed.
    ///
    /// Only printable ASCII is accepted, which is all that Entra allows in a sign-in name, so
    /// look-alike letters, direction marks and invisible characters are refused before any look-up.
    pub fn parse(typed: &str) -> Result<Self, MalformedIdentifier> {
        let trimmed = typed.trim();
        if trimmed.is_empty() {
            return Err(MalformedIdentifier::Empty);
        }
        if trimmed.chars().count() > Self::MAX_LENGTH {
            return Err(MalformedIdentifier::TooLong);
        }
        let (name, host) = trimmed
            .rsplit_once('@')
            .ok_or(MalformedIdentifier::Malformed)?;
        let name_is_plain = !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
        let host_is_plain = host.contains('.')
            && host.split('.').all(|label| {
                !label.is_empty()
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            });
        if name_is_plain && host_is_plain {
            Ok(Self(trimmed.to_ascii_lowercase()))
        } else {
            Err(MalformedIdentifier::Malformed)
        }
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises_case_and_surrounding_space() {
        assert_eq!(
            Identifier::parse("  Ada.Lovelace@Contoso.COM\n")
                .unwrap()
                .as_str(),
            "ada.lovelace@contoso.com"
        );
    }

    #[test]
    fn refuses_what_no_sign_in_name_has() {
        for (typed, why) in [
            ("", MalformedIdentifier::Empty),
            (" \t ", MalformedIdentifier::Empty),
            ("ada", MalformedIdentifier::Malformed),
            ("@contoso.com", MalformedIdentifier::Malformed),
            ("ada@contoso", MalformedIdentifier::Malformed),
            ("ada@-contoso.com", MalformedIdentifier::Malformed),
            ("ada@@contoso.com", MalformedIdentifier::Malformed),
            ("ada lovelace@contoso.com", MalformedIdentifier::Malformed),
            ("аda@contoso.com", MalformedIdentifier::Malformed), // Cyrillic а
            ("ada\u{200b}@contoso.com", MalformedIdentifier::Malformed),
            ("ada\u{202e}@contoso.com", MalformedIdentifier::Malformed),
            (
                "ada@contoso.com\r\nBcc: x@y.z",
                MalformedIdentifier::Malformed,
            ),
        ] {
            assert_eq!(Identifier::parse(typed), Err(why), "{typed:?}");
        }
        let long = format!("{}@contoso.com", "a".repeat(250));
        assert_eq!(Identifier::parse(&long), Err(MalformedIdentifier::TooLong));
    }

    #[test]
    fn keeps_every_character_entra_allows() {
        assert!(Identifier::parse("o'brien+it_!#@sub.contoso.co.uk").is_ok());
    }
}
