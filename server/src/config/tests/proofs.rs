//! What people must prove.

use domain::{
    ProofKind::{self, EmailCode},
    ProofPolicy,
};

use super::{Folder, MINIMAL, load, problems};
use crate::config::Config;

const FINANCE: &str = "6d1f4a0e-0c1b-4f0e-9d57-0a1b2c3d4e5f";
const SHOPS: &str = "0b9c7a54-7f0e-4c55-8f0e-5b1d8e3f2a10";

/// The proof `password` is set up.
const PASSWORD: &str =
    "[password]\nclient_id = \"c2b7e915-3d48-4f6a-b0c1-7e8f5a2d6b93\"\nclient_secret = \"hush\"\n";

fn with(name: &str, proofs: &str) -> Result<Config, String> {
    let folder = Folder::new(name);
    let text = MINIMAL.replace("[proofs]\nrequired = 1\n", proofs);
    assert!(text.contains(proofs));
    let file = folder.write("latchkey.toml", &text);
    load(&file, &[]).map_err(|error| error.to_string())
}

fn policy(accepted: &[ProofKind], required: u8) -> ProofPolicy {
    ProofPolicy::new(accepted.iter().copied(), required).unwrap()
}

#[test]
fn two_proofs_are_the_default_and_a_policy_that_nobody_can_pass_is_explained() {
    let error = with("default", "").unwrap_err();
    assert!(
        error.contains(
            "proofs.required asks for 2 proofs of different kinds, and only email_code can be given, so nobody \
             could pass: set up sign_in.client_id (for recovery_code) or password.client_id (for password) or \
             verified_id.authority (for verified_id), accept more kinds, or ask for fewer"
        ),
        "{error}"
    );
}

#[test]
fn the_first_group_decides_and_what_it_does_not_say_is_as_for_others() {
    let groups = format!(
        "[proofs]\naccepted = [\"email_code\"]\nrequired = 1\n\
         [[groups]]\nid = \"{FINANCE}\"\nevaluation = true\n\
         [[groups]]\nid = \"{SHOPS}\"\n"
    );
    let policies = with("groups", &groups).unwrap().policies;
    assert_eq!(policies.others.proofs, policy(&[EmailCode], 1));
    assert!(!policies.others.evaluation);
    let found: Vec<_> = policies
        .groups
        .iter()
        .map(|group| (group.group.as_str(), group.rules.evaluation))
        .collect();
    assert_eq!(found, [(FINANCE, true), (SHOPS, false)]);
    assert_eq!(policies.groups[0].rules.proofs, policy(&[EmailCode], 1));
    assert_eq!(policies.gate(), policy(&[EmailCode], 1));
}

#[test]
fn mistakes_in_policies_are_named() {
    for (name, proofs, expected) in [
        (
            "unknown",
            "[proofs]\naccepted = [\"birthday\"]\nrequired = 1\n".to_owned(),
            "proofs.accepted has an entry, number 1, that is none of email_code, recovery_code, password, \
             verified_id",
        ),
        (
            "unavailable",
            "[proofs]\naccepted = [\"email_code\", \"password\"]\n".to_owned(),
            "proofs.accepted has an entry, number 2, that nobody could give: it needs password.client_id",
        ),
        (
            "password-alone",
            format!("{PASSWORD}[proofs]\nrequired = 1\n"),
            "proofs.required is 1, so a password alone would do: passwords are phished, and that is what recovery must \
             withstand; ask for 2, or do not accept password",
        ),
        (
            "group-password-alone",
            format!("{PASSWORD}[[groups]]\nid = \"{SHOPS}\"\nrequired = 1\n"),
            "groups[1].required is 1, so a password alone would do",
        ),
        (
            "many",
            "[proofs]\nrequired = 5\n".to_owned(),
            "proofs.required must be a whole number from 1 to 4",
        ),
        (
            "flag",
            "[proofs]\nrequired = 1\nevaluation = \"perhaps\"\n".to_owned(),
            "proofs.evaluation must be true or false",
        ),
        (
            "group-id",
            "[proofs]\nrequired = 1\n[[groups]]\nrequired = 1\n".to_owned(),
            "groups[1].id is missing",
        ),
        (
            "group-empty",
            "[proofs]\nrequired = 1\n[[groups]]\n".to_owned(),
            "groups[1] is empty",
        ),
        (
            "group-key",
            format!("[proofs]\nrequired = 1\n[[groups]]\nid = \"{SHOPS}\"\nneeded = 1\n"),
            "groups[1].needed is not a key",
        ),
        (
            "group-impossible",
            format!("[proofs]\nrequired = 1\n[[groups]]\nid = \"{SHOPS}\"\nrequired = 2\n"),
            "groups[1].required asks for 2 proofs",
        ),
        (
            "group-twice",
            format!(
                "[proofs]\nrequired = 1\n[[groups]]\nid = \"{SHOPS}\"\n[[groups]]\nid = \"{SHOPS}\"\n"
            ),
            "groups[2].id is the same as that of another entry",
        ),
        (
            "group-alone",
            format!("[proofs]\nrequired = 1\n[groups]\nid = \"{SHOPS}\"\n"),
            "groups.id is not a key",
        ),
    ] {
        let error = with(name, &proofs).unwrap_err();
        assert!(error.contains(expected), "{name}: {error}");
    }
    let found = problems("variable", &[], &[("LATCHKEY_GROUPS__ID", SHOPS)]);
    assert_eq!(found[0].problem, "can be given in the file only");
}
