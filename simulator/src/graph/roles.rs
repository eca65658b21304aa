//! Directory roles: active, assigned, eligible (FACTS §4).

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Backend, Context, GraphError, Outcome, query::Listing};
use crate::{
    entropy::stable_guid,
    world::{Person, ROLES, Role, TENANT_WIDE, role},
};

const READ: &[&str] = &[
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "Directory.Read.All",
];

pub fn route(context: &mut Context<'_>, method: &str, path: &[&str]) -> Outcome {
    if method != "GET" {
        return Err(GraphError::method_not_allowed());
    }
    match path {
        ["directoryRoles"] => {
            context.require(Backend::Directory, READ)?;
            context.list(
                ROLES.iter().map(directory_role).collect(),
                &listing("directoryRoles"),
            )
        }
        ["directoryRoles", id, "members"] => members(context, id),
        ["roleManagement", "directory", "roleDefinitions"] => {
            context.require(Backend::Directory, READ)?;
            let definitions = ROLES.iter().map(Role::definition).collect();
            context.list(
                definitions,
                &listing("roleManagement/directory/roleDefinitions"),
            )
        }
        ["roleManagement", "directory", "roleAssignments"] => assignments(context),
        ["roleManagement", "directory", "roleEligibilitySchedules"] => eligibilities(context),
        _ => Err(GraphError::no_such_segment(
            path.last().copied().unwrap_or_default(),
        )),
    }
}

fn listing(context: &str) -> Listing {
    Listing {
        context: context.to_owned(),
        default_properties: &[],
        default_page: 100,
        max_page: 999,
        is_directory: false,
    }
}

fn directory_role(role: &Role) -> Value {
    json!({
        "id": role.object_id(),
        "deletedDateTime": null,
        "description": null,
        "displayName": role.name,
        "roleTemplateId": role.template,
    })
}

fn members(context: &mut Context<'_>, id: &str) -> Outcome {
    context.require(Backend::Directory, READ)?;
    let role = ROLES
        .iter()
        .find(|role| role.object_id().to_string() == id)
        .ok_or_else(|| GraphError::not_found(id))?;
    let people = context.world.people.iter().filter(|person| {
        person
            .roles
            .iter()
            .any(|grant| grant.scope == TENANT_WIDE && grant.template == role.template)
    });
    let mut members: Vec<Value> = people.map(Person::as_directory_object).collect();
    let groups = context
        .world
        .groups
        .iter()
        .filter(|group| group.roles.contains(&role.template));
    members.extend(groups.map(super::groups::directory_object));
    context.list(members, &listing("directoryObjects"))
}

/// Direct assignments to people and to role-assignable groups; not what people inherit.
fn assignments(context: &mut Context<'_>) -> Outcome {
    context.require(Backend::Directory, READ)?;
    let of_people = context.world.people.iter().flat_map(|person| {
        person
            .roles
            .iter()
            .map(|grant| (person.profile.id, grant.template, grant.scope.as_str()))
    });
    let of_groups = context.world.groups.iter().flat_map(|group| {
        group
            .roles
            .iter()
            .map(|template| (group.id, *template, TENANT_WIDE))
    });
    let expanded = context
        .query
        .expand
        .as_deref()
        .is_some_and(|expand| expand.contains("roleDefinition"));
    let rows = of_people
        .chain(of_groups)
        .map(|(principal, template, scope)| {
            let mut row = json!({
                "id": row_id("assignment", principal, template),
                "principalId": principal,
                "directoryScopeId": scope,
                "appScopeId": null,
                "condition": null,
                "roleDefinitionId": template,
            });
            if expanded {
                row["roleDefinition"] = role(template).map_or(Value::Null, Role::definition);
            }
            row
        })
        .collect();
    context.list(rows, &listing("roleManagement/directory/roleAssignments"))
}

fn eligibilities(context: &mut Context<'_>) -> Outcome {
    context.require(
        Backend::Directory,
        &[
            "RoleEligibilitySchedule.Read.Directory",
            "RoleManagement.Read.Directory",
            "RoleManagement.Read.All",
        ],
    )?;
    if !context.world.settings.premium {
        return Err(GraphError::not_premium());
    }
    let rows = context
        .world
        .people
        .iter()
        .flat_map(|person| {
            person
                .eligible_roles
                .iter()
                .map(move |template| (person, *template))
        })
        .map(|(person, template)| {
            json!({
                "id": row_id("eligibility", person.profile.id, template),
                "principalId": person.profile.id,
                "roleDefinitionId": template,
                "directoryScopeId": TENANT_WIDE,
                "appScopeId": null,
                "createdUsing": null,
                "createdDateTime": person.profile.created_date_time,
                "modifiedDateTime": null,
                "status": "Provisioned",
                "memberType": "Direct",
                "scheduleInfo": {
                    "startDateTime": person.profile.created_date_time,
                    "recurrence": null,
                    "expiration": {"type": "noExpiration", "endDateTime": null, "duration": null},
                },
            })
        })
        .collect();
    context.list(
        rows,
        &listing("roleManagement/directory/roleEligibilitySchedules"),
    )
}

fn row_id(kind: &str, principal: Uuid, template: Uuid) -> String {
    stable_guid(&format!("{kind} {principal} {template}")).to_string()
}
