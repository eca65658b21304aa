//! The latest checkpoint of the log, in a file off the database.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};

use crate::store::beside;

/// What the log was like at a moment. A log that has no such row any more was rolled back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The number of its last row, 0 of an empty log.
    pub row: i64,
    /// SHA-256 of that row, in base64url; of an empty log there is none.
    pub digest: String,
    /// When it was looked at.
    pub at: Timestamp,
}

/// Why a checkpoint is neither there nor missing.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be read or written.
    #[error(
        "the checkpoint file {path} (audit.checkpoint_file) cannot be used: {source}. No pass is given out until it can be read and written"
    )]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "the checkpoint file {path} (audit.checkpoint_file) holds no checkpoint: {source}. Find out who changed it; once it is moved away, a new one is begun"
    )]
    Foreign {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

/// The file.
#[derive(Debug)]
pub struct Checkpoints {
    file: Mutex<PathBuf>,
}

/// The file, while nobody else uses it.
pub struct CheckpointTurn<'a>(MutexGuard<'a, PathBuf>);

impl Checkpoints {
    /// Keeps checkpoints in `file`.
    pub fn new(file: PathBuf) -> Self {
        Self {
            file: Mutex::new(file),
        }
    }

    /// Waits for one's turn to look at it and to change it.
    pub async fn turn(&self) -> CheckpointTurn<'_> {
        CheckpointTurn(self.file.lock().await)
    }
}

impl CheckpointTurn<'_> {
    /// The latest checkpoint; none before the first.
    pub fn latest(&self) -> Result<Option<Checkpoint>, CheckpointError> {
        let text = match fs::read(&*self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(self.file_error(source)),
        };
        let checkpoint = serde_json::from_slice(&text);
        checkpoint
            .map(Some)
            .map_err(|source| CheckpointError::Foreign {
                path: self.0.clone(),
                source,
            })
    }

    /// Puts a checkpoint in the place of the latest.
    pub fn keep(&self, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
        let mut text =
            serde_json::to_string(checkpoint).map_err(|source| CheckpointError::Foreign {
                path: self.0.clone(),
                source,
            })?;
        text.push('\n');
        write_whole(&self.0, text.as_bytes()).map_err(|source| self.file_error(source))
    }

    /// Keeps the latest checkpoint as evidence, under a name that tells which it is.
    pub fn set_aside(&self, latest: &Checkpoint) -> Result<(), CheckpointError> {
        let aside = beside(&self.0, &format!(".rolled-back-{}", latest.at.millis()));
        fs::copy(&*self.0, aside)
            .map(drop)
            .map_err(|source| self.file_error(source))
    }

    fn file_error(&self, source: io::Error) -> CheckpointError {
        CheckpointError::File {
            path: self.0.clone(),
            source,
        }
    }
}

/// Writes a file whole or not at all, for its owner only. Should several instances have been given one
/// file, none tears what another writes.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = beside(path, &format!(".new-{}", std::process::id()));
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(unfinished, path)
}
