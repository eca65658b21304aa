//! Directory objects, queries, batches and logs.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ADA, CHIDI, Lab};

#[tokio::test]
async fn users_show_the_default_properties_unless_selected() {
    let lab = Lab::start().await;
    let plain = lab.get(&format!("/users/{ADA}")).await;
    assert!(plain.body.get("accountEnabled").is_none() && plain.body.get("mail").is_some());
    let selected = lab
        .get(&format!(
            "/users/{ADA}?$select=id,accountEnabled,onPremisesSyncEnabled"
        ))
        .await;
    assert_eq!(selected.body["accountEnabled"], true);
    assert_eq!(selected.body["onPremisesSyncEnabled"], Value::Null);
    assert!(selected.body.get("mail").is_none());
    assert_eq!(
        lab.get(&format!("/users/{ADA}?$select=shoeSize"))
            .await
            .status,
        400
    );
    let missing = lab.get("/users/nobody@harbourfinch.example").await;
    assert_eq!(
        (missing.status, &missing.body["error"]["code"]),
        (404, &json!("Request_ResourceNotFound"))
    );
}

#[tokio::test]
async fn every_answer_carries_its_ids() {
    let lab = Lab::start().await;
    let answer = lab
        .graph(Method::GET, "/users/nobody")
        .header("client-request-id", "my-own-id")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["client-request-id"], "my-own-id");
    let request_id = answer.headers()["request-id"].to_str().unwrap().to_owned();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["innerError"]["request-id"], request_id);
    assert_eq!(
        lab.look("/calls").await.as_array().unwrap().last().unwrap()["clientRequestId"],
        "my-own-id"
    );
}

#[tokio::test]
async fn pages_cover_everybody_once() {
    let lab = Lab::start().await;
    let mut seen = HashSet::new();
    let mut next = lab.url("/v1.0/users?$top=7&$select=id");
    let base = lab.url("/v1.0");
    loop {
        let page = lab
            .get(next.strip_prefix(&base).expect("links stay on this host"))
            .await;
        for user in page.items() {
            assert!(seen.insert(user["id"].to_string()), "listed twice");
        }
        match page.body["@odata.nextLink"].as_str() {
            Some(link) => link.clone_into(&mut next),
            None => break,
        }
    }
    assert_eq!(
        seen.len(),
        lab.look("/people").await.as_array().unwrap().len()
    );
}

#[tokio::test]
async fn advanced_queries_need_the_header() {
    let lab = Lab::start().await;
    let path = "/users?$filter=endsWith(mail,'keller@harbourfinch.example')&$count=true";
    let refused = lab.get(path).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (400, &json!("Request_UnsupportedQuery"))
    );
    let found = lab.get_eventual(path).await;
    assert_eq!(found.body["@odata.count"], 1);
    let plain = lab
        .get("/users?$filter=userPrincipalName eq 'liam.oconnor@harbourfinch.example'")
        .await;
    assert_eq!(plain.items().len(), 1);
    let other_mail = lab
        .get("/users?$filter=otherMails/any(x:x eq 'ada.keller@private.example')")
        .await;
    assert_eq!(other_mail.items()[0]["displayName"], "Ada Keller");
    assert_eq!(
        lab.get("/users?$filter=otherMails like 'x'").await.status,
        400
    );
}

#[tokio::test]
async fn managers_and_their_absence() {
    let lab = Lab::start().await;
    let manager = lab.get(&format!("/users/{ADA}/manager")).await;
    assert_eq!(manager.body["displayName"], "Daniel Okafor");
    let none = lab
        .get("/users/diego.ramos@harbourfinch.example/manager")
        .await;
    assert_eq!(none.status, 404);
    assert!(none.message().contains("Resource 'manager' does not exist"));
    let chain =
        "$expand=manager($levels=max;$select=id,displayName)&$select=id,displayName&$count=true";
    let up = lab.get_eventual(&format!("/users/{ADA}?{chain}")).await;
    assert_eq!(up.body["manager"]["manager"]["displayName"], "Lena Fischer");
    let looped = lab
        .get_eventual(&format!("/users/bea.ring@harbourfinch.example?{chain}"))
        .await;
    assert_eq!(looped.body["manager"]["manager"]["displayName"], "Bea Ring");
    assert!(looped.body["manager"]["manager"].get("manager").is_none());
}

#[tokio::test]
async fn managers_are_listed_beside_their_people() {
    let lab = Lab::start().await;
    let path = "/users?$select=id&$top=5&$expand=manager($levels=1;$select=id)&$count=true";
    let first = lab.get_eventual(path).await;
    assert_eq!(first.items().len(), 5);
    let managed: Vec<&Value> = first.items().iter().map(|user| &user["manager"]).collect();
    // The chief executive has none.
    assert!(managed[0].is_null(), "{managed:?}");
    let chief = &first.items()[0]["id"];
    assert_eq!(managed[1]["@odata.type"], "#microsoft.graph.user");
    assert_eq!(managed[1]["id"], *chief);
    assert!(managed[1].get("displayName").is_none() && managed[1].get("manager").is_none());
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    assert!(next.contains("$expand="), "{next}");

    // Everything of the manager comes without further ado; a choice does not.
    let whole = lab.get("/users?$select=id&$top=2&$expand=manager").await;
    assert_eq!(whole.items()[1]["manager"]["displayName"], "Ingrid Solberg");
    assert_eq!(lab.get(path).await.status, 400, "without the header");
    let chosen = lab.get("/users?$select=id&$expand=manager($select=id)");
    assert_eq!(chosen.await.status, 400, "without levels");
    let other = lab.get("/users?$select=id&$expand=directReports");
    assert_eq!(other.await.status, 400);
}

#[tokio::test]
async fn people_in_a_group_are_listed_with_what_is_selected_of_them() {
    let lab = Lab::start().await;
    let people = json!({"members": [ADA, "oskar.kowalski@harbourfinch.example"]});
    let made = lab
        .control(Method::PUT, "/groups/Night%20shift", people)
        .await;
    let outer = json!({"members": [made["id"], CHIDI]});
    let outer = lab.control(Method::PUT, "/groups/Everybody", outer).await;
    let path = format!(
        "/groups/{}/transitiveMembers/microsoft.graph.user?$select=id,usageLocation&$top=2&$count=true",
        outer["id"].as_str().unwrap()
    );
    let first = lab.get_eventual(&path).await;
    assert_eq!(first.items().len(), 2);
    assert_eq!(first.body["@odata.count"], 3, "no group among them");
    assert_eq!(first.items()[0]["usageLocation"], "NO");
    assert!(first.items()[0].get("displayName").is_none());
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    let rest = lab
        .get_eventual(next.strip_prefix(&lab.url("/v1.0")).unwrap())
        .await;
    assert_eq!(rest.items().len(), 1);
    assert_eq!(lab.get(&path).await.status, 400, "without the header");

    // The same name again is the same group.
    let smaller = json!({"members": [CHIDI]});
    let again = lab.control(Method::PUT, "/groups/Everybody", smaller).await;
    assert_eq!(again["id"], outer["id"]);
    assert_eq!(lab.get_eventual(&path).await.items().len(), 1);
}

#[tokio::test]
async fn mailboxes_tell_who_is_away_to_whoever_may_ask() {
    let mut lab = Lab::start().await;
    let path = format!("/users/{ADA}/mailboxSettings");
    let plain = lab.get(&path).await;
    assert_eq!(plain.body["automaticRepliesSetting"]["status"], "disabled");
    assert_eq!(plain.body["timeZone"], "W. Europe Standard Time");
    let start = "2026-12-24T12:00:00Z";
    let away = json!({"status": "scheduled", "start": start, "end": "2026-12-27T00:00:00Z"});
    let settings = json!({"mailboxSettings": {"automaticReplies": away}});
    lab.control(Method::PATCH, &format!("/people/{ADA}"), settings)
        .await;
    let replies = lab.get(&format!("{path}/automaticRepliesSetting")).await;
    assert_eq!(replies.body["status"], "scheduled");
    let start = &replies.body["scheduledStartDateTime"];
    let expected = json!({"dateTime": "2026-12-24T12:00:00.0000000", "timeZone": "UTC"});
    assert_eq!(*start, expected);

    let guest = "/users/ivo_partner.example%23EXT%23@harbourfinch.example/mailboxSettings";
    let none = lab.get(guest).await;
    assert_eq!(none.body["error"]["code"], "MailboxNotEnabledForRESTAPI");
    assert_eq!(none.status, 404);
    let roles = json!({"appRoles": ["User.Read.All"]});
    lab.control(Method::PATCH, "/tenant", roles).await;
    lab.renew_token().await;
    let refused = lab.get(&path).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.body["error"]["code"], "ErrorAccessDenied");
}

#[tokio::test]
async fn every_way_to_be_privileged_is_visible_in_its_own_place() {
    let lab = Lab::start().await;
    let people = lab.look("/people").await;
    let id = |kind: &str| {
        let person = people
            .as_array()
            .unwrap()
            .iter()
            .find(|person| person["kind"] == kind)
            .unwrap();
        person["id"].as_str().unwrap().to_owned()
    };
    let active = async |kind: &str| {
        let path = format!(
            "/users/{}/transitiveMemberOf/microsoft.graph.directoryRole?$count=true",
            id(kind)
        );
        lab.get_eventual(&path).await.items().len()
    };
    assert_eq!(active("global-admin").await, 1);
    assert_eq!(active("group-admin").await, 1);
    assert_eq!(active("unit-admin").await, 0);
    assert_eq!(active("pim-eligible").await, 0);
    assert_eq!(active("employee").await, 0);

    let rows = async |list: &str, kind: &str| {
        let path = format!(
            "/roleManagement/directory/{list}?$filter=principalId eq '{}'",
            id(kind)
        );
        lab.get(&path).await.items().len()
    };
    assert_eq!(rows("roleAssignments", "unit-admin").await, 1);
    assert_eq!(rows("roleAssignments", "group-admin").await, 0);
    assert_eq!(rows("roleEligibilitySchedules", "pim-eligible").await, 1);

    let owned = lab
        .get(&format!("/users/{}/ownedObjects", id("group-owner")))
        .await;
    assert_eq!(owned.items()[0]["isAssignableToRole"], true);

    let restricted = lab
        .post(
            &format!(
                "/users/{}/authentication/temporaryAccessPassMethods",
                id("restricted")
            ),
            json!({}),
        )
        .await;
    assert_eq!(restricted.status, 403);
}

#[tokio::test]
async fn without_the_permission_roles_are_nameless() {
    let mut lab = Lab::start().await;
    lab.control(
        Method::PATCH,
        "/tenant",
        json!({"appRoles": ["User.Read.All"]}),
    )
    .await;
    lab.renew_token().await;
    let path = "/users/tara.singh@harbourfinch.example/transitiveMemberOf/microsoft.graph.directoryRole?$count=true";
    let roles = lab.get_eventual(path).await;
    assert_eq!(roles.items().len(), 1);
    assert_eq!(roles.items()[0]["roleTemplateId"], Value::Null);
}

#[tokio::test]
async fn group_members_are_added_and_removed_once() {
    let lab = Lab::start().await;
    let groups = lab.get("/groups?$select=id,displayName").await;
    let group = |name: &str| {
        let found = groups
            .items()
            .iter()
            .find(|group| group["displayName"] == name)
            .unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let ada = lab.get(&format!("/users/{ADA}")).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let reference =
        json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{ada}")});
    let members = format!("/groups/{}/members", group("MFA exclusions"));
    assert_eq!(
        lab.post(&format!("{members}/$ref"), reference.clone())
            .await
            .status,
        204
    );
    let again = lab
        .post(&format!("{members}/$ref"), reference.clone())
        .await;
    assert!(again.status == 400 && again.message().contains("already exist"));
    assert_eq!(
        lab.delete(&format!("{members}/{ada}/$ref")).await.status,
        204
    );
    assert_eq!(
        lab.delete(&format!("{members}/{ada}/$ref")).await.status,
        404
    );
    for (name, status) in [
        ("All employees", 400),
        ("Domain printers", 400),
        ("Tier 0 administrators", 403),
    ] {
        let refused = lab
            .post(
                &format!("/groups/{}/members/$ref", group(name)),
                reference.clone(),
            )
            .await;
        assert_eq!(refused.status, status, "{name}");
    }
    let nested = lab
        .post(
            &format!("/users/{ADA}/checkMemberGroups"),
            json!({"groupIds": [group("All warehouses"), group("Finance")]}),
        )
        .await;
    assert_eq!(nested.body["value"], json!([group("All warehouses")]));
}

#[tokio::test]
async fn a_batch_answers_each_item_and_takes_twenty() {
    let lab = Lab::start().await;
    let item =
        |id: usize| json!({"id": id.to_string(), "method": "GET", "url": format!("/users/{ADA}")});
    let answer = lab
        .post(
            "/$batch",
            json!({"requests": [
                item(1),
                {"id": "2", "method": "GET", "url": "/users/nobody"},
                {"id": "3", "method": "GET", "url": "/organization", "dependsOn": ["2"]},
            ]}),
        )
        .await;
    let status = |id: &str| {
        let responses = answer.body["responses"].as_array().unwrap();
        responses
            .iter()
            .find(|response| response["id"] == id)
            .unwrap()["status"]
            .as_u64()
    };
    assert_eq!(
        (status("1"), status("2"), status("3")),
        (Some(200), Some(404), Some(424))
    );
    let too_many: Vec<Value> = (0..21).map(item).collect();
    assert_eq!(
        lab.post("/$batch", json!({"requests": too_many}))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn our_own_calls_are_audited_and_reports_are_throttled() {
    let lab = Lab::start().await;
    lab.issue_pass(ADA, true).await;
    let ada = lab.get(&format!("/users/{ADA}")).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id eq '{ada}')");
    let rows = lab.get(&path).await;
    assert_eq!(
        rows.items()[0]["activityDisplayName"],
        "Admin registered security info"
    );
    assert_eq!(
        rows.items()[0]["initiatedBy"]["app"]["appId"],
        lab.tenant["clientId"]
    );
    for _ in 0..4 {
        assert_eq!(lab.get(&path).await.status, 200);
    }
    assert_eq!(lab.get(&path).await.status, 429);
    lab.advance(10).await;
    lab.control(Method::PATCH, "/tenant", json!({"premium": false}))
        .await;
    let refused = lab.get("/auditLogs/signIns").await;
    assert_eq!(
        refused.body["error"]["code"],
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
    );
    assert_eq!(lab.get(&path).await.status, 200, "audits need no licence");
}
