//! Verified IDs: a person presents theirs from a wallet, and Microsoft's service tells us what came of it.

use domain::{Event, PresentationFault, ProofKind, Refusal, Request, RequestId, State};
use tokio::sync::watch;

use super::{Recovery, ServiceError};
use crate::{
    audit::InstallationEvent,
    auth::verified_id::{Message, Status, is_in_time},
    graph::RequestService,
    secret::Bearer,
    store::{Presentation, Progress},
};

/// How often a Verified ID is asked for at most, for one request: each check of a face is paid for.
const MOST_PRESENTATIONS: u8 = 5;

/// What became of a message of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was understood, whatever it says.
    Understood,
    /// It does not belong to the presentation whose key it carries.
    Foreign,
    /// It is not known yet whom the request is about. Nothing is kept, so that the same message can come again.
    TooEarly,
}

impl Recovery {
    /// Asks for a Verified ID, the same for every identifier. One that no wallet has opened yet is kept instead; when
    /// there were too many, nothing is asked for.
    pub async fn ask_for_verified_id(
        &self,
        id: RequestId,
        service: &RequestService,
    ) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let present = self.store.presentation(id).await?;
        let is_fresh = |known: &Presentation| {
            known.progress == Progress::Asked && now < known.expires_at
                || known.progress == Progress::Held
        };
        if present.is_some_and(|known| is_fresh(&known)) {
            return Ok(());
        }
        let key = Bearer::generate(self.entropy.as_ref());
        let state = Bearer::generate(self.entropy.as_ref());
        let (key_hash, state_hash) = (key.hash(), state.hash());
        let counted = self
            .store
            .count_presentation(id, key_hash, state_hash, MOST_PRESENTATIONS, now)
            .await?;
        let Some(number) = counted else {
            return Ok(());
        };
        let asked = match service.ask(id.reference(), &key, &state).await {
            Ok(asked) => asked,
            Err(error) => {
                self.store.forget_presentation(id, number).await?;
                return Err(error.into());
            }
        };
        self.store
            .keep_presentation(id, number, &asked, now)
            .await?;
        self.announce_presentation(id).await
    }

    /// The service that Verified IDs are presented to, if there is one.
    pub const fn request_service(&self) -> Option<&RequestService> {
        self.verified_ids.as_ref()
    }

    /// The presentation that counts for a request.
    pub async fn presentation(&self, id: RequestId) -> Result<Option<Presentation>, ServiceError> {
        Ok(self.store.presentation(id).await?)
    }

    /// Whether another Verified ID may be asked for after this one.
    pub const fn may_ask_again(&self, presentation: &Presentation) -> bool {
        presentation.number < MOST_PRESENTATIONS
    }

    /// Whether a presentation that a wallet has opened can still be finished.
    pub fn is_in_time(&self, presentation: &Presentation) -> bool {
        is_in_time(presentation, self.clock.now())
    }

    /// Tells of each step of a request's presentations, whichever instance hears of it.
    pub fn steps_of_presentations(&self, id: RequestId) -> watch::Receiver<u64> {
        self.presenting.enter(id)
    }

    /// The presentation whose messages carry `key`.
    pub async fn presentation_with_key(
        &self,
        key: &Bearer,
    ) -> Result<Option<Presentation>, ServiceError> {
        Ok(self.store.presentation_with_key(key.hash()).await?)
    }

    /// Takes in what the service says about `presentation`. What was settled before stays as it is.
    pub async fn hear_of_presentation(
        &self,
        service: &RequestService,
        presentation: &Presentation,
        message: &[u8],
    ) -> Result<Heard, ServiceError> {
        let message = serde_json::from_slice::<Message>(message)
            .ok()
            .filter(|message| message.is_about(presentation));
        let Some(message) = message else {
            let event = refused(presentation, PresentationFault::NotWhatWasAsked);
            let now = self.clock.now();
            self.store
                .note_refused_message(presentation, &event, now)
                .await?;
            return Ok(Heard::Foreign);
        };
        if presentation.progress.is_settled() {
            return Ok(Heard::Understood);
        }
        match message.request_status {
            Status::Other => {}
            Status::RequestRetrieved => {
                self.advance(presentation, Progress::Opened, None).await?;
            }
            Status::PresentationVerified | Status::PresentationError => {
                return self.settle(service, presentation, &message).await;
            }
        }
        Ok(Heard::Understood)
    }

    async fn settle(
        &self,
        service: &RequestService,
        presentation: &Presentation,
        message: &Message,
    ) -> Result<Heard, ServiceError> {
        let id = presentation.request;
        let request = self.request(id).await?;
        let judged = self.judge(service, presentation, message, &request);
        // The proof comes first: if we die in between, the service's next message, or the person, tries again.
        let judged = match self
            .prove_by_message(id, ProofKind::VerifiedId, |_| judged.is_ok())
            .await
        {
            Ok(_) => judged,
            Err(ServiceError::Refused(Refusal::NotLookedUp)) => return Ok(Heard::TooEarly),
            Err(ServiceError::Refused(refusal)) => {
                tracing::info!(request = %id, %refusal, "a Verified ID came too late");
                judged.and(Err(PresentationFault::TooLate))
            }
            Err(error) => return Err(error),
        };
        let (progress, event) = match judged {
            Ok(score) => {
                let number = presentation.number;
                (Progress::Held, Event::PresentationHeld { number, score })
            }
            Err(fault) => (Progress::Refused, refused(presentation, fault)),
        };
        self.advance(presentation, progress, Some(&event)).await?;
        Ok(Heard::Understood)
    }

    fn judge(
        &self,
        service: &RequestService,
        presentation: &Presentation,
        message: &Message,
        request: &Request,
    ) -> Result<u8, PresentationFault> {
        let now = self.clock.now();
        let is_proving = matches!(request.state, State::Proving(_));
        if !is_proving || !is_in_time(presentation, now) {
            return Err(PresentationFault::TooLate);
        }
        let subject = request.facts.subject.as_ref();
        message.judge(service.terms(), subject.map(|it| &it.person), now)
    }

    async fn advance(
        &self,
        presentation: &Presentation,
        progress: Progress,
        event: Option<&Event>,
    ) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let moved = self
            .store
            .advance_presentation(presentation, progress, event, now)
            .await?;
        if moved {
            self.announce_presentation(presentation.request).await?;
        }
        Ok(())
    }

    async fn announce_presentation(&self, id: RequestId) -> Result<(), ServiceError> {
        if let Some(presentation) = self.store.presentation(id).await? {
            self.presenting.announce(id, presentation.version());
        }
        Ok(())
    }

    /// Keeps that somebody called back without a key of ours. Anybody can, so the log gets a row a minute at most.
    pub async fn note_foreign_message(&self) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let Some(count) = self.strangers.count(self.clock.monotonic()) else {
            return Ok(());
        };
        let event = InstallationEvent::ForeignMessages { count };
        Ok(self
            .store
            .record_event("verified_id", now, &event, &[])
            .await?)
    }
}

const fn refused(presentation: &Presentation, fault: PresentationFault) -> Event {
    Event::PresentationRefused {
        number: presentation.number,
        fault,
    }
}
