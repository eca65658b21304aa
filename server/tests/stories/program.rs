//! The real program as a child process: started, killed, stopped, and started again on the same records.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::Story;

const PROGRAM: &str = env!("CARGO_BIN_EXE_latchkey");

/// Longer than mails take to leave after the last answer.
const LAST_WORK: Duration = Duration::from_millis(1500);
const GLANCE: Duration = Duration::from_millis(10);

/// A running `latchkey serve`. It ends with its test.
pub struct Program<'a> {
    story: &'a Story,
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    log: PathBuf,
}

impl Drop for Program<'_> {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("{}", self.log());
        }
    }
}

/// An address that nobody listens on.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

impl Story {
    /// The program with these arguments and the story's configuration, in an environment with nothing
    /// else in it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match self.disk() {
            Some(disk) => disk.command(PROGRAM),
            None => Command::new(PROGRAM),
        };
        command
            .env_clear()
            .args(arguments)
            .arg("--config")
            .arg(self.configuration())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts the program, waits until it is ready, and turns every browser to it.
    pub async fn program(&self) -> Program<'_> {
        self.program_with(&[]).await
    }

    /// As [`Self::program`], with these variables in its environment.
    pub async fn program_with(&self, variables: &[(&str, &str)]) -> Program<'_> {
        self.serving(&["serve"], variables).await
    }

    /// Starts a program that serves pages and leaves the jobs to others.
    pub async fn pages(&self) -> Program<'_> {
        self.serving(&["serve", "--pages-only"], &[]).await
    }

    /// Starts a program that only carries out jobs.
    pub fn worker(&self) -> Program<'_> {
        self.launch(&["worker"], &[])
    }

    async fn serving(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Program<'_> {
        loop {
            let mut program = self.launch(arguments, variables);
            let mut is_ready = false;
            self.eventually("the program to be ready", async || {
                is_ready = program.is_ready().await;
                is_ready || program.child.try_wait().unwrap().is_some()
            })
            .await;
            if is_ready {
                self.turn_to(&[program.address]);
                return program;
            }
            // Somebody else was given the address meanwhile.
            let log = program.log();
            assert!(log.contains("cannot listen on"), "ended: {log}");
        }
    }

    fn launch(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Program<'_> {
        static LAUNCHED: AtomicUsize = AtomicUsize::new(0);
        let number = LAUNCHED.fetch_add(1, Ordering::Relaxed);
        let log = self.file(&format!("program-{number}.log"));
        let address = free_address();
        let child = self
            .command(arguments)
            .env("LATCHKEY_SERVER__LISTEN", address.to_string())
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Program {
            story: self,
            child,
            address,
            log,
        }
    }
}

impl Program<'_> {
    /// Whether it says that it can serve.
    pub async fn is_ready(&self) -> bool {
        let url = format!("http://{}/readyz", self.address);
        let answer = self.story.client.get(url).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// `kill -9`, at once.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it in whatever it is doing, until [`Self::goes_on`].
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after a stop.
    pub fn goes_on(&self) {
        self.signal(Signal::CONT);
    }

    /// Tells it to end, and waits until it says that it has heard.
    pub async fn is_told_to_end(&self) {
        self.signal(Signal::TERM);
        let has_heard = async || self.log().contains("stopping");
        self.story
            .eventually("the program to hear", has_heard)
            .await;
    }

    /// Tells it to end, and waits until it has.
    pub async fn ends(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.has_ended().await
    }

    /// Whether it kills itself while there is still something to do in the background.
    pub async fn dies_soon(&mut self) -> bool {
        for _ in 0..LAST_WORK.as_millis() / GLANCE.as_millis() {
            if self.child.try_wait().unwrap().is_some() {
                self.has_died().await;
                return true;
            }
            tokio::time::sleep(GLANCE).await;
        }
        false
    }

    /// Waits until it has ended.
    pub async fn has_ended(&mut self) -> ExitStatus {
        let mut ended = None;
        self.story
            .eventually("the program to end", async || {
                ended = self.child.try_wait().unwrap();
                ended.is_some()
            })
            .await;
        ended.unwrap()
    }

    /// Waits until it has killed itself at a fail-point.
    pub async fn has_died(&mut self) {
        let status = self.has_ended().await;
        let kill = Signal::KILL.as_raw();
        assert_eq!(status.signal(), Some(kill), "{status}: {}", self.log());
    }

    /// The most memory that it has had so far, in MiB.
    pub fn peak_memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        kibibytes.unwrap().parse::<usize>().unwrap() / 1024
    }

    /// Waits until it has stopped itself at a fail-point.
    pub async fn has_stopped(&self) {
        let status = PathBuf::from(format!("/proc/{}/stat", self.child.id()));
        self.story
            .eventually("the program to stop", async || {
                let status = std::fs::read_to_string(&status).unwrap();
                // The state follows the name, which stands in parentheses (proc(5)).
                status
                    .rsplit_once(") ")
                    .is_some_and(|(_, rest)| rest.starts_with('T'))
            })
            .await;
    }
}
