//! Look-ups of one name that is asked for again and again, carried out once for many requests.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Identifier, PersonRules, Subject};

/// Look-ups of one name within [`WHILE`] before others share what they found: nobody who asks for themselves gets there.
const OWN: u32 = 6;
/// How long a name counts as asked for again and again, and how long what was found is shared.
const WHILE: Duration = Duration::from_mins(1);
/// Names that are remembered before old ones are forgotten.
const ROOM: usize = 1000;

/// What the directory says about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nobody bears it, or nobody who could be told anything.
    Nobody,
    /// Somebody, and the rules for them.
    Somebody(Box<Subject>, PersonRules),
}

/// What the directory said of late about names that many ask for, as this instance knows it. It only chooses whom a
/// request is about: everything that a pass depends on is read again before.
#[derive(Debug, Default)]
pub struct LookUps(Mutex<HashMap<Identifier, LookUp>>);

#[derive(Debug)]
struct LookUp {
    /// When it was first asked for, on the monotonic clock.
    since: Duration,
    count: u32,
    /// What was found last, once it is shared.
    found: Option<Found>,
}

impl LookUps {
    fn names(&self) -> MutexGuard<'_, HashMap<Identifier, LookUp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was found of late, if this name is asked for so often that it is shared.
    pub fn shared(&self, name: &Identifier, now: Duration) -> Option<Found> {
        let names = self.names();
        let known = names.get(name)?;
        (now.saturating_sub(known.since) < WHILE).then(|| known.found.clone())?
    }

    /// Notes what was found.
    pub fn note(&self, name: &Identifier, found: &Found, now: Duration) {
        let mut names = self.names();
        let is_old = |look_up: &LookUp| now.saturating_sub(look_up.since) >= WHILE;
        if names.len() >= ROOM {
            names.retain(|_, look_up| !is_old(look_up));
        }
        let known = names.entry(name.clone()).or_insert(LookUp {
            since: now,
            count: 0,
            found: None,
        });
        if is_old(known) {
            *known = LookUp {
                since: now,
                count: 0,
                found: None,
            };
        }
        known.count += 1;
        if known.count >= OWN {
            known.found = Some(found.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_shared_after_six_and_for_a_minute() {
        let look_ups = LookUps::default();
        let name = Identifier::parse("ada@contoso.com").unwrap();
        let other = Identifier::parse("bo@contoso.com").unwrap();
        for second in 0..6 {
            let now = Duration::from_secs(second);
            assert_eq!(look_ups.shared(&name, now), None, "{second}");
            look_ups.note(&name, &Found::Nobody, now);
        }
        assert_eq!(
            look_ups.shared(&name, Duration::from_secs(59)),
            Some(Found::Nobody)
        );
        assert_eq!(look_ups.shared(&other, Duration::from_secs(59)), None);
        assert_eq!(look_ups.shared(&name, Duration::from_mins(1)), None);
        look_ups.note(&name, &Found::Nobody, Duration::from_mins(1));
        assert_eq!(look_ups.shared(&name, Duration::from_mins(1)), None);
    }
}
