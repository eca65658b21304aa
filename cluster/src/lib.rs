//! A PostgreSQL server of one's own, for the time of a test, from the system's programs.
//!
//! The build tool starts one for all tests; a test that stops its server, or fills its disk, starts another.

mod account;
mod password;
mod programs;

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{ErrorKind, Write as _},
    net::TcpListener,
    ops::Range,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context as _, Result, bail};

use account::Account;
use password::Password;
pub use programs::Programs;

/// How the server differs from PostgreSQL's defaults.
///
/// Tests crash programs, never the machine: what a program has written survives that without a wait for the disk.
/// `synchronous_commit` stays on, so that an acknowledged commit is as safe from a crash as in production.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
# Its path would have to be short.
unix_socket_directories = ''
fsync = off
full_page_writes = off
# Many tests at once, with several programs each.
max_connections = 400
";

/// How long the server may take to start or to stop, in seconds.
const PATIENCE: &str = "60";

/// What the server says when somebody else listens on its port (`EADDRINUSE`; `LC_ALL` is `C`).
const TAKEN: &str = "Address already in use";

/// How many ports a new server tries.
const PORTS_TRIED: usize = 5;

/// A server with an empty database `postgres`, for whoever knows its superuser's password: who is in as a superuser can
/// run programs as the server's account. Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct Cluster {
    programs: Programs,
    account: Option<Account>,
    folder: PathBuf,
    port: u16,
    password: Password,
    /// What starts PostgreSQL's programs; empty when nothing does.
    launcher: Vec<OsString>,
}

impl Cluster {
    /// Makes a server in a new folder below the first of `parents` that it can be run in, and starts it.
    ///
    /// As root, which PostgreSQL refuses to be, it is run by the account `postgres` or `nobody`.
    ///
    /// # Errors
    /// When no folder is in that account's reach, or the server cannot be made or started; its log is part of the
    /// message.
    pub fn start(programs: Programs, parents: &[PathBuf]) -> Result<Self> {
        Self::start_on(programs, parents, free_port)
    }

    /// As [`Self::start`], on the first of these ports that nobody else takes before the server does.
    fn start_on(
        programs: Programs,
        parents: &[PathBuf],
        mut port: impl FnMut() -> Result<u16>,
    ) -> Result<Self> {
        let account = Account::to_run_under()?;
        let parent = parents
            .iter()
            .find(|parent| account.is_none_or(|account| account.can_enter(parent)))
            .context("PostgreSQL's account can enter none of the folders for its data")?;
        let folder = new_folder(parent)?;
        // From here on, dropping it clears up.
        let mut cluster = Self {
            programs,
            account,
            folder,
            port: port()?,
            password: Password::choose()?,
            launcher: Vec::new(),
        };
        if let Some(account) = account {
            account.own(&cluster.folder)?;
        }
        cluster.initialise()?;
        for _ in 0..PORTS_TRIED {
            match cluster.start_again() {
                Err(error) if error.to_string().contains(TAKEN) => cluster.port = port()?,
                outcome => return outcome.map(|()| cluster),
            }
        }
        bail!("somebody else took each of {PORTS_TRIED} free ports first")
    }

    /// The address of the database `postgres`, for its superuser, with the password.
    #[must_use]
    pub fn url(&self) -> String {
        let (password, port) = (self.password.expose(), self.port);
        format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres")
    }

    /// Starts the server after it was stopped, on the same data and port, and waits until it takes connections.
    ///
    /// # Errors
    /// When it does not start; its log is part of the message.
    pub fn start_again(&self) -> Result<()> {
        let log = self.folder.join("log");
        // What went wrong before is no news.
        let _ = fs::remove_file(&log);
        let mut start = self.pg_ctl(&self.launcher, "start");
        start.arg("--log").arg(log);
        start.args(["--options", &format!("-p {}", self.port)]);
        self.succeed(&mut start)
    }

    /// Stops the server as a crash would: connections are cut off, and the next start recovers from the log.
    ///
    /// # Errors
    /// When it does not run.
    pub fn crash(&self) -> Result<()> {
        self.succeed(self.pg_ctl(&[], "stop").args(["--mode", "immediate"]))
    }

    /// Lets a program with these arguments start the server from now on, such as one that shows it other file systems.
    pub fn start_by(&mut self, launcher: Vec<OsString>) {
        self.launcher = launcher;
    }

    /// Lets the account that the server runs under run a command.
    pub fn run_as_server(&self, command: &mut Command) {
        if let Some(account) = self.account {
            account.run(command);
        }
    }

    /// Stops the server if it runs, and removes its data. What cannot be removed is left.
    pub fn clear(&self) {
        // It may have been stopped before.
        let _ = self.crash();
        let _ = fs::remove_dir_all(&self.folder);
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn initialise(&self) -> Result<()> {
        let password = self.folder.join("password");
        let mut file = private_file(&password)?;
        if let Some(account) = self.account {
            account.own(&password)?;
        }
        file.write_all(self.password.expose().as_bytes())?;
        let mut initdb = self.command(&[], "initdb");
        initdb
            .args(["--auth", "scram-sha-256", "--username", "postgres"])
            .arg("--pwfile")
            .arg(&password)
            .args(["--encoding", "UTF8", "--locale", "C", "--no-sync"])
            .arg("--pgdata")
            .arg(self.data());
        self.succeed(&mut initdb)?;
        fs::remove_file(password)?;
        let file = self.data().join("postgresql.conf");
        let mut settings = fs::read_to_string(&file)?;
        settings.push_str(SETTINGS);
        Ok(fs::write(file, settings)?)
    }

    fn pg_ctl(&self, launcher: &[OsString], verb: &str) -> Command {
        let mut pg_ctl = self.command(launcher, "pg_ctl");
        pg_ctl
            .args([verb, "--wait", "--timeout", PATIENCE, "--pgdata"])
            .arg(self.data());
        pg_ctl
    }

    /// One of PostgreSQL's programs, free of what the environment says about other servers.
    fn command(&self, launcher: &[OsString], program: &str) -> Command {
        let program = self.programs.folder().join(program).into_os_string();
        let mut line = launcher.iter().chain([&program]);
        let mut command = Command::new(line.next().unwrap_or(&program));
        command
            .args(line)
            .env_clear()
            .env("LC_ALL", "C")
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        self.run_as_server(&mut command);
        command
    }

    fn succeed(&self, command: &mut Command) -> Result<()> {
        let output = command
            .output()
            .with_context(|| format!("cannot run {}", command.get_program().display()))?;
        if output.status.success() {
            return Ok(());
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        bail!(
            "{} ended with {}\n{}{log}",
            command.get_program().display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A new file that its owner alone can read.
fn private_file(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true).mode(0o600);
    let made = options.open(path);
    made.with_context(|| format!("cannot make {}", path.display()))
}

fn new_folder(parent: &Path) -> Result<PathBuf> {
    let process = std::process::id();
    for number in 0_u32.. {
        let folder = parent.join(format!("latchkey-postgres-{process}-{number}"));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            outcome => {
                outcome.with_context(|| format!("cannot make {}", folder.display()))?;
                return Ok(folder);
            }
        }
    }
    bail!(
        "too many folders of other servers are left in {}",
        parent.display()
    )
}

/// A port that is free now, and that the system gives to nobody by itself while the server is down: Linux does so from
/// 32768 on (`ip_local_port_range`).
fn free_port() -> Result<u16> {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    const PORTS: Range<u32> = 16_384..32_768;
    // Other processes begin elsewhere.
    let begin = std::process::id().wrapping_mul(64);
    for _ in PORTS {
        let step = begin.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(PORTS.start + step % (PORTS.end - PORTS.start))?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "needs PostgreSQL, which `cargo xtask test` installs"]
    fn a_port_that_was_taken_meanwhile_costs_another_try() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = taken.local_addr().map(|address| (taken, address.port()));
        let (_held, taken) = taken.unwrap();
        let free = free_port().unwrap();
        let mut ports = [taken, free].into_iter();
        let programs = Programs::find(&[]).unwrap();
        let next = || ports.next().context("two are enough");
        let cluster = Cluster::start_on(programs, &[std::env::temp_dir()], next).unwrap();
        assert_eq!(cluster.port, free);
    }
}
