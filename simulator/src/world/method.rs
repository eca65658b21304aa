//! Authentication methods of a person, Temporary Access Passes aside.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::entropy;

/// A kind of method that v1.0 of the API knows (FACTS §5).
pub struct Kind {
    /// The name after `#microsoft.graph.`.
    pub name: &'static str,
    /// The collection under `/users/{id}/authentication/`.
    pub collection: &'static str,
    /// The middle of the least permission, `UserAuthMethod-{permission}.ReadWrite.All`.
    pub permission: &'static str,
    /// Whether it can be the default second factor: what `userPreferredMethodForSecondaryAuthentication` can name.
    pub second_factor: bool,
    /// How the registration report calls it.
    pub reported_as: &'static str,
}

/// Every v1.0 kind with a collection of its own, but for passwords and Temporary Access Passes.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "phoneAuthenticationMethod",
        collection: "phoneMethods",
        permission: "Phone",
        second_factor: true,
        reported_as: "mobilePhone",
    },
    Kind {
        name: "microsoftAuthenticatorAuthenticationMethod",
        collection: "microsoftAuthenticatorMethods",
        permission: "MicrosoftAuthApp",
        second_factor: true,
        reported_as: "microsoftAuthenticatorPush",
    },
    Kind {
        name: "softwareOathAuthenticationMethod",
        collection: "softwareOathMethods",
        permission: "SoftwareOATH",
        second_factor: true,
        reported_as: "softwareOneTimePasscode",
    },
    Kind {
        name: "fido2AuthenticationMethod",
        collection: "fido2Methods",
        permission: "Passkey",
        second_factor: false,
        reported_as: "passKeyDeviceBound",
    },
    Kind {
        name: "windowsHelloForBusinessAuthenticationMethod",
        collection: "windowsHelloForBusinessMethods",
        permission: "WindowsHello",
        second_factor: false,
        reported_as: "windowsHelloForBusiness",
    },
    Kind {
        name: "platformCredentialAuthenticationMethod",
        collection: "platformCredentialMethods",
        permission: "PlatformCred",
        second_factor: false,
        reported_as: "platformCredential",
    },
    Kind {
        name: "emailAuthenticationMethod",
        collection: "emailMethods",
        permission: "Email",
        second_factor: false,
        reported_as: "email",
    },
    Kind {
        name: "externalAuthenticationMethod",
        collection: "externalAuthenticationMethods",
        permission: "External",
        second_factor: true,
        reported_as: "externalAuthMethod",
    },
];

/// Ids that are the same for every user (FACTS §5).
pub mod well_known {
    pub const PASSWORD: &str = "28c10230-6103-485e-b985-444c60001490";
    pub const MOBILE: &str = "3179e48a-750b-4051-897c-87b9720928f7";
    pub const ALTERNATE_MOBILE: &str = "b6332ec1-7057-4abe-9331-3d72feddfe41";
    pub const OFFICE: &str = "e37fc753-ff3b-4958-9484-eaa9425c82bc";
    pub const EMAIL: &str = "3ddfcfc8-9383-446f-83cc-3ab9be4be18f";
}

/// One registered method.
#[derive(Clone)]
pub struct Method {
    /// The whole `@odata.type`, `#microsoft.graph.` included; need not be one that the API knows.
    pub odata_type: String,
    pub id: String,
    pub created: Option<Timestamp>,
    /// Whether this is the person's default second factor. Not readable through v1.0.
    pub is_default: bool,
    /// Own properties of the type.
    pub properties: Map<String, Value>,
    /// Set once deleted: lists go on showing the method until then.
    pub listed_until: Option<Timestamp>,
}

impl Method {
    /// A method of `name` (without the `#microsoft.graph.`) with its own `properties`, a JSON object.
    ///
    /// The id is the well-known one where the type has one, else drawn in the shape the real ones have.
    pub fn new(name: &str, created: Option<Timestamp>, properties: Value) -> Self {
        let Value::Object(properties) = properties else {
            panic!("the properties of a method are an object");
        };
        let fixed_id = match name {
            "passwordAuthenticationMethod" => Some(well_known::PASSWORD),
            "emailAuthenticationMethod" => Some(well_known::EMAIL),
            "phoneAuthenticationMethod" => properties
                .get("phoneType")
                .and_then(Value::as_str)
                .and_then(phone_id),
            _ => None,
        };
        Self {
            odata_type: format!("#microsoft.graph.{name}"),
            id: fixed_id.map_or_else(|| entropy::guid().to_string(), str::to_owned),
            created,
            is_default: false,
            properties,
            listed_until: None,
        }
    }

    pub fn password(created: Timestamp) -> Self {
        Self::new(
            "passwordAuthenticationMethod",
            Some(created),
            json!({"password": null}),
        )
    }

    /// The type's name without the namespace.
    pub fn name(&self) -> &str {
        self.odata_type
            .strip_prefix("#microsoft.graph.")
            .unwrap_or(&self.odata_type)
    }

    /// `None` for a password and for types that this API version does not know.
    pub fn kind(&self) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.name == self.name())
    }

    pub fn exists(&self) -> bool {
        self.listed_until.is_none()
    }

    pub fn is_listed(&self, now: jiff::Timestamp) -> bool {
        self.listed_until.is_none_or(|until| now < until)
    }

    pub fn text(&self, property: &str) -> Option<&str> {
        self.properties.get(property).and_then(Value::as_str)
    }

    /// The method as Graph shows it.
    pub fn to_value(&self) -> Value {
        let mut value = self.properties.clone();
        value.insert("@odata.type".to_owned(), json!(self.odata_type));
        value.insert("id".to_owned(), json!(self.id));
        value.insert("createdDateTime".to_owned(), json!(self.created));
        Value::Object(value)
    }

    /// What a person would call it, for the pages.
    pub fn label(&self) -> String {
        let own_name = ["displayName", "phoneNumber", "emailAddress"]
            .iter()
            .find_map(|property| self.text(property))
            .unwrap_or_default();
        let kind = match self.name() {
            "passwordAuthenticationMethod" => "Password",
            "phoneAuthenticationMethod" => "Phone",
            "microsoftAuthenticatorAuthenticationMethod" => "Microsoft Authenticator",
            "softwareOathAuthenticationMethod" => "Authenticator app or token",
            "fido2AuthenticationMethod" => "Passkey",
            "windowsHelloForBusinessAuthenticationMethod" => "Windows Hello for Business",
            "platformCredentialAuthenticationMethod" => "Platform credential",
            "emailAuthenticationMethod" => "Email",
            "externalAuthenticationMethod" => "External method",
            other => other,
        };
        if own_name.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}: {own_name}")
        }
    }
}

/// The kind whose collection is `collection`.
pub fn kind_of(collection: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.collection.eq_ignore_ascii_case(collection))
}

/// The well-known id of a phone method, by phone type.
pub fn phone_id(phone_type: &str) -> Option<&'static str> {
    match phone_type {
        "mobile" => Some(well_known::MOBILE),
        "alternateMobile" => Some(well_known::ALTERNATE_MOBILE),
        "office" => Some(well_known::OFFICE),
        _ => None,
    }
}
