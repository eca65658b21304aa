//! The pass: the page before it, the one that shows it, and the end.

use app::view::{ClaimTurn, ClaimView, Page, PassView, Problem};
use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Redirect},
};
use domain::{Disclosed, Request, State as RequestState};

use super::{
    Web,
    answer::Answer,
    present,
    visit::{Token, Visit},
};
use crate::{
    auth::session,
    recovery::{Issued, NotIssued, ServiceError, Turn},
    words,
};

/// What will happen, and the button.
pub async fn claim_page(State(web): State<Web>, visit: Visit) -> Answer {
    let request = visit.request(&web).await?;
    let (closes_at, turn) = match &request.state {
        RequestState::Ready(ready) if ready.approved.attempts > 0 && request.touched_account() => {
            (ready.closes_at, ClaimTurn::Retry)
        }
        RequestState::Ready(ready) => (ready.closes_at, ClaimTurn::First),
        RequestState::Disclosed(disclosed) if web.recovery.can_replace(&request) => {
            (disclosed.closes_at, ClaimTurn::Replacement)
        }
        _ => return Ok(Redirect::to("/status").into_response()),
    };
    let view = ClaimView {
        reference: request.facts.id.reference().to_string(),
        closes_at: words::moment(closes_at),
        sign_in_at: web.site.sign_in_at.to_string(),
        turn,
    };
    Ok(web.page_about(&request, StatusCode::OK, Page::Claim(view)))
}

/// Claims the pass and shows it, once.
pub async fn claim(State(web): State<Web>, visit: Visit) -> Answer {
    issue(&web, &visit, Turn::First).await
}

/// Claims another pass: the one before could not be used.
pub async fn claim_again(State(web): State<Web>, visit: Visit) -> Answer {
    issue(&web, &visit, Turn::Replacement).await
}

async fn issue(web: &Web, visit: &Visit, turn: Turn) -> Answer {
    let request = visit.request(web).await?;
    match web.recovery.claim(request.facts.id, turn).await {
        Ok(issued) => show(web, &issued),
        Err(NotIssued::NotBegun(ServiceError::Graph(error))) => {
            tracing::error!(request = %request.facts.id, %error, "the pass could not be looked at");
            Ok(web.status(
                StatusCode::SERVICE_UNAVAILABLE,
                &request,
                Some(Problem::DirectoryUnavailable),
            ))
        }
        Err(NotIssued::NotBegun(error)) => web.settled(&request, Err(error)).await,
        Err(NotIssued::Rehearsed) => Ok(Redirect::to("/status").into_response()),
        Err(NotIssued::Failed) => {
            let request = web.recovery.request(request.facts.id).await?;
            let again = matches!(request.state, RequestState::Ready(_));
            let problem = again.then_some(Problem::IssueFailed);
            Ok(web.status(StatusCode::SERVICE_UNAVAILABLE, &request, problem))
        }
    }
}

fn show(web: &Web, issued: &Issued) -> Answer {
    let Some((request, disclosed)) = disclosed(&issued.request) else {
        return Ok(Redirect::to("/status").into_response());
    };
    let account = request
        .facts
        .subject
        .as_ref()
        .map(|subject| subject.person.user_principal_name.clone());
    let view = PassView {
        reference: request.facts.id.reference().to_string(),
        account: account.unwrap_or_default(),
        sign_in_at: web.site.sign_in_at.to_string(),
        expires_at: words::moment(disclosed.pass.expires_at),
        lifetime_minutes: u16::try_from(issued.lifetime_minutes).unwrap_or(u16::MAX),
        removed: present::removed(request),
    };
    web.pass_page(view, &issued.value)
}

const fn disclosed(request: &Request) -> Option<(&Request, &Disclosed)> {
    match &request.state {
        RequestState::Disclosed(disclosed) => Some((request, disclosed)),
        _ => None,
    }
}

/// Leaves nothing on this browser, which may be a borrowed one.
pub async fn finish(State(web): State<Web>, visit: Visit) -> Answer {
    if let Some(secret) = visit.secret(Token::Console) {
        session::end(&web.recovery, &secret).await?;
    }
    visit.leave_browser(&web).await;
    let clear = (
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok((
        visit.take_everything(),
        [clear],
        web.page(StatusCode::OK, Page::Finished),
    )
        .into_response())
}
