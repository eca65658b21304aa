//! Signing in with OpenID Connect, as a relying party does.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use reqwest::{Method, StatusCode, Url, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Lab, Reply};

const REDIRECT: &str = "http://localhost:3000/sign-in/callback";
const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters";

fn request(lab: &Lab) -> Vec<(&'static str, String)> {
    vec![
        ("client_id", lab.setting("clientId").to_owned()),
        ("redirect_uri", REDIRECT.to_owned()),
        ("response_type", "code".to_owned()),
        ("scope", "openid profile".to_owned()),
        ("state", "my state".to_owned()),
        ("nonce", "my nonce".to_owned()),
        (
            "code_challenge",
            URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
        ),
        ("code_challenge_method", "S256".to_owned()),
        (
            "claims",
            json!({"id_token": {"acrs": {"essential": true, "value": "c1"}}}).to_string(),
        ),
    ]
}

/// Clicks a person on the picker and returns what the client's redirect URI gets.
async fn click(lab: &Lab, person: &str) -> Vec<(String, String)> {
    let discovery: Value = lab
        .http
        .get(format!(
            "{}/.well-known/openid-configuration",
            lab.setting("issuer")
        ))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(discovery["issuer"], lab.tenant["issuer"]);
    let authorize = discovery["authorization_endpoint"].as_str().unwrap();
    let page = lab
        .http
        .get(authorize)
        .query(&request(lab))
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("Tara Singh"));

    let mut form = request(lab);
    form.push(("person", person.to_owned()));
    let answer = lab.http.post(authorize).form(&form).send().await.unwrap();
    let target = answer.headers()[header::LOCATION].to_str().unwrap();
    assert!(target.starts_with(REDIRECT));
    Url::parse(target)
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect()
}

fn value(pairs: &[(String, String)], name: &str) -> String {
    pairs
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

async fn redeem(lab: &Lab, code: &str, verifier: &str) -> Reply {
    lab.token(&[
        ("client_id", lab.setting("clientId")),
        ("client_secret", lab.setting("clientSecret")),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
    ])
    .await
}

#[tokio::test]
async fn a_click_becomes_a_verified_id_token() {
    let lab = Lab::start().await;
    let answer = click(&lab, "tara.singh@harbourfinch.example").await;
    assert_eq!(value(&answer, "state"), "my state");
    let code = value(&answer, "code");
    let tokens = redeem(&lab, &code, VERIFIER).await;
    let keys_url = lab.url(&format!("/{}/discovery/v2.0/keys", lab.setting("tenantId")));
    let keys: JwkSet = lab
        .http
        .get(keys_url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[lab.setting("clientId")]);
    validation.set_issuer(&[lab.setting("issuer")]);
    let token = tokens.body["id_token"].as_str().unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)
        .unwrap()
        .claims;
    let tara = lab.look("/people/tara.singh@harbourfinch.example").await;
    assert_eq!(claims["oid"], tara["id"]);
    assert_eq!(claims["tid"], lab.tenant["tenantId"]);
    assert_eq!(claims["nonce"], "my nonce");
    assert_eq!(claims["roles"], json!(["Latchkey.Admin"]));
    assert_eq!(claims["acrs"], json!(["c1"]));
    assert!(claims["auth_time"].is_i64() && claims.get("amr").is_none());

    assert_eq!(
        redeem(&lab, &code, VERIFIER).await.body["error"],
        "invalid_grant",
        "twice"
    );
}

#[tokio::test]
async fn the_verifier_must_match() {
    let lab = Lab::start().await;
    let code = value(
        &click(&lab, "tara.singh@harbourfinch.example").await,
        "code",
    );
    assert_eq!(
        redeem(&lab, &code, "another").await.body["error_codes"],
        json!([501_481])
    );
}

#[tokio::test]
async fn the_two_applications_have_nothing_in_common() {
    let lab = Lab::start().await;
    let code = value(
        &click(&lab, "tara.singh@harbourfinch.example").await,
        "code",
    );
    let by_the_other = [
        ("client_id", lab.setting("passwordClientId")),
        ("client_secret", lab.setting("passwordClientSecret")),
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let refused = lab.token(&by_the_other).await;
    assert_eq!(refused.body["error"], "invalid_grant");

    // Each has a secret and an address of its own.
    let mut with_the_first_secret = by_the_other;
    with_the_first_secret[1].1 = lab.setting("clientSecret");
    let refused = lab.token(&with_the_first_secret).await;
    assert_eq!(refused.body["error"], "invalid_client");
    let mut elsewhere = request(&lab);
    elsewhere[0].1 = lab.setting("passwordClientId").to_owned();
    let authorize = lab.url(&format!(
        "/{}/oauth2/v2.0/authorize",
        lab.setting("tenantId")
    ));
    let refused = lab
        .http
        .get(authorize)
        .query(&elsewhere)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn cancelling_tells_the_client() {
    let lab = Lab::start().await;
    assert_eq!(value(&click(&lab, "").await, "error"), "access_denied");
}

#[tokio::test]
async fn unregistered_addresses_get_nothing() {
    let lab = Lab::start().await;
    lab.control(
        Method::PATCH,
        "/tenant",
        json!({"redirectUris": ["http://localhost:4000/back"]}),
    )
    .await;
    let authorize = lab.url(&format!(
        "/{}/oauth2/v2.0/authorize",
        lab.setting("tenantId")
    ));
    let refused = lab
        .http
        .get(authorize)
        .query(&request(&lab))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert!(refused.text().await.unwrap().contains("AADSTS50011"));
}
