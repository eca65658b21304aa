//! The islands: Rust to WebAssembly and the JavaScript that loads it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    build::Profile,
    process, progress,
    repo::Repo,
    site,
    stamp::{self, Stamp},
    toolchain::{self, WasmToolchain},
};

/// What a release may weigh as sent, compressed by gzip, in bytes.
pub const GZIP_BUDGET: usize = 100_000;

/// The module's name where it is served. Leptos leaves out the usual `_bg`
/// when `LEPTOS_OUTPUT_NAME` is set (`leptos::hydration::HydrationScripts`).
const SERVED_WASM: &str = "pkg/latchkey.wasm";
const SERVED_JS: &str = "pkg/latchkey.js";

/// What every browser with reference types has (all since 2023). `--all-features`
/// would emit imports that browsers refuse.
const BROWSER_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Builds `pkg/latchkey.js` and `pkg/latchkey.wasm` and prints their weight.
pub fn build(repo: &Repo, profile: Profile) -> Result<()> {
    let toolchain = WasmToolchain::find()?;
    let module = progress::step("Compile the islands to WebAssembly", || {
        compile(repo, profile, toolchain)
    })?;
    let stamp = Stamp::of(
        repo.site_work().join("wasm.stamp"),
        &[module.clone(), repo.path("package-lock.json")],
        profile.folder(),
    )?;
    let served = [SERVED_WASM, SERVED_JS].map(|name| repo.site().join(name));
    if !(stamp.holds() && served.iter().all(|file| file.is_file())) {
        progress::step("Bind the islands to the browser", || {
            let bound = bind(repo, &module)?;
            if profile == Profile::Release {
                shrink(repo, &bound)?;
            }
            publish(repo, profile, &bound)?;
            stamp.set()
        })?;
    }
    weigh(repo, profile)
}

/// The size of the served module, compressed by gzip, in bytes.
pub fn gzip_size(repo: &Repo) -> Result<usize> {
    let path = repo.site().join(SERVED_WASM);
    let module = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(site::gzip(&module)?.len())
}

fn compile(repo: &Repo, profile: Profile, toolchain: WasmToolchain) -> Result<PathBuf> {
    let mut cargo = repo.cargo();
    cargo.args(["build", "--package", "latchkey-app", "--lib"]);
    cargo.args(["--no-default-features", "--features", "hydrate"]);
    toolchain.apply(&mut cargo);
    let folder = match profile {
        // Optimised for size even in development: an unoptimised module takes
        // seconds to load. By the variable and not by a profile of its own, so
        // that procedural macros are shared with the server's build.
        Profile::Dev => {
            cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "s");
            "debug"
        }
        Profile::Release => {
            cargo.args(["--profile", "wasm-release"]);
            "wasm-release"
        }
    };
    process::run(&mut cargo)?;
    Ok(repo
        .target()
        .join(toolchain::TARGET)
        .join(folder)
        .join("app.wasm"))
}

/// Runs wasm-bindgen; gives the folder with its output.
fn bind(repo: &Repo, module: &Path) -> Result<PathBuf> {
    let folder = repo.site_work().join("bound");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    Bindgen::new()
        .input_path(module)
        .out_name("latchkey")
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                // The page says where the module is.
                .omit_default_module_path(true)
                .generate(&folder)
        })
        .context("wasm-bindgen failed")?;
    Ok(folder)
}

fn shrink(repo: &Repo, bound: &Path) -> Result<()> {
    let module = bound.join("latchkey_bg.wasm");
    let mut wasm_opt = repo.npm_tool("wasm-opt");
    wasm_opt
        .arg("-Oz")
        .args(BROWSER_FEATURES)
        .arg(&module)
        .arg("--output")
        .arg(&module);
    process::run(&mut wasm_opt)?;

    let script = bound.join("latchkey.js");
    let mut esbuild = repo.npm_tool("esbuild");
    esbuild
        .arg(&script)
        .args(["--minify", "--format=esm", "--log-level=warning"]);
    let minified = process::output(&mut esbuild)?;
    fs::write(script, minified)?;
    Ok(())
}

fn publish(repo: &Repo, profile: Profile, bound: &Path) -> Result<()> {
    for file in stamp::files(bound)? {
        let name = file
            .strip_prefix(bound)?
            .to_str()
            .context("a file name of wasm-bindgen")?;
        let served = match name {
            "latchkey_bg.wasm" => SERVED_WASM.to_owned(),
            other => format!("pkg/{other}"),
        };
        site::publish(repo, profile, &served, &fs::read(&file)?)?;
    }
    Ok(())
}

fn weigh(repo: &Repo, profile: Profile) -> Result<()> {
    let size = gzip_size(repo)?;
    progress::note(&format!("WASM: {} gzip", kilobytes(size)));
    ensure!(
        profile == Profile::Dev || size <= GZIP_BUDGET,
        "the WASM weighs {} gzip; the budget is {}",
        kilobytes(size),
        kilobytes(GZIP_BUDGET)
    );
    Ok(())
}

/// Bytes as kilobytes (1000 bytes) for people.
pub fn kilobytes(bytes: usize) -> String {
    format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_thousands_of_bytes() {
        assert_eq!(kilobytes(74_983), "74.9 KB");
        assert_eq!(kilobytes(GZIP_BUDGET), "100.0 KB");
    }
}
