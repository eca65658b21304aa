//! Saved recovery codes, for the employee who is signed in.

use app::{
    code_slot,
    view::{
        CodesView, NewCodesView, Page, Place, Problem, ProblemPage, ReadinessView, ReplaceCodesView,
    },
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::{Refusal, SavedCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    Web,
    answer::{Answer, Failure, RETRY, seconds},
    present,
    visit::{Form, Visit},
};
use crate::{
    auth::{employee::Employee, saved_codes::CODES},
    recovery::{NewCodes, OwnCodes, ServiceError},
    store::StoreError,
    words,
};

/// How many are left, or the way to make them.
pub async fn page(State(web): State<Web>, visit: Visit) -> Answer {
    let employee = visit.employee(&web).await?;
    overview(&web, &employee, StatusCode::OK, None).await
}

async fn overview(
    web: &Web,
    employee: &Employee,
    status: StatusCode,
    problem: Option<Problem>,
) -> Answer {
    let own = web.recovery.own_codes(&employee.id).await?;
    let frozen_until = web.recovery.frozen_until(&employee.id).await?;
    let view = CodesView {
        offered: web.recovery.uses_saved_codes(),
        saved: own.as_ref().map(present::saved),
        frozen_until: frozen_until.map(words::moment),
        problem,
    };
    Ok(web.employee_page(status, Page::Codes(view), employee))
}

/// Whoever may make codes. Where nobody is asked for them there is nothing to make.
async fn maker(web: &Web, visit: &Visit, back: Place) -> Result<Employee, Failure> {
    if web.recovery.uses_saved_codes() {
        visit.fresh_employee(web, back).await
    } else {
        Err(ProblemPage::NotFound.into())
    }
}

/// Signs somebody out whom the directory does not list as an active employee any more.
async fn turn_away(web: &Web, employee: &Employee, refusal: Refusal) -> Answer {
    tracing::warn!(person = %employee.id, %refusal, "an employee is signed out");
    web.recovery.sign_out_everywhere(&employee.id).await?;
    Err(ProblemPage::AccountInactive.into())
}

/// Makes the first codes, and shows them.
pub async fn make(State(web): State<Web>, visit: Visit) -> Answer {
    let employee = maker(&web, &visit, Place::MakeCodes).await?;
    make_and_show(&web, &employee, None).await
}

/// "Replace all your codes?"
pub async fn replace_page(State(web): State<Web>, visit: Visit) -> Answer {
    let employee = maker(&web, &visit, Place::ReplaceCodes).await?;
    let own = web.recovery.own_codes(&employee.id).await?;
    // There is nothing to lose, so nobody is asked.
    let Some(own) = own.filter(OwnCodes::work) else {
        return Ok(Redirect::to("/codes").into_response());
    };
    let view = ReplaceCodesView {
        set: own.set.id.to_string(),
        left: own.left(),
    };
    Ok(web.employee_page(StatusCode::OK, Page::ReplaceCodes(view), &employee))
}

/// The form of [`replace`].
#[derive(Deserialize)]
pub struct ReplaceForm {
    set: Uuid,
}

/// Makes codes in the place of those that the form is about, and shows them.
pub async fn replace(
    State(web): State<Web>,
    visit: Visit,
    Form(form): Form<ReplaceForm>,
) -> Answer {
    let employee = maker(&web, &visit, Place::ReplaceCodes).await?;
    make_and_show(&web, &employee, Some(form.set)).await
}

async fn make_and_show(web: &Web, employee: &Employee, replaces: Option<Uuid>) -> Answer {
    match web.recovery.make_codes(&employee.id, replaces).await {
        Ok(made) => show(web, &made, replaces.is_some()),
        Err(ServiceError::Store(StoreError::Conflict)) => {
            let problem = Some(Problem::CodesMadeAlready);
            overview(web, employee, StatusCode::CONFLICT, problem).await
        }
        Err(ServiceError::Store(StoreError::Frozen)) => {
            let problem = Some(Problem::CodesFrozen);
            overview(web, employee, StatusCode::FORBIDDEN, problem).await
        }
        Err(ServiceError::Refused(refusal)) => turn_away(web, employee, refusal).await,
        Err(ServiceError::Paused) => {
            let (status, problem) = (StatusCode::SERVICE_UNAVAILABLE, Some(Problem::CodesPaused));
            let page = overview(web, employee, status, problem).await?;
            Ok(([RETRY], page).into_response())
        }
        Err(ServiceError::Limited { wait }) => {
            let (status, problem) = (StatusCode::TOO_MANY_REQUESTS, Some(Problem::CodesTooOften));
            let page = overview(web, employee, status, problem).await?;
            Ok(([(header::RETRY_AFTER, seconds(wait))], page).into_response())
        }
        Err(error @ (ServiceError::Busy(_) | ServiceError::Graph(_))) => {
            tracing::error!(%error, "saved codes could not be made");
            let (status, problem) = (StatusCode::SERVICE_UNAVAILABLE, Some(Problem::CodesNotMade));
            let page = overview(web, employee, status, problem).await?;
            Ok(([RETRY], page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn show(web: &Web, made: &NewCodes, replaced: bool) -> Answer {
    let view = NewCodesView {
        count: CODES,
        replaced,
        made_at: words::moment(made.made_at),
        used_at: web.site.base_url.to_string(),
    };
    let slots = (1..=CODES).map(code_slot);
    let secrets: Vec<_> = slots
        .zip(made.codes.iter().map(SavedCode::grouped))
        .collect();
    web.page_with_secrets(Page::NewCodes(view), &secrets)
}

/// The form of [`download`].
#[derive(Deserialize)]
pub struct DownloadForm {
    codes: SecretString,
}

/// Gives the codes of the page back as a file.
///
/// They come from the page itself: nobody else has them any more. So the file can be had without a script,
/// and no code is ever in an address, as it would be in a `data:` link, which browsers keep in their list of
/// downloads. What is no code is not repeated, and nothing depends on whose codes they are, so whoever took
/// longer than their session lasts does not lose them here.
pub async fn download(State(web): State<Web>, Form(form): Form<DownloadForm>) -> Answer {
    let codes: Vec<_> = form
        .codes
        .expose_secret()
        .split(' ')
        .map(SavedCode::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| ProblemPage::BadForm)?;
    if codes.len() != usize::from(CODES) {
        return Err(ProblemPage::BadForm.into());
    }
    Ok(file(&web, &codes))
}

fn file(web: &Web, codes: &[SavedCode]) -> Response {
    let site = &web.site;
    let head = format!(
        "Recovery codes for your {} account\r\n\r\n\
         Each works once. To use one, open {} and choose \"Start now\".\r\n\r\n",
        site.organisation, site.base_url
    );
    let tail = "\r\nDo not share them. Anybody who calls, texts or writes to ask for one is a fraud.\r\n\
                Keep this file where you can open it without your work account, and nowhere else.\r\n";
    // A line has a number, the code and what is between and behind them.
    let line = SavedCode::SYMBOLS * 2;
    let room = head.len() + tail.len() + line * codes.len();
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    text.extend_from_slice(head.as_bytes());
    for (number, code) in (1..).zip(codes) {
        text.extend_from_slice(format!("{number:>2}. ").as_bytes());
        text.extend_from_slice(code.grouped().as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(tail.as_bytes());
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"recovery-codes.txt\"",
        ),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)));
    (headers, Body::from(Bytes::from_owner(text))).into_response()
}

/// "Would recovery work for me?"
pub async fn check(State(web): State<Web>, visit: Visit) -> Answer {
    let employee = visit.employee(&web).await?;
    match web.recovery.readiness(&employee.id).await {
        Ok(readiness) => {
            let view = ReadinessView {
                findings: present::findings(&readiness),
                problem: None,
            };
            Ok(web.employee_page(StatusCode::OK, Page::Readiness(view), &employee))
        }
        Err(ServiceError::Refused(refusal)) => turn_away(&web, &employee, refusal).await,
        Err(ServiceError::Graph(error)) => {
            tracing::error!(%error, "it could not be looked at whether recovery would work");
            let view = ReadinessView {
                findings: Vec::new(),
                problem: Some(Problem::ReadinessUnknown),
            };
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let page = web.employee_page(status, Page::Readiness(view), &employee);
            Ok(([RETRY], page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
