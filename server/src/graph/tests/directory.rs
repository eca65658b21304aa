use domain::{PersonId, UserKind};
use serde_json::json;

use super::Tenant;
use crate::graph::GraphError;

const ADA: &str = "ada.keller@harbourfinch.example";

#[tokio::test]
async fn a_person_is_found_by_sign_in_name_and_by_address_in_any_case() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let id = tenant.id("ada.keller").await;

    let found = graph
        .find_person("ADA.Keller@HarbourFinch.example")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, id);
    assert_eq!(found.display_name, "Ada Keller");
    assert_eq!(found.given_name.as_deref(), Some("Ada"));
    assert_eq!(found.position.as_deref(), Some("Dispatcher, Shipping"));
    assert_eq!(found.other_mails, ["ada.keller@private.example"]);
    assert_eq!(found.country.as_deref(), Some("NO"));
    assert!(found.enabled);
    assert_eq!(found.kind, UserKind::Member);

    tenant
        .change_person(&id, json!({ "mail": "keller@mail.example" }))
        .await;
    assert_eq!(
        graph
            .find_person("Keller@mail.example")
            .await
            .unwrap()
            .unwrap()
            .id,
        id
    );
}

#[tokio::test]
async fn nobody_and_several_people_are_no_find() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    for identifier in [
        "nobody@harbourfinch.example",
        "o'neil@harbourfinch.example",
        "' or '1' eq '1",
    ] {
        assert_eq!(
            graph.find_person(identifier).await.unwrap(),
            None,
            "{identifier}"
        );
    }

    let other = tenant.id("bo.nilsson").await;
    tenant.change_person(&other, json!({ "mail": ADA })).await;
    assert_eq!(graph.find_person(ADA).await.unwrap(), None);
}

#[tokio::test]
async fn guests_and_disabled_people_are_told_apart() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let person = |name: &'static str| {
        let graph = graph.clone();
        async move { graph.find_person(name).await.unwrap().unwrap() }
    };
    assert_eq!(person("ivo@partner.example").await.kind, UserKind::Guest);
    assert!(!person("emma.larsen@harbourfinch.example").await.enabled);

    let ada = tenant.id("ada.keller").await;
    tenant
        .change_person(&ada, json!({ "userType": "Guest" }))
        .await;
    assert_eq!(person(ADA).await.kind, UserKind::Guest);
}

#[tokio::test]
async fn a_person_is_read_by_object_id_or_absent() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let id = tenant.id("ada.keller").await;
    assert_eq!(
        graph
            .person(&id)
            .await
            .unwrap()
            .unwrap()
            .user_principal_name,
        ADA
    );

    let nobody = PersonId("00000000-0000-4000-8000-000000000000".to_owned());
    assert_eq!(graph.person(&nobody).await.unwrap(), None);
    let traversal = graph.person(&PersonId("..".to_owned())).await.unwrap_err();
    assert!(matches!(traversal, GraphError::Permanent { .. }));
}

#[tokio::test]
async fn managers_are_read_and_may_be_absent() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let manager = graph
        .manager(&tenant.id("ada.keller").await)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(manager.display_name, "Daniel Okafor");
    assert_eq!(
        manager.mail.as_deref(),
        Some("daniel.okafor@harbourfinch.example")
    );
    assert_eq!(
        graph
            .manager(&tenant.id("diego.ramos").await)
            .await
            .unwrap(),
        None
    );
    let disabled = graph
        .manager(&tenant.id("filip.dvorak").await)
        .await
        .unwrap()
        .unwrap();
    assert!(!disabled.enabled);
}

#[tokio::test]
async fn the_report_tree_is_followed_upwards_and_survives_loops() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    for (subject, candidate, inside) in [
        ("lena.fischer", "ada.keller", true),
        ("tomas.berg", "ada.keller", true),
        ("ada.keller", "daniel.okafor", false),
        ("ada.keller", "ada.keller", true),
        ("ada.keller", "diego.ramos", false),
        ("ada.keller", "anton.self", false),
        ("ada.keller", "bea.ring", false),
        ("bea.ring", "carl.ring", true),
    ] {
        let (subject_id, candidate_id) = (tenant.id(subject).await, tenant.id(candidate).await);
        let outcome = graph
            .is_in_report_tree(&subject_id, &candidate_id)
            .await
            .unwrap();
        assert_eq!(outcome, inside, "{candidate} below {subject}");
    }
}

#[tokio::test]
async fn recovery_addresses_are_those_outside_the_tenant_s_own_mail() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let id = tenant.id("hugo.martin").await;
    tenant
        .change_person(
            &id,
            json!({ "otherMails": [
                "hugo.martin@HarbourFinch.example",
                "hugo@private.example",
                "Hugo@Private.example",
                "not an address",
            ] }),
        )
        .await;
    let person = graph.person(&id).await.unwrap().unwrap();
    let addresses = graph.recovery_addresses(&person).await.unwrap();
    assert_eq!(
        addresses,
        ["hugo@private.example", "hugo.reset@private.example"]
    );
}
