//! "This wasn't me": the owner's page, and the security team's.

use app::view::{Disowner, NotMeView, Page, ProblemPage};
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
use crate::{
    recovery::ServiceError,
    secret::Bearer,
    store::{Link, Purpose},
    words,
};

/// Moves the secret of a mailed link into a cookie, out of the address and its history.
pub async fn open_link(State(web): State<Web>, visit: Visit, Path(secret): Path<String>) -> Answer {
    let secret = Bearer::parse(&secret).ok_or(ProblemPage::DeadLink)?;
    web.recovery
        .disowning_link(&secret)
        .await?
        .ok_or(ProblemPage::DeadLink)?;
    Ok((visit.give(Token::Owner, &secret), Redirect::to("/not-me")).into_response())
}

/// The link that the browser came by, and what it is about.
async fn linked(web: &Web, visit: &Visit) -> Result<(Link, Request), Failure> {
    let secret = visit.secret(Token::Owner).ok_or(ProblemPage::DeadLink)?;
    let link = web
        .recovery
        .disowning_link(&secret)
        .await?
        .ok_or(ProblemPage::DeadLink)?;
    let request = web.recovery.request(link.request).await?;
    Ok((link, request))
}

/// The question, or that it was answered.
pub async fn page(State(web): State<Web>, visit: Visit) -> Answer {
    let (link, request) = linked(&web, &visit).await?;
    let view = NotMeView {
        disowner: match link.purpose {
            Purpose::StopRecovery => Disowner::Security,
            _ => Disowner::Owner,
        },
        reference: request.facts.id.reference().to_string(),
        asked_at: words::moment(request.facts.opened_at),
        answer: present::not_me(&request, web.recovery.can_repudiate(&request)),
        account: words::account(&request),
    };
    Ok(web.page_about(&request, StatusCode::OK, Page::NotMe(view)))
}

/// Ends the request, or repudiates what came of it.
pub async fn disown(State(web): State<Web>, visit: Visit) -> Answer {
    let (link, _) = linked(&web, &visit).await?;
    let said = match link.purpose {
        Purpose::StopRecovery => web.recovery.stop(link.request).await,
        _ => web.recovery.disown(link.request).await,
    };
    match said {
        Ok(_) | Err(ServiceError::Refused(_)) => Ok(Redirect::to("/not-me").into_response()),
        Err(error) => Err(error.into()),
    }
}
