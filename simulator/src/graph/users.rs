//! `/users` and what hangs on one user, methods aside (FACTS §3, §4, §9).

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Backend, Context, GraphError, Outcome, methods,
    query::{Listing, Query},
};
use crate::{
    answer::Answer,
    world::{Initiator, MailboxSettings, Profile},
};

const READ_USERS: &[&str] = &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All"];
const READ_MEMBERSHIPS: &[&str] = &[
    "GroupMember.Read.All",
    "User.Read.All",
    "Directory.Read.All",
];

pub fn route(context: &mut Context<'_>, method: &str, path: &[&str]) -> Outcome {
    match (method, path) {
        ("GET", []) => list(context),
        ("GET", ["$count"]) => count(context),
        ("GET", [key]) => get(context, key),
        (_, [key, "authentication", rest @ ..]) => methods::route(context, method, key, rest),
        ("GET", [key, "manager"]) => manager(context, key),
        ("GET", [key, "directReports"]) => direct_reports(context, key),
        ("GET", [key, "transitiveMemberOf" | "memberOf", cast @ ..]) => {
            member_of(context, key, cast)
        }
        ("GET", [key, "ownedObjects", cast @ ..]) => owned_objects(context, key, cast),
        ("GET", [key, "licenseDetails"]) => {
            context.require(Backend::Directory, READ_USERS)?;
            person(context, key)?;
            context.list(
                Vec::new(),
                &listing(format!("users('{key}')/licenseDetails")),
            )
        }
        ("GET", [key, "mailboxSettings"]) => mailbox_settings(context, key),
        ("GET", [key, "mailboxSettings", "automaticRepliesSetting"]) => {
            automatic_replies(context, key)
        }
        ("POST", [key, "checkMemberGroups"]) => check_member_groups(context, key),
        ("POST", [key, "getMemberObjects" | "getMemberGroups"]) => get_member_objects(context, key),
        ("POST", [key, "revokeSignInSessions"]) => revoke_sign_in_sessions(context, key),
        (_, [] | [_]) => Err(GraphError::method_not_allowed()),
        (_, [.., last]) => Err(GraphError::no_such_segment(last)),
    }
}

/// The index of the person with this id or name, or the directory's 404.
pub fn person(context: &Context<'_>, key: &str) -> Result<usize, GraphError> {
    context
        .world
        .find_person(key)
        .ok_or_else(|| GraphError::not_found(key))
}

fn listing(context: String) -> Listing {
    Listing {
        context,
        default_properties: &[],
        default_page: 100,
        max_page: 999,
        is_directory: true,
    }
}

fn user_listing(context: String) -> Listing {
    Listing {
        default_properties: Profile::DEFAULT_PROPERTIES,
        ..listing(context)
    }
}

fn list(context: &mut Context<'_>) -> Outcome {
    context.require(Backend::Directory, READ_USERS)?;
    let everybody = context
        .world
        .people
        .iter()
        .map(|person| person.profile.to_value())
        .collect();
    let mut answer = context.list(everybody, &user_listing(context.selected("users")))?;
    let Some(expand) = context.query.expand.clone() else {
        return Ok(answer);
    };
    let shown = answer.body.as_mut().map(|body| body["value"].take());
    let mut users = shown.unwrap_or_default();
    for user in users.as_array_mut().into_iter().flatten() {
        let key = user["id"].as_str().ok_or_else(|| {
            GraphError::bad_query("$expand needs the property 'id' to be selected.")
        })?;
        let index = person(context, key)?;
        expand_manager(context, index, &expand, user)?;
    }
    if let Some(body) = answer.body.as_mut() {
        body["value"] = users;
    }
    Ok(answer)
}

fn count(context: &mut Context<'_>) -> Outcome {
    context.require(Backend::Directory, READ_USERS)?;
    if !context.request.eventual {
        return Err(GraphError::needs_eventual_consistency("$count"));
    }
    Ok(Answer::ok(json!(context.world.people.len())))
}

fn get(context: &mut Context<'_>, key: &str) -> Outcome {
    context.require(Backend::Directory, READ_USERS)?;
    let index = person(context, key)?;
    let mut user = context.query.project(
        context.world.people[index].profile.to_value(),
        Profile::DEFAULT_PROPERTIES,
    )?;
    if let Some(expand) = &context.query.expand {
        expand_manager(context, index, expand, &mut user)?;
    }
    user["@odata.context"] =
        json!(context.metadata(&format!("{}/$entity", context.selected("users"))));
    Ok(Answer::ok(user))
}

/// Adds the managers that `$expand` asks for to one user.
fn expand_manager(
    context: &Context<'_>,
    index: usize,
    expand: &str,
    user: &mut Value,
) -> Result<(), GraphError> {
    if !expand.starts_with("manager") {
        return Err(GraphError::bad_query(format!(
            "Could not expand '{expand}'."
        )));
    }
    let levels = expand_levels(expand);
    let select = expand_select(expand);
    // Which properties are wanted is read only beside `$levels` (FACTS §3).
    let is_advanced = expand.contains("$levels=");
    if select.is_some() && !is_advanced {
        return Err(GraphError::bad_query(
            "$select inside of $expand=manager needs $levels.",
        ));
    }
    if is_advanced && !(context.request.eventual && context.query.count) {
        return Err(GraphError::needs_eventual_consistency(
            "$expand=manager($levels=…)",
        ));
    }
    let person = &context.world.people[index];
    let seen = vec![person.profile.id];
    if let Some(manager) = manager_chain(context, person.manager, levels, select.as_deref(), seen)?
    {
        user["manager"] = manager;
    }
    Ok(())
}

/// How many managers up `$expand=manager($levels=…)` asks for; one without the option.
fn expand_levels(expand: &str) -> usize {
    match option_of(expand, "$levels=") {
        Some("max") => 1000,
        Some(number) => number.parse().unwrap_or(1),
        None => 1,
    }
}

fn expand_select(expand: &str) -> Option<Vec<String>> {
    option_of(expand, "$select=")
        .map(|list| list.split(',').map(|name| name.trim().to_owned()).collect())
}

fn option_of<'a>(expand: &'a str, name: &str) -> Option<&'a str> {
    let start = expand.find(name)? + name.len();
    let rest = &expand[start..];
    Some(rest[..rest.find([';', ')']).unwrap_or(rest.len())].trim())
}

/// Nested managers, cut where the chain meets somebody it has passed.
fn manager_chain(
    context: &Context<'_>,
    manager: Option<Uuid>,
    levels: usize,
    select: Option<&[String]>,
    mut seen: Vec<Uuid>,
) -> Result<Option<Value>, GraphError> {
    let Some(manager) = manager
        .filter(|_| levels > 0)
        .and_then(|id| context.world.person(id))
    else {
        return Ok(None);
    };
    let mut value = Query::selecting(select)
        .project(manager.as_directory_object(), Profile::DEFAULT_PROPERTIES)?;
    if !seen.contains(&manager.profile.id) {
        seen.push(manager.profile.id);
        if let Some(next) = manager_chain(context, manager.manager, levels - 1, select, seen)? {
            value["manager"] = next;
        }
    }
    Ok(Some(value))
}

fn manager(context: &mut Context<'_>, key: &str) -> Outcome {
    context.require(Backend::Directory, READ_USERS)?;
    let index = person(context, key)?;
    let manager = context.world.people[index]
        .manager
        .and_then(|id| context.world.person(id))
        .ok_or_else(|| GraphError::not_found("manager"))?;
    let mut value = context
        .query
        .project(manager.as_directory_object(), Profile::DEFAULT_PROPERTIES)?;
    value["@odata.context"] = json!(context.metadata("directoryObjects/$entity"));
    Ok(Answer::ok(value))
}

fn direct_reports(context: &mut Context<'_>, key: &str) -> Outcome {
    context.require(Backend::Directory, READ_USERS)?;
    let index = person(context, key)?;
    let id = context.world.people[index].profile.id;
    let reports = context
        .world
        .people
        .iter()
        .filter(|candidate| candidate.manager == Some(id))
        .map(crate::world::Person::as_directory_object)
        .collect();
    context.list(reports, &user_listing("directoryObjects".to_owned()))
}

fn member_of(context: &mut Context<'_>, key: &str, cast: &[&str]) -> Outcome {
    context.require(Backend::Directory, READ_MEMBERSHIPS)?;
    let index = person(context, key)?;
    let person = &context.world.people[index];
    let roles = context
        .world
        .active_roles(person)
        .into_iter()
        .map(|template| directory_role(context, template));
    let groups = context
        .world
        .groups_of(person.profile.id)
        .into_iter()
        .map(super::groups::directory_object);
    let (objects, context_name) = match cast {
        [] => (groups.chain(roles).collect(), "directoryObjects"),
        ["microsoft.graph.directoryRole" | "graph.directoryRole"] => {
            (roles.collect(), "directoryRoles")
        }
        ["microsoft.graph.group" | "graph.group"] => (groups.collect(), "groups"),
        [other, ..] => return Err(GraphError::no_such_segment(other)),
    };
    if !cast.is_empty() && !context.request.eventual {
        return Err(GraphError::needs_eventual_consistency("A cast of the type"));
    }
    context.list(objects, &listing(context.selected(context_name)))
}

/// An activated role; without the permission to read roles only its id and type are told (FACTS §4).
fn directory_role(context: &Context<'_>, template: Uuid) -> Value {
    let role = crate::world::role(template);
    let may_read = [
        "RoleManagement.Read.Directory",
        "RoleManagement.Read.All",
        "Directory.Read.All",
    ]
    .iter()
    .any(|permission| context.has(permission));
    let shown = role.filter(|_| may_read);
    json!({
        "@odata.type": "#microsoft.graph.directoryRole",
        "id": role.map_or(template, crate::world::Role::object_id),
        "deletedDateTime": null,
        "description": null,
        "displayName": shown.map(|role| role.name),
        "roleTemplateId": shown.map(|role| role.template),
    })
}

fn owned_objects(context: &mut Context<'_>, key: &str, cast: &[&str]) -> Outcome {
    context.require(Backend::Directory, READ_USERS)?;
    let index = person(context, key)?;
    let id = context.world.people[index].profile.id;
    if let [other] = cast
        && !["microsoft.graph.group", "graph.group"].contains(other)
    {
        return Err(GraphError::no_such_segment(other));
    }
    let owned = context
        .world
        .groups
        .iter()
        .filter(|group| group.owners.contains(&id))
        .map(super::groups::directory_object)
        .collect();
    context.list(owned, &listing("directoryObjects".to_owned()))
}

fn mailbox_settings(context: &mut Context<'_>, key: &str) -> Outcome {
    let settings = mailbox_of(context, key)?.to_value();
    let mut value = context.query.project(settings, &[])?;
    value["@odata.context"] = json!(context.metadata(&format!("users('{key}')/mailboxSettings")));
    Ok(Answer::ok(value))
}

fn automatic_replies(context: &mut Context<'_>, key: &str) -> Outcome {
    let mut value = mailbox_of(context, key)?.automatic_replies.to_value();
    value["@odata.context"] = json!(context.metadata(&format!(
        "users('{key}')/mailboxSettings/automaticRepliesSetting"
    )));
    Ok(Answer::ok(value))
}

/// The settings of somebody's mailbox, if they have one.
fn mailbox_of<'a>(context: &'a Context<'_>, key: &str) -> Result<&'a MailboxSettings, GraphError> {
    context.require(
        Backend::Exchange,
        &["MailboxSettings.Read", "MailboxSettings.ReadWrite"],
    )?;
    let settings = &context.world.people[person(context, key)?].mailbox_settings;
    settings.as_ref().ok_or_else(GraphError::no_mailbox)
}

fn check_member_groups(context: &mut Context<'_>, key: &str) -> Outcome {
    context.require(Backend::Directory, READ_MEMBERSHIPS)?;
    let index = person(context, key)?;
    let body = context.body();
    let Some(asked) = body["groupIds"].as_array() else {
        return Err(GraphError::bad_request(
            "The required parameter 'groupIds' is missing.",
        ));
    };
    if asked.len() > 20 {
        return Err(GraphError::bad_request(
            "The number of 'groupIds' exceeds the limit of 20.",
        ));
    }
    let memberships = context
        .world
        .groups_of(context.world.people[index].profile.id);
    let found: Vec<&Value> = asked
        .iter()
        .filter(|id| {
            let id = id.as_str().and_then(|text| Uuid::try_parse(text).ok());
            memberships.iter().any(|group| Some(group.id) == id)
        })
        .collect();
    Ok(Answer::ok(json!({
        "@odata.context": context.metadata("Collection(Edm.String)"),
        "value": found,
    })))
}

fn get_member_objects(context: &mut Context<'_>, key: &str) -> Outcome {
    context.require(Backend::Directory, READ_MEMBERSHIPS)?;
    let index = person(context, key)?;
    let person = &context.world.people[index];
    let groups = context
        .world
        .groups_of(person.profile.id)
        .into_iter()
        .map(|group| group.id);
    let security_only = context.body()["securityEnabledOnly"]
        .as_bool()
        .unwrap_or(false);
    let mut ids: Vec<Uuid> = groups.collect();
    if !security_only {
        ids.extend(
            context
                .world
                .active_roles(person)
                .into_iter()
                .filter_map(crate::world::role)
                .map(crate::world::Role::object_id),
        );
    }
    Ok(Answer::ok(json!({
        "@odata.context": context.metadata("Collection(Edm.String)"),
        "value": ids,
    })))
}

fn revoke_sign_in_sessions(context: &mut Context<'_>, key: &str) -> Outcome {
    context.require(
        Backend::Directory,
        &[
            "User.RevokeSessions.All",
            "User.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
    )?;
    let index = person(context, key)?;
    if context.world.people[index].is_management_restricted() {
        return Err(GraphError::restricted(Backend::Directory));
    }
    let now = context.world.now();
    // It does nothing for guests, whose sessions belong to their own directory (FACTS §9).
    if !context.world.people[index].is_external_guest() {
        context.world.people[index]
            .profile
            .sign_in_sessions_valid_from_date_time = now;
    }
    let world = &mut *context.world;
    let profile = &world.people[index].profile;
    world.logs.audit(
        "Update StsRefreshTokenValidFrom Timestamp",
        "Core Directory",
        &Initiator::App(&world.settings),
        (profile.id, "User", &profile.user_principal_name),
        "",
        now,
    );
    if context.world.settings.revoke_answers == 204 {
        return Ok(Answer::no_content());
    }
    Ok(Answer::ok(
        json!({"@odata.context": context.metadata("Edm.Boolean"), "value": true}),
    ))
}

impl Context<'_> {
    /// The context name of a collection, with the selected properties in parentheses.
    fn selected(&self, collection: &str) -> String {
        match &self.query.select {
            Some(names) => format!("{collection}({})", names.join(",")),
            None => collection.to_owned(),
        }
    }
}
