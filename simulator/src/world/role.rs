//! Directory roles and groups.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use crate::entropy;

/// The scope of a role that holds in the whole tenant.
pub const TENANT_WIDE: &str = "/";

/// A built-in directory role.
pub struct Role {
    pub template: Uuid,
    pub name: &'static str,
}

impl Role {
    /// The id of the activated `directoryRole` object, which is not the template's.
    pub fn object_id(&self) -> Uuid {
        entropy::stable_guid(&format!("directoryRole {}", self.name))
    }

    pub fn definition(&self) -> Value {
        json!({
            "id": self.template,
            "displayName": self.name,
            "description": null,
            "isBuiltIn": true,
            "isEnabled": true,
            "templateId": self.template,
            "version": "1",
        })
    }
}

const fn named(template: Uuid, name: &'static str) -> Role {
    Role { template, name }
}

/// Built-in roles that the example company and its testers use (FACTS §4).
pub const ROLES: &[Role] = &[
    named(
        uuid!("62e90394-69f5-4237-9190-012177145e10"),
        "Global Administrator",
    ),
    named(
        uuid!("7be44c8a-adaf-4e2a-84d6-ab2649e08a13"),
        "Privileged Authentication Administrator",
    ),
    named(
        uuid!("e8611ab8-c189-46e8-94e1-60213ab1f814"),
        "Privileged Role Administrator",
    ),
    named(
        uuid!("c4e39bd9-1100-46d3-8c65-fb160da0071f"),
        "Authentication Administrator",
    ),
    named(
        uuid!("0526716b-113d-4c15-b2c8-68e3c22b9f80"),
        "Authentication Policy Administrator",
    ),
    named(
        uuid!("fe930be7-5e62-47db-91af-98c3a49a38b1"),
        "User Administrator",
    ),
    named(
        uuid!("729827e3-9c14-49f7-bb1b-9608f156bbb8"),
        "Helpdesk Administrator",
    ),
    named(
        uuid!("966707d0-3269-4727-9be2-8c3a10f19b9d"),
        "Password Administrator",
    ),
    named(
        uuid!("194ae4cb-b126-40b2-bd5b-6091b380977d"),
        "Security Administrator",
    ),
    named(
        uuid!("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"),
        "Conditional Access Administrator",
    ),
    named(
        uuid!("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"),
        "Application Administrator",
    ),
    named(
        uuid!("fdd7a751-b60b-444a-984c-02652fe8fa1c"),
        "Groups Administrator",
    ),
    named(
        uuid!("f2ef992c-3afb-46b9-b7cf-a126ee74c451"),
        "Global Reader",
    ),
    named(
        uuid!("88d8e3e3-8f55-4a1e-953a-9b9898b8876b"),
        "Directory Readers",
    ),
    named(
        uuid!("95e79109-95c0-4d8e-aee3-d01accf2d47b"),
        "Guest Inviter",
    ),
    named(
        uuid!("790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b"),
        "Message Center Reader",
    ),
    named(
        uuid!("4a5d8f65-41da-4de4-8968-e035b65339cf"),
        "Reports Reader",
    ),
    named(
        uuid!("75934031-6c7e-415a-99d7-48dbd49e875e"),
        "Usage Summary Reports Reader",
    ),
    named(
        uuid!("27460883-1df1-4691-b032-3b79643e5e63"),
        "User Experience Success Manager",
    ),
];

/// The built-in role with this template id.
pub fn role(template: Uuid) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.template == template)
}

/// A role held by a person, tenant-wide or over one administrative unit.
#[derive(Clone)]
pub struct RoleGrant {
    pub template: Uuid,
    /// [`TENANT_WIDE`], or `/administrativeUnits/{id}`.
    pub scope: String,
}

/// A security group.
#[derive(Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property of Graph of its own"
)]
pub struct Group {
    pub id: Uuid,
    pub display_name: String,
    /// People and groups.
    pub members: Vec<Uuid>,
    pub owners: Vec<Uuid>,
    pub is_assignable_to_role: bool,
    /// Tenant-wide roles that members hold through the group, by template id.
    pub roles: Vec<Uuid>,
    pub is_dynamic: bool,
    pub is_synced: bool,
    pub is_management_restricted: bool,
}

impl Group {
    pub fn to_value(&self) -> Value {
        let group_types: &[&str] = if self.is_dynamic {
            &["DynamicMembership"]
        } else {
            &[]
        };
        json!({
            "id": self.id,
            "displayName": self.display_name,
            "description": null,
            "groupTypes": group_types,
            "mail": null,
            "mailEnabled": false,
            "mailNickname": self.display_name.to_lowercase().replace(' ', "-"),
            "securityEnabled": true,
            "isAssignableToRole": self.is_assignable_to_role,
            "onPremisesSyncEnabled": self.is_synced.then_some(true),
            "isManagementRestricted": self.is_management_restricted.then_some(true),
            "membershipRule": self.is_dynamic.then_some("user.department -ne null"),
            "visibility": null,
        })
    }
}
