//! The front end as it is served: `target/site`.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{build::Profile, repo::Repo, stamp, style, wasm};

/// Builds all of `target/site`.
pub fn build(repo: &Repo, profile: Profile) -> Result<()> {
    wasm::build(repo, profile)?;
    style::build(repo, profile)?;
    copy_public(repo, profile)
}

/// Writes one served file; in a release, compressed copies beside it.
///
/// A file that is already so keeps its time, so that the server, which embeds
/// it, is not compiled again.
pub fn publish(repo: &Repo, profile: Profile, name: &str, content: &[u8]) -> Result<()> {
    let path = repo.site().join(name);
    let compressed = [
        (beside(&path, "br"), brotli as Compress),
        (beside(&path, "gz"), gzip),
    ];
    let unchanged = fs::read(&path).is_ok_and(|old| old == content);
    if !unchanged {
        write(&path, content)?;
    }
    for (path, compress) in compressed {
        match profile {
            Profile::Release if !unchanged || !path.is_file() => write(&path, &compress(content)?)?,
            Profile::Dev if path.is_file() => fs::remove_file(path)?,
            Profile::Release | Profile::Dev => {}
        }
    }
    Ok(())
}

/// `content` as gzip would send it.
pub fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

type Compress = fn(&[u8]) -> Result<Vec<u8>>;

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

fn copy_public(repo: &Repo, profile: Profile) -> Result<()> {
    let public = repo.path("app/public");
    for file in stamp::files(&public)? {
        let name = file.strip_prefix(&public)?;
        let name = name.to_str().context("a public file's name is not text")?;
        publish(repo, profile, name, &fs::read(&file)?)?;
    }
    Ok(())
}
