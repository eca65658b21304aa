//! Actions that do not come as our pages send them, and browsers that are not the one.

use domain::StateName;
use reqwest::Method;

use crate::{
    browser::Browser,
    harness::Story,
    people::{Person, wrong},
};

/// Every action, and whether its address is a page too.
const ACTIONS: [(&str, bool); 25] = [
    ("/identify", true),
    ("/prove", true),
    ("/prove/resend", false),
    ("/prove/password", false),
    ("/submit", false),
    ("/withdraw", false),
    ("/pass", true),
    ("/pass/again", false),
    ("/finish", false),
    ("/approve", true),
    ("/approve/deny", true),
    ("/approve/hand-on", true),
    ("/approve/reopen", false),
    ("/approvals", true),
    ("/approvals/absence", true),
    ("/approvals/absence/undo", false),
    ("/approve/report", false),
    ("/not-me", true),
    ("/sign-in", true),
    ("/sign-out", false),
    ("/codes", true),
    ("/codes/replace", true),
    ("/codes/download", false),
    ("/console/sign-in", true),
    ("/console/sign-out", false),
];

/// A form that would do something at every action.
const FORM: &[(&str, &str)] = &[
    ("identifier", "ada.keller@harbourfinch.example"),
    ("code", "123456"),
    ("attested", "phone"),
    ("why", "other"),
];

/// A browser that holds everything: the request, the approver's link and the owner's.
async fn everything<'a>(story: &'a Story, ada: &Person<'a>) -> Browser<'a> {
    let browser = story.browser();
    browser
        .get(&story.manager("daniel.okafor").link().await)
        .await;
    browser.get(&ada.not_me_link().await).await;
    browser.steal(&ada.browser);
    browser
}

#[tokio::test]
async fn opening_an_action_does_nothing() {
    let story = Story::with_saved_codes().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let browser = everything(&story, &ada).await;
    let before = ada.request().await;
    for (path, is_page) in ACTIONS {
        for method in [Method::GET, Method::HEAD] {
            let page = browser.visit(method.clone(), path).await;
            if is_page {
                assert!(
                    [200, 303, 403].contains(&page.status),
                    "{method} {path}: {}",
                    page.status
                );
            } else {
                assert_eq!(
                    (page.status, page.header("allow")),
                    (405, "POST"),
                    "{method} {path}"
                );
                if method == Method::GET {
                    page.shows(405, "This address cannot be opened by itself");
                }
            }
        }
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let own = [("sec-fetch-site", "same-origin")];
            let page = browser.send(method.clone(), path, &own, Some(FORM)).await;
            page.shows(405, "This address cannot be opened by itself");
            let page = browser.send(method, path, &[], Some(FORM)).await;
            page.shows(403, "We did not take that answer");
        }
    }
    assert_eq!(ada.request().await, before);
    assert_eq!(story.requests().await.len(), 1);
    assert!(story.passes("ada.keller").await.is_empty());
}

#[tokio::test]
async fn forms_of_other_sites_are_not_taken() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let browser = everything(&story, &ada).await;
    let before = ada.request().await;
    let own = story.base_url().trim_end_matches('/');
    let (suffixed, other_port) = (format!("{own}.evil.example"), "http://localhost:3001");
    let secure = own.replace("http:", "https:");
    for (path, _) in ACTIONS {
        for headers in [
            &[][..],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", &suffixed)],
            &[("origin", other_port)],
            &[("origin", &secure)],
            &[("origin", "")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", own)],
            &[
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://evil.example"),
            ],
            &[("referer", own)],
        ] {
            let page = browser.send(Method::POST, path, headers, Some(FORM)).await;
            page.shows(403, "We did not take that answer");
            assert_eq!(page.header("set-cookie"), "", "{path} {headers:?}");
        }
    }
    assert_eq!(ada.request().await, before);
    assert_eq!(story.requests().await.len(), 1);
}

#[tokio::test]
async fn forms_that_no_page_sends_are_not_read() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let before = ada.request().await;
    let oversized = "1".repeat(17 * 1024);
    for path in ["/identify", "/approve", "/console/sign-in"] {
        let page = daniel.browser.post(path, &[("code", &oversized)]).await;
        page.shows(422, "We could not read that answer");
        // One field twice, and something else than a form.
        let page = daniel
            .browser
            .post(
                path,
                &[
                    ("code", "1"),
                    ("code", "2"),
                    ("identifier", "a"),
                    ("identifier", "b"),
                    ("name", "a"),
                    ("name", "b"),
                ],
            )
            .await;
        page.shows(422, "We could not read that answer");
        let headers = [
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/json"),
        ];
        let page = daniel
            .browser
            .send(Method::POST, path, &headers, None)
            .await;
        page.shows(422, "We could not read that answer");
    }
    assert_eq!(ada.request().await, before);
}

#[tokio::test]
async fn addresses_that_are_none_get_a_page() {
    let story = Story::begin().await;
    let browser = story.browser();
    for path in [
        "/nothing",
        "/approve/%ff",
        "/not-me/%ff%fe",
        "/console/recoveries/%ff",
        "/pkg/x/y",
        "/pkg/%ff/y",
        "/.env",
        "/what-happened?reason=a&reason=b",
        "/identify?reason=a&reason=b",
        "/approve/a/b",
    ] {
        browser.get(path).await.shows(404, "There is no page here");
    }
    let page = browser.get("/what-happened?reason=nonsense").await;
    page.shows(422, "Choose what happened");
    browser
        .get("/what-happened?answered=yes")
        .await
        .shows(422, "Choose what happened");
    // A reason that is none is no reason to stop.
    browser
        .get("/identify?reason=%3Cscript%3E")
        .await
        .shows(200, "work email address");
}

#[tokio::test]
async fn a_second_browser_has_no_request() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    let before = ada.request().await;
    let other = story.browser();
    for path in ["/prove", "/check", "/status", "/pass", "/status/events"] {
        other
            .get(path)
            .await
            .shows(410, "There is no request in this browser");
    }
    for path in [
        "/prove",
        "/prove/resend",
        "/prove/password",
        "/submit",
        "/withdraw",
        "/pass",
        "/pass/again",
    ] {
        other
            .post(path, FORM)
            .await
            .shows(410, "There is no request in this browser");
    }
    assert_eq!(ada.request().await, before);
}

#[tokio::test]
async fn the_cookie_from_before_the_proof_is_worth_nothing() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let planted = story.browser();
    planted.steal(&ada.browser);
    ada.proves().await;
    assert_ne!(
        planted.cookie("latchkey-request"),
        ada.browser.cookie("latchkey-request")
    );
    planted
        .get("/status")
        .await
        .shows(410, "There is no request in this browser");
    ada.status().await.shows(200, "Check before you ask");
}

#[tokio::test]
async fn the_browser_that_asked_cannot_approve() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let before = ada.request().await;
    let code = ada.contact_code().await;
    let link = story.manager("daniel.okafor").link().await;
    ada.browser
        .get(&link)
        .await
        .shows(403, "Use another browser to review this");
    for form in [
        &[("code", code.as_str()), ("attested", "phone")][..],
        &[("code", &wrong(&code)), ("attested", "phone")],
        &[("code", &code)],
        &[],
    ] {
        let page = ada.browser.post("/approve", form).await;
        page.shows(403, "Use another browser to review this");
    }
    assert_eq!(ada.request().await, before);
    // A no is taken from anywhere.
    ada.browser
        .post("/approve/deny", &[("why", "other")])
        .await
        .shows(200, "The request is declined");
    assert_eq!(ada.state().await, StateName::Denied);
}

#[tokio::test]
async fn a_browser_with_another_request_may_approve() {
    let story = Story::begin().await;
    let (ada, daniel) = (
        story.locked_out("ada.keller"),
        story.locked_out("daniel.okafor"),
    );
    ada.waits().await;
    daniel.asks().await;
    let page = daniel
        .browser
        .get(&story.manager("daniel.okafor").link().await)
        .await;
    page.shows(200, "ask you for help?");
    let form = [
        ("code", ada.contact_code().await),
        ("attested", "phone".to_owned()),
    ];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let page = daniel.browser.post("/approve", &form).await;
    page.shows(200, "You have approved the request");
}
