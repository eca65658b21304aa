//! Answers that a healthy tenant never gives: the client keeps its token and its limits.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{MethodKind, MethodRef, PersonId};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{MovedClock, leave};
use crate::{
    clock::{Entropy, SystemEntropy},
    graph::{Credential, Graph, GraphError, Settings},
};

/// A service that hands out tokens and else follows its script.
struct Hostile {
    graph: Graph,
    calls: Arc<AtomicU32>,
    service: JoinHandle<()>,
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.service.abort();
    }
}

impl Hostile {
    /// `script` answers the n-th call, n from 1, by its method.
    async fn start(script: impl Fn(u32, &str) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicU32::new(0));
        let script = Arc::new(script);
        let token = Json(json!({ "access_token": "token", "expires_in": 3600 }));
        let routes = Router::new()
            .route("/tenant/oauth2/v2.0/token", post(async || token))
            .fallback(
                move |State(calls): State<Arc<AtomicU32>>, method: Method| async move {
                    script(calls.fetch_add(1, Ordering::Relaxed) + 1, method.as_str())
                },
            )
            .with_state(Arc::clone(&calls));
        let service = tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        let settings = Settings {
            login_url: root.parse().unwrap(),
            graph_url: format!("{root}/v1.0").parse().unwrap(),
            tenant_id: "tenant".to_owned(),
            client_id: "client".to_owned(),
            credential: Credential::Secret("secret".into()),
            eligible_roles: true,
        };
        let clock = Arc::new(MovedClock::default());
        let graph = Graph::new(settings, clock, Arc::new(SystemEntropy)).unwrap();
        Self {
            graph,
            calls,
            service,
        }
    }

    fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }
}

fn ada() -> PersonId {
    PersonId("ada".to_owned())
}

fn problem(error: &GraphError) -> &str {
    let GraphError::Permanent { problem, .. } = error else {
        panic!("{error}")
    };
    problem
}

#[tokio::test]
async fn the_next_page_is_never_fetched_from_elsewhere() {
    for next in [
        "http://127.0.0.1:9/v1.0/users/ada/authentication/methods",
        "https://graph.microsoft.com.example/v1.0/users",
        "relative",
    ] {
        let page = Json(json!({ "value": [], "@odata.nextLink": next }));
        let tenant = Hostile::start(move |_, _| page.clone().into_response()).await;
        let error = tenant.graph.methods(&ada()).await.unwrap_err();
        assert_eq!(
            problem(&error),
            "the next page is at a foreign address",
            "{next}"
        );
        assert_eq!(tenant.calls(), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let tenant = Hostile::start(|_, _| Redirect::temporary("/elsewhere").into_response()).await;
    let error = tenant.graph.methods(&ada()).await.unwrap_err();
    assert_eq!(error.call().status, Some(307));
    assert_eq!(tenant.calls(), 1);
}

#[tokio::test]
async fn a_huge_answer_is_not_read() {
    let huge = || Body::from(vec![b' '; 5 * 1024 * 1024]).into_response();
    let tenant = Hostile::start(move |_, _| huge()).await;
    let error = tenant.graph.methods(&ada()).await.unwrap_err();
    assert_eq!(problem(&error), "the answer is too large");
}

#[tokio::test]
async fn a_path_that_no_service_has_does_not_mean_that_the_method_is_gone() {
    let message = "No HTTP resource was found that matches the request URI";
    let answer = Json(json!({ "error": { "code": "", "message": message } }));
    let tenant =
        Hostile::start(move |_, _| (StatusCode::NOT_FOUND, answer.clone()).into_response()).await;
    let phone = MethodRef {
        kind: MethodKind::MobilePhone,
        id: "phone".to_owned(),
    };
    let error = tenant
        .graph
        .remove_method(&leave(&ada()), &phone)
        .await
        .unwrap_err();
    assert!(problem(&error).contains(message), "{error}");
}

#[tokio::test]
async fn a_pass_that_stands_in_the_way_is_deleted_and_the_new_one_made() {
    let tenant = Hostile::start(|call, method| match (call, method) {
        (1, "POST") => {
            let message = "A Temporary Access Pass already exists for this user.";
            let error = json!({ "error": { "code": "conflict", "message": message } });
            (StatusCode::CONFLICT, Json(error)).into_response()
        }
        (2, "GET") => Json(json!({ "value": [pass("old", None)] })).into_response(),
        (3, "DELETE") => StatusCode::NO_CONTENT.into_response(),
        (4, "POST") => (StatusCode::CREATED, Json(pass("new", Some("+drkzqAD")))).into_response(),
        _ => StatusCode::IM_A_TEAPOT.into_response(),
    })
    .await;
    let made = tenant
        .graph
        .create_pass(&leave(&ada()), 60, SystemEntropy.uuid())
        .await
        .unwrap();
    assert_eq!(made.id, "new");
    assert_eq!(made.value.expose_secret(), "+drkzqAD");
    assert_eq!(tenant.calls(), 4);
}

#[tokio::test]
async fn a_pass_that_cannot_be_read_may_exist_and_is_not_repeated_in_the_error() {
    for answer in [
        pass("new", None),
        json!({ "temporaryAccessPass": "+drkzqAD" }),
    ] {
        let tenant =
            Hostile::start(move |_, _| (StatusCode::CREATED, Json(&answer)).into_response()).await;
        let error = tenant
            .graph
            .create_pass(&leave(&ada()), 60, SystemEntropy.uuid())
            .await
            .unwrap_err();
        assert!(error.may_have_been_applied(), "{error}");
        assert!(!format!("{error} {error:?}").contains("drkzqAD"));
        assert_eq!(tenant.calls(), 1);
    }
}

fn pass(id: &str, value: Option<&str>) -> Value {
    json!({
        "id": id,
        "temporaryAccessPass": value,
        "startDateTime": "2026-08-20T09:00:01.7Z",
        "lifetimeInMinutes": 60,
        "isUsableOnce": true,
        "isUsable": true,
        "methodUsabilityReason": "EnabledByPolicy",
    })
}
