//! "I did not make these codes": the page of whoever reads the mailbox, signed in or not.

use app::view::{NotMyCodesView, Page, ProblemPage};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};

use super::{
    Web,
    answer::{Answer, Failure},
    visit::{Path, Token, Visit},
};
use crate::{secret::Bearer, store::LinkedSet, words};

/// Moves the secret of a mailed link into a cookie, out of the address and its history.
pub async fn open_link(State(web): State<Web>, visit: Visit, Path(secret): Path<String>) -> Answer {
    let secret = Bearer::parse(&secret).ok_or(ProblemPage::DeadLink)?;
    linked(&web, &secret).await?;
    let cookie = visit.give(Token::CodesOwner, &secret);
    Ok((cookie, Redirect::to("/codes/not-me")).into_response())
}

async fn linked(web: &Web, secret: &Bearer) -> Result<LinkedSet, Failure> {
    let codes = web.recovery.linked_codes(secret).await?;
    Ok(codes.ok_or(ProblemPage::DeadLink)?)
}

async fn carried(web: &Web, visit: &Visit) -> Result<LinkedSet, Failure> {
    let secret = visit
        .secret(Token::CodesOwner)
        .ok_or(ProblemPage::DeadLink)?;
    linked(web, &secret).await
}

/// The question, or that it was answered.
pub async fn page(State(web): State<Web>, visit: Visit) -> Answer {
    let codes = carried(&web, &visit).await?;
    let view = NotMyCodesView {
        made_at: words::moment(codes.made_at),
        is_void: codes.voided_at.is_some(),
    };
    Ok(web.page(StatusCode::OK, Page::NotMyCodes(view)))
}

/// Voids them.
pub async fn disown(State(web): State<Web>, visit: Visit) -> Answer {
    let codes = carried(&web, &visit).await?;
    web.recovery.disown_codes(&codes.person).await?;
    Ok(Redirect::to("/codes/not-me").into_response())
}
