//! "This wasn't me": the owner's page.

use app::view::{NotMeView, Page, ProblemPage};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use domain::{Cancellation, Disclosed, Ended, Request, State as RequestState};

use super::{
    Web,
    answer::{Answer, Failure},
    visit::{Path, Token, Visit},
};
use crate::{recovery::ServiceError, secret::Bearer, store::Purpose, words};

/// Moves the secret of a mailed link into a cookie, out of the address and its history.
pub async fn open_link(State(web): State<Web>, visit: Visit, Path(secret): Path<String>) -> Answer {
    let secret = Bearer::parse(&secret).ok_or(ProblemPage::DeadLink)?;
    web.recovery
        .link(&secret, Purpose::NotMe)
        .await?
        .ok_or(ProblemPage::DeadLink)?;
    Ok((visit.give(Token::Owner, &secret), Redirect::to("/not-me")).into_response())
}

async fn request(web: &Web, visit: &Visit) -> Result<Request, Failure> {
    let secret = visit.secret(Token::Owner).ok_or(ProblemPage::DeadLink)?;
    let link = web
        .recovery
        .link(&secret, Purpose::NotMe)
        .await?
        .ok_or(ProblemPage::DeadLink)?;
    Ok(web.recovery.request(link.request).await?)
}

/// The question, or that it was answered. A link whose answer would change nothing any more promises
/// nothing either.
pub async fn page(State(web): State<Web>, visit: Visit) -> Answer {
    let request = request(&web, &visit).await?;
    let after_disclosure = disclosed(&request).is_some();
    let done = match &request.state {
        RequestState::Ended(Ended::Reported { .. } | Ended::Repudiated { .. }) => true,
        RequestState::Issuing(issuing) => {
            matches!(issuing.cancelled, Some(Cancellation::Reported(_)))
        }
        RequestState::Disclosed(disclosed)
        | RequestState::Ended(Ended::Completed { disclosed, .. }) => {
            if web.recovery.can_repudiate(disclosed) {
                false
            } else {
                return Err(ProblemPage::DeadLink.into());
            }
        }
        RequestState::Ended(
            Ended::Denied { .. }
            | Ended::Withdrawn { .. }
            | Ended::Expired { .. }
            | Ended::Aborted { .. }
            | Ended::Lapsed { .. },
        ) => return Err(ProblemPage::DeadLink.into()),
        RequestState::Proving(_)
        | RequestState::AwaitingApproval(_)
        | RequestState::CoolingOff(_)
        | RequestState::Ready(_) => false,
    };
    let view = NotMeView {
        reference: request.facts.id.reference().to_string(),
        asked_at: words::moment(request.facts.opened_at),
        done,
        after_disclosure,
    };
    Ok(web.page(StatusCode::OK, Page::NotMe(view)))
}

/// What had been given out.
const fn disclosed(request: &Request) -> Option<&Disclosed> {
    match &request.state {
        RequestState::Disclosed(disclosed)
        | RequestState::Ended(
            Ended::Completed { disclosed, .. } | Ended::Repudiated { disclosed, .. },
        ) => Some(disclosed),
        _ => None,
    }
}

/// Ends the request, or repudiates what came of it.
pub async fn disown(State(web): State<Web>, visit: Visit) -> Answer {
    let request = request(&web, &visit).await?;
    match web.recovery.disown(request.facts.id).await {
        Ok(_) | Err(ServiceError::Refused(_)) => Ok(Redirect::to("/not-me").into_response()),
        Err(error) => Err(error.into()),
    }
}
