//! People, as the directory describes them.

use serde::{Deserialize, Serialize};

use crate::{PersonId, ProofPolicy, Refusal};

/// Whether a person belongs to the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    /// `userType` is `Member`, and nothing marks the account as external.
    Member,
    /// `userType` is `Guest`, `externalUserState` is set, or the sign-in name contains `#EXT#`.
    Guest,
}

/// A person at the moment of reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Object id.
    pub id: PersonId,
    /// Full name as the directory shows it.
    pub display_name: String,
    /// Given name, where the directory has one.
    pub given_name: Option<String>,
    /// Sign-in name.
    pub user_principal_name: String,
    /// Work address.
    pub mail: Option<String>,
    /// Addresses outside the tenant's own mail (`otherMails`).
    pub other_mails: Vec<String>,
    /// Job title, department: evidence for the approver.
    pub position: Option<String>,
    /// Where they work, as two capitals (ISO 3166-1, `usageLocation`).
    pub country: Option<String>,
    /// Whether the account may sign in at all.
    pub enabled: bool,
    /// Member or guest.
    pub kind: UserKind,
}

/// The locked-out person, frozen by object id when the directory recognised them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Who they are.
    pub person: Person,
    /// Where codes go: the first address outside the tenant's own mail, if there is one.
    pub recovery_address: Option<String>,
}

/// What the policy asks of a person, by the groups that they are in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRules {
    /// What they must prove.
    pub proofs: ProofPolicy,
    /// Whether everything happens but the recovery itself: nothing of theirs is changed at Microsoft.
    pub evaluation: bool,
}

/// Somebody who may decide, frozen by object id at submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approver {
    /// Object id.
    pub id: PersonId,
    /// Full name.
    pub name: String,
    /// Where the request for approval goes.
    pub mail: String,
}

/// Somebody whom the directory names as approver, at the moment of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The person.
    pub person: Person,
    /// Whether they report to the subject, directly or through others.
    pub place: PlaceInTree,
}

/// Where a candidate stands towards the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceInTree {
    /// Not below the subject.
    Elsewhere,
    /// Reports to the subject, directly or through others, or the chain of managers runs in a circle.
    BelowSubject,
}

impl Candidate {
    /// The candidate as approver for `subject`, if the rules allow it.
    pub fn approver_for(&self, subject: &Subject) -> Result<Approver, Refusal> {
        let Person {
            id,
            display_name,
            mail,
            enabled,
            kind,
            ..
        } = &self.person;
        if *id == subject.person.id {
            return Err(Refusal::ApproverIsSubject);
        }
        if self.place == PlaceInTree::BelowSubject {
            return Err(Refusal::ApproverIsBelowSubject);
        }
        if *kind == UserKind::Guest {
            return Err(Refusal::ApproverIsGuest);
        }
        if !enabled {
            return Err(Refusal::ApproverIsDisabled);
        }
        let Some(mail) = mail.clone() else {
            return Err(Refusal::ApproverHasNoMail);
        };
        Ok(Approver {
            id: id.clone(),
            name: display_name.clone(),
            mail,
        })
    }
}
