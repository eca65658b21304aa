//! `/reports/authenticationMethods/userRegistrationDetails` (FACTS §14).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Backend, Context, GraphError, Outcome, logs, query::Listing, users};
use crate::{
    answer::Answer,
    world::{Method, Person, World},
};

pub fn route(context: &mut Context<'_>, path: &[&str]) -> Outcome {
    context.require(Backend::Reports, &["AuditLog.Read.All"])?;
    if !context.world.settings.premium {
        return Err(GraphError::not_premium());
    }
    logs::throttle(context)?;
    let now = context.world.now();
    match path {
        [] => {
            let rows = context
                .world
                .people
                .iter()
                .map(|person| row(context.world, person, now))
                .collect();
            context.list(
                rows,
                &Listing {
                    context: "reports/authenticationMethods/userRegistrationDetails".to_owned(),
                    default_properties: &[],
                    default_page: 100,
                    max_page: 999,
                    is_directory: false,
                },
            )
        }
        [key] => {
            let index = users::person(context, key)?;
            Ok(Answer::ok(row(
                context.world,
                &context.world.people[index],
                now,
            )))
        }
        [.., last] => Err(GraphError::no_such_segment(last)),
    }
}

fn row(world: &World, person: &Person, now: Timestamp) -> Value {
    let methods: Vec<&Method> = person
        .methods
        .iter()
        .filter(|method| method.exists())
        .collect();
    let mut registered: Vec<&str> = methods
        .iter()
        .filter_map(|method| reported_as(method))
        .collect();
    if person.pass().is_some() {
        registered.push("temporaryAccessPass");
    }
    let is_mfa_registered = methods
        .iter()
        .filter_map(|method| method.kind())
        .any(|kind| kind.collection != "emailMethods");
    let is_passwordless = methods
        .iter()
        .filter_map(|method| method.kind())
        .any(|kind| ["Passkey", "WindowsHello", "PlatformCred"].contains(&kind.permission));
    let preferred = methods
        .iter()
        .find(|method| method.is_default)
        .and_then(|method| preferred(method))
        .unwrap_or("none");
    json!({
        "id": person.profile.id,
        "userPrincipalName": person.profile.user_principal_name,
        "userDisplayName": person.profile.display_name,
        "userType": person.profile.user_type.to_lowercase(),
        "isAdmin": !world.active_roles(person).is_empty(),
        "isSsprRegistered": methods.len() > 1,
        "isSsprEnabled": false,
        "isSsprCapable": false,
        "isMfaRegistered": is_mfa_registered,
        "isMfaCapable": is_mfa_registered,
        "isPasswordlessCapable": is_passwordless,
        "methodsRegistered": registered,
        "isSystemPreferredAuthenticationMethodEnabled": true,
        "systemPreferredAuthenticationMethods": [preferred],
        "userPreferredMethodForSecondaryAuthentication": preferred,
        "lastUpdatedDateTime": now,
    })
}

fn reported_as(method: &Method) -> Option<&'static str> {
    match method.text("phoneType") {
        Some("alternateMobile") => Some("alternateMobilePhone"),
        Some("office") => Some("officePhone"),
        _ => method.kind().map(|kind| kind.reported_as),
    }
}

fn preferred(method: &Method) -> Option<&'static str> {
    match (method.kind()?.permission, method.text("phoneType")) {
        ("MicrosoftAuthApp", _) => Some("push"),
        ("SoftwareOATH", _) => Some("oath"),
        ("Phone", Some("alternateMobile")) => Some("voiceAlternateMobile"),
        ("Phone", Some("office")) => Some("voiceOffice"),
        ("Phone", _) => Some("sms"),
        _ => None,
    }
}
