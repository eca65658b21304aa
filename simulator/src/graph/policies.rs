//! `/policies/authenticationMethodsPolicy` (FACTS §8).

use serde_json::{Value, json};

use super::{Backend, Context, GraphError, Outcome, error::collection, passes};
use crate::{answer::Answer, world::PassPolicy};

const PASS_TYPE: &str = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration";

pub fn route(context: &mut Context<'_>, method: &str, path: &[&str]) -> Outcome {
    match (method, path) {
        ("GET", []) => whole(context),
        ("GET", ["authenticationMethodConfigurations"]) => {
            passes::require_policy_read(context)?;
            let value = configurations(&context.world.pass_policy);
            Ok(collection(
                &context.metadata(
                    "policies/authenticationMethodsPolicy/authenticationMethodConfigurations",
                ),
                &value,
            ))
        }
        ("GET", ["authenticationMethodConfigurations", id]) => one(context, id),
        ("PATCH", ["authenticationMethodConfigurations", id])
            if id.eq_ignore_ascii_case(passes::CONFIGURATION) =>
        {
            change(context)
        }
        _ => Err(GraphError::no_such_segment(
            path.last().copied().unwrap_or_default(),
        )),
    }
}

fn whole(context: &mut Context<'_>) -> Outcome {
    passes::require_policy_read(context)?;
    Ok(Answer::ok(json!({
        "@odata.context": context.metadata("authenticationMethodsPolicy"),
        "id": "authenticationMethodsPolicy",
        "displayName": "Authentication Methods Policy",
        "description": "The tenant-wide policy that controls which authentication methods are allowed in the tenant",
        "policyVersion": "1.5",
        "policyMigrationState": "migrationComplete",
        "authenticationMethodConfigurations": configurations(&context.world.pass_policy),
    })))
}

fn one(context: &mut Context<'_>, id: &str) -> Outcome {
    passes::require_policy_read(context)?;
    let mut configuration = configurations(&context.world.pass_policy)
        .into_iter()
        .find(|configuration| {
            configuration["id"]
                .as_str()
                .is_some_and(|known| known.eq_ignore_ascii_case(id))
        })
        .ok_or_else(|| GraphError::not_found(id))?;
    configuration["@odata.context"] =
        json!(context.metadata("authenticationMethodConfigurations/$entity"));
    Ok(Answer::ok(configuration))
}

fn change(context: &mut Context<'_>) -> Outcome {
    context.require(Backend::Reports, &["Policy.ReadWrite.AuthenticationMethod"])?;
    let body = context.body();
    if body["@odata.type"] != PASS_TYPE {
        return Err(GraphError::bad_request(
            "The property '@odata.type' is required to update a method configuration.",
        ));
    }
    let mut policy = serde_json::to_value(&context.world.pass_policy).unwrap_or_default();
    if let (Value::Object(policy), Value::Object(changes)) = (&mut policy, body) {
        policy.extend(changes);
    }
    let policy: PassPolicy = serde_json::from_value(policy)
        .map_err(|_| GraphError::bad_request("A property of the policy has an invalid value."))?;
    if !policy.is_consistent() {
        return Err(GraphError::bad_request(
            "The lifetimes of the policy do not fit together.",
        ));
    }
    context.world.pass_policy = policy;
    Ok(Answer::no_content())
}

fn configurations(passes: &PassPolicy) -> Vec<Value> {
    let everybody =
        json!([{"targetType": "group", "id": "all_users", "isRegistrationRequired": false}]);
    let plain = |id: &str, kind: &str, state: &str| {
        json!({
            "@odata.type": format!("#microsoft.graph.{kind}AuthenticationMethodConfiguration"),
            "id": id,
            "state": state,
            "excludeTargets": [],
            "includeTargets": everybody,
        })
    };
    vec![
        plain("Fido2", "fido2", "enabled"),
        plain(
            "MicrosoftAuthenticator",
            "microsoftAuthenticator",
            "enabled",
        ),
        plain("Sms", "sms", "enabled"),
        passes.to_value(),
        plain("SoftwareOath", "softwareOath", "enabled"),
        plain("Voice", "voice", "disabled"),
        plain("Email", "email", "enabled"),
        plain("X509Certificate", "x509Certificate", "disabled"),
    ]
}
