//! Pages for people: the sign-in page, the security info of the person signed in, the mailbox and the wallet.

mod mailbox;
mod sign_in;
mod wallet;

use askama::Template;
use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};

pub use wallet::open as open_in_wallet;

use crate::front::Tenant;

const STYLE: &str = include_str!("../../templates/simulator.css");

pub fn routes() -> Router<Tenant> {
    Router::new()
        .route("/", get(sign_in::form).post(sign_in::submit))
        .route("/mysecurityinfo", get(sign_in::security_info))
        .route(
            "/mysecurityinfo/authenticator",
            post(sign_in::register_authenticator),
        )
        .route("/sign-out", post(sign_in::sign_out))
        .route("/mailbox", get(mailbox::list))
        .route("/mailbox/{id}", get(mailbox::show))
        .route("/mailbox/{id}/html", get(mailbox::html_part))
        .route("/wallet", get(wallet::show).post(wallet::present))
        .route("/simulator.css", get(style))
}

/// Renders a page that is never cached.
pub fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn style() -> impl IntoResponse {
    let css = HeaderValue::from_static("text/css; charset=utf-8");
    ([(header::CONTENT_TYPE, css)], STYLE)
}
