//! The only reader of environment variables.

#![expect(
    clippy::disallowed_methods,
    reason = "the crate's one reader of the environment"
)]

use std::{ffi::OsString, path::PathBuf};

use anyhow::{Result, bail};

/// The cargo that runs us, so that a toolchain override stays in force.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// `CHROMIUM`: the browser to test with.
pub fn chromium() -> Option<PathBuf> {
    std::env::var_os("CHROMIUM").map(PathBuf::from)
}

/// `LATCHKEY_POSTGRES_BIN`: the folder of PostgreSQL's programs to test with.
pub fn postgres_programs() -> Option<PathBuf> {
    std::env::var_os("LATCHKEY_POSTGRES_BIN").map(PathBuf::from)
}

/// Where programs are looked for.
pub fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// Where the WASM target's standard library comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WasmSource {
    /// What is installed, then rustup, then the distribution.
    Any,
    /// Only a prebuilt one, by `rustup target add` if need be.
    Rustup,
    /// Only the distribution's Rust source.
    Debian,
}

/// `LATCHKEY_WASM=rustup|debian` forces one source.
pub fn wasm_source() -> Result<WasmSource> {
    match std::env::var("LATCHKEY_WASM").as_deref() {
        Err(_) | Ok("") => Ok(WasmSource::Any),
        Ok("rustup") => Ok(WasmSource::Rustup),
        Ok("debian") => Ok(WasmSource::Debian),
        Ok(other) => bail!("LATCHKEY_WASM is `{other}`; it can be `rustup` or `debian`"),
    }
}
