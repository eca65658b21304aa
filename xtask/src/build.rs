//! Builds everything that runs.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, ensure};

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
    let binaries = Binaries {
        server: repo.binary(profile, "latchkey"),
        simulator: repo.binary(profile, "latchkey-simulator"),
    };
    if profile == Profile::Release {
        let program = fs::read(&binaries.server)
            .with_context(|| format!("cannot read {}", binaries.server.display()))?;
        ensure!(
            !can_be_told_to_fail(&program),
            "the release build of the server holds the tests' fail-points"
        );
    }
    Ok(binaries)
}

/// The variable that tells a debug build where to crash. A program without its
/// name cannot look for it.
const FAIL_POINTS: &[u8] = b"LATCHKEY_FAIL_AT";

/// Whether a program has the tests' fail-points in it.
fn can_be_told_to_fail(program: &[u8]) -> bool {
    program
        .windows(FAIL_POINTS.len())
        .any(|bytes| bytes == FAIL_POINTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail_points_are_found_wherever_they_are() {
        let program = |before: usize, after: usize| {
            [&vec![0; before], FAIL_POINTS, &vec![255; after]].concat()
        };
        for (before, after) in [(0, 0), (0, 9), (7, 0), (4096, 4096)] {
            assert!(can_be_told_to_fail(&program(before, after)));
        }
        assert!(!can_be_told_to_fail(b""));
        assert!(!can_be_told_to_fail(
            b"LATCHKEY_FAIL_A LATCHKEY_SERVER__LISTEN"
        ));
    }
}
