use std::time::Duration;

use domain::Timestamp;
use serde_json::{Value, json};

use super::Tenant;
use crate::graph::{GraphError, OutOfOffice};

fn moment(text: &str) -> Timestamp {
    let moment: jiff::Timestamp = text.parse().unwrap();
    Timestamp::from_millis(moment.as_millisecond())
}

fn replies(setting: &Value) -> Value {
    json!({ "mailboxSettings": { "automaticReplies": setting } })
}

#[tokio::test]
async fn a_mailbox_says_whether_its_owner_is_away() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    let noon = moment("2026-12-24T12:00Z");
    assert_eq!(graph.absence(&ada, noon).await.unwrap(), None);

    tenant
        .change_person(&ada, replies(&json!({ "status": "alwaysEnabled" })))
        .await;
    let away = OutOfOffice { until: None };
    assert_eq!(graph.absence(&ada, noon).await.unwrap(), Some(away));

    let (start, end) = ("2026-12-24T12:00:00Z", "2026-12-27T00:00:00Z");
    tenant
        .change_person(
            &ada,
            replies(&json!({ "status": "scheduled", "start": start, "end": end })),
        )
        .await;
    let end = moment(end);
    let away = OutOfOffice { until: Some(end) };
    let moment_before = Duration::from_millis(1);
    for (at, expected) in [
        (noon - moment_before, None),
        (noon, Some(away)),
        (end - moment_before, Some(away)),
        (end, None),
    ] {
        assert_eq!(graph.absence(&ada, at).await.unwrap(), expected, "{at:?}");
    }
}

#[tokio::test]
async fn a_mailbox_that_is_not_there_or_not_readable_is_an_error() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    let now = moment("2026-12-24T12:00Z");
    tenant
        .change_person(&ada, json!({ "mailboxSettings": null }))
        .await;
    let error = graph.absence(&ada, now).await.unwrap_err();
    assert!(matches!(error, GraphError::NotFound { .. }), "{error}");
    tenant
        .change_tenant(json!({ "appRoles": ["User.Read.All"] }))
        .await;
    let graph = tenant.graph().await;
    let error = graph.absence(&ada, now).await.unwrap_err();
    let GraphError::Forbidden { permission, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(permission, "MailboxSettings.Read");
}
