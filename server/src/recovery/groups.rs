//! The groups whose members approve: whoever is on call, and those who decide about privileged people. Whoever can write
//! into the directory could put helpers into them, so whoever is new there is not asked; and those who decide about
//! privileged people must be in a group that only whoever manages roles can change.

use std::collections::HashMap;

use domain::{ApproverRole, Candidate, Person, PersonId, Timestamp, UserKind};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    Recovery, ServiceError,
    managers::{REMEMBERED, Standing},
};
use crate::{
    audit::InstallationEvent,
    graph::{Graph, GraphError},
    store::Since,
};

/// Members who are looked at, at most: each takes some calls.
const MOST: usize = 20;
/// How many of them at the same time.
const AT_ONCE: usize = 5;

impl Recovery {
    /// The members of a group who could be asked about `subject`, in that role. Somebody about whom the directory cannot
    /// answer is left out; nobody else waits for them.
    ///
    /// Whether they are away is not looked at: they are asked last, or all together, so nobody is kept waiting by them.
    pub(super) async fn group(
        &self,
        group: &str,
        subject: &PersonId,
        role: &ApproverRole,
    ) -> Result<Vec<Candidate>, ServiceError> {
        if *role == ApproverRole::DualControl && !self.is_guarded(&self.graph, group).await? {
            return Ok(Vec::new());
        }
        let Some((members, standings)) = self.note_group(group).await? else {
            return Ok(Vec::new());
        };
        // Leavers and guests in front must not keep the others from being looked at.
        let could_answer = |member: &Person| {
            standings.get(&member.id) == Some(&Standing::Settled)
                && member.enabled
                && member.kind == UserKind::Member
                && member.mail.is_some()
                && member.id != *subject
        };
        let read: Vec<Option<Candidate>> =
            stream::iter(members.into_iter().filter(could_answer).take(MOST))
                .map(|member| self.member(member, role, subject))
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
        Ok(read.into_iter().flatten().collect())
    }

    /// A member as candidate, unless the directory cannot answer about them.
    ///
    /// # Errors
    /// If the directory answers about nobody.
    async fn member(
        &self,
        member: Person,
        role: &ApproverRole,
        subject: &PersonId,
    ) -> Result<Option<Candidate>, ServiceError> {
        let id = member.id.clone();
        match self.named(member, role.clone(), subject, false).await {
            // They have just left, or the line of managers above them is too long.
            Err(ServiceError::Graph(
                error @ (GraphError::NotFound { .. } | GraphError::Permanent { .. }),
            )) => {
                tracing::warn!(person = %id, %error, "a member of a group that approves is left out");
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// The members of a group, and how long each has been there; none if there is no such group. They are noted.
    async fn note_group(
        &self,
        group: &str,
    ) -> Result<Option<(Vec<Person>, HashMap<PersonId, Standing>)>, ServiceError> {
        let members = match self.graph.members_of(group).await {
            Err(error @ GraphError::NotFound { .. }) => {
                tracing::error!(group, %error, "there is no such group, so nobody of it is asked");
                return Ok(None);
            }
            members => members?,
        };
        let now = self.clock.now();
        let ids: Vec<&PersonId> = members.iter().map(|member| &member.id).collect();
        let noted = self.store.note_members(group, &ids, now).await?;
        let standings = noted
            .into_iter()
            .map(|(member, since)| (member, standing(since, now)))
            .collect();
        Ok(Some((members, standings)))
    }

    /// Looks at who is in the groups whose members approve, so that whoever comes is seen soon.
    ///
    /// # Errors
    /// The first, if a group cannot be read; the others are noted all the same.
    pub(super) async fn note_groups(&self) -> Result<(), ServiceError> {
        let approval = &self.settings.approval;
        let mut read = Ok(());
        if let Some(group) = &approval.dual_control {
            read = self.is_guarded(&self.graph, group).await.map(drop);
        }
        for group in [&approval.dual_control, &approval.on_call_group]
            .into_iter()
            .flatten()
        {
            let noted = self.note_group(group).await;
            read = read.and(noted.map(drop));
        }
        read?;
        let then = self.clock.now() - REMEMBERED;
        Ok(self.store.forget_groups(then).await?)
    }

    /// Whether somebody is in the group for which they were asked, and not since just now: whoever has left and come back is
    /// new. For privileged people, whether the group still says so much.
    pub(super) async fn is_settled_member(
        &self,
        graph: &Graph,
        role: &ApproverRole,
        person: &PersonId,
    ) -> Result<bool, ServiceError> {
        let approval = &self.settings.approval;
        let is_dual = *role == ApproverRole::DualControl;
        let group = if is_dual {
            &approval.dual_control
        } else {
            &approval.on_call_group
        };
        let Some(group) = group else {
            return Ok(false);
        };
        if is_dual && !self.is_guarded(graph, group).await? {
            return Ok(false);
        }
        if !graph.memberships(person, &[group]).await?.contains(group) {
            return Ok(false);
        }
        let since = self.store.member_since(group, person).await?;
        let now = self.clock.now();
        Ok(since.is_some_and(|since| standing(since, now) == Standing::Settled))
    }

    /// Whether only whoever manages roles can say who is in the group. If not, the administrators are told: once while
    /// this process runs.
    async fn is_guarded(&self, graph: &Graph, group: &str) -> Result<bool, ServiceError> {
        let is_guarded = match graph.is_assignable_to_role(group).await {
            Err(GraphError::NotFound { .. }) => false,
            read => read?,
        };
        if !is_guarded {
            let event = InstallationEvent::ApproversGroupUnguarded {
                group: group.to_owned(),
            };
            self.tell_once(&self.unguarded_group_told, &event).await;
        }
        Ok(is_guarded)
    }
}

fn standing(since: Since, now: Timestamp) -> Standing {
    match since {
        Since::Ever => Standing::Settled,
        Since::Seen(at) => Standing::since(Some(at), now),
    }
}
