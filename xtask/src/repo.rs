//! Where things are.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{build::Profile, environment, process};

/// The checkout and cargo's target folder.
pub struct Repo {
    root: PathBuf,
    target: PathBuf,
}

impl Repo {
    /// Asks cargo, which knows every way to move the target folder.
    pub fn find() -> Result<Self> {
        let metadata = process::output(
            Command::new(environment::cargo())
                .args(["metadata", "--no-deps", "--format-version", "1"])
                .current_dir(env!("CARGO_MANIFEST_DIR")),
        )?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
        let path = |key: &str| {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .with_context(|| format!("cargo gave no {key}"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
        })
    }

    /// The top of the checkout.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the checkout.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Cargo's target folder, which may lie outside the checkout.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The front end as it is served; always inside the checkout, because the
    /// server embeds it by a path relative to its manifest.
    pub fn site(&self) -> PathBuf {
        self.path("target/site")
    }

    /// Intermediate files and stamps of the front end.
    pub fn site_work(&self) -> PathBuf {
        self.path("target/site-work")
    }

    /// An executable that cargo built.
    pub fn binary(&self, profile: Profile, name: &str) -> PathBuf {
        self.target
            .join(profile.folder())
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// A command of cargo at the top of the checkout.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(environment::cargo());
        cargo.current_dir(&self.root);
        cargo
    }

    /// A command of a tool that npm installed.
    pub fn npm_tool(&self, name: &str) -> Command {
        let mut tool = Command::new(self.path("node_modules/.bin").join(name));
        tool.current_dir(&self.root);
        tool
    }
}
