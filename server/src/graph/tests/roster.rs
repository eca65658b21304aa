use domain::{PersonId, UserKind};
use reqwest::Method;
use serde_json::{Value, json};

use super::Tenant;
use crate::graph::{GraphError, Led};

impl Tenant {
    async fn group(&self, name: &str, members: &[&str]) -> String {
        let path = format!("/groups/{}", name.replace(' ', "%20"));
        let group = self
            .control(Method::PUT, &path, json!({ "members": members }))
            .await;
        group["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn the_members_of_a_group_are_people_also_through_other_groups() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let inner = tenant
        .group("Night shift", &["emma.larsen@harbourfinch.example"])
        .await;
    let group = tenant
        .group(
            "On call",
            &[
                "ada.keller@harbourfinch.example",
                "ivo_partner.example#EXT#@harbourfinch.example",
                &inner,
            ],
        )
        .await;
    let members = graph.members_of(&group).await.unwrap();
    let mut found: Vec<_> = members
        .iter()
        .map(|person| (person.display_name.as_str(), person.enabled, person.kind))
        .collect();
    found.sort_unstable_by_key(|(name, ..)| *name);
    assert_eq!(
        found,
        [
            ("Ada Keller", true, UserKind::Member),
            ("Emma Larsen", false, UserKind::Member),
            ("Ivo Partner", true, UserKind::Guest),
        ]
    );
    let ada = members
        .iter()
        .find(|person| person.display_name == "Ada Keller");
    assert_eq!(ada.unwrap().country.as_deref(), Some("NO"));
    let empty = tenant.group("Nobody", &[]).await;
    assert_eq!(graph.members_of(&empty).await.unwrap(), []);
    let error = graph
        .members_of("00000000-0000-4000-8000-000000000000")
        .await
        .unwrap_err();
    assert!(matches!(error, GraphError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn a_group_tells_whether_roles_can_be_assigned_to_it() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let plain = tenant.group("Night shift", &[]).await;
    let guarded = tenant.group("Recovery of administrators", &[]).await;
    assert!(!graph.is_assignable_to_role(&plain).await.unwrap());
    assert!(graph.is_assignable_to_role(&guarded).await.unwrap());
    let error = graph
        .is_assignable_to_role("00000000-0000-4000-8000-000000000000")
        .await
        .unwrap_err();
    assert!(matches!(error, GraphError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn everybody_s_manager_is_listed_page_by_page() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let everybody = tenant.read("/people").await;
    let everybody = everybody.as_array().unwrap();
    let id = |value: &Value| value.as_str().map(|id| PersonId(id.to_owned()));
    let mut expected: Vec<Led> = everybody
        .iter()
        .filter(|person| person["userType"] == "Member")
        .map(|person| Led {
            person: id(&person["id"]).unwrap(),
            manager: id(&person["managerId"]),
        })
        .collect();
    assert!(expected.iter().any(|led| led.manager.is_none()));
    tenant.change_tenant(json!({ "longestPage": 10 })).await;

    let mut found = Vec::new();
    let mut pages = 0;
    let (mut people, mut next) = graph.managers(None).await.unwrap();
    loop {
        pages += 1;
        found.append(&mut people);
        let Some(after) = next else { break };
        (people, next) = graph.managers(Some(&after)).await.unwrap();
    }
    assert_eq!(pages, expected.len().div_ceil(10));
    for list in [&mut found, &mut expected] {
        list.sort_unstable_by(|one, other| one.person.0.cmp(&other.person.0));
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn short_pages_of_members_are_followed_as_far_as_anybody_would_ask() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    tenant.change_tenant(json!({ "longestPage": 3 })).await;
    let shipping = tenant.read("/groups").await;
    let shipping = shipping
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["displayName"] == "Shipping");
    let shipping = shipping.unwrap();
    let id = shipping["id"].as_str().unwrap();
    let members = graph.members_of(id).await.unwrap();
    assert_eq!(members.len(), shipping["members"].as_array().unwrap().len());
    let before = tenant.calls("GET", "transitiveMembers").await.len();
    let first = graph.first_members_of(id, 7).await.unwrap();
    assert_eq!(first, members[..7]);
    let calls = tenant.calls("GET", "transitiveMembers").await.len() - before;
    assert_eq!(calls, 3);
}
