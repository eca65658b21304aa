//! The locked-out person's pages, up to the status of the request.

use std::time::Duration;

use app::view::{
    CheckView, IdentifyView, OfferedWay, Page, Problem, ProblemPage, ProveView, Reason, WorkView,
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    EmailCode, Identifier, MalformedIdentifier, ProofKind, Refusal, Request, SavedCode,
    State as RequestState, Terms, TypedCode,
};
use serde::Deserialize;

use super::{
    Web,
    answer::{Answer, Failure, RETRY, seconds},
    present,
    visit::{Form, Query, Token, Visit},
};
use crate::{
    limits::{self, Action, Ticket},
    recovery::{Asked, Proved, ServiceError, Shown, TypedCodes},
    secret::Bearer,
    words,
};

/// Longer than a look-up takes when all is well.
const USUAL_LOOK_UP: Duration = Duration::from_secs(30);

/// The reason, carried in the address.
#[derive(Deserialize)]
pub struct ReasonQuery {
    #[serde(default)]
    reason: String,
}

/// "Who are you?"
pub async fn identify_page(State(web): State<Web>, Query(query): Query<ReasonQuery>) -> Response {
    let view = IdentifyView {
        reason: reason(&query.reason),
        identifier: String::new(),
        problem: None,
        work: None,
    };
    web.page(StatusCode::OK, Page::Identify(view))
}

fn reason(slug: &str) -> Reason {
    Reason::from_slug(slug).unwrap_or(Reason::Other)
}

/// The form of [`identify`].
#[derive(Deserialize)]
pub struct IdentifyForm {
    #[serde(default)]
    identifier: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    number: String,
}

/// Opens a request.
pub async fn identify(
    State(web): State<Web>,
    visit: Visit,
    Form(form): Form<IdentifyForm>,
) -> Answer {
    let reason = reason(&form.reason);
    let identifier = match Identifier::parse(&form.identifier) {
        Ok(identifier) => identifier,
        Err(malformed) => {
            let problem = match malformed {
                MalformedIdentifier::Empty => Problem::IdentifierMissing,
                MalformedIdentifier::TooLong => Problem::IdentifierTooLong,
                MalformedIdentifier::Malformed => Problem::IdentifierMalformed,
            };
            let typed = form
                .identifier
                .chars()
                .take(Identifier::MAX_LENGTH)
                .collect();
            let view = IdentifyView {
                reason,
                identifier: typed,
                problem: Some(problem),
                work: None,
            };
            return Ok(web.page(StatusCode::UNPROCESSABLE_ENTITY, Page::Identify(view)));
        }
    };
    let shown = limits::Shown {
        ticket: form.ticket,
        number: form.number,
    };
    let typed = identifier.as_str().to_owned();
    let asked = web.recovery.ask(
        identifier,
        present::reason_of(reason),
        visit.origin(),
        (&visit).into(),
        Some(&shown),
    );
    match asked.await? {
        Asked::Opened(opened) => {
            visit.leave_browser(&web).await;
            Ok((
                visit.give(Token::Browser, &opened.browser),
                Redirect::to("/prove"),
            )
                .into_response())
        }
        Asked::Work(ticket) => {
            let too_early = ticket.to_field() == shown.ticket;
            let wait = ticket.after().since(web.recovery.now());
            let view = IdentifyView {
                reason,
                identifier: typed,
                problem: None,
                work: Some(work(&ticket, too_early)),
            };
            let page = web.page(StatusCode::TOO_MANY_REQUESTS, Page::Identify(view));
            Ok(([(header::RETRY_AFTER, seconds(wait))], page).into_response())
        }
    }
}

fn work(ticket: &Ticket, too_early: bool) -> WorkView {
    WorkView {
        ticket: ticket.to_field(),
        challenge: ticket.challenge.clone(),
        salt: ticket.salt.clone(),
        largest: ticket.maxnumber,
        ready_at: words::moment_to_the_second(ticket.after()),
        too_early,
    }
}

/// Where a request's page is, if it is not the one that was asked for.
pub(super) fn elsewhere(request: &Request, here: &'static str) -> Option<Response> {
    let place = match &request.state {
        RequestState::Proving(_) if request.is_proven() => "/check",
        RequestState::Proving(_) if here.starts_with("/prove") => here,
        RequestState::Proving(_) => "/prove",
        _ => "/status",
    };
    (place != here).then(|| Redirect::to(place).into_response())
}

/// Whether another code was just asked for.
#[derive(Deserialize)]
pub struct ProveQuery {
    sent: Option<String>,
}

/// The mailed code.
pub async fn prove_page(
    State(web): State<Web>,
    visit: Visit,
    Query(query): Query<ProveQuery>,
) -> Answer {
    let request = visit.request(&web).await?;
    if let Some(elsewhere) = elsewhere(&request, "/prove") {
        return Ok(elsewhere);
    }
    // Nobody waits for long without a word.
    let problem = web
        .pending(&request)
        .filter(|problem| *problem == Problem::LookUpWaits);
    let view = ProveView {
        resent: query.sent.is_some(),
        ..prove_view(&request, problem)
    };
    Ok(web.page(StatusCode::OK, Page::Prove(view)))
}

fn prove_view(request: &Request, problem: Option<Problem>) -> ProveView {
    let policy = request.proof_policy();
    let is_given = |kind| request.proven_kinds().any(|given| given == kind);
    let may_resend = match &request.state {
        RequestState::Proving(proving) => {
            proving.challenge.sending < Terms::MAX_SENDINGS && !is_given(ProofKind::EmailCode)
        }
        _ => false,
    };
    let ways = policy.accepted().map(|kind| OfferedWay {
        way: present::way(kind),
        given: is_given(kind),
    });
    ProveView {
        reference: request.facts.id.reference().to_string(),
        identifier: request.facts.identifier.as_str().to_owned(),
        digits: EmailCode::DIGITS,
        valid_minutes: u16::try_from(Terms::EMAIL_CODE_LIFETIME.as_secs() / 60).unwrap_or(u16::MAX),
        may_resend,
        resent: false,
        ways: ways.collect(),
        missing: policy.missing(request.proven_kinds()),
        problem,
    }
}

/// A form with codes. One that is not asked for is not read.
#[derive(Deserialize)]
pub struct CodesForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    saved_code: String,
}

impl CodesForm {
    /// The codes that were typed, each well formed.
    fn read(&self) -> Result<TypedCodes, Problem> {
        let mailed = match self.code.trim() {
            "" => None,
            typed => {
                Some(TypedCode::parse(typed, EmailCode::DIGITS).ok_or(Problem::CodeMalformed)?)
            }
        };
        let saved = match self.saved_code.trim() {
            "" => None,
            typed => Some(SavedCode::parse(typed).map_err(|_| Problem::SavedCodeMalformed)?),
        };
        Ok(TypedCodes { mailed, saved })
    }
}

/// Tries codes.
pub async fn prove(State(web): State<Web>, visit: Visit, Form(form): Form<CodesForm>) -> Answer {
    let secret = visit.secret(Token::Browser).ok_or(ProblemPage::NoRequest)?;
    let Some(request) = web.recovery.request_of(&secret).await? else {
        return web.proves_again(&visit, &secret, &form).await;
    };
    if let Some(elsewhere) = elsewhere(&request, "/prove") {
        return Ok(elsewhere);
    }
    if let Some(problem) = web.pending(&request) {
        return Ok(web.comes_too_early(&request, problem));
    }
    web.limits.take(Action::Prove, &visit).await?;
    let simple = prove_view(&request, None).asks_mailed_code_only();
    let problem = match form.read() {
        Err(problem) => problem,
        Ok(typed) if typed.kinds().is_empty() && simple => Problem::CodeMissing,
        Ok(typed) if typed.kinds().is_empty() => Problem::CodesMissing,
        Ok(typed) => match web
            .recovery
            .prove_codes(request.facts.id, &secret, &typed)
            .await
        {
            Ok(Proved::Right { browser }) => return Ok(proven(&visit, &browser)),
            Ok(Proved::Wrong) if simple => Problem::CodeWrong,
            Ok(Proved::Wrong) => Problem::ProofsWrong,
            Err(ServiceError::Refused(Refusal::TooFewProofs)) => Problem::TooFewProofs,
            Err(ServiceError::Refused(Refusal::CodeTriesUsedUp)) => Problem::CodeTriesUsedUp,
            Err(ServiceError::Refused(_)) => return Ok(Redirect::to("/status").into_response()),
            Err(error) => return Err(error.into()),
        },
    };
    // The tries may have changed.
    let request = web.recovery.request(request.facts.id).await?;
    Ok(web.page(
        StatusCode::UNPROCESSABLE_ENTITY,
        Page::Prove(prove_view(&request, Some(problem))),
    ))
}

/// The way on for a browser that has proven something, and keeps another secret since.
fn proven(visit: &Visit, browser: &Bearer) -> Response {
    (visit.give(Token::Browser, browser), Redirect::to("/check")).into_response()
}

/// Mails another code.
pub async fn resend(State(web): State<Web>, visit: Visit) -> Answer {
    let request = visit.request(&web).await?;
    web.limits.take(Action::Resend, &visit).await?;
    match web.recovery.resend_code(request.facts.id).await {
        Ok(()) => Ok(Redirect::to("/prove?sent=again").into_response()),
        Err(ServiceError::Refused(Refusal::NoMoreCodes)) => {
            let view = prove_view(&request, Some(Problem::NoMoreCodes));
            Ok(web.page(StatusCode::UNPROCESSABLE_ENTITY, Page::Prove(view)))
        }
        Err(ServiceError::Refused(_)) => Ok(Redirect::to("/status").into_response()),
        Err(error) => Err(error.into()),
    }
}

/// The answers before they are sent.
pub async fn check_page(State(web): State<Web>, visit: Visit) -> Answer {
    let request = visit.request(&web).await?;
    match elsewhere(&request, "/check") {
        Some(elsewhere) => Ok(elsewhere),
        None => Ok(web.page_about(
            &request,
            StatusCode::OK,
            Page::Check(check_view(&request, &web.recovery.new_page(), None)),
        )),
    }
}

fn check_view(request: &Request, page: &Bearer, problem: Option<Problem>) -> CheckView {
    let subject = request.facts.subject.as_ref();
    CheckView {
        reference: request.facts.id.reference().to_string(),
        name: subject
            .map(|subject| subject.person.display_name.clone())
            .unwrap_or_default(),
        account: subject
            .map(|subject| subject.person.user_principal_name.clone())
            .unwrap_or_default(),
        reason: present::reason(request.facts.reason),
        page: page.expose().to_string(),
        problem,
    }
}

/// The form of [`submit`].
#[derive(Deserialize)]
pub struct SubmitForm {
    #[serde(default)]
    page: String,
}

/// Asks for approval.
pub async fn submit(State(web): State<Web>, visit: Visit, Form(form): Form<SubmitForm>) -> Answer {
    let secret = visit.secret(Token::Browser).ok_or(ProblemPage::NoRequest)?;
    // What is no page of ours cannot be sent again: somebody else would know it.
    let page = Bearer::parse(&form.page).unwrap_or_else(|| web.recovery.new_page());
    let Some(request) = web.recovery.request_of(&secret).await? else {
        web.limits.take(Action::Prove, &visit).await?;
        let again = web.recovery.shows_again(&secret, Shown::Page(&page));
        let browser = again.await?.ok_or(ProblemPage::NoRequest)?;
        return submitted(&web, &visit, &browser).await;
    };
    if let Some(elsewhere) = elsewhere(&request, "/check") {
        return Ok(elsewhere);
    }
    let problem = match web.recovery.submit(request.facts.id, &secret, &page).await {
        Ok(browser) => return submitted(&web, &visit, &browser).await,
        Err(ServiceError::Graph(error)) => {
            tracing::error!(request = %request.facts.id, %error, "the guards could not be read");
            Problem::DirectoryUnavailable
        }
        Err(ServiceError::Refused(refusal)) => match refusal {
            Refusal::NoApprover => Problem::NoApprover,
            Refusal::SubjectIsFrozen => Problem::Frozen,
            Refusal::PassNotUsable => Problem::PassPolicy,
            Refusal::AnotherRequestIsOpen => Problem::AlreadyOpen,
            Refusal::ApproverIsBusy => Problem::ApproverBusy,
            Refusal::SubjectIsGone
            | Refusal::SubjectIsDisabled
            | Refusal::SubjectIsGuest
            | Refusal::SubjectIsProtected
            | Refusal::SubjectIsPrivileged => Problem::NotEligible,
            _ => return Ok(Redirect::to("/status").into_response()),
        },
        Err(error) => return Err(error.into()),
    };
    let status = match problem {
        Problem::DirectoryUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = Page::Check(check_view(&request, &page, Some(problem)));
    Ok(web.page_about(&request, status, page))
}

/// The way on for a browser that has asked for approval, and keeps another secret since.
async fn submitted(web: &Web, visit: &Visit, browser: &Bearer) -> Answer {
    let request = web.recovery.request_of(browser).await?;
    let request = request.ok_or(ProblemPage::NoRequest)?;
    let cookies = visit.bind(&request, browser, web.recovery.now());
    Ok((cookies, Redirect::to("/status")).into_response())
}

/// Where the request stands.
pub async fn status_page(State(web): State<Web>, visit: Visit) -> Answer {
    let request = visit.request(&web).await?;
    match elsewhere(&request, "/status") {
        Some(elsewhere) => Ok(elsewhere),
        None => Ok(web.status(StatusCode::OK, &request, None)),
    }
}

/// Withdraws the request.
pub async fn withdraw(State(web): State<Web>, visit: Visit) -> Answer {
    let request = visit.request(&web).await?;
    web.settled(&request, web.recovery.withdraw(request.facts.id).await)
        .await
}

impl Web {
    /// What keeps proofs from being looked at: as long as the directory has not said whom the request is about, it is
    /// the same for everybody.
    pub(super) fn pending(&self, request: &Request) -> Option<Problem> {
        let now = self.recovery.now();
        if request.takes_proofs(now) {
            return None;
        }
        let is_usual = now.since(request.facts.opened_at) < USUAL_LOOK_UP;
        Some(if is_usual {
            Problem::TooEarly
        } else {
            Problem::LookUpWaits
        })
    }

    /// The answer to codes from a browser that is bound to no request any more: those that it has just proven something
    /// with, and whose answer it may not have got.
    async fn proves_again(&self, visit: &Visit, secret: &Bearer, form: &CodesForm) -> Answer {
        self.limits.take(Action::Prove, visit).await?;
        let again = match form.read() {
            Ok(typed) => {
                self.recovery
                    .shows_again(secret, Shown::Codes(&typed))
                    .await?
            }
            Err(_) => None,
        };
        let browser = again.ok_or(ProblemPage::NoRequest)?;
        Ok(proven(visit, &browser))
    }

    /// The answer to a proof that cannot be looked at yet. Nothing is counted.
    pub(super) fn comes_too_early(&self, request: &Request, problem: Problem) -> Response {
        let page = Page::Prove(prove_view(request, Some(problem)));
        ([RETRY], self.page(StatusCode::SERVICE_UNAVAILABLE, page)).into_response()
    }

    /// The status page of a request, or the way to the page that it is at.
    pub fn status(
        &self,
        status: StatusCode,
        request: &Request,
        problem: Option<Problem>,
    ) -> Response {
        let code = self.recovery.contact_code(request);
        let may_replace = self.recovery.can_replace(request);
        match present::status(request, &code, may_replace, problem) {
            Some(view) => self.page_about(request, status, Page::Status(view)),
            None => Redirect::to("/prove").into_response(),
        }
    }

    /// The way back to the status page after an action on it. If the action was refused, the page says
    /// why.
    pub async fn settled(
        &self,
        request: &Request,
        result: Result<Request, ServiceError>,
    ) -> Answer {
        match result {
            Ok(_) => Ok(Redirect::to("/status").into_response()),
            Err(ServiceError::Refused(refusal)) => {
                tracing::info!(request = %request.facts.id, %refusal, "an action was refused");
                let request = self.recovery.request(request.facts.id).await?;
                let problem = match refusal {
                    Refusal::RetryLater => Problem::IssueFailed,
                    Refusal::AttemptsUsedUp => Problem::ReplaceOver,
                    Refusal::DeadlinePassed if request.facts.disclosed.is_some() => {
                        Problem::ReplaceOver
                    }
                    Refusal::PassNotListed => Problem::PassNotListed,
                    Refusal::AlreadyDone if request.facts.disclosed.is_some() => Problem::PassUsed,
                    _ => Problem::MovedOn,
                };
                Ok(self.status(StatusCode::CONFLICT, &request, Some(problem)))
            }
            Err(error) => Err(Failure::from(error)),
        }
    }
}
