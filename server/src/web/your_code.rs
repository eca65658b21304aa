//! The code of one of several requests, for whoever reads the mailbox that codes are mailed to.

use app::view::{Page, Problem, ProblemPage, YourCodeView};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::PersonId;
use serde::Deserialize;

use super::{
    Web,
    answer::{Answer, Failure},
    visit::{Form, Path, Token, Visit},
};
use crate::{limits::Action, recovery::CodeRead, secret::Bearer, store::Purpose};

/// The longest reference that is looked at.
const LONGEST: usize = 40;

/// Moves the secret of a mailed link into a cookie, out of the address and its history.
pub async fn open_link(State(web): State<Web>, visit: Visit, Path(secret): Path<String>) -> Answer {
    let secret = Bearer::parse(&secret).ok_or(ProblemPage::DeadLink)?;
    reader(&web, &secret).await?;
    let kept = visit.give(Token::Mailbox, &secret);
    Ok((kept, Redirect::to("/your-code")).into_response())
}

/// Whose mailbox the link was mailed to.
async fn reader(web: &Web, secret: &Bearer) -> Result<PersonId, Failure> {
    let link = web.recovery.link(secret, Purpose::ReadCode).await?;
    let person = link.and_then(|link| link.person);
    Ok(person.ok_or(ProblemPage::DeadLink)?)
}

async fn visitor(web: &Web, visit: &Visit) -> Result<PersonId, Failure> {
    let secret = visit.secret(Token::Mailbox).ok_or(ProblemPage::DeadLink)?;
    reader(web, &secret).await
}

/// "Which reference does your page show?"
pub async fn page(State(web): State<Web>, visit: Visit) -> Answer {
    visitor(&web, &visit).await?;
    Ok(drawn(&web, String::new(), Ok(None)))
}

/// The form of [`show`].
#[derive(Deserialize)]
pub struct ReferenceForm {
    #[serde(default)]
    reference: String,
}

/// Shows the code of the request with that reference.
pub async fn show(State(web): State<Web>, visit: Visit, Form(form): Form<ReferenceForm>) -> Answer {
    let person = visitor(&web, &visit).await?;
    web.limits.take(Action::Prove, &visit).await?;
    let typed: String = form.reference.trim().chars().take(LONGEST).collect();
    let outcome = if typed.is_empty() {
        Err(Problem::ReferenceMissing)
    } else {
        match web.recovery.read_code(&person, &typed).await? {
            CodeRead::Code(code) => Ok(Some(code.grouped())),
            CodeRead::Expired => Err(Problem::ReferenceCodeExpired),
            CodeRead::Unknown => Err(Problem::ReferenceUnknown),
        }
    };
    Ok(drawn(&web, typed, outcome))
}

fn drawn(web: &Web, reference: String, outcome: Result<Option<String>, Problem>) -> Response {
    let (status, code, problem) = match outcome {
        Ok(code) => (StatusCode::OK, code, None),
        Err(problem) => (StatusCode::UNPROCESSABLE_ENTITY, None, Some(problem)),
    };
    let view = YourCodeView {
        reference,
        code,
        problem,
    };
    web.page(status, Page::YourCode(view))
}
