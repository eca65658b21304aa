//! `…/authentication/temporaryAccessPassMethods` (FACTS §7).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Backend, Context, GraphError, Outcome, error::collection, methods, users};
use crate::{
    answer::Answer,
    faults::FaultKind,
    world::{Initiator, PassRefusal, PassRequest},
};

pub fn route(context: &mut Context<'_>, method: &str, key: &str, path: &[&str]) -> Outcome {
    match (method, path) {
        ("GET", []) => list(context, key),
        ("GET", [id]) => get(context, key, id),
        ("POST", []) => create(context, key),
        ("DELETE", [id]) => delete(context, key, id),
        _ => Err(GraphError::no_such_method_path(&context.request.path)),
    }
}

fn list(context: &mut Context<'_>, key: &str) -> Outcome {
    methods::require_any(context, &methods::may_read("TAP"))?;
    let index = users::person(context, key)?;
    let now = context.world.now();
    let then = now - lateness(context);
    let shown = context.world.people[index].pass_at(then);
    let value: Vec<Value> = shown
        .map(|pass| pass.to_value(&context.world.pass_policy, now))
        .into_iter()
        .collect();
    Ok(collection(
        &context.metadata(&context_name(context, index)),
        &value,
    ))
}

/// How old the news of this list are.
fn lateness(context: &mut Context<'_>) -> SignedDuration {
    let listed = format!("/v1.0{}", context.request.path);
    let faults = &mut context.world.faults;
    let stale = faults.colouring(FaultKind::StaleList, "GET", &listed);
    SignedDuration::from_secs(stale.and_then(|fault| fault.seconds).unwrap_or(0))
}

fn get(context: &mut Context<'_>, key: &str, id: &str) -> Outcome {
    methods::require_any(context, &methods::may_read("TAP"))?;
    let index = users::person(context, key)?;
    let mut value = existing(context, index)
        .filter(|pass| pass["id"] == id)
        .ok_or_else(|| GraphError::method_not_found(id))?;
    value["@odata.context"] =
        json!(context.metadata(&format!("{}/$entity", context_name(context, index))));
    Ok(Answer::ok(value))
}

fn existing(context: &Context<'_>, index: usize) -> Option<Value> {
    let now = context.world.now();
    let pass = context.world.people[index].pass()?;
    Some(pass.to_value(&context.world.pass_policy, now))
}

fn create(context: &mut Context<'_>, key: &str) -> Outcome {
    let index = methods::writable_person(context, key, "TAP")?;
    let wish = read_wish(&context.body())?;
    let pass = context.world.issue_pass(index, &wish).map_err(refusal)?;
    let now = context.world.now();
    let world = &mut *context.world;
    world.logs.security_info(
        "Admin registered security info",
        &Initiator::App(&world.settings),
        &world.people[index],
        "Admin registered temporary access pass method for user",
        now,
    );
    let mut value = pass.to_value(&context.world.pass_policy, now);
    value["temporaryAccessPass"] = json!(pass.value);
    value["@odata.context"] =
        json!(context.metadata(&format!("{}/$entity", context_name(context, index))));
    Ok(Answer::json(201, value))
}

fn context_name(context: &Context<'_>, index: usize) -> String {
    let id = context.world.people[index].profile.id;
    format!("users('{id}')/authentication/temporaryAccessPassMethods")
}

fn read_wish(body: &Value) -> Result<PassRequest, GraphError> {
    let wrong = |field: &str| {
        GraphError::bad_method_request(format!("The value of the property '{field}' is not valid."))
    };
    let given = |field: &str| body.get(field).filter(|value| !value.is_null());
    let start = given("startDateTime")
        .map(|value| {
            value
                .as_str()
                .and_then(|text| text.parse::<Timestamp>().ok())
                .ok_or_else(|| wrong("startDateTime"))
        })
        .transpose()?;
    let lifetime_minutes = given("lifetimeInMinutes")
        .map(|value| value.as_i64().ok_or_else(|| wrong("lifetimeInMinutes")))
        .transpose()?;
    let usable_once = given("isUsableOnce")
        .map(|value| value.as_bool().ok_or_else(|| wrong("isUsableOnce")))
        .transpose()?;
    Ok(PassRequest {
        start,
        lifetime_minutes,
        usable_once,
    })
}

fn refusal(reason: PassRefusal) -> GraphError {
    GraphError::bad_method_request(match reason {
        PassRefusal::ExternalGuest => {
            "Temporary Access Pass cannot be added to an external guest user."
        }
        PassRefusal::Policy => {
            "Converged UserCredentialPolicy does not allow creating or updating this authentication method. AuthMethodType [TemporaryAccessPass]."
        }
        PassRefusal::Lifetime => {
            "The Temporary Access Pass lifetime is outside the range that the policy of the tenant allows."
        }
        PassRefusal::MultipleUse => {
            "The policy of the tenant allows one-time Temporary Access Passes only."
        }
        PassRefusal::InThePast => "The Temporary Access Pass would have expired already.",
    })
}

fn delete(context: &mut Context<'_>, key: &str, id: &str) -> Outcome {
    let index = methods::writable_person(context, key, "TAP")?;
    let now = context.world.now();
    let world = &mut *context.world;
    let pass = world.people[index]
        .passes
        .iter_mut()
        .find(|pass| pass.exists() && pass.id.to_string() == id)
        .ok_or_else(|| GraphError::method_not_found(id))?;
    pass.removed = Some(now);
    world.logs.security_info(
        "Admin deleted security info",
        &Initiator::App(&world.settings),
        &world.people[index],
        "Admin deleted temporary access pass method for user",
        now,
    );
    Ok(Answer::no_content())
}

/// The policy's place under `authenticationMethodConfigurations`.
pub const CONFIGURATION: &str = "TemporaryAccessPass";

/// Who may read method policies.
pub fn require_policy_read(context: &Context<'_>) -> Result<(), GraphError> {
    context.require(
        Backend::Reports,
        &[
            "Policy.Read.AuthenticationMethod",
            "Policy.Read.All",
            "Policy.ReadWrite.AuthenticationMethod",
        ],
    )
}
