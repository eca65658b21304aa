use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jsonwebtoken::{Algorithm, jwk::Jwk};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use super::{Key, MovedClock};
use crate::{
    auth::oidc::{
        Attempt, AttemptKey, Freshness, Identity, RelyingParty, Returned, Settings, SignInError,
        SignInRefusal,
    },
    clock::SystemEntropy,
    graph::{Credential, GraphError},
    secret::Bearer,
};

const TENANT: &str = "3f6c1a52-8d0e-4b7a-9c11-2e5f7a90b4d3";

/// An identity provider that publishes and answers what a test wants.
#[derive(Default)]
struct Published {
    document: Mutex<Value>,
    keys: Mutex<Vec<Jwk>>,
    id_token: Mutex<String>,
    /// In the place of the documents.
    instead: Mutex<Option<StatusCode>>,
    documents_read: AtomicUsize,
    keys_read: AtomicUsize,
}

struct Lab {
    published: Arc<Published>,
    clock: Arc<MovedClock>,
    root: String,
    party: RelyingParty,
    _serving: JoinSet<()>,
}

async fn document(State(published): State<Arc<Published>>) -> Response {
    published.documents_read.fetch_add(1, Ordering::Relaxed);
    let instead = *published.instead.lock().unwrap();
    match instead {
        Some(status) => (status, [(header::LOCATION, "/moved")]).into_response(),
        None => Json(published.document.lock().unwrap().clone()).into_response(),
    }
}

async fn keys(State(published): State<Arc<Published>>) -> Json<Value> {
    published.keys_read.fetch_add(1, Ordering::Relaxed);
    let keys = published.keys.lock().unwrap().clone();
    let mut keys: Vec<Value> = keys.iter().map(|key| json!(key)).collect();
    // One of a kind that we do not know is no reason to know none.
    keys.insert(
        0,
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "x", "pub": "x" }),
    );
    Json(json!({ "keys": keys }))
}

async fn token(State(published): State<Arc<Published>>) -> Json<Value> {
    Json(json!({ "id_token": *published.id_token.lock().unwrap() }))
}

impl Lab {
    async fn start() -> Self {
        let published = Arc::<Published>::default();
        let routes = Router::new()
            .route("/t/v2.0/.well-known/openid-configuration", get(document))
            .route("/moved", get(document))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&published));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let clock = Arc::<MovedClock>::default();
        let party = RelyingParty::new(
            Settings {
                authority: format!("{root}/t/v2.0").parse().unwrap(),
                tenant_id: TENANT.to_owned(),
                client_id: "client".to_owned(),
                credential: Credential::Secret("secret".into()),
                authentication_context: Some("c1".to_owned()),
            },
            "https://recover.example.com/sign-in/callback"
                .parse()
                .unwrap(),
            Arc::<MovedClock>::clone(&clock),
            Arc::new(SystemEntropy),
        )
        .unwrap();
        let lab = Self {
            published,
            clock,
            root,
            party,
            _serving: serving,
        };
        lab.publishes(json!({}));
        lab
    }

    /// Sets the discovery document, with some of it otherwise.
    fn publishes(&self, changes: Value) {
        let root = &self.root;
        let mut document = json!({
            "issuer": format!("{root}/t/v2.0"),
            "authorization_endpoint": format!("{root}/authorize?p=1"),
            "token_endpoint": format!("{root}/token"),
            "jwks_uri": format!("{root}/keys"),
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        });
        let Value::Object(changes) = changes else {
            panic!("{changes}")
        };
        document.as_object_mut().unwrap().extend(changes);
        *self.published.document.lock().unwrap() = document;
    }

    fn attempt() -> Attempt {
        AttemptKey::new([7; 32]).attempt(Bearer::generate(&SystemEntropy))
    }

    async fn authorize(&self) -> Result<url::Url, GraphError> {
        self.party.authorize(&Self::attempt(), Freshness::Now).await
    }

    /// A token by `key` comes back.
    async fn signs_in(&self, key: &Key) -> Result<Identity, SignInError> {
        let attempt = Self::attempt();
        let now = self.party.clock.now().millis() / 1000;
        let claims = json!({
            "iss": format!("{}/t/v2.0", self.root), "aud": "client", "exp": now + 60, "iat": now,
            "nonce": attempt.nonce(), "tid": TENANT, "oid": TENANT, "acrs": ["c1"],
        });
        *self.published.id_token.lock().unwrap() = key.sign(Algorithm::RS256, &claims);
        let returned = Returned {
            code: Some(SecretString::from("code")),
            ..Returned::default()
        };
        self.party.redeem(&attempt, &returned, Freshness::Any).await
    }

    fn read(&self) -> (usize, usize) {
        (
            self.published.documents_read.load(Ordering::Relaxed),
            self.published.keys_read.load(Ordering::Relaxed),
        )
    }
}

#[tokio::test]
async fn what_is_published_is_read_once_an_hour() {
    let lab = Lab::start().await;
    let asked = (0..20).map(|_| lab.authorize());
    for url in futures::future::join_all(asked).await {
        let url = url.unwrap();
        assert!(
            url.as_str()
                .starts_with(&format!("{}/authorize?p=1&client_id=client&", lab.root))
        );
        let query: Vec<_> = url.query_pairs().into_owned().collect();
        for (name, value) in [
            ("prompt", "login"),
            ("max_age", "0"),
            (
                "claims",
                r#"{"id_token":{"acrs":{"essential":true,"value":"c1"}}}"#,
            ),
        ] {
            assert!(
                query.contains(&(name.to_owned(), value.to_owned())),
                "{url}"
            );
        }
    }
    assert_eq!(lab.read(), (1, 1));
    lab.clock.advance(Duration::from_mins(59));
    lab.authorize().await.unwrap();
    assert_eq!(lab.read(), (1, 1));
    lab.clock.advance(Duration::from_mins(1));
    lab.authorize().await.unwrap();
    assert_eq!(lab.read(), (2, 2));
}

#[tokio::test]
async fn a_failure_is_shared_for_a_moment() {
    let lab = Lab::start().await;
    *lab.published.instead.lock().unwrap() = Some(StatusCode::BAD_GATEWAY);
    for _ in 0..5 {
        let error = lab.authorize().await.unwrap_err();
        assert!(matches!(error, GraphError::Retryable { .. }), "{error}");
    }
    assert_eq!(lab.read(), (1, 0));
    *lab.published.instead.lock().unwrap() = None;
    lab.clock.advance(Duration::from_secs(5));
    lab.authorize().await.unwrap();
}

#[tokio::test]
async fn a_new_key_is_looked_for_once_a_minute() {
    let lab = Lab::start().await;
    let (old, new) = (Key::draw("old"), Key::draw("new"));
    *lab.published.keys.lock().unwrap() = vec![old.public.clone()];
    assert!(lab.signs_in(&old).await.is_ok());
    // The keys were read just now: made-up names make nobody read them again.
    for _ in 0..5 {
        let refused = lab.signs_in(&new).await;
        let wrong = matches!(
            refused,
            Err(SignInError::Refused(SignInRefusal::WrongSignature))
        );
        assert!(wrong, "{refused:?}");
    }
    assert_eq!(lab.read(), (1, 1));

    *lab.published.keys.lock().unwrap() = vec![new.public.clone()];
    lab.clock.advance(Duration::from_mins(1));
    assert!(lab.signs_in(&new).await.is_ok());
    assert_eq!(lab.read(), (1, 2));
    assert!(lab.signs_in(&old).await.is_err(), "it is withdrawn");
    assert_eq!(lab.read(), (1, 2));
}

#[tokio::test]
async fn a_document_that_leads_elsewhere_is_not_followed() {
    let lab = Lab::start().await;
    let elsewhere = "https://login.example/x";
    let secure = lab.root.replace("http:", "https:");
    for (changes, problem) in [
        (
            json!({ "issuer": format!("{}/t/v2.0/", lab.root) }),
            "another issuer",
        ),
        (json!({ "issuer": elsewhere }), "another issuer"),
        (
            json!({ "authorization_endpoint": elsewhere }),
            "authorization_endpoint",
        ),
        (json!({ "token_endpoint": elsewhere }), "token_endpoint"),
        (
            json!({ "token_endpoint": format!("{secure}/token") }),
            "token_endpoint",
        ),
        (json!({ "jwks_uri": elsewhere }), "jwks_uri"),
        (
            json!({ "jwks_uri": lab.root.replace("//", "//user:pw@") }),
            "jwks_uri",
        ),
        (json!({ "jwks_uri": "keys" }), "jwks_uri"),
        (
            json!({ "id_token_signing_alg_values_supported": ["HS256", "none"] }),
            "neither RS256",
        ),
        (
            json!({ "id_token_signing_alg_values_supported": [] }),
            "neither RS256",
        ),
    ] {
        lab.publishes(changes.clone());
        lab.clock.advance(Duration::from_secs(5));
        let error = lab.authorize().await.unwrap_err().to_string();
        assert!(error.contains(problem), "{changes}: {error}");
    }
    lab.publishes(json!({}));
    *lab.published.instead.lock().unwrap() = Some(StatusCode::FOUND);
    lab.clock.advance(Duration::from_secs(5));
    let before = lab.read();
    assert!(lab.authorize().await.is_err());
    assert_eq!(
        lab.read(),
        (before.0 + 1, before.1),
        "no redirect is followed"
    );
}

#[tokio::test]
async fn an_issuer_that_names_itself_must_be_named() {
    let lab = Lab::start().await;
    let key = Key::draw("one");
    *lab.published.keys.lock().unwrap() = vec![key.public.clone()];
    lab.publishes(json!({ "authorization_response_iss_parameter_supported": true }));
    let refused = lab.signs_in(&key).await;
    let wrong = matches!(
        refused,
        Err(SignInError::Refused(SignInRefusal::WrongIssuer))
    );
    assert!(wrong, "{refused:?}");
}

#[test]
fn an_authority_in_the_clear_is_refused() {
    let settings = Settings {
        authority: "http://login.example/t/v2.0".parse().unwrap(),
        tenant_id: TENANT.to_owned(),
        client_id: "client".to_owned(),
        credential: Credential::Secret("secret".into()),
        authentication_context: None,
    };
    let redirect = "https://recover.example.com/sign-in/callback"
        .parse()
        .unwrap();
    let party = RelyingParty::new(
        settings,
        redirect,
        Arc::<MovedClock>::default(),
        Arc::new(SystemEntropy),
    );
    assert!(party.is_err());
}
