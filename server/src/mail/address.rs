//! Which addresses mail goes to.

use lettre::Address;

/// An address that is not a plain `local@domain`. It is not repeated: it may be personal or hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a plain mail address")]
pub struct NotAnAddress;

/// The longest address that fits a path of RFC 5321 §4.5.3.1.3.
const LONGEST: usize = 254;

/// Reads one plain address.
///
/// Addresses come from a directory that an attacker may edit, and lettre before 0.11.24 writes a
/// quoted local part into the SMTP dialogue as it is (an advisory: commands can be smuggled in). So
/// the text is held to the unquoted form in ASCII before lettre sees it: no control characters, no
/// spaces, no quotes, no comments, no lists.
pub fn strict(text: &str) -> Result<Address, NotAnAddress> {
    let (local, domain) = text.rsplit_once('@').ok_or(NotAnAddress)?;
    let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&c);
    let label = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'.';
    if text.len() > LONGEST || !local.bytes().all(atom) || !domain.bytes().all(label) {
        return Err(NotAnAddress);
    }
    text.parse().map_err(|_| NotAnAddress)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_accepted() {
        for text in [
            "ada@example.com",
            "o'brien+private@mail.example.co.uk",
            "a@xn--bcher-kva.example",
        ] {
            assert_eq!(strict(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@@example.com",
            "ada@example.com\r\nRCPT TO:<eve@example.com>",
            "ada@example.com\n",
            "\"ada\r\nDATA\"@example.com",
            "\"a b\"@example.com",
            "\"ada\"@example.com",
            "ada @example.com",
            " ada@example.com",
            "ada@example.com,eve@example.com",
            "ada@example.com;eve@example.com",
            "eve@example.com ada@example.com",
            "Ada <ada@example.com>",
            "<ada@example.com>",
            "ada(comment)@example.com",
            "ada\u{0}@example.com",
            "ada\u{7f}@example.com",
            "аda@example.com",
            "ada@exаmple.com",
            "ada@[127.0.0.1]",
            ".ada@example.com",
        ] {
            assert_eq!(strict(text), Err(NotAnAddress), "{text:?}");
        }
        let long = format!("{}@example.com", "a".repeat(250));
        assert_eq!(strict(&long), Err(NotAnAddress));
    }
}
