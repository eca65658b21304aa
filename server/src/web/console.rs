//! The console: sign-in and the list of recoveries.

use app::view::{
    Page, Paging, Problem, ProblemPage, RecoveriesView, RecoveryDetailView, SignInView,
};
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::RequestId;
use secrecy::SecretString;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Web,
    answer::{Answer, Failure},
    paging, present,
    visit::{Form, Path, Query, Token, Visit},
};
use crate::{
    auth::{
        password::Verdict,
        session::{self, Session},
    },
    limits::Action,
    store::{Cursor, ListFilter},
};

/// Rows of one page.
const PAGE: u32 = 25;
/// The longest name and password that are looked at.
const LONGEST: usize = 200;

/// The signed-in person, or the way to the sign-in.
async fn signed_in(web: &Web, visit: &Visit) -> Result<Result<Session, Response>, Failure> {
    let sign_in = || Redirect::to("/console/sign-in").into_response();
    let Some(secret) = visit.secret(Token::Console) else {
        return Ok(Err(sign_in()));
    };
    Ok(session::resume(&web.recovery, &secret)
        .await?
        .ok_or_else(sign_in))
}

/// The sign-in.
pub async fn sign_in_page(State(web): State<Web>) -> Response {
    let view = SignInView {
        name: String::new(),
        problem: None,
    };
    web.page(StatusCode::OK, Page::SignIn(view))
}

/// The form of [`sign_in`].
#[derive(Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: SecretString,
}

/// Signs in.
pub async fn sign_in(State(web): State<Web>, visit: Visit, Form(form): Form<SignInForm>) -> Answer {
    web.limits.take(Action::ConsoleSignIn, &visit).await?;
    // No name has a control character in it, and PostgreSQL takes no zero in a text.
    let seen = form.name.trim().chars().filter(|c| !c.is_control());
    let name: String = seen.take(LONGEST).collect();
    let account = session::account(&web.recovery, &name).await?;
    let stored = account.as_ref().map(|account| account.password.as_str());
    let problem = match web.passwords.verify(stored, form.password).await {
        Ok(Verdict::Right) if account.is_some() => {
            let secret = session::start(&web.recovery, &name).await?;
            tracing::info!(admin = %name, "signed in to the console");
            return Ok((
                visit.give(Token::Console, &secret),
                Redirect::to("/console"),
            )
                .into_response());
        }
        Ok(_) => {
            tracing::warn!("a sign-in to the console was refused");
            Problem::SignInRefused
        }
        Err(_) => Problem::Busy,
    };
    let status = if problem == Problem::Busy {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let mut response = web.page(
        status,
        Page::SignIn(SignInView {
            name,
            problem: Some(problem),
        }),
    );
    if problem == Problem::Busy {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    Ok(response)
}

/// Signs out.
pub async fn sign_out(State(web): State<Web>, visit: Visit) -> Answer {
    if let Some(secret) = visit.secret(Token::Console) {
        session::end(&web.recovery, &secret).await?;
    }
    Ok((visit.take(Token::Console), Redirect::to("/console/sign-in")).into_response())
}

/// Which part of the list.
#[derive(Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    state: String,
    before: Option<String>,
}

/// The list of recoveries.
pub async fn recoveries(
    State(web): State<Web>,
    visit: Visit,
    Query(query): Query<ListQuery>,
) -> Answer {
    let session = match signed_in(&web, &visit).await? {
        Ok(session) => session,
        Err(sign_in) => return Ok(sign_in),
    };
    let (filter, shown) = match query.state.as_str() {
        "open" => (ListFilter::Open, "open"),
        "ended" => (ListFilter::Ended, "ended"),
        _ => (ListFilter::All, "all"),
    };
    let before = query.before.as_deref().map(cursor).transpose()?;
    let page = web.recovery.list(filter, before, PAGE).await?;
    let hold = web.recovery.hold().await?;
    let older = page.rows.last().filter(|_| page.has_older).map(|row| {
        let Cursor { opened_at, id } = row.cursor();
        format!("/console?state={shown}&before={opened_at}_{id}")
    });
    let view = RecoveriesView {
        rows: page.rows.iter().map(present::row).collect(),
        shown: shown.to_owned(),
        paging: Paging {
            newer: before.map(|_| format!("/console?state={shown}")),
            older,
        },
        hold: hold.map(present::hold),
    };
    Ok(web.console_page(Page::Recoveries(view), &session.admin))
}

/// A place in the list, as [`recoveries`] writes it into an address.
fn cursor(text: &str) -> Result<Cursor, Failure> {
    let (opened_at, id) = paging::place(text)?;
    Ok(Cursor { opened_at, id })
}

/// One recovery.
pub async fn recovery(State(web): State<Web>, visit: Visit, Path(id): Path<String>) -> Answer {
    let session = match signed_in(&web, &visit).await? {
        Ok(session) => session,
        Err(sign_in) => return Ok(sign_in),
    };
    let id = Uuid::parse_str(&id).map_err(|_| ProblemPage::NotFound)?;
    let Some((listed, timeline)) = web.recovery.history(RequestId(id)).await? else {
        return Err(ProblemPage::NotFound.into());
    };
    let view = RecoveryDetailView {
        row: present::row(&listed),
        facts: present::facts(&listed.request),
        methods: present::removals(&listed.request),
        timeline: timeline
            .iter()
            .map(|row| present::entry(row, &listed.request))
            .collect(),
    };
    Ok(web.console_page(Page::Recovery(Box::new(view)), &session.admin))
}
