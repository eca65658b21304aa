//! Format, lints, and what the dependencies may be.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{process, progress, repo::Repo, system, toolchain::WasmToolchain};

/// Runs every check, also after one failed.
pub fn run(repo: &Repo) -> Result<ExitCode> {
    let toolchain = WasmToolchain::find()?;
    let checks: [(&str, &dyn Fn() -> Result<()>); 4] = [
        ("Check the format", &|| {
            process::run(repo.cargo().args(["fmt", "--all", "--check"]))
        }),
        ("Lint for this machine", &|| {
            // The server turns on the application's `ssr`; `--all-features`
            // would mix in `hydrate`.
            process::run(
                repo.cargo()
                    .args(["clippy", "--workspace", "--all-targets"])
                    .args(DENY),
            )
        }),
        ("Lint for the browser", &|| {
            let mut cargo = repo.cargo();
            cargo.args(["clippy", "--package", "latchkey-app", "--lib"]);
            cargo.args(["--no-default-features", "--features", "hydrate"]);
            toolchain.apply(&mut cargo);
            process::run(cargo.args(DENY))
        }),
        ("Check the dependencies", &|| dependencies(repo)),
    ];
    let mut failed = Vec::new();
    for (what, check) in checks {
        if let Err(error) = progress::step(what, check) {
            progress::note(&format!("{error:#}"));
            failed.push(what);
        }
    }
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

const DENY: [&str; 3] = ["--", "--deny", "warnings"];

fn dependencies(repo: &Repo) -> Result<()> {
    if system::find("cargo-deny").is_none() {
        progress::note("skipped: cargo-deny is missing (`cargo install cargo-deny --locked`)");
        return Ok(());
    }
    let deny = || {
        let mut deny = Command::new("cargo-deny");
        deny.current_dir(repo.root());
        deny
    };
    process::run(deny().args(["check", "bans", "licenses", "sources"]))?;
    // The database of advisories is a download that may be out of reach, which
    // must not hide what an older copy already knows.
    if process::succeeds(deny().args(["fetch", "db"])) {
        process::run(deny().args(["check", "--disable-fetch", "advisories"]))
    } else {
        progress::note("advisories not checked: their database cannot be fetched");
        Ok(())
    }
}
