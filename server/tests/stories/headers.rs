//! What every answer carries, whatever it is.

use reqwest::{
    Method,
    header::{HeaderMap, SET_COOKIE},
};

use crate::{browser::Page, harness::Story};

const HTTPS: &str = "\"https://recovery.harbourfinch.example\"";

/// Every route, some that are none, and some that are refused.
const ADDRESSES: [(&str, &str); 62] = [
    ("GET", "/"),
    ("GET", "/what-happened"),
    ("GET", "/what-happened?reason=lost-phone"),
    ("GET", "/identify"),
    ("POST", "/identify"),
    ("GET", "/prove"),
    ("POST", "/prove"),
    ("POST", "/prove/resend"),
    ("POST", "/prove/password"),
    ("GET", "/prove/password/callback"),
    ("GET", "/prove/verified-id"),
    ("POST", "/prove/verified-id"),
    ("GET", "/prove/verified-id/events"),
    ("POST", "/verified-id/callback"),
    ("GET", "/verified-id/callback"),
    ("GET", "/check"),
    ("POST", "/submit"),
    ("GET", "/status"),
    ("GET", "/status/events"),
    ("POST", "/withdraw"),
    ("GET", "/pass"),
    ("POST", "/pass"),
    ("POST", "/pass/again"),
    ("POST", "/finish"),
    ("GET", "/approve"),
    ("POST", "/approve"),
    ("GET", "/approve/deny"),
    ("POST", "/approve/deny"),
    ("GET", "/approve/hand-on"),
    ("POST", "/approve/hand-on"),
    ("POST", "/approve/reopen"),
    ("GET", "/approvals"),
    ("POST", "/approvals"),
    ("GET", "/approvals/absence"),
    ("POST", "/approvals/absence"),
    ("POST", "/approvals/absence/undo"),
    ("POST", "/approve/report"),
    ("GET", "/approve/nonsense"),
    ("GET", "/not-me"),
    ("POST", "/not-me"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in/callback"),
    ("POST", "/sign-out"),
    ("GET", "/codes"),
    ("POST", "/codes"),
    ("GET", "/codes/check"),
    ("GET", "/codes/replace"),
    ("POST", "/codes/replace"),
    ("POST", "/codes/download"),
    ("GET", "/codes/not-me"),
    ("POST", "/codes/not-me"),
    ("GET", "/codes/not-me/nonsense"),
    ("GET", "/console"),
    ("GET", "/console/recoveries/nonsense"),
    ("GET", "/console/sign-in"),
    ("POST", "/console/sign-out"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/nothing"),
    ("GET", "/withdraw"),
    ("DELETE", "/"),
];

#[track_caller]
fn is_defended(page: &Page, what: &str, secure: bool) {
    for (name, wanted) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ] {
        assert_eq!(page.header(name), wanted, "{name} at {what}");
    }
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'"),
        "{policy} at {what}"
    );
    assert!(
        policy.contains("frame-ancestors 'none'"),
        "{policy} at {what}"
    );
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
        "{policy}"
    );
    let transport = page.header("strict-transport-security");
    assert_eq!(transport.is_empty(), !secure, "{what}");
    if page.body.contains("<html") {
        let (_, rest) = policy
            .split_once("'nonce-")
            .expect("a page vouches for its scripts");
        let (nonce, _) = rest.split_once('\'').unwrap();
        assert!(nonce.len() >= 22, "{nonce}");
        let scripts = page.body.matches("<script").count();
        let vouched = page.body.matches(&format!("nonce=\"{nonce}\"")).count();
        assert!(vouched >= scripts, "{what}");
        assert!(
            !page.body.contains(" onclick=") && !page.body.contains(" style=\""),
            "{what}"
        );
    }
}

#[track_caller]
fn cookies_are_safe(headers: &HeaderMap, secure: bool) -> usize {
    let mut count = 0;
    for value in headers.get_all(SET_COOKIE) {
        let value = value.to_str().unwrap();
        let attributes: Vec<_> = value.split("; ").skip(1).collect();
        for wanted in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(attributes.contains(&wanted), "{value}");
        }
        assert!(
            !attributes
                .iter()
                .any(|attribute| attribute.starts_with("Domain")),
            "{value}"
        );
        assert!(
            attributes
                .iter()
                .any(|attribute| attribute.starts_with("Max-Age=")),
            "{value}"
        );
        assert_eq!(attributes.contains(&"Secure"), secure, "{value}");
        assert_eq!(value.starts_with("__Host-latchkey-"), secure, "{value}");
        count += 1;
    }
    count
}

async fn every_answer_is_defended(story: &Story, secure: bool) {
    for (method, path) in ADDRESSES {
        let browser = story.browser();
        let method: Method = method.parse().unwrap();
        let own = [("sec-fetch-site", "same-origin")];
        for headers in [&own[..], &[]] {
            let page = browser.send(method.clone(), path, headers, Some(&[])).await;
            let what = format!("{method} {path}, {}", page.status);
            is_defended(&page, &what, secure);
            assert_eq!(page.header("cache-control"), "no-store", "{what}");
            cookies_are_safe(&page.headers, secure);
        }
    }
}

#[tokio::test]
async fn every_answer_is_defended_over_plain_http() {
    every_answer_is_defended(&Story::begin().await, false).await;
}

#[tokio::test]
async fn every_answer_is_defended_over_tls() {
    every_answer_is_defended(&Story::with(&[("server.base_url", HTTPS)]).await, true).await;
}

#[tokio::test]
async fn every_page_of_a_recovery_is_defended() {
    for (settings, secure) in [(&[][..], false), (&[("server.base_url", HTTPS)], true)] {
        let story = Story::with(settings).await;
        story.admin("auditor", "correct horse battery").await;
        let ada = story.locked_out("ada.keller");
        let mut cookies = 0;
        let mut look = |page: &Page| {
            is_defended(page, &page.path, secure);
            assert_eq!(page.header("cache-control"), "no-store", "{}", page.path);
            cookies += cookies_are_safe(&page.headers, secure);
        };
        look(
            &ada.browser
                .submit(
                    "/identify",
                    &[("identifier", "ada.keller@harbourfinch.example")],
                )
                .await,
        );
        look(&ada.browser.get("/prove").await);
        story.run_jobs().await;
        look(
            &ada.browser
                .submit("/prove", &[("code", &ada.code().await)])
                .await,
        );
        look(&ada.browser.get("/check").await);
        ada.submits().await;
        look(&ada.status().await);
        let daniel = story.manager("daniel.okafor");
        look(
            &daniel
                .browser
                .visit(Method::GET, &daniel.link().await)
                .await,
        );
        look(&daniel.browser.get("/approve").await);
        look(&daniel.approves(&ada.contact_code().await).await);
        story.run_jobs().await;
        let owner = story.browser();
        look(&owner.visit(Method::GET, &ada.not_me_link().await).await);
        look(&owner.get("/not-me").await);
        look(&ada.browser.get("/pass").await);
        let page = ada.claims().await;
        page.shows(200, "Your pass");
        look(&page);
        let console = story.browser();
        look(
            &console
                .submit(
                    "/console/sign-in",
                    &[("name", "auditor"), ("password", "correct horse battery")],
                )
                .await,
        );
        look(&console.get("/console").await);
        look(&console.submit("/console/sign-out", &[]).await);
        look(&ada.browser.submit("/finish", &[]).await);
        // The request's twice, the two links', the console's twice, and all eight at the end.
        assert_eq!(cookies, 14);
    }
}

#[tokio::test]
async fn no_two_answers_share_a_nonce() {
    let story = Story::begin().await;
    let browser = story.browser();
    let one = browser.get("/").await;
    let two = browser.get("/").await;
    assert_ne!(
        one.header("content-security-policy"),
        two.header("content-security-policy")
    );
}

#[tokio::test]
async fn the_icon_may_be_kept() {
    let story = Story::begin().await;
    let page = story.browser().get("/favicon.svg").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "image/svg+xml")
    );
    assert_eq!(page.header("cache-control"), "public, max-age=86400");
    is_defended(&page, "/favicon.svg", false);
}
