//! Browser sessions of people.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::entropy;

/// One signed-in browser.
#[derive(Clone)]
pub struct BrowserSession {
    pub person: Uuid,
    pub opened: Timestamp,
    /// The pass it was opened with; the session ends with it.
    pub pass: Option<Uuid>,
    /// Until when security info can be registered; `None` without limit.
    pub register_until: Option<Timestamp>,
}

/// All sessions ever opened, by the secret in the browser's cookie.
#[derive(Default)]
pub struct Sessions(HashMap<String, BrowserSession>);

impl Sessions {
    /// Opens a session and returns its secret.
    pub fn open(&mut self, session: BrowserSession) -> String {
        let secret = entropy::secret();
        self.0.insert(secret.clone(), session);
        secret
    }

    /// The laptop and the phone on which a person was signed in before anything happened.
    pub fn open_before_trouble(&mut self, person: Uuid, now: Timestamp) {
        for days in [1, 12] {
            self.open(BrowserSession {
                person,
                opened: now - SignedDuration::from_hours(24 * days),
                pass: None,
                register_until: None,
            });
        }
    }

    pub fn get(&self, secret: &str) -> Option<&BrowserSession> {
        self.0.get(secret)
    }

    pub fn iter(&self) -> impl Iterator<Item = &BrowserSession> {
        self.0.values()
    }

    pub fn close(&mut self, secret: &str) {
        self.0.remove(secret);
    }
}
