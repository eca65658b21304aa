//! The status page's live part: server-sent events for the browser that a request is bound to.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{Request, StateName};
use futures::stream;
use serde_json::json;
use tokio::sync::watch;

use super::{
    Web,
    answer::Answer,
    present,
    visit::{Token, Visit},
};
use crate::secret::Bearer;
use app::view::ProblemPage;

/// How often a silent connection shows that it is alive, so that no proxy ends it.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How long to wait for a change when no code changes before.
const IDLE: Duration = Duration::from_mins(5);
/// How long to wait when the database does not answer.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Sends where the request stands: at once, after each change that its page would show, and when its
/// contact code changes.
///
/// There is nothing to hear before the proofs have passed: a stream that stirs when the directory
/// recognises somebody would tell a stranger who exists.
pub async fn events(State(web): State<Web>, visit: Visit) -> Answer {
    let secret = visit.secret(Token::Browser).ok_or(ProblemPage::NoRequest)?;
    let request = visit.request(&web).await?;
    if request.state_name() == StateName::Proving {
        return Err(ProblemPage::NoRequest.into());
    }
    let changes = web.recovery.changes_of(request.facts.id);
    let listener = Listener {
        web,
        secret,
        changes,
        wait: Duration::ZERO,
        sent: None,
    };
    let events = stream::unfold(listener, Listener::next);
    Ok(Sse::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response())
}

/// A browser that listens.
struct Listener {
    web: Web,
    /// What it carried when it began. Once the request is bound to another secret, it hears no more.
    secret: Bearer,
    changes: watch::Receiver<u64>,
    /// How long what was sent stays true unless the request changes.
    wait: Duration,
    sent: Option<String>,
}

impl Listener {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if !self.wait.is_zero() && !changed(&mut self.changes, self.wait).await {
                return None;
            }
            let Ok(request) = self.web.recovery.request_of(&self.secret).await else {
                // A stream that ended now would be followed by an attempt that fails, and browsers make one only.
                self.wait = TRY_AGAIN;
                continue;
            };
            let request = request?;
            let (data, wait) = describe(&self.web, &request);
            self.wait = wait;
            if self.sent.as_ref() != Some(&data.shown) {
                self.sent = Some(data.shown);
                return Some((Ok(Event::default().data(data.json)), self));
            }
        }
    }
}

/// Waits for a change, or for `wait`. `false` when the server stops.
pub(super) async fn changed(changes: &mut watch::Receiver<u64>, wait: Duration) -> bool {
    match tokio::time::timeout(wait, changes.changed()).await {
        Ok(change) => change.is_ok(),
        Err(_) => true,
    }
}

/// What is sent, and what of it tells one state of the page from another.
struct News {
    json: String,
    shown: String,
}

/// The news, and how long they stay true unless the request changes.
fn describe(web: &Web, request: &Request) -> (News, Duration) {
    let code = (request.state_name() == StateName::AwaitingApproval)
        .then(|| web.recovery.contact_code(request));
    let wait = code
        .as_ref()
        .map_or(IDLE, |code| code.changes_in.max(Duration::from_millis(50)));
    let page = present::shows(request);
    let digits = code.as_ref().map(domain::ContactCode::grouped);
    let json = json!({
        "shows": page,
        "contact_code": digits,
        "code_changes_in": code.as_ref().map(|code| code.changes_in.as_secs()),
    });
    let shown = format!("{page} {}", digits.unwrap_or_default());
    (
        News {
            json: json.to_string(),
            shown,
        },
        wait,
    )
}
