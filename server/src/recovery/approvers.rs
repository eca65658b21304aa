//! Somebody who decides, or is to decide, as they are now.

use domain::{Approver, ApproverRole, Candidate, Person, PersonId, Refusal, Request, TrackRecord};

use super::{Recovery, ServiceError, managers::Standing};
use crate::graph::Graph;

impl Recovery {
    /// Somebody who was just read in that role.
    pub(super) async fn named(
        &self,
        person: Person,
        role: ApproverRole,
        subject: &PersonId,
        is_away: bool,
    ) -> Result<Candidate, ServiceError> {
        let (place, record) = tokio::try_join!(
            self.place(&self.graph, subject, &person.id),
            self.track_record(&person.id, subject)
        )?;
        Ok(Candidate {
            person,
            place,
            role,
            in_role: true,
            is_away,
            record,
        })
    }

    async fn track_record(
        &self,
        approver: &PersonId,
        subject: &PersonId,
    ) -> Result<TrackRecord, ServiceError> {
        let a_day = self.settings.terms.approvals_a_day;
        let now = self.clock.now();
        Ok(self
            .store
            .track_record(approver, subject, a_day, now)
            .await?)
    }

    /// Somebody who decides about `request`, or is to decide, as they are now. Whether they are away makes no difference
    /// to whoever decides, so nobody looks.
    ///
    /// # Errors
    /// [`Refusal::ApproverIsDisabled`] for whoever is not in the directory any more.
    pub(super) async fn approver_now(
        &self,
        graph: &Graph,
        request: &Request,
        id: &PersonId,
    ) -> Result<Candidate, ServiceError> {
        let subject = request.facts.subject.as_ref();
        let subject = &subject.ok_or(Refusal::SubjectNotRecognised)?.person.id;
        let (stands, record) = tokio::try_join!(
            Box::pin(self.approver_stands(graph, request, id)),
            self.track_record(id, subject)
        )?;
        Ok(Candidate { record, ..stands })
    }

    /// As [`Self::approver_now`], with what [`Candidate::stands_for`] judges by and nothing else: an attempt has little time,
    /// and everything that is read for it is read by `graph`.
    pub(super) async fn approver_stands(
        &self,
        graph: &Graph,
        request: &Request,
        id: &PersonId,
    ) -> Result<Candidate, ServiceError> {
        let subject = request.facts.subject.as_ref();
        let subject = &subject.ok_or(Refusal::SubjectNotRecognised)?.person.id;
        let person = graph.person(id).await?.ok_or(Refusal::ApproverIsDisabled)?;
        let known = request.facts.approver(id);
        let role = known.map_or(ApproverRole::Manager, |known| known.role.clone());
        let in_role = async {
            match known {
                Some(known) => self.holds_role(graph, request, subject, known).await,
                // Whoever is named by an approver has no other role, and is not who was left out as too new in theirs.
                None => Ok(matches!(
                    self.lead_standing(graph, subject, id).await?,
                    None | Some(Standing::Settled)
                )),
            }
        };
        let (in_role, place) = tokio::try_join!(in_role, self.place(graph, subject, id))?;
        Ok(Candidate {
            person,
            place,
            role,
            in_role,
            is_away: false,
            record: TrackRecord::default(),
        })
    }

    /// Whether the directory and the settings still give somebody the role for which they were asked.
    async fn holds_role(
        &self,
        graph: &Graph,
        request: &Request,
        subject: &PersonId,
        approver: &Approver,
    ) -> Result<bool, ServiceError> {
        match &approver.role {
            ApproverRole::Manager => {
                let manager = graph.manager_id(subject).await?;
                Ok(manager.as_ref() == Some(&approver.id))
            }
            ApproverRole::ManagersManager => {
                let Some(manager) = graph.manager_id(subject).await? else {
                    return Ok(false);
                };
                let above = graph.manager_id(&manager).await?;
                Ok(above.as_ref() == Some(&approver.id))
            }
            ApproverRole::Delegate { of } => {
                let Some(principal) = self.may_name(graph, request, of).await? else {
                    return Ok(false);
                };
                let away = self.away_by(graph, &principal).await?;
                let delegate = away.and_then(|away| away.delegate);
                Ok(delegate.as_ref() == Some(&approver.id))
            }
            ApproverRole::HandedOn { by } => Ok(self.may_name(graph, request, by).await?.is_some()),
            role @ (ApproverRole::OnCall | ApproverRole::DualControl) => {
                self.is_settled_member(graph, role, &approver.id).await
            }
        }
    }

    /// Somebody on whose word another decides, if their word counts now: they hold their own role, and the rules allow them.
    async fn may_name(
        &self,
        graph: &Graph,
        request: &Request,
        id: &PersonId,
    ) -> Result<Option<Person>, ServiceError> {
        let facts = &request.facts;
        let Some(subject) = &facts.subject else {
            return Ok(None);
        };
        if facts.approver(id).is_none() {
            // They were left out because nobody could ask them, and had a place in the line all the same.
            let standing = self.lead_standing(graph, &subject.person.id, id).await?;
            if standing != Some(Standing::Settled) {
                return Ok(None);
            }
        }
        // Each is named by somebody who was named before, so this comes to an end.
        let read = match Box::pin(self.approver_now(graph, request, id)).await {
            Err(ServiceError::Refused(_)) => return Ok(None),
            read => read?,
        };
        let counts = read.may_name_others(subject, facts.control).is_ok();
        Ok(counts.then_some(read.person))
    }

    /// How long somebody has been the subject's manager, or the manager's manager, if they are either. Whoever is above a
    /// manager who is new is as new as that one.
    async fn lead_standing(
        &self,
        graph: &Graph,
        subject: &PersonId,
        id: &PersonId,
    ) -> Result<Option<Standing>, ServiceError> {
        let mut below = subject.clone();
        let mut standing = Standing::Settled;
        for _ in 0..2 {
            let Some(lead) = graph.manager_id(&below).await? else {
                return Ok(None);
            };
            let link = self.manager_since(&below, Some(&lead)).await?;
            if standing == Standing::Settled {
                standing = link;
            }
            if lead == *id {
                return Ok(Some(standing));
            }
            below = lead;
        }
        Ok(None)
    }
}
