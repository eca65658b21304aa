//! What approvers and owners do.

use std::time::Duration;

use domain::{
    Actor, Attestation, Candidate, Command, Decline, Deed, Ended, Event, Identifier, PersonId,
    Refusal, Request, RequestId, Seat, State, StateName, Timestamp, TypedCode,
};

use super::{Recovery, ServiceError, actor_name};
use crate::{
    secret::Bearer,
    store::{Decided, Link, Mark, Page, Purpose},
};

/// How long the link works with which an approver opens a request from their own list: they can open it again.
const OPENED_LINK: Duration = Duration::from_hours(1);
/// How long approvers find what they did.
const OWN_DECISIONS: Duration = Duration::from_hours(30 * 24);

/// An approver at work: who they are and where they sit.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The request.
    pub request: RequestId,
    /// The approver.
    pub approver: PersonId,
    /// Their browser.
    pub seat: Seat,
}

/// What came of an approval.
#[derive(Debug)]
pub enum Verdict {
    /// It counts.
    Approved,
    /// The contact code was wrong; tries are left.
    WrongCode,
    /// The contact code was wrong for the last time: the request is declined.
    DeniedByCode,
}

/// What came of naming somebody else.
#[derive(Debug)]
pub enum Naming {
    /// They are asked.
    Asked,
    /// Whoever names them may not, whomever they name: they may not decide themselves, or nothing waits for them.
    MayNotName(Refusal),
}

impl Decision {
    fn actor(&self) -> Actor {
        Actor::Approver {
            id: self.approver.clone(),
            seat: self.seat,
        }
    }
}

impl Recovery {
    /// Whether approvers sign in before they see a request and decide about it.
    pub const fn approvers_sign_in(&self) -> bool {
        self.settings.approval.sign_in_required
    }

    /// The link that a mailed secret belongs to, if it serves `purpose` and still works.
    pub async fn link(
        &self,
        secret: &Bearer,
        purpose: Purpose,
    ) -> Result<Option<Link>, ServiceError> {
        Ok(self
            .store
            .link(secret.hash(), purpose, self.clock.now())
            .await?)
    }

    /// The link by which the owner or the security team says no, if it still works.
    pub async fn disowning_link(&self, secret: &Bearer) -> Result<Option<Link>, ServiceError> {
        match self.link(secret, Purpose::NotMe).await? {
            Some(link) => Ok(Some(link)),
            None => self.link(secret, Purpose::StopRecovery).await,
        }
    }

    /// Recoveries of this person that led to a pass since `since`.
    pub async fn recoveries_since(
        &self,
        person: &PersonId,
        since: Timestamp,
    ) -> Result<u32, ServiceError> {
        Ok(self.store.recoveries_since(person, since).await?)
    }

    /// A link of this person's own to a request that they were asked about, as their mail has one; none if they were not.
    pub async fn review_link(
        &self,
        id: RequestId,
        person: &PersonId,
    ) -> Result<Option<Bearer>, ServiceError> {
        let Some(request) = self.store.request(id).await? else {
            return Ok(None);
        };
        if !request.facts.asked().any(|asked| asked.id == *person) {
            return Ok(None);
        }
        let now = self.clock.now();
        let secret = Bearer::generate(self.entropy.as_ref());
        let link = Link {
            purpose: Purpose::Approve,
            request: id,
            person: Some(person.clone()),
            expires_at: now + OPENED_LINK,
        };
        self.store.add_link(secret.hash(), &link, now).await?;
        Ok(Some(secret))
    }

    /// The requests that wait for this person, whoever waits longest first.
    pub async fn waiting_for(
        &self,
        person: &PersonId,
        after: Option<Mark>,
        size: u32,
    ) -> Result<Page<Request>, ServiceError> {
        Ok(self.store.waiting_for(person, after, size).await?)
    }

    /// What this person did about requests in the last 30 days, newest first.
    pub async fn decided_by(
        &self,
        person: &PersonId,
        before: Option<Mark>,
        size: u32,
    ) -> Result<Page<Decided>, ServiceError> {
        let since = self.clock.now() - OWN_DECISIONS;
        Ok(self.store.decided_by(person, since, before, size).await?)
    }

    /// Keeps in the log of a request that somebody else than the approver signed in with the approver's link.
    pub async fn note_other_at_link(
        &self,
        request: RequestId,
        approver: &PersonId,
        person: &PersonId,
    ) -> Result<(), ServiceError> {
        let event = Event::LinkCarriedByOther {
            approver: approver.clone(),
            person: person.clone(),
        };
        let actor = format!("employee:{person}");
        if self
            .store
            .note(request, &actor, self.clock.now(), &event)
            .await?
        {
            tracing::warn!(%request, %person, "somebody else signed in with an approver's link");
        }
        Ok(())
    }

    /// Approves, if the code is the one on the subject's screen. What is refused is in the log.
    pub async fn approve(
        &self,
        decision: &Decision,
        typed: &TypedCode,
        attestation: Attestation,
    ) -> Result<Verdict, ServiceError> {
        let verdict = Box::pin(self.decide_to_approve(decision, typed, attestation)).await;
        self.noting(decision, Deed::Approve, verdict).await
    }

    /// Keeps in the log, once, what an approver meant to do and the rules refused.
    async fn noting<T>(
        &self,
        decision: &Decision,
        deed: Deed,
        result: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        if let Err(ServiceError::Refused(reason)) = &result {
            let event = Event::DecisionRefused {
                approver: decision.approver.clone(),
                deed,
                reason: *reason,
            };
            let actor = actor_name(&decision.actor());
            self.store
                .note(decision.request, &actor, self.clock.now(), &event)
                .await?;
        }
        result
    }

    /// Keeps in the log that an approver meant to decide about `request` when it did not wait for their word any more.
    pub async fn note_too_late(
        &self,
        decision: &Decision,
        deed: Deed,
        request: &Request,
    ) -> Result<(), ServiceError> {
        let awaits = request.awaits(&decision.approver, self.clock.now());
        let noted = self.noting(decision, deed, awaits.map_err(ServiceError::from));
        match noted.await {
            Ok(()) | Err(ServiceError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The guards are read before a try is spent, so that a directory that does not answer costs
    /// nobody a try; the try is counted before the code is compared, so that no crash gives one back.
    async fn decide_to_approve(
        &self,
        decision: &Decision,
        typed: &TypedCode,
        attestation: Attestation,
    ) -> Result<Verdict, ServiceError> {
        self.ensure_not_paused().await?;
        let id = decision.request;
        let actor = decision.actor();
        let request = self.request(id).await?;
        let State::AwaitingApproval(_) = &request.state else {
            return Err(Refusal::WrongState(request.state_name()).into());
        };
        let subject = request
            .facts
            .subject
            .as_ref()
            .ok_or(Refusal::SubjectNotRecognised)?;
        let subject = &subject.person.id;
        let (guards, approver) = tokio::try_join!(
            self.guards(&self.graph, subject),
            self.approver_now(&self.graph, &request, &decision.approver)
        )?;

        // Before a try is spent, and before the code is looked at: whoever may not approve learns nothing about it.
        request.may_be_approved_by(&approver, &guards, self.clock.now())?;
        let counted = self.apply(id, &actor, Command::SpendContactCodeTry).await?;
        if counted.state_name() == StateName::Denied {
            return Ok(Verdict::DeniedByCode);
        }
        if !typed.is_contact_code(&self.code_key, id, request.facts.control, self.clock.now()) {
            let refused = self.apply(id, &actor, Command::RefuseContactCode).await?;
            return Ok(match refused.state {
                State::Ended(Ended::Denied { .. }) => Verdict::DeniedByCode,
                _ => Verdict::WrongCode,
            });
        }
        self.apply(
            id,
            &actor,
            Command::Approve {
                attestation,
                guards,
                approver,
            },
        )
        .await?;
        Ok(Verdict::Approved)
    }

    /// Declines. What is refused is in the log.
    pub async fn deny(&self, decision: &Decision, why: Decline) -> Result<Request, ServiceError> {
        let actor = decision.actor();
        let denied = self.apply(decision.request, &actor, Command::Deny(why));
        self.noting(decision, Deed::Decline, denied.await).await
    }

    /// "I'm not the right person": asks `to` instead. What is refused is in the log.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] if the rules do not allow `to`.
    pub async fn hand_on(
        &self,
        decision: &Decision,
        to: &PersonId,
    ) -> Result<Naming, ServiceError> {
        let read = Box::pin(self.whoever_names(decision)).await;
        let (request, from) = match self.noting(decision, Deed::HandOn, read).await {
            Ok(read) => read,
            Err(ServiceError::Refused(refusal)) => return Ok(Naming::MayNotName(refusal)),
            Err(error) => return Err(error),
        };
        let asked = Box::pin(self.ask_instead(decision, &request, from, to)).await;
        self.noting(decision, Deed::HandOn, asked).await?;
        Ok(Naming::Asked)
    }

    /// The one who hands on, if they may: before anybody is read whom they name, of whom they learn nothing otherwise.
    async fn whoever_names(
        &self,
        decision: &Decision,
    ) -> Result<(Request, Candidate), ServiceError> {
        self.ensure_not_paused().await?;
        let request = self.request(decision.request).await?;
        request.awaits(&decision.approver, self.clock.now())?;
        let subject = request.facts.subject.as_ref();
        let subject = subject.ok_or(Refusal::SubjectNotRecognised)?;
        let from = self
            .approver_now(&self.graph, &request, &decision.approver)
            .await?;
        from.may_name_others(subject, request.facts.control)?;
        Ok((request, from))
    }

    async fn ask_instead(
        &self,
        decision: &Decision,
        request: &Request,
        from: Candidate,
        to: &PersonId,
    ) -> Result<Request, ServiceError> {
        let to = self.approver_now(&self.graph, request, to).await?;
        let command = Command::HandOn {
            from,
            remind_at: self.reminder(&to.person),
            to,
        };
        self.apply(decision.request, &decision.actor(), command)
            .await
    }

    /// The one person whose sign-in name or work address `approver` has typed, if there is one.
    ///
    /// # Errors
    /// [`ServiceError::Limited`] for whoever types one name after the other.
    pub async fn colleague_named(
        &self,
        approver: &PersonId,
        name: &Identifier,
    ) -> Result<Option<PersonId>, ServiceError> {
        self.limits.take_naming(approver).await?;
        let found = self.graph.find_person(name.as_str()).await?;
        Ok(found.map(|person| person.id))
    }

    /// Takes a lapsed case up again: whoever is to be asked now is asked. What is refused is in the log.
    pub async fn reopen(&self, decision: &Decision) -> Result<Request, ServiceError> {
        let reopened = Box::pin(self.decide_to_reopen(decision)).await;
        self.noting(decision, Deed::Reopen, reopened).await
    }

    async fn decide_to_reopen(&self, decision: &Decision) -> Result<Request, ServiceError> {
        self.ensure_not_paused().await?;
        let request = self.request(decision.request).await?;
        request.reopenable(&decision.approver, self.clock.now())?;
        let subject = request.facts.subject.as_ref();
        let subject = &subject.ok_or(Refusal::SubjectNotRecognised)?.person.id;
        let (guards, by) = tokio::try_join!(
            self.guards(&self.graph, subject),
            self.approver_now(&self.graph, &request, &decision.approver)
        )?;
        let submission = Box::pin(self.submission(&request, guards)).await?;
        let command = Command::Reopen { by, submission };
        self.apply(decision.request, &decision.actor(), command)
            .await
    }

    /// "I don't recognise this." What is refused is in the log.
    pub async fn report(&self, decision: &Decision) -> Result<Request, ServiceError> {
        let actor = decision.actor();
        let reported = self.apply(decision.request, &actor, Command::Report);
        self.noting(decision, Deed::Report, reported.await).await
    }

    /// Whether "this wasn't me" can still undo what was given out.
    pub fn can_repudiate(&self, request: &Request) -> bool {
        request.repudiable(self.clock.now()).is_some()
    }

    /// Whether a pass that could not be used can still be replaced.
    pub fn can_replace(&self, request: &Request) -> bool {
        request.may_replace(self.clock.now())
    }

    /// "This wasn't me": ends a request, or repudiates what came of it.
    pub async fn disown(&self, id: RequestId) -> Result<Request, ServiceError> {
        self.apply(id, &Actor::Owner, Command::Report).await
    }

    /// The same, by the security team.
    pub async fn stop(&self, id: RequestId) -> Result<Request, ServiceError> {
        self.apply(id, &Actor::Security, Command::Report).await
    }
}
