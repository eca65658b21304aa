//! The command line.
//!
//! Exit status: 0 good, 1 failed, 2 wrong usage or configuration. Results go to standard output,
//! everything else to standard error.

use std::{
    io::{self, BufRead},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::{Args, Parser, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::{
    clock::{Entropy, SystemEntropy},
    config::Config,
    logging,
    run::{self, Duty, Existing, Held},
    upkeep, words,
};

/// The shortest password that an administrator can have, in characters.
const SHORTEST_PASSWORD: usize = 12;

/// Self-hosted account recovery for Microsoft Entra ID.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    /// Configuration file; without one, settings come from LATCHKEY_… variables alone
    #[arg(long, global = true, value_name = "FILE", env = "LATCHKEY_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve pages and carry out jobs
    Serve {
        /// Leave the jobs to `latchkey worker` (PostgreSQL only)
        #[arg(long)]
        pages_only: bool,
    },
    /// Carry out jobs without serving pages (PostgreSQL only)
    Worker,
    /// Bring the database up to this version
    Migrate,
    /// Copy the embedded database while the server runs
    Backup {
        /// Where to: a new file
        file: PathBuf,
    },
    /// Put a backup in the embedded database's place while no server runs
    Restore {
        /// A file that `latchkey backup` made
        file: PathBuf,
    },
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage the people who may use the console
    #[command(subcommand)]
    Admin(AdminCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say what is wrong with the configuration, all at once
    Check,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Create an administrator of the console
    Create(CreateAdmin),
    /// Open, approve and give out nothing any more, on every instance, until `resume`
    Pause {
        /// Why, for the audit log and the other administrators
        #[arg(long, value_parser = reason)]
        reason: Option<String>,
    },
    /// Let everything go on after `pause`, or before the circuit breaker would
    Resume,
}

#[derive(Debug, Args)]
struct CreateAdmin {
    /// Name to sign in with
    #[arg(value_parser = admin_name)]
    name: String,
    /// Read the password from standard input; otherwise one is made up and printed
    #[arg(long)]
    password_stdin: bool,
    /// Set a new password if the name is there already
    #[arg(long)]
    replace: bool,
}

/// Why a command did not end well.
enum Failure {
    /// Wrong usage or configuration.
    Usage(String),
    /// It could not be done.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// Carries out a command.
pub fn run(cli: Cli) -> ExitCode {
    match carry_out(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(problem)) => {
            eprintln!("Error: {problem}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(error)) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(cli: Cli) -> Result<(), Failure> {
    #[cfg(all(debug_assertions, unix))]
    crate::failpoint::prepare().map_err(Failure::Usage)?;
    let config =
        Config::load(cli.config.as_deref()).map_err(|error| Failure::Usage(error.to_string()))?;
    logging::start(&config.log).context("cannot start logging")?;
    match cli.command {
        Command::Config(ConfigCommand::Check) => {
            println!("The configuration is good.");
            Ok(())
        }
        Command::Serve { pages_only } => {
            let duty = if pages_only {
                Duty::Pages
            } else {
                Duty::Everything
            };
            Ok(block_on(run::work(config, duty))?)
        }
        Command::Worker => Ok(block_on(run::work(config, Duty::Jobs))?),
        Command::Migrate => Ok(block_on(upkeep::migrate(config))?),
        Command::Backup { file } => Ok(block_on(upkeep::back_up(config, file))?),
        Command::Restore { file } => Ok(block_on(upkeep::restore(config, file))?),
        Command::Admin(AdminCommand::Create(admin)) => create_admin(config, &admin),
        Command::Admin(AdminCommand::Pause { reason }) => hold(config, Held::Paused { reason }),
        Command::Admin(AdminCommand::Resume) => hold(config, Held::Resumed),
    }
}

fn hold(config: Config, held: Held) -> Result<(), Failure> {
    println!("{}", block_on(run::hold(config, held))?);
    Ok(())
}

fn create_admin(config: Config, admin: &CreateAdmin) -> Result<(), Failure> {
    let password = if admin.password_stdin {
        read_password(io::stdin().lock())?
    } else {
        generate_password(&SystemEntropy)
    };
    let existing = if admin.replace {
        Existing::Replace
    } else {
        Existing::Refuse
    };
    block_on(run::create_admin(
        config,
        admin.name.clone(),
        password.clone(),
        existing,
    ))?;
    println!("{} can sign in to the console now.", admin.name);
    if !admin.password_stdin {
        println!("Password, shown this once: {}", password.expose_secret());
    }
    Ok(())
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Runtime::new()
        .context("cannot start the runtime")?
        .block_on(work)
}

/// The first line; a line break at its end is not part of the password.
fn read_password(mut input: impl BufRead) -> Result<SecretString, Failure> {
    let mut line = Zeroizing::new(String::new());
    input
        .read_line(&mut line)
        .context("cannot read the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(Failure::Usage(format!(
            "the password on standard input must be at least {SHORTEST_PASSWORD} characters long, \
             for example four random words"
        )));
    }
    Ok(SecretString::from(password))
}

/// 120 random bits as 20 characters.
fn generate_password(entropy: &dyn Entropy) -> SecretString {
    let mut bytes = Zeroizing::new([0; 15]);
    entropy.fill(&mut *bytes);
    SecretString::from(URL_SAFE_NO_PAD.encode(*bytes))
}

fn reason(text: &str) -> Result<String, String> {
    /// The longest reason, in characters.
    const LONGEST: usize = 300;
    // It is mailed and kept, so it gets no characters that turn or hide what others read.
    let readable = words::readable(text);
    if readable.is_empty()
        || text.trim().contains(char::is_control)
        || readable.chars().count() > LONGEST
    {
        Err(format!(
            "a reason is one line of at most {LONGEST} characters"
        ))
    } else {
        Ok(readable)
    }
}

fn admin_name(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || b".-_@".contains(&c))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a name has 1 to 64 letters, digits and `.-_@`, and begins with a letter or digit, for example `ada.admin`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_configuration_file_can_stand_before_and_after_the_command() {
        for arguments in [
            ["latchkey", "--config", "a.toml", "serve"],
            ["latchkey", "serve", "--config", "a.toml"],
        ] {
            let cli = Cli::try_parse_from(arguments).unwrap();
            assert_eq!(cli.config, Some(PathBuf::from("a.toml")));
        }
    }

    #[test]
    fn a_name_that_could_be_mistaken_is_refused() {
        for name in ["", "ada admin", "-ada", "ada\n", "аda", &"a".repeat(65)] {
            assert!(admin_name(name).is_err(), "{name:?}");
        }
        assert_eq!(
            admin_name("ada.admin@example.com").unwrap(),
            "ada.admin@example.com"
        );
    }

    #[test]
    fn a_password_is_the_first_line_and_not_short() {
        let read = |input: &'static str| read_password(input.as_bytes());
        for input in [
            "long enough pass\n",
            "long enough pass\r\nmore",
            "long enough pass",
        ] {
            assert!(
                read(input).is_ok_and(|password| password.expose_secret() == "long enough pass")
            );
        }
        for input in ["", "\n", "eleven char\n", "ööööööööööö"] {
            match read(input) {
                Err(Failure::Usage(problem)) => assert!(!problem.contains("eleven"), "{problem}"),
                _ => panic!("{input:?}"),
            }
        }
    }

    #[test]
    fn a_made_up_password_is_long_and_new_each_time() {
        let one = generate_password(&SystemEntropy);
        assert_eq!(one.expose_secret().len(), 20);
        assert_ne!(
            one.expose_secret(),
            generate_password(&SystemEntropy).expose_secret()
        );
    }
}
