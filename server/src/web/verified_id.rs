//! Presenting a Verified ID: the code to scan, what became of it, and the messages of Microsoft's service.

use std::{convert::Infallible, fmt::Write, time::Duration};

use app::view::{Page, PresentationStage, Problem, ProblemPage, QrCode, VerifiedIdView};
use axum::{
    body::{Body, to_bytes},
    extract::{Request as HttpRequest, State},
    http::StatusCode,
    response::{
        IntoResponse, Redirect, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{ProofKind, Request, State as RequestState};
use fast_qr::QRBuilder;
use futures::stream;
use serde_json::json;
use tokio::sync::watch;

use super::{
    Web,
    answer::{Answer, Failure},
    kiosk::elsewhere,
    live::{KEEP_ALIVE, TRY_AGAIN, changed},
    visit::Visit,
};
use crate::{
    limits::Action,
    recovery::{Heard, ServiceError},
    secret::Bearer,
    store::{Presentation, Progress},
    words,
};

/// A message carries the claims of a Verified ID, and with them a photo: Microsoft takes 2 MB of it, in base64 and
/// percent-encoded. Nothing is read for those who do not know the key.
const LARGEST_MESSAGE: usize = 4 * 1024 * 1024;

const HERE: &str = "/prove/verified-id";

/// Asks for a Verified ID.
pub async fn ask(State(web): State<Web>, visit: Visit) -> Answer {
    let service = web
        .recovery
        .request_service()
        .ok_or(ProblemPage::NotFound)?;
    let request = visit.request(&web).await?;
    if let Some(elsewhere) = elsewhere(&request, HERE) {
        return Ok(elsewhere);
    }
    // What would not count is not asked for; which proofs count is the same for everybody.
    if !request.proof_policy().accepts(ProofKind::VerifiedId) {
        return Ok(Redirect::to("/prove").into_response());
    }
    // A wallet takes longer than a look-up, unless the directory is away: then nobody shows their face in vain.
    if let Some(problem @ Problem::LookUpWaits) = web.pending(&request) {
        return Ok(web.comes_too_early(&request, problem));
    }
    web.limits.take(Action::VerifiedIdStart, &visit).await?;
    let id = request.facts.id;
    match web.recovery.ask_for_verified_id(id, service).await {
        Ok(()) => Ok(Redirect::to(HERE).into_response()),
        Err(ServiceError::Graph(error)) => {
            tracing::error!(request = %id, %error, "no Verified ID could be asked for");
            let view = view(&request, PresentationStage::Unavailable, true);
            Ok(web.page(StatusCode::SERVICE_UNAVAILABLE, Page::VerifiedId(view)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The code to scan, or what became of it.
pub async fn page(State(web): State<Web>, visit: Visit) -> Answer {
    let request = visit.request(&web).await?;
    if let Some(elsewhere) = elsewhere(&request, HERE) {
        return Ok(elsewhere);
    }
    let Some(presentation) = web.recovery.presentation(request.facts.id).await? else {
        return Ok(Redirect::to("/prove").into_response());
    };
    let Some(stage) = stage(&web, &presentation) else {
        return Ok(Redirect::to("/prove").into_response());
    };
    let again = web.recovery.may_ask_again(&presentation);
    let view = view(&request, stage, again);
    Ok(web.page(StatusCode::OK, Page::VerifiedId(view)))
}

fn view(request: &Request, stage: PresentationStage, may_ask_again: bool) -> VerifiedIdView {
    VerifiedIdView {
        reference: request.facts.id.reference().to_string(),
        stage,
        may_ask_again,
    }
}

/// Where a presentation stands; nowhere any more once it holds. It is known without knowing whom the request is about.
fn stage(web: &Web, presentation: &Presentation) -> Option<PresentationStage> {
    let is_over = web.recovery.now() >= presentation.expires_at;
    Some(match presentation.progress {
        Progress::Asked if is_over => PresentationStage::RanOut,
        Progress::Asked => match qr_code(&presentation.link) {
            Some(code) => PresentationStage::Waiting {
                code,
                link: presentation.link.clone(),
                until: words::moment(presentation.expires_at),
            },
            None => PresentationStage::Unavailable,
        },
        Progress::Opened if web.recovery.is_in_time(presentation) => PresentationStage::Opened,
        Progress::Opened => PresentationStage::RanOut,
        Progress::Refused => PresentationStage::Refused,
        Progress::Held => return None,
    })
}

/// The code for `link`, if it fits into one: every run of dark modules as a rectangle of an SVG path.
fn qr_code(link: &str) -> Option<QrCode> {
    let code = QRBuilder::new(link).build().ok()?;
    let mut path = String::new();
    for y in 0..code.size {
        let row = &code[y][..code.size];
        let mut x = 0;
        for run in row.chunk_by(|one, next| one.value() == next.value()) {
            if run[0].value() {
                let length = run.len();
                // Writing to memory does not fail.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x += run.len();
        }
    }
    let size = u16::try_from(code.size).ok()?;
    Some(QrCode { size, path })
}

/// What the page hears once the presentation holds, which it then shows no more.
const HELD: &str = "held";

/// Tells the page of each step of the presentation, up to the last. What is told depends on the wallet alone, so a stranger learns
/// nothing about whom the request is about.
pub async fn events(State(web): State<Web>, visit: Visit) -> Answer {
    let request = visit.request(&web).await?;
    if !matches!(request.state, RequestState::Proving(_)) {
        return Err(ProblemPage::NoRequest.into());
    }
    let steps = web.recovery.steps_of_presentations(request.facts.id);
    let listener = Listener {
        web,
        request,
        steps,
        wait: Duration::ZERO,
        sent: None,
        is_over: false,
    };
    Ok(Sse::new(stream::unfold(listener, Listener::next))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response())
}

/// A browser that listens.
struct Listener {
    web: Web,
    request: Request,
    steps: watch::Receiver<u64>,
    /// How long what was sent stays true without another step.
    wait: Duration,
    sent: Option<&'static str>,
    /// Whether the last word was said.
    is_over: bool,
}

impl Listener {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if self.is_over {
            return None;
        }
        loop {
            if !self.wait.is_zero() && !changed(&mut self.steps, self.wait).await {
                return None;
            }
            let id = self.request.facts.id;
            let Ok(presentation) = self.web.recovery.presentation(id).await else {
                self.wait = TRY_AGAIN;
                continue;
            };
            let presentation = presentation?;
            let stage = stage(&self.web, &presentation);
            let goes_on = matches!(
                stage,
                Some(PresentationStage::Waiting { .. } | PresentationStage::Opened)
            );
            self.is_over = !goes_on;
            let shows = stage.as_ref().map_or(HELD, PresentationStage::name);
            // Time alone changes what is shown, once.
            let left = presentation.expires_at.since(self.web.recovery.now());
            self.wait = left.max(Duration::from_secs(5));
            if self.sent != Some(shows) {
                self.sent = Some(shows);
                let news = json!({"shows": shows}).to_string();
                return Some((Ok(Event::default().data(news)), self));
            }
        }
    }
}

/// Takes a message of Microsoft's service. It comes from no browser, so its key takes the place of the check where a
/// form comes from; and it is told nothing but whether it was understood.
pub async fn callback(State(web): State<Web>, message: HttpRequest<Body>) -> Response {
    match Box::pin(heard(&web, message)).await {
        Ok(status) => status.into_response(),
        Err(error) => {
            let mut response = Failure::from(error).into_response();
            // No page: nobody looks.
            response.extensions_mut().remove::<ProblemPage>();
            response
        }
    }
}

async fn heard(web: &Web, message: HttpRequest<Body>) -> Result<StatusCode, ServiceError> {
    let Some(service) = web.recovery.request_service() else {
        return Ok(StatusCode::NOT_FOUND);
    };
    let key = message
        .headers()
        .get("api-key")
        .and_then(|key| key.to_str().ok())
        .and_then(Bearer::parse);
    let presentation = match key {
        Some(key) => web.recovery.presentation_with_key(&key).await?,
        None => None,
    };
    let Some(presentation) = presentation else {
        web.recovery.note_foreign_message().await?;
        return Ok(StatusCode::UNAUTHORIZED);
    };
    // What is too large is none that can be understood.
    let body = to_bytes(message.into_body(), LARGEST_MESSAGE)
        .await
        .unwrap_or_default();
    let heard = Box::pin(
        web.recovery
            .hear_of_presentation(service, &presentation, &body),
    )
    .await?;
    Ok(match heard {
        Heard::Understood => StatusCode::OK,
        Heard::Foreign => StatusCode::BAD_REQUEST,
        Heard::TooEarly => StatusCode::SERVICE_UNAVAILABLE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_module_by_module() {
        let link = "openid-vc://?request_uri=https://example.com/1";
        let drawn = qr_code(link).unwrap();
        let code = QRBuilder::new(link).build().unwrap();
        let mut modules = vec![vec![false; code.size]; code.size];
        for run in drawn.path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (length, _) = rest.split_once('v').unwrap();
            let (x, y, length): (usize, usize, usize) = (
                x.parse().unwrap(),
                y.parse().unwrap(),
                length.parse().unwrap(),
            );
            modules[y][x..x + length].fill(true);
        }
        for (y, row) in modules.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                assert_eq!(*dark, code[y][x].value(), "{x} {y}");
            }
        }
        assert_eq!(usize::from(drawn.size), code.size);
        assert!(qr_code(&"x".repeat(5000)).is_none());
    }
}
