//! The sign-in page, as a person without a phone meets it.

use reqwest::{Method, StatusCode, header};
use serde_json::json;

use crate::support::{ADA, Lab};

struct Signed {
    status: StatusCode,
    cookie: String,
    page: String,
}

async fn sign_in(lab: &Lab, field: &str, value: &str) -> Signed {
    let answer = lab
        .http
        .post(lab.url("/"))
        .form(&[("user_name", ADA), (field, value)])
        .send()
        .await
        .unwrap();
    let cookie = answer
        .headers()
        .get(header::SET_COOKIE)
        .map(|cookie| cookie.to_str().unwrap().to_owned());
    Signed {
        status: answer.status(),
        cookie: cookie
            .and_then(|cookie| Some(cookie.split(';').next()?.to_owned()))
            .unwrap_or_default(),
        page: answer.text().await.unwrap(),
    }
}

async fn register(lab: &Lab, cookie: &str) -> (StatusCode, String) {
    let answer = lab
        .http
        .post(lab.url("/mysecurityinfo/authenticator"))
        .header(header::COOKIE, cookie)
        .form(&[("name", "Ada's new phone")])
        .send()
        .await
        .unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_one_time_pass_signs_in_once_and_registers_a_phone() {
    let lab = Lab::start().await;
    let (_, value) = lab.issue_pass(ADA, true).await;
    let signed = sign_in(&lab, "pass", &value).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER);
    let again = sign_in(&lab, "pass", &value).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(
        again.page.contains("it has been used already"),
        "{}",
        again.page
    );

    let (status, page) = register(&lab, &signed.cookie).await;
    assert!(
        status == StatusCode::OK && page.contains("Ada&#39;s new phone"),
        "{page}"
    );
    let methods = lab.look(&format!("/people/{ADA}/methods")).await;
    assert_eq!(
        methods.as_array().unwrap().last().unwrap()["displayName"],
        "Ada's new phone"
    );
    let sign_ins = lab.get("/auditLogs/signIns").await;
    let codes: Vec<_> = sign_ins
        .items()
        .iter()
        .map(|row| row["status"]["errorCode"].clone())
        .collect();
    assert_eq!(codes, [json!(130_503), json!(0)], "newest first");
    let registered = lab
        .get("/auditLogs/directoryAudits?$filter=activityDisplayName eq 'User registered security info'")
        .await;
    assert_eq!(registered.items().len(), 1);
}

#[tokio::test]
async fn registration_must_be_finished_in_ten_minutes() {
    let lab = Lab::start().await;
    let (_, value) = lab.issue_pass(ADA, true).await;
    let signed = sign_in(&lab, "pass", &value).await;
    lab.advance(601).await;
    assert_eq!(
        register(&lab, &signed.cookie).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_session_ends_with_its_pass_and_with_revocation() {
    let lab = Lab::start().await;
    let open = async || lab.look(&format!("/sessions/{ADA}")).await["openSessions"].clone();
    assert_eq!(open().await, 2);
    assert_eq!(
        lab.post(&format!("/users/{ADA}/revokeSignInSessions"), json!(null))
            .await
            .status,
        200
    );
    assert_eq!(open().await, 0);
    let (id, value) = lab.issue_pass(ADA, false).await;
    sign_in(&lab, "pass", &value).await;
    assert_eq!(open().await, 1);
    lab.delete(&format!(
        "/users/{ADA}/authentication/temporaryAccessPassMethods/{id}"
    ))
    .await;
    assert_eq!(open().await, 0);
}

#[tokio::test]
async fn a_password_alone_or_a_wrong_pass_is_refused() {
    let lab = Lab::start().await;
    let refused = sign_in(&lab, "password", "correct horse").await;
    assert!(
        refused.status == StatusCode::UNAUTHORIZED
            && refused.page.contains("Approve sign in request")
    );
    assert!(
        sign_in(&lab, "pass", "wrong")
            .await
            .page
            .contains("is incorrect")
    );
    lab.control(
        Method::PATCH,
        &format!("/people/{ADA}"),
        json!({"accountEnabled": false}),
    )
    .await;
    let (_, value) = lab.issue_pass(ADA, true).await;
    assert_eq!(
        sign_in(&lab, "pass", &value).await.status,
        StatusCode::UNAUTHORIZED
    );
    let stranger = lab
        .http
        .get(lab.url("/mysecurityinfo"))
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.headers()[header::LOCATION], "/");
}
