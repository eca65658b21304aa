//! Programs of the operating system that the build or the tests need.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, bail, ensure};

use crate::{environment, process, progress};

/// The first `node` release whose test runner and `fetch` we rely on.
const NODE_MAJOR: u32 = 20;

/// The path of a program on the search path.
pub fn find(program: &str) -> Option<PathBuf> {
    environment::search_path()
        .into_iter()
        .map(|folder| folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
        .find(|path| path.is_file())
}

/// Installs Debian packages, or says how to get `what`.
pub fn install(what: &str, packages: &[&str]) -> Result<()> {
    let line = packages.join(" ");
    let root = process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || find("apt-get").is_none() {
        bail!(
            "{what} is missing. On Debian or Ubuntu: `sudo apt-get install {line}`; elsewhere \
             install it by your system's package manager"
        );
    }
    progress::step(&format!("Install {what} from Debian ({line})"), || {
        let apt = |arguments: &[&str]| {
            process::run(
                Command::new("apt-get")
                    .env("DEBIAN_FRONTEND", "noninteractive")
                    .args(arguments),
            )
        };
        let install = [&["install", "-y", "--no-install-recommends"], packages].concat();
        // The package lists may be missing or too old to fetch from.
        apt(&install).or_else(|_| apt(&["update"]).and_then(|()| apt(&install)))
    })
}

/// Makes sure that a recent enough Node.js and npm are there.
pub fn require_node() -> Result<()> {
    if find("node").is_none() || find("npm").is_none() {
        install("Node.js with npm", &["nodejs", "npm"])?;
    }
    let version = process::output(Command::new("node").arg("--version"))?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|it| it.parse().ok());
    ensure!(
        major.is_some_and(|major: u32| major >= NODE_MAJOR),
        "Node.js {} is too old: install version {NODE_MAJOR} or newer from https://nodejs.org",
        version.trim()
    );
    Ok(())
}

/// The browser for the stories: `CHROMIUM`, or the system's, or Debian's.
pub fn require_chromium() -> Result<PathBuf> {
    if let Some(path) = environment::chromium() {
        ensure!(
            path.is_file(),
            "CHROMIUM is {}, where there is no file",
            path.display()
        );
        return Ok(path);
    }
    let look = || {
        ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find_map(find)
    };
    if let Some(path) = look() {
        return Ok(path);
    }
    install("Chromium", &["chromium"])?;
    look().ok_or_else(|| anyhow::anyhow!("Chromium was installed but is not on the search path"))
}

/// A Python 3 that can make virtual environments, or why there is none.
pub fn python() -> std::result::Result<PathBuf, &'static str> {
    let python = find("python3").ok_or("python3 is not installed")?;
    if process::succeeds(Command::new(&python).args(["-c", "import venv, ensurepip"])) {
        Ok(python)
    } else {
        Err("python3 cannot make virtual environments (on Debian: apt-get install python3-venv)")
    }
}
