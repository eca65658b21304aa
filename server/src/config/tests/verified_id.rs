//! The section `[verified_id]`.

use super::{Folder, changed, load, problems};
use crate::auth::verified_id::EmployeeClaim;

const DID: &str = "\"did:web:verifiedid.example.com\"";
const ISSUERS: &str = "[\"did:web:verifiedid.example.com\"]";

#[test]
fn without_the_section_nobody_is_asked() {
    let folder = Folder::new("no-verified-id");
    let config = load(&folder.write("latchkey.toml", &changed(&[])), &[]).unwrap();
    assert!(config.verified_id.is_none());
}

#[test]
fn an_authority_and_its_issuers_are_enough() {
    let folder = Folder::new("verified-id");
    let changes = [
        ("verified_id.authority", Some(DID)),
        ("verified_id.accepted_issuers", Some(ISSUERS)),
    ];
    let config = load(&folder.write("latchkey.toml", &changed(&changes)), &[]).unwrap();
    let verified_id = config.verified_id.unwrap();
    assert_eq!(
        verified_id.service_url.as_str(),
        "https://verifiedid.did.msidentity.com/v1.0"
    );
    let terms = &verified_id.terms;
    assert_eq!(terms.authority, "did:web:verifiedid.example.com");
    assert_eq!(terms.accepted_issuers, ["did:web:verifiedid.example.com"]);
    assert_eq!(terms.credential_type, "VerifiedEmployee");
    assert_eq!(terms.face_check_threshold, 70);
    assert_eq!(terms.employee_claim, EmployeeClaim::UserPrincipalName);
}

#[test]
fn each_mistake_is_named() {
    for (key, value, problem) in [
        ("verified_id.authority", None, "is missing"),
        ("verified_id.accepted_issuers", None, "is missing"),
        (
            "verified_id.accepted_issuers",
            Some("[]"),
            "at least one entry",
        ),
        (
            "verified_id.accepted_issuers",
            Some("[\"*\"]"),
            "decentralized identifier",
        ),
        (
            "verified_id.authority",
            Some("\"did:web:\""),
            "decentralized identifier",
        ),
        (
            "verified_id.authority",
            Some("\"did:web:a b\""),
            "decentralized identifier",
        ),
        (
            "verified_id.authority",
            Some("\"https://example.com\""),
            "decentralized identifier",
        ),
        (
            "verified_id.credential_type",
            Some("\"Verified Employee\""),
            "must be one word",
        ),
        (
            "verified_id.face_check_threshold",
            Some("49"),
            "from 50 to 100",
        ),
        (
            "verified_id.face_check_threshold",
            Some("101"),
            "from 50 to 100",
        ),
        (
            "verified_id.employee_claim",
            Some("\"displayName\""),
            "must be one of `revocationId`",
        ),
        (
            "verified_id.service_url",
            Some("\"http://example.com\""),
            "must begin with https://",
        ),
    ] {
        let changes = [
            ("verified_id.authority", Some(DID)),
            ("verified_id.accepted_issuers", Some(ISSUERS)),
            (key, value),
        ];
        let found = problems("verified-id-mistakes", &changes, &[]);
        let [found] = found.as_slice() else {
            panic!("{key} = {value:?}: {found:?}")
        };
        assert_eq!(found.key, key, "{value:?}");
        assert!(found.problem.contains(problem), "{value:?}: {found}");
    }
}

#[test]
fn microsoft_must_be_able_to_report_to_us() {
    let changes = [
        ("verified_id.authority", Some(DID)),
        ("verified_id.accepted_issuers", Some(ISSUERS)),
        ("server.base_url", Some("\"http://localhost:3000\"")),
    ];
    let found = problems("verified-id-local", &changes, &[]);
    assert_eq!(found[0].key, "server.base_url");
    assert!(found[0].problem.contains("cannot report"), "{}", found[0]);

    let folder = Folder::new("verified-id-beside-us");
    let mut beside_us = changes.to_vec();
    beside_us.push((
        "verified_id.service_url",
        Some("\"http://localhost:3001/v1.0\""),
    ));
    let file = folder.write("latchkey.toml", &changed(&beside_us));
    assert!(load(&file, &[]).is_ok());
}
