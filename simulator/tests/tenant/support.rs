//! A running tenant and the calls that tests make.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, redirect::Policy};
use serde_json::{Value, json};
use simulator::{Options, Simulator};

/// An ordinary employee with an Authenticator (default), a phone and codes.
pub const ADA: &str = "ada.keller@harbourfinch.example";
/// An employee with one method of every type.
pub const CHIDI: &str = "chidi.eze@harbourfinch.example";

pub struct Lab {
    pub simulator: Simulator,
    pub http: Client,
    pub tenant: Value,
    token: String,
}

/// Status and JSON of an answer; null without a body.
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Reply {
    /// The items of a collection.
    pub fn items(&self) -> &Vec<Value> {
        self.body["value"].as_array().expect("a collection")
    }

    pub fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }
}

impl Lab {
    pub async fn start() -> Self {
        let simulator = Simulator::start(Options::default()).await.unwrap();
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        let tenant = http
            .get(format!("{}/_control/tenant", simulator.base_url()))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let mut lab = Self {
            simulator,
            http,
            tenant,
            token: String::new(),
        };
        lab.renew_token().await;
        lab
    }

    pub fn setting(&self, name: &str) -> &str {
        self.tenant[name].as_str().expect("a setting")
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.simulator.base_url())
    }

    /// Posts a form to the token endpoint.
    pub async fn token(&self, form: &[(&str, &str)]) -> Reply {
        reply(
            self.http
                .post(self.setting("tokenUrl"))
                .form(form)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub async fn renew_token(&mut self) {
        let granted = self
            .token(&[
                ("client_id", self.setting("clientId")),
                ("client_secret", self.setting("clientSecret")),
                ("grant_type", "client_credentials"),
                ("scope", "https://graph.microsoft.com/.default"),
            ])
            .await;
        granted.body["access_token"]
            .as_str()
            .expect("a token")
            .clone_into(&mut self.token);
    }

    /// A Graph request with the token.
    pub fn graph(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, self.url(&format!("/v1.0{path}")))
            .bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Reply {
        reply(self.graph(Method::GET, path).send().await.unwrap()).await
    }

    /// With `ConsistencyLevel: eventual`.
    pub async fn get_eventual(&self, path: &str) -> Reply {
        let request = self
            .graph(Method::GET, path)
            .header("ConsistencyLevel", "eventual");
        reply(request.send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        reply(
            self.graph(Method::POST, path)
                .json(&body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        reply(self.graph(Method::DELETE, path).send().await.unwrap()).await
    }

    pub async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self
            .http
            .request(method.clone(), self.url(&format!("/_control{path}")));
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        let answer = reply(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        answer.body
    }

    pub async fn look(&self, path: &str) -> Value {
        self.control(Method::GET, path, Value::Null).await
    }

    /// Lets held calls go on, as soon as there is one.
    pub async fn held_call_goes_on(&self) {
        let goes_on = async {
            let none = json!({"goneOn": 0});
            while self.control(Method::POST, "/held-calls", json!({})).await == none {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), goes_on)
            .await
            .expect("a call is held");
    }

    pub async fn fault(&self, fault: Value) {
        self.control(Method::POST, "/faults", fault).await;
    }

    pub async fn advance(&self, seconds: i64) {
        self.control(Method::POST, "/clock", json!({"advanceSeconds": seconds}))
            .await;
    }

    /// Makes a one-hour pass and returns its id and value.
    pub async fn issue_pass(&self, person: &str, once: bool) -> (String, String) {
        let path = format!("/users/{person}/authentication/temporaryAccessPassMethods");
        let made = self
            .post(
                &path,
                json!({"lifetimeInMinutes": 60, "isUsableOnce": once}),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
        let text = |name: &str| made.body[name].as_str().unwrap().to_owned();
        (text("id"), text("temporaryAccessPass"))
    }
}

pub async fn reply(response: Response) -> Reply {
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    Reply {
        status,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}
