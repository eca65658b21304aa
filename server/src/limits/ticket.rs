//! What opens a request under pressure: work that a browser does, or a wait.
//!
//! The work is a challenge of ALTCHA's first protocol (<https://altcha.org/docs/v2/proof-of-work-v1/>): find the number
//! that was hashed with a salt. A ticket is stateless until it serves; then its hash is kept, so that it serves once.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Identifier, Timestamp};
use hmac::Mac;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt::Write as _, time::Duration};

use super::Limits;

/// How long a ticket can be used, from when nothing but waiting would do.
const LIFETIME: Duration = Duration::from_mins(20);
/// The longest ticket that is read: ours are shorter.
const LONGEST: usize = 2000;
const ALGORITHM: &str = "SHA-256";

/// What somebody has to do before a request is opened for them: find `number` up to `maxnumber` for which
/// SHA-256(`salt` ‖ `number`) is `challenge`; or wait.
///
/// The fields are those of the protocol. The salt carries what the ticket is bound to, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    algorithm: String,
    /// The hash, in hex.
    pub challenge: String,
    /// The largest number to try.
    pub maxnumber: u32,
    /// What is hashed before the number.
    pub salt: String,
    signature: String,
    /// When whoever has not found the number may go on as well, in milliseconds since the epoch. The seal is over the
    /// same moment in the salt.
    after: i64,
}

/// What somebody shows for being let in.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The ticket, as the form carries it.
    pub ticket: String,
    /// The number, if it was found.
    pub number: String,
}

/// What a shown ticket is worth.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It lets in, if it has not served yet.
    Passed {
        /// By which it is known when it comes again.
        hash: [u8; 32],
        /// Until when it has to be known.
        expires_at: Timestamp,
    },
    /// It is right, but neither was the number found nor is the wait over.
    TooEarly(Ticket),
    /// It is too old, for somebody else, or none of ours.
    Void,
}

/// What is written into a salt.
struct Terms {
    /// Random, so that no two tickets are the same.
    nonce: String,
    /// The account that the ticket is for, as a keyed hash. Not the network: people change theirs on the way.
    bound_to: String,
    /// The largest number to try.
    work: u32,
    after: Timestamp,
    expires_at: Timestamp,
}

impl Terms {
    /// As the protocol writes parameters into a salt. What follows is the seal, and then the number: each ends with
    /// `&`, so that no digit can pass from one to the next (ALTCHA's advisory of December 2025).
    fn written(&self) -> String {
        let Self {
            nonce,
            bound_to,
            work,
            after,
            expires_at,
        } = self;
        format!(
            "{nonce}?expires={}&after={}&work={work}&for={bound_to}&",
            expires_at.millis() / 1000,
            after.millis()
        )
    }

    fn read(text: &str) -> Option<Self> {
        let (nonce, rest) = text.split_once("?expires=")?;
        let (expires, rest) = rest.split_once("&after=")?;
        let (after, rest) = rest.split_once("&work=")?;
        let (work, rest) = rest.split_once("&for=")?;
        let bound_to = rest.strip_suffix('&')?;
        Some(Self {
            nonce: nonce.to_owned(),
            bound_to: bound_to.to_owned(),
            work: work.parse().ok()?,
            after: Timestamp::from_millis(after.parse().ok()?),
            expires_at: Timestamp::from_millis(expires.parse::<i64>().ok()?.checked_mul(1000)?),
        })
    }
}

impl Ticket {
    /// When whoever has not found the number may go on as well.
    pub const fn after(&self) -> Timestamp {
        Timestamp::from_millis(self.after)
    }

    /// The ticket as a form carries it.
    pub fn to_field(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    }

    fn from_field(field: &str) -> Option<Self> {
        if field.len() > LONGEST {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(field).ok()?).ok()
    }
}

impl Limits {
    /// A fresh ticket for a request about this account, `times` as hard as the least.
    pub(super) fn ticket(&self, identifier: &Identifier, times: u32, now: Timestamp) -> Ticket {
        let mut random = [0; 24];
        self.entropy.fill(&mut random);
        let (nonce, number) = random.split_at(16);
        let number = number
            .iter()
            .fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
        let maxnumber = self.settings.work.saturating_mul(times);
        let number = number % (u64::from(maxnumber) + 1);
        let after = now + self.settings.wait * times;
        let terms = Terms {
            nonce: hex(nonce),
            bound_to: self.bound_to(identifier),
            work: maxnumber,
            after,
            expires_at: after + LIFETIME,
        };
        let written = terms.written();
        let salt = format!("{written}seal={}&", self.seal(&written));
        let challenge = hash(&salt, &number.to_string());
        let signature = hex(&self.key.code("work", &[challenge.as_bytes()]));
        Ticket {
            algorithm: ALGORITHM.to_owned(),
            challenge,
            maxnumber,
            salt,
            signature,
            after: after.millis(),
        }
    }

    pub(super) fn judge(&self, shown: &Shown, identifier: &Identifier, now: Timestamp) -> Verdict {
        let Some(ticket) = Ticket::from_field(&shown.ticket) else {
            return Verdict::Void;
        };
        let Some(terms) = self.sealed(&ticket.salt) else {
            return Verdict::Void;
        };
        let is_for_them = terms.bound_to == self.bound_to(identifier) && now < terms.expires_at;
        // What it looks like must be what was sealed: it is shown again.
        let is_whole = ticket.after == terms.after.millis()
            && ticket.maxnumber == terms.work
            && self.is_signed(&ticket);
        if !(is_for_them && is_whole) {
            return Verdict::Void;
        }
        let number = shown.number.trim();
        let is_worked = number.len() <= 10
            && !number.is_empty()
            && hash(&ticket.salt, number) == ticket.challenge;
        if is_worked || now >= terms.after {
            Verdict::Passed {
                hash: Sha256::digest(&ticket.salt).into(),
                expires_at: terms.expires_at,
            }
        } else {
            Verdict::TooEarly(ticket)
        }
    }

    /// What a salt of ours says.
    fn sealed(&self, salt: &str) -> Option<Terms> {
        let (written, seal) = salt.split_once("seal=")?;
        let seal = unhex(seal.strip_suffix('&')?)?;
        let mac = self.key.mac("ticket", &[written.as_bytes()]);
        mac.verify_slice(&seal).ok()?;
        Terms::read(written)
    }

    fn seal(&self, written: &str) -> String {
        hex(&self.key.code("ticket", &[written.as_bytes()]))
    }

    fn is_signed(&self, ticket: &Ticket) -> bool {
        let mac = self.key.mac("work", &[ticket.challenge.as_bytes()]);
        ticket.algorithm == ALGORITHM
            && unhex(&ticket.signature).is_some_and(|code| mac.verify_slice(&code).is_ok())
    }

    fn bound_to(&self, identifier: &Identifier) -> String {
        hex(&self.key.code("open", &[identifier.as_str().as_bytes()]))
    }
}

fn hash(salt: &str, number: &str) -> String {
    hex(&Sha256::new()
        .chain_update(salt)
        .chain_update(number)
        .finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(pair).collect()
}
