use std::time::Duration;

use serde_json::{Value, json};

use super::{Tenant, leave};
use crate::graph::{GraphError, Transient, request::Request};

#[tokio::test]
async fn a_throttled_read_waits_a_fraction_of_a_second_and_succeeds() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    let throttled = json!({ "path": "/users/", "kind": "status", "status": 429, "retryAfter": "0.02", "times": 2 });
    tenant.fault(throttled).await;
    assert!(graph.person(&ada).await.unwrap().is_some());
    let calls = tenant.calls("GET", &format!("/users/{ada}")).await;
    assert_eq!(calls.len(), 3);
    assert!(
        calls
            .iter()
            .all(|call| call["clientRequestId"] == calls[0]["clientRequestId"])
    );
}

#[tokio::test]
async fn a_long_wait_is_left_to_the_caller() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    tenant
        .fault(json!({ "path": "/users/", "kind": "status", "status": 429, "retryAfter": "2.128" }))
        .await;
    let error = graph.person(&ada).await.unwrap_err();
    let GraphError::Retryable {
        fault: Transient::Throttled,
        after,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(*after, Some(Duration::from_millis(2128)));
    assert_eq!(tenant.calls("GET", "/users/").await.len(), 1);
}

#[tokio::test]
async fn no_call_outlives_the_caller_s_deadline() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    graph.person(&ada).await.unwrap();
    tenant
        .fault(json!({ "path": "/users/", "kind": "hang", "millis": 5000 }))
        .await;
    let error = graph
        .within(Duration::from_millis(100))
        .person(&ada)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            GraphError::Retryable {
                fault: Transient::Timeout,
                ..
            }
        ),
        "{error}"
    );
    assert!(!error.may_have_been_applied(), "a read changes nothing");
    assert_eq!(
        tenant.calls("GET", "/users/").await.len(),
        1,
        "the one before the fault"
    );

    // Whoever has more patience does not give the call more time.
    let over = graph
        .within(Duration::ZERO)
        .within(Duration::from_secs(5))
        .revoke_sessions(&leave(&ada))
        .await
        .unwrap_err();
    assert!(
        matches!(
            over,
            GraphError::Retryable {
                fault: Transient::OutOfTime,
                ..
            }
        ),
        "{over}"
    );
    assert!(!over.may_have_been_applied());
}

#[tokio::test]
async fn a_write_without_an_answer_in_time_may_have_been_applied() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    graph.person(&ada).await.unwrap();
    tenant
        .fault(json!({ "path": "revokeSignInSessions", "kind": "hang", "millis": 5000 }))
        .await;
    let error = graph
        .within(Duration::from_millis(100))
        .revoke_sessions(&leave(&ada))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            GraphError::Retryable {
                fault: Transient::Timeout,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.may_have_been_applied());
}

#[tokio::test]
async fn faults_of_microsoft_are_tried_again_for_reads_only() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    for status in [500, 502, 503, 504] {
        tenant
            .fault(json!({ "path": "/users/", "kind": "status", "status": status, "times": 1 }))
            .await;
        assert!(graph.person(&ada).await.unwrap().is_some(), "{status}");
        tenant
            .fault(json!({ "path": "/users/", "kind": "status", "status": status, "times": 1 }))
            .await;
        let error = graph.revoke_sessions(&leave(&ada)).await.unwrap_err();
        assert!(
            matches!(
                error,
                GraphError::Retryable {
                    fault: Transient::ServerFault,
                    ..
                }
            ),
            "{error}"
        );
        assert!(error.may_have_been_applied());
        assert_eq!(error.call().status, Some(status));
        assert!(error.call().request_id.is_some());
    }
}

#[tokio::test]
async fn a_tenant_that_cannot_be_reached_is_told_apart_from_a_lost_answer() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    graph.person(&ada).await.unwrap();
    tenant.simulator.stop().await;
    let error = graph.revoke_sessions(&leave(&ada)).await.unwrap_err();
    assert!(
        matches!(
            error,
            GraphError::Retryable {
                fault: Transient::NotConnected,
                ..
            }
        ),
        "{error}"
    );
    assert!(!error.may_have_been_applied());
}

#[tokio::test]
async fn a_missing_right_and_a_missing_person_are_told_apart() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    let nobody = domain::PersonId("00000000-0000-4000-8000-000000000000".to_owned());
    let error = graph.methods(&nobody).await.unwrap_err();
    assert!(matches!(error, GraphError::NotFound { .. }), "{error}");

    tenant
        .fault(json!({ "path": "authentication/methods", "kind": "status", "status": 403 }))
        .await;
    let error = graph.methods(&ada).await.unwrap_err();
    assert!(matches!(error, GraphError::Forbidden { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("UserAuthenticationMethod.Read.All"),
        "{error}"
    );
}

#[tokio::test]
async fn a_list_of_several_pages_is_read_to_its_end() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let request = Request::get("/users", &[], "User.Read.All").query("$top", "7");
    let users: Vec<Value> = graph.list(&request).await.unwrap();
    let everybody = tenant.read("/people").await.as_array().unwrap().len();
    assert_eq!(users.len(), everybody);
    assert_eq!(
        tenant.calls("GET", "/users").await.len(),
        everybody.div_ceil(7)
    );
}
