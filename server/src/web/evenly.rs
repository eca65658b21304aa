//! Answers at whole steps of time, so that how long one took tells nothing.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::Web;

/// Gives an answer only when a whole number of steps has passed since it was asked for.
///
/// Who bears an identifier is found out by a job, not while a browser waits; but what is on record by then
/// can still differ between accounts, and whoever measures often enough finds out by how much. The work of
/// an answer is far shorter than a step, so all take one. It goes for every page of a bound browser, since each looks at
/// the request before it knows whether that is proven; of what goes on for as long as somebody listens, for its beginning.
pub async fn evenly(State(web): State<Web>, request: Request, next: Next) -> Response {
    let step = web.site.answer_step;
    let begun = web.recovery.clock.monotonic();
    let response = next.run(request).await;
    if !step.is_zero() {
        let took = web.recovery.clock.monotonic().saturating_sub(begun);
        let steps = took.as_nanos() / step.as_nanos() + 1;
        let due = step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX));
        tokio::time::sleep(due.saturating_sub(took)).await;
    }
    response
}
