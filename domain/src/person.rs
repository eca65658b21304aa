//! People, as the directory describes them.

use serde::{Deserialize, Serialize};

use crate::{ApproverRole, Control, PersonId, ProofPolicy, Refusal, Timestamp};

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
    /// Why they may decide.
    #[serde(flatten)]
    pub role: ApproverRole,
    /// When they were asked. Whoever was not asked yet decides nothing.
    pub asked_at: Option<Timestamp>,
    /// Whether they said that they are not the right person. They can still decline and report.
    pub stepped_aside: bool,
    /// Whether no mail reaches them: nobody waits for them.
    pub is_unreached: bool,
}

/// Somebody whom the directory names as approver, at the moment of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The person.
    pub person: Person,
    /// Whether they report to the subject, directly or through others.
    pub place: PlaceInTree,
    /// Why they are named.
    pub role: ApproverRole,
    /// Whether that reason still holds: they are the manager, are in the group, stand in.
    pub in_role: bool,
    /// Whether they are away: they are asked, and nobody waits for them.
    pub is_away: bool,
    /// What they did and had done here lately.
    pub record: TrackRecord,
}

/// What somebody who may decide did here, and had done, of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each finding stands by itself, and is a reading, not a state"
)]
pub struct TrackRecord {
    /// They were recovered themselves in the last seven days: whoever took their account over could approve others.
    pub recovered: bool,
    /// The subject approved a recovery of theirs in the last thirty days: two people do not pass approvals back and forth.
    pub approved_by_subject: bool,
    /// They have approved as many recoveries in the last day as anybody may.
    pub at_daily_cap: bool,
    /// As many requests wait for them as may wait for anybody.
    pub is_busy: bool,
}

/// Where a candidate stands towards the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceInTree {
    /// Not below the subject.
    Elsewhere,
    /// Reports to the subject, directly or through others, also where the chain of managers comes back to the subject.
    BelowSubject,
}

impl Candidate {
    /// Whether the candidate may answer for `subject`: who they are, and where they stand. It has to hold from their
    /// approval until the pass is given out.
    ///
    /// # Errors
    /// The rule that is against it.
    pub fn stands_for(&self, subject: &Subject, control: Control) -> Result<(), Refusal> {
        let person = &self.person;
        if person.id == subject.person.id {
            return Err(Refusal::ApproverIsSubject);
        }
        if self.place == PlaceInTree::BelowSubject {
            return Err(Refusal::ApproverIsBelowSubject);
        }
        if person.kind == UserKind::Guest {
            return Err(Refusal::ApproverIsGuest);
        }
        if !person.enabled {
            return Err(Refusal::ApproverIsDisabled);
        }
        let is_of_the_group = self.role == ApproverRole::DualControl;
        if !self.in_role || is_of_the_group != (control == Control::Dual) {
            return Err(Refusal::ApproverLostRole);
        }
        Ok(())
    }

    /// Whether the candidate may say who decides in their place: besides [`Self::stands_for`], nothing speaks against their
    /// word. Whoever may not approve must not have somebody else do it.
    ///
    /// # Errors
    /// The rule that is against it.
    pub fn may_name_others(&self, subject: &Subject, control: Control) -> Result<(), Refusal> {
        self.stands_for(subject, control)?;
        if self.record.recovered {
            return Err(Refusal::ApproverRecoveredLately);
        }
        if self.record.approved_by_subject {
            return Err(Refusal::ApproverOwesSubject);
        }
        Ok(())
    }

    /// Whether the candidate may approve for `subject` now: besides [`Self::may_name_others`], how much they approved today.
    ///
    /// # Errors
    /// The rule that is against it.
    pub fn may_approve(&self, subject: &Subject, control: Control) -> Result<(), Refusal> {
        self.may_name_others(subject, control)?;
        if self.record.at_daily_cap {
            return Err(Refusal::ApproverAtDailyCap);
        }
        Ok(())
    }

    /// The candidate as approver for `subject`, not asked yet, if the rules allow it.
    ///
    /// # Errors
    /// The rule that is against it.
    pub fn approver_for(&self, subject: &Subject, control: Control) -> Result<Approver, Refusal> {
        self.may_approve(subject, control)?;
        if self.record.is_busy {
            return Err(Refusal::ApproverIsBusy);
        }
        let Some(mail) = self.person.mail.clone() else {
            return Err(Refusal::ApproverHasNoMail);
        };
        Ok(Approver {
            id: self.person.id.clone(),
            name: self.person.display_name.clone(),
            mail,
            role: self.role.clone(),
            asked_at: None,
            stepped_aside: false,
            is_unreached: false,
        })
    }
}
