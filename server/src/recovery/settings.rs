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
