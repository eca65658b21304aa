//! `/groups` and their members (FACTS §12).

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Backend, Context, GraphError, Outcome, query::Listing};
use crate::{
    answer::Answer,
    world::{Group, Initiator, Profile},
};

const READ: &[&str] = &[
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Directory.Read.All",
];

/// A group among other directory objects.
pub fn directory_object(group: &Group) -> Value {
    let mut value = group.to_value();
    value["@odata.type"] = json!("#microsoft.graph.group");
    value
}

pub fn route(context: &mut Context<'_>, method: &str, path: &[&str]) -> Outcome {
    match (method, path) {
        ("GET", []) => {
            context.require(Backend::Directory, READ)?;
            let all = context.world.groups.iter().map(Group::to_value).collect();
            context.list(all, &listing("groups"))
        }
        ("GET", [id]) => {
            context.require(Backend::Directory, READ)?;
            let group = &context.world.groups[find(context, id)?];
            let mut value = context.query.project(group.to_value(), &[])?;
            value["@odata.context"] = json!(context.metadata("groups/$entity"));
            Ok(Answer::ok(value))
        }
        (
            "GET",
            [
                id,
                list @ ("members" | "transitiveMembers" | "owners"),
                cast @ ..,
            ],
        ) => people_of(context, id, list, cast),
        ("POST", [id, "members", "$ref"]) => add(context, id),
        ("DELETE", [id, "members", member, "$ref"]) => remove(context, id, member),
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
        is_directory: true,
    }
}

fn find(context: &Context<'_>, id: &str) -> Result<usize, GraphError> {
    Uuid::try_parse(id)
        .ok()
        .and_then(|id| context.world.groups.iter().position(|group| group.id == id))
        .ok_or_else(|| GraphError::not_found(id))
}

fn people_of(context: &mut Context<'_>, id: &str, list: &str, cast: &[&str]) -> Outcome {
    context.require(Backend::Directory, READ)?;
    let only_users = match cast {
        [] => false,
        ["microsoft.graph.user" | "graph.user"] => true,
        [other, ..] => return Err(GraphError::no_such_segment(other)),
    };
    if only_users && !(context.request.eventual && context.query.count) {
        return Err(GraphError::needs_eventual_consistency("A cast of the type"));
    }
    let group = &context.world.groups[find(context, id)?];
    let object = |id: &Uuid| {
        let person = context
            .world
            .person(*id)
            .map(crate::world::Person::as_directory_object);
        person.or_else(|| context.world.group(*id).map(directory_object))
    };
    let mut objects: Vec<Value> = match list {
        "owners" => group.owners.iter().filter_map(object).collect(),
        "members" => group.members.iter().filter_map(object).collect(),
        _ => context
            .world
            .people
            .iter()
            .filter(|person| {
                context
                    .world
                    .groups_of(person.profile.id)
                    .iter()
                    .any(|of| of.id == group.id)
            })
            .map(crate::world::Person::as_directory_object)
            .collect(),
    };
    if only_users {
        objects.retain(|object| object["@odata.type"] == "#microsoft.graph.user");
        // The type is told where several are possible.
        for object in objects.iter_mut().filter_map(Value::as_object_mut) {
            object.remove("@odata.type");
        }
        let users = Listing {
            default_properties: Profile::DEFAULT_PROPERTIES,
            ..listing("users")
        };
        return context.list(objects, &users);
    }
    context.list(objects, &listing("directoryObjects"))
}

/// The group whose members are to be changed, unless its kind forbids it.
fn changeable(context: &Context<'_>, id: &str) -> Result<usize, GraphError> {
    context.require(
        Backend::Directory,
        &[
            "GroupMember.ReadWrite.All",
            "Group.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
    )?;
    let index = find(context, id)?;
    let group = &context.world.groups[index];
    if group.is_assignable_to_role && !context.has("RoleManagement.ReadWrite.Directory") {
        return Err(GraphError::forbidden(Backend::Directory));
    }
    if group.is_management_restricted {
        return Err(GraphError::restricted(Backend::Directory));
    }
    if group.is_dynamic {
        return Err(GraphError::bad_request(
            "Cannot Update a group with dynamic membership.",
        ));
    }
    if group.is_synced {
        return Err(GraphError::bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects.",
        ));
    }
    Ok(index)
}

fn add(context: &mut Context<'_>, id: &str) -> Outcome {
    let index = changeable(context, id)?;
    let body = context.body();
    let reference = body["@odata.id"].as_str().unwrap_or_default();
    let member = reference.rsplit('/').next().unwrap_or_default();
    let member = Uuid::try_parse(member)
        .ok()
        .filter(|id| context.world.person(*id).is_some() || context.world.group(*id).is_some())
        .ok_or_else(|| GraphError::not_found(member))?;
    let members = &mut context.world.groups[index].members;
    if members.contains(&member) {
        return Err(GraphError::bad_request(
            "One or more added object references already exist for the following modified properties: 'members'.",
        ));
    }
    members.push(member);
    note(context, index, "Add member to group");
    Ok(Answer::no_content())
}

fn remove(context: &mut Context<'_>, id: &str, member: &str) -> Outcome {
    let index = changeable(context, id)?;
    let wanted = Uuid::try_parse(member).ok();
    let members = &mut context.world.groups[index].members;
    let place = members
        .iter()
        .position(|known| Some(*known) == wanted)
        .ok_or_else(|| GraphError::not_found(member))?;
    members.remove(place);
    note(context, index, "Remove member from group");
    Ok(Answer::no_content())
}

fn note(context: &mut Context<'_>, index: usize, activity: &str) {
    let now = context.world.now();
    let world = &mut *context.world;
    let group = &world.groups[index];
    world.logs.audit(
        activity,
        "Core Directory",
        &Initiator::App(&world.settings),
        (group.id, "Group", &group.display_name),
        "",
        now,
    );
}
