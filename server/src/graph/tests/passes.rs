use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{Tenant, leave};
use crate::{
    clock::{Clock, Entropy, SystemEntropy},
    graph::{GraphError, PassUsability, Transient, request::Request},
};

async fn allow_short_passes(tenant: &Tenant) {
    tenant
        .set_pass_policy(json!({ "minimumLifetimeInMinutes": 10, "maximumLifetimeInMinutes": 480 }))
        .await;
}

#[tokio::test]
async fn a_pass_is_made_listed_without_its_value_and_deleted() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    allow_short_passes(&tenant).await;
    assert_eq!(graph.pass(&ada).await.unwrap(), None);

    let attempt = SystemEntropy.uuid();
    let made = graph.create_pass(&leave(&ada), 15, attempt).await.unwrap();
    let recorded = tenant.read(&format!("/people/{ada}/passes")).await;
    assert_eq!(recorded[0]["value"], made.value.expose_secret());
    assert_eq!(recorded[0]["isUsableOnce"], true);
    assert_eq!(made.lifetime_minutes, 15);
    let left = made.expires_at.since(tenant.clock.now());
    assert!(
        left > Duration::from_mins(14) && left <= Duration::from_mins(15),
        "{left:?}"
    );
    let calls = tenant.calls("POST", "temporaryAccessPassMethods").await;
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["clientRequestId"], attempt.to_string());
    assert!(!format!("{made:?}").contains(made.value.expose_secret()));

    let live = graph.pass(&ada).await.unwrap().unwrap();
    assert_eq!(live.id, made.id);
    assert!(live.usable && live.once);
    assert_eq!(live.usability, PassUsability::EnabledByPolicy);
    let created_at = live.created_at.unwrap();
    assert!(created_at <= made.expires_at - Duration::from_mins(15));
    assert!(made.expires_at.since(created_at) < Duration::from_mins(16));

    graph.delete_pass(&leave(&ada), &made.id).await.unwrap();
    assert_eq!(graph.pass(&ada).await.unwrap(), None);
    graph.delete_pass(&leave(&ada), &made.id).await.unwrap();
}

#[tokio::test]
async fn an_expired_pass_says_so() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    allow_short_passes(&tenant).await;
    graph
        .create_pass(&leave(&ada), 15, SystemEntropy.uuid())
        .await
        .unwrap();
    tenant.advance_tenant_clock(Duration::from_mins(16)).await;
    let live = graph.pass(&ada).await.unwrap().unwrap();
    assert!(!live.usable);
    assert_eq!(live.usability, PassUsability::Expired);
}

#[tokio::test]
async fn the_policy_is_read_as_it_applies_to_one_person() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await; // in Shipping, and so in All warehouses
    let greta = tenant.id("greta.holm").await;
    let policy = graph.pass_policy(&ada).await.unwrap();
    assert!(policy.usable);
    assert_eq!((policy.minimum_minutes, policy.maximum_minutes), (60, 480));

    let groups: Vec<Value> = graph
        .list(&Request::get("/groups", &[], "Group.Read.All"))
        .await
        .unwrap();
    let group = groups
        .iter()
        .find(|group| group["displayName"] == "All warehouses")
        .unwrap();
    let warehouses = json!([{ "targetType": "group", "id": group["id"] }]);
    tenant
        .set_pass_policy(json!({ "includeTargets": warehouses }))
        .await;
    assert!(graph.pass_policy(&ada).await.unwrap().usable);
    assert!(!graph.pass_policy(&greta).await.unwrap().usable);

    let everybody = json!([{ "targetType": "group", "id": "all_users" }]);
    tenant
        .set_pass_policy(json!({ "includeTargets": everybody, "excludeTargets": warehouses }))
        .await;
    assert!(!graph.pass_policy(&ada).await.unwrap().usable);
    assert!(graph.pass_policy(&greta).await.unwrap().usable);

    tenant.set_pass_policy(json!({ "state": "disabled" })).await;
    assert!(!graph.pass_policy(&greta).await.unwrap().usable);
}

#[tokio::test]
async fn what_the_policy_refuses_is_told_apart() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;

    let too_short = graph
        .create_pass(&leave(&ada), 15, SystemEntropy.uuid())
        .await
        .unwrap_err();
    assert!(
        matches!(too_short, GraphError::PolicyRefused { .. }),
        "{too_short}"
    );

    tenant.set_pass_policy(json!({ "state": "disabled" })).await;
    let disabled = graph
        .create_pass(&leave(&ada), 60, SystemEntropy.uuid())
        .await
        .unwrap_err();
    assert!(
        matches!(disabled, GraphError::PolicyRefused { .. }),
        "{disabled}"
    );
    assert!(!disabled.may_have_been_applied());
}

#[tokio::test]
async fn a_pass_whose_answer_was_lost_may_exist_and_is_not_made_twice() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    tenant
        .fault(
            json!({ "method": "POST", "path": "temporaryAccessPass", "kind": "drop-after-write" }),
        )
        .await;
    let error = graph
        .create_pass(&leave(&ada), 60, SystemEntropy.uuid())
        .await
        .unwrap_err();
    assert!(
        error.is_retryable() && error.may_have_been_applied(),
        "{error}"
    );
    assert_eq!(tenant.read("/passes").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_throttled_pass_is_not_tried_again_and_surely_not_made() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    tenant
        .fault(json!({ "path": "temporaryAccessPass", "kind": "status", "status": 429, "retryAfter": "0.01" }))
        .await;
    let error = graph
        .create_pass(&leave(&ada), 60, SystemEntropy.uuid())
        .await
        .unwrap_err();
    let GraphError::Retryable {
        fault,
        after,
        may_have_been_applied,
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(fault, Transient::Throttled);
    assert_eq!(after, Some(Duration::from_millis(10)));
    assert!(!may_have_been_applied);
    assert_eq!(tenant.calls("POST", "temporaryAccessPass").await.len(), 1);
}

#[tokio::test]
async fn neither_pass_nor_credentials_are_in_the_log_or_in_an_error() {
    let tenant = Tenant::start().await;
    let graph = tenant.graph().await;
    let ada = tenant.id("ada.keller").await;
    let secret = tenant.read("/tenant").await["clientSecret"]
        .as_str()
        .unwrap()
        .to_owned();

    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let attempt = SystemEntropy.uuid();
    let made = graph.create_pass(&leave(&ada), 60, attempt).await.unwrap();
    tenant
        .fault(json!({ "path": "temporaryAccessPass", "kind": "drop-after-write" }))
        .await;
    let error = graph
        .create_pass(&leave(&ada), 60, attempt)
        .await
        .unwrap_err();
    tenant.control(Method::DELETE, "/faults", json!(null)).await;
    drop(guard);

    let text = format!("{}{error}{error:?}", log.text());
    assert!(
        text.contains(&attempt.to_string()),
        "the log holds the calls"
    );
    assert!(text.contains("temporaryAccessPassMethods"));
    for hidden in [made.value.expose_secret(), &secret, "Bearer "] {
        assert!(!text.contains(hidden), "{hidden} is in the log");
    }
    assert!(!error.to_string().contains(&ada.0));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
