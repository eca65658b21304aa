//! Readings from the directory that the rules decide on.

use domain::{Candidate, GuardReading, PersonId, PersonRules, PlaceInTree};

use super::{Recovery, ServiceError};
use crate::graph::Graph;

impl Recovery {
    /// Everything that guards `subject`, read now. A part that cannot be read fails the whole reading.
    pub(super) async fn guards(
        &self,
        graph: &Graph,
        subject: &PersonId,
    ) -> Result<GuardReading, ServiceError> {
        let person = graph.person(subject).await?;
        let frozen_until = self.store.frozen_until(subject).await?;
        let (privileged, pass_policy) =
            tokio::try_join!(graph.is_privileged(subject), graph.pass_policy(subject))?;
        let protected = person.as_ref().is_some_and(|person| {
            let never = &self.settings.approval.never;
            never.iter().any(|named| named.is(person))
        });
        Ok(GuardReading {
            subject: person,
            protected,
            privileged,
            pass_policy,
            frozen_until,
        })
    }

    /// What the policy asks of a person, by the groups that they are in now.
    pub(crate) async fn rules_for(&self, person: &PersonId) -> Result<PersonRules, ServiceError> {
        let policies = &self.settings.policies;
        let groups: Vec<&str> = policies
            .groups
            .iter()
            .map(|rules| rules.group.as_str())
            .collect();
        let memberships = self.graph.memberships(person, &groups).await?;
        Ok(policies.of_member(&memberships).clone())
    }

    /// The people whom the directory names as approvers for `subject`: the manager.
    pub(super) async fn candidates(
        &self,
        subject: &PersonId,
    ) -> Result<Vec<Candidate>, ServiceError> {
        match self.graph.manager(subject).await? {
            Some(manager) => {
                let place = self.place(subject, &manager.id).await?;
                Ok(vec![Candidate {
                    person: manager,
                    place,
                }])
            }
            None => Ok(Vec::new()),
        }
    }

    /// The person under `approver`, read again.
    pub(super) async fn candidate(
        &self,
        subject: &PersonId,
        approver: &PersonId,
    ) -> Result<Option<Candidate>, ServiceError> {
        let Some(person) = self.graph.person(approver).await? else {
            return Ok(None);
        };
        let place = self.place(subject, approver).await?;
        Ok(Some(Candidate { person, place }))
    }

    async fn place(
        &self,
        subject: &PersonId,
        candidate: &PersonId,
    ) -> Result<PlaceInTree, ServiceError> {
        Ok(if self.graph.is_in_report_tree(subject, candidate).await? {
            PlaceInTree::BelowSubject
        } else {
            PlaceInTree::Elsewhere
        })
    }
}
