//! Methods and Temporary Access Passes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ADA, CHIDI, Lab};

/// Where a method of this type is deleted.
fn collection(odata_type: &str) -> &'static str {
    match odata_type.rsplit('.').next().unwrap() {
        "phoneAuthenticationMethod" => "phoneMethods",
        "microsoftAuthenticatorAuthenticationMethod" => "microsoftAuthenticatorMethods",
        "softwareOathAuthenticationMethod" => "softwareOathMethods",
        "fido2AuthenticationMethod" => "fido2Methods",
        "windowsHelloForBusinessAuthenticationMethod" => "windowsHelloForBusinessMethods",
        "platformCredentialAuthenticationMethod" => "platformCredentialMethods",
        "emailAuthenticationMethod" => "emailMethods",
        "externalAuthenticationMethod" => "externalAuthenticationMethods",
        other => panic!("no collection for {other}"),
    }
}

fn path_of(person: &str, method: &Value) -> String {
    let collection = collection(method["@odata.type"].as_str().unwrap());
    format!(
        "/users/{person}/authentication/{collection}/{}",
        method["id"].as_str().unwrap()
    )
}

async fn methods(lab: &Lab, person: &str) -> Vec<Value> {
    lab.get(&format!("/users/{person}/authentication/methods"))
        .await
        .items()
        .clone()
}

#[tokio::test]
async fn repeated_passes_over_the_list_remove_every_type() {
    let lab = Lab::start().await;
    let mut refusals = Vec::new();
    for _ in 0..3 {
        for method in methods(&lab, CHIDI).await {
            if method["@odata.type"] != "#microsoft.graph.passwordAuthenticationMethod" {
                let answer = lab.delete(&path_of(CHIDI, &method)).await;
                if answer.status != 204 {
                    assert_eq!(
                        (answer.status, &answer.body["error"]["code"]),
                        (400, &json!("badRequest"))
                    );
                    refusals.push(answer.message().to_owned());
                }
            }
        }
    }
    assert!(
        refusals
            .iter()
            .any(|message| message.contains("default method"))
    );
    assert!(
        refusals
            .iter()
            .any(|message| message.contains("alternate mobile"))
    );
    assert_eq!(methods(&lab, CHIDI).await.len(), 1, "the password stays");
}

#[tokio::test]
async fn the_other_wording_and_the_other_refusals() {
    let lab = Lab::start().await;
    lab.control(
        Method::PATCH,
        "/tenant",
        json!({"defaultMethodWording": "matches"}),
    )
    .await;
    let ada = methods(&lab, ADA).await;
    let refused = lab.delete(&path_of(ADA, &ada[1])).await;
    assert!(
        refused
            .message()
            .contains("matches the user's current default authentication method")
    );

    let oath = path_of(ADA, &ada[3]);
    assert_eq!(lab.delete(&oath).await.status, 204);
    assert_eq!(lab.delete(&oath).await.status, 404);

    let generic = format!(
        "/users/{ADA}/authentication/methods/{}",
        ada[2]["id"].as_str().unwrap()
    );
    let refused = lab.delete(&generic).await;
    assert!(
        refused
            .message()
            .contains("No HTTP resource was found that matches the request URI")
    );
    let password = format!(
        "/users/{ADA}/authentication/passwordMethods/{}",
        ada[0]["id"].as_str().unwrap()
    );
    assert_eq!(lab.delete(&password).await.status, 404);
}

#[tokio::test]
async fn deleted_methods_linger_in_stale_lists() {
    let lab = Lab::start().await;
    lab.fault(json!({"kind": "stale-list", "path": "/authentication/", "seconds": 30}))
        .await;
    let ada = methods(&lab, ADA).await;
    assert_eq!(lab.delete(&path_of(ADA, &ada[3])).await.status, 204);
    assert_eq!(methods(&lab, ADA).await.len(), ada.len());
    assert_eq!(lab.delete(&path_of(ADA, &ada[3])).await.status, 404);
    lab.advance(31).await;
    assert_eq!(methods(&lab, ADA).await.len(), ada.len() - 1);
}

#[tokio::test]
async fn types_nobody_documented_turn_up() {
    let lab = Lab::start().await;
    let before = methods(&lab, ADA).await.len();
    lab.fault(json!({"kind": "unknown-method", "path": "/authentication/methods", "times": 1}))
        .await;
    assert_eq!(methods(&lab, ADA).await.len(), before + 1);
    assert_eq!(methods(&lab, ADA).await.len(), before);
    let strange =
        json!({"type": "#microsoft.graph.qrCodePinAuthenticationMethod", "label": "badge"});
    lab.control(Method::POST, &format!("/people/{ADA}/methods"), strange)
        .await;
    assert_eq!(methods(&lab, ADA).await.last().unwrap()["label"], "badge");
}

#[tokio::test]
async fn phones_keep_their_rules() {
    let lab = Lab::start().await;
    let phones = "/users/kaisa.virtanen@harbourfinch.example/authentication/phoneMethods";
    let phone = |number: &str, kind: &str| json!({"phoneNumber": number, "phoneType": kind});
    assert_eq!(
        lab.post(phones, phone("+1 2065555555", "alternateMobile"))
            .await
            .status,
        400
    );
    assert_eq!(
        lab.post(phones, phone("+12065555555", "mobile"))
            .await
            .status,
        400
    );
    let made = lab.post(phones, phone("+1 2065555555", "mobile")).await;
    assert_eq!(
        (made.status, &made.body["id"]),
        (201, &json!("3179e48a-750b-4051-897c-87b9720928f7"))
    );
    assert_eq!(
        lab.post(phones, phone("+1 2065555556", "mobile"))
            .await
            .status,
        400
    );
    assert_eq!(
        lab.post(phones, phone("+1 2065555556", "alternateMobile"))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_pass_shows_its_value_once_and_runs_through_its_states() {
    let lab = Lab::start().await;
    let path = format!("/users/{ADA}/authentication/temporaryAccessPassMethods");
    let (first, _) = lab.issue_pass(ADA, true).await;
    let (second, value) = lab.issue_pass(ADA, true).await;
    let listed = lab.get(&path).await;
    assert_eq!(listed.items().len(), 1);
    assert_eq!(listed.items()[0]["id"], second);
    assert_eq!(listed.items()[0]["temporaryAccessPass"], Value::Null);
    assert!(!listed.body.to_string().contains(&value));
    assert_eq!(
        lab.delete(&format!("{path}/{first}")).await.status,
        404,
        "replaced"
    );

    let state = async || lab.get(&path).await.items()[0]["methodUsabilityReason"].clone();
    assert_eq!(state().await, "EnabledByPolicy");
    lab.control(Method::PUT, "/tap-policy", json!({"state": "disabled"}))
        .await;
    assert_eq!(state().await, "DisabledByPolicy");
    let refused = lab.post(&path, json!({})).await;
    assert!(
        refused
            .message()
            .contains("Converged UserCredentialPolicy does not allow")
    );
    lab.control(Method::PUT, "/tap-policy", json!({"state": "enabled"}))
        .await;
    lab.advance(3600).await;
    assert_eq!(state().await, "Expired");
    assert_eq!(lab.delete(&format!("{path}/{second}")).await.status, 204);
    assert!(lab.get(&path).await.items().is_empty());
    assert_eq!(lab.look("/passes").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_policy_bounds_passes() {
    let lab = Lab::start().await;
    let path = format!("/users/{ADA}/authentication/temporaryAccessPassMethods");
    let wish =
        |minutes: i64, once: bool| json!({"lifetimeInMinutes": minutes, "isUsableOnce": once});
    assert_eq!(lab.post(&path, wish(15, true)).await.status, 400);
    let change = json!({"minimumLifetimeInMinutes": 10, "defaultLifetimeInMinutes": 15, "isUsableOnce": true});
    lab.control(Method::PUT, "/tap-policy", change).await;
    assert_eq!(lab.post(&path, wish(15, true)).await.status, 201);
    assert_eq!(lab.post(&path, wish(15, false)).await.status, 400);
    let policy = lab
        .get("/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass")
        .await;
    assert_eq!(policy.body["minimumLifetimeInMinutes"], 10);
    let guest = "/users/ivo_partner.example%23EXT%23@harbourfinch.example/authentication/temporaryAccessPassMethods";
    let refused = lab.post(guest, json!({})).await;
    assert!(
        refused.message().contains("external guest"),
        "{}",
        refused.body
    );
}
