//! What an operator decides about recoveries.

use std::time::Duration;

use domain::{Identifier, Person, PersonId, Policies, Terms, Timestamp};
use url::Url;

use super::office::Offices;

/// What the use cases need to know about this installation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Root of the links in mails.
    pub base_url: Url,
    /// Rules for new requests.
    pub terms: Terms,
    /// What is asked of whom.
    pub policies: Policies,
    /// Lifetime to ask for, in minutes, before the tenant's policy has its say.
    pub pass_minutes: u32,
    /// Who is told when something is wrong.
    pub alert_addresses: Vec<String>,
    /// Who approves, when, and how.
    pub approval: ApprovalSettings,
}

/// Who approves, when, and how.
#[derive(Clone, Debug)]
pub struct ApprovalSettings {
    /// Whether approvers sign in before they decide.
    pub sign_in_required: bool,
    /// When who is asked.
    pub chain: ChainTimes,
    /// Approvals by one person in any 24 hours, at most.
    pub approvals_per_day: u32,
    /// Object id of the group whose members are asked last, and first for whoever has no manager.
    pub on_call_group: Option<String>,
    /// Whether the directory is asked who is out of office, which needs a permission of its own.
    pub mailbox_settings: bool,
    /// When approvers are at work.
    pub offices: Offices,
    /// Who is away, and who decides meanwhile.
    pub absences: Vec<Absence>,
    /// Object id of the group two of whose members together recover privileged people; nobody does without it.
    pub dual_control: Option<String>,
    /// Whom nobody recovers: break-glass and service accounts.
    pub never: Vec<Named>,
    /// Delay between approval and pass where a risk was seen.
    pub risk_cool_off: Duration,
    /// The same for privileged people.
    pub privileged_cool_off: Duration,
    /// Whether the administrators are told of each submission, approval and disclosure.
    pub tell_security: bool,
}

impl ApprovalSettings {
    /// The absence in which this person is at `at`, by the configuration. Of several the one that ends last.
    pub fn absence_of(&self, person: &Person, at: Timestamp) -> Option<&Absence> {
        absence_of(&self.absences, person, at)
    }
}

fn absence_of<'a>(absences: &'a [Absence], person: &Person, at: Timestamp) -> Option<&'a Absence> {
    absences
        .iter()
        .filter(|absence| (absence.from..absence.until).contains(&at))
        .filter(|absence| absence.person.is(person))
        .max_by_key(|absence| absence.until)
}

/// When who is asked, in working time since the first mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainTimes {
    /// The first approver is reminded.
    pub remind: Duration,
    /// A delegate, or the manager's manager, is asked too.
    pub escalate: Duration,
    /// The group on call is asked too.
    pub on_call: Duration,
}

/// A time in which somebody does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Who is away.
    pub person: Named,
    /// From then on.
    pub from: Timestamp,
    /// Until before then.
    pub until: Timestamp,
    /// Who decides meanwhile.
    pub delegate: Option<Named>,
}

/// A person, as an operator names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// By object id, in the directory's spelling.
    Id(PersonId),
    /// By sign-in name or work address.
    Account(Identifier),
}

impl std::fmt::Display for Named {
    /// As the operator named them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Id(id) => &id.0,
            Self::Account(account) => account.as_str(),
        })
    }
}

impl Named {
    /// Whether it is this person.
    pub fn is(&self, person: &Person) -> bool {
        match self {
            Self::Id(id) => id.0.eq_ignore_ascii_case(&person.id.0),
            Self::Account(account) => {
                let same = |text: &str| text.eq_ignore_ascii_case(account.as_str());
                same(&person.user_principal_name) || person.mail.as_deref().is_some_and(same)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::UserKind;

    use super::*;

    fn grace() -> Person {
        Person {
            id: PersonId("6d1f4a0e-0c1b-4f0e-9d57-0a1b2c3d4e5f".to_owned()),
            display_name: "Grace Hopper".to_owned(),
            given_name: None,
            user_principal_name: "Grace@contoso.com".to_owned(),
            mail: Some("grace.hopper@contoso.com".to_owned()),
            other_mails: vec!["grace@example.org".to_owned()],
            position: None,
            country: None,
            enabled: true,
            kind: UserKind::Member,
        }
    }

    fn account(text: &str) -> Named {
        Named::Account(Identifier::parse(text).unwrap())
    }

    #[test]
    fn a_person_goes_by_object_id_sign_in_name_and_work_address_in_any_case() {
        let id = |text: &str| Named::Id(PersonId(text.to_owned()));
        for (named, is_grace) in [
            (id("6D1F4A0E-0C1B-4F0E-9D57-0A1B2C3D4E5F"), true),
            (account("GRACE@contoso.com"), true),
            (account("grace.hopper@Contoso.com"), true),
            // Anybody could have it.
            (account("grace@example.org"), false),
            (account("ada@contoso.com"), false),
            (id("0d1f4a0e-0c1b-4f0e-9d57-0a1b2c3d4e5f"), false),
        ] {
            assert_eq!(named.is(&grace()), is_grace, "{named:?}");
        }
    }

    #[test]
    fn an_absence_counts_while_it_lasts_and_the_longest_says_who_decides() {
        let at = Timestamp::from_millis;
        let away = |person: &str, from, until| Absence {
            person: account(person),
            from: at(from),
            until: at(until),
            delegate: None,
        };
        let absences = [
            away("grace@contoso.com", 10, 20),
            away("grace@contoso.com", 15, 30),
            away("grace@contoso.com", 12, 18),
            away("ada@contoso.com", 0, 99),
        ];
        for (now, longest) in [
            (9, None),
            (10, Some(0)),
            (14, Some(0)),
            (15, Some(1)),
            (29, Some(1)),
            (30, None),
        ] {
            let found = absence_of(&absences, &grace(), at(now));
            assert_eq!(found, longest.map(|index: usize| &absences[index]), "{now}");
        }
    }
}
