//! What Graph sends, as far as it is read. Unknown fields are ignored, and nearly everything may be
//! null.

use domain::{Method, MethodKind, MethodRef, Person, PersonId, UserKind};
use secrecy::SecretString;
use serde::Deserialize;

use crate::words::readable;

/// Properties of a user that [`User`] needs; the default set lacks some.
pub(super) const USER_PROPERTIES: &str = "id,displayName,givenName,userPrincipalName,mail,otherMails,\
     accountEnabled,userType,externalUserState,jobTitle,department,usageLocation";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "Graph's names")]
pub(super) struct User {
    id: String,
    display_name: Option<String>,
    given_name: Option<String>,
    user_principal_name: String,
    mail: Option<String>,
    other_mails: Option<Vec<String>>,
    account_enabled: Option<bool>,
    user_type: Option<String>,
    external_user_state: Option<String>,
    job_title: Option<String>,
    department: Option<String>,
    usage_location: Option<String>,
}

impl From<User> for Person {
    fn from(user: User) -> Self {
        let kind = user.kind();
        let position: Vec<String> = [user.job_title, user.department]
            .into_iter()
            .filter_map(shown)
            .collect();
        Self {
            id: PersonId(user.id),
            display_name: shown(user.display_name)
                .unwrap_or_else(|| user.user_principal_name.clone()),
            given_name: shown(user.given_name),
            user_principal_name: user.user_principal_name,
            mail: user.mail.filter(filled),
            other_mails: user.other_mails.unwrap_or_default(),
            position: (!position.is_empty()).then(|| position.join(", ")),
            country: user.usage_location.filter(is_country),
            enabled: user.account_enabled == Some(true),
            kind,
        }
    }
}

impl User {
    /// A member only when everything says so: guests cannot be recovered here.
    fn kind(&self) -> UserKind {
        let member = self
            .user_type
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("member"));
        let external = self.external_user_state.is_some()
            || self
                .user_principal_name
                .to_ascii_uppercase()
                .contains("#EXT#");
        if member && !external {
            UserKind::Member
        } else {
            UserKind::Guest
        }
    }
}

#[expect(
    clippy::ptr_arg,
    reason = "a filter over `Option<String>` and `String` items"
)]
fn filled(text: &String) -> bool {
    !text.trim().is_empty()
}

/// Two letters (ISO 3166-1); the directory may hold other texts from elsewhere.
#[expect(clippy::ptr_arg, reason = "a filter over `Option<String>`")]
fn is_country(text: &String) -> bool {
    text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// What the directory says for people to read, if it says anything.
fn shown(text: Option<String>) -> Option<String> {
    text.map(|text| readable(&text)).filter(filled)
}

/// A directory object that may be something else than a user, e.g. a contact as a manager.
#[derive(Debug, Deserialize)]
pub(super) struct DirectoryObject {
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
    id: String,
}

impl DirectoryObject {
    /// The object id, if it is a person.
    pub fn into_person(self) -> Option<PersonId> {
        let kind = self.kind.as_deref();
        kind.is_none_or(|kind| kind == "#microsoft.graph.user")
            .then_some(PersonId(self.id))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Organization {
    #[serde(default)]
    pub verified_domains: Vec<VerifiedDomain>,
}

#[derive(Debug, Deserialize)]
pub(super) struct VerifiedDomain {
    pub name: String,
}

/// One authentication method of any type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthenticationMethod {
    #[serde(rename = "@odata.type")]
    kind: String,
    id: String,
    display_name: Option<String>,
    phone_type: Option<String>,
    pub email_address: Option<String>,
}

impl AuthenticationMethod {
    fn kind(&self) -> MethodKind {
        let unknown = || MethodKind::Unknown(self.kind.clone());
        match self
            .kind
            .strip_prefix("#microsoft.graph.")
            .unwrap_or(&self.kind)
        {
            "passwordAuthenticationMethod" => MethodKind::Password,
            "phoneAuthenticationMethod" => match self.phone_type.as_deref() {
                Some("mobile") => MethodKind::MobilePhone,
                Some("alternateMobile") => MethodKind::AlternateMobilePhone,
                Some("office") => MethodKind::OfficePhone,
                _ => unknown(),
            },
            "microsoftAuthenticatorAuthenticationMethod" => MethodKind::Authenticator,
            "softwareOathAuthenticationMethod" => MethodKind::SoftwareOath,
            "fido2AuthenticationMethod" => MethodKind::Fido2,
            "windowsHelloForBusinessAuthenticationMethod" => MethodKind::WindowsHello,
            "platformCredentialAuthenticationMethod" => MethodKind::PlatformCredential,
            "emailAuthenticationMethod" => MethodKind::Email,
            "externalAuthenticationMethod" => MethodKind::External,
            "temporaryAccessPassAuthenticationMethod" => MethodKind::TemporaryAccessPass,
            _ => unknown(),
        }
    }
}

impl From<AuthenticationMethod> for Method {
    fn from(wire: AuthenticationMethod) -> Self {
        let kind = wire.kind();
        // Only where the name is one of a device, a key or a service: never a number or an address.
        let named = matches!(
            kind,
            MethodKind::Authenticator
                | MethodKind::Fido2
                | MethodKind::WindowsHello
                | MethodKind::PlatformCredential
                | MethodKind::External
        );
        let name = shown(wire.display_name).filter(|_| named);
        Self {
            method: MethodRef { kind, id: wire.id },
            name,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemporaryAccessPass {
    pub id: String,
    /// In the answer to its creation only.
    #[serde(rename = "temporaryAccessPass")]
    pub value: Option<SecretString>,
    pub start_date_time: Option<String>,
    pub created_date_time: Option<String>,
    pub lifetime_in_minutes: u32,
    pub is_usable: Option<bool>,
    pub is_usable_once: Option<bool>,
    pub method_usability_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PassConfiguration {
    pub state: String,
    pub minimum_lifetime_in_minutes: u32,
    pub maximum_lifetime_in_minutes: u32,
    pub include_targets: Vec<Target>,
    #[serde(default)]
    pub exclude_targets: Vec<Target>,
}

/// Whom a policy is for: a group, or everybody as `all_users`.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    pub id: String,
}
