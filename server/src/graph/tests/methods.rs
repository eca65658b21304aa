use domain::{Method, MethodKind, MethodRef, RemovalOutcome};
use reqwest::Method as Verb;
use serde_json::{Value, json};

use super::{Tenant, leave};
use crate::graph::{GraphError, Transient};

fn find(methods: &[Method], kind: &MethodKind) -> MethodRef {
    methods
        .iter()
        .find(|method| method.method.kind == *kind)
        .unwrap()
        .method
        .clone()
}

#[tokio::test]
async fn every_type_is_listed_by_its_kind_and_without_numbers_or_addresses() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let methods = graph.methods(&tenant.id("chidi.eze").await).await.unwrap();
    let kinds: Vec<&MethodKind> = methods.iter().map(|method| &method.method.kind).collect();
    for kind in [
        MethodKind::Password,
        MethodKind::MobilePhone,
        MethodKind::AlternateMobilePhone,
        MethodKind::OfficePhone,
        MethodKind::Authenticator,
        MethodKind::SoftwareOath,
        MethodKind::Fido2,
        MethodKind::WindowsHello,
        MethodKind::PlatformCredential,
        MethodKind::Email,
        MethodKind::External,
    ] {
        assert!(kinds.contains(&&kind), "{kind:?}");
    }
    let described: Vec<String> = methods.iter().map(Method::describe).collect();
    assert!(described.contains(&"Microsoft Authenticator (Chidi's phone)".to_owned()));
    assert!(described.contains(&"Passkey or security key (Blue key)".to_owned()));
    let all = format!("{methods:?}");
    assert!(
        !all.contains("+47") && !all.contains("private.example"),
        "{all}"
    );
}

#[tokio::test]
async fn methods_of_unknown_types_are_kept_and_not_claimed_to_be_removable() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    let unknown =
        json!({ "type": "retinaAuthenticationMethod", "id": "eye", "displayName": "+47 555" });
    tenant
        .control(Verb::POST, &format!("/people/{ada}/methods"), unknown)
        .await;

    let methods = graph.methods(&ada).await.unwrap();
    let kind = MethodKind::Unknown("#microsoft.graph.retinaAuthenticationMethod".to_owned());
    let method = find(&methods, &kind);
    assert_eq!(
        graph.remove_method(&leave(&ada), &method).await.unwrap(),
        RemovalOutcome::NotRemovable
    );
    let password = find(&methods, &MethodKind::Password);
    assert_eq!(
        graph.remove_method(&leave(&ada), &password).await.unwrap(),
        RemovalOutcome::NotRemovable
    );
    assert!(tenant.calls("DELETE", "").await.is_empty());
    assert!(
        methods
            .iter()
            .all(|method| method.name.as_deref() != Some("+47 555"))
    );
}

#[tokio::test]
async fn all_methods_go_with_the_default_one_last_and_a_second_time_they_are_gone() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let chidi = tenant.id("chidi.eze").await;
    let before = graph.methods(&chidi).await.unwrap();
    let alternate = find(&before, &MethodKind::AlternateMobilePhone);
    let authenticator = find(&before, &MethodKind::Authenticator);

    let error = graph
        .remove_method(&leave(&chidi), &authenticator)
        .await
        .unwrap_err();
    assert!(matches!(error, GraphError::DefaultMethod { .. }), "{error}");

    let mut order: Vec<MethodRef> = before
        .iter()
        .map(|method| method.method.clone())
        .filter(|method| method.kind != MethodKind::Password)
        .collect();
    order.sort_by_key(|method| (*method == authenticator, *method != alternate));
    for method in &order {
        assert_eq!(
            graph.remove_method(&leave(&chidi), method).await.unwrap(),
            RemovalOutcome::Removed,
            "{method:?}"
        );
    }
    let left = graph.methods(&chidi).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].method.kind, MethodKind::Password);
    for method in &order {
        assert_eq!(
            graph.remove_method(&leave(&chidi), method).await.unwrap(),
            RemovalOutcome::AlreadyGone,
            "{method:?}"
        );
    }
}

#[tokio::test]
async fn the_default_method_is_recognised_in_both_wordings() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    let authenticator = find(
        &graph.methods(&ada).await.unwrap(),
        &MethodKind::Authenticator,
    );
    for wording in ["configured", "matches"] {
        tenant
            .change_tenant(json!({ "defaultMethodWording": wording }))
            .await;
        let error = graph
            .remove_method(&leave(&ada), &authenticator)
            .await
            .unwrap_err();
        assert!(
            matches!(error, GraphError::DefaultMethod { .. }),
            "{wording}: {error}"
        );
        assert!(!error.is_retryable() && !error.may_have_been_applied());
    }
}

#[tokio::test]
async fn a_removal_whose_answer_was_lost_is_repeated_and_found_done() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let bo = tenant.id("bo.nilsson").await;
    let phone = find(&graph.methods(&bo).await.unwrap(), &MethodKind::MobilePhone);
    tenant
        .fault(json!({ "method": "DELETE", "path": "phoneMethods", "kind": "drop-after-write", "times": 1 }))
        .await;
    assert_eq!(
        graph.remove_method(&leave(&bo), &phone).await.unwrap(),
        RemovalOutcome::AlreadyGone
    );
}

#[tokio::test]
async fn sessions_are_revoked_under_either_answer() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    let valid_from = async || -> Value {
        tenant.read(&format!("/sessions/{ada}")).await["signInSessionsValidFromDateTime"].clone()
    };
    let before = valid_from().await;
    graph.revoke_sessions(&leave(&ada)).await.unwrap();
    assert_ne!(valid_from().await, before);

    tenant.change_tenant(json!({ "revokeAnswers": 204 })).await;
    graph.revoke_sessions(&leave(&ada)).await.unwrap();
}

#[tokio::test]
async fn a_revocation_whose_answer_was_lost_is_not_repeated_unasked() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    tenant
        .fault(json!({ "path": "revokeSignInSessions", "kind": "drop-after-write" }))
        .await;
    let error = graph.revoke_sessions(&leave(&ada)).await.unwrap_err();
    let GraphError::Retryable {
        fault: Transient::ConnectionLost,
        may_have_been_applied: true,
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(tenant.calls("POST", "revokeSignInSessions").await.len(), 1);
}
