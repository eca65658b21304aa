//! Saved recovery codes, as the employee makes them who is signed in.

use domain::{Actor, FREEZE, Person, PersonId, ProofKind, Refusal, SavedCode, Timestamp, UserKind};
use uuid::Uuid;

use super::{Recovery, ServiceError, actor_name};
use crate::{
    audit::InstallationEvent,
    auth::saved_codes::Standing,
    jobs::{Job, addresses_of},
    secret::Bearer,
    store::{HoldChange, LinkedSet, SavedSet, StoreError},
    words,
};

/// Codes that were just made: the only time that anybody has them.
pub struct NewCodes {
    /// In their order on paper.
    pub codes: Vec<SavedCode>,
    /// When they were made.
    pub made_at: Timestamp,
}

/// The codes that somebody has.
pub struct OwnCodes {
    /// As they are kept.
    pub set: SavedSet,
    /// Whether they work.
    pub standing: Standing,
}

impl OwnCodes {
    /// Whether a code of them can work at all.
    pub fn work(&self) -> bool {
        self.standing == Standing::Working
    }

    /// How many can still be used.
    pub fn left(&self) -> usize {
        if self.work() { self.set.left() } else { 0 }
    }
}

impl Recovery {
    /// Whether saved codes count for anybody. Otherwise nobody is asked for one, and none is made.
    pub fn uses_saved_codes(&self) -> bool {
        let gate = self.settings.policies.gate();
        gate.accepts(ProofKind::RecoveryCode)
    }

    /// Signs this person out here, wherever they are.
    pub async fn sign_out_everywhere(&self, person: &PersonId) -> Result<(), ServiceError> {
        Ok(self.store.end_sessions_of(person).await?)
    }

    /// The codes of this person, as far as they are known.
    pub async fn own_codes(&self, person: &PersonId) -> Result<Option<OwnCodes>, ServiceError> {
        let set = self.store.saved_set(person).await?;
        Ok(set.map(|set| OwnCodes {
            standing: self.saved_codes.standing(&set),
            set,
        }))
    }

    /// Makes codes for this person, in the place of those that `replaces` names, or of some that do not work any more,
    /// and tells every address on file of them: codes that somebody else made in their name would open the account later.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] for whoever is no enabled member any more, whatever their session says;
    /// [`ServiceError::Paused`] while an operator has paused the installation;
    /// [`ServiceError::Limited`] for whoever makes codes again and again;
    /// [`StoreError::Frozen`] while a report keeps the account from being recovered: whoever was reported may be signed
    /// in, and would keep a way back;
    /// [`StoreError::Conflict`] when the person's codes are not those that `replaces` names.
    pub async fn make_codes(
        &self,
        id: &PersonId,
        replaces: Option<Uuid>,
    ) -> Result<NewCodes, ServiceError> {
        self.ensure_not_paused().await?;
        if self.frozen_until(id).await?.is_some() {
            return Err(StoreError::Frozen.into());
        }
        // Codes that do not work any more are nobody's to lose.
        let replaces = match replaces {
            None => {
                let own = self.own_codes(id).await?;
                own.filter(|own| !own.work()).map(|own| own.set.id)
            }
            named => named,
        };
        self.limits.take_making(id).await?;
        let person = self.graph.person(id).await?;
        let person = person.ok_or(Refusal::SubjectIsGone)?;
        is_enabled_member(&person)?;
        let recovery_addresses = self.graph.recovery_addresses(&person).await?;
        // Not before: a directory that answers slowly must not keep the place from those who prove themselves.
        let place = self.saved_codes.enter_to_make()?;
        let (codes, set) = self.saved_codes.generate(place, id).await?;
        let made_at = self.clock.now();
        let notices: Vec<_> = addresses_of(&recovery_addresses, &person)
            .into_iter()
            .map(|address| Job::TellOfCodes {
                set: set.id,
                name: words::first_name(&person).to_owned(),
                replaced: replaces.is_some(),
                at: made_at,
                address,
            })
            .map(|job| self.promise_now(job, made_at))
            .collect();
        self.store
            .put_saved_set(id, &set, replaces, made_at, &notices)
            .await?;
        self.work.notify_one();
        tracing::info!(person = %id, "saved codes were made");
        Ok(NewCodes { codes, made_at })
    }

    /// Until when a report keeps this person from being recovered and from making codes, if one does now.
    pub async fn frozen_until(&self, person: &PersonId) -> Result<Option<Timestamp>, ServiceError> {
        let until = self.store.frozen_until(person).await?;
        let now = self.clock.now();
        Ok(until.filter(|until| now < *until))
    }

    /// The codes that a mailed link is about, if it still works.
    pub async fn linked_codes(&self, secret: &Bearer) -> Result<Option<LinkedSet>, ServiceError> {
        let now = self.clock.now();
        Ok(self.store.linked_set(secret.hash(), now).await?)
    }

    /// "I did not make these": voids the codes that a link is about, freezes their owner as a report of a request does, so
    /// that no others are made, ends the sessions of whoever is signed in as them, and reports every request that one of
    /// the codes was used for. It takes nothing but the mailbox, since whoever made them may have everything else.
    pub async fn disown_codes(&self, owner: &PersonId) -> Result<(), ServiceError> {
        let at = self.clock.now();
        let event = InstallationEvent::SavedCodesVoided {
            person: owner.clone(),
            request: None,
        };
        let jobs = self.installation_alerts(&event, at);
        let change = HoldChange {
            actor: &actor_name(&Actor::Owner),
            at,
            event: &event,
            jobs: &jobs,
        };
        let frozen_until = at + FREEZE;
        if self
            .store
            .disown_codes(owner, frozen_until, change, || {
                self.promise_now(Job::ReportForOwner, at)
            })
            .await?
        {
            self.work.notify_one();
            tracing::warn!(person = %owner, "saved codes are void: their owner did not make them");
        }
        Ok(())
    }
}

/// Holds for people whose account can be recovered here at all.
pub(super) fn is_enabled_member(person: &Person) -> Result<(), Refusal> {
    if !person.enabled {
        Err(Refusal::SubjectIsDisabled)
    } else if person.kind == UserKind::Guest {
        Err(Refusal::SubjectIsGuest)
    } else {
        Ok(())
    }
}
