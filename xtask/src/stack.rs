//! Starts Latchkey beside the simulator.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use ureq::Agent;

use crate::{build::Binaries, http, process};

/// The configuration, shared with the browser stories (`e2e/harness.mjs`).
const CONFIGURATION: &str = include_str!("../../e2e/stack.toml");

/// How often and how long to ask whether a service is ready.
const READY: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(30));

/// A program that is stopped when dropped.
pub struct Service {
    name: &'static str,
    child: Child,
}

impl Service {
    /// Starts `command`; its output is shown.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start the {name}"))?;
        Ok(Self { name, child })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// An error if the program ended by itself.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the {} stopped by itself ({status})", self.name),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Asked first, so that the database is closed in order.
        let asked = self.child.try_wait().is_ok_and(|status| status.is_none())
            && process::succeeds(
                Command::new("kill")
                    .arg("-TERM")
                    .arg(self.child.id().to_string()),
            );
        let polls = if asked { 100 } else { 0 };
        for _ in 0..polls {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // Fails only for a process that is gone, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The ports of one stack, all on the loopback address.
#[derive(Clone, Copy)]
pub struct Ports {
    /// Latchkey's pages.
    pub app: u16,
    /// The simulator's Graph, sign-in page and mailbox.
    pub simulator: u16,
    /// The simulator's mail server.
    pub smtp: u16,
}

impl Ports {
    /// Three ports that are free now.
    pub fn free() -> Result<Self> {
        // All held together, so that they differ.
        let held = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)));
        let [app, simulator, smtp] = held.map(|listener| {
            listener
                .and_then(|it| it.local_addr())
                .map(|address| address.port())
        });
        Ok(Self {
            app: app?,
            simulator: simulator?,
            smtp: smtp?,
        })
    }

    /// Those of `self` that something else listens on.
    pub fn busy(self) -> Vec<u16> {
        [self.app, self.simulator, self.smtp]
            .into_iter()
            .filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_err())
            .collect()
    }

    /// Latchkey's address.
    pub fn app_url(self) -> String {
        format!("http://localhost:{}", self.app)
    }

    /// The simulator's address.
    pub fn simulator_url(self) -> String {
        format!("http://localhost:{}", self.simulator)
    }
}

/// Starts the simulator and waits until it answers.
pub fn simulator(binaries: &Binaries, ports: Ports, agent: &Agent) -> Result<Service> {
    let mut simulator = Service::start(
        "simulator",
        Command::new(&binaries.simulator)
            .args(["--http", &format!("127.0.0.1:{}", ports.simulator)])
            .args(["--smtp", &format!("127.0.0.1:{}", ports.smtp)])
            .args(["--public-url", &ports.simulator_url()]),
    )?;
    let tenant = format!("{}/_control/tenant", ports.simulator_url());
    http::wait_for(agent, &tenant, READY, || simulator.check())?;
    Ok(simulator)
}

/// Where one Latchkey keeps its files, and how much it logs.
pub struct Home<'a> {
    /// The folder of the configuration and the database.
    pub folder: &'a Path,
    /// The server's secret, base64.
    pub secret: &'a str,
    /// A filter of `tracing`.
    pub log_filter: &'a str,
}

/// Writes the configuration for the running simulator's tenant; gives its path.
pub fn configure(home: &Home<'_>, ports: Ports, agent: &Agent) -> Result<PathBuf> {
    let tenant = http::json(agent, &format!("{}/_control/tenant", ports.simulator_url()))?;
    let of_tenant = |key: &str| {
        tenant[key]
            .as_str()
            .with_context(|| format!("the tenant has no {key}"))
    };
    let database = home.folder.join("latchkey.db");
    let configuration = fill(
        CONFIGURATION,
        &[
            ("port", &ports.app.to_string()),
            ("secret", home.secret),
            ("database", &database.to_string_lossy()),
            ("simulator", &ports.simulator_url()),
            ("smtpPort", &ports.smtp.to_string()),
            ("tenantId", of_tenant("tenantId")?),
            ("clientId", of_tenant("clientId")?),
            ("clientSecret", of_tenant("clientSecret")?),
            ("passwordClientId", of_tenant("passwordClientId")?),
            ("passwordClientSecret", of_tenant("passwordClientSecret")?),
            ("domain", of_tenant("domain")?),
            ("logFilter", home.log_filter),
        ],
    );
    let path = home.folder.join("latchkey.toml");
    write_private(&path, &configuration)?;
    Ok(path)
}

/// Starts `latchkey serve` with these environment variables; does not wait for it.
pub fn server(
    binaries: &Binaries,
    configuration: &Path,
    variables: &[(&str, &str)],
) -> Result<Service> {
    Service::start(
        "server",
        Command::new(&binaries.server)
            .arg("serve")
            .arg("--config")
            .arg(configuration)
            .envs(variables.iter().copied()),
    )
}

/// Starts `latchkey serve` with these environment variables, and waits until it is ready.
pub fn ready_server(
    binaries: &Binaries,
    configuration: &Path,
    variables: &[(&str, &str)],
    ports: Ports,
    agent: &Agent,
) -> Result<Service> {
    let mut server = server(binaries, configuration, variables)?;
    let url = format!("{}/readyz", ports.app_url());
    http::wait_for(agent, &url, READY, || server.check())?;
    Ok(server)
}

/// Writes a file that holds a secret: nobody else may read it.
pub fn write_private(path: &Path, content: &str) -> Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};

    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values
        .iter()
        .fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_configuration_is_filled_in() {
        let names = [
            "port",
            "secret",
            "database",
            "simulator",
            "smtpPort",
            "tenantId",
            "clientId",
            "clientSecret",
            "passwordClientId",
            "passwordClientSecret",
            "domain",
            "logFilter",
        ];
        // The first lines explain the names themselves.
        let body = CONFIGURATION.split_once("\n\n").unwrap().1;
        assert!(!fill(body, &names.map(|name| (name, "1"))).contains("${"));
    }

    #[test]
    fn every_taken_port_is_named() {
        let held = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
        let [app, simulator, smtp] = held.each_ref().map(|it| it.local_addr().unwrap().port());
        let ports = Ports {
            app,
            simulator,
            smtp,
        };
        assert_eq!(ports.busy(), [app, simulator, smtp]);
    }

    #[test]
    fn a_service_that_ended_is_noticed_and_a_running_one_is_stopped() {
        let mut ended = Service::start("test", &mut Command::new("false")).unwrap();
        ended.child.wait().unwrap();
        assert!(ended.check().is_err());

        let mut running = Service::start("test", Command::new("sleep").arg("60")).unwrap();
        assert!(running.check().is_ok());
        let id = running.id().to_string();
        drop(running);
        assert!(!process::succeeds(Command::new("kill").args(["-0", &id])));
    }
}
