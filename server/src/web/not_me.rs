//! "This wasn't me": the owner's page.

use app::view::{NotMeView, Page, ProblemPage};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use domain::Request;

use super::{
    Web,
    answer::{Answer, Failure},
    present,
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

/// The question, or that it was answered.
pub async fn page(State(web): State<Web>, visit: Visit) -> Answer {
    let request = request(&web, &visit).await?;
    let view = NotMeView {
        reference: request.facts.id.reference().to_string(),
        asked_at: words::moment(request.facts.opened_at),
        answer: present::not_me(&request, web.recovery.can_repudiate(&request)),
        account: present::account(&request),
    };
    Ok(web.page_about(&request, StatusCode::OK, Page::NotMe(view)))
}

/// Ends the request, or repudiates what came of it.
pub async fn disown(State(web): State<Web>, visit: Visit) -> Answer {
    let request = request(&web, &visit).await?;
    match web.recovery.disown(request.facts.id).await {
        Ok(_) | Err(ServiceError::Refused(_)) => Ok(Redirect::to("/not-me").into_response()),
        Err(error) => Err(error.into()),
    }
}
