//! How the tenant and its app registration are set up.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::{Uuid, uuid};

use crate::company::DOMAIN;

/// Application permissions that an account-recovery app needs (FACTS §21), granted from the start.
const GRANTED: &[&str] = &[
    "User.Read.All",
    "RoleManagement.Read.Directory",
    "RoleEligibilitySchedule.Read.Directory",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "UserAuthenticationMethod.Read.All",
    "UserAuthMethod-TAP.ReadWrite.All",
    "UserAuthMethod-MicrosoftAuthApp.ReadWrite.All",
    "UserAuthMethod-SoftwareOATH.ReadWrite.All",
    "UserAuthMethod-Passkey.ReadWrite.All",
    "UserAuthMethod-WindowsHello.ReadWrite.All",
    "UserAuthMethod-PlatformCred.ReadWrite.All",
    "UserAuthMethod-Phone.ReadWrite.All",
    "UserAuthMethod-Email.ReadWrite.All",
    "UserAuthMethod-External.ReadWrite.All",
    "User.RevokeSessions.All",
    "Policy.Read.AuthenticationMethod",
    "Policy.Read.All",
    "AuditLog.Read.All",
    "LicenseAssignment.Read.All",
    "Organization.Read.All",
    "MailboxSettings.Read",
    "VerifiableCredential.Create.PresentRequest",
];

/// The tenant, its app registrations and its switchable behaviour.
pub struct Settings {
    /// Where the simulator is reached, without a trailing slash.
    pub base_url: String,
    pub tenant_id: Uuid,
    /// The app with the application permissions, which people also sign in to.
    pub app: Registration,
    /// The app that people sign in to with their password alone.
    pub password_app: Registration,
    /// The object id of the service principal of `app`, as it shows in audit rows.
    pub service_principal_id: Uuid,
    pub domain: String,
    pub organization: String,
    /// What `app` was granted; the other was granted nothing.
    pub app_roles: BTreeSet<String>,
    pub default_method_wording: DefaultMethodWording,
    /// The status of a successful `revokeSignInSessions`: 200 with a boolean, or the older documentation's 204.
    pub revoke_answers: u16,
    /// Whether the tenant holds Entra ID P1 and P2.
    pub premium: bool,
    /// Fixed lifetime of access tokens; `None` draws one of 60–90 minutes each time, as Entra does.
    pub token_lifetime_seconds: Option<i64>,
    /// Whether the reporting APIs answer 429 after five requests in ten seconds (FACTS §13).
    pub report_throttle: bool,
    /// Items per page of a collection at most, whatever is asked for: Graph may give fewer than `$top` says.
    pub longest_page: usize,
    /// The tenant's decentralized identifier: authority and issuer of its Verified IDs.
    pub did: String,
    /// Whether Face Check is paid for.
    pub face_check_billing: bool,
    /// Where callbacks of Verified ID go in place of the origin that they were asked for, as through a tunnel to a
    /// server that its own address does not lead to from here.
    pub callback_origin: Option<String>,
    pub id_token: Forgery,
}

impl Settings {
    pub fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            tenant_id: uuid!("3f0c7a52-8a0e-4d0b-9d53-6b1f2c9e7a10"),
            app: Registration {
                client_id: uuid!("b7d1f0c4-51e2-4a63-8f4a-0d9c2e6b5a37"),
                client_secret: "Sim8Q~not-a-secret.for-local-use-only+/=".to_owned(),
                redirect_uris: vec!["http://localhost:3000/sign-in/callback".to_owned()],
                certificate: None,
            },
            password_app: Registration {
                client_id: uuid!("2d6a9e83-0f47-4c1b-b5e8-71c4a3d09f62"),
                client_secret: "Pwd8Q~not-a-secret.for-local-use-only+/=".to_owned(),
                redirect_uris: vec!["http://localhost:3000/prove/password/callback".to_owned()],
                certificate: None,
            },
            service_principal_id: uuid!("5c2e9f18-7d34-4b0a-a6c1-93e0b7f4d825"),
            domain: DOMAIN.to_owned(),
            organization: "Harbour & Finch".to_owned(),
            app_roles: GRANTED.iter().copied().map(str::to_owned).collect(),
            default_method_wording: DefaultMethodWording::Configured,
            revoke_answers: 200,
            premium: true,
            token_lifetime_seconds: None,
            report_throttle: true,
            longest_page: usize::MAX,
            did: format!("did:web:verifiedid.{DOMAIN}"),
            face_check_billing: true,
            callback_origin: None,
            id_token: Forgery::default(),
        }
    }

    /// The app registration with this client id, in either case.
    pub fn registration(&self, client_id: &str) -> Option<&Registration> {
        let mut known = [&self.app, &self.password_app].into_iter();
        known.find(|app| app.client_id.to_string().eq_ignore_ascii_case(client_id))
    }

    pub fn issuer(&self) -> String {
        format!("{}/{}/v2.0", self.base_url, self.tenant_id)
    }

    pub fn token_url(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.base_url, self.tenant_id)
    }

    pub fn authorize_url(&self) -> String {
        format!("{}/{}/oauth2/v2.0/authorize", self.base_url, self.tenant_id)
    }

    pub fn graph_url(&self) -> String {
        format!("{}/v1.0", self.base_url)
    }
}

/// An app registration.
pub struct Registration {
    pub client_id: Uuid,
    pub client_secret: String,
    /// Where answers to its sign-ins may go.
    pub redirect_uris: Vec<String>,
    pub certificate: Option<Certificate>,
}

/// How id tokens differ from what they should be, for tests of those who read them.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Forgery {
    /// Claims in the place of the right ones; `null` takes one away.
    pub claims: Map<String, Value>,
    pub signature: Signature,
}

/// Who signs id tokens.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    #[default]
    Genuine,
    /// Another key, under the name of the published one.
    ForeignKey,
    /// Another key, under a name that is not published.
    UnknownKey,
    /// Nobody: the algorithm `none`.
    None,
}

impl Forgery {
    /// Changes the right claims.
    pub fn apply(&self, claims: &mut Map<String, Value>) {
        for (name, value) in &self.claims {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Which of the two seen wordings refuses to delete a default method (FACTS §6).
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefaultMethodWording {
    Configured,
    Matches,
}

/// A certificate registered as the app's credential.
#[derive(Clone)]
pub struct Certificate {
    /// Base64url of the SHA-256 of the DER form: the `x5t#S256` of an assertion.
    pub thumbprint: String,
    pub key: DecodingKey,
}

impl Certificate {
    /// Reads an RSA certificate from PEM.
    ///
    /// # Errors
    /// When the text is not a PEM certificate with an RSA key.
    pub fn from_pem(pem: &str) -> anyhow::Result<Self> {
        let begin = pem
            .find("-----BEGIN CERTIFICATE-----")
            .context("no BEGIN CERTIFICATE line")?;
        let body: String = pem[begin..]
            .lines()
            .skip(1)
            .take_while(|line| !line.starts_with("-----"))
            .map(str::trim)
            .collect();
        let der = STANDARD
            .decode(body)
            .context("the certificate is not base64")?;
        ensure!(!der.is_empty(), "the certificate is empty");
        Ok(Self {
            thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(&der)),
            key: DecodingKey::from_rsa_pem(pem[begin..].trim().as_bytes())
                .context("not a certificate with an RSA key")?,
        })
    }
}
