//! Saved recovery codes: secrets that an employee makes beforehand and keeps on paper or in a safe place.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::codes::is_between_symbols;

/// Crockford's base 32 (<https://www.crockford.com/base32.html>): without I, L, O and U.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// What stands for the remainders from 32 on in the check symbol alone.
const CHECK_SYMBOLS: &[u8; 5] = b"*~$=U";
/// The check symbol is the number modulo this prime: it finds every single wrong symbol, and any two of
/// the others that changed places.
const CHECK: u128 = 37;
/// Symbols without the check symbol.
const LENGTH: usize = SavedCode::BYTES * 8 / 5;

/// One saved recovery code: 80 random bits.
///
/// On paper it is `7F3K-92MX-04QP-ZT5W-J`: 16 symbols of Crockford's base 32, then the check symbol.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SavedCode([u8; SavedCode::BYTES]);

/// Why what was typed is no saved code.
///
/// All of it follows from what was typed and from nothing else, so that it may be told before anything
/// is looked up and costs no try: the check symbol is no secret, whoever guesses computes it
/// themselves, and a code that is refused here is compared with none. The answer is the same for every
/// account, so it tells nothing about any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedSavedCode {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// Another number of symbols than a code has, or one that no code has.
    #[error("malformed")]
    Malformed,
    /// The check symbol does not fit: there is a typing mistake.
    #[error("mistyped")]
    Mistyped,
}

impl SavedCode {
    /// How many random bytes a code holds.
    pub const BYTES: usize = 10;
    /// How many symbols it is written with, the check symbol among them.
    pub const SYMBOLS: usize = LENGTH + 1;

    /// The code of these bits, which must be random and secret.
    pub const fn new(bits: [u8; Self::BYTES]) -> Self {
        Self(bits)
    }

    /// Reads what was typed. Spaces, hyphens, invisible characters and case do not matter; O is read as
    /// 0, I and L as 1.
    pub fn parse(typed: &str) -> Result<Self, MalformedSavedCode> {
        let mut number = Zeroizing::new(0_u128);
        let mut check = None;
        let mut count = 0;
        for symbol in typed.chars().filter(|c| !is_between_symbols(*c)) {
            if count < LENGTH {
                let value = value(symbol).ok_or(MalformedSavedCode::Malformed)?;
                *number = (*number << 5) | value;
            } else if count == LENGTH {
                check = check_value(symbol);
            }
            count += 1;
        }
        match (count, check) {
            (0, _) => Err(MalformedSavedCode::Empty),
            (Self::SYMBOLS, Some(check)) if *number % CHECK == check => {
                let bytes = Zeroizing::new(number.to_be_bytes());
                let mut code = Self([0; Self::BYTES]);
                let unused = bytes.len() - Self::BYTES;
                code.0.copy_from_slice(&bytes[unused..]);
                Ok(code)
            }
            (Self::SYMBOLS, Some(_)) => Err(MalformedSavedCode::Mistyped),
            _ => Err(MalformedSavedCode::Malformed),
        }
    }

    /// The code as it is written down: groups of four symbols, then the check symbol.
    pub fn grouped(&self) -> Zeroizing<String> {
        let number = Zeroizing::new(self.number());
        let mut text = Zeroizing::new(String::with_capacity(Self::SYMBOLS + LENGTH / 4));
        for index in 0..LENGTH {
            if index > 0 && index.is_multiple_of(4) {
                text.push('-');
            }
            let value = (*number >> (5 * (LENGTH - 1 - index))) % 32;
            text.push(symbol(value));
        }
        text.push('-');
        text.push(symbol(*number % CHECK));
        text
    }

    /// The bits, for hashing.
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    fn number(&self) -> u128 {
        self.0
            .iter()
            .fold(0, |number, byte| (number << 8) | u128::from(*byte))
    }
}

impl PartialEq for SavedCode {
    /// Takes the same time whichever bits differ.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SavedCode {}

impl fmt::Debug for SavedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SavedCode(…)")
    }
}

fn symbol(value: u128) -> char {
    let index = usize::try_from(value).unwrap_or(usize::MAX);
    let known = SYMBOLS.iter().chain(CHECK_SYMBOLS).nth(index);
    char::from(*known.expect("a remainder is below 37"))
}

fn value(symbol: char) -> Option<u128> {
    let meant = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    position(SYMBOLS, meant)
}

fn check_value(symbol: char) -> Option<u128> {
    let beyond = || position(CHECK_SYMBOLS, symbol.to_ascii_uppercase()).map(|value| value + 32);
    value(symbol).or_else(beyond)
}

fn position(symbols: &[u8], wanted: char) -> Option<u128> {
    let found = symbols
        .iter()
        .position(|symbol| char::from(*symbol) == wanted)?;
    u128::try_from(found).ok()
}

#[cfg(test)]
mod tests {
    use proptest::{array::uniform10, prelude::*, sample::select};

    use super::*;

    #[test]
    fn a_code_is_written_as_the_standard_has_it() {
        for (bits, written) in [
            ([0; 10], "0000-0000-0000-0000-0"),
            // 32 and 36 are remainders that only the check symbol has.
            ([0, 0, 0, 0, 0, 0, 0, 0, 0, 32], "0000-0000-0000-0010-*"),
            ([0, 0, 0, 0, 0, 0, 0, 0, 0, 36], "0000-0000-0000-0014-U"),
            ([0, 0, 0, 0, 0, 0, 0, 0, 4, 210], "0000-0000-0000-016J-D"),
            ([255; 10], "ZZZZ-ZZZZ-ZZZZ-ZZZZ-~"),
        ] {
            let code = SavedCode::new(bits);
            assert_eq!(*code.grouped(), written);
            assert_eq!(SavedCode::parse(written), Ok(code));
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_told_from_a_typing_mistake() {
        use MalformedSavedCode::{Empty, Malformed, Mistyped};
        for (typed, why) in [
            ("", Empty),
            (" - \u{200b}", Empty),
            ("0000-0000-0000-0000", Malformed),
            ("0000-0000-0000-0000-00", Malformed),
            ("0000-0000-0000-000U-0", Malformed),
            ("0000-0000-0000-000*-0", Malformed),
            ("0000-0000-0000-0000-!", Malformed),
            ("٠٠٠٠-0000-0000-0000-0", Malformed),
            ("0000-0000-0000-0000-1", Mistyped),
            ("0000-0000-0000-0001-0", Mistyped),
        ] {
            assert_eq!(SavedCode::parse(typed), Err(why), "{typed:?}");
        }
    }

    #[test]
    fn nothing_prints_a_code() {
        let code = SavedCode::parse("0000-0000-0000-016J-D");
        assert_eq!(format!("{code:?}"), "Ok(SavedCode(…))");
        let mistyped = SavedCode::parse("0000-0000-0000-016J-C").unwrap_err();
        assert!(!format!("{mistyped:?} {mistyped}").contains('0'));
    }

    /// The symbols of a code, without hyphens.
    fn symbols_of(code: &SavedCode) -> Vec<char> {
        code.grouped().chars().filter(|c| *c != '-').collect()
    }

    fn code() -> impl Strategy<Value = SavedCode> {
        uniform10(any::<u8>()).prop_map(SavedCode::new)
    }

    proptest! {
        #[test]
        fn however_it_is_typed_it_is_the_same_code(
            code in code(),
            looks in prop::collection::vec((any::<bool>(), 0..3_usize, 0..6_usize), SavedCode::SYMBOLS),
        ) {
            let mut typed = String::new();
            for (symbol, (lower, alike, between)) in symbols_of(&code).into_iter().zip(looks) {
                typed.push_str(["", " ", "-", "\u{2011}", "\u{200b}", "\u{a0}"][between]);
                let symbol = match symbol {
                    '0' => ['0', 'O', 'o'][alike],
                    '1' => ['1', 'I', 'l'][alike],
                    other => other,
                };
                typed.push(if lower { symbol.to_ascii_lowercase() } else { symbol });
            }
            prop_assert_eq!(SavedCode::parse(&typed), Ok(code));
        }

        #[test]
        fn one_wrong_symbol_is_found(
            code in code(),
            place in 0..SavedCode::SYMBOLS,
            other in select(SYMBOLS.as_slice()),
        ) {
            let mut symbols = symbols_of(&code);
            prop_assume!(symbols[place] != char::from(other));
            symbols[place] = char::from(other);
            let typed: String = symbols.into_iter().collect();
            prop_assert_eq!(SavedCode::parse(&typed), Err(MalformedSavedCode::Mistyped));
        }

        #[test]
        fn two_symbols_that_changed_places_are_found(code in code(), place in 0..LENGTH - 1) {
            let mut symbols = symbols_of(&code);
            prop_assume!(symbols[place] != symbols[place + 1]);
            symbols.swap(place, place + 1);
            let typed: String = symbols.into_iter().collect();
            prop_assert_eq!(SavedCode::parse(&typed), Err(MalformedSavedCode::Mistyped));
        }

        #[test]
        fn anything_may_be_typed(typed in any::<String>()) {
            if let Ok(code) = SavedCode::parse(&typed) {
                prop_assert_eq!(SavedCode::parse(&code.grouped()), Ok(code));
            }
        }
    }
}
