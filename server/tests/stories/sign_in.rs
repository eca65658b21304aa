//! Signing in with the work account: who gets in, for how long, and which answers are not taken.

use std::time::Duration;

use latchkey::{audit::InstallationEvent, auth::oidc::SignInRefusal, store::SignInKind};
use reqwest::{Method, StatusCode, Url, header::LOCATION};
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Page},
    canary::{database, nowhere},
    harness::Story,
    people::work_address,
};

const MINUTE: Duration = Duration::from_mins(1);
const CALLBACK: &str = "/sign-in/callback";

impl Story {
    /// Signs in as the person with this name before the `@`, in `browser`; follows nothing after the way back.
    pub async fn employee_signs_in(&self, browser: &Browser<'_>, alias: &str) -> Page {
        self.employee_signs_in_to(browser, alias, "codes").await
    }

    /// As [`Self::employee_signs_in`], to come back to this place.
    pub async fn employee_signs_in_to(
        &self,
        browser: &Browser<'_>,
        alias: &str,
        place: &str,
    ) -> Page {
        let sent = browser.submit("/sign-in", &[("to", place)]).await;
        let way_back = self.picks(&sent, &work_address(alias)).await;
        browser.visit(Method::GET, &way_back).await
    }

    /// Goes to sign in from `browser`, and picks that person there. Gives the address that leads back to us.
    async fn comes_back(&self, browser: &Browser<'_>, alias: &str) -> String {
        let sent = browser.submit("/sign-in", &[("to", "codes")]).await;
        self.picks(&sent, &work_address(alias)).await
    }

    /// Picks an account where `sent` leads to; nobody's when the person cancels. Gives the address that leads back to
    /// us.
    pub async fn picks(&self, sent: &Page, account: &str) -> String {
        let authorize = Url::parse(sent.header("location")).expect("a sign-in begins");
        let mut form: Vec<(String, String)> = authorize.query_pairs().into_owned().collect();
        form.push(("person".to_owned(), account.to_owned()));
        let answer = self
            .client
            .post(authorize)
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let target = answer.headers()[LOCATION].to_str().unwrap();
        let path = target.strip_prefix(self.base_url().trim_end_matches('/'));
        path.expect("it leads back to us").to_owned()
    }

    /// Lets the identity provider sign other things than it should.
    pub async fn forges(&self, forgery: Value) {
        self.control(Method::PATCH, "/tenant", json!({ "idToken": forgery }))
            .await;
    }

    /// The refusals of sign-ins in the log.
    pub async fn refused_sign_ins(&self) -> Vec<(SignInKind, SignInRefusal)> {
        let events = self.records().await.installation_events().await.unwrap();
        let refusal = |event| match event {
            InstallationEvent::SignInRefused { kind, refusal, .. } => Some((kind, refusal)),
            _ => None,
        };
        events.into_iter().filter_map(refusal).collect()
    }
}

/// Whether a browser is signed in: who is, is not asked to sign in again.
async fn is_signed_in(browser: &Browser<'_>) -> bool {
    let page = browser.visit(Method::GET, "/sign-in?to=codes").await;
    assert!(matches!(page.status, 200 | 303), "{}", page.status);
    page.status == 303
}

/// The value of a parameter in an address.
pub fn parameter(address: &str, name: &str) -> Option<String> {
    let url = Url::parse("http://localhost")
        .unwrap()
        .join(address)
        .unwrap();
    let mut pairs = url.query_pairs();
    pairs
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn an_employee_signs_in_and_out() {
    let story = Story::begin().await;
    let browser = story.browser();
    browser
        .get("/sign-in?to=codes")
        .await
        .shows(200, "Sign in with your work account");
    assert!(!is_signed_in(&browser).await);
    let page = story.employee_signs_in(&browser, "ada.keller").await;
    assert_eq!((page.status, page.header("location")), (303, "/codes"));
    assert!(is_signed_in(&browser).await);
    assert!(browser.cookie("latchkey-sign-in").is_none(), "it is used");

    let kept = story.browser();
    kept.steal(&browser);
    browser
        .post("/sign-out", &[])
        .await
        .shows(200, "Sign in with your work account");
    for browser in [&browser, &kept] {
        assert!(!is_signed_in(browser).await);
    }
    assert_eq!(story.refused_sign_ins().await, []);
}

#[tokio::test]
async fn the_identity_provider_is_asked_for_nobody_in_particular() {
    let story = Story::begin().await;
    let browser = story.browser();
    let sent = browser.submit("/sign-in", &[("to", "codes")]).await;
    assert_eq!(sent.status, 303);
    let address = sent.header("location");
    let tenant = story.control(Method::GET, "/tenant", Value::Null).await;
    let authority = format!("{}/", story.simulator.base_url());
    assert!(address.starts_with(&authority), "{address}");
    for (name, wanted) in [
        ("client_id", tenant["clientId"].as_str().unwrap()),
        ("response_type", "code"),
        ("response_mode", "query"),
        ("scope", "openid profile"),
        ("redirect_uri", "http://localhost:3000/sign-in/callback"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(address, name).as_deref(), Some(wanted), "{name}");
    }
    for name in ["login_hint", "domain_hint", "prompt", "max_age"] {
        assert_eq!(parameter(address, name), None, "{name}");
    }
    for name in ["state", "nonce", "code_challenge"] {
        let value = parameter(address, name).unwrap();
        assert_eq!(value.len(), 43, "{name}");
        let again = browser.submit("/sign-in", &[]).await;
        assert_ne!(parameter(again.header("location"), name), Some(value));
    }
}

#[tokio::test]
async fn the_password_alone_opens_no_session() {
    let story = Story::with(&[
        ("proofs.accepted", "[\"email_code\", \"password\"]"),
        ("proofs.required", "2"),
    ])
    .await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let sent = ada.browser.submit("/prove/password", &[]).await;
    let tenant = story.control(Method::GET, "/tenant", Value::Null).await;
    let client = parameter(sent.header("location"), "client_id").unwrap();
    assert_eq!(client, tenant["passwordClientId"].as_str().unwrap());
    // Its answer, carried to the pages for employees.
    let way_back = story.picks(&sent, &work_address("ada.keller")).await;
    let (_, answer) = way_back.split_once('?').unwrap();
    let page = ada.browser.get(&format!("{CALLBACK}?{answer}")).await;
    page.shows(410, "That sign-in is over");
    // Nor is an answer to a sign-in of theirs accepted with a token of the other application.
    story.forges(json!({ "claims": { "aud": client } })).await;
    let page = story.employee_signs_in(&ada.browser, "ada.keller").await;
    page.shows(403, "You are not signed in");
    assert!(!is_signed_in(&ada.browser).await);
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let story = Story::begin().await;
    let browser = story.browser();
    story.employee_signs_in(&browser, "ada.keller").await;
    for _ in 0..2 {
        story.advance(14 * MINUTE).await;
        assert!(is_signed_in(&browser).await);
    }
    story.restart().await;
    assert!(is_signed_in(&browser).await);
    story.advance(15 * MINUTE).await;
    assert!(!is_signed_in(&browser).await, "unused");

    story.employee_signs_in(&browser, "ada.keller").await;
    for _ in 0..5 {
        story.advance(10 * MINUTE).await;
        assert!(is_signed_in(&browser).await);
    }
    story.advance(10 * MINUTE).await;
    assert!(!is_signed_in(&browser).await, "an hour is over");
}

#[tokio::test]
async fn a_new_sign_in_ends_the_session_before() {
    let story = Story::begin().await;
    let browser = story.browser();
    story.employee_signs_in(&browser, "ada.keller").await;
    let before = story.browser();
    before.steal(&browser);
    story.employee_signs_in(&browser, "ada.keller").await;
    assert!(is_signed_in(&browser).await);
    assert!(!is_signed_in(&before).await);
}

#[tokio::test]
async fn an_answer_counts_once_in_time_and_in_its_own_browser() {
    let story = Story::begin().await;
    let browser = story.browser();
    let stale = "That sign-in is over";

    let way_back = story.comes_back(&browser, "ada.keller").await;
    // Another browser, with a sign-in of its own, and one without.
    let other = story.browser();
    other.get(&way_back).await.shows(410, stale);
    story.comes_back(&other, "bo.nilsson").await;
    other.get(&way_back).await.shows(410, stale);
    assert!(!is_signed_in(&other).await);
    // It has not cost the owner theirs.
    let page = browser.visit(Method::GET, &way_back).await;
    assert_eq!(page.status, 303);
    browser.post("/sign-out", &[]).await;
    for _ in 0..3 {
        browser.get(&way_back).await.shows(410, stale);
    }
    assert!(!is_signed_in(&browser).await);
    assert_eq!(
        story.refused_sign_ins().await,
        [(SignInKind::Employee, SignInRefusal::Stale)],
        "it is in the log once, however often it comes"
    );

    let way_back = story.comes_back(&browser, "ada.keller").await;
    story.advance(10 * MINUTE).await;
    browser.get(&way_back).await.shows(410, stale);
    assert_eq!(story.refused_sign_ins().await.len(), 2);

    // One that nobody began leaves no trace.
    let made_up = "A".repeat(43);
    for address in [
        CALLBACK.to_owned(),
        format!("{CALLBACK}?code=x"),
        format!("{CALLBACK}?state=x&code=x"),
        format!("{CALLBACK}?state={made_up}&code=x"),
    ] {
        let page = browser.get(&address).await;
        assert!(matches!(page.status, 403 | 410), "{address}");
    }
    assert_eq!(story.refused_sign_ins().await.len(), 2);
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn of_one_answer_sent_many_times_at_once_one_counts() {
    let story = Story::begin().await;
    let browser = story.browser();
    let way_back = story.comes_back(&browser, "ada.keller").await;
    let sent = (0..8).map(|_| browser.visit(Method::GET, &way_back));
    let pages = futures::future::join_all(sent).await;
    let mut statuses: Vec<_> = pages.iter().map(|page| page.status).collect();
    statuses.sort_unstable();
    // The others do not even get to ask for what the code is good for.
    assert_eq!(statuses, [303, 410, 410, 410, 410, 410, 410, 410]);
    assert_eq!(story.calls("POST", "/oauth2/v2.0/token").await.len(), 1);
}

#[tokio::test]
async fn tokens_that_are_not_right_sign_nobody_in() {
    let story = Story::begin().await;
    let browser = story.browser();
    let now = story.now().millis() / 1000;
    let another = "11111111-1111-1111-1111-111111111111";
    let mut refused = Vec::new();
    for (forgery, refusal) in [
        (
            json!({ "claims": { "iss": "https://login.example" } }),
            SignInRefusal::WrongIssuer,
        ),
        (
            json!({ "claims": { "aud": another } }),
            SignInRefusal::WrongAudience,
        ),
        (
            json!({ "claims": { "azp": another } }),
            SignInRefusal::WrongAudience,
        ),
        (
            json!({ "claims": { "exp": now - 180 } }),
            SignInRefusal::OutOfTime,
        ),
        (
            json!({ "claims": { "nbf": now + 600 } }),
            SignInRefusal::OutOfTime,
        ),
        (
            json!({ "claims": { "nonce": "of another sign-in" } }),
            SignInRefusal::WrongNonce,
        ),
        (
            json!({ "claims": { "nonce": null } }),
            SignInRefusal::WrongNonce,
        ),
        (
            json!({ "claims": { "tid": another } }),
            SignInRefusal::OtherTenant,
        ),
        (json!({ "claims": { "acct": 1 } }), SignInRefusal::Guest),
        (
            json!({ "claims": { "oid": null } }),
            SignInRefusal::Malformed,
        ),
        (
            json!({ "signature": "foreign-key" }),
            SignInRefusal::WrongSignature,
        ),
        (
            json!({ "signature": "unknown-key" }),
            SignInRefusal::WrongSignature,
        ),
        (json!({ "signature": "none" }), SignInRefusal::Malformed),
    ] {
        story.forges(forgery.clone()).await;
        let page = story.employee_signs_in(&browser, "ada.keller").await;
        page.shows(403, "You are not signed in");
        assert!(!is_signed_in(&browser).await, "{forgery}");
        refused.push((SignInKind::Employee, refusal));
        assert_eq!(story.refused_sign_ins().await, refused, "{forgery}");
    }
    story.forges(json!({})).await;
    let page = story.employee_signs_in(&browser, "ada.keller").await;
    assert_eq!(page.status, 303, "with right tokens it goes on");
}

#[tokio::test]
async fn whoever_is_not_let_in_is_told_so() {
    let story = Story::begin().await;
    let browser = story.browser();
    // They cancel.
    let sent = browser.submit("/sign-in", &[]).await;
    let way_back = story.picks(&sent, "").await;
    browser
        .get(&way_back)
        .await
        .shows(403, "You are not signed in")
        .shows(403, "Start the sign-in again");
    // Another identity provider's answer, and another code.
    let way_back = story.comes_back(&browser, "ada.keller").await;
    let mixed_up = format!("{way_back}&iss=https%3A%2F%2Flogin.example");
    browser
        .get(&mixed_up)
        .await
        .shows(403, "You are not signed in");
    let way_back = story.comes_back(&browser, "ada.keller").await;
    let code = parameter(&way_back, "code").unwrap();
    let other_code = way_back.replace(&code, "made-up");
    browser
        .get(&other_code)
        .await
        .shows(403, "You are not signed in");
    let refusals: Vec<_> = story.refused_sign_ins().await;
    assert_eq!(
        refusals
            .iter()
            .map(|(_, refusal)| *refusal)
            .collect::<Vec<_>>(),
        [
            SignInRefusal::NotLetIn,
            SignInRefusal::WrongIssuer,
            SignInRefusal::UnknownCode
        ]
    );
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn while_the_identity_provider_is_away_nothing_begins() {
    let story = Story::begin().await;
    let browser = story.browser();
    let way_back = story.comes_back(&browser, "ada.keller").await;
    story
        .graph_is_down(Some("POST"), "/oauth2/v2.0/token")
        .await;
    browser
        .get(&way_back)
        .await
        .shows(503, "We cannot go on right now");
    story.graph_is_back().await;
    let page = story.employee_signs_in(&browser, "ada.keller").await;
    assert_eq!(page.status, 303);
}

#[tokio::test]
async fn forms_lead_to_the_identity_provider_from_the_page_that_has_them() {
    let story = Story::begin().await;
    let browser = story.browser();
    let provider = story.simulator.base_url();
    let policy = |page: &Page| page.header("content-security-policy").to_owned();
    let page = browser.get("/sign-in").await;
    let wanted = format!("form-action 'self' {provider};");
    assert!(policy(&page).contains(&wanted), "{}", policy(&page));
    for path in ["/", "/identify", "/console/sign-in"] {
        let page = browser.get(path).await;
        assert!(policy(&page).contains("form-action 'self';"), "{path}");
    }
}

#[tokio::test]
async fn a_sign_in_leaves_none_of_its_secrets_behind() {
    let story = Story::begin().await;
    let browser = story.browser();
    let sent = browser.submit("/sign-in", &[]).await;
    let address = sent.header("location").to_owned();
    let way_back = story.picks(&sent, &work_address("ada.keller")).await;
    let cookie = browser.cookie("latchkey-sign-in").unwrap();
    browser.visit(Method::GET, &way_back).await;
    let session = browser.cookie("latchkey-employee").unwrap();
    let secrets = ["state", "nonce", "code_challenge"]
        .map(|name| (name, parameter(&address, name).unwrap()))
        .into_iter()
        .chain([
            ("the browser's secret", cookie),
            ("the session", session),
            ("the code", parameter(&way_back, "code").unwrap()),
        ]);
    let places = database(&story).await;
    for (what, secret) in secrets {
        nowhere(&secret, what, &places);
    }
}

#[tokio::test]
async fn what_is_over_is_forgotten() {
    let story = Story::begin().await;
    let browser = story.browser();
    let way_back = story.comes_back(&browser, "ada.keller").await;
    story.employee_signs_in(&browser, "ada.keller").await;
    story.advance(24 * 60 * MINUTE + 11 * MINUTE).await;
    story.recovery().sweep().await.unwrap();
    // An answer to it is now like one that was made up.
    browser
        .get(&way_back)
        .await
        .shows(410, "That sign-in is over");
    assert_eq!(story.refused_sign_ins().await, []);
    let tables = story.database().tables().await;
    let kept: Vec<(i64,)> = tables
        .select("SELECT COUNT(*) FROM employee_sessions")
        .await;
    assert_eq!(kept, [(0,)]);
}
