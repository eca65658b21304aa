//! Whether recovery would work for somebody, looked at while they can still mend what is missing.

use domain::{Approver, PersonId, PersonRules, Refusal, Subject, Timestamp};

use super::{Recovery, ServiceError, saved_codes::is_enabled_member};

/// Everything that a recovery of one person would need, read now.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// Whether the account can be recovered at all: an enabled member.
    pub account: Result<(), Refusal>,
    /// Whether it is privileged or protected, and so refused.
    pub privileged: bool,
    /// Until when a report keeps it from being recovered, if one does.
    pub frozen_until: Option<Timestamp>,
    /// What the person would have to prove, and whether recovery would be rehearsed only.
    pub rules: PersonRules,
    /// Where a code would be mailed to.
    pub recovery_address: Option<String>,
    /// Whether any address is on file: without one, nobody can be told of a recovery, so there is none.
    pub has_address: bool,
    /// Who would be asked to approve, or why nobody can be.
    pub approver: Result<Approver, Refusal>,
    /// Whether the tenant lets this person use a pass.
    pub pass_usable: bool,
    /// How many saved codes can still be used; none when none were made.
    pub codes_left: Option<usize>,
}

impl Recovery {
    /// Looks at what a recovery of this person would need. It is for them alone: nobody else may learn this
    /// about an account.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] with [`Refusal::SubjectIsGone`] for whoever is not in the directory any more.
    pub async fn readiness(&self, id: &PersonId) -> Result<Readiness, ServiceError> {
        let now = self.clock.now();
        // First: what belongs to somebody who is gone is gone too.
        let person = self.graph.person(id).await?;
        let person = person.ok_or(Refusal::SubjectIsGone)?;
        let guards = self.guards(&self.graph, id).await?;
        let rules = self.rules_for(id).await?;
        let own = self.own_codes(id).await?;
        let recovery_address = self.graph.recovery_addresses(&person).await?;
        let recovery_address = recovery_address.into_iter().next();
        let account = is_enabled_member(&person);
        let has_address =
            recovery_address.is_some() || person.mail.is_some() || !person.other_mails.is_empty();
        let subject = Subject {
            person,
            recovery_address: recovery_address.clone(),
        };
        let named = self.line(&subject, guards.privileged).await?;
        let approvers = named
            .line
            .tiers
            .iter()
            .flatten()
            .map(|candidate| candidate.approver_for(&subject, named.control));
        let approver = approvers
            .reduce(Result::or)
            .unwrap_or(Err(Refusal::NoApprover));
        Ok(Readiness {
            account,
            privileged: guards.privileged || guards.protected,
            frozen_until: guards.frozen_until.filter(|until| now < *until),
            rules,
            recovery_address,
            has_address,
            approver,
            pass_usable: guards.pass_policy.usable,
            codes_left: own.map(|own| own.left()),
        })
    }
}
