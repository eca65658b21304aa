//! The proof that somebody knows their password: they sign in with it at the organisation's identity provider.

use app::view::ProblemPage;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use domain::{ProofKind, Request, RequestId};

use super::{
    Web,
    answer::{Answer, Failure},
    kiosk::elsewhere,
    visit::{Query, Token, Visit},
};
use crate::{
    auth::{
        oidc::{Identity, Returned, SignInRefusal},
        sign_in::Finished,
    },
    limits::Action,
    recovery::{Proved, ServiceError, Shown},
    secret::Bearer,
    store::{SignInKind, SignInPurpose},
};

const KIND: SignInKind = SignInKind::Password;
const PROOF: ProofKind = ProofKind::Password;

/// Sends the browser away to sign in, the same for every identifier.
pub async fn begin(State(web): State<Web>, visit: Visit) -> Answer {
    let party = web.party(KIND)?;
    let secret = visit.secret(Token::Browser).ok_or(ProblemPage::NoRequest)?;
    let request = visit.request(&web).await?;
    if let Some(elsewhere) = elsewhere(&request, "/prove") {
        return Ok(elsewhere);
    }
    if !request.proof_policy().accepts(PROOF) || is_given(&request) {
        return Ok(Redirect::to("/prove").into_response());
    }
    web.limits.take(Action::SignInStart, &visit).await?;
    // The browser brings back what binds it to the request, so that several tabs can be on their way at once.
    let purpose = SignInPurpose::Password(request.facts.id);
    let authorize = web
        .sign_ins
        .begin_in(&web.recovery, party, purpose, secret.hash())
        .await?;
    Ok(Redirect::to(authorize.as_str()).into_response())
}

/// Takes the identity provider's answer. Why a GET may do so is said at [`super::sign_in::finish`]. Its code is redeemed
/// only if this browser began the sign-in for the request that it is still bound to.
pub async fn finish(
    State(web): State<Web>,
    visit: Visit,
    Query(returned): Query<Returned>,
) -> Answer {
    web.party(KIND)?;
    let secret = visit.secret(Token::Browser);
    let shown = shown(&returned);
    let mut request = None;
    if let Some(secret) = &secret {
        request = web.recovery.request_of(secret).await?;
        if let (None, Some(shown)) = (&request, shown) {
            // Nobody guesses codes here either.
            web.limits.take(Action::Prove, &visit).await?;
            if let Some(browser) = web.recovery.shows_again(secret, shown).await? {
                return Ok(proven(&visit, &browser));
            }
        }
    }
    let is_pending = |request: &Request| web.pending(request).is_some();
    let is_ours = returned.state.as_deref().and_then(Bearer::parse).is_some();
    if is_ours && request.as_ref().is_some_and(is_pending) {
        // The answer is not touched: it counts when the page is loaded again.
        return Err(ProblemPage::PasswordTooEarly.into());
    }
    let finished = web
        .sign_ins
        .finish(&web.recovery, KIND, &returned, secret.as_ref())
        .await?;
    match (finished, secret.as_ref().zip(shown)) {
        (
            Finished::SignedIn {
                purpose: SignInPurpose::Password(id),
                identity,
            },
            Some(by),
        ) => web.takes_password(&visit, id, &identity, by).await,
        (Finished::SignedIn { .. }, _) => Err(ProblemPage::PasswordStale.into()),
        (
            Finished::Refused {
                purpose,
                is_news,
                refusal,
            },
            by,
        ) => {
            let is_stale = refusal == SignInRefusal::Stale;
            if let (true, Some((secret, shown))) = (is_stale, by)
                && let Some(browser) = web.recovery.shows_again(secret, shown).await?
            {
                // The same answer came twice, and the other was faster.
                return Ok(proven(&visit, &browser));
            }
            let purpose_of = |request: &Request| SignInPurpose::Password(request.facts.id);
            let own = request.filter(|own| is_given(own) && purpose == Some(purpose_of(own)));
            if let (Some(_), true) = (&own, is_stale) {
                // Another tab was faster.
                return Ok(Redirect::to("/prove").into_response());
            }
            if let (Some(SignInPurpose::Password(id)), true) = (purpose, is_news) {
                web.note_failed_password(id, refusal).await?;
            }
            match own {
                Some(_) => Ok(Redirect::to("/prove").into_response()),
                None if is_stale => Err(ProblemPage::PasswordStale.into()),
                None => Err(ProblemPage::PasswordRefused.into()),
            }
        }
    }
}

/// What the browser comes back with, if it has everything that a sign-in comes back with.
fn shown(returned: &Returned) -> Option<Shown<'_>> {
    let state = returned.state.as_deref()?;
    Bearer::parse(state)?;
    let code = returned.code.as_ref()?;
    Some(Shown::SignIn { state, code })
}

/// The way on for a browser whose owner has signed in, and which keeps another secret since.
fn proven(visit: &Visit, browser: &Bearer) -> Response {
    (visit.give(Token::Browser, browser), Redirect::to("/prove")).into_response()
}

fn is_given(request: &Request) -> bool {
    request.proven_kinds().any(|given| given == PROOF)
}

impl Web {
    /// Somebody has signed in for the request that this browser is bound to.
    async fn takes_password(
        &self,
        visit: &Visit,
        id: RequestId,
        identity: &Identity,
        by: (&Bearer, Shown<'_>),
    ) -> Answer {
        match self
            .recovery
            .prove_elsewhere(id, PROOF, &identity.person, by)
            .await
        {
            Ok(Proved::Right { browser }) => Ok(proven(visit, &browser)),
            Ok(Proved::Wrong) => {
                self.recovery
                    .note_refused_sign_in(KIND, Some(id), SignInRefusal::OtherPerson)
                    .await?;
                Err(ProblemPage::PasswordRefused.into())
            }
            Err(ServiceError::Refused(_)) => {
                self.recovery
                    .note_refused_sign_in(KIND, Some(id), SignInRefusal::RequestMovedOn)
                    .await?;
                Ok(Redirect::to("/status").into_response())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps why a sign-in for this request was refused, and in the request's own log that the proof was not passed, if
    /// it still takes any.
    async fn note_failed_password(
        &self,
        id: RequestId,
        refusal: SignInRefusal,
    ) -> Result<(), Failure> {
        self.recovery
            .note_refused_sign_in(KIND, Some(id), refusal)
            .await?;
        let failed = self.recovery.prove_by_message(id, PROOF, |_| false).await;
        match failed {
            Ok(_) | Err(ServiceError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
