//! The account of the system that the server runs under.

use std::{
    os::unix::{fs::chown, process::CommandExt as _},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};

/// Who may run the server in place of root.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// Another account than our own.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// The account to run the server under; our own will do unless it is root.
    pub fn to_run_under() -> Result<Option<Self>> {
        if id(&["-u"]) != Some(0) {
            return Ok(None);
        }
        let named = |name| {
            Some(Self {
                user: id(&["-u", name])?,
                group: id(&["-g", name])?,
            })
        };
        let account = CANDIDATES.into_iter().find_map(named).with_context(|| {
            format!("PostgreSQL does not run as root, and there is no account {CANDIDATES:?}")
        })?;
        Ok(Some(account))
    }

    /// Whether the account can work in the folder.
    pub fn can_enter(self, folder: &Path) -> bool {
        let mut test = Command::new("test");
        self.run(test.arg("-x").arg(folder));
        test.status().is_ok_and(|status| status.success())
    }

    /// Gives the file or folder to the account.
    pub fn own(self, path: &Path) -> Result<()> {
        chown(path, Some(self.user), Some(self.group))
            .with_context(|| format!("cannot change the owner of {}", path.display()))
    }

    /// Lets the account run the command.
    pub fn run(self, command: &mut Command) {
        command.uid(self.user).gid(self.group);
    }
}

/// What `id` says.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id")
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    std::str::from_utf8(&output.stdout)
        .ok()?
        .trim()
        .parse()
        .ok()
}
