//! Leave to change an account.

use crate::{PersonId, Request};

/// Leave to change one person's account at Microsoft.
///
/// Only a request gives it, and a rehearsal never does. Whatever writes at Microsoft asks for one, so that no mistake
/// in the order of steps can change an account that nobody meant to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warrant(PersonId);

impl Warrant {
    /// Whose account may be changed.
    pub const fn person(&self) -> &PersonId {
        &self.0
    }
}

impl Request {
    /// Leave to change the subject's account: once an attempt to issue a pass was begun, and not in a rehearsal.
    pub fn warrant(&self) -> Option<Warrant> {
        let subject = self.facts.subject.as_ref()?;
        (self.touched_account() && !self.is_rehearsal()).then(|| Warrant(subject.person.id.clone()))
    }
}
