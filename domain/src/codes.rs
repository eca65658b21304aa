//! Codes that people read to each other or copy from a mail. They are derived, never stored: a stolen
//! database holds none.

use std::{fmt, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{Control, RequestId, Timestamp};

/// How long one contact code is current. The one before is accepted too, so that nobody has to hurry.
pub const CONTACT_CODE_WINDOW: Duration = Duration::from_mins(5);

/// Key that codes are derived from.
#[derive(Clone)]
pub struct CodeKey([u8; 32]);

impl CodeKey {
    /// Takes 256 secret bits.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// `digits` decimal digits out of the MAC over `parts`, each prefixed by its length so that no two
    /// lists of parts share a message. 64 bits of the MAC are reduced, so the bias is below 2⁻³⁷.
    fn derive(&self, parts: &[&[u8]], digits: u32) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        let tag = mac.finalize().into_bytes();
        let mut head = [0; 8];
        head.copy_from_slice(&tag[..8]);
        let number = u64::from_be_bytes(head) % 10_u64.pow(digits);
        format!("{number:0width$}", width = digits as usize)
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey(…)")
    }
}

/// Whether this only stands between the symbols of a code that somebody typed: spaces, hyphens, and
/// characters that cannot be seen.
pub(crate) fn is_between_symbols(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// Digits that somebody typed, without the spaces, hyphens and invisible characters people add.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedCode(String);

impl TypedCode {
    /// Reads what was typed; `None` unless it then is exactly `digits` digits. Letters that look like a digit are meant
    /// as it, and full-width digits are digits.
    pub fn parse(typed: &str, digits: u8) -> Option<Self> {
        let as_meant = |c: char| match c {
            'o' | 'O' => '0',
            'i' | 'I' | 'l' | 'L' => '1',
            '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10).unwrap_or(c),
            _ => c,
        };
        let symbols = typed.chars().filter(|c| !is_between_symbols(*c));
        let code: String = symbols.map(as_meant).collect();
        (code.len() == usize::from(digits) && code.bytes().all(|b| b.is_ascii_digit()))
            .then_some(Self(code))
    }

    /// The digits, to derive something from that nobody else can.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn is(&self, code: &str) -> bool {
        self.0.as_bytes().ct_eq(code.as_bytes()).into()
    }
}

impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedCode(…)")
    }
}

/// The code that the subject reads to the approver: 6 digits, or 8 under dual control, a new one every
/// [`CONTACT_CODE_WINDOW`], shown only on the bound browser.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactCode {
    digits: String,
    /// How long until the next code is shown.
    pub changes_in: Duration,
}

impl fmt::Debug for ContactCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContactCode(…)")
    }
}

impl ContactCode {
    /// The digits in two groups.
    pub fn grouped(&self) -> String {
        let (head, tail) = self.digits.split_at(self.digits.len() / 2);
        format!("{head} {tail}")
    }
}

fn window(now: Timestamp) -> i64 {
    now.millis()
        .div_euclid(i64::try_from(CONTACT_CODE_WINDOW.as_millis()).unwrap_or(i64::MAX))
}

fn code_in_window(key: &CodeKey, request: RequestId, control: Control, window: i64) -> String {
    key.derive(
        &[b"contact", request.0.as_bytes(), &window.to_be_bytes()],
        u32::from(control.code_digits()),
    )
}

/// The contact code of `request` that is current at `now`.
pub fn contact_code(
    key: &CodeKey,
    request: RequestId,
    control: Control,
    now: Timestamp,
) -> ContactCode {
    let window = window(now);
    let next = Timestamp::from_millis(
        (window + 1) * i64::try_from(CONTACT_CODE_WINDOW.as_millis()).unwrap_or(i64::MAX),
    );
    ContactCode {
        digits: code_in_window(key, request, control, window),
        changes_in: next.since(now),
    }
}

impl TypedCode {
    /// Whether this is the contact code of `request`, current at `now` or just before. Takes the same
    /// time whichever digits differ.
    pub fn is_contact_code(
        &self,
        key: &CodeKey,
        request: RequestId,
        control: Control,
        now: Timestamp,
    ) -> bool {
        let window = window(now);
        let current = self.is(&code_in_window(key, request, control, window));
        let previous = self.is(&code_in_window(key, request, control, window - 1));
        current | previous
    }

    /// Whether this is `code`. Takes the same time whichever digits differ.
    pub fn is_email_code(&self, code: &EmailCode) -> bool {
        self.is(&code.0)
    }
}

/// The code that is mailed to the address on file: 8 digits, one per sending.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailCode(String);

impl EmailCode {
    /// How many digits a mailed code has.
    pub const DIGITS: u8 = 8;

    /// The code of the sending number `sending` of `request`. Mailing it again after a fault mails the
    /// same digits.
    pub fn derive(key: &CodeKey, request: RequestId, sending: u8) -> Self {
        Self(key.derive(
            &[b"email", request.0.as_bytes(), &[sending]],
            u32::from(Self::DIGITS),
        ))
    }

    /// The digits in groups of four, for the mail.
    pub fn grouped(&self) -> String {
        let (head, tail) = self.0.split_at(self.0.len() / 2);
        format!("{head} {tail}")
    }
}

impl fmt::Debug for EmailCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn key() -> CodeKey {
        CodeKey::new([7; 32])
    }

    fn request(n: u128) -> RequestId {
        RequestId(Uuid::from_u128(n))
    }

    #[test]
    fn a_contact_code_lives_for_its_window_and_the_next() {
        let start = Timestamp::from_millis(300_000 * 1000);
        let code = contact_code(&key(), request(1), Control::Single, start);
        let typed = TypedCode::parse(&code.grouped(), Control::Single.code_digits()).unwrap();
        for (seconds, holds) in [
            (0, true),
            (299, true),
            (300, true),
            (599, true),
            (600, false),
        ] {
            let now = start + Duration::from_secs(seconds);
            assert_eq!(
                typed.is_contact_code(&key(), request(1), Control::Single, now),
                holds,
                "after {seconds} s"
            );
        }
        assert!(!typed.is_contact_code(
            &key(),
            request(1),
            Control::Single,
            start - Duration::from_secs(1)
        ));
        assert_eq!(code.changes_in, Duration::from_mins(5));
    }

    #[test]
    fn codes_differ_between_requests_keys_and_sendings() {
        let now = Timestamp::from_millis(0);
        let code = contact_code(&key(), request(1), Control::Single, now);
        assert_ne!(code, contact_code(&key(), request(2), Control::Single, now));
        assert_ne!(
            code,
            contact_code(&CodeKey::new([8; 32]), request(1), Control::Single, now)
        );
        assert_ne!(
            EmailCode::derive(&key(), request(1), 1),
            EmailCode::derive(&key(), request(1), 2)
        );
    }

    #[test]
    fn typed_codes_are_taken_as_they_are_meant() {
        for typed in [
            "482913",
            " 482 913 ",
            "482-913",
            "482\u{2011}913",
            "4\u{200b}82913",
            "４８２９１３",
        ] {
            assert_eq!(
                TypedCode::parse(typed, 6),
                Some(TypedCode("482913".to_owned())),
                "{typed:?}"
            );
        }
        for typed in ["0011011", "oO1i0Il", "ooIL0lI"] {
            let meant = Some(TypedCode("0011011".to_owned()));
            assert_eq!(TypedCode::parse(typed, 7), meant, "{typed:?}");
        }
        for typed in ["", "48291", "4829133", "48291x", "٤٨٢٩١٣"] {
            assert_eq!(TypedCode::parse(typed, 6), None, "{typed:?}");
        }
    }

    #[test]
    fn nothing_prints_a_code() {
        let printed = format!(
            "{:?}{:?}{:?}{:?}",
            key(),
            contact_code(
                &key(),
                request(1),
                Control::Single,
                Timestamp::from_millis(0)
            ),
            EmailCode::derive(&key(), request(1), 1),
            TypedCode::parse("482913", 6)
        );
        assert!(!printed.chars().any(|c| c.is_ascii_digit()), "{printed}");
    }
}
