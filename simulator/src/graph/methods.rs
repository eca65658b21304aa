//! `/users/{id}/authentication`: listing and deleting methods (FACTS §5, §6).

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Backend, Context, GraphError, Outcome, error::collection, passes, phones, users};
use crate::{
    answer::Answer,
    faults::FaultKind,
    world::{DefaultMethodWording, Initiator, Kind, Method, kind_of},
};

const READ_ALL: &[&str] = &[
    "UserAuthenticationMethod.Read.All",
    "UserAuthenticationMethod.ReadWrite.All",
];

pub fn route(context: &mut Context<'_>, method: &str, key: &str, path: &[&str]) -> Outcome {
    match (method, path) {
        ("GET", ["methods"]) => list_all(context, key),
        ("GET", ["methods", id]) => get_any(context, key, id),
        ("GET", ["passwordMethods", rest @ ..]) => passwords(context, key, rest),
        (_, ["temporaryAccessPassMethods", rest @ ..]) => passes::route(context, method, key, rest),
        (_, ["phoneMethods", rest @ ..])
            if matches!((method, rest), ("POST", _) | ("PATCH", [_])) =>
        {
            phones::route(context, method, key, rest)
        }
        (_, [name, rest @ ..]) => match (kind_of(name), method, rest) {
            (Some(kind), "GET", []) => list_kind(context, key, kind),
            (Some(kind), "GET", [id]) => get_one(context, key, kind, id),
            (Some(kind), "DELETE", [id]) => delete(context, key, kind, id),
            _ => Err(GraphError::no_such_method_path(&context.request.path)),
        },
        _ => Err(GraphError::no_such_method_path(&context.request.path)),
    }
}

/// The permissions that allow reading one kind of method.
pub fn may_read(kind: &str) -> Vec<String> {
    let mut permissions: Vec<String> = READ_ALL.iter().map(|name| (*name).to_owned()).collect();
    permissions.push(format!("UserAuthMethod-{kind}.Read.All"));
    permissions.push(format!("UserAuthMethod-{kind}.ReadWrite.All"));
    permissions
}

/// The permissions that allow changing one kind of method.
pub fn may_write(kind: &str) -> Vec<String> {
    vec![
        "UserAuthenticationMethod.ReadWrite.All".to_owned(),
        format!("UserAuthMethod-{kind}.ReadWrite.All"),
    ]
}

/// The person to change, after the checks that every write on methods shares.
pub fn writable_person(context: &Context<'_>, key: &str, kind: &str) -> Result<usize, GraphError> {
    require_any(context, &may_write(kind))?;
    let index = users::person(context, key)?;
    if context.world.people[index].is_management_restricted() {
        return Err(GraphError::restricted(Backend::Methods));
    }
    Ok(index)
}

pub fn require_any(context: &Context<'_>, permissions: &[String]) -> Result<(), GraphError> {
    let names: Vec<&str> = permissions.iter().map(String::as_str).collect();
    context.require(Backend::Methods, &names)
}

fn list_all(context: &mut Context<'_>, key: &str) -> Outcome {
    context.require(Backend::Methods, READ_ALL)?;
    let index = users::person(context, key)?;
    let now = context.world.now();
    let full_path = format!("/v1.0{}", context.request.path);
    let unknown = context
        .world
        .faults
        .colouring(FaultKind::UnknownMethod, "GET", &full_path);
    let person = &context.world.people[index];
    let mut value: Vec<Value> = person
        .methods
        .iter()
        .filter(|method| method.is_listed(now))
        .map(Method::to_value)
        .collect();
    value.extend(
        person
            .pass()
            .map(|pass| pass.to_value(&context.world.pass_policy, now)),
    );
    if unknown.is_some() {
        value.push(json!({
            "@odata.type": "#microsoft.graph.palmPrintAuthenticationMethod",
            "id": "5f2a9f0e-2d9b-4a06-9a2b-1f7f5d2f6b11",
            "createdDateTime": null,
            "displayName": "Left hand",
        }));
    }
    let id = person.profile.id;
    Ok(collection(
        &context.metadata(&format!("users('{id}')/authentication/methods")),
        &value,
    ))
}

fn get_any(context: &mut Context<'_>, key: &str, id: &str) -> Outcome {
    context.require(Backend::Methods, READ_ALL)?;
    let index = users::person(context, key)?;
    let now = context.world.now();
    let person = &context.world.people[index];
    let method = person
        .methods
        .iter()
        .find(|method| method.exists() && method.id == id)
        .map(Method::to_value)
        .or_else(|| {
            let pass = person.pass().filter(|pass| pass.id.to_string() == id)?;
            Some(pass.to_value(&context.world.pass_policy, now))
        });
    method
        .map(Answer::ok)
        .ok_or_else(|| GraphError::method_not_found(id))
}

fn passwords(context: &mut Context<'_>, key: &str, path: &[&str]) -> Outcome {
    context.require(Backend::Methods, READ_ALL)?;
    let index = users::person(context, key)?;
    let of_person = context.world.people[index]
        .methods
        .iter()
        .filter(|method| method.name() == "passwordAuthenticationMethod");
    match path {
        [] => {
            let value: Vec<Value> = of_person.map(Method::to_value).collect();
            Ok(collection(
                &context.metadata(&format!("users('{key}')/authentication/passwordMethods")),
                &value,
            ))
        }
        [id] => of_person
            .map(Method::to_value)
            .find(|method| method["id"] == *id)
            .map(Answer::ok)
            .ok_or_else(|| GraphError::method_not_found(id)),
        _ => Err(GraphError::no_such_method_path(&context.request.path)),
    }
}

fn list_kind(context: &mut Context<'_>, key: &str, kind: &Kind) -> Outcome {
    require_any(context, &may_read(kind.permission))?;
    let index = users::person(context, key)?;
    let now = context.world.now();
    let value: Vec<Value> = context.world.people[index]
        .methods
        .iter()
        .filter(|method| method.name() == kind.name && method.is_listed(now))
        .map(Method::to_value)
        .collect();
    Ok(collection(
        &context.metadata(&format!(
            "users('{key}')/authentication/{}",
            kind.collection
        )),
        &value,
    ))
}

fn get_one(context: &mut Context<'_>, key: &str, kind: &Kind, id: &str) -> Outcome {
    require_any(context, &may_read(kind.permission))?;
    let index = users::person(context, key)?;
    let method = find(context, index, kind, id)?;
    let mut value = context.world.people[index].methods[method].to_value();
    value["@odata.context"] = json!(context.metadata(&format!(
        "users('{key}')/authentication/{}/$entity",
        kind.collection
    )));
    Ok(Answer::ok(value))
}

/// The place of an existing method among the person's, or 404.
pub fn find(
    context: &Context<'_>,
    index: usize,
    kind: &Kind,
    id: &str,
) -> Result<usize, GraphError> {
    context.world.people[index]
        .methods
        .iter()
        .position(|method| method.exists() && method.name() == kind.name && method.id == id)
        .ok_or_else(|| GraphError::method_not_found(id))
}

fn delete(context: &mut Context<'_>, key: &str, kind: &Kind, id: &str) -> Outcome {
    let index = writable_person(context, key, kind.permission)?;
    let place = find(context, index, kind, id)?;
    let wording = context.world.settings.default_method_wording;
    refuse_delete(&context.world.people[index].methods, place, wording)?;

    let now = context.world.now();
    let stale = stale_for(context, index);
    let world = &mut *context.world;
    world.people[index].methods[place].listed_until = Some(now + stale);
    let person = &world.people[index];
    let reason = format!(
        "Admin deleted {} method for user",
        person.methods[place].label()
    );
    world.logs.security_info(
        "Admin deleted security info",
        &Initiator::App(&world.settings),
        person,
        &reason,
        now,
    );
    Ok(Answer::no_content())
}

/// For how long lists go on showing what is deleted now.
fn stale_for(context: &mut Context<'_>, index: usize) -> SignedDuration {
    let deleted = format!("/v1.0{}", context.request.path);
    let listed = format!(
        "/v1.0/users/{}/authentication/methods",
        context.world.people[index].profile.id
    );
    let faults = &mut context.world.faults;
    let stale = faults
        .colouring(FaultKind::StaleList, "DELETE", &deleted)
        .or_else(|| faults.colouring(FaultKind::StaleList, "GET", &listed));
    SignedDuration::from_secs(stale.and_then(|fault| fault.seconds).unwrap_or(0))
}

/// The two rules that protect what the person could still sign in with (FACTS §6).
fn refuse_delete(
    methods: &[Method],
    place: usize,
    wording: DefaultMethodWording,
) -> Result<(), GraphError> {
    let method = &methods[place];
    let others = || {
        methods
            .iter()
            .enumerate()
            .filter(|(index, other)| *index != place && other.exists())
            .map(|(_, other)| other)
    };
    if method.text("phoneType") == Some("mobile")
        && others().any(|other| other.text("phoneType") == Some("alternateMobile"))
    {
        return Err(GraphError::bad_method_request(
            "Cannot delete the mobile phone while an alternate mobile phone is registered. Delete the alternate mobile phone first.",
        ));
    }
    let could_be_default = |other: &Method| other.kind().is_some_and(|kind| kind.second_factor);
    if method.is_default && others().any(could_be_default) {
        return Err(GraphError::bad_method_request(match wording {
            DefaultMethodWording::Configured => {
                "Cannot delete default method with other methods configured. Please change default method before deletion.".to_owned()
            }
            DefaultMethodWording::Matches => format!(
                "The requested authentication method id of [{}] matches the user's current default authentication method, \
                 and cannot be deleted until the default authentication method is changed",
                method.id
            ),
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(phone_type: &str) -> Method {
        Method::new(
            "phoneAuthenticationMethod",
            None,
            json!({"phoneType": phone_type}),
        )
    }

    #[test]
    fn the_default_goes_last() {
        let mut methods = vec![phone("mobile"), phone("office")];
        methods[0].is_default = true;
        let refused = refuse_delete(&methods, 0, DefaultMethodWording::Configured).unwrap_err();
        assert!(refused.message.contains("default method"));
        let refused = refuse_delete(&methods, 0, DefaultMethodWording::Matches).unwrap_err();
        assert!(refused.message.contains("default authentication method"));
        assert!(refuse_delete(&methods, 1, DefaultMethodWording::Configured).is_ok());
        methods.remove(1);
        assert!(refuse_delete(&methods, 0, DefaultMethodWording::Configured).is_ok());
    }

    #[test]
    fn the_alternate_mobile_goes_before_the_mobile() {
        let methods = [phone("mobile"), phone("alternateMobile")];
        assert!(refuse_delete(&methods, 0, DefaultMethodWording::Configured).is_err());
        assert!(refuse_delete(&methods, 1, DefaultMethodWording::Configured).is_ok());
    }
}
