//! The status page's live part: server-sent events for the browser that a request is bound to.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{Request, RequestId, StateName};
use futures::stream::{self, Stream};
use serde_json::json;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{Web, answer::Answer, present, visit::Visit};

/// How often a silent connection shows that it is alive, so that no proxy ends it.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How long to wait for a change when no code changes before.
const IDLE: Duration = Duration::from_mins(5);

/// Sends where the request stands: at once, after each change, and when its contact code changes.
pub async fn events(State(web): State<Web>, visit: Visit) -> Answer {
    let changes = web.recovery.changes();
    let request = visit.request(&web).await?;
    let events = Sse::new(follow(web, request.facts.id, changes))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(events.into_response())
}

fn follow(
    web: Web,
    id: RequestId,
    changes: Receiver<RequestId>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(
        (web, changes, Duration::ZERO),
        move |(web, mut changes, wait)| async move {
            if !wait.is_zero() && !changed(&mut changes, id, wait).await {
                return None;
            }
            let request = web.recovery.request(id).await.ok()?;
            let (event, wait) = describe(&web, &request);
            Some((Ok(event), (web, changes, wait)))
        },
    )
}

/// Waits for a change of `id`, or for `wait`. `false` when the server stops.
async fn changed(changes: &mut Receiver<RequestId>, id: RequestId, wait: Duration) -> bool {
    let change = async {
        loop {
            match changes.recv().await {
                Ok(other) if other == id => return true,
                Ok(_) => {}
                // Some changes were missed: look, to be sure.
                Err(RecvError::Lagged(_)) => return true,
                Err(RecvError::Closed) => return false,
            }
        }
    };
    tokio::time::timeout(wait, change).await.unwrap_or(true)
}

/// The event, and how long it stays true unless the request changes.
fn describe(web: &Web, request: &Request) -> (Event, Duration) {
    let code = (request.state_name() == StateName::AwaitingApproval)
        .then(|| web.recovery.contact_code(request.facts.id));
    let wait = code
        .as_ref()
        .map_or(IDLE, |code| code.changes_in.max(Duration::from_millis(50)));
    let data = json!({
        "shows": present::shows(request),
        "contact_code": code.as_ref().map(domain::ContactCode::grouped),
        "code_changes_in": code.as_ref().map(|code| code.changes_in.as_secs()),
    });
    (Event::default().data(data.to_string()), wait)
}
