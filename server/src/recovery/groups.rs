//! The groups whose members approve: whoever is on call, and those who decide about privileged people.

use domain::{ApproverRole, Candidate, Person, PersonId, UserKind};
use futures::{StreamExt, TryStreamExt, stream};

use super::{Recovery, ServiceError};
use crate::graph::GraphError;

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
        let members = match self.graph.members_of(group).await {
            Err(error @ GraphError::NotFound { .. }) => {
                tracing::error!(group, %error, "there is no such group, so nobody of it is asked");
                return Ok(Vec::new());
            }
            members => members?,
        };
        // Leavers and guests in front must not keep the others from being looked at.
        let could_answer = |member: &Person| {
            member.enabled
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
}
