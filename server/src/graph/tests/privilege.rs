use domain::PersonId;
use serde_json::json;

use super::Tenant;
use crate::graph::GraphError;

#[tokio::test]
async fn every_kind_of_privilege_is_seen_and_ordinary_people_are_ordinary() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    for (person, privileged) in [
        ("tara.singh", true),   // Global Administrator
        ("umar.farouk", true),  // role by a group
        ("vera.horvat", true),  // eligible role only
        ("will.turner", true),  // owner of a group for roles
        ("xenia.popa", true),   // restricted management
        ("yusuf.demir", true),  // role over an administrative unit
        ("zoe.laurent", false), // Reports Reader
        ("ada.keller", false),
        ("gina.rossi", false),
    ] {
        let outcome = graph.is_privileged(&tenant.id(person).await).await.unwrap();
        assert_eq!(outcome, privileged, "{person}");
    }
}

#[tokio::test]
async fn an_unknown_role_is_a_privilege() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    let custom = "11111111-2222-4333-8444-555555555555";
    tenant
        .change_person(&ada, json!({ "directoryRoles": [custom] }))
        .await;
    assert!(graph.is_privileged(&ada).await.unwrap());
}

#[tokio::test]
async fn a_reading_that_fails_is_an_error_and_never_a_no() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    for path in [
        "microsoft.graph.directoryRole",
        "roleAssignments",
        "roleEligibilitySchedules",
        "microsoft.graph.group",
        "ownedObjects",
    ] {
        tenant
            .fault(json!({ "path": path, "kind": "status", "status": 403, "times": 1 }))
            .await;
        let error = graph.is_privileged(&ada).await.unwrap_err();
        assert!(
            matches!(error, GraphError::Forbidden { .. }),
            "{path}: {error}"
        );
    }
    let nobody = PersonId("00000000-0000-4000-8000-000000000000".to_owned());
    let error = graph.is_privileged(&nobody).await.unwrap_err();
    assert!(matches!(error, GraphError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn eligible_roles_alone_are_left_unread_where_there_are_none() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph_without_eligible_roles().await;
    // The call would fail, as in a tenant without the licence for it.
    let unread = json!({ "path": "roleEligibilitySchedules", "kind": "status", "status": 403 });
    tenant.fault(unread).await;
    for (person, privileged) in [
        ("vera.horvat", false), // eligible role only
        ("tara.singh", true),
        ("umar.farouk", true),
        ("will.turner", true),
        ("xenia.popa", true),
        ("yusuf.demir", true),
        ("ada.keller", false),
    ] {
        let outcome = graph.is_privileged(&tenant.id(person).await).await.unwrap();
        assert_eq!(outcome, privileged, "{person}");
    }
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    tenant
        .change_tenant(json!({ "appRoles": ["User.Read.All", "GroupMember.Read.All"] }))
        .await;
    let error = graph.is_privileged(&ada).await.unwrap_err();
    let GraphError::Forbidden {
        permission, code, ..
    } = error
    else {
        panic!("{error}")
    };
    assert!(permission.starts_with("Role"), "{permission}");
    assert_eq!(code, "Authorization_RequestDenied");
}
