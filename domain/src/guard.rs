//! What must hold at submission, approval and issue, as read from the directory at that moment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Control, Person, Refusal, Subject, Timestamp, UserKind};

/// The tenant's Temporary Access Pass policy as it applies to one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassPolicy {
    /// The method is on, and the person is in its scope.
    pub usable: bool,
    /// Shortest lifetime that the policy accepts, in minutes.
    pub minimum_minutes: u32,
    /// Longest lifetime that the policy accepts, in minutes.
    pub maximum_minutes: u32,
}

impl PassPolicy {
    /// The lifetime to ask for, in minutes: `wanted`, moved into the policy's range.
    pub fn clamp(self, wanted: u32) -> u32 {
        wanted
            .max(self.minimum_minutes)
            .min(self.maximum_minutes.max(self.minimum_minutes))
    }
}

/// A live reading of everything that guards a subject. It is read again at each guarded step; a part
/// that could not be read is no reading at all, so that guards fail closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardReading {
    /// The person under the frozen object id, if there still is one.
    pub subject: Option<Person>,
    /// Whether an operator has named this account as one that nobody recovers.
    pub protected: bool,
    /// Whether any directory role, eligible role, role-assignable group or management restriction
    /// makes this account privileged.
    pub privileged: bool,
    /// The pass policy for this person.
    pub pass_policy: PassPolicy,
    /// Until when a report froze recovery of this account.
    pub frozen_until: Option<Timestamp>,
}

impl GuardReading {
    /// Holds when this subject may be recovered right now, by so many decisions.
    ///
    /// # Errors
    /// The guard that does not hold.
    pub fn hold(&self, subject: &Subject, control: Control, now: Timestamp) -> Result<(), Refusal> {
        let Some(person) = &self.subject else {
            return Err(Refusal::SubjectIsGone);
        };
        if person.id != subject.person.id {
            return Err(Refusal::SubjectIsGone);
        }
        if self.protected {
            return Err(Refusal::SubjectIsProtected);
        }
        if !person.enabled {
            return Err(Refusal::SubjectIsDisabled);
        }
        if person.kind == UserKind::Guest {
            return Err(Refusal::SubjectIsGuest);
        }
        if self.privileged && control != Control::Dual {
            return Err(Refusal::SubjectIsPrivileged);
        }
        if self.frozen_until.is_some_and(|until| now < until) {
            return Err(Refusal::SubjectIsFrozen);
        }
        if !self.pass_policy.usable {
            return Err(Refusal::PassNotUsable);
        }
        Ok(())
    }
}

/// How long a report keeps an account from being recovered.
pub const FREEZE: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_moved_into_the_range_of_the_policy() {
        let policy = PassPolicy {
            usable: true,
            minimum_minutes: 60,
            maximum_minutes: 480,
        };
        for (wanted, given) in [(15, 60), (60, 60), (90, 90), (480, 480), (1000, 480)] {
            assert_eq!(policy.clamp(wanted), given, "{wanted} minutes");
        }
    }

    #[test]
    fn a_policy_whose_range_is_upside_down_gives_its_minimum() {
        let policy = PassPolicy {
            usable: true,
            minimum_minutes: 60,
            maximum_minutes: 10,
        };
        for wanted in [5, 30, 60, 90] {
            assert_eq!(policy.clamp(wanted), 60, "{wanted} minutes");
        }
    }
}
