//! Every call that Latchkey makes, under every fault that strikes calls.

use reqwest::{Error, Method, Response};
use serde_json::{Value, json};

use crate::support::{ADA, Lab};

/// Kinds of methods and the collections they are removed from.
const REMOVALS: &[(&str, &str)] = &[
    ("phoneAuthenticationMethod", "phoneMethods"),
    (
        "microsoftAuthenticatorAuthenticationMethod",
        "microsoftAuthenticatorMethods",
    ),
    ("softwareOathAuthenticationMethod", "softwareOathMethods"),
    ("fido2AuthenticationMethod", "fido2Methods"),
    (
        "windowsHelloForBusinessAuthenticationMethod",
        "windowsHelloForBusinessMethods",
    ),
    (
        "platformCredentialAuthenticationMethod",
        "platformCredentialMethods",
    ),
    ("emailAuthenticationMethod", "emailMethods"),
    (
        "externalAuthenticationMethod",
        "externalAuthenticationMethods",
    ),
];

/// A call, ready to be made again and again.
struct Call {
    method: Method,
    /// Below Graph's root, or the whole path of the token endpoint.
    path: String,
    body: Value,
}

impl Call {
    fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: Value::Null,
        }
    }

    fn post(path: impl Into<String>, body: Value) -> Self {
        Self {
            method: Method::POST,
            path: path.into(),
            body,
        }
    }

    fn delete(path: impl Into<String>) -> Self {
        Self {
            method: Method::DELETE,
            path: path.into(),
            body: Value::Null,
        }
    }

    async fn make(&self, lab: &Lab) -> Result<Response, Error> {
        if self.path.ends_with("/token") {
            let form = [
                ("client_id", lab.setting("clientId")),
                ("client_secret", lab.setting("clientSecret")),
                ("grant_type", "client_credentials"),
                ("scope", "https://graph.microsoft.com/.default"),
            ];
            return lab.http.post(lab.url(&self.path)).form(&form).send().await;
        }
        let request = lab.graph(self.method.clone(), &self.path);
        let request = match &self.body {
            Value::Null => request,
            body => request.json(body),
        };
        request.header("ConsistencyLevel", "eventual").send().await
    }

    /// Sets a fault for this call alone, and makes it.
    async fn make_under(&self, lab: &Lab, fault: &Value) -> Result<Response, Error> {
        let mut fault = fault.clone();
        fault["method"] = json!(self.method.as_str());
        fault["path"] = json!(self.path.split('?').next());
        fault["times"] = json!(1);
        lab.fault(fault).await;
        self.make(lab).await
    }
}

/// The state in which every call of [`calls`] succeeds, and these calls.
async fn calls(lab: &Lab) -> Vec<Call> {
    lab.control(Method::POST, "/reset", json!({})).await;
    let kinds: Vec<Value> = REMOVALS
        .iter()
        .map(|(kind, _)| json!({"type": kind}))
        .collect();
    let methods = lab
        .control(
            Method::PUT,
            &format!("/people/{ADA}/methods"),
            Value::from(kinds),
        )
        .await;
    let (pass, _) = lab.issue_pass(ADA, true).await;
    let token = lab.setting("tokenUrl");
    let token = token.strip_prefix(lab.simulator.base_url()).unwrap();
    let ada = lab.get(&format!("/users/{ADA}")).await.body["id"].clone();
    let user = format!("/users/{}", ada.as_str().unwrap());
    let methods_of = format!("{user}/authentication");
    let by_principal = format!("$filter=principalId%20eq%20%27{}%27", ada.as_str().unwrap());

    let mut calls = vec![
        Call::post(token, Value::Null),
        Call::get(format!(
            "/users?$filter=userPrincipalName%20eq%20%27{ADA}%27"
        )),
        Call::get(&user),
        Call::get(format!("{user}/manager")),
        Call::get("/organization"),
        Call::get(format!(
            "{user}/transitiveMemberOf/microsoft.graph.directoryRole?$count=true"
        )),
        Call::get(format!(
            "{user}/transitiveMemberOf/microsoft.graph.group?$count=true"
        )),
        Call::get(format!("{user}/ownedObjects")),
        Call::get(format!(
            "/roleManagement/directory/roleAssignments?{by_principal}"
        )),
        Call::get(format!(
            "/roleManagement/directory/roleEligibilitySchedules?{by_principal}"
        )),
        Call::post(
            format!("{user}/checkMemberGroups"),
            json!({"groupIds": [ada]}),
        ),
        Call::get(
            "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass",
        ),
        Call::post(format!("{user}/revokeSignInSessions"), Value::Null),
        Call::get(format!("{methods_of}/methods")),
        Call::get(format!("{methods_of}/temporaryAccessPassMethods")),
        Call::post(
            format!("{methods_of}/temporaryAccessPassMethods"),
            json!({"lifetimeInMinutes": 60, "isUsableOnce": true}),
        ),
        Call::delete(format!("{methods_of}/temporaryAccessPassMethods/{pass}")),
    ];
    let methods = methods.as_array().unwrap();
    for (kind, collection) in REMOVALS {
        let odata_type = format!("#microsoft.graph.{kind}");
        let method = methods
            .iter()
            .find(|method| method["@odata.type"] == *odata_type)
            .unwrap_or_else(|| panic!("a {kind}"));
        let id = method["id"].as_str().unwrap();
        calls.push(Call::delete(format!("{methods_of}/{collection}/{id}")));
    }
    calls
}

/// What the log says of the newest call: how it was answered, by which fault, and how it was carried out when the
/// caller was not told.
async fn newest(lab: &Lab) -> (u64, String, Option<u64>) {
    let calls = lab.look("/calls").await;
    let call = calls.as_array().unwrap().last().unwrap();
    (
        call["status"].as_u64().unwrap(),
        call["fault"].as_str().unwrap_or_default().to_owned(),
        call["applied"]["status"].as_u64(),
    )
}

/// Goes through all calls, each in a tenant as it was at first.
async fn with_each_call(strike: impl AsyncFn(&Lab, &Call)) {
    let lab = Lab::start().await;
    let count = calls(&lab).await.len();
    for index in 0..count {
        let call = calls(&lab).await.remove(index);
        strike(&lab, &call).await;
    }
}

fn succeeded(status: Option<u64>) -> bool {
    status.is_some_and(|status| (200..300).contains(&status))
}

#[tokio::test]
async fn every_call_can_be_refused() {
    with_each_call(async |lab, call| {
        let answer = call
            .make_under(lab, &json!({"kind": "status", "status": 503}))
            .await
            .unwrap();
        assert_eq!(answer.status(), 503, "{}", call.path);
        assert_eq!(newest(lab).await, (503, "status".to_owned(), None));
    })
    .await;
}

#[tokio::test]
async fn every_call_can_hang() {
    with_each_call(async |lab, call| {
        let answer = call
            .make_under(lab, &json!({"kind": "hang", "millis": 1}))
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{}", call.path);
        assert_eq!(newest(lab).await.1, "hang", "{}", call.path);
    })
    .await;
}

#[tokio::test]
async fn every_call_can_be_held() {
    with_each_call(async |lab, call| {
        let hold = json!({"kind": "hold"});
        let (answer, ()) = tokio::join!(call.make_under(lab, &hold), lab.held_call_goes_on());
        assert!(answer.unwrap().status().is_success(), "{}", call.path);
        assert_eq!(newest(lab).await.1, "hold", "{}", call.path);
    })
    .await;
}

#[tokio::test]
async fn every_call_can_be_lost_before_it_is_applied() {
    with_each_call(async |lab, call| {
        let outcome = call.make_under(lab, &json!({"kind": "drop"})).await;
        assert!(outcome.is_err(), "{}", call.path);
        assert_eq!(newest(lab).await, (0, "drop".to_owned(), None));
    })
    .await;
}

#[tokio::test]
async fn every_call_can_be_lost_after_it_was_applied() {
    with_each_call(async |lab, call| {
        let outcome = call
            .make_under(lab, &json!({"kind": "drop-after-write"}))
            .await;
        assert!(outcome.is_err(), "{}", call.path);
        let (status, fault, applied) = newest(lab).await;
        assert_eq!((status, fault.as_str()), (0, "drop-after-write"));
        assert!(succeeded(applied), "{}: {applied:?}", call.path);
    })
    .await;
}

#[tokio::test]
async fn every_call_can_be_lost_and_applied_later() {
    with_each_call(async |lab, call| {
        let outcome = call.make_under(lab, &json!({"kind": "apply-later"})).await;
        assert!(outcome.is_err(), "{}", call.path);
        assert_eq!(newest(lab).await, (0, "apply-later".to_owned(), None));
        lab.control(Method::POST, "/late-calls", json!({})).await;
        let (.., applied) = newest(lab).await;
        assert!(succeeded(applied), "{}: {applied:?}", call.path);
    })
    .await;
}
