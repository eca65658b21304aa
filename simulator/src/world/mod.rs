//! Everything the stand-in tenant knows, behind one lock.
//!
//! The wire is elsewhere: `graph`, `oauth`, `pages` and `control` turn requests into calls on this state.

mod calls;
mod gate;
mod late;
mod logs;
mod mailbox_settings;
mod method;
mod pass;
mod person;
mod presentation;
mod role;
mod sessions;
mod settings;

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

pub use self::{
    calls::{Applied, Call, CallLog},
    gate::Gate,
    late::LateCalls,
    logs::{Initiator, Logs, SignIn},
    mailbox_settings::MailboxSettings,
    method::{Kind, Method, kind_of, phone_id},
    pass::{Pass, PassPolicy, PassRefusal, PassRequest},
    person::{Person, Profile},
    presentation::{Callback, Credential, LIFETIME, Presentation, Shown},
    role::{Group, ROLES, Role, RoleGrant, TENANT_WIDE, role},
    sessions::{BrowserSession, Sessions},
    settings::{Certificate, DefaultMethodWording, Forgery, Registration, Settings, Signature},
};
use crate::{clock::Clock, company, faults::Faults, mail::Mailbox, oauth::Grants};

/// The state of the tenant.
pub struct World {
    pub clock: Clock,
    pub settings: Settings,
    pub people: Vec<Person>,
    pub groups: Vec<Group>,
    pub pass_policy: PassPolicy,
    pub logs: Logs,
    pub sessions: Sessions,
    pub calls: CallLog,
    pub late_calls: LateCalls,
    pub gate: Gate,
    pub faults: Faults,
    pub mailbox: Mailbox,
    pub grants: Grants,
    pub presentations: Vec<Presentation>,
}

impl World {
    /// The example company, served under `base_url` (no trailing slash).
    pub fn example(base_url: &str) -> Self {
        let clock = Clock::default();
        let people = company::people(clock.now());
        let groups = company::groups(&people);
        let mut sessions = Sessions::default();
        for person in people
            .iter()
            .filter(|person| person.profile.account_enabled)
        {
            sessions.open_before_trouble(person.profile.id, clock.now());
        }
        Self {
            clock,
            settings: Settings::new(base_url),
            people,
            groups,
            pass_policy: PassPolicy::default(),
            logs: Logs::default(),
            sessions,
            calls: CallLog::default(),
            late_calls: LateCalls::default(),
            gate: Gate::default(),
            faults: Faults::default(),
            mailbox: Mailbox::default(),
            grants: Grants::default(),
            presentations: Vec::new(),
        }
    }

    /// Back to the example company. Access tokens stay valid, as they would in a tenant whose data was restored.
    pub fn reset(&mut self) {
        let grants = std::mem::take(&mut self.grants);
        *self = Self::example(&self.settings.base_url);
        self.grants = grants;
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The index of the person whose object id or user principal name is `key`.
    ///
    /// An index, because callers go on to change other parts of the state along with the person.
    pub fn find_person(&self, key: &str) -> Option<usize> {
        let id = Uuid::try_parse(key).ok();
        self.people.iter().position(|person| {
            id == Some(person.profile.id)
                || person.profile.user_principal_name.eq_ignore_ascii_case(key)
        })
    }

    pub fn person(&self, id: Uuid) -> Option<&Person> {
        self.people.iter().find(|person| person.profile.id == id)
    }

    pub fn group(&self, id: Uuid) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// Groups that hold `id` as a member, directly or through other groups.
    pub fn groups_of(&self, id: Uuid) -> Vec<&Group> {
        let mut found: Vec<&Group> = Vec::new();
        let mut to_visit = vec![id];
        while let Some(member) = to_visit.pop() {
            for group in &self.groups {
                if group.members.contains(&member) && !found.iter().any(|seen| seen.id == group.id)
                {
                    found.push(group);
                    to_visit.push(group.id);
                }
            }
        }
        found
    }

    /// Tenant-wide active roles of a person, direct and through role-assignable groups, by template id.
    pub fn active_roles(&self, person: &Person) -> Vec<Uuid> {
        let mut roles: Vec<Uuid> = person
            .roles
            .iter()
            .filter(|grant| grant.scope == TENANT_WIDE)
            .map(|grant| grant.template)
            .chain(
                self.groups_of(person.profile.id)
                    .iter()
                    .flat_map(|group| group.roles.iter().copied()),
            )
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// How many browser sessions are open per person.
    pub fn open_sessions(&self) -> HashMap<Uuid, usize> {
        let now = self.now();
        let mut open = HashMap::new();
        for session in self.sessions.iter() {
            if self.session_is_live(session, now) {
                *open.entry(session.person).or_insert(0) += 1;
            }
        }
        open
    }

    /// Whether a browser session still counts: revoking sessions ends it, and so does the end or deletion of the pass
    /// it was opened with (FACTS §7).
    pub fn session_is_live(&self, session: &BrowserSession, now: Timestamp) -> bool {
        self.person(session.person).is_some_and(|person| {
            person.profile.account_enabled
                && session.opened >= person.profile.sign_in_sessions_valid_from_date_time
                && session.pass.is_none_or(|pass| {
                    person
                        .passes
                        .iter()
                        .any(|known| known.id == pass && known.exists() && now < known.expires())
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_by_id_and_by_name_in_any_case() {
        let world = World::example("http://localhost");
        let person = &world.people[3].profile;
        assert_eq!(world.find_person(&person.id.to_string()), Some(3));
        assert_eq!(
            world.find_person(&person.user_principal_name.to_uppercase()),
            Some(3)
        );
        assert_eq!(world.find_person("nobody@example.com"), None);
    }

    #[test]
    fn revoking_ends_sessions_opened_before() {
        let mut world = World::example("http://localhost");
        let id = world.people[0].profile.id;
        assert!(world.open_sessions()[&id] > 0);
        let now = world.now();
        world.people[0]
            .profile
            .sign_in_sessions_valid_from_date_time = now;
        assert!(!world.open_sessions().contains_key(&id));
    }
}
