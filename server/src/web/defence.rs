//! What holds for every route: where forms may come from, and the headers of every answer.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use super::{Web, answer::Failure};
use app::view::ProblemPage;

/// Refuses every action that does not come from one of our own pages.
///
/// Browsers say where a form comes from in `Sec-Fetch-Site`, older ones in `Origin`. An action without
/// either is refused: it comes from no browser that we serve.
pub async fn own_forms_only(State(web): State<Web>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads
        || is_own_form(
            request.headers(),
            &web.site.base_url.origin().ascii_serialization(),
        )
    {
        next.run(request).await
    } else {
        Failure::from(ProblemPage::ForeignForm).into_response()
    }
}

fn is_own_form(headers: &HeaderMap, our_origin: &str) -> bool {
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) if site != "same-origin" => false,
        (_, Some(origin)) => origin == our_origin,
        (Some(_), None) => true,
        (None, None) => false,
    }
}

/// Sets the headers that every answer carries, whatever it is.
pub async fn headers(State(web): State<Web>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    default(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    );
    default(header::CACHE_CONTROL, "no-store");
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "same-origin");
    default(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    default(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    default(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    if web.site.base_url.scheme() == "https" {
        default(
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        );
    }
    response
}

/// Gives everything that is logged while answering the route it belongs to: the pattern, not the path,
/// since a path can hold a secret.
pub async fn trace(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str);
    let span = tracing::info_span!("http", method = %request.method(), route);
    next.run(request).instrument(span).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_send_forms() {
        for (site, origin, ours) in [
            (Some("same-origin"), Some("https://recovery.example"), true),
            (Some("same-origin"), None, true),
            (None, Some("https://recovery.example"), true),
            (None, None, false),
            (None, Some("https://evil.example"), false),
            (None, Some("null"), false),
            (Some("same-origin"), Some("https://evil.example"), false),
            (Some("cross-site"), None, false),
            (Some("cross-site"), Some("https://recovery.example"), false),
            (Some("same-site"), Some("https://recovery.example"), false),
            (Some("none"), None, false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(
                is_own_form(&headers, "https://recovery.example"),
                ours,
                "{site:?} {origin:?}"
            );
        }
    }
}
