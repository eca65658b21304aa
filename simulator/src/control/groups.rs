//! Groups and who is in them.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Refused, Reply};
use crate::{
    entropy::stable_guid,
    front::Tenant,
    world::{Group, World},
};

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

/// Who is in the group, and whose it is. Absent leaves it as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Membership {
    /// Ids of people and of groups, or user principal names.
    members: Option<Vec<String>>,
    /// Ids of people, or user principal names.
    owners: Option<Vec<String>>,
    /// Whether roles can be assigned to it. A tenant decides that when it makes the group.
    is_assignable_to_role: Option<bool>,
}

/// The ids of people and of groups that are named by id or by user principal name.
fn ids(world: &World, named: &[String]) -> Result<Vec<Uuid>, Refused> {
    let id = |name: &String| {
        let group = Uuid::try_parse(name)
            .ok()
            .and_then(|id| world.group(id))
            .map(|group| group.id);
        let person = || world.find_person(name);
        group
            .or_else(|| person().map(|index| world.people[index].profile.id))
            .ok_or_else(|| Refused::unknown_person(name))
    };
    named.iter().map(id).collect()
}

/// Makes a plain group of this name, or gives the one that there is other members and owners.
pub async fn set(
    State(tenant): State<Tenant>,
    Path(name): Path<String>,
    Json(wanted): Json<Membership>,
) -> Reply {
    let mut world = tenant.lock();
    let read = |named: Option<Vec<String>>| named.map(|named| ids(&world, &named)).transpose();
    let (members, owners) = (read(wanted.members)?, read(wanted.owners)?);
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
    let group = &mut world.groups[index];
    if let Some(members) = members {
        group.members = members;
    }
    if let Some(owners) = owners {
        group.owners = owners;
    }
    if let Some(takes_roles) = wanted.is_assignable_to_role {
        group.is_assignable_to_role = takes_roles;
    }
    Ok(Json(summary(group)))
}
