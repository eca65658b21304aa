//! The only source of randomness.

use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose};

/// `N` random bytes as standard base64.
pub fn secret<const N: usize>() -> Result<String> {
    Ok(general_purpose::STANDARD.encode(bytes::<N>()?))
}

/// A password of `N` random bytes that needs no quoting in a shell.
pub fn password<const N: usize>() -> Result<String> {
    Ok(general_purpose::URL_SAFE_NO_PAD.encode(bytes::<N>()?))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the crate's one source of randomness"
)]
fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("no randomness from the operating system")?;
    Ok(bytes)
}
