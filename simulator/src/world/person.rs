//! People of the directory.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{MailboxSettings, Method, Pass, RoleGrant};

/// One person with everything that hangs on them.
#[derive(Clone)]
pub struct Person {
    pub profile: Profile,
    /// A short tag for testers and for the pages ("employee", "guest", "pim-eligible", …).
    pub kind: &'static str,
    pub manager: Option<Uuid>,
    /// All methods but Temporary Access Passes, in the order of registration.
    pub methods: Vec<Method>,
    /// Every pass ever issued, oldest first; at most one still exists.
    pub passes: Vec<Pass>,
    pub roles: Vec<RoleGrant>,
    /// Roles the person may activate (Privileged Identity Management), by template id.
    pub eligible_roles: Vec<Uuid>,
    /// App roles on the sign-in app, the `roles` claim of an id token.
    pub app_roles: Vec<String>,
    /// None for whoever has no mailbox in the tenant.
    pub mailbox_settings: Option<MailboxSettings>,
}

impl Person {
    /// A guest of another directory: `externalUserState` is set or the name carries `#EXT#` (FACTS §3).
    pub fn is_external_guest(&self) -> bool {
        self.profile.external_user_state.is_some()
            || self.profile.user_principal_name.contains("#EXT#")
    }

    pub fn is_management_restricted(&self) -> bool {
        self.profile.is_management_restricted == Some(true)
    }

    /// The one pass that still exists, usable or not.
    pub fn pass(&self) -> Option<&Pass> {
        self.passes.iter().rfind(|pass| pass.exists())
    }

    /// The pass as it was at that moment.
    pub fn pass_at(&self, then: Timestamp) -> Option<&Pass> {
        self.passes
            .iter()
            .rfind(|pass| pass.created <= then && pass.removed.is_none_or(|removed| then < removed))
    }

    /// The name of a directory object, as `GET /users/{id}/manager` and role lists carry it.
    pub fn as_directory_object(&self) -> Value {
        let mut value = self.profile.to_value();
        value["@odata.type"] = json!("#microsoft.graph.user");
        value
    }
}

/// Directory properties in Graph's own names.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub id: Uuid,
    pub display_name: String,
    pub given_name: Option<String>,
    pub surname: Option<String>,
    pub user_principal_name: String,
    pub mail: Option<String>,
    pub other_mails: Vec<String>,
    pub mobile_phone: Option<String>,
    pub business_phones: Vec<String>,
    pub employee_id: Option<String>,
    pub employee_type: Option<String>,
    pub employee_hire_date: Option<Timestamp>,
    pub account_enabled: bool,
    pub user_type: String,
    pub external_user_state: Option<String>,
    /// `null`, never `false`, for people who live in the cloud alone.
    pub on_premises_sync_enabled: Option<bool>,
    pub on_premises_immutable_id: Option<String>,
    pub department: Option<String>,
    pub job_title: Option<String>,
    pub company_name: Option<String>,
    pub office_location: Option<String>,
    pub preferred_language: Option<String>,
    pub usage_location: Option<String>,
    pub is_management_restricted: Option<bool>,
    pub sign_in_sessions_valid_from_date_time: Timestamp,
    pub created_date_time: Timestamp,
}

impl Profile {
    /// What `GET /users` returns when nothing is selected (FACTS §3).
    pub const DEFAULT_PROPERTIES: &[&str] = &[
        "businessPhones",
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
    ];

    /// All properties as JSON, nulls included.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("a profile has only string keys")
    }
}
