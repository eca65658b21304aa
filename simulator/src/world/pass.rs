//! Temporary Access Passes and the policy over them (FACTS §7, §8).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Person, World};
use crate::entropy;

/// The shortest and the longest life a pass can have under any policy, in minutes.
const HARD_RANGE: std::ops::RangeInclusive<i64> = 10..=43_200;

/// One Temporary Access Pass, kept after its end so that testers can look it up.
#[derive(Clone)]
pub struct Pass {
    pub id: Uuid,
    pub value: String,
    pub created: Timestamp,
    pub start: Timestamp,
    pub lifetime_minutes: i64,
    pub usable_once: bool,
    pub used: Option<Timestamp>,
    /// Deleted, or replaced by a newer pass.
    pub removed: Option<Timestamp>,
}

impl Pass {
    pub fn exists(&self) -> bool {
        self.removed.is_none()
    }

    pub fn expires(&self) -> Timestamp {
        self.start
            .checked_add(SignedDuration::from_mins(self.lifetime_minutes))
            .unwrap_or(Timestamp::MAX)
    }

    /// `methodUsabilityReason`.
    pub fn state(&self, policy: &PassPolicy, now: Timestamp) -> &'static str {
        if self.usable_once && self.used.is_some() {
            "OneTimeUsed"
        } else if now >= self.expires() {
            "Expired"
        } else if policy.state != "enabled" {
            "DisabledByPolicy"
        } else if now < self.start {
            "NotYetValid"
        } else {
            "EnabledByPolicy"
        }
    }

    /// The pass as Graph shows it after creation: its value is never given again.
    pub fn to_value(&self, policy: &PassPolicy, now: Timestamp) -> Value {
        let state = self.state(policy, now);
        json!({
            "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
            "id": self.id,
            "temporaryAccessPass": null,
            "createdDateTime": self.created,
            "startDateTime": self.start,
            "lifetimeInMinutes": self.lifetime_minutes,
            "isUsableOnce": self.usable_once,
            "isUsable": state == "EnabledByPolicy",
            "methodUsabilityReason": state,
        })
    }
}

/// The tenant's policy, with the defaults of a real tenant.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PassPolicy {
    pub state: String,
    pub default_lifetime_in_minutes: i64,
    pub default_length: usize,
    pub minimum_lifetime_in_minutes: i64,
    pub maximum_lifetime_in_minutes: i64,
    /// Forces every pass to be single use.
    pub is_usable_once: bool,
    pub include_targets: Vec<Target>,
    pub exclude_targets: Vec<Target>,
}

/// Whom the policy covers or leaves out: a group, a user, or `all_users`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    #[serde(rename = "targetType", default = "Target::group")]
    pub kind: String,
    pub id: String,
    #[serde(default)]
    pub is_registration_required: bool,
}

impl Target {
    fn group() -> String {
        "group".to_owned()
    }

    fn covers(&self, world: &World, person: &Person) -> bool {
        self.id == "all_users"
            || Uuid::try_parse(&self.id).is_ok_and(|id| {
                id == person.profile.id
                    || world
                        .groups_of(person.profile.id)
                        .iter()
                        .any(|group| group.id == id)
            })
    }
}

impl Default for PassPolicy {
    fn default() -> Self {
        Self {
            state: "enabled".to_owned(),
            default_lifetime_in_minutes: 60,
            default_length: 8,
            minimum_lifetime_in_minutes: 60,
            maximum_lifetime_in_minutes: 480,
            is_usable_once: false,
            include_targets: vec![Target {
                kind: Target::group(),
                id: "all_users".to_owned(),
                is_registration_required: false,
            }],
            exclude_targets: Vec::new(),
        }
    }
}

impl PassPolicy {
    /// Whether its own numbers fit together (FACTS §8).
    pub fn is_consistent(&self) -> bool {
        HARD_RANGE.contains(&self.minimum_lifetime_in_minutes)
            && HARD_RANGE.contains(&self.maximum_lifetime_in_minutes)
            && self.minimum_lifetime_in_minutes <= self.default_lifetime_in_minutes
            && self.default_lifetime_in_minutes <= self.maximum_lifetime_in_minutes
            && (8..=48).contains(&self.default_length)
            && ["enabled", "disabled"].contains(&self.state.as_str())
    }

    /// The policy as a method configuration of Graph.
    pub fn to_value(&self) -> Value {
        let mut value = serde_json::to_value(self).expect("a policy has only string keys");
        value["@odata.type"] =
            json!("#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration");
        value["id"] = json!("TemporaryAccessPass");
        value
    }
}

/// What a caller asks of a new pass; absent means the policy's value.
#[derive(Default)]
pub struct PassRequest {
    pub start: Option<Timestamp>,
    pub lifetime_minutes: Option<i64>,
    pub usable_once: Option<bool>,
}

/// Why no pass was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassRefusal {
    ExternalGuest,
    /// Switched off, or the person is outside its scope.
    Policy,
    Lifetime,
    MultipleUse,
    InThePast,
}

impl World {
    /// Makes a pass for the person at `index`, replacing any older one.
    pub fn issue_pass(&mut self, index: usize, wish: &PassRequest) -> Result<Pass, PassRefusal> {
        let now = self.now();
        let person = &self.people[index];
        let policy = &self.pass_policy;
        if person.is_external_guest() {
            return Err(PassRefusal::ExternalGuest);
        }
        if !self.pass_policy_covers(person) {
            return Err(PassRefusal::Policy);
        }
        let lifetime_minutes = wish
            .lifetime_minutes
            .unwrap_or(policy.default_lifetime_in_minutes);
        let allowed = policy.minimum_lifetime_in_minutes..=policy.maximum_lifetime_in_minutes;
        if !HARD_RANGE.contains(&lifetime_minutes) || !allowed.contains(&lifetime_minutes) {
            return Err(PassRefusal::Lifetime);
        }
        let usable_once = wish.usable_once.unwrap_or(policy.is_usable_once);
        if policy.is_usable_once && !usable_once {
            return Err(PassRefusal::MultipleUse);
        }
        let pass = Pass {
            id: entropy::guid(),
            value: entropy::pass_value(policy.default_length),
            created: now,
            start: wish.start.unwrap_or(now),
            lifetime_minutes,
            usable_once,
            used: None,
            removed: None,
        };
        if pass.expires() <= now {
            return Err(PassRefusal::InThePast);
        }
        let passes = &mut self.people[index].passes;
        for older in passes.iter_mut().filter(|older| older.exists()) {
            older.removed = Some(now);
        }
        passes.push(pass.clone());
        Ok(pass)
    }

    /// Whether the policy is on and the person is in its scope.
    pub fn pass_policy_covers(&self, person: &Person) -> bool {
        let covers = |targets: &[Target]| targets.iter().any(|target| target.covers(self, person));
        self.pass_policy.state == "enabled"
            && covers(&self.pass_policy.include_targets)
            && !covers(&self.pass_policy.exclude_targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(lifetime_minutes: i64) -> PassRequest {
        PassRequest {
            lifetime_minutes: Some(lifetime_minutes),
            usable_once: Some(true),
            ..PassRequest::default()
        }
    }

    fn employee(world: &World) -> usize {
        world
            .people
            .iter()
            .position(|person| person.kind == "employee")
            .unwrap()
    }

    #[test]
    fn a_tenant_with_defaults_refuses_less_than_an_hour() {
        let mut world = World::example("http://localhost");
        let index = employee(&world);
        assert_eq!(
            world.issue_pass(index, &wish(59)).err(),
            Some(PassRefusal::Lifetime)
        );
        assert!(world.issue_pass(index, &wish(60)).is_ok());
        assert!(world.issue_pass(index, &wish(480)).is_ok());
        assert_eq!(
            world.issue_pass(index, &wish(481)).err(),
            Some(PassRefusal::Lifetime)
        );
    }

    #[test]
    fn a_new_pass_replaces_the_old_one() {
        let mut world = World::example("http://localhost");
        let index = employee(&world);
        let first = world.issue_pass(index, &wish(60)).unwrap();
        let second = world.issue_pass(index, &wish(60)).unwrap();
        let person = &world.people[index];
        assert_eq!(person.pass().map(|pass| pass.id), Some(second.id));
        assert!(
            !person
                .passes
                .iter()
                .find(|p| p.id == first.id)
                .unwrap()
                .exists()
        );
    }

    #[test]
    fn states_follow_the_clock_the_policy_and_the_use() {
        let mut world = World::example("http://localhost");
        let index = employee(&world);
        let start = world.now() + SignedDuration::from_mins(30);
        let later = PassRequest {
            start: Some(start),
            ..wish(60)
        };
        let mut pass = world.issue_pass(index, &later).unwrap();
        let mut policy = world.pass_policy.clone();
        let minutes = SignedDuration::from_mins;
        assert_eq!(pass.state(&policy, start - minutes(1)), "NotYetValid");
        assert_eq!(pass.state(&policy, start), "EnabledByPolicy");
        assert_eq!(pass.state(&policy, start + minutes(60)), "Expired");
        policy.state = "disabled".to_owned();
        assert_eq!(pass.state(&policy, start), "DisabledByPolicy");
        pass.used = Some(start);
        assert_eq!(pass.state(&policy, start), "OneTimeUsed");
    }

    #[test]
    fn guests_and_people_out_of_scope_get_none() {
        let mut world = World::example("http://localhost");
        let guest = world
            .people
            .iter()
            .position(|person| person.kind == "guest")
            .unwrap();
        assert_eq!(
            world.issue_pass(guest, &wish(60)).err(),
            Some(PassRefusal::ExternalGuest)
        );
        let index = employee(&world);
        world.pass_policy.exclude_targets = vec![Target {
            kind: "user".to_owned(),
            id: world.people[index].profile.id.to_string(),
            is_registration_required: false,
        }];
        assert_eq!(
            world.issue_pass(index, &wish(60)).err(),
            Some(PassRefusal::Policy)
        );
    }
}
