//! Tools from npm: exact versions, no install scripts, nothing global.

use std::process::Command;

use anyhow::Result;

use crate::{process, progress, repo::Repo, stamp::Stamp, system};

/// Installs what `package.json` names into `node_modules`.
pub fn install(repo: &Repo) -> Result<()> {
    system::require_node()?;
    let inputs = [repo.path("package.json"), repo.path("package-lock.json")];
    let stamp = Stamp::of(repo.path("node_modules/.latchkey-stamp"), &inputs, "")?;
    if stamp.holds() {
        return Ok(());
    }
    // `npm ci` fails where an optional package is for another platform.
    progress::step("Install front-end tools from npm", || {
        process::run(Command::new("npm").current_dir(repo.root()).args([
            "install",
            "--no-save",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]))?;
        stamp.set()
    })
}
