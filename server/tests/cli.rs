//! The command line as a person or a script meets it.

use std::process::{Command, Output};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../latchkey.example.toml");

/// Runs the binary in an environment with nothing else in it.
fn latchkey(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn a_wrong_configuration_ends_with_2_and_names_every_key() {
    let output = latchkey(&["config", "check"], &[("LATCHKEY_LOG__FORMAT", "xml")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let errors = text(&output.stderr);
    for line in [
        "server.base_url is missing",
        "log.format (from LATCHKEY_LOG__FORMAT) must be one of `text`, `json`",
        "for example: [mail] host = \"smtp.example.com\"",
    ] {
        assert!(errors.contains(line), "{line}: {errors}");
    }
}

#[test]
fn a_good_configuration_ends_with_0() {
    // The example's secrets are in files that are not here.
    let secret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let folder = std::env::temp_dir().join(format!("latchkey-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("secret"), secret).unwrap();
    let file = folder.join("secret");
    let file = file.to_str().unwrap();
    let output = latchkey(
        &["config", "check", "--config", EXAMPLE],
        &[
            ("LATCHKEY_SERVER__SECRET_FILE", file),
            ("LATCHKEY_ENTRA__CERTIFICATE_FILE", file),
            ("LATCHKEY_ENTRA__PRIVATE_KEY_FILE", file),
            ("LATCHKEY_SIGN_IN__CERTIFICATE_FILE", file),
            ("LATCHKEY_SIGN_IN__PRIVATE_KEY_FILE", file),
        ],
    );
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "The configuration is good.\n");
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["frobnicate"][..],
        &[],
        &["admin", "create"],
        &["admin", "create", "two words"],
    ] {
        assert_eq!(
            latchkey(arguments, &[]).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
    assert_eq!(latchkey(&["--help"], &[]).status.code(), Some(0));
}

#[cfg(debug_assertions)]
#[test]
fn a_fail_point_that_does_not_exist_is_refused() {
    let output = latchkey(
        &["config", "check"],
        &[("LATCHKEY_FAIL_AT", "nowhere=kill")],
    );
    assert_eq!(output.status.code(), Some(2));
    let errors = text(&output.stderr);
    assert!(
        errors.contains("\"nowhere=kill\"") && errors.contains("pass-made"),
        "{errors}"
    );
}
