//! Who is asked to approve, and when: what the rules need to know for it, read from the directory, the records and the
//! settings.

use std::time::Duration;

use domain::{
    ApproverRole, Candidate, Control, GuardReading, Line, Person, PersonId, Refusal, Request, Risk,
    Schedule, Subject, Submission, Timestamp, is_new_country,
};

use super::{
    Recovery, ServiceError,
    managers::{SETTLES, Standing},
};

/// How long a recovery and a report speak for a delay of the next.
const LATELY: Duration = Duration::from_hours(30 * 24);

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
        let Reading {
            line,
            risks,
            control,
        } = reading;
        let risks = risks.into_iter().chain(past).collect();
        let asked = line.tiers.iter().flatten();
        let first = asked
            .filter(|candidate| candidate.approver_for(subject, control).is_ok())
            .min_by_key(|candidate| candidate.is_away);
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
        let mut risks: Vec<_> = is_new.then_some(Risk::ManagerChanged).into_iter().collect();
        // Whoever was put in that place just now leads to nobody further up either.
        if let Some(manager) = manager.filter(|_| !is_new) {
            let above = self.graph.manager(&manager.id).await?;
            let above_is_new = self.is_new_manager(&manager.id, above.as_ref()).await?;
            if above_is_new {
                risks.push(Risk::ManagerChanged);
            }
            let leads = [
                (Some(manager), ApproverRole::Manager),
                (
                    above.filter(|_| !above_is_new),
                    ApproverRole::ManagersManager,
                ),
            ];
            for (lead, role) in leads {
                if let Some(lead) = lead {
                    tiers.push(self.tier(lead, role, person, &mut risks).await?);
                }
            }
        }
        if let Some(group) = &approval.on_call_group {
            tiers.push(self.group(group, subject, &ApproverRole::OnCall).await?);
        }
        Ok(Reading {
            line: Line { tiers },
            control: Control::Single,
            risks,
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

    /// Somebody, and whoever stands in for them if they are away: as far as their own word would count. Adds to `risks`
    /// that they were named just now.
    async fn tier(
        &self,
        person: Person,
        role: ApproverRole,
        subject: &Subject,
        risks: &mut Vec<Risk>,
    ) -> Result<Vec<Candidate>, ServiceError> {
        let subject_id = &subject.person.id;
        let away = self.away(&person).await?;
        let principal = self.named(person, role, subject_id, away.is_some()).await?;
        let counts = principal.may_name_others(subject, Control::Single).is_ok();
        let planned_at = away.as_ref().and_then(|away| away.planned_at);
        let delegate = away.and_then(|away| away.delegate).filter(|_| counts);
        let delegate = match delegate {
            Some(delegate) => self.graph.person(&delegate).await?,
            None => None,
        };
        let of = principal.person.id.clone();
        let mut tier = vec![principal];
        if let Some(delegate) = delegate {
            let role = ApproverRole::Delegate { of };
            let is_away = self.away(&delegate).await?.is_some();
            let delegate = self.named(delegate, role, subject_id, is_away).await?;
            let now = self.clock.now();
            // Whoever has somebody's session for a minute could name their helper.
            if planned_at.is_some_and(|at| now.since(at) < SETTLES)
                && delegate.may_approve(subject, Control::Single).is_ok()
            {
                risks.push(Risk::NewDelegate);
            }
            tier.push(delegate);
        }
        Ok(tier)
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

    /// When `person` is reminded, whom somebody else asks now.
    pub(super) fn reminder(&self, person: &Person) -> Timestamp {
        self.times(Some(person)).remind
    }
}
