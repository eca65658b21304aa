use std::{sync::LazyLock, time::Duration};

use domain::Timestamp;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{KeyAlgorithm, PublicKeyUse},
};
use serde_json::{Map, Value, json};

use super::Key;
use crate::auth::oidc::{
    Identity, SignInRefusal,
    id_token::{self, Expected},
};

const NOW: i64 = 1_772_366_400;
const ISSUER: &str = "https://login.example/tenant/v2.0";
const CLIENT: &str = "6f0a1c3e-94d2-4b58-8a77-1d5e2c9b3f40";
const TENANT: &str = "3f6c1a52-8d0e-4b7a-9c11-2e5f7a90b4d3";
const PERSON: &str = "b81d7f04-52c9-4e36-a0fd-6c3e9d217a58";

static KEY: LazyLock<Key> = LazyLock::new(|| Key::draw("one"));
static OTHER: LazyLock<Key> = LazyLock::new(|| Key::draw("one"));

fn right() -> Map<String, Value> {
    let claims = json!({
        "iss": ISSUER, "aud": CLIENT, "exp": NOW + 3600, "nbf": NOW, "iat": NOW, "nonce": "n",
        "auth_time": NOW, "tid": TENANT, "oid": PERSON, "acct": 0, "name": "Ada Keller",
        "preferred_username": "ada@example.com", "sub": "pairwise", "ver": "2.0",
    });
    claims.as_object().unwrap().clone()
}

/// The right claims with some set otherwise; `null` takes one away.
fn with(changes: &Value) -> Value {
    let mut claims = right();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.remove(name);
        } else {
            claims.insert(name.clone(), value.clone());
        }
    }
    Value::Object(claims)
}

fn expected() -> Expected<'static> {
    Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        tenant_id: TENANT,
        nonce: "n",
        algorithms: &[Algorithm::RS256, Algorithm::PS256],
        now: Timestamp::from_millis(NOW * 1000 + 999),
        signed_in_within: Some(Duration::from_mins(5)),
        authentication_context: None,
    }
}

fn verify(token: &str, key: &Key, expected: &Expected<'_>) -> Result<Identity, SignInRefusal> {
    let (algorithm, _) = id_token::header(token)?;
    id_token::verify(token, algorithm, &key.public, expected)
}

fn judge(changes: &Value) -> Result<Identity, SignInRefusal> {
    let token = KEY.sign(Algorithm::RS256, &with(changes));
    verify(&token, &KEY, &expected())
}

#[test]
fn a_right_token_says_who_it_is() {
    let identity = judge(&json!({})).unwrap();
    assert_eq!(identity.person.0, PERSON);
    assert_eq!(identity.name, "Ada Keller");
}

#[test]
fn what_may_differ_is_accepted() {
    for changes in [
        json!({ "aud": [CLIENT] }),
        json!({ "aud": [CLIENT, "another"], "azp": CLIENT }),
        json!({ "azp": CLIENT }),
        json!({ "nbf": null, "acct": null }),
        json!({ "acct": "0" }),
        // Two clocks that are two minutes apart.
        json!({ "exp": NOW - 119 }),
        json!({ "nbf": NOW + 120, "iat": NOW + 120, "auth_time": NOW + 120 }),
        // Entra dates a token five minutes back.
        json!({ "nbf": NOW - 300, "iat": NOW - 300 }),
        json!({ "auth_time": NOW - 300 }),
        json!({ "oid": PERSON.to_uppercase() }),
    ] {
        let person = judge(&changes).map(|identity| identity.person.0);
        assert_eq!(person.as_deref(), Ok(PERSON), "{changes}");
    }
    let unnamed = judge(&json!({ "name": null })).unwrap();
    assert_eq!(unnamed.name, "ada@example.com");
    let long = judge(&json!({ "name": format!("A\u{7}\r\n{}", "b".repeat(500)) })).unwrap();
    assert_eq!(long.name, format!("A{}", "b".repeat(199)));
}

#[test]
fn whatever_is_wrong_is_refused() {
    use SignInRefusal as R;
    for (changes, refusal) in [
        (
            json!({ "iss": "https://login.example/tenant/v2.0/" }),
            R::WrongIssuer,
        ),
        (
            json!({ "iss": "https://login.example/other/v2.0" }),
            R::WrongIssuer,
        ),
        (json!({ "iss": null }), R::Malformed),
        (json!({ "iss": [ISSUER] }), R::Malformed),
        (json!({ "aud": "another" }), R::WrongAudience),
        (json!({ "aud": ["another"] }), R::WrongAudience),
        (json!({ "aud": [] }), R::WrongAudience),
        (json!({ "aud": null }), R::Malformed),
        (json!({ "aud": [CLIENT, "another"] }), R::WrongAudience),
        (
            json!({ "aud": [CLIENT, "another"], "azp": "another" }),
            R::WrongAudience,
        ),
        (json!({ "azp": "another" }), R::WrongAudience),
        (json!({ "exp": NOW - 120 }), R::OutOfTime),
        (json!({ "exp": i64::MIN }), R::OutOfTime),
        (json!({ "exp": null }), R::Malformed),
        (json!({ "exp": "tomorrow" }), R::Malformed),
        (json!({ "nbf": NOW + 121 }), R::OutOfTime),
        (json!({ "iat": NOW + 121 }), R::OutOfTime),
        (json!({ "iat": NOW - 721 }), R::OutOfTime),
        (json!({ "iat": null }), R::Malformed),
        (json!({ "nonce": "N" }), R::WrongNonce),
        (json!({ "nonce": "" }), R::WrongNonce),
        (json!({ "nonce": null }), R::WrongNonce),
        (json!({ "tid": PERSON }), R::OtherTenant),
        (json!({ "tid": null }), R::OtherTenant),
        (json!({ "acct": 1 }), R::Guest),
        (json!({ "acct": "1" }), R::Guest),
        (json!({ "acct": 2 }), R::Guest),
        (json!({ "acct": -0.5 }), R::Guest),
        (json!({ "acct": false }), R::Guest),
        (json!({ "oid": null }), R::Malformed),
        (json!({ "oid": "ada@example.com" }), R::Malformed),
        (json!({ "auth_time": null }), R::NotFresh),
        (json!({ "auth_time": NOW - 421 }), R::NotFresh),
        (json!({ "auth_time": NOW + 121 }), R::NotFresh),
        (json!({ "auth_time": i64::MAX }), R::NotFresh),
    ] {
        assert_eq!(judge(&changes), Err(refusal), "{changes}");
    }
}

#[test]
fn how_long_ago_somebody_signed_in_matters_only_when_it_is_asked() {
    let long_ago = with(&json!({ "auth_time": NOW - 86_400 }));
    let token = KEY.sign(Algorithm::RS256, &long_ago);
    let any = Expected {
        signed_in_within: None,
        ..expected()
    };
    assert!(verify(&token, &KEY, &any).is_ok());
    assert_eq!(
        verify(&token, &KEY, &expected()),
        Err(SignInRefusal::NotFresh)
    );
}

#[test]
fn when_somebody_signed_in_is_told_and_is_never_in_the_future() {
    let told = |changes: &Value| judge(changes).unwrap().authenticated_at;
    let seconds = |seconds: i64| Some(Timestamp::from_millis(seconds * 1000));
    assert_eq!(told(&json!({ "auth_time": NOW - 60 })), seconds(NOW - 60));
    assert_eq!(
        told(&json!({ "auth_time": NOW + 60 })),
        Some(expected().now)
    );
    let unsaid = KEY.sign(Algorithm::RS256, &with(&json!({ "auth_time": null })));
    let any = Expected {
        signed_in_within: None,
        ..expected()
    };
    assert_eq!(verify(&unsaid, &KEY, &any).unwrap().authenticated_at, None);
}

#[test]
fn an_authentication_context_that_is_asked_for_must_be_satisfied() {
    let wanting = Expected {
        authentication_context: Some("c1"),
        ..expected()
    };
    let judge = |acrs: Value| {
        let token = KEY.sign(Algorithm::RS256, &with(&json!({ "acrs": acrs })));
        verify(&token, &KEY, &wanting)
    };
    for acrs in [json!(["c1"]), json!(["c3", "c1"]), json!("c1")] {
        assert!(judge(acrs.clone()).is_ok(), "{acrs}");
    }
    for acrs in [json!(null), json!([]), json!(["c2", "c11"]), json!("c11")] {
        assert_eq!(
            judge(acrs.clone()),
            Err(SignInRefusal::NoAuthenticationContext),
            "{acrs}"
        );
    }
}

#[test]
fn only_announced_signatures_by_the_published_key_are_accepted() {
    let claims = with(&json!({}));
    let wrong = Err(SignInRefusal::WrongSignature);
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        let token = KEY.sign(algorithm, &claims);
        assert!(verify(&token, &KEY, &expected()).is_ok(), "{algorithm:?}");
        let other = [Algorithm::RS256, Algorithm::PS256].map(|it| (it != algorithm).then_some(it));
        let announced: Vec<_> = other.into_iter().flatten().collect();
        let expected = Expected {
            algorithms: &announced,
            ..expected()
        };
        assert_eq!(verify(&token, &KEY, &expected), wrong, "{algorithm:?}");
    }
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS512] {
        let token = KEY.sign(algorithm, &claims);
        assert_eq!(verify(&token, &KEY, &expected()), wrong, "{algorithm:?}");
    }
    let token = OTHER.sign(Algorithm::RS256, &claims);
    assert_eq!(verify(&token, &KEY, &expected()), wrong, "another key");

    // The public key as the secret of an HMAC.
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("one".to_owned());
    let public = serde_json::to_vec(&KEY.public).unwrap();
    let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&public)).unwrap();
    assert_eq!(verify(&token, &KEY, &expected()), wrong, "an HMAC");
}

#[test]
fn a_key_for_something_else_is_not_used() {
    let token = KEY.sign(Algorithm::RS256, &with(&json!({})));
    let judged = |change: fn(&mut Key)| {
        let mut key = Key {
            private: KEY.private.clone(),
            public: KEY.public.clone(),
        };
        change(&mut key);
        verify(&token, &key, &expected())
    };
    let wrong = Err(SignInRefusal::WrongSignature);
    assert!(judged(|key| key.public.common.public_key_use = Some(PublicKeyUse::Signature)).is_ok());
    assert!(judged(|key| key.public.common.key_algorithm = Some(KeyAlgorithm::RS256)).is_ok());
    assert_eq!(
        judged(|key| key.public.common.public_key_use = Some(PublicKeyUse::Encryption)),
        wrong
    );
    assert_eq!(
        judged(|key| key.public.common.key_algorithm = Some(KeyAlgorithm::PS256)),
        wrong
    );
}

#[test]
fn what_is_no_token_is_refused() {
    let token = KEY.sign(Algorithm::RS256, &with(&json!({})));
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("{token}")
    };
    for (text, refusal) in [
        (String::new(), SignInRefusal::Malformed),
        ("a.b.c".to_owned(), SignInRefusal::Malformed),
        (header.to_owned(), SignInRefusal::Malformed),
        (format!("{header}.{claims}."), SignInRefusal::WrongSignature),
        (
            format!("{header}.{claims}.{signature}.x"),
            SignInRefusal::Malformed,
        ),
        (
            format!("{header}.{signature}.{signature}"),
            SignInRefusal::WrongSignature,
        ),
    ] {
        assert_eq!(verify(&text, &KEY, &expected()), Err(refusal), "{text}");
    }
}
