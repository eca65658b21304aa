//! Skips work whose inputs are as they were.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// A fingerprint of inputs, and the file that remembers the last one.
pub struct Stamp {
    file: PathBuf,
    fingerprint: String,
}

impl Stamp {
    /// Fingerprints the content of `inputs` (folders with all that is in them)
    /// and `settings`, whatever else the result depends on.
    pub fn of(file: PathBuf, inputs: &[PathBuf], settings: &str) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        settings.hash(&mut hasher);
        for input in inputs {
            for path in files(input)? {
                path.hash(&mut hasher);
                fs::read(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?
                    .hash(&mut hasher);
            }
        }
        Ok(Self {
            file,
            fingerprint: format!("{:016x}", hasher.finish()),
        })
    }

    /// Whether the last result came from these inputs.
    pub fn holds(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|last| last == self.fingerprint)
    }

    /// Remembers that the result now comes from these inputs.
    pub fn set(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, &self.fingerprint)
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}

/// All files under `path` in a stable order; `path` itself if it is a file.
pub fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries = fs::read_dir(path)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<Result<Vec<_>, _>>()
        })
        .with_context(|| format!("cannot list {}", path.display()))?;
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        found.extend(files(&entry)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_holds_until_an_input_or_a_setting_changes() {
        let folder = std::env::temp_dir().join(format!("latchkey-stamp-{}", std::process::id()));
        let sources = folder.join("sources/deep");
        fs::create_dir_all(&sources).unwrap();
        fs::write(sources.join("a.rs"), "one").unwrap();
        let stamp = |settings: &str| {
            Stamp::of(folder.join("stamp"), &[folder.join("sources")], settings).unwrap()
        };

        assert!(!stamp("dev").holds());
        stamp("dev").set().unwrap();
        assert!(stamp("dev").holds());
        assert!(!stamp("release").holds());

        fs::write(sources.join("a.rs"), "two").unwrap();
        assert!(!stamp("dev").holds());
        stamp("dev").set().unwrap();

        fs::write(sources.join("b.rs"), "").unwrap();
        assert!(!stamp("dev").holds());
        fs::remove_dir_all(folder).unwrap();
    }
}
