//! Work that shows that somebody has time for one request, and not for thousands.

use std::time::Duration;

use leptos::prelude::*;
use sha2::{Digest, Sha256};

use super::browser;

/// How long the browser is kept busy before it may do something else, in milliseconds.
const SLICE: f64 = 12.0;
/// Numbers that are tried before the time is looked at.
const STRIDE: u32 = 256;

/// Looks for the number for which SHA-256 of `salt` and the number is `challenge`, and writes it into the input `field`.
/// Until the script runs, and without it, `wait` stands there: time does instead of work.
#[island]
pub fn Work(
    /// The hash, in hex.
    challenge: String,
    /// What is hashed before the number.
    salt: String,
    /// The largest number to try.
    largest: u32,
    /// Id of the input for the number.
    field: String,
    /// What to do without the number, in words.
    wait: String,
) -> impl IntoView {
    let news = RwSignal::new(wait.clone());
    Effect::new(move || {
        let Some(search) = Search::of(&challenge, &salt, largest) else {
            return;
        };
        news.set(
            "Your browser is doing a calculation that keeps machines out. It takes some seconds."
                .to_owned(),
        );
        go_on(search, field.clone(), news, wait.clone());
    });
    view! { <p role="status">{news}</p> }
}

/// Tries numbers for a moment, and again when the browser has had time for other things.
fn go_on(mut search: Search, field: String, news: RwSignal<String>, wait: String) {
    let began = browser::now();
    while browser::now() - began < SLICE {
        match search.step(STRIDE) {
            Found::Number(number) => {
                browser::fill(&field, &number.to_string());
                news.set("Done. Press Continue.".to_owned());
                return;
            }
            Found::Nothing => {
                news.set(wait);
                return;
            }
            Found::NotYet => {}
        }
    }
    set_timeout(move || go_on(search, field, news, wait), Duration::ZERO);
}

/// What trying some numbers led to.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Number(u32),
    NotYet,
    /// None of the numbers is it.
    Nothing,
}

/// A search, and how far it has come.
struct Search {
    challenge: [u8; 32],
    /// The salt is hashed once for all numbers.
    salted: Sha256,
    next: u32,
    largest: u32,
}

impl Search {
    fn of(challenge: &str, salt: &str, largest: u32) -> Option<Self> {
        let mut bytes = [0; 32];
        if challenge.len() != 64 || !challenge.is_ascii() {
            return None;
        }
        for (n, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&challenge[2 * n..2 * n + 2], 16).ok()?;
        }
        Some(Self {
            challenge: bytes,
            salted: Sha256::new().chain_update(salt),
            next: 0,
            largest,
        })
    }

    fn step(&mut self, numbers: u32) -> Found {
        for _ in 0..numbers {
            if self.next > self.largest {
                return Found::Nothing;
            }
            let number = self.next;
            self.next += 1;
            let hash = self.salted.clone().chain_update(number.to_string());
            if hash.finalize()[..] == self.challenge {
                return Found::Number(number);
            }
        }
        Found::NotYet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `printf 'salt?expires=1&1234' | sha256sum`.
    const CHALLENGE: &str = "8db4a2eee26c7d82a21a787c7dff37927d58596875ba70ab2d8effa55cdb9532";

    #[test]
    fn the_number_is_found_in_slices() {
        let mut search = Search::of(CHALLENGE, "salt?expires=1&", 2000).unwrap();
        assert_eq!(search.step(1234), Found::NotYet);
        assert_eq!(search.step(1), Found::Number(1234));
    }

    #[test]
    fn a_number_that_is_not_there_ends_the_search() {
        let mut search = Search::of(CHALLENGE, "salt?expires=1&", 1233).unwrap();
        assert_eq!(search.step(1234), Found::NotYet);
        assert_eq!(search.step(1), Found::Nothing);
    }

    #[test]
    fn what_is_no_hash_begins_no_search() {
        let umlauts = "ö".repeat(32);
        for challenge in ["", "00", &CHALLENGE[1..], &umlauts] {
            assert!(Search::of(challenge, "salt", 9).is_none(), "{challenge}");
        }
    }
}
