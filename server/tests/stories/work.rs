//! What is asked of a browser before its answer is taken, and how the stories do it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{browser::Page, people::Person};

/// The work that a page asks for.
#[derive(Clone)]
pub struct Work {
    /// What the form carries.
    pub ticket: String,
    /// The number that was looked for.
    pub number: String,
    /// The largest number that it could have been.
    pub largest: u64,
}

impl Work {
    /// The work that a page asks for, done.
    pub fn of(page: &str) -> Option<Self> {
        let (_, rest) = page.split_once("name=\"ticket\" value=\"")?;
        let ticket = rest.split_once('"')?.0.to_owned();
        let fields: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&ticket).ok()?).ok()?;
        let salted = Sha256::new().chain_update(fields["salt"].as_str()?);
        let challenge = fields["challenge"].as_str()?;
        let pairs = (0..32).map(|n| challenge.get(2 * n..2 * n + 2));
        let challenge: Vec<u8> = pairs
            .map(|pair| u8::from_str_radix(pair?, 16).ok())
            .collect::<Option<_>>()?;
        let largest = fields["maxnumber"].as_u64()?;
        let number = (0..=largest).find(|number| {
            let hash = salted.clone().chain_update(number.to_string()).finalize();
            hash[..] == challenge
        })?;
        Some(Self {
            ticket,
            number: number.to_string(),
            largest,
        })
    }
}

impl Person<'_> {
    /// Types an identifier, with what was asked for.
    pub async fn types_with(&self, identifier: &str, work: &Work) -> Page {
        let form = [
            ("identifier", identifier),
            ("reason", "lost-phone"),
            ("ticket", &work.ticket),
            ("number", &work.number),
        ];
        self.browser.post("/identify", &form).await
    }
}
