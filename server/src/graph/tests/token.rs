use std::time::Duration;

use futures::future::join_all;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::json;

use super::Tenant;
use crate::graph::{Credential, GraphError, Transient};

const TOKEN: &str = "/oauth2/v2.0/token";

#[tokio::test]
async fn many_readers_share_one_token_call() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    let outcomes = join_all((0..20).map(|_| graph.person(&ada))).await;
    assert!(outcomes.into_iter().all(|person| person.unwrap().is_some()));
    assert_eq!(tenant.calls("POST", TOKEN).await.len(), 1);
}

#[tokio::test]
async fn many_readers_share_one_failure() {
    let tenant = Tenant::start().await;
    let graph = tenant
        .graph_with(Credential::Secret("a-mistyped-secret".into()))
        .await;
    let ada = tenant.id("ada.keller").await;
    tenant
        .fault(json!({ "path": TOKEN, "kind": "hang", "millis": 50 }))
        .await;
    let outcomes = join_all((0..20).map(|_| graph.person(&ada))).await;
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        let GraphError::Credential {
            code: Some(7_000_215),
            ..
        } = error
        else {
            panic!("{error}")
        };
        assert!(error.to_string().contains("AADSTS7000215"), "{error}");
        assert!(!error.to_string().contains("mistyped"), "{error}");
    }
    assert_eq!(tenant.calls("POST", TOKEN).await.len(), 1);
}

#[tokio::test]
async fn a_token_is_replaced_some_minutes_before_its_end() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    tenant
        .change_tenant(json!({ "tokenLifetimeSeconds": 3600 }))
        .await;
    graph.person(&ada).await.unwrap();
    tenant.clock.advance(Duration::from_mins(54));
    graph.person(&ada).await.unwrap();
    assert_eq!(tenant.calls("POST", TOKEN).await.len(), 1);
    tenant.clock.advance(Duration::from_mins(2));
    graph.person(&ada).await.unwrap();
    assert_eq!(tenant.calls("POST", TOKEN).await.len(), 2);
}

#[tokio::test]
async fn an_old_token_serves_while_no_new_one_is_to_be_had() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    tenant
        .change_tenant(json!({ "tokenLifetimeSeconds": 3600 }))
        .await;
    graph.person(&ada).await.unwrap();
    tenant
        .fault(json!({ "path": TOKEN, "kind": "status", "status": 503 }))
        .await;

    tenant.clock.advance(Duration::from_mins(56));
    graph.person(&ada).await.unwrap();
    graph.person(&ada).await.unwrap();
    assert_eq!(
        tenant.calls("POST", TOKEN).await.len(),
        2,
        "a pause follows the failure"
    );

    tenant.clock.advance(Duration::from_mins(5));
    let error = graph
        .within(Duration::from_millis(100))
        .person(&ada)
        .await
        .unwrap_err();
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
}

#[tokio::test]
async fn a_token_that_graph_refuses_is_replaced_once() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    graph.person(&ada).await.unwrap();
    // To Microsoft the token is over, to our clock it is fresh.
    tenant.advance_tenant_clock(Duration::from_hours(30)).await;
    assert!(graph.person(&ada).await.unwrap().is_some());
    assert_eq!(tenant.calls("POST", TOKEN).await.len(), 2);

    tenant
        .fault(json!({ "path": "/users/", "kind": "status", "status": 401 }))
        .await;
    let error = graph.person(&ada).await.unwrap_err();
    assert!(matches!(error, GraphError::Credential { .. }), "{error}");
    assert_eq!(tenant.calls("POST", TOKEN).await.len(), 3);
}

#[tokio::test]
async fn a_certificate_proves_the_application() {
    let tenant = Tenant::start().await;
    let ada = tenant.id("ada.keller").await;
    let (certificate_pem, private_key_pem) = certificate();
    let credential = Credential::Certificate {
        certificate_pem: certificate_pem.clone(),
        private_key_pem: private_key_pem.into(),
    };
    let graph = tenant.graph_with(credential).await;

    let error = graph.person(&ada).await.unwrap_err();
    assert!(
        matches!(
            error,
            GraphError::Credential {
                code: Some(700_027),
                ..
            }
        ),
        "{error}"
    );

    tenant
        .change_tenant(json!({ "certificatePem": certificate_pem }))
        .await;
    assert!(graph.person(&ada).await.unwrap().is_some());
}

fn certificate() -> (String, String) {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let certificate = CertificateParams::new(vec!["latchkey".to_owned()])
        .unwrap()
        .self_signed(&key);
    (certificate.unwrap().pem(), key.serialize_pem())
}
