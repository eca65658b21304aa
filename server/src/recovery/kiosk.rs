//! What the locked-out person does, up to the request for approval.

use domain::{
    Actor, Command, ContactCode, EmailCode, Identifier, Opening, Origin, PersonId, Reason, Refusal,
    Request, RequestId, Risk, State, contact_code, open,
};

use super::{Besides, Recovery, ServiceError, Shown, actor_name};
use crate::{countries::Country, secret::Bearer, store::Change};

/// A new request and the secret of its browser.
pub struct Opened {
    /// The request.
    pub request: Request,
    /// What the browser keeps.
    pub browser: Bearer,
}

/// What the owner of a mailbox reads for a reference.
pub enum CodeRead {
    /// The code of that request.
    Code(EmailCode),
    /// The code was the right one too late, or has served.
    Expired,
    /// No request of theirs that waits for a code has that reference.
    Unknown,
}

impl Recovery {
    /// Opens a request. Nothing depends on whether anybody bears the identifier: that is looked up
    /// later, by a job.
    pub async fn open(
        &self,
        identifier: Identifier,
        reason: Reason,
        origin: Origin,
    ) -> Result<Opened, ServiceError> {
        let now = self.clock.now();
        let id = RequestId(self.entropy.sortable_uuid(now));
        let terms = self.settings.terms.clone();
        let country = self.country_of(&origin.address);
        let origin = Origin {
            country: country.map(|country| country.code),
            ..origin
        };
        let outcome = open(
            Opening {
                id,
                identifier,
                reason,
                origin,
                terms,
            },
            now,
        );
        let browser = Bearer::generate(self.entropy.as_ref());
        let jobs = self.promise(&outcome, now);
        let change = Change {
            request: &outcome.request,
            actor: &actor_name(&Actor::Browser),
            at: now,
            events: &outcome.events,
            effects: &outcome.effects,
            jobs: &jobs,
            bind: None,
            spend: None,
        };
        self.store.insert(&change, browser.hash()).await?;
        failpoint!(RequestOpened);
        self.announce(&outcome);
        Ok(Opened {
            request: outcome.request,
            browser,
        })
    }

    /// The country of an internet address, where a table of them is configured and names it.
    pub fn country_of(&self, address: &str) -> Option<Country> {
        self.countries.as_ref()?.of(address.parse().ok()?)
    }

    /// The request that a browser is bound to.
    pub async fn request_of(&self, browser: &Bearer) -> Result<Option<Request>, ServiceError> {
        Ok(self.store.request_of_browser(browser.hash()).await?)
    }

    /// Mails another code.
    pub async fn resend_code(&self, id: RequestId) -> Result<(), ServiceError> {
        self.apply(id, &Actor::Browser, Command::ResendEmailCode)
            .await
            .map(drop)
    }

    /// The code of the request that the owner of a mailbox means, for the owner alone: it works in the browser that
    /// made the request, like the one that is mailed, and from now on.
    pub async fn read_code(
        &self,
        person: &PersonId,
        reference: &str,
    ) -> Result<CodeRead, ServiceError> {
        let ids = self.store.proving(person).await?;
        let meant = ids
            .into_iter()
            .find(|id| id.reference().is_meant_by(reference));
        let Some(id) = meant else {
            return Ok(CodeRead::Unknown);
        };
        let request = self.request(id).await?;
        let State::Proving(proving) = &request.state else {
            return Ok(CodeRead::Unknown);
        };
        let sending = proving.challenge.sending;
        let command = Command::HandOutCode { sending };
        match self.apply(id, &Actor::Owner, command).await {
            Ok(_) | Err(ServiceError::Refused(Refusal::AlreadyDone)) => Ok(CodeRead::Code(
                EmailCode::derive(&self.code_key, id, sending),
            )),
            Err(ServiceError::Refused(Refusal::WrongState(_))) => Ok(CodeRead::Unknown),
            Err(ServiceError::Refused(_)) => Ok(CodeRead::Expired),
            Err(error) => Err(error),
        }
    }

    /// What tells one page from every other that is drawn.
    pub fn new_page(&self) -> Bearer {
        Bearer::generate(self.entropy.as_ref())
    }

    /// Asks for approval by sending `page`, after reading everything that must hold. Gives what the browser keeps from
    /// now on in the place of `browser`: what was proven by somebody else's word, such as a Verified ID, has not
    /// replaced that, so whoever had it before the proof still has it.
    pub async fn submit(
        &self,
        id: RequestId,
        browser: &Bearer,
        page: &Bearer,
    ) -> Result<Bearer, ServiceError> {
        let request = self.request(id).await?;
        if !request.is_proven() {
            return Err(Refusal::NotProven.into());
        }
        let subject = request
            .facts
            .subject
            .as_ref()
            .ok_or(Refusal::SubjectNotRecognised)?;
        let subject = &subject.person.id;
        let guards = self.guards(&self.graph, subject).await?;
        let submission = Box::pin(self.submission(&request, guards)).await?;
        let next = self.successor(browser, Shown::Page(page));
        let besides = Besides {
            bind: Some(next.hash()),
            ..Besides::default()
        };
        let risks = submission.risks.clone();
        let command = Command::Submit(submission);
        match self.apply_and(id, &Actor::Browser, command, besides).await {
            Ok(_) => Ok(next),
            Err(ServiceError::Refused(refusal)) => {
                if self.is_just_bound(&next).await? {
                    // The same page was sent twice, and the other was faster.
                    return Ok(next);
                }
                self.note_refusal(id, refusal, risks).await;
                Err(refusal.into())
            }
            Err(error) => Err(error),
        }
    }

    /// A proven person whom the rules refuse is worth a line in the log, attacker or not.
    async fn note_refusal(&self, id: RequestId, refusal: Refusal, risks: Vec<Risk>) {
        let command = Command::NoteRefusal { refusal, risks };
        match self.apply(id, &Actor::Browser, command).await {
            Ok(_) | Err(ServiceError::Refused(Refusal::AlreadyDone)) => {}
            Err(error) => {
                tracing::warn!(request = %id, %refusal, %error, "a refusal was not kept");
            }
        }
    }

    /// The person leaves this browser: what it was bound to gets no further pass.
    pub async fn leave_browser(&self, browser: &Bearer) -> Result<(), ServiceError> {
        let Some(request) = self.request_of(browser).await? else {
            return Ok(());
        };
        let left = self.apply(request.facts.id, &Actor::Browser, Command::LeaveBrowser);
        match left.await {
            Ok(_) | Err(ServiceError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Withdraws a request.
    pub async fn withdraw(&self, id: RequestId) -> Result<Request, ServiceError> {
        self.apply(id, &Actor::Browser, Command::Withdraw).await
    }

    /// The contact code to show on the bound browser.
    pub fn contact_code(&self, request: &Request) -> ContactCode {
        let facts = &request.facts;
        contact_code(&self.code_key, facts.id, facts.control, self.clock.now())
    }
}
