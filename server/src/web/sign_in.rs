//! Signing in with the work account: to the pages for employees.

use app::view::{Audience, EmployeeSignInView, Page, Place, ProblemPage};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    Web,
    answer::{Answer, Failure},
    approve::{self, Carried},
    visit::{Form, Query, Token, Visit},
};
use crate::{
    auth::{
        employee,
        oidc::{RelyingParty, Returned, SignInRefusal},
        sign_in::{Begun, Finished},
    },
    limits::Action,
    store::{SignInKind, SignInPurpose},
};

/// Where somebody comes back to.
#[derive(Deserialize)]
pub struct Return {
    #[serde(default)]
    to: String,
}

impl Return {
    fn place(&self) -> Place {
        Place::from_slug(&self.to).unwrap_or(Place::Codes)
    }
}

impl Web {
    /// The application for sign-ins of this kind. Without one there is no such page.
    pub(super) fn party(&self, kind: SignInKind) -> Result<&RelyingParty, Failure> {
        Ok(self.sign_ins.party(kind).ok_or(ProblemPage::NotFound)?)
    }

    /// Begins a sign-in, and sends the browser away to it.
    pub(super) async fn send_to_sign_in(&self, visit: &Visit, purpose: SignInPurpose) -> Answer {
        let party = self.party(purpose.kind())?;
        self.limits.take(Action::SignInStart, visit).await?;
        let Begun { authorize, browser } =
            self.sign_ins.begin(&self.recovery, party, purpose).await?;
        Ok((
            visit.give(Token::SignIn, &browser),
            Redirect::to(authorize.as_str()),
        )
            .into_response())
    }
}

/// The way to the sign-in.
pub async fn page(State(web): State<Web>, visit: Visit, Query(back): Query<Return>) -> Answer {
    web.party(SignInKind::Employee)?;
    let to = back.place();
    if to == Place::Review {
        // It says itself what the sign-in is for.
        return Ok(Redirect::to(to.path()).into_response());
    }
    if let Some(secret) = visit.secret(Token::Employee)
        && let Some(employee) = employee::resume(&web.recovery, &secret).await?
        && (!to.needs_fresh_sign_in() || employee.is_fresh(web.recovery.now()))
    {
        return Ok(Redirect::to(to.path()).into_response());
    }
    let view = EmployeeSignInView { to };
    Ok(web.page(StatusCode::OK, Page::EmployeeSignIn(view)))
}

/// Goes there.
pub async fn begin(State(web): State<Web>, visit: Visit, Form(back): Form<Return>) -> Answer {
    web.send_to_sign_in(&visit, SignInPurpose::Employee(back.place()))
        .await
}

/// Takes the identity provider's answer.
///
/// It is a GET, and it signs somebody in all the same: the browser comes from another site, whose forms our cookies do
/// not come along with. What a GET could be misused for is ruled out otherwise: the state works once, for ten minutes, in
/// the browser that began the sign-in by a POST of its own, and what follows is what that POST asked for.
pub async fn finish(
    State(web): State<Web>,
    visit: Visit,
    Query(returned): Query<Returned>,
) -> Answer {
    web.party(SignInKind::Employee)?;
    let carried = visit.secret(Token::SignIn);
    let finished = web
        .sign_ins
        .finish(
            &web.recovery,
            SignInKind::Employee,
            &returned,
            carried.as_ref(),
        )
        .await?;
    match finished {
        Finished::SignedIn {
            purpose: SignInPurpose::Employee(place),
            identity,
        } => {
            let before = visit.secret(Token::Employee);
            let secret = employee::start(&web.recovery, &identity, before.as_ref()).await?;
            tracing::info!(person = %identity.person, "an employee signed in");
            let onwards = match place {
                Place::Review => approve::arrive(&web, &visit, &identity).await?,
                _ => Redirect::to(place.path()).into_response(),
            };
            Ok((
                visit.take(Token::SignIn),
                visit.give(Token::Employee, &secret),
                onwards,
            )
                .into_response())
        }
        Finished::SignedIn { .. } => Err(ProblemPage::SignInStale.into()),
        Finished::Refused {
            purpose,
            is_news,
            refusal,
        } => {
            let reviews = purpose == Some(SignInPurpose::Employee(Place::Review));
            if is_news {
                let carried = if reviews {
                    Carried::by(&web, &visit).await?
                } else {
                    None
                };
                let request = carried.map(|link| link.request);
                web.recovery
                    .note_refused_sign_in(SignInKind::Employee, request, refusal)
                    .await?;
            }
            let page = match refusal {
                SignInRefusal::Stale => ProblemPage::SignInStale,
                SignInRefusal::NotFresh | SignInRefusal::NoAuthenticationContext => {
                    ProblemPage::SignInNotEnough
                }
                _ => ProblemPage::SignInRefused,
            };
            Err(if reviews {
                Failure::ProblemTo(page, Audience::Approver)
            } else {
                page.into()
            })
        }
    }
}

/// Signs an employee out here. What they are signed in to at the identity provider is theirs to end.
pub async fn sign_out(State(web): State<Web>, visit: Visit) -> Result<Response, Failure> {
    web.party(SignInKind::Employee)?;
    if let Some(secret) = visit.secret(Token::Employee) {
        employee::end(&web.recovery, &secret).await?;
    }
    Ok((visit.take(Token::Employee), Redirect::to("/sign-in")).into_response())
}
