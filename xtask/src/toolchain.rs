//! Finds a standard library for WebAssembly.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    environment::{self, WasmSource},
    process, progress, system,
};

/// The target of the front end.
pub const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LINKER: &str = "/usr/bin/rust-lld";
/// Compiler, its exact standard library's source, and a linker for WASM.
const DEBIAN_PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "lld-22",
];

/// How to compile for WebAssembly.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WasmToolchain {
    /// The compiler in use has the target's standard library.
    Prebuilt,
    /// Debian's compiler builds the standard library from Debian's source.
    FromSource,
}

impl WasmToolchain {
    /// Finds the best way that is there or can be installed.
    pub fn find() -> Result<Self> {
        match environment::wasm_source()? {
            WasmSource::Rustup => prebuilt(),
            WasmSource::Debian => from_source(),
            WasmSource::Any => prebuilt().or_else(|why| {
                progress::note(&format!("{why:#}; trying Debian's Rust source"));
                from_source().with_context(|| {
                    format!(
                        "no standard library for {TARGET}: install one by \
                         `rustup target add {TARGET}`"
                    )
                })
            }),
        }
    }

    /// Makes a `cargo` command compile for [`TARGET`] this way.
    pub fn apply(self, cargo: &mut Command) {
        cargo.args(["--target", TARGET]);
        if self == Self::FromSource {
            cargo
                .arg("-Zbuild-std=std,panic_abort")
                .env("RUSTC", DEBIAN_RUSTC)
                // A released compiler takes `-Z` options only like this.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER);
        }
    }
}

fn prebuilt() -> Result<WasmToolchain> {
    if has_standard_library()? {
        return Ok(WasmToolchain::Prebuilt);
    }
    if system::find("rustup").is_none() {
        bail!("there is no rustup to add {TARGET}");
    }
    progress::step(&format!("Add {TARGET} by rustup"), || {
        process::run(Command::new("rustup").args(["target", "add", TARGET]))
    })?;
    if !has_standard_library()? {
        bail!("rustup added {TARGET} to another toolchain than the one in use");
    }
    Ok(WasmToolchain::Prebuilt)
}

/// Asks the compiler itself: it may have the target without rustup.
fn has_standard_library() -> Result<bool> {
    let folder = process::output(Command::new("rustc").args([
        "--print",
        "target-libdir",
        "--target",
        TARGET,
    ]))?;
    let Ok(files) = fs::read_dir(folder.trim()) else {
        return Ok(false);
    };
    Ok(files
        .flatten()
        .any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}

fn from_source() -> Result<WasmToolchain> {
    let complete = || {
        Path::new(DEBIAN_LINKER).is_file() && debian_source().is_some_and(|source| source.is_dir())
    };
    if !complete() {
        system::install("Rust's source for WebAssembly", &DEBIAN_PACKAGES)?;
    }
    if !complete() {
        bail!(
            "{} were installed, but hold no Rust source",
            DEBIAN_PACKAGES.join(" ")
        );
    }
    Ok(WasmToolchain::FromSource)
}

/// The standard library's source that belongs to Debian's compiler.
fn debian_source() -> Option<PathBuf> {
    if !Path::new(DEBIAN_RUSTC).is_file() {
        return None;
    }
    let root = process::output(Command::new(DEBIAN_RUSTC).args(["--print", "sysroot"])).ok()?;
    Some(Path::new(root.trim()).join("lib/rustlib/src/rust/library/std"))
}
