//! A small disk of a story's own.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{BufRead, BufReader, ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// What becomes of the folder for those who are in the holder's namespace.
const MOUNT: &str =
    r#"mount -t tmpfs -o size="$1",mode=700 tmpfs "$2" && echo mounted && exec sleep infinity"#;

/// A disk in memory, mounted at a folder for the programs that are started by [`Self::command`] and for nobody else:
/// no right to mount is needed, and nothing is left behind. It lasts as long as one of them or this value.
pub struct Disk {
    folder: PathBuf,
    /// Keeps the namespace.
    holder: Child,
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It cannot have ended by itself.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
        // What was copied out goes with the story.
        let _ = fs::remove_dir(&self.folder);
    }
}

impl Disk {
    /// Mounts a disk of this size at a new folder.
    pub fn mount(folder: PathBuf, bytes: u64) -> Self {
        Self::mount_as(|_| {}, folder, bytes)
    }

    /// As [`Self::mount`], for the account that `account` gives a command to.
    pub fn mount_as(account: impl Fn(&mut Command), folder: PathBuf, bytes: u64) -> Self {
        fs::create_dir(&folder).unwrap();
        let mut unshare = Command::new("unshare");
        account(&mut unshare);
        let mut holder = unshare
            .args(["--user", "--map-current-user", "--keep-caps", "--mount"])
            .args(["sh", "-c", MOUNT, "sh", &bytes.to_string()])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut output = BufReader::new(holder.stdout.take().unwrap());
        output.read_line(&mut said).unwrap();
        assert_eq!(
            said, "mounted\n",
            "a disk of its own needs user namespaces: be root, or allow them"
        );
        Self { folder, holder }
    }

    /// What starts a program where the disk is seen.
    pub fn launcher(&self) -> Vec<OsString> {
        let holder = self.holder.id().to_string();
        [
            "nsenter",
            "--target",
            &holder,
            "--user",
            "--preserve-credentials",
            "--mount",
        ]
        .map(OsString::from)
        .to_vec()
    }

    /// A program that is started where the disk is seen.
    pub fn command(&self, program: &str) -> Command {
        let launcher = self.launcher();
        let mut command = Command::new(&launcher[0]);
        command.args(&launcher[1..]).arg(program);
        command
    }

    /// Lets nothing on it be changed, or lets it again. Nobody may have a file open to write.
    pub fn is_read_only(&self, read_only: bool) {
        let how = if read_only {
            "remount,ro"
        } else {
            "remount,rw"
        };
        let mut mount = self.command("mount");
        let status = mount.args(["-o", how]).arg(&self.folder).status();
        assert!(status.unwrap().success(), "{how}");
    }

    /// Where it is mounted.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Leaves no room on it.
    pub fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        let full = loop {
            if let Err(error) = filler.write_all(&[0; 4096]) {
                break error.kind();
            }
        };
        assert_eq!(full, ErrorKind::StorageFull);
    }

    fn filler(&self) -> PathBuf {
        self.seen().join("filler")
    }

    /// Makes room again.
    pub fn clear(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    /// Copies what is on it to the folder as everybody else sees it.
    pub fn copy_out(&self) {
        for entry in fs::read_dir(self.seen()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), self.folder.join(entry.file_name())).unwrap();
        }
    }

    /// The disk, as seen from outside its namespace.
    fn seen(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.folder.strip_prefix("/").unwrap())
    }
}
