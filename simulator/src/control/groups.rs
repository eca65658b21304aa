//! Groups and who is in them.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Refused, Reply};
use crate::{entropy::stable_guid, front::Tenant, world::Group};

pub async fn list(State(tenant): State<Tenant>) -> Reply {
    let world = tenant.lock();
    Ok(Json(world.groups.iter().map(summary).collect()))
}

fn summary(group: &Group) -> Value {
    json!({
        "id": group.id,
        "displayName": group.display_name,
        "members": group.members,
        "owners": group.owners,
        "isAssignableToRole": group.is_assignable_to_role,
    })
}

/// Who is in the group.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Membership {
    /// Ids of people and of groups, or user principal names.
    members: Vec<String>,
}

/// Makes a plain group of this name, or gives the one that there is other members.
pub async fn set(
    State(tenant): State<Tenant>,
    Path(name): Path<String>,
    Json(wanted): Json<Membership>,
) -> Reply {
    let mut world = tenant.lock();
    let mut members: Vec<Uuid> = Vec::with_capacity(wanted.members.len());
    for member in &wanted.members {
        let group = Uuid::try_parse(member)
            .ok()
            .and_then(|id| world.group(id))
            .map(|group| group.id);
        let person = || world.find_person(member);
        let id = group.or_else(|| person().map(|index| world.people[index].profile.id));
        members.push(id.ok_or_else(|| Refused::unknown_person(member))?);
    }
    let known = world
        .groups
        .iter()
        .position(|group| group.display_name == name);
    let index = known.unwrap_or_else(|| {
        world.groups.push(Group {
            id: stable_guid(&format!("group {name}")),
            display_name: name,
            members: Vec::new(),
            owners: Vec::new(),
            is_assignable_to_role: false,
            roles: Vec::new(),
            is_dynamic: false,
            is_synced: false,
            is_management_restricted: false,
        });
        world.groups.len() - 1
    });
    world.groups[index].members = members;
    Ok(Json(summary(&world.groups[index])))
}
