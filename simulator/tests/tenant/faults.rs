//! Faults on demand.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{ADA, Lab};

#[tokio::test]
async fn throttling_with_a_fractional_wait_and_then_none() {
    let lab = Lab::start().await;
    lab.fault(json!({"kind": "status", "method": "GET", "path": "/users/", "status": 429, "retryAfter": "2.128", "times": 1}))
        .await;
    let path = format!("/users/{ADA}");
    let refused = lab.graph(Method::GET, &path).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "2.128");
    assert_eq!(lab.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_reset_before_does_nothing_and_a_reset_after_does_everything() {
    let lab = Lab::start().await;
    let path = format!("/users/{ADA}/authentication/temporaryAccessPassMethods");
    let attempt = async || {
        lab.graph(Method::POST, &path)
            .json(&json!({"lifetimeInMinutes": 60}))
            .send()
            .await
    };
    lab.fault(json!({"kind": "drop", "method": "POST", "path": "temporaryAccessPass", "times": 1}))
        .await;
    assert!(attempt().await.is_err());
    assert!(lab.get(&path).await.items().is_empty());
    lab.fault(json!({"kind": "drop-after-write", "method": "POST", "path": "temporaryAccessPass", "times": 1})).await;
    assert!(attempt().await.is_err());
    assert_eq!(lab.get(&path).await.items().len(), 1);
    let calls = lab.look("/calls").await;
    let faults: Vec<_> = calls
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|call| call["fault"].as_str())
        .collect();
    assert_eq!(faults, ["drop", "drop-after-write"]);
}

#[tokio::test]
async fn a_call_that_is_applied_later_is_overtaken_by_the_next_one() {
    let lab = Lab::start().await;
    let path = format!("/users/{ADA}/authentication/temporaryAccessPassMethods");
    lab.fault(
        json!({"kind": "apply-later", "method": "POST", "path": "temporaryAccessPass", "times": 1}),
    )
    .await;
    let lost = lab
        .graph(Method::POST, &path)
        .json(&json!({"lifetimeInMinutes": 60}))
        .send()
        .await;
    assert!(lost.is_err());
    let (shown, _) = lab.issue_pass(ADA, true).await;
    assert_eq!(lab.get(&path).await.items()[0]["id"], shown);

    let carried_out = lab.control(Method::POST, "/late-calls", json!({})).await;
    assert_eq!(carried_out, json!({"carriedOut": 1}));
    let passes = lab.get(&path).await;
    assert_eq!(passes.items().len(), 1);
    assert_ne!(passes.items()[0]["id"], shown, "the late one replaces it");
    let calls = lab.look("/calls").await;
    let late: Vec<_> = calls
        .as_array()
        .unwrap()
        .iter()
        .filter(|call| call["fault"] == "apply-later")
        .map(|call| (call["status"].as_u64(), call["applied"]["status"].as_u64()))
        .collect();
    assert_eq!(late, [(Some(0), Some(201))]);
    let again = lab.control(Method::POST, "/late-calls", json!({})).await;
    assert_eq!(again, json!({"carriedOut": 0}), "nothing is applied twice");
}

#[tokio::test]
async fn a_late_call_is_applied_by_itself_after_its_time_and_never_after_a_reset() {
    let lab = Lab::start().await;
    let path = format!("/users/{ADA}/authentication/temporaryAccessPassMethods");
    let lose = async |millis: u64| {
        lab.fault(json!({"kind": "apply-later", "method": "POST", "path": "temporaryAccessPass", "millis": millis, "times": 1}))
            .await;
        let lost = lab.graph(Method::POST, &path).json(&json!({})).send().await;
        assert!(lost.is_err());
    };
    lose(3_600_000).await;
    lab.control(Method::POST, "/reset", json!({})).await;
    let carried_out = lab.control(Method::POST, "/late-calls", json!({})).await;
    assert_eq!(carried_out, json!({"carriedOut": 0}));

    lose(100).await;
    let applied = async || {
        while lab.get(&path).await.items().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), applied())
        .await
        .expect("the call is applied");
}

#[tokio::test]
async fn a_hang_outlasts_an_impatient_client_only() {
    let lab = Lab::start().await;
    lab.fault(json!({"kind": "hang", "path": "/users/", "millis": 400, "times": 2}))
        .await;
    let request = || lab.graph(Method::GET, &format!("/users/{ADA}"));
    assert!(
        request()
            .timeout(Duration::from_millis(50))
            .send()
            .await
            .unwrap_err()
            .is_timeout()
    );
    assert_eq!(request().send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_held_call_waits_until_it_is_let_go_on_and_is_overtaken_meanwhile() {
    let lab = Lab::start().await;
    let path = format!("/users/{ADA}/authentication/temporaryAccessPassMethods");
    let make = || lab.graph(Method::POST, &path).json(&json!({}));
    lab.fault(json!({"kind": "hold", "method": "POST", "path": "temporaryAccessPass", "times": 1}))
        .await;
    let meanwhile = async {
        let struck = async {
            while lab.look("/faults").await != json!([]) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), struck).await;
        waited.expect("the fault strikes");
        let overtaking = lab.issue_pass(ADA, true).await.0;
        lab.held_call_goes_on().await;
        overtaking
    };
    let (held, overtaking) = tokio::join!(make().send(), meanwhile);
    assert_eq!(held.unwrap().status(), 201);
    assert_ne!(lab.get(&path).await.items()[0]["id"], overtaking);

    // Nothing is done for a caller who has left.
    let calls = lab.look("/calls").await;
    lab.fault(json!({"kind": "hold", "method": "POST", "path": "temporaryAccessPass", "times": 1}))
        .await;
    let impatient = make().timeout(Duration::from_millis(200)).send().await;
    assert!(impatient.unwrap_err().is_timeout());
    assert_eq!(lab.look("/faults").await, json!([]));
    lab.control(Method::POST, "/held-calls", json!({})).await;
    assert_eq!(lab.look("/calls").await, calls);
}

#[tokio::test]
async fn the_token_endpoint_fails_too_and_its_log_keeps_no_secret() {
    let lab = Lab::start().await;
    lab.fault(json!({"kind": "status", "path": "/oauth2/v2.0/token", "status": 503, "times": 1}))
        .await;
    let refused = lab
        .token(&[
            ("client_id", "x"),
            ("client_secret", lab.setting("clientSecret")),
        ])
        .await;
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (503, &json!("temporarily_unavailable"))
    );
    let calls = lab.look("/calls").await;
    assert_eq!(calls.as_array().unwrap().len(), 2);
    assert!(!calls.to_string().contains(lab.setting("clientSecret")));
}

#[tokio::test]
async fn reset_brings_the_example_company_back() {
    let lab = Lab::start().await;
    lab.control(
        Method::PATCH,
        &format!("/people/{ADA}"),
        json!({"accountEnabled": false, "managerId": null}),
    )
    .await;
    assert_eq!(lab.get(&format!("/users/{ADA}/manager")).await.status, 404);
    lab.control(Method::POST, "/reset", json!({})).await;
    assert_eq!(lab.get(&format!("/users/{ADA}/manager")).await.status, 200);
}
