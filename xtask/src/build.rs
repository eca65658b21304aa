//! Builds everything that runs.

use std::path::PathBuf;

use anyhow::Result;

use crate::{npm, process, progress, repo::Repo, site};

/// How much to optimise.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build.
    Dev,
    /// As deployed.
    Release,
}

impl Profile {
    /// The profile for the presence of `--release`.
    pub fn of(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    /// Cargo's name for its folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// The programs that a build leaves.
pub struct Binaries {
    /// `latchkey`.
    pub server: PathBuf,
    /// `latchkey-simulator`.
    pub simulator: PathBuf,
}

/// Builds the front end first, since the server embeds it.
pub fn everything(repo: &Repo, profile: Profile) -> Result<Binaries> {
    npm::install(repo)?;
    site::build(repo, profile)?;
    progress::step("Compile the server and the simulator", || {
        let mut cargo = repo.cargo();
        cargo.args([
            "build",
            "--package",
            "latchkey",
            "--package",
            "latchkey-simulator",
            "--bins",
        ]);
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        process::run(&mut cargo)
    })?;
    Ok(Binaries {
        server: repo.binary(profile, "latchkey"),
        simulator: repo.binary(profile, "latchkey-simulator"),
    })
}
