//! Readings from the directory that the rules decide on.

use domain::{GuardReading, PersonId, PersonRules, PlaceInTree};

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

    pub(super) async fn place(
        &self,
        graph: &Graph,
        subject: &PersonId,
        candidate: &PersonId,
    ) -> Result<PlaceInTree, ServiceError> {
        Ok(if graph.is_in_report_tree(subject, candidate).await? {
            PlaceInTree::BelowSubject
        } else {
            PlaceInTree::Elsewhere
        })
    }
}
