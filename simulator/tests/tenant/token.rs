//! Client credentials: secrets, certificates, lifetimes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{ADA, Lab, Reply};

const SCOPE: &str = "https://graph.microsoft.com/.default";

async fn with_secret(lab: &Lab, client: &str, secret: &str) -> Reply {
    lab.token(&[
        ("client_id", client),
        ("client_secret", secret),
        ("grant_type", "client_credentials"),
        ("scope", SCOPE),
    ])
    .await
}

#[tokio::test]
async fn refusals_carry_the_documented_codes() {
    let lab = Lab::start().await;
    let (client, secret) = (lab.setting("clientId"), lab.setting("clientSecret"));

    let granted = with_secret(&lab, client, secret).await;
    let lifetime = granted.body["expires_in"].as_i64().unwrap();
    assert!((3600..=5400).contains(&lifetime), "{lifetime}");

    let wrong = with_secret(&lab, client, "wrong").await;
    assert_eq!(
        (wrong.status, &wrong.body["error"]),
        (401, &json!("invalid_client"))
    );
    assert_eq!(wrong.body["error_codes"], json!([7_000_215]));

    let unknown = with_secret(&lab, "00000000-0000-0000-0000-000000000000", secret).await;
    assert_eq!(unknown.body["error_codes"], json!([700_016]));

    let bare = lab
        .token(&[
            ("client_id", client),
            ("grant_type", "client_credentials"),
            ("scope", SCOPE),
        ])
        .await;
    assert_eq!(bare.body["error_codes"], json!([7_000_218]));

    let elsewhere = lab
        .http
        .post(lab.url("/00000000-0000-0000-0000-000000000000/oauth2/v2.0/token"))
        .form(&[("client_id", client)])
        .send()
        .await
        .unwrap();
    assert_eq!(
        crate::support::reply(elsewhere).await.body["error_codes"],
        json!([90_002])
    );
}

#[tokio::test]
async fn an_expired_token_is_refused_and_a_new_one_is_not() {
    let mut lab = Lab::start().await;
    assert_eq!(lab.get(&format!("/users/{ADA}")).await.status, 200);
    lab.advance(5401).await;
    let refused = lab.get(&format!("/users/{ADA}")).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.body["error"]["code"], "InvalidAuthenticationToken");
    assert!(
        refused
            .message()
            .contains("Lifetime validation failed, the token is expired")
    );
    lab.renew_token().await;
    assert_eq!(lab.get(&format!("/users/{ADA}")).await.status, 200);
}

#[tokio::test]
async fn app_roles_count_from_the_next_token_on() {
    let mut lab = Lab::start().await;
    lab.control(
        Method::PATCH,
        "/tenant",
        json!({"appRoles": ["User.Read.All"]}),
    )
    .await;
    let methods = format!("/users/{ADA}/authentication/methods");
    assert_eq!(lab.get(&methods).await.status, 200);
    lab.renew_token().await;
    let refused = lab.get(&methods).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (403, &json!("accessDenied"))
    );
    assert_eq!(lab.get(&format!("/users/{ADA}")).await.status, 200);
}

struct Certificate {
    thumbprint: String,
    pem: String,
    key: EncodingKey,
}

fn certificate() -> Certificate {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap();
    Certificate {
        thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(certificate.der())),
        pem: certificate.pem(),
        key: EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap(),
    }
}

fn assertion(
    certificate: &Certificate,
    client: &str,
    audience: &str,
    id: &str,
    expires: u64,
) -> String {
    let mut header = Header::new(Algorithm::PS256);
    header.x5t_s256 = Some(certificate.thumbprint.clone());
    let claims = json!({"aud": audience, "iss": client, "sub": client, "jti": id, "exp": expires});
    jsonwebtoken::encode(&header, &claims, &certificate.key).unwrap()
}

#[tokio::test]
async fn certificate_assertions_are_checked() {
    const FAR: u64 = 4_000_000_000;
    let lab = Lab::start().await;
    let (client, audience) = (lab.setting("clientId"), lab.setting("tokenUrl"));
    let (ours, theirs) = (certificate(), certificate());
    lab.control(
        Method::PATCH,
        "/tenant",
        json!({"certificatePem": ours.pem}),
    )
    .await;

    let attempt = async |assertion: String| {
        lab.token(&[
            ("client_id", client),
            ("grant_type", "client_credentials"),
            ("scope", SCOPE),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", &assertion),
        ])
        .await
    };
    let good = assertion(&ours, client, audience, "one", FAR);
    assert_eq!(attempt(good.clone()).await.status, 200);
    let again = attempt(good).await;
    assert_eq!(
        again.body["error_codes"],
        json!([700_027]),
        "the same jti twice"
    );
    let elsewhere = attempt(assertion(&ours, client, "https://elsewhere", "two", FAR)).await;
    assert_eq!(
        elsewhere.body["error_codes"],
        json!([700_027]),
        "wrong audience"
    );
    let foreign = attempt(assertion(&theirs, client, audience, "three", FAR)).await;
    assert_eq!(
        foreign.body["error_codes"],
        json!([700_027]),
        "not registered"
    );
    let mut forged = certificate();
    forged.thumbprint = ours.thumbprint.clone();
    let forged = attempt(assertion(&forged, client, audience, "four", FAR)).await;
    assert_eq!(
        forged.body["error_codes"],
        json!([700_027]),
        "wrong signature"
    );
    let old = attempt(assertion(&ours, client, audience, "five", 1_000_000_000)).await;
    assert_eq!(old.body["error_codes"], json!([700_024]), "expired");
}
