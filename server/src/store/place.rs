//! Whether an embedded database's file is still the one that was opened.

use std::{io, path::Path, sync::Arc};

/// A file at its path, told from any other that takes its place.
///
/// A file that is moved away, or replaced by a copy, stays open where it is: what is written then would be gone with
/// it, though people were told that it is kept.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: Arc<Path>,
    file: Identity,
}

/// Why a file that is open is not at its place any more.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Misplaced {
    /// Nothing is there that can be looked at.
    #[error(
        "the database file {path} was moved away or cannot be reached while it is in use ({reason}): put it back, and everything goes on by itself"
    )]
    Gone {
        /// Where it was.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// Another file is there.
    #[error(
        "the database file {path} was replaced by another while it was in use: put the first one back, or restart Latchkey to work on the other"
    )]
    Replaced {
        /// Where it was.
        path: String,
    },
}

/// Device and number on it (`stat(2)`).
#[cfg(unix)]
type Identity = (u64, u64);
/// Elsewhere, a file that is open can be neither moved nor replaced.
#[cfg(not(unix))]
type Identity = ();

impl Place {
    /// The file that is at `path` now.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.into(),
            file: identity(path)?,
        })
    }

    /// # Errors
    /// When no file, or another one, is at the path.
    pub fn ensure_kept(&self) -> Result<(), Misplaced> {
        let path = || self.path.display().to_string();
        match identity(&self.path) {
            Ok(found) if found == self.file => Ok(()),
            Ok(_) => Err(Misplaced::Replaced { path: path() }),
            Err(error) => Err(Misplaced::Gone {
                path: path(),
                reason: error.to_string(),
            }),
        }
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    let found = std::fs::metadata(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Ok((found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    {
        drop(found);
        Ok(())
    }
}
