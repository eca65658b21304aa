//! The control API for testers: JSON under `/_control`, without authentication.
//!
//! Nothing here imitates Microsoft. It looks behind the curtain and moves the scenery.

mod groups;
mod people;
mod scenery;
mod wallet;

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde_json::{Value, json};

use crate::front::Tenant;

pub fn routes() -> Router<Tenant> {
    Router::new()
        .route(
            "/tenant",
            get(scenery::tenant).patch(scenery::change_tenant),
        )
        .route("/people", get(people::list))
        .route(
            "/people/{key}",
            get(people::get)
                .patch(people::change)
                .delete(people::remove),
        )
        .route(
            "/people/{key}/methods",
            get(people::methods)
                .put(people::replace_methods)
                .post(people::add_method),
        )
        .route("/people/{key}/passes", get(people::passes))
        .route("/groups", get(groups::list))
        .route("/groups/{name}", put(groups::set))
        .route("/passes", get(people::all_passes))
        .route("/sessions/{key}", get(people::sessions))
        .route(
            "/tap-policy",
            get(scenery::pass_policy).put(scenery::set_pass_policy),
        )
        .route("/clock", get(scenery::clock).post(scenery::move_clock))
        .route(
            "/faults",
            get(scenery::faults)
                .post(scenery::add_fault)
                .delete(scenery::clear_faults),
        )
        .route("/held-calls", post(scenery::let_calls_go_on))
        .route("/late-calls", post(scenery::carry_out_late_calls))
        .route("/calls", get(scenery::calls).delete(scenery::clear_calls))
        .route(
            "/mailbox",
            get(scenery::mailbox).delete(scenery::clear_mailbox),
        )
        .route("/mailbox/mode", post(scenery::treat_mail))
        .route("/presentations", get(wallet::list))
        .route("/presentations/{id}", post(wallet::present))
        .route("/presentations/{id}/open", post(wallet::open))
        .route("/presentations/{id}/break-off", post(wallet::break_off))
        .route("/reset", post(scenery::reset))
}

/// What a control request ends in.
type Reply = Result<Json<Value>, Refused>;

/// A control request that made no sense.
struct Refused(StatusCode, String);

impl Refused {
    fn invalid(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, message.into())
    }

    fn unknown_person(key: &str) -> Self {
        Self(
            StatusCode::NOT_FOUND,
            format!("nobody has the id or user principal name {key:?}"),
        )
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}
