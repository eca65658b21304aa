//! Proofs: codes that are typed here, and what was proven elsewhere.

use std::time::Duration;

use domain::{
    Actor, Command, EmailCode, PersonId, ProofKind, Refusal, Request, RequestId, SavedCode, State,
    Subject, TypedCode,
};
use secrecy::{ExposeSecret, SecretString};

use super::{Besides, Recovery, ServiceError};
use crate::{
    auth::workshop::Place,
    secret::Bearer,
    store::{SavedCodeId, StoreError},
};

/// How long a browser that has gone on can show the same again: until somebody has noticed that no page came,
/// and sends the form once more.
const REPEAT: Duration = Duration::from_mins(2);

/// What came of proofs.
pub enum Proved {
    /// They hold. The browser is bound by a new secret from here on.
    Right {
        /// What the browser keeps from now on.
        browser: Bearer,
    },
    /// At least one does not hold.
    Wrong,
}

/// Codes as they were typed into the form, each well formed.
#[derive(Clone, Debug, Default)]
pub struct TypedCodes {
    /// As the mailed code.
    pub mailed: Option<TypedCode>,
    /// As one of the saved codes.
    pub saved: Option<SavedCode>,
}

/// What a comparison found.
struct Compared {
    /// Those that do not hold.
    wrong: Vec<ProofKind>,
    /// The saved code that was typed, if it holds.
    saved: Option<SavedCodeId>,
}

impl TypedCodes {
    /// The kinds of those that were typed.
    pub fn kinds(&self) -> Vec<ProofKind> {
        let mailed = self.mailed.is_some().then_some(ProofKind::EmailCode);
        let saved = self.saved.is_some().then_some(ProofKind::RecoveryCode);
        mailed.into_iter().chain(saved).collect()
    }

    /// Without what counts for nothing at this point.
    fn asked_for_by(&self, request: &Request) -> Self {
        let is_asked = |kind| {
            request.proof_policy().accepts(kind)
                && request.proven_kinds().all(|given| given != kind)
        };
        let Self { mailed, saved } = self.clone();
        Self {
            mailed: mailed.filter(|_| is_asked(ProofKind::EmailCode)),
            saved: saved.filter(|_| is_asked(ProofKind::RecoveryCode)),
        }
    }
}

/// What a browser goes on with, by which its next secret is made.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// Codes that were typed.
    Codes(&'a TypedCodes),
    /// The answer to a sign-in. Whoever began it knows its state; the code comes to the browser that returns from it,
    /// and to no other.
    SignIn {
        /// Its state.
        state: &'a str,
        /// The authorization code.
        code: &'a SecretString,
    },
    /// The page that asks for approval is sent. Each time that it is drawn it carries another one of these.
    Page(&'a Bearer),
}

/// What came of codes that were compared.
enum Tried {
    /// They hold, and that is kept.
    Right,
    /// These do not.
    Wrong(Vec<ProofKind>),
}

impl Recovery {
    /// Counts a try, then compares all codes and says one word about them together. `browser` is the secret of the
    /// bound browser, which is replaced if they hold.
    ///
    /// Codes are compared only if, all being right, nothing that is asked at this point would be missing;
    /// otherwise whoever has one of them could find out that it is right.
    pub async fn prove_codes(
        &self,
        id: RequestId,
        browser: &Bearer,
        typed: &TypedCodes,
    ) -> Result<Proved, ServiceError> {
        let next = self.successor(browser, Shown::Codes(typed));
        let wrong = match Box::pin(self.try_codes(id, &next, typed)).await {
            Ok(Tried::Right) => return Ok(Proved::Right { browser: next }),
            Ok(Tried::Wrong(kinds)) => Ok(kinds),
            Err(refused @ ServiceError::Refused(_)) => Err(refused),
            Err(error) => return Err(error),
        };
        if self.is_just_bound(&next).await? {
            // The same form was sent twice, and the other was faster.
            return Ok(Proved::Right { browser: next });
        }
        self.fail(id, wrong?).await
    }

    async fn try_codes(
        &self,
        id: RequestId,
        next: &Bearer,
        typed: &TypedCodes,
    ) -> Result<Tried, ServiceError> {
        let request = self.request(id).await?;
        let typed = typed.asked_for_by(&request);
        let kinds = typed.kinds();
        if !request.would_suffice(&kinds) {
            return Err(Refusal::TooFewProofs.into());
        }
        // Before the try is counted: a server with too much to do costs nobody one.
        let place = match &typed.saved {
            Some(_) => Some(self.saved_codes.enter()?),
            None => None,
        };
        let request = self
            .apply(id, &Actor::Browser, Command::SpendProofTry)
            .await?;
        let compared = self.compare(&request, &typed, place).await?;
        if !compared.wrong.is_empty() {
            return Ok(Tried::Wrong(compared.wrong));
        }
        match self.pass(id, next, kinds, compared.saved).await {
            Ok(()) => Ok(Tried::Right),
            // It ran out, or was used, between the comparison and its keeping.
            Err(ServiceError::Refused(Refusal::CodeExpired)) => {
                Ok(Tried::Wrong(vec![ProofKind::EmailCode]))
            }
            Err(ServiceError::Store(StoreError::CodeSpent)) => {
                Ok(Tried::Wrong(vec![ProofKind::RecoveryCode]))
            }
            Err(error) => Err(error),
        }
    }

    /// The secret that a browser keeps since it has shown this, if that was a moment ago: it shows the same again, with
    /// the secret that it kept before, because it was made to send it twice or the answer was lost.
    pub async fn shows_again(
        &self,
        browser: &Bearer,
        shown: Shown<'_>,
    ) -> Result<Option<Bearer>, ServiceError> {
        let next = self.successor(browser, shown);
        Ok(self.is_just_bound(&next).await?.then_some(next))
    }

    /// Whether this is the secret that a browser keeps since a moment ago.
    pub(super) async fn is_just_bound(&self, browser: &Bearer) -> Result<bool, ServiceError> {
        let Some(request) = self.request_of(browser).await? else {
            return Ok(false);
        };
        let since = match &request.state {
            State::AwaitingApproval(waiting) => Some(waiting.asked_at),
            _ => request.facts.proofs.last().map(|proof| proof.at),
        };
        let now = self.clock.now();
        Ok(since.is_some_and(|since| now < since + REPEAT))
    }

    pub(super) fn successor(&self, browser: &Bearer, shown: Shown<'_>) -> Bearer {
        match shown {
            Shown::Codes(typed) => {
                let mailed = typed.mailed.as_ref().map_or(&[][..], TypedCode::as_bytes);
                let saved = typed
                    .saved
                    .as_ref()
                    .map_or(&[][..], |code| code.as_bytes().as_slice());
                self.succession
                    .successor(browser, &[b"codes", mailed, saved])
            }
            Shown::SignIn { state, code } => {
                let code = code.expose_secret().as_bytes();
                self.succession
                    .successor(browser, &[b"sign-in", state.as_bytes(), code])
            }
            Shown::Page(page) => self
                .succession
                .successor(browser, &[b"page", page.hash().as_bytes()]),
        }
    }

    /// Compares what was typed. The work is the same whether anybody was recognised or not.
    async fn compare(
        &self,
        request: &Request,
        typed: &TypedCodes,
        place: Option<Place>,
    ) -> Result<Compared, ServiceError> {
        let State::Proving(proving) = &request.state else {
            return Err(Refusal::WrongState(request.state_name()).into());
        };
        let challenge = &proving.challenge;
        let subject = request.facts.subject.as_ref();
        let mut wrong = Vec::new();
        if let Some(typed) = &typed.mailed {
            let code = EmailCode::derive(&self.code_key, request.facts.id, challenge.sending);
            // One that nobody can know, or that is mailed to nobody, is wrong whatever was typed.
            let works = challenge.works(request.mails_codes(), self.clock.now());
            if !(typed.is_email_code(&code) & works) {
                wrong.push(ProofKind::EmailCode);
            }
        }
        let mut saved = None;
        if let (Some(typed), Some(place)) = (&typed.saved, place) {
            let person = subject.map(|subject| &subject.person.id);
            saved = self.saved_codes.matching(place, person, typed).await?;
            if saved.is_none() {
                wrong.push(ProofKind::RecoveryCode);
            }
        }
        Ok(Compared { wrong, saved })
    }

    /// Keeps that `person` has passed a proof elsewhere, in the bound browser, whose secret `browser` is replaced. It
    /// holds if they are the subject; anybody else is told what they would be told if nobody had been recognised.
    pub async fn prove_elsewhere(
        &self,
        id: RequestId,
        kind: ProofKind,
        person: &PersonId,
        (browser, shown): (&Bearer, Shown<'_>),
    ) -> Result<Proved, ServiceError> {
        let request = self.request(id).await?;
        if is_subject(&request, |subject| subject.person.id == *person) {
            let next = self.successor(browser, shown);
            self.pass(id, &next, vec![kind], None).await?;
            Ok(Proved::Right { browser: next })
        } else {
            self.fail(id, vec![kind]).await
        }
    }

    /// Keeps that a proof was passed or failed, as somebody else than the bound browser says: the browser
    /// keeps its secret. Tells whether it holds.
    pub async fn prove_by_message(
        &self,
        id: RequestId,
        kind: ProofKind,
        bears_it: impl FnOnce(&Subject) -> bool,
    ) -> Result<bool, ServiceError> {
        let request = self.request(id).await?;
        let holds = is_subject(&request, bears_it);
        let command = if holds {
            Command::PassProofs(vec![kind])
        } else {
            Command::FailProofs(vec![kind])
        };
        self.apply(id, &Actor::Browser, command).await?;
        Ok(holds)
    }

    async fn pass(
        &self,
        id: RequestId,
        next: &Bearer,
        kinds: Vec<ProofKind>,
        spend: Option<SavedCodeId>,
    ) -> Result<(), ServiceError> {
        let besides = Besides {
            bind: Some(next.hash()),
            spend,
        };
        self.apply_and(id, &Actor::Browser, Command::PassProofs(kinds), besides)
            .await
            .map(drop)
    }

    async fn fail(&self, id: RequestId, kinds: Vec<ProofKind>) -> Result<Proved, ServiceError> {
        self.apply(id, &Actor::Browser, Command::FailProofs(kinds))
            .await?;
        Ok(Proved::Wrong)
    }
}

fn is_subject(request: &Request, bears_it: impl FnOnce(&Subject) -> bool) -> bool {
    request.facts.subject.as_ref().is_some_and(bears_it)
}
