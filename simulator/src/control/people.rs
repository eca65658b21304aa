//! People, their methods and passes.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Refused, Reply};
use crate::{
    front::Tenant,
    world::{MailboxSettings, Method, Pass, Person, RoleGrant, TENANT_WIDE, World},
};

pub async fn list(State(tenant): State<Tenant>) -> Reply {
    let world = tenant.lock();
    Ok(Json(world.people.iter().map(summary).collect()))
}

pub async fn get(State(tenant): State<Tenant>, Path(key): Path<String>) -> Reply {
    let world = tenant.lock();
    Ok(Json(summary(find(&world, &key)?)))
}

fn summary(person: &Person) -> Value {
    let profile = &person.profile;
    json!({
        "id": profile.id,
        "userPrincipalName": profile.user_principal_name,
        "displayName": profile.display_name,
        "mail": profile.mail,
        "otherMails": profile.other_mails,
        "managerId": person.manager,
        "usageLocation": profile.usage_location,
        "mailboxSettings": person.mailbox_settings,
        "accountEnabled": profile.account_enabled,
        "userType": profile.user_type,
        "kind": person.kind,
    })
}

fn find<'a>(world: &'a World, key: &str) -> Result<&'a Person, Refused> {
    let index = world
        .find_person(key)
        .ok_or_else(|| Refused::unknown_person(key))?;
    Ok(&world.people[index])
}

/// Absent leaves a property as it is, `null` clears it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "the outer one is absence in the JSON, the inner one is null"
)]
pub struct PersonChange {
    account_enabled: Option<bool>,
    display_name: Option<String>,
    given_name: Option<String>,
    job_title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    manager_id: Option<Option<Uuid>>,
    user_type: Option<String>,
    other_mails: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    mail: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    is_management_restricted: Option<Option<bool>>,
    #[serde(default, deserialize_with = "present")]
    usage_location: Option<Option<String>>,
    /// `null` takes the mailbox away.
    #[serde(default, deserialize_with = "present")]
    mailbox_settings: Option<Option<MailboxSettings>>,
    /// Template ids.
    directory_roles: Option<Vec<Uuid>>,
    /// Template ids.
    eligible_roles: Option<Vec<Uuid>>,
    /// Values of the sign-in app's roles, the `roles` claim.
    app_roles: Option<Vec<String>>,
}

/// Tells `null` from absent.
fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

pub async fn change(
    State(tenant): State<Tenant>,
    Path(key): Path<String>,
    Json(change): Json<PersonChange>,
) -> Reply {
    let mut world = tenant.lock();
    let index = world
        .find_person(&key)
        .ok_or_else(|| Refused::unknown_person(&key))?;
    if let Some(Some(manager)) = change.manager_id
        && world.person(manager).is_none()
    {
        return Err(Refused::unknown_person(&manager.to_string()));
    }
    let person = &mut world.people[index];
    let profile = &mut person.profile;
    if let Some(enabled) = change.account_enabled {
        profile.account_enabled = enabled;
    }
    if let Some(name) = change.display_name {
        profile.display_name = name;
    }
    if let Some(name) = change.given_name {
        profile.given_name = Some(name);
    }
    if let Some(title) = change.job_title {
        profile.job_title = Some(title);
    }
    if let Some(manager) = change.manager_id {
        person.manager = manager;
    }
    if let Some(user_type) = change.user_type {
        profile.user_type = user_type;
    }
    if let Some(other_mails) = change.other_mails {
        profile.other_mails = other_mails;
    }
    if let Some(mail) = change.mail {
        profile.mail = mail;
    }
    if let Some(restricted) = change.is_management_restricted {
        profile.is_management_restricted = restricted.filter(|restricted| *restricted);
    }
    if let Some(location) = change.usage_location {
        profile.usage_location = location;
    }
    if let Some(settings) = change.mailbox_settings {
        person.mailbox_settings = settings;
    }
    if let Some(templates) = change.directory_roles {
        let grant = |template| RoleGrant {
            template,
            scope: TENANT_WIDE.to_owned(),
        };
        person.roles = templates.into_iter().map(grant).collect();
    }
    if let Some(templates) = change.eligible_roles {
        person.eligible_roles = templates;
    }
    if let Some(app_roles) = change.app_roles {
        person.app_roles = app_roles;
    }
    Ok(Json(summary(person)))
}

/// The person leaves the directory. Whoever had them as their manager has none, and no group has them.
pub async fn remove(State(tenant): State<Tenant>, Path(key): Path<String>) -> Reply {
    let mut world = tenant.lock();
    let index = world
        .find_person(&key)
        .ok_or_else(|| Refused::unknown_person(&key))?;
    let gone = world.people.remove(index);
    let id = gone.profile.id;
    for person in &mut world.people {
        person.manager = person.manager.filter(|manager| *manager != id);
    }
    for group in &mut world.groups {
        group.members.retain(|member| *member != id);
    }
    Ok(Json(summary(&gone)))
}

pub async fn methods(State(tenant): State<Tenant>, Path(key): Path<String>) -> Reply {
    let world = tenant.lock();
    Ok(Json(raw_methods(find(&world, &key)?)))
}

fn raw_methods(person: &Person) -> Value {
    person
        .methods
        .iter()
        .filter(|method| method.exists())
        .map(|method| {
            let mut value = method.to_value();
            value["isDefault"] = json!(method.is_default);
            value
        })
        .collect()
}

/// A method as testers write it: a type (with or without `#microsoft.graph.`), perhaps an id, own properties.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewMethod {
    #[serde(alias = "@odata.type")]
    r#type: String,
    id: Option<String>,
    #[serde(default)]
    is_default: bool,
    created_date_time: Option<jiff::Timestamp>,
    #[serde(flatten)]
    properties: Map<String, Value>,
}

impl NewMethod {
    fn register(self) -> Method {
        let name = self
            .r#type
            .trim_start_matches('#')
            .trim_start_matches("microsoft.graph.");
        let mut method = Method::new(name, self.created_date_time, Value::Object(self.properties));
        if let Some(id) = self.id {
            method.id = id;
        }
        method.is_default = self.is_default;
        method
    }
}

pub async fn replace_methods(
    State(tenant): State<Tenant>,
    Path(key): Path<String>,
    Json(methods): Json<Vec<NewMethod>>,
) -> Reply {
    let mut world = tenant.lock();
    let index = world
        .find_person(&key)
        .ok_or_else(|| Refused::unknown_person(&key))?;
    world.people[index].methods = methods.into_iter().map(NewMethod::register).collect();
    Ok(Json(raw_methods(&world.people[index])))
}

pub async fn add_method(
    State(tenant): State<Tenant>,
    Path(key): Path<String>,
    Json(method): Json<NewMethod>,
) -> Reply {
    let mut world = tenant.lock();
    let index = world
        .find_person(&key)
        .ok_or_else(|| Refused::unknown_person(&key))?;
    let method = method.register();
    let person = &mut world.people[index];
    if method.is_default {
        for other in &mut person.methods {
            other.is_default = false;
        }
    }
    person.methods.push(method);
    Ok(Json(raw_methods(person)))
}

pub async fn passes(State(tenant): State<Tenant>, Path(key): Path<String>) -> Reply {
    let world = tenant.lock();
    let person = find(&world, &key)?;
    Ok(Json(
        person
            .passes
            .iter()
            .map(|pass| raw_pass(&world, person, pass))
            .collect(),
    ))
}

pub async fn all_passes(State(tenant): State<Tenant>) -> Reply {
    let world = tenant.lock();
    let mut passes: Vec<(&Person, &Pass)> = world
        .people
        .iter()
        .flat_map(|person| person.passes.iter().map(move |pass| (person, pass)))
        .collect();
    passes.sort_by_key(|(_, pass)| pass.created);
    Ok(Json(
        passes
            .into_iter()
            .map(|(person, pass)| raw_pass(&world, person, pass))
            .collect(),
    ))
}

/// A pass with its value. The state is `Removed` once it was deleted or replaced.
fn raw_pass(world: &World, person: &Person, pass: &Pass) -> Value {
    let state = if pass.exists() {
        pass.state(&world.pass_policy, world.now())
    } else {
        "Removed"
    };
    json!({
        "personId": person.profile.id,
        "id": pass.id,
        "value": pass.value,
        "createdAt": pass.created,
        "startsAt": pass.start,
        "expiresAt": pass.expires(),
        "isUsableOnce": pass.usable_once,
        "usedAt": pass.used,
        "removedAt": pass.removed,
        "state": state,
    })
}

pub async fn sessions(State(tenant): State<Tenant>, Path(key): Path<String>) -> Reply {
    let world = tenant.lock();
    let profile = &find(&world, &key)?.profile;
    Ok(Json(json!({
        "signInSessionsValidFromDateTime": profile.sign_in_sessions_valid_from_date_time,
        "openSessions": world.open_sessions().get(&profile.id).copied().unwrap_or(0),
    })))
}
