//! Who is asked to approve, and when: what the rules need to know for it, read from the directory, the records and the
//! settings.

use std::time::Duration;

use domain::{
    Approver, ApproverRole, Candidate, Control, GuardReading, Line, Person, PersonId, Refusal,
    Request, Risk, Schedule, Subject, Submission, Timestamp, TrackRecord, is_new_country,
};

use super::{Recovery, ServiceError, managers::Standing};
use crate::graph::Graph;

/// How long a recovery and a report speak for a delay of the next.
const LATELY: Duration = Duration::from_hours(30 * 24);
/// Members of a group who are looked at, at most: each takes some calls.
const MOST: usize = 20;

/// Whom the directory and the settings name for a person.
pub(super) struct Reading {
    /// The people, in the order in which they are asked.
    pub line: Line,
    /// Whose word counts.
    pub control: Control,
    /// What of it makes a delay worth while.
    pub risks: Vec<Risk>,
}

/// When the steps after the first are due.
struct Times {
    remind: Timestamp,
    escalate: Timestamp,
    on_call: Timestamp,
    deadline: Timestamp,
    off_hours: bool,
}

impl Recovery {
    /// What is needed to ask for approval of `request`, read now.
    pub(super) async fn submission(
        &self,
        request: &Request,
        guards: GuardReading,
    ) -> Result<Submission, ServiceError> {
        let subject = request.facts.subject.as_ref();
        let subject = subject.ok_or(Refusal::SubjectNotRecognised)?;
        let (reading, past) = tokio::try_join!(
            self.line(subject, guards.privileged),
            self.past(request, &subject.person)
        )?;
        let Reading { line, risks, .. } = reading;
        let risks = risks.into_iter().chain(past).collect();
        let first = line.tiers.first().and_then(|tier| tier.first());
        let times = self.times(first.map(|candidate| &candidate.person));
        let mut escalate = vec![times.escalate; line.tiers.len().saturating_sub(1)];
        // Whoever is on call is asked last, however many come before, and nobody else waits as long.
        if self.settings.approval.on_call_group.is_some()
            && let Some(last) = escalate.last_mut()
        {
            *last = times.on_call;
        }
        Ok(Submission {
            guards,
            schedule: Schedule {
                remind: times.remind,
                escalate,
                deadline: times.deadline,
                off_hours: times.off_hours,
            },
            line,
            risks,
        })
    }

    /// Whom the directory and the settings name for `subject`.
    pub(super) async fn line(
        &self,
        person: &Subject,
        is_privileged: bool,
    ) -> Result<Reading, ServiceError> {
        let (approval, subject) = (&self.settings.approval, &person.person.id);
        if is_privileged && let Some(group) = &approval.dual_control {
            let members = self
                .group(group, subject, &ApproverRole::DualControl)
                .await?;
            return Ok(Reading {
                line: Line {
                    tiers: vec![members],
                },
                control: Control::Dual,
                risks: Vec::new(),
            });
        }
        let mut tiers = Vec::new();
        let manager = self.graph.manager(subject).await?;
        let is_new = self.is_new_manager(subject, manager.as_ref()).await?;
        // Whoever was put in that place just now leads to nobody further up either.
        if let Some(manager) = manager.filter(|_| !is_new) {
            let above = self.graph.manager(&manager.id).await?;
            let above_is_new = self.is_new_manager(&manager.id, above.as_ref()).await?;
            tiers.push(self.tier(manager, ApproverRole::Manager, person).await?);
            if let Some(above) = above.filter(|_| !above_is_new) {
                let role = ApproverRole::ManagersManager;
                tiers.push(self.tier(above, role, person).await?);
            }
        }
        if let Some(group) = &approval.on_call_group {
            tiers.push(self.group(group, subject, &ApproverRole::OnCall).await?);
        }
        Ok(Reading {
            line: Line { tiers },
            control: Control::Single,
            risks: is_new.then_some(Risk::ManagerChanged).into_iter().collect(),
        })
    }

    async fn is_new_manager(
        &self,
        person: &PersonId,
        manager: Option<&Person>,
    ) -> Result<bool, ServiceError> {
        let manager = manager.map(|manager| &manager.id);
        let standing = self.manager_since(person, manager).await?;
        Ok(standing != Standing::Settled)
    }

    /// What happened to the subject before, as far as it makes a delay worth while.
    async fn past(&self, request: &Request, person: &Person) -> Result<Vec<Risk>, ServiceError> {
        let subject = &person.id;
        let since = self.clock.now() - LATELY;
        let mut risks = Vec::new();
        // What was given out for this request itself says nothing more.
        let disclosed = request.facts.disclosed.as_ref();
        let own = disclosed.is_some_and(|disclosed| disclosed.at >= since);
        if self.store.recoveries_since(subject, since).await? > u32::from(own) {
            risks.push(Risk::RecoveredLately);
        }
        if self.store.reports_since(subject, since).await? > 0 {
            risks.push(Risk::ReportedLately);
        }
        if request.facts.origin.country.is_some() {
            let others = self.store.other_requests(request).await?;
            let recovered = others.iter().map(|other| &other.facts);
            let recovered = recovered.filter(|facts| facts.disclosed.is_some());
            let earlier = recovered.filter_map(|facts| facts.origin.country.as_deref());
            let from = request.facts.origin.country.as_deref();
            if is_new_country(from, person.country.as_deref(), earlier) {
                risks.push(Risk::NewCountry);
            }
        }
        Ok(risks)
    }

    /// Somebody, and whoever stands in for them if they are away: as far as their own word would count.
    async fn tier(
        &self,
        person: Person,
        role: ApproverRole,
        subject: &Subject,
    ) -> Result<Vec<Candidate>, ServiceError> {
        let away = self.away(&person).await?;
        let principal = self.named(person, role, &subject.person.id).await?;
        let counts = principal.may_name_others(subject, Control::Single).is_ok();
        let delegate = away.and_then(|away| away.delegate).filter(|_| counts);
        let delegate = match delegate {
            Some(delegate) => self.graph.person(&delegate).await?,
            None => None,
        };
        let of = principal.person.id.clone();
        let mut tier = vec![principal];
        if let Some(delegate) = delegate {
            let role = ApproverRole::Delegate { of };
            tier.push(self.named(delegate, role, &subject.person.id).await?);
        }
        Ok(tier)
    }

    async fn group(
        &self,
        group: &str,
        subject: &PersonId,
        role: &ApproverRole,
    ) -> Result<Vec<Candidate>, ServiceError> {
        let mut members = Vec::new();
        let named = self.graph.members_of(group).await?;
        for member in named.into_iter().take(MOST) {
            members.push(self.named(member, role.clone(), subject).await?);
        }
        Ok(members)
    }

    /// Somebody who was just read in that role.
    async fn named(
        &self,
        person: Person,
        role: ApproverRole,
        subject: &PersonId,
    ) -> Result<Candidate, ServiceError> {
        let (place, record) = tokio::try_join!(
            self.place(subject, &person.id),
            self.track_record(&person.id, subject)
        )?;
        let is_away = self.away(&person).await?.is_some();
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

    /// Somebody who decides about `request`, or is to decide, as they are now.
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
        let person = graph.person(id).await?.ok_or(Refusal::ApproverIsDisabled)?;
        let known = request.facts.approver(id);
        let role = known.map_or(ApproverRole::Manager, |known| known.role.clone());
        let in_role = match known {
            Some(known) => self.holds_role(graph, request, subject, known).await?,
            // Whoever is named by an approver has no other role, and is not who was left out as too new in theirs.
            None => matches!(
                self.lead_standing(graph, subject, id).await?,
                None | Some(Standing::Settled)
            ),
        };
        let candidate = self.named(person, role, subject).await?;
        Ok(Candidate {
            in_role,
            ..candidate
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
        let approval = &self.settings.approval;
        let group = match &approver.role {
            ApproverRole::Manager => {
                let manager = graph.manager_id(subject).await?;
                return Ok(manager.as_ref() == Some(&approver.id));
            }
            ApproverRole::ManagersManager => {
                let Some(manager) = graph.manager_id(subject).await? else {
                    return Ok(false);
                };
                let above = graph.manager_id(&manager).await?;
                return Ok(above.as_ref() == Some(&approver.id));
            }
            ApproverRole::Delegate { of } => {
                let Some(principal) = self.may_name(graph, request, of).await? else {
                    return Ok(false);
                };
                let away = self.away(&principal).await?;
                let delegate = away.and_then(|away| away.delegate);
                return Ok(delegate.as_ref() == Some(&approver.id));
            }
            ApproverRole::HandedOn { by } => {
                return Ok(self.may_name(graph, request, by).await?.is_some());
            }
            ApproverRole::OnCall => &approval.on_call_group,
            ApproverRole::DualControl => &approval.dual_control,
        };
        let Some(group) = group else {
            return Ok(false);
        };
        let found = graph.memberships(&approver.id, &[group]).await?;
        Ok(found.contains(group))
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

    /// How long somebody has been the subject's manager, or the manager's manager, if they are either.
    async fn lead_standing(
        &self,
        graph: &Graph,
        subject: &PersonId,
        id: &PersonId,
    ) -> Result<Option<Standing>, ServiceError> {
        let mut below = subject.clone();
        for _ in 0..2 {
            let Some(lead) = graph.manager_id(&below).await? else {
                return Ok(None);
            };
            let standing = self.manager_since(&below, Some(&lead)).await?;
            if lead == *id {
                return Ok(Some(standing));
            }
            below = lead;
        }
        Ok(None)
    }

    /// When the steps are due, if `first` is asked now: only their time at work counts.
    fn times(&self, first: Option<&Person>) -> Times {
        let (now, approval) = (self.clock.now(), &self.settings.approval);
        let country = first.and_then(|person| person.country.as_deref());
        let hours = approval.offices.open_hours(country, now);
        let after = |time| hours.after(now, time);
        Times {
            remind: after(approval.chain.remind),
            escalate: after(approval.chain.escalate),
            // Whoever is on call is there for the time in which the others are not.
            on_call: now + approval.chain.on_call,
            deadline: after(self.settings.terms.approval),
            off_hours: !hours.is_open(now),
        }
    }

    /// When whoever is asked by somebody else is reminded.
    pub(super) fn reminder(&self) -> Timestamp {
        self.times(None).remind
    }
}
