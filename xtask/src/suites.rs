//! Every test of the project, with one total at the end.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::{
    build::{self, Binaries, Profile},
    http, postgres, process, progress,
    repo::Repo,
    stack::{self, Ports},
    stamp::{self, Stamp},
    system,
    totals::{self, Totals},
};

/// A group of tests with a runner of its own.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    /// The Rust tests of all crates, those of the server on both databases
    Rust,
    /// A person's way through the product, in Chromium
    Stories,
    /// The simulator as seen by Microsoft's own Python client
    Sdk,
}

/// Runs `only` these suites, or all, and prints the sum as the last line.
///
/// A suite that fails or cannot be run does not keep the others from running.
pub fn run(repo: &Repo, only: &[Suite]) -> ExitCode {
    let mut sum = Totals::default();
    // First, because the server that the Rust tests see embeds the front end.
    let built = build::everything(repo, Profile::Dev)
        .inspect_err(|error| progress::note(&format!("{error:#}")));
    if built.is_err() {
        sum += Totals::one_failure();
    }
    let wanted = |suite: &Suite| only.is_empty() || only.contains(suite);
    for suite in Suite::value_variants().iter().copied().filter(wanted) {
        let result = match (suite, &built) {
            (Suite::Rust, _) => progress::step("Rust tests", || rust(repo)),
            (Suite::Stories, Ok(_)) => progress::step("Browser stories", || stories(repo)),
            (Suite::Sdk, Ok(built)) => progress::step("Public Graph client", || sdk(repo, built)),
            (Suite::Stories | Suite::Sdk, Err(_)) => continue,
        };
        sum += result.unwrap_or_else(|error| {
            progress::note(&format!("{error:#}"));
            Totals::one_failure()
        });
    }
    conclude(sum)
}

/// Runs the long tests on both databases.
pub fn soak(repo: &Repo) -> ExitCode {
    let long = || {
        let mut test = stories_of_server(repo);
        test.args(["--ignored", "--nocapture", SOAK])
            .env("LATCHKEY_SOAK", "1");
        test
    };
    let mut sum = counted_step("Long tests on SQLite", &mut long());
    sum += on_postgres(repo, "Long tests on PostgreSQL", &mut long());
    conclude(sum)
}

fn conclude(sum: Totals) -> ExitCode {
    println!("{sum}");
    if sum.good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The module of the server's tests that only [`soak`] runs.
const SOAK: &str = "soak::";

fn rust(repo: &Repo) -> Result<Totals> {
    let mut product = product_tests(repo);
    let mut sum = counted(&mut product, totals::cargo)?;
    // With those that need PostgreSQL, which the first run has ignored.
    let mut again = stories_of_server(repo);
    again.args(["--include-ignored", "--skip", SOAK]);
    sum += on_postgres(repo, "The server's tests on PostgreSQL", &mut again);
    // The build tool alone, as it runs: together with the product it would
    // compile their common dependencies once more. What it starts PostgreSQL
    // with needs the programs, which are installed by now.
    let tools = ["--package", "xtask", "--package", "latchkey-cluster"];
    let mut tools_tests = repo.cargo();
    tools_tests
        .args(["test", "--no-fail-fast"])
        .args(tools)
        .args(["--", "--include-ignored"]);
    sum += counted(&mut tools_tests, totals::cargo)?;
    Ok(sum)
}

/// All tests but the build tools': the application together with the server,
/// so that it is tested as the server builds it, with `ssr`.
fn product_tests(repo: &Repo) -> Command {
    let mut cargo = repo.cargo();
    cargo
        .args(["test", "--no-fail-fast", "--workspace"])
        .args(["--exclude", "xtask", "--exclude", "latchkey-cluster"])
        .env_remove(postgres::URL);
    cargo
}

/// The integration tests of the server, chosen from all so that nothing is compiled anew; what is added to the command
/// goes to them.
fn stories_of_server(repo: &Repo) -> Command {
    let mut cargo = product_tests(repo);
    cargo.args(["--test", "stories", "--"]);
    cargo
}

/// Runs tests of the server against a PostgreSQL server of their own. Without one, that is a failure.
fn on_postgres(repo: &Repo, what: &str, tests: &mut Command) -> Totals {
    match postgres::Server::start(repo) {
        Ok(server) => counted_step(what, tests.envs(server.environment())),
        Err(error) => {
            progress::note(&format!("{error:#}"));
            Totals::one_failure()
        }
    }
}

/// A step that runs tests of cargo's.
fn counted_step(what: &str, tests: &mut Command) -> Totals {
    progress::step(what, || counted(tests, totals::cargo)).unwrap_or_else(|error| {
        progress::note(&format!("{error:#}"));
        Totals::one_failure()
    })
}

fn stories(repo: &Repo) -> Result<Totals> {
    let chromium = system::require_chromium()?;
    let is_story = |name: &str| name.ends_with(".story.mjs") || name.ends_with(".test.mjs");
    let files = stamp::files(&repo.path("e2e"))?.into_iter().filter(|file| {
        file.file_name()
            .is_some_and(|name| is_story(&name.to_string_lossy()))
    });
    let mut node = Command::new("node");
    node.current_dir(repo.root())
        .env("CHROMIUM", chromium)
        .env(
            "LATCHKEY_BINARIES",
            repo.target().join(Profile::Dev.folder()),
        )
        .args(["--test", "--test-reporter=spec", "--test-concurrency=1"])
        .args(files);
    counted(&mut node, totals::node)
}

fn sdk(repo: &Repo, binaries: &Binaries) -> Result<Totals> {
    let python = match system::python() {
        Ok(python) => python,
        Err(why) => {
            progress::note(&format!("skipped: {why}"));
            return Ok(Totals::default());
        }
    };
    let venv = repo.target().join("sdk-venv");
    let requirements = repo.path("e2e/sdk/requirements.txt");
    let stamp = Stamp::of(
        venv.join("latchkey.stamp"),
        std::slice::from_ref(&requirements),
        "",
    )?;
    if !stamp.holds() {
        progress::step("Install the public Graph client from PyPI", || {
            process::run(
                Command::new(python)
                    .args(["-m", "venv", "--clear"])
                    .arg(&venv),
            )?;
            process::run(
                Command::new(venv.join("bin/pip"))
                    .args([
                        "install",
                        "--quiet",
                        "--disable-pip-version-check",
                        "--requirement",
                    ])
                    .arg(&requirements),
            )?;
            stamp.set()
        })?;
    }
    let ports = Ports::free()?;
    let _simulator = stack::simulator(binaries, ports, &http::agent())?;
    let mut check = Command::new(venv.join("bin/python"));
    check.current_dir(repo.root()).args([
        "e2e/sdk/check_graph.py",
        "--base",
        &ports.simulator_url(),
    ]);
    counted(&mut check, totals::plain)
}

/// Runs a test runner, reading its totals from its output by `read`.
fn counted(runner: &mut Command, read: fn(&mut Totals, &str)) -> Result<Totals> {
    let mut totals = Totals::default();
    let succeeded = process::watch(runner, |line| read(&mut totals, line))
        .context("the test runner did not run")?;
    let totals = totals.checked_against(succeeded);
    progress::note(&totals.to_string());
    Ok(totals)
}
