//! The Request Service of Verified ID and the wallet, as somebody who asks for a presentation meets them.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::support::{ADA, CHIDI, Lab, Reply, reply};

/// What was called back, with its `api-key`.
type Heard = Arc<Mutex<Vec<(String, Value)>>>;

/// Somebody who asks for presentations, and hears what comes of them.
struct Verifier {
    lab: Lab,
    token: String,
    callback: String,
    heard: Heard,
    _serving: JoinSet<()>,
}

impl Verifier {
    async fn start() -> Self {
        let lab = Lab::start().await;
        let token = token(&lab).await;
        let heard = Heard::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let callback = format!("http://{}/events", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/events", post(hear))
            .with_state(Arc::clone(&heard));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            lab,
            token,
            callback,
            heard,
            _serving: serving,
        }
    }

    fn request(&self) -> Value {
        json!({
            "authority": self.lab.setting("did"),
            "includeQRCode": true,
            "includeReceipt": false,
            "registration": {"clientName": "Account recovery", "purpose": "To know you"},
            "callback": {
                "url": self.callback,
                "state": "case-1",
                "headers": {"api-key": "k-1"},
            },
            "requestedCredentials": [{
                "type": "VerifiedEmployee",
                "acceptedIssuers": [self.lab.setting("did")],
                "configuration": {"validation": {
                    "allowRevoked": false,
                    "validateLinkedDomain": true,
                    "faceCheck": {"sourcePhotoClaimName": "photo", "matchConfidenceThreshold": 70},
                }},
            }],
        })
    }

    async fn ask(&self, request: &Value) -> Reply {
        ask(&self.lab, &self.token, request).await
    }

    /// A presentation to answer, by its id.
    async fn asked(&self) -> String {
        let asked = self.ask(&self.request()).await;
        assert_eq!(asked.status, 201, "{}", asked.body);
        asked.body["requestId"].as_str().unwrap().to_owned()
    }

    async fn present(&self, id: &str, shown: Value) -> Value {
        let path = format!("/presentations/{id}");
        self.lab.control(Method::POST, &path, shown).await
    }

    fn heard(&self) -> Vec<(String, Value)> {
        self.heard.lock().unwrap().clone()
    }
}

async fn hear(State(heard): State<Heard>, headers: HeaderMap, Json(event): Json<Value>) {
    let key = headers["api-key"].to_str().unwrap().to_owned();
    heard.lock().unwrap().push((key, event));
}

async fn token(lab: &Lab) -> String {
    let granted = lab
        .token(&[
            ("client_id", lab.setting("clientId")),
            ("client_secret", lab.setting("clientSecret")),
            ("grant_type", "client_credentials"),
            ("scope", "3db474b9-6a0c-4840-96ac-1fceb342124f/.default"),
        ])
        .await;
    granted.body["access_token"].as_str().unwrap().to_owned()
}

async fn ask(lab: &Lab, token: &str, request: &Value) -> Reply {
    let url = lab.url("/v1.0/verifiableCredentials/createPresentationRequest");
    let asking = lab.http.post(url).bearer_auth(token).json(request);
    reply(asking.send().await.unwrap()).await
}

#[tokio::test]
async fn a_request_is_answered_with_a_link_and_its_picture() {
    let verifier = Verifier::start().await;
    let asked = verifier.ask(&verifier.request()).await;
    assert_eq!(asked.status, 201, "{}", asked.body);
    let url = asked.body["url"].as_str().unwrap();
    assert!(url.starts_with("openid-vc://?request_uri=http"), "{url}");
    assert!(asked.body["expiry"].as_i64().unwrap() > 1_600_000_000);
    let picture = asked.body["qrCode"].as_str().unwrap();
    let picture = picture.strip_prefix("data:image/png;base64,").unwrap();
    let picture = STANDARD.decode(picture).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert!(pixels.contains(&0) && pixels.contains(&255));

    let log = verifier.lab.look("/calls").await.to_string();
    assert!(!log.contains("k-1"), "the log holds the callback's secret");
}

#[tokio::test]
async fn tokens_open_their_own_resource_only() {
    let mut verifier = Verifier::start().await;
    let request = verifier.request();
    verifier.lab.renew_token().await;
    let graph = verifier.lab.graph(Method::GET, "/users").build().unwrap();
    let graph_token = graph.headers()["authorization"].to_str().unwrap()[7..].to_owned();
    assert_eq!(ask(&verifier.lab, &graph_token, &request).await.status, 401);
    let users = verifier
        .lab
        .http
        .get(verifier.lab.url("/v1.0/users"))
        .bearer_auth(&verifier.token);
    assert_eq!(users.send().await.unwrap().status(), 401);

    let roles = json!({"appRoles": ["User.Read.All"]});
    verifier.lab.control(Method::PATCH, "/tenant", roles).await;
    let token = token(&verifier.lab).await;
    let forbidden = ask(&verifier.lab, &token, &request).await;
    assert_eq!(forbidden.status, 403);
    assert_eq!(forbidden.body["error"]["code"], "forbidden");
}

#[tokio::test]
async fn what_the_service_would_refuse_is_refused() {
    let verifier = Verifier::start().await;
    let faults: [(&str, &str, Value, &str); 8] = [
        ("", "authority", json!("did:web:other.example"), "authority"),
        ("", "includeReceipt", json!(true), "includeReceipt"),
        ("", "includeQRCode", json!("yes"), "includeQRCode"),
        ("/registration", "clientName", Value::Null, "clientName"),
        ("/callback", "headers", json!({"x-key": "1"}), "headers"),
        ("/callback", "url", json!("ftp://a.example"), "url"),
        (
            "",
            "requestedCredentials",
            json!([]),
            "requestedCredentials",
        ),
        (
            "/requestedCredentials/0/configuration/validation/faceCheck",
            "matchConfidenceThreshold",
            json!(49),
            "matchConfidenceThreshold",
        ),
    ];
    for (place, field, value, target) in faults {
        let mut request = verifier.request();
        request.pointer_mut(place).unwrap()[field] = value;
        let refused = verifier.ask(&request).await;
        assert_eq!(refused.status, 400, "{target}: {}", refused.body);
        let inner = &refused.body["error"]["innererror"];
        assert_eq!(inner["target"], target, "{}", refused.body);
    }

    let unpaid = json!({"faceCheckBilling": false});
    verifier.lab.control(Method::PATCH, "/tenant", unpaid).await;
    let refused = verifier.ask(&verifier.request()).await;
    assert_eq!(refused.status, 403);
    assert!(refused.message().contains("billing is enabled"));
    let mut without_face = verifier.request();
    without_face["requestedCredentials"][0]["configuration"]["validation"]["faceCheck"] =
        Value::Null;
    assert_eq!(verifier.ask(&without_face).await.status, 201);
}

#[tokio::test]
async fn a_person_presents_and_the_one_who_asked_hears_it() {
    let verifier = Verifier::start().await;
    let id = verifier.asked().await;
    let presented = verifier.present(&id, json!({"person": ADA})).await;
    assert_eq!(presented["answered"], 200);
    let heard = verifier.heard();
    let statuses: Vec<_> = heard
        .iter()
        .map(|(_, event)| &event["requestStatus"])
        .collect();
    assert_eq!(statuses, ["request_retrieved", "presentation_verified"]);
    for (key, event) in &heard {
        assert_eq!((key.as_str(), &event["state"]), ("k-1", &json!("case-1")));
        assert_eq!(event["requestId"], id);
    }
    let credential = &heard[1].1["verifiedCredentialsData"][0];
    assert_eq!(credential["claims"]["revocationId"], ADA);
    assert_eq!(credential["issuer"], verifier.lab.setting("did"));
    assert_eq!(credential["credentialState"]["revocationStatus"], "VALID");
    assert!(
        credential["faceCheck"]["matchConfidenceScore"]
            .as_f64()
            .unwrap()
            > 70.0
    );
}

#[tokio::test]
async fn what_does_not_hold_is_an_error_unless_nobody_checks() {
    let verifier = Verifier::start().await;
    let shown = [
        json!({"person": ADA, "face": 69.9}),
        json!({"person": ADA, "face": null}),
        json!({"person": ADA, "credential": "revoked"}),
        json!({"person": ADA, "credential": "expired"}),
        json!({"person": ADA, "credential": "other-issuer"}),
        json!({"person": ADA, "credential": "other-type"}),
    ];
    for mut shown in shown {
        let id = verifier.asked().await;
        let refused = verifier.present(&id, shown.clone()).await;
        assert_eq!(
            refused["event"]["requestStatus"], "presentation_error",
            "{shown}"
        );
        shown["unchecked"] = json!(true);
        let id = verifier.asked().await;
        let passed_on = verifier.present(&id, shown.clone()).await;
        assert_eq!(
            passed_on["event"]["requestStatus"], "presentation_verified",
            "{shown}"
        );
    }
}

#[tokio::test]
async fn events_can_go_through_a_tunnel() {
    let verifier = Verifier::start().await;
    let origin = verifier.callback.replace("/events", "");
    let tunnel = json!({"callbackOrigin": origin});
    verifier.lab.control(Method::PATCH, "/tenant", tunnel).await;
    let mut request = verifier.request();
    request["callback"]["url"] = json!("http://nowhere.invalid/events");
    let asked = verifier.ask(&request).await;
    let id = asked.body["requestId"].as_str().unwrap();
    let broken_off = format!("/presentations/{id}/break-off");
    let told = verifier
        .lab
        .control(Method::POST, &broken_off, Value::Null)
        .await;
    assert_eq!(told["answered"], 200);
    assert_eq!(verifier.heard()[1].1["requestStatus"], "presentation_error");
}

#[tokio::test]
async fn the_wallet_lists_what_is_asked_for_and_presents_it() {
    let verifier = Verifier::start().await;
    let id = verifier.asked().await;
    let lab = &verifier.lab;
    let page = async |path: String| {
        let answer = lab.http.get(lab.url(&path)).send().await.unwrap();
        answer.text().await.unwrap()
    };
    assert!(
        page("/wallet".to_owned())
            .await
            .contains("Account recovery")
    );
    let pasted = format!("openid-vc%3A%2F%2F%3Frequest_uri%3D{}", {
        let asked = lab.look("/presentations").await;
        asked[0]["requestUri"].as_str().unwrap().to_owned()
    });
    let ask = page(format!("/wallet?request_uri={pasted}")).await;
    assert!(ask.contains("70 % or more") && ask.contains(CHIDI), "{ask}");
    assert_eq!(verifier.heard().len(), 1);

    let form = [
        ("request", id.as_str()),
        ("person", CHIDI),
        ("ending", "own"),
    ];
    let sharing = lab.http.post(lab.url("/wallet")).form(&form);
    let shared = sharing.send().await.unwrap().text().await.unwrap();
    assert!(shared.contains("was presented"), "{shared}");
    assert!(
        page("/wallet".to_owned())
            .await
            .contains("Nobody is asking")
    );
    let claims = &verifier.heard()[1].1["verifiedCredentialsData"][0]["claims"];
    assert_eq!(claims["revocationId"], CHIDI);
}
