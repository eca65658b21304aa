//! What must hold of a Verified ID, and whether it does.
//!
//! The Request Service has checked signatures, revocation, the issuer's domain and the face by itself. Its message is
//! checked again nevertheless: a passed proof rests on nothing that we have not seen.

use std::time::Duration;

use domain::{Person, PresentationFault, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::store::Presentation;

/// How long after its link ran out a presentation may still be finished: a face is checked and shared within a
/// minute, once the wallet has opened the link.
const TIME_TO_FINISH: Duration = Duration::from_mins(5);

/// What must hold of a Verified ID.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Decentralized identifier of the one who asks: the tenant.
    pub authority: String,
    /// Decentralized identifiers of those whose Verified IDs are believed; never empty, since the service takes an
    /// empty list for everybody.
    pub accepted_issuers: Vec<String>,
    /// Type of the credential.
    pub credential_type: String,
    /// How alike the face must be at least, in per cent.
    pub face_check_threshold: u8,
    /// What names the employee.
    pub employee_claim: EmployeeClaim,
}

/// A claim that names the employee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmployeeClaim {
    /// `revocationId`, which holds the user principal name in a `VerifiedEmployee`.
    UserPrincipalName,
    /// `mail`, the work address.
    Mail,
    /// `oid`, the object id, in credentials of one's own making.
    ObjectId,
}

impl EmployeeClaim {
    /// Its name in the credential.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserPrincipalName => "revocationId",
            Self::Mail => "mail",
            Self::ObjectId => "oid",
        }
    }

    /// What it is for this person, if they have it.
    fn of(self, person: &Person) -> Option<&str> {
        match self {
            Self::UserPrincipalName => Some(&person.user_principal_name),
            Self::Mail => person.mail.as_deref(),
            Self::ObjectId => Some(&person.id.0),
        }
    }
}

/// A message of the Request Service about a presentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Which presentation it is about.
    pub request_id: String,
    /// What happened.
    pub request_status: Status,
    /// What the service was given to send back.
    pub state: String,
    #[serde(default)]
    verified_credentials_data: Vec<Credential>,
}

/// What happened to a presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A wallet has opened it.
    RequestRetrieved,
    /// Something was presented that the service found good.
    PresentationVerified,
    /// Nothing good was presented.
    PresentationError,
    /// What Microsoft may add.
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    issuer: String,
    #[serde(rename = "type")]
    types: Vec<String>,
    claims: Map<String, Value>,
    #[serde(rename = "credentialState")]
    state: Option<CredentialState>,
    expiration_date: Option<String>,
    face_check: Option<FaceCheck>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialState {
    revocation_status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FaceCheck {
    match_confidence_score: f64,
}

impl Message {
    /// Whether the message is about `presentation`, as far as the service was told of it.
    pub fn is_about(&self, presentation: &Presentation) -> bool {
        let state = crate::secret::Bearer::parse(&self.state);
        state.is_some_and(|state| presentation.is_answered_by(state.hash()))
            && self.request_id == presentation.service_request
    }

    /// How alike the face was, in whole per cent, if what was presented holds and belongs to `subject`.
    pub fn judge(
        &self,
        terms: &Terms,
        subject: Option<&Person>,
        now: Timestamp,
    ) -> Result<u8, PresentationFault> {
        if self.request_status != Status::PresentationVerified {
            return Err(PresentationFault::NotPresented);
        }
        let [credential] = &self.verified_credentials_data[..] else {
            return Err(PresentationFault::NotWhatWasAsked);
        };
        if !terms.accepted_issuers.contains(&credential.issuer) {
            return Err(PresentationFault::OtherIssuer);
        }
        if !credential.types.contains(&terms.credential_type) {
            return Err(PresentationFault::OtherType);
        }
        if !credential.is_valid() {
            return Err(PresentationFault::Revoked);
        }
        if !credential.lasts_beyond(now) {
            return Err(PresentationFault::CredentialExpired);
        }
        let score = credential
            .face_check
            .as_ref()
            .map(|check| check.match_confidence_score)
            .ok_or(PresentationFault::FaceNotChecked)?;
        // No comparison holds for what is no number.
        let alike = (f64::from(terms.face_check_threshold)..=100.0).contains(&score);
        if !alike {
            return Err(PresentationFault::FaceTooUnlike);
        }
        let belongs = subject.is_some_and(|person| credential.names(terms.employee_claim, person));
        if !belongs {
            return Err(PresentationFault::OtherPerson);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the score is between the threshold and 100"
        )]
        Ok(score as u8)
    }
}

impl Credential {
    fn is_valid(&self) -> bool {
        self.state
            .as_ref()
            .is_some_and(|state| state.revocation_status.eq_ignore_ascii_case("VALID"))
    }

    fn lasts_beyond(&self, now: Timestamp) -> bool {
        self.expiration_date
            .as_ref()
            .and_then(|date| date.parse::<jiff::Timestamp>().ok())
            .is_some_and(|date| now.millis() < date.as_millisecond())
    }

    /// Whether the claim says, to the letter, what the directory says of `person`. Only ASCII letters are alike in
    /// both cases: what else may look alike is somebody else's name.
    fn names(&self, claim: EmployeeClaim, person: &Person) -> bool {
        let said = self.claims.get(claim.name()).and_then(Value::as_str);
        said.zip(claim.of(person))
            .is_some_and(|(said, known)| !known.is_empty() && said.eq_ignore_ascii_case(known))
    }
}

/// Whether a presentation can still be finished at `now`.
pub fn is_in_time(presentation: &Presentation, now: Timestamp) -> bool {
    now < presentation.expires_at + TIME_TO_FINISH
}

#[cfg(test)]
mod tests {
    use domain::{PersonId, UserKind};
    use serde_json::json;

    use super::*;

    /// 2026-11-22T12:00:00Z
    const NOW: Timestamp = Timestamp::from_millis(1_795_348_800_000);
    const ISSUER: &str = "did:web:verifiedid.contoso.example";

    fn terms() -> Terms {
        Terms {
            authority: ISSUER.to_owned(),
            accepted_issuers: vec!["did:web:other.example".to_owned(), ISSUER.to_owned()],
            credential_type: "VerifiedEmployee".to_owned(),
            face_check_threshold: 70,
            employee_claim: EmployeeClaim::UserPrincipalName,
        }
    }

    fn ada() -> Person {
        Person {
            id: PersonId("5d1c1f9c-0000-4000-8000-00000000000a".to_owned()),
            display_name: "Ada Keller".to_owned(),
            given_name: None,
            user_principal_name: "ada.keller@contoso.example".to_owned(),
            mail: None,
            other_mails: Vec::new(),
            position: None,
            country: None,
            enabled: true,
            kind: UserKind::Member,
        }
    }

    /// A message about a Verified ID of Ada's, changed in one place.
    fn message(place: &str, value: Value) -> Message {
        let mut message = json!({
            "requestId": "r",
            "requestStatus": "presentation_verified",
            "state": "s",
            "subject": "did:ion:x",
            "verifiedCredentialsData": [{
                "issuer": ISSUER,
                "type": ["VerifiableCredential", "VerifiedEmployee"],
                "claims": {"revocationId": "Ada.Keller@contoso.example", "photo": "…"},
                "credentialState": {"revocationStatus": "VALID"},
                "domainValidation": {"url": "https://contoso.example/"},
                "issuanceDate": "2026-01-01T00:00:00Z",
                "expirationDate": "2026-11-22T12:00:01Z",
                "faceCheck": {"matchConfidenceScore": 86.9, "sourcePhotoQuality": "HIGH"},
            }],
        });
        if !place.is_empty() {
            *message.pointer_mut(place).unwrap() = value;
        }
        serde_json::from_value(message).unwrap()
    }

    fn judged(message: &Message) -> Result<u8, PresentationFault> {
        message.judge(&terms(), Some(&ada()), NOW)
    }

    #[test]
    fn ones_own_verified_id_with_ones_own_face_holds() {
        assert_eq!(judged(&message("", Value::Null)), Ok(86));
        let score = "/verifiedCredentialsData/0/faceCheck/matchConfidenceScore";
        assert_eq!(judged(&message(score, json!(70))), Ok(70));
        assert_eq!(judged(&message(score, json!(100.0))), Ok(100));
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table with one entry per fault")]
    fn whatever_does_not_hold_is_refused_with_its_reason() {
        use PresentationFault as Fault;
        let credential = |name: &str| format!("/verifiedCredentialsData/0{name}");
        let cases = [
            (
                "/requestStatus".to_owned(),
                json!("presentation_error"),
                Fault::NotPresented,
            ),
            (
                "/requestStatus".to_owned(),
                json!("presentation_shiny"),
                Fault::NotPresented,
            ),
            (
                "/verifiedCredentialsData".to_owned(),
                json!([]),
                Fault::NotWhatWasAsked,
            ),
            (
                credential("/issuer"),
                json!("did:web:verifiedid.contoso.example.evil"),
                Fault::OtherIssuer,
            ),
            (
                credential("/issuer"),
                json!(ISSUER.to_uppercase()),
                Fault::OtherIssuer,
            ),
            (
                credential("/type"),
                json!(["VerifiableCredential"]),
                Fault::OtherType,
            ),
            (credential("/type"), json!([]), Fault::OtherType),
            (credential("/credentialState"), Value::Null, Fault::Revoked),
            (
                credential("/credentialState/revocationStatus"),
                json!("REVOKED"),
                Fault::Revoked,
            ),
            (
                credential("/credentialState/revocationStatus"),
                json!(""),
                Fault::Revoked,
            ),
            (
                credential("/expirationDate"),
                json!("2026-11-22T12:00:00Z"),
                Fault::CredentialExpired,
            ),
            (
                credential("/expirationDate"),
                json!("never"),
                Fault::CredentialExpired,
            ),
            (
                credential("/expirationDate"),
                Value::Null,
                Fault::CredentialExpired,
            ),
            (credential("/faceCheck"), Value::Null, Fault::FaceNotChecked),
            (
                credential("/faceCheck/matchConfidenceScore"),
                json!(69.999),
                Fault::FaceTooUnlike,
            ),
            (
                credential("/faceCheck/matchConfidenceScore"),
                json!(100.5),
                Fault::FaceTooUnlike,
            ),
            (
                credential("/faceCheck/matchConfidenceScore"),
                json!(-1),
                Fault::FaceTooUnlike,
            ),
            (
                credential("/claims/revocationId"),
                json!("bo.nilsson@contoso.example"),
                Fault::OtherPerson,
            ),
            (
                credential("/claims/revocationId"),
                json!(" ada.keller@contoso.example"),
                Fault::OtherPerson,
            ),
            // With the Kelvin sign, which is a k in lower case.
            (
                credential("/claims/revocationId"),
                json!("ada.\u{212A}eller@contoso.example"),
                Fault::OtherPerson,
            ),
            (
                credential("/claims/revocationId"),
                json!(["ada.keller@contoso.example"]),
                Fault::OtherPerson,
            ),
            (credential("/claims"), json!({}), Fault::OtherPerson),
        ];
        for (place, value, fault) in cases {
            assert_eq!(
                judged(&message(&place, value.clone())),
                Err(fault),
                "{place} {value}"
            );
        }
    }

    #[test]
    fn several_credentials_are_not_what_was_asked() {
        let two = |message: &Value| json!([message, message]);
        let one = json!({"issuer": ISSUER, "type": [], "claims": {}});
        let message = message("/verifiedCredentialsData", two(&one));
        assert_eq!(judged(&message), Err(PresentationFault::NotWhatWasAsked));
    }

    #[test]
    fn nobody_is_the_one_whom_the_directory_does_not_know() {
        let message = message("", Value::Null);
        let judged = message.judge(&terms(), None, NOW);
        assert_eq!(judged, Err(PresentationFault::OtherPerson));
    }

    #[test]
    fn the_configured_claim_binds_the_employee() {
        let claims = |claims: Value| message("/verifiedCredentialsData/0/claims", claims);
        let judged = |claim, message: Message, person: &Person| {
            let terms = Terms {
                employee_claim: claim,
                ..terms()
            };
            message.judge(&terms, Some(person), NOW).is_ok()
        };
        let with_mail = Person {
            mail: Some("ada@contoso.example".to_owned()),
            ..ada()
        };
        let mail = || claims(json!({"mail": "ADA@contoso.example"}));
        assert!(judged(EmployeeClaim::Mail, mail(), &with_mail));
        assert!(!judged(EmployeeClaim::Mail, mail(), &ada()));
        let without = Person {
            mail: Some(String::new()),
            ..ada()
        };
        assert!(!judged(
            EmployeeClaim::Mail,
            claims(json!({"mail": ""})),
            &without
        ));
        let id = claims(json!({"oid": ada().id.0, "revocationId": "x"}));
        assert!(judged(EmployeeClaim::ObjectId, id, &ada()));
        let name = claims(json!({"revocationId": ada().user_principal_name}));
        assert!(!judged(EmployeeClaim::ObjectId, name, &ada()));
    }
}
