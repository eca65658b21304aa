//! Builds, runs and tests Latchkey: `cargo xtask help`.

mod bench;
mod build;
mod clock;
mod demo;
mod entropy;
mod environment;
mod http;
mod lint;
mod npm;
mod postgres;
mod process;
mod progress;
mod repo;
mod site;
mod stack;
mod stamp;
mod style;
mod suites;
mod system;
mod toolchain;
mod totals;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::{build::Profile, repo::Repo, suites::Suite};

/// Builds, runs and tests Latchkey. Each command first sets up what is missing.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_version_flag = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start Latchkey beside a stand-in Entra tenant with example people
    Demo {
        /// Forget the last demo: new secrets, empty database
        #[arg(long)]
        fresh: bool,
        /// Run optimised builds, as they would be deployed
        #[arg(long)]
        release: bool,
    },
    /// Build the front end, the server and the simulator
    Build {
        /// Optimise, compress, and hold the WASM to its size budget
        #[arg(long)]
        release: bool,
    },
    /// Run every test: Rust on both databases, browser stories, the public Graph client
    Test {
        /// Run only these suites (several may be named)
        #[arg(long, value_enum, num_args = 1.., value_name = "NAME")]
        only: Vec<Suite>,
        /// Run the long tests instead: a thousand crashes on each database
        #[arg(long, conflicts_with = "only")]
        soak: bool,
    },
    /// Check format, lints, licences and dependencies
    Lint,
    /// What has to hold before a change is merged: lint and test
    Ci,
    /// Measure the release build
    Bench {
        /// What to measure
        #[arg(value_enum)]
        what: Bench,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Bench {
    /// Cold start, idle memory and sizes against their goals
    Smoke,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let repo = Repo::find()?;
    match command {
        Command::Demo { fresh, release } => demo::run(&repo, Profile::of(release), fresh),
        Command::Build { release } => {
            build::everything(&repo, Profile::of(release)).map(|_| ExitCode::SUCCESS)
        }
        Command::Test { soak: true, .. } => Ok(suites::soak(&repo)),
        Command::Test { only, .. } => Ok(suites::run(&repo, &only)),
        Command::Lint => lint::run(&repo),
        Command::Ci => {
            let lint = lint::run(&repo)?;
            let tests = suites::run(&repo, &[]);
            Ok(if lint == ExitCode::SUCCESS {
                tests
            } else {
                lint
            })
        }
        Command::Bench { what: Bench::Smoke } => bench::smoke(&repo),
    }
}
