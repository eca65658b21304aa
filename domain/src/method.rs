//! Authentication methods.

use serde::{Deserialize, Serialize};

/// Kind of an authentication method: the v1.0 types of Microsoft Graph, and anything else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodKind {
    /// The password; it is never removed.
    Password,
    /// A phone number, by its place.
    MobilePhone,
    /// A second mobile number; goes before the first.
    AlternateMobilePhone,
    /// A desk phone.
    OfficePhone,
    /// Microsoft Authenticator.
    Authenticator,
    /// A time-based code from an app.
    SoftwareOath,
    /// A passkey or security key.
    Fido2,
    /// Windows Hello for Business.
    WindowsHello,
    /// A platform credential (macOS).
    PlatformCredential,
    /// An address for self-service password reset; never a second factor.
    Email,
    /// An external authentication method.
    External,
    /// A Temporary Access Pass.
    TemporaryAccessPass,
    /// A type that this version does not know, by its `@odata.type`. It is shown and never claimed
    /// to be removed.
    Unknown(String),
}

impl MethodKind {
    /// Whether registering this method ends a recovery: it can answer a multi-factor prompt.
    pub const fn is_strong(&self) -> bool {
        matches!(
            self,
            Self::MobilePhone
                | Self::AlternateMobilePhone
                | Self::OfficePhone
                | Self::Authenticator
                | Self::SoftwareOath
                | Self::Fido2
                | Self::WindowsHello
                | Self::PlatformCredential
                | Self::External
        )
    }

    /// Whether this kind goes under [`Removal`](crate::Removal) `portal`: what Entra's "Require
    /// re-register MFA" removes.
    pub const fn goes_with_re_registration(&self) -> bool {
        matches!(
            self,
            Self::MobilePhone
                | Self::AlternateMobilePhone
                | Self::OfficePhone
                | Self::Authenticator
                | Self::SoftwareOath
        )
    }

    /// What people call it.
    pub fn label(&self) -> &str {
        match self {
            Self::Password => "Password",
            Self::MobilePhone => "Mobile phone",
            Self::AlternateMobilePhone => "Alternate mobile phone",
            Self::OfficePhone => "Office phone",
            Self::Authenticator => "Microsoft Authenticator",
            Self::SoftwareOath => "Authenticator app code",
            Self::Fido2 => "Passkey or security key",
            Self::WindowsHello => "Windows Hello for Business",
            Self::PlatformCredential => "Platform credential",
            Self::Email => "Email address for password reset",
            Self::External => "External method",
            Self::TemporaryAccessPass => "Temporary Access Pass",
            Self::Unknown(_) => "A method of an unknown type",
        }
    }
}

/// A method's identity within one person. Graph's ids alone are not unique: the well-known ones are
/// the same for every user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MethodRef {
    /// Its kind.
    pub kind: MethodKind,
    /// Its id within the kind.
    pub id: String,
}

/// A method with the name that people know it by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// Its identity.
    #[serde(flatten)]
    pub method: MethodRef,
    /// The device's or key's name, where there is one. Never a phone number.
    pub name: Option<String>,
}

impl Method {
    /// Kind and name, e.g. `Microsoft Authenticator (Pixel 10)`.
    pub fn describe(&self) -> String {
        let label = self.method.kind.label();
        match &self.name {
            Some(name) => format!("{label} ({name})"),
            None => label.to_owned(),
        }
    }
}

/// What became of one method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalOutcome {
    /// Deleted by us.
    Removed,
    /// It was gone already, which is what was wanted.
    AlreadyGone,
    /// Microsoft refused.
    Refused,
    /// Of a type that cannot be removed by any call we know.
    NotRemovable,
}

/// One method and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodRemoval {
    /// The method.
    #[serde(flatten)]
    pub method: Method,
    /// The outcome.
    pub outcome: RemovalOutcome,
}
