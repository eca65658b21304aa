//! Signing in at the organisation's identity provider: from the button to the answer.

use std::time::Duration;

use reqwest::Url;

use super::oidc::{
    AttemptKey, Freshness, Identity, RelyingParty, Returned, SignInError, SignInRefusal,
};
use crate::{
    recovery::{Recovery, ServiceError},
    secret::{Bearer, BearerHash},
    store::{SignInKind, SignInPurpose},
};

/// How long a sign-in may take.
pub const LIFETIME: Duration = Duration::from_mins(10);

/// The applications at the identity provider, as far as they are configured.
pub struct SignIns {
    key: AttemptKey,
    employee: Option<RelyingParty>,
    password: Option<RelyingParty>,
}

/// A sign-in that begins.
pub struct Begun {
    /// Where the browser goes.
    pub authorize: Url,
    /// What it keeps, and has to bring back.
    pub browser: Bearer,
}

/// How a sign-in ended.
pub enum Finished {
    /// Somebody signed in.
    SignedIn {
        /// What for.
        purpose: SignInPurpose,
        /// Who.
        identity: Identity,
    },
    /// Nobody did.
    Refused {
        /// What it was for, if it is one of ours.
        purpose: Option<SignInPurpose>,
        /// Whether this is its first refusal. What was never begun leaves nothing behind: strangers could fill the log
        /// with it.
        is_news: bool,
        /// Why.
        refusal: SignInRefusal,
    },
}

impl SignIns {
    /// Sign-ins by the applications that are configured. Their nonces and verifiers are derived by `key`.
    pub const fn new(
        key: AttemptKey,
        employee: Option<RelyingParty>,
        password: Option<RelyingParty>,
    ) -> Self {
        Self {
            key,
            employee,
            password,
        }
    }

    /// The application for sign-ins of this kind, if it is configured.
    pub const fn party(&self, kind: SignInKind) -> Option<&RelyingParty> {
        match kind {
            SignInKind::Employee => self.employee.as_ref(),
            SignInKind::Password => self.password.as_ref(),
        }
    }

    /// Begins a sign-in by `party`.
    ///
    /// # Errors
    /// If the identity provider cannot be asked; nothing is kept then.
    pub async fn begin(
        &self,
        recovery: &Recovery,
        party: &RelyingParty,
        purpose: SignInPurpose,
    ) -> Result<Begun, ServiceError> {
        let browser = Bearer::generate(recovery.entropy.as_ref());
        let authorize = self
            .begin_in(recovery, party, purpose, browser.hash())
            .await?;
        Ok(Begun { authorize, browser })
    }

    /// As [`Self::begin`], in the browser that keeps a secret of this hash anyway, and brings it back. Gives where it
    /// goes.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub async fn begin_in(
        &self,
        recovery: &Recovery,
        party: &RelyingParty,
        purpose: SignInPurpose,
        browser: BearerHash,
    ) -> Result<Url, ServiceError> {
        let attempt = self
            .key
            .attempt(Bearer::generate(recovery.entropy.as_ref()));
        let authorize = party.authorize(&attempt, freshness(purpose)).await?;
        let expires_at = recovery.clock.now() + LIFETIME;
        recovery
            .store
            .add_sign_in(attempt.hash(), browser, purpose, expires_at)
            .await?;
        Ok(authorize)
    }

    /// Ends a sign-in by what the browser came back with, which carries `browser` if it is the one that began it.
    ///
    /// # Errors
    /// If the identity provider or the database cannot be asked.
    pub async fn finish(
        &self,
        recovery: &Recovery,
        kind: SignInKind,
        returned: &Returned,
        browser: Option<&Bearer>,
    ) -> Result<Finished, ServiceError> {
        let state = returned.state.as_deref().and_then(Bearer::parse);
        let (Some(party), Some(state)) = (self.party(kind), state) else {
            // Nobody began this one.
            return Ok(Finished::Refused {
                purpose: None,
                is_news: false,
                refusal: SignInRefusal::Malformed,
            });
        };
        let attempt = self.key.attempt(state);
        let now = recovery.clock.now();
        let used = match browser {
            Some(browser) => {
                recovery
                    .store
                    .use_sign_in(attempt.hash(), browser.hash(), kind, now)
                    .await?
            }
            None => None,
        };
        let refusal = match used {
            None => SignInRefusal::Stale,
            Some(purpose) => match party.redeem(&attempt, returned, freshness(purpose)).await {
                Ok(identity) => return Ok(Finished::SignedIn { purpose, identity }),
                Err(SignInError::Refused(refusal)) => refusal,
                Err(SignInError::Unavailable(error)) => return Err(error.into()),
            },
        };
        let (store, state) = (&recovery.store, attempt.hash());
        let purpose = store.sign_in_purpose(state, kind).await?;
        let is_news = purpose.is_some() && store.refuse_sign_in(state, kind, now).await?;
        tracing::warn!(?kind, %refusal, begun_here = purpose.is_some(), "a sign-in was refused");
        Ok(Finished::Refused {
            purpose,
            is_news,
            refusal,
        })
    }
}

/// A session at the identity provider proves that the person was there some time ago, and no more.
const fn freshness(purpose: SignInPurpose) -> Freshness {
    match purpose {
        SignInPurpose::Employee(place) if !place.needs_fresh_sign_in() => Freshness::Any,
        SignInPurpose::Employee(_) | SignInPurpose::Password(_) => Freshness::Now,
    }
}
