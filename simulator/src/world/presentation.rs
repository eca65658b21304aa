//! Presentations of Verified IDs: what was asked for, and what a person shows from their wallet (FACTS §20).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Person, Settings};

/// How long a wallet can open a request. The real service answers with its own `expiry`; its length is not documented.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// A presentation that somebody asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Presentation {
    /// The service's `requestId`.
    pub id: Uuid,
    /// What wallets open: `openid-vc://?request_uri=…`.
    pub url: String,
    pub request_uri: String,
    pub client_name: String,
    pub purpose: Option<String>,
    pub credential_type: String,
    pub accepted_issuers: Vec<String>,
    /// The confidence that Face Check must reach; none when no face is checked.
    pub threshold: Option<u8>,
    pub callback: Callback,
    pub expires: Timestamp,
    /// Whether a wallet has opened it.
    pub retrieved: bool,
    /// Whether the wallet's answer was passed on.
    pub finished: bool,
}

/// Where events go, and what they carry.
#[derive(Clone, Debug, Serialize)]
pub struct Callback {
    pub url: String,
    pub state: String,
    pub headers: BTreeMap<String, String>,
}

/// What a person shows.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shown {
    /// Whose Verified ID it is: object id or user principal name.
    pub person: String,
    #[serde(default)]
    pub credential: Credential,
    /// What Face Check says about the face before the camera; null leaves the check out.
    #[serde(default = "own_face")]
    pub face: Option<f64>,
    /// Passes on as verified what a service that looks at nothing would.
    #[serde(default)]
    pub unchecked: bool,
}

/// The confidence for somebody's own face.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the default of a field that can be null"
)]
const fn own_face() -> Option<f64> {
    Some(86.314_159)
}

/// What is wrong with the Verified ID, if anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    #[default]
    Genuine,
    OtherIssuer,
    OtherType,
    Revoked,
    Expired,
}

impl Presentation {
    /// Whether a wallet may still open it, or answer.
    pub fn is_open(&self, now: Timestamp) -> bool {
        !self.finished && now < self.expires
    }

    /// `request_retrieved`: a wallet has opened it.
    pub fn retrieved(&self) -> Value {
        self.event("request_retrieved")
    }

    /// `presentation_error` in these words.
    pub fn error(&self, code: &str, message: &str) -> Value {
        let mut event = self.event("presentation_error");
        event["error"] = json!({"code": code, "message": message});
        event
    }

    /// The event that what a person shows leads to.
    pub fn outcome(
        &self,
        person: &Person,
        shown: &Shown,
        settings: &Settings,
        now: Timestamp,
    ) -> Value {
        match self.refusal(shown) {
            Some((code, message)) if !shown.unchecked => self.error(code, message),
            _ => self.verified(person, shown, settings, now),
        }
    }

    /// Only the words about Face Check are documented.
    fn refusal(&self, shown: &Shown) -> Option<(&'static str, &'static str)> {
        let credential = match shown.credential {
            Credential::Genuine => None,
            Credential::OtherIssuer | Credential::OtherType => {
                Some("No credential of the requested type and issuer was presented.")
            }
            Credential::Revoked => Some("The presented credential is revoked."),
            Credential::Expired => Some("The presented credential has expired."),
        };
        if let Some(message) = credential {
            return Some(("tokenError", message));
        }
        let threshold = f64::from(self.threshold?);
        match shown.face {
            Some(score) if score >= threshold => None,
            Some(_) => Some((
                "claimValidationError",
                "Match confidence score failing to meet the threshold.",
            )),
            None => Some(("claimValidationError", "Face Check was not completed.")),
        }
    }

    fn verified(
        &self,
        person: &Person,
        shown: &Shown,
        settings: &Settings,
        now: Timestamp,
    ) -> Value {
        let day = SignedDuration::from_hours(24);
        let (issuance, expiration) = match shown.credential {
            Credential::Expired => (now - day * 200, now - day * 20),
            _ => (now - day * 20, now + day * 160),
        };
        let issuer = match shown.credential {
            Credential::OtherIssuer => "did:web:verifiedid.fabrikam.example",
            _ => settings.did.as_str(),
        };
        let kind = match shown.credential {
            Credential::OtherType => "VerifiedStudent",
            _ => self.credential_type.as_str(),
        };
        let status = match shown.credential {
            Credential::Revoked => "REVOKED",
            _ => "VALID",
        };
        let mut credential = json!({
            "issuer": issuer,
            "type": ["VerifiableCredential", kind],
            "claims": claims(person),
            "credentialState": {"revocationStatus": status},
            "domainValidation": {"url": format!("https://{}/", settings.domain)},
            "issuanceDate": second(issuance),
            "expirationDate": second(expiration),
        });
        if let (Some(_), Some(score)) = (self.threshold, shown.face) {
            credential["faceCheck"] =
                json!({"matchConfidenceScore": score, "sourcePhotoQuality": "HIGH"});
        }
        let mut event = self.event("presentation_verified");
        event["subject"] = json!(format!("did:ion:{}", person.profile.id.simple()));
        event["verifiedCredentialsData"] = json!([credential]);
        event
    }

    fn event(&self, status: &str) -> Value {
        json!({
            "requestId": self.id,
            "requestStatus": status,
            "state": self.callback.state,
        })
    }
}

/// The claims of a `VerifiedEmployee`, which come from the directory; those without a value are left out. The user
/// principal name is in `revocationId`.
fn claims(person: &Person) -> Value {
    let profile = &person.profile;
    let claims = [
        ("revocationId", Some(&profile.user_principal_name)),
        ("displayName", Some(&profile.display_name)),
        ("givenName", profile.given_name.as_ref()),
        ("surname", profile.surname.as_ref()),
        ("jobTitle", profile.job_title.as_ref()),
        ("preferredLanguage", profile.preferred_language.as_ref()),
        ("mail", profile.mail.as_ref()),
    ];
    claims
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// To the second, as the service writes dates.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
