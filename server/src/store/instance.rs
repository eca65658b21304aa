//! The lock that keeps a second process from an embedded database.

use std::{
    ffi::OsString,
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{StoreError, create_private};

/// Held as long as this process works on the file. The operating system takes it back when the process
/// ends, however it ends.
#[derive(Clone, Debug)]
pub(super) struct InstanceLock(Arc<Mutex<Option<File>>>);

impl InstanceLock {
    /// Locks the database at `path`.
    ///
    /// The lock is on a file beside it: SQLite's own locks are on the database file, and closing any
    /// handle to that file would drop them.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process, or another part of this one, holds it.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let beside = beside(path, ".lock");
        create_private(&beside)?;
        let file = File::options()
            .write(true)
            .open(&beside)
            .map_err(sqlx::Error::Io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(Arc::new(Mutex::new(Some(file))))),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(sqlx::Error::Io(error).into()),
        }
    }

    /// Gives it back before the process ends.
    pub fn release(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The path of a file beside the database.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The path with every link followed: locks and neighbours are those of the file itself.
pub fn resolved(path: PathBuf) -> PathBuf {
    if let Ok(resolved) = path.canonicalize() {
        return resolved;
    }
    // It is not there yet; its folder is.
    match (path.parent().map(Path::canonicalize), path.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => path,
    }
}

/// Refuses a folder on a file system that other machines share, where the operating system tells.
///
/// SQLite's write-ahead log needs memory shared by all users of the file, and its locks have to hold;
/// neither is so over a network (<https://www.sqlite.org/wal.html>).
pub(super) fn refuse_network_file_system(path: &Path) -> Result<(), StoreError> {
    #[cfg(target_os = "linux")]
    {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let found = rustix::fs::statfs(folder.unwrap_or_else(|| Path::new(".")))
            .map_err(|error| sqlx::Error::Io(error.into()))?;
        // The type is a 32-bit number in a field whose width and sign differ by platform.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the upper half is the sign's"
        )]
        if let Some(kind) = network_file_system(found.f_type as u32) {
            return Err(StoreError::NetworkFileSystem { kind });
        }
    }
    Ok(())
}

/// Names of file systems by the numbers of Linux' `magic.h`, `smb2pdu.h` and `lustre_user.h`. FUSE is
/// not here: what is behind it cannot be told.
#[cfg(target_os = "linux")]
const fn network_file_system(kind: u32) -> Option<&'static str> {
    match kind {
        0x6969 => Some("NFS"),
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => Some("SMB"),
        0x0102_1997 => Some("9P"),
        0x00C3_6400 => Some("Ceph"),
        0x5346_414F | 0x6B41_4653 => Some("AFS"),
        0x7375_7245 => Some("Coda"),
        0x564C => Some("NCP"),
        0x0BD0_0BD0 => Some("Lustre"),
        0x7461_636F => Some("OCFS2"),
        0x0116_1970 => Some("GFS2"),
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_shared_file_system_is_told_from_a_local_one() {
        assert_eq!(network_file_system(0x6969), Some("NFS"));
        assert_eq!(network_file_system(0xFF53_4D42), Some("SMB"));
        // ext4, xfs, btrfs, tmpfs, overlayfs, zfs
        for local in [
            0xEF53,
            0x5846_5342,
            0x9123_683E,
            0x0102_1994,
            0x794C_7630,
            0x2FC1_2FC1,
        ] {
            assert_eq!(network_file_system(local), None, "{local:#x}");
        }
        refuse_network_file_system(&std::env::temp_dir().join("latchkey.db")).unwrap();
    }
}
