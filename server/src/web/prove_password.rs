//! The proof that somebody knows their password: they sign in with it at the organisation's identity provider.

use app::view::ProblemPage;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
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
    recovery::{Proved, ServiceError},
    store::{SignInKind, SignInPurpose},
};

const KIND: SignInKind = SignInKind::Password;
const PROOF: ProofKind = ProofKind::Password;

/// Sends the browser away to sign in, the same for every identifier.
pub async fn begin(State(web): State<Web>, visit: Visit) -> Answer {
    web.party(KIND)?;
    let request = visit.request(&web).await?;
    if let Some(elsewhere) = elsewhere(&request, "/prove") {
        return Ok(elsewhere);
    }
    let is_asked =
        request.proof_policy().accepts(PROOF) && request.proven_kinds().all(|given| given != PROOF);
    if !is_asked {
        return Ok(Redirect::to("/prove").into_response());
    }
    web.send_to_sign_in(&visit, SignInPurpose::Password(request.facts.id))
        .await
}

/// Takes the identity provider's answer. Why a GET may do so is said at [`super::sign_in::finish`]; besides, this browser
/// must be bound to the request.
pub async fn finish(
    State(web): State<Web>,
    visit: Visit,
    Query(returned): Query<Returned>,
) -> Answer {
    web.party(KIND)?;
    if let Some(request) = web.bound_request(&visit).await?
        && web.pending(&request).is_some()
    {
        // The answer is not touched: it counts when the page is loaded again.
        return Err(ProblemPage::PasswordTooEarly.into());
    }
    let carried = visit.secret(Token::SignIn);
    let finished = web
        .sign_ins
        .finish(&web.recovery, KIND, &returned, carried.as_ref())
        .await?;
    match finished {
        Finished::SignedIn {
            purpose: SignInPurpose::Password(id),
            identity,
        } => web.takes_password(&visit, id, &identity).await,
        Finished::SignedIn { .. } => Err(ProblemPage::PasswordStale.into()),
        Finished::Refused { purpose, refusal } => {
            if let Some(SignInPurpose::Password(id)) = purpose {
                web.note_failed_password(id, refusal).await?;
            }
            Err(match refusal {
                SignInRefusal::Stale => ProblemPage::PasswordStale,
                _ => ProblemPage::PasswordRefused,
            }
            .into())
        }
    }
}

impl Web {
    /// The request that this browser is bound to, if it is to any.
    async fn bound_request(&self, visit: &Visit) -> Result<Option<Request>, Failure> {
        Ok(match visit.secret(Token::Browser) {
            Some(browser) => self.recovery.request_of(&browser).await?,
            None => None,
        })
    }

    /// Somebody has signed in for the request.
    async fn takes_password(&self, visit: &Visit, id: RequestId, identity: &Identity) -> Answer {
        let bound = self.bound_request(visit).await?;
        if bound.is_none_or(|request| request.facts.id != id) {
            self.note_failed_password(id, SignInRefusal::RequestMovedOn)
                .await?;
            return Err(ProblemPage::PasswordStale.into());
        }
        match self
            .recovery
            .prove_elsewhere(id, PROOF, &identity.person)
            .await
        {
            Ok(Proved::Right { browser }) => Ok((
                visit.take(Token::SignIn),
                visit.give(Token::Browser, &browser),
                Redirect::to("/prove"),
            )
                .into_response()),
            Ok(Proved::Wrong) => Err(ProblemPage::PasswordRefused.into()),
            Err(ServiceError::Refused(_)) => {
                self.recovery
                    .note_refused_sign_in(KIND, SignInRefusal::RequestMovedOn)
                    .await?;
                Ok(Redirect::to("/status").into_response())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps in the request's log that this proof was not passed, or in the installation's if the request takes none
    /// any more.
    async fn note_failed_password(
        &self,
        id: RequestId,
        refusal: SignInRefusal,
    ) -> Result<(), Failure> {
        let failed = self.recovery.prove_by_message(id, PROOF, |_| false).await;
        match failed {
            Ok(_) => Ok(()),
            Err(ServiceError::Refused(_)) => {
                Ok(self.recovery.note_refused_sign_in(KIND, refusal).await?)
            }
            Err(error) => Err(error.into()),
        }
    }
}
