//! The client against a stand-in tenant over HTTP.

mod calls;
mod directory;
mod hostile;
mod mailbox;
mod methods;
mod passes;
mod privilege;
mod roster;
mod token;

use std::{sync::Arc, time::Duration};

use domain::{
    Identifier, Opening, Origin, Person, PersonId, ProofKind, ProofPolicy, Reason, Removal,
    RequestId, Subject, Terms, Timestamp, UserKind, Warrant,
};
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Options, Simulator};

use super::{Credential, Graph, Settings};
use crate::clock::{Entropy, SystemEntropy, moved::MovedClock};

/// Leave to change this person's account, as a request gives it once it is claimed.
fn leave(id: &PersonId) -> Warrant {
    let gate = ProofPolicy::new([ProofKind::EmailCode], 1).unwrap();
    let opening = Opening {
        id: RequestId(SystemEntropy.uuid()),
        identifier: Identifier::parse("somebody@contoso.example").unwrap(),
        reason: Reason::Other,
        origin: Origin {
            address: String::new(),
            country: None,
            user_agent: String::new(),
        },
        terms: Terms {
            gate,
            look_up_step: Duration::ZERO,
            required_approvals: 1,
            dual_control: false,
            approvals_a_day: 1,
            proving: Duration::ZERO,
            approval: Duration::ZERO,
            cool_off: Duration::ZERO,
            risk_cool_off: Duration::ZERO,
            privileged_cool_off: Duration::ZERO,
            claim: Duration::ZERO,
            lease: Duration::ZERO,
            removal: Removal::All,
        },
    };
    let now = Timestamp::from_millis(0);
    let mut request = domain::open(opening, now).request;
    request.facts.claimed_at = Some(now);
    request.facts.subject = Some(Subject {
        person: Person {
            id: id.clone(),
            display_name: String::new(),
            given_name: None,
            user_principal_name: String::new(),
            mail: None,
            other_mails: Vec::new(),
            position: None,
            country: None,
            enabled: true,
            kind: UserKind::Member,
        },
        recovery_address: None,
    });
    request.warrant().expect("it is no rehearsal")
}

/// The stand-in tenant, its control and our clock.
struct Tenant {
    simulator: Simulator,
    control: reqwest::Client,
    clock: Arc<MovedClock>,
}

impl Tenant {
    async fn start() -> Self {
        Self {
            simulator: Simulator::start(Options::default()).await.unwrap(),
            control: reqwest::Client::builder().no_proxy().build().unwrap(),
            clock: Arc::default(),
        }
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/_control{path}", self.simulator.base_url());
        let mut request = self.control.request(method, url);
        if !body.is_null() {
            request = request.json(&body);
        }
        request
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn read(&self, path: &str) -> Value {
        self.control(Method::GET, path, Value::Null).await
    }

    /// A client with the tenant's secret.
    async fn graph(&self) -> Graph {
        let credential = self.secret().await;
        self.graph_with(credential).await
    }

    async fn graph_with(&self, credential: Credential) -> Graph {
        self.graph_by(self.settings(credential).await)
    }

    async fn graph_without_eligible_roles(&self) -> Graph {
        let credential = self.secret().await;
        self.graph_by(Settings {
            eligible_roles: false,
            ..self.settings(credential).await
        })
    }

    async fn secret(&self) -> Credential {
        let tenant = self.read("/tenant").await;
        Credential::Secret(tenant["clientSecret"].as_str().unwrap().into())
    }

    fn graph_by(&self, settings: Settings) -> Graph {
        Graph::new(
            settings,
            Arc::<MovedClock>::clone(&self.clock),
            Arc::new(SystemEntropy),
        )
        .unwrap()
    }

    async fn settings(&self, credential: Credential) -> Settings {
        let tenant = self.read("/tenant").await;
        Settings {
            login_url: self.simulator.base_url().parse().unwrap(),
            graph_url: tenant["graphUrl"].as_str().unwrap().parse().unwrap(),
            tenant_id: tenant["tenantId"].as_str().unwrap().to_owned(),
            client_id: tenant["clientId"].as_str().unwrap().to_owned(),
            credential,
            eligible_roles: true,
        }
    }

    /// The object id of the person with this name before the `@`.
    async fn id(&self, alias: &str) -> PersonId {
        let person = self
            .read(&format!("/people/{alias}@harbourfinch.example"))
            .await;
        PersonId(person["id"].as_str().unwrap().to_owned())
    }

    async fn change_tenant(&self, change: Value) {
        self.control(Method::PATCH, "/tenant", change).await;
    }

    async fn change_person(&self, id: &PersonId, change: Value) {
        self.control(Method::PATCH, &format!("/people/{id}"), change)
            .await;
    }

    async fn set_pass_policy(&self, policy: Value) {
        self.control(Method::PUT, "/tap-policy", policy).await;
    }

    async fn fault(&self, fault: Value) {
        self.control(Method::POST, "/faults", fault).await;
    }

    async fn advance_tenant_clock(&self, time: Duration) {
        self.control(
            Method::POST,
            "/clock",
            json!({ "advanceSeconds": time.as_secs() }),
        )
        .await;
    }

    /// The logged calls whose method and path contain these texts.
    async fn calls(&self, method: &str, path: &str) -> Vec<Value> {
        let calls = self.read("/calls").await;
        let matches = |call: &&Value| {
            call["method"] == method && call["path"].as_str().unwrap().contains(path)
        };
        calls
            .as_array()
            .unwrap()
            .iter()
            .filter(matches)
            .cloned()
            .collect()
    }
}
