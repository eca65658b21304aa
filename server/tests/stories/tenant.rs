//! What a story does to the stand-in tenant, and what it sees there.

use domain::{PersonId, UserKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{DOMAIN, Story};

impl Story {
    /// Asks the stand-in tenant's control.
    pub async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/_control{path}", self.simulator.base_url());
        let mut request = self.client.request(method, url);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        answer.json().await.unwrap()
    }

    /// Sets a fault at Graph.
    pub async fn fault(&self, fault: Value) {
        self.control(Method::POST, "/faults", fault).await;
    }

    /// Graph answers every call to a path with this in it by 503.
    pub async fn graph_is_down(&self, method: Option<&str>, path: &str) {
        self.fault(json!({ "method": method, "path": path, "kind": "status", "status": 503 }))
            .await;
    }

    /// Graph works again.
    pub async fn graph_is_back(&self) {
        self.control(Method::DELETE, "/faults", Value::Null).await;
    }

    /// Graph holds the next call of this method to a path with this in it, until [`Self::held_call_goes_on`].
    pub async fn holds_call(&self, method: &str, path: &str) {
        self.fault(json!({ "method": method, "path": path, "kind": "hold", "times": 1 }))
            .await;
    }

    /// Graph answers the call that it holds, whose caller still waits.
    pub async fn held_call_goes_on(&self) {
        let gone_on = self.control(Method::POST, "/held-calls", Value::Null).await;
        assert_eq!(gone_on, json!({ "goneOn": 1 }));
    }

    /// Waits until every fault that was to strike a number of calls has struck.
    pub async fn faults_have_struck(&self) {
        self.eventually("the fault to strike", async || {
            self.control(Method::GET, "/faults", Value::Null).await == json!([])
        })
        .await;
    }

    /// How the mail server treats mails from now on.
    pub async fn mail_server(&self, mode: &str) {
        self.treat_mail(json!({ "mode": mode })).await;
    }

    /// As [`Self::mail_server`], with everything that the stand-in can do.
    pub async fn treat_mail(&self, treatment: Value) {
        self.control(Method::POST, "/mailbox/mode", treatment).await;
    }

    /// Mails to `to`, oldest first.
    pub async fn mails(&self, to: &str) -> Vec<Value> {
        let mails = self
            .control(Method::GET, &format!("/mailbox?to={to}"), Value::Null)
            .await;
        mails.as_array().unwrap().clone()
    }

    /// What is `wanted` in the newest mail to `to` that has it, as soon as there is one.
    pub async fn newest<T>(&self, to: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        let mut found = None;
        self.eventually(&format!("a mail to {to}"), async || {
            found = self.mails(to).await.iter().rev().find_map(&wanted);
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// Subjects of the mails to `to`, oldest first.
    pub async fn subjects(&self, to: &str) -> Vec<String> {
        let subject = |mail: &Value| mail["subject"].as_str().unwrap().to_owned();
        self.mails(to).await.iter().map(subject).collect()
    }

    /// The passes that were ever made for this person, oldest first.
    pub async fn passes(&self, alias: &str) -> Vec<Value> {
        let path = format!("/people/{alias}@{DOMAIN}/passes");
        let passes = self.control(Method::GET, &path, Value::Null).await;
        passes.as_array().unwrap().clone()
    }

    /// The person's passes that exist.
    pub async fn live_passes(&self, alias: &str) -> Vec<Value> {
        let mut passes = self.passes(alias).await;
        passes.retain(|pass| pass["state"] != "Removed");
        passes
    }

    /// Types of the methods that this person has.
    pub async fn methods(&self, alias: &str) -> Vec<String> {
        let path = format!("/people/{alias}@{DOMAIN}/methods");
        let methods = self.control(Method::GET, &path, Value::Null).await;
        let kind = |method: &Value| {
            let kind = method["@odata.type"].as_str().unwrap();
            kind.trim_start_matches("#microsoft.graph.").to_owned()
        };
        methods.as_array().unwrap().iter().map(kind).collect()
    }

    /// Carries out the calls that the fault `apply-later` held back.
    pub async fn late_calls_arrive(&self) {
        self.control(Method::POST, "/late-calls", Value::Null).await;
    }

    /// An administrator makes a pass for this person by hand, outside Latchkey. Returns its id.
    pub async fn makes_pass_by_hand(&self, alias: &str, wish: Value) -> String {
        let path = format!("/users/{alias}@{DOMAIN}/authentication/temporaryAccessPassMethods");
        let made = self.administers(Method::POST, &path, wish).await;
        let made: Value = made.json().await.unwrap();
        made["id"].as_str().unwrap().to_owned()
    }

    /// An administrator deletes the person's pass by hand.
    pub async fn deletes_pass_by_hand(&self, alias: &str) {
        let live = self.live_passes(alias).await;
        let id = live[0]["id"].as_str().unwrap();
        let path =
            format!("/users/{alias}@{DOMAIN}/authentication/temporaryAccessPassMethods/{id}");
        self.administers(Method::DELETE, &path, Value::Null).await;
    }

    /// Asks Graph as somebody else than the server under test.
    async fn administers(&self, method: Method, path: &str, body: Value) -> reqwest::Response {
        let tenant = self.control(Method::GET, "/tenant", Value::Null).await;
        let text = |key: &str| tenant[key].as_str().unwrap().to_owned();
        let form = [
            ("client_id", text("clientId")),
            ("client_secret", text("clientSecret")),
            ("grant_type", "client_credentials".to_owned()),
            ("scope", "https://graph.microsoft.com/.default".to_owned()),
        ];
        let granted = self.client.post(text("tokenUrl")).form(&form).send().await;
        let granted: Value = granted.unwrap().json().await.unwrap();
        let url = format!("{}/v1.0{path}", self.simulator.base_url());
        let mut request = self
            .client
            .request(method, url)
            .bearer_auth(granted["access_token"].as_str().unwrap());
        if !body.is_null() {
            request = request.json(&body);
        }
        request.send().await.unwrap().error_for_status().unwrap()
    }

    /// Signs in at Microsoft with a pass; tells whether that worked.
    pub async fn signs_in(&self, alias: &str, pass: &str) -> bool {
        let form = [
            ("user_name", format!("{alias}@{DOMAIN}")),
            ("pass", pass.to_owned()),
        ];
        let request = self.client.post(self.simulator.base_url()).form(&form);
        let status = request.send().await.unwrap().status();
        // It leads on to the person's own pages, or shows the form again.
        assert!(
            status == 401 || status.is_success() || status.is_redirection(),
            "{status}"
        );
        status != 401
    }

    /// The person registers an Authenticator.
    pub async fn registers(&self, alias: &str) {
        let path = format!("/people/{alias}@{DOMAIN}/methods");
        let method = json!({ "type": "microsoftAuthenticatorAuthenticationMethod", "displayName": "New phone" });
        self.control(Method::POST, &path, method).await;
    }

    /// Changes a person in the directory.
    pub async fn change(&self, alias: &str, change: Value) {
        self.control(Method::PATCH, &format!("/people/{alias}@{DOMAIN}"), change)
            .await;
    }

    /// Somebody as the tenant knows them.
    pub async fn person(&self, alias: &str) -> Value {
        let path = format!("/people/{alias}@{DOMAIN}");
        self.control(Method::GET, &path, Value::Null).await
    }

    /// Somebody as the directory's reader knows them.
    pub async fn as_read(&self, alias: &str) -> domain::Person {
        let person = self.person(alias).await;
        let text = |key: &str| person[key].as_str().map(str::to_owned);
        domain::Person {
            id: PersonId(text("id").unwrap()),
            display_name: text("displayName").unwrap(),
            given_name: None,
            user_principal_name: text("userPrincipalName").unwrap(),
            mail: text("mail"),
            other_mails: Vec::new(),
            position: None,
            country: text("usageLocation"),
            enabled: person["accountEnabled"] == true,
            kind: UserKind::Member,
        }
    }

    /// Changes how the tenant behaves.
    pub async fn tenant(&self, change: Value) {
        self.control(Method::PATCH, "/tenant", change).await;
    }

    /// The object id of the group with this name.
    pub async fn group_named(&self, name: &str) -> String {
        let groups = self.control(Method::GET, "/groups", Value::Null).await;
        let groups = groups.as_array().unwrap().iter();
        let mut named = groups.filter(|group| group["displayName"] == name);
        named.next().unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// Changes the tenant's pass policy.
    pub async fn pass_policy(&self, policy: Value) {
        self.control(Method::PUT, "/tap-policy", policy).await;
    }

    /// How many calls Graph has had so far.
    pub async fn all_calls(&self) -> usize {
        let calls = self.control(Method::GET, "/calls", Value::Null).await;
        let calls = calls.as_array().unwrap().iter();
        calls
            .filter(|call| call["path"].as_str().unwrap().starts_with("/v1.0"))
            .count()
    }

    /// The calls to Graph so far whose method and path contain these.
    pub async fn calls(&self, method: &str, path: &str) -> Vec<Value> {
        let calls = self.control(Method::GET, "/calls", Value::Null).await;
        let mut calls = calls.as_array().unwrap().clone();
        calls.retain(|call| {
            call["method"] == method && call["path"].as_str().unwrap().contains(path)
        });
        calls
    }
}
