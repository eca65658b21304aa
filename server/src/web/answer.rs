//! Answers: pages, redirects, and what becomes of errors.

use std::{any::Any, time::Duration};

use app::{
    PASS_SLOT,
    view::{Audience, Frame, Mode, Page, PassView, Place, ProblemPage, SignedIn, SignedInAt},
};
use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Web;
use crate::{auth::employee::Employee, recovery::ServiceError, store::SignInKind};

/// Why a handler has no page of its own to show.
#[derive(Debug)]
pub enum Failure {
    /// A page about the problem says all that there is.
    Problem(ProblemPage),
    /// The same, to somebody whom the address does not tell.
    ProblemTo(ProblemPage, Audience),
    /// Another page is the answer, and it is drawn.
    Drawn(Box<Response>),
    /// Whoever wants to be there has to sign in first, and comes back.
    SignInFirst(Place),
    /// Something failed that the visitor can do nothing about.
    Service(ServiceError),
}

/// When to come back, in seconds, while a part that we need is away.
pub const RETRY: (HeaderName, HeaderValue) = (header::RETRY_AFTER, HeaderValue::from_static("10"));

/// What handlers return.
pub type Answer = Result<Response, Failure>;

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<ProblemPage> for Failure {
    fn from(page: ProblemPage) -> Self {
        Self::Problem(page)
    }
}

impl IntoResponse for Failure {
    /// Leaves the page to [`draw_problems`], which knows the installation.
    fn into_response(self) -> Response {
        let page = match self {
            Self::Problem(page) => page,
            Self::ProblemTo(page, audience) => {
                let mut response = Self::Problem(page).into_response();
                response.extensions_mut().insert(audience);
                return response;
            }
            Self::Drawn(response) => return *response,
            Self::Service(ServiceError::Limited { wait }) => {
                return come_back(
                    ProblemPage::TooMany {
                        minutes: minutes(wait),
                    },
                    wait,
                );
            }
            Self::Service(ServiceError::Flooded { wait }) => {
                return come_back(
                    ProblemPage::Flooded {
                        minutes: minutes(wait),
                    },
                    wait,
                );
            }
            Self::Service(ServiceError::Paused) => ProblemPage::Paused,
            Self::SignInFirst(place) => {
                let address = format!("/sign-in?to={}", place.slug());
                return Redirect::to(&address).into_response();
            }
            Self::Service(error) => {
                tracing::error!(%error, "a page could not be made");
                match error {
                    ServiceError::Gone => ProblemPage::NoRequest,
                    ServiceError::Refused(_) => ProblemPage::Internal,
                    ServiceError::Contended
                    | ServiceError::Busy(_)
                    | ServiceError::Limited { .. }
                    | ServiceError::Flooded { .. }
                    | ServiceError::Paused
                    | ServiceError::Store(_)
                    | ServiceError::Graph(_)
                    | ServiceError::Checkpoint(_) => ProblemPage::Unavailable,
                }
            }
        };
        let mut response = status(page).into_response();
        if matches!(
            page,
            ProblemPage::Unavailable | ProblemPage::Paused | ProblemPage::PasswordTooEarly
        ) {
            let (name, pause) = RETRY;
            response.headers_mut().insert(name, pause);
        }
        response.extensions_mut().insert(page);
        response
    }
}

/// A page about something that goes on after a while.
fn come_back(page: ProblemPage, wait: Duration) -> Response {
    let mut response = status(page).into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, seconds(wait));
    response.extensions_mut().insert(page);
    response
}

/// For `Retry-After`.
pub fn seconds(wait: Duration) -> HeaderValue {
    HeaderValue::from(
        wait.as_millis()
            .div_ceil(1000)
            .max(1)
            .try_into()
            .unwrap_or(u64::MAX),
    )
}

fn minutes(wait: Duration) -> u16 {
    u16::try_from(wait.as_secs().div_ceil(60).max(1)).unwrap_or(u16::MAX)
}

const fn status(page: ProblemPage) -> StatusCode {
    match page {
        ProblemPage::NotFound => StatusCode::NOT_FOUND,
        ProblemPage::NotAPage => StatusCode::METHOD_NOT_ALLOWED,
        ProblemPage::ForeignForm
        | ProblemPage::SameBrowser
        | ProblemPage::SignInRefused
        | ProblemPage::SignInNotEnough
        | ProblemPage::AccountInactive
        | ProblemPage::ApproverInactive
        | ProblemPage::PasswordRefused => StatusCode::FORBIDDEN,
        ProblemPage::BadForm => StatusCode::UNPROCESSABLE_ENTITY,
        ProblemPage::NoRequest
        | ProblemPage::DeadLink
        | ProblemPage::SignInStale
        | ProblemPage::PasswordStale => StatusCode::GONE,
        ProblemPage::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ProblemPage::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        ProblemPage::Flooded { .. }
        | ProblemPage::Paused
        | ProblemPage::PasswordTooEarly
        | ProblemPage::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Draws the page of every problem that a handler or the router left behind.
pub async fn draw_problems(State(web): State<Web>, request: Request, next: Next) -> Response {
    let audience = Audience::at(request.uri().path());
    let response = next.run(request).await;
    let Some(page) = response.extensions().get::<ProblemPage>().copied() else {
        return response;
    };
    let told = response.extensions().get::<Audience>().copied();
    let page = Page::Problem(page, told.unwrap_or(audience));
    let mut drawn = web.page(response.status(), page);
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            drawn.headers_mut().insert(name, value.clone());
        }
    }
    drawn
}

/// The answer of a handler that broke off: the page about a fault of ours. What it was about is logged
/// by the panic itself, which is not repeated to the visitor.
pub fn broke_off(_panic: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler broke off");
    Failure::from(ProblemPage::Internal).into_response()
}

impl Web {
    fn frame(&self, signed_in_as: Option<SignedIn>) -> Frame {
        Frame {
            organisation: self.site.organisation.clone(),
            help: self.site.help.clone(),
            assets: self.assets.path().to_owned(),
            signed_in_as,
            mode: Mode::Real,
        }
    }

    /// A page.
    pub fn page(&self, status: StatusCode, page: Page) -> Response {
        self.drawn(status, page, self.frame(None))
    }

    /// A page about a request, for those who may know whom it is about. It says so if that is a rehearsal.
    pub fn page_about(
        &self,
        request: &domain::Request,
        status: StatusCode,
        page: Page,
    ) -> Response {
        self.review_page(request, None, status, page)
    }

    /// As [`Self::page_about`], for its approver, who may have signed in.
    pub fn review_page(
        &self,
        request: &domain::Request,
        employee: Option<&Employee>,
        status: StatusCode,
        page: Page,
    ) -> Response {
        let frame = Frame {
            signed_in_as: employee.map(signed_in),
            mode: mode(request),
            ..self.frame(None)
        };
        self.drawn(status, page, frame)
    }

    /// A page of the console.
    pub fn console_page(&self, page: Page, admin: &str) -> Response {
        let signed_in = SignedIn {
            name: admin.to_owned(),
            at: SignedInAt::Console,
        };
        self.drawn(StatusCode::OK, page, self.frame(Some(signed_in)))
    }

    /// A page for an employee who is signed in.
    pub fn employee_page(&self, status: StatusCode, page: Page, employee: &Employee) -> Response {
        self.drawn(status, page, self.frame(Some(signed_in(employee))))
    }

    fn drawn(&self, status: StatusCode, page: Page, frame: Frame) -> Response {
        let leads_to = self.leads_to(&page);
        let document = app::render(page, frame);
        (
            status,
            [content_security_policy(
                &document.nonce,
                leads_to.as_deref(),
            )],
            Html(document.html),
        )
            .into_response()
    }

    /// The identity provider that a form of the page leads to. Browsers hold a form to what the page allows even
    /// where its answer redirects.
    fn leads_to(&self, page: &Page) -> Option<String> {
        let kind = match page {
            Page::EmployeeSignIn(_) | Page::ApproverSignIn(_) | Page::OtherApprover(_) => {
                SignInKind::Employee
            }
            Page::Prove(_) => SignInKind::Password,
            _ => return None,
        };
        Some(self.sign_ins.party(kind)?.origin())
    }

    /// The page with the pass.
    pub fn pass_page(&self, view: PassView, value: &SecretString) -> Answer {
        self.page_with_secrets(
            Page::Pass(view),
            &[(PASS_SLOT.to_owned(), value.expose_secret())],
        )
    }

    /// A page with secrets, each of which has a slot in it. They are put into the finished document, in a
    /// buffer that is wiped once the answer is sent.
    pub fn page_with_secrets(&self, page: Page, secrets: &[(String, impl AsRef<str>)]) -> Answer {
        let document = app::render(page, self.frame(None));
        let secrets: Vec<_> = secrets
            .iter()
            .map(|(slot, secret)| (slot.as_str(), escaped(secret.as_ref())))
            .collect();
        let pieces = filled(&document.html, &secrets).ok_or(ProblemPage::Internal)?;
        let length = pieces.iter().map(|piece| piece.len()).sum();
        // It never grows, so no copy of a secret is left behind.
        let mut body = Zeroizing::new(Vec::with_capacity(length));
        for piece in pieces {
            body.extend_from_slice(piece.as_bytes());
        }
        let headers = [
            content_security_policy(&document.nonce, None),
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
        ];
        Ok((headers, Body::from(Bytes::from_owner(body))).into_response())
    }
}

fn mode(request: &domain::Request) -> Mode {
    if request.is_rehearsal() {
        Mode::Trial
    } else {
        Mode::Real
    }
}

fn signed_in(employee: &Employee) -> SignedIn {
    SignedIn {
        name: employee.name.clone(),
        at: SignedInAt::OwnPages,
    }
}

/// The pieces of `html` with the secrets in the places of their slots. None if one of them has no place.
fn filled<'a>(html: &'a str, secrets: &'a [(&str, Zeroizing<String>)]) -> Option<Vec<&'a str>> {
    if !secrets.iter().all(|(slot, _)| html.contains(slot)) {
        return None;
    }
    let mut pieces = Vec::new();
    let mut rest = html;
    loop {
        let next = secrets
            .iter()
            .filter_map(|(slot, secret)| Some((rest.find(slot)?, slot.len(), secret)))
            .min_by_key(|(at, ..)| *at);
        let Some((at, length, secret)) = next else {
            pieces.push(rest);
            return Some(pieces);
        };
        pieces.extend([&rest[..at], secret.as_str()]);
        rest = &rest[at + length..];
    }
}

/// `text` for an HTML element. The buffer never grows, so no copy of a secret is left behind.
fn escaped(text: &str) -> Zeroizing<String> {
    const LONGEST: usize = "&quot;".len();
    let mut escaped = Zeroizing::new(String::with_capacity(text.len() * LONGEST));
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Nothing but our own files and the scripts that this very answer vouches for; forms go to us, and on to `leads_to`.
fn content_security_policy(nonce: &str, leads_to: Option<&str>) -> (HeaderName, HeaderValue) {
    let leads_to = leads_to
        .map(|origin| format!(" {origin}"))
        .unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; connect-src 'self'; form-action 'self'{leads_to}; base-uri 'none'; frame-ancestors 'none'"
    );
    // A nonce is base64: it always fits into a header.
    let value =
        HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    (header::CONTENT_SECURITY_POLICY, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stand_in_their_slots_and_what_they_hold_is_no_slot() {
        let secret = |text: &str| Zeroizing::new(text.to_owned());
        let secrets = [("<1>", secret("a<2>")), ("<2>", secret("b"))];
        let pieces = filled("x<2>y<1>z<2>", &secrets).unwrap();
        assert_eq!(pieces.concat(), "xbya<2>zb");
        assert_eq!(filled("x<2>y", &secrets), None);
    }

    #[test]
    fn a_pass_is_shown_as_it_is_and_never_as_markup() {
        assert_eq!(
            escaped("+dr<k>z&\"q'A").as_str(),
            "+dr&lt;k&gt;z&amp;&quot;q&#39;A"
        );
    }
}
