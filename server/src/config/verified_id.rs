//! The section `[verified_id]`.

use std::sync::Arc;

use url::Url;

use super::{
    VerifiedId,
    read::Reader,
    sections::{is_loopback, service_url},
};
use crate::auth::verified_id::{EmployeeClaim, Terms};

const SERVICE: &str = "https://verifiedid.did.msidentity.com/v1.0";

/// Every key, as any of them asks for the whole section.
const KEYS: [&str; 6] = [
    "verified_id.authority",
    "verified_id.accepted_issuers",
    "verified_id.credential_type",
    "verified_id.face_check_threshold",
    "verified_id.employee_claim",
    "verified_id.service_url",
];

/// Reads the section, if there is one. `base_url` is where Microsoft's service must reach us.
pub(super) fn verified_id(reader: &mut Reader, base_url: Option<&Url>) -> Option<VerifiedId> {
    if !KEYS.iter().any(|key| reader.has(key)) {
        return None;
    }
    let authority = reader.required("verified_id.authority", did);
    let accepted_issuers = reader.required_list("verified_id.accepted_issuers", did);
    let credential_type = reader.parsed("verified_id.credential_type", |text| {
        if text.contains(char::is_whitespace) {
            Err("must be one word, as the credential's definition has it".to_owned())
        } else {
            Ok(text.to_owned())
        }
    });
    let has_type = reader.has("verified_id.credential_type");
    let face_check_threshold = reader.number("verified_id.face_check_threshold", 70, 50..=100);
    let claims = [
        EmployeeClaim::UserPrincipalName,
        EmployeeClaim::Mail,
        EmployeeClaim::ObjectId,
    ];
    let employee_claim = reader.choice(
        "verified_id.employee_claim",
        EmployeeClaim::UserPrincipalName,
        &claims.map(|claim| (claim.name(), claim)),
    );
    let service_url = if reader.has("verified_id.service_url") {
        reader.parsed("verified_id.service_url", service_url)
    } else {
        Url::parse(SERVICE).ok()
    }?;
    let is_local = |url: &Url| is_loopback(url.host_str().unwrap_or_default());
    if !is_local(&service_url) && base_url.is_some_and(is_local) {
        reader.problem(
            "server.base_url",
            "leads to this machine, where Microsoft's service cannot report what came of a Verified ID: give the \
             address that the internet knows, or leave [verified_id] out",
        );
    }
    let credential_type = match credential_type {
        None if has_type => return None,
        None => "VerifiedEmployee".to_owned(),
        Some(name) => name,
    };
    Some(VerifiedId {
        service_url,
        terms: Arc::new(Terms {
            authority: authority?,
            accepted_issuers: accepted_issuers?,
            credential_type,
            face_check_threshold,
            employee_claim,
        }),
    })
}

/// A decentralized identifier (W3C "Decentralized Identifiers"): `did:`, a method and what the method knows.
fn did(text: &str) -> Result<String, String> {
    let known = text
        .strip_prefix("did:")
        .and_then(|rest| rest.split_once(':'));
    let plain = !text.contains(|c: char| c.is_whitespace() || c == '#' || c == '?' || c == '/');
    match known {
        Some((method, id)) if plain && !method.is_empty() && !id.is_empty() => Ok(text.to_owned()),
        _ => Err(
            "must be a decentralized identifier, like did:web:verifiedid.example.com".to_owned(),
        ),
    }
}
