//! Who must not be recovered like anybody else.
//!
//! Application permissions on authentication methods work on every account, whatever roles it has, so
//! the boundary that Entra draws for people (who may reset whose methods) is drawn here. Each check
//! sees what the others cannot; an error of one is an error of all, never a "no".

use domain::PersonId;
use serde::Deserialize;

use super::{
    client::Graph,
    error::GraphError,
    request::{Request, quoted},
};

const READ_ROLES: &str = "RoleManagement.Read.Directory";
const READ_MEMBERSHIPS: &str = "GroupMember.Read.All";

/// Role templates whose holders are handled like people without a role, by Microsoft's tables of who
/// can reset whose methods.
const HARMLESS_ROLES: [&str; 6] = [
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", // Directory Readers
    "95e79109-95c0-4d8e-aee3-d01accf2d47b", // Guest Inviter
    "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b", // Message Center Reader
    "4a5d8f65-41da-4de4-8968-e035b65339cf", // Reports Reader
    "75934031-6c7e-415a-99d7-48dbd49e875e", // Usage Summary Reports Reader
    "27460883-1df1-4691-b032-3b79643e5e63", // User Experience Success Manager
];

fn is_harmless(template: Option<&str>) -> bool {
    template.is_some_and(|template| {
        HARMLESS_ROLES
            .iter()
            .any(|harmless| harmless.eq_ignore_ascii_case(template))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DirectoryRole {
    /// Null when the application may see that there is a role, but not which.
    role_template_id: Option<String>,
}

/// A role assignment, or a schedule by which one can be activated.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    role_definition_id: Option<String>,
    directory_scope_id: Option<String>,
    role_definition: Option<RoleDefinition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleDefinition {
    template_id: Option<String>,
}

impl Assignment {
    /// A role with a scope of its own may be one over a restricted administrative unit.
    fn is_harmless(&self) -> bool {
        let template = self
            .role_definition
            .as_ref()
            .and_then(|definition| definition.template_id.as_deref());
        let tenant_wide = self.directory_scope_id.as_deref() == Some("/");
        tenant_wide && is_harmless(template.or(self.role_definition_id.as_deref()))
    }
}

/// A group, or anything else that one can own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    /// Null for a group that cannot be assigned roles, and absent on things that are no groups.
    is_assignable_to_role: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Restriction {
    is_management_restricted: Option<bool>,
}

impl Graph {
    /// Whether the account is more than an ordinary one: it holds or can activate a directory role
    /// (other than a few that only read), belongs to or owns a group that roles can be assigned to, or
    /// is under restricted management.
    ///
    /// # Errors
    /// When any of the readings fails, [`GraphError::NotFound`] among them: nobody is ordinary by
    /// default.
    pub async fn is_privileged(&self, id: &PersonId) -> Result<bool, GraphError> {
        let (restricted, active, assigned, eligible, member, owner) = tokio::try_join!(
            self.is_management_restricted(id),
            self.has_active_role(id),
            self.has_assignment("/roleManagement/directory/roleAssignments", READ_ROLES, id),
            self.has_eligible_role(id),
            self.is_member_of_role_group(id),
            self.is_owner_of_role_group(id),
        )?;
        let reasons = [
            ("restricted management", restricted),
            ("active role", active),
            ("assigned role", assigned),
            ("eligible role", eligible),
            ("member of a group for roles", member),
            ("owner of a group for roles", owner),
        ];
        let holding: Vec<&str> = reasons
            .into_iter()
            .filter_map(|(reason, holds)| holds.then_some(reason))
            .collect();
        if !holding.is_empty() {
            tracing::info!(person = %id, reasons = holding.join(", "), "the account is privileged");
        }
        Ok(!holding.is_empty())
    }

    async fn is_management_restricted(&self, id: &PersonId) -> Result<bool, GraphError> {
        let ids = [id.0.as_str()];
        let request = Request::get("/users/{id}", &ids, "User.Read.All")
            .query("$select", "id,isManagementRestricted");
        let user: Restriction = self.read(&request).await?;
        Ok(user.is_management_restricted == Some(true))
    }

    /// Active roles of the whole tenant, also by a group. Roles of smaller scope and custom ones may
    /// not show here.
    async fn has_active_role(&self, id: &PersonId) -> Result<bool, GraphError> {
        let ids = [id.0.as_str()];
        let request = Request::get(
            "/users/{id}/transitiveMemberOf/microsoft.graph.directoryRole",
            &ids,
            READ_ROLES,
        )
        .query("$select", "id,displayName,roleTemplateId")
        .advanced();
        let roles: Vec<DirectoryRole> = self.list(&request).await?;
        Ok(roles
            .iter()
            .any(|role| !is_harmless(role.role_template_id.as_deref())))
    }

    /// Direct assignments, of any scope, and custom roles. Those of groups need no look: membership
    /// in a group for roles is enough.
    async fn has_assignment(
        &self,
        path: &'static str,
        permission: &'static str,
        id: &PersonId,
    ) -> Result<bool, GraphError> {
        let request = Request::get(path, &[], permission)
            .query("$filter", format!("principalId eq {}", quoted(&id.0)))
            .query("$expand", "roleDefinition");
        let assignments: Vec<Assignment> = self.list(&request).await?;
        Ok(!assignments.iter().all(Assignment::is_harmless))
    }

    /// Roles that the account can activate. Nothing is asked where the operator has said that there are none.
    async fn has_eligible_role(&self, id: &PersonId) -> Result<bool, GraphError> {
        if !self.reads_eligible_roles() {
            return Ok(false);
        }
        self.has_assignment(
            "/roleManagement/directory/roleEligibilitySchedules",
            "RoleEligibilitySchedule.Read.Directory",
            id,
        )
        .await
    }

    async fn is_member_of_role_group(&self, id: &PersonId) -> Result<bool, GraphError> {
        let ids = [id.0.as_str()];
        let request = Request::get(
            "/users/{id}/transitiveMemberOf/microsoft.graph.group",
            &ids,
            READ_MEMBERSHIPS,
        )
        .query("$select", "id,isAssignableToRole")
        .advanced();
        self.has_role_group(&request).await
    }

    async fn is_owner_of_role_group(&self, id: &PersonId) -> Result<bool, GraphError> {
        let ids = [id.0.as_str()];
        let request = Request::get("/users/{id}/ownedObjects", &ids, READ_MEMBERSHIPS);
        self.has_role_group(&request).await
    }

    async fn has_role_group(&self, request: &Request<'_>) -> Result<bool, GraphError> {
        let groups: Vec<Group> = self.list(request).await?;
        Ok(groups
            .iter()
            .any(|group| group.is_assignable_to_role == Some(true)))
    }
}
