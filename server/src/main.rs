//! The binary `latchkey`.

use std::process::ExitCode;

use clap::Parser;
use latchkey::cli::{self, Cli};

fn main() -> ExitCode {
    cli::run(Cli::parse())
}
