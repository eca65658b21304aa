//! The style sheet, by Tailwind.

use std::fs;

use anyhow::Result;

use crate::{build::Profile, process, progress, repo::Repo, site, stamp::Stamp};

const STYLE_SHEET: &str = "pkg/latchkey.css";

/// Builds `pkg/latchkey.css` if a class or the configuration changed.
pub fn build(repo: &Repo, profile: Profile) -> Result<()> {
    let inputs = [
        "app/style",
        "app/src",
        "tailwind.config.js",
        "package-lock.json",
    ];
    let stamp = Stamp::of(
        repo.site_work().join("style.stamp"),
        &inputs.map(|input| repo.path(input)),
        profile.folder(),
    )?;
    if stamp.holds() && repo.site().join(STYLE_SHEET).is_file() {
        return Ok(());
    }
    progress::step("Build the style sheet", || {
        let built = repo.site_work().join("latchkey.css");
        let mut tailwind = repo.npm_tool("tailwindcss");
        tailwind
            .args(["--input", "app/style/latchkey.css", "--output"])
            .arg(&built);
        if profile == Profile::Release {
            tailwind.arg("--minify");
        }
        process::run(&mut tailwind)?;
        site::publish(repo, profile, STYLE_SHEET, &fs::read(built)?)?;
        stamp.set()
    })
}
