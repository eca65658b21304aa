//! PostgreSQL's programs, wherever the system keeps them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};

/// What a server is made and run with.
const NAMES: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// Where Debian keeps the programs, in a folder for each release.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder of PostgreSQL's programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs(PathBuf);

impl Programs {
    /// Those in `folder`.
    ///
    /// # Errors
    /// When some are not there.
    pub fn in_folder(folder: PathBuf) -> Result<Self> {
        for name in NAMES {
            ensure!(
                folder.join(name).is_file(),
                "there is no {name} in {}",
                folder.display()
            );
        }
        Ok(Self(folder))
    }

    /// The first on the search path, or else Debian's newest.
    #[must_use]
    pub fn find(search_path: &[PathBuf]) -> Option<Self> {
        search_path
            .iter()
            .cloned()
            .chain(releases(Path::new(DEBIAN)))
            .find_map(|folder| Self::in_folder(folder).ok())
    }

    /// Where they are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }
}

/// The folders of the releases below `root`, newest first.
fn releases(root: &Path) -> Vec<PathBuf> {
    let mut releases: Vec<(u32, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .collect();
    releases.sort_unstable_by(|one, other| other.cmp(one));
    releases.into_iter().map(|(_, folder)| folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_ordered_by_number_and_incomplete_ones_are_passed_over() {
        let root = std::env::temp_dir().join(format!("latchkey-programs-{}", std::process::id()));
        for (release, names) in [
            ("9", &NAMES[..]),
            ("16", &NAMES),
            ("17", &NAMES[..1]),
            ("x", &NAMES),
        ] {
            let folder = root.join(release).join("bin");
            fs::create_dir_all(&folder).unwrap();
            for name in names {
                fs::write(folder.join(name), "").unwrap();
            }
        }
        let found = releases(&root);
        let expected = ["17", "16", "9"].map(|release| root.join(release).join("bin"));
        assert_eq!(found, expected);
        let first = Programs::find(&found).unwrap();
        assert_eq!(first.folder(), expected[1]);
        let missing = Programs::in_folder(expected[0].clone()).unwrap_err();
        assert!(
            missing.to_string().starts_with("there is no pg_ctl in"),
            "{missing}"
        );
        fs::remove_dir_all(root).unwrap();
    }
}
