//! The configuration: a TOML file, each key of which can also be given as an environment variable.
//!
//! [`Config::load`] checks every key before anything starts, and reports all mistakes at once. What it
//! returns is ready for use: addresses are addresses, secrets are read from their files and are never
//! printed. This is the only module that reads the environment; the
//! fail-points of debug builds, which are no operator's, read a variable of their own.

mod approval;
mod database;
mod error;
mod keys;
mod limits;
mod office;
mod proofs;
mod read;
mod saved_codes;
mod sections;
mod sign_in;
mod source;
mod verified_id;

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use domain::Policies;
use lettre::{Address, message::Mailbox};
use secrecy::{SecretSlice, SecretString};
use tracing_subscriber::filter::Targets;
use url::Url;

pub use error::{ConfigError, Problem};

use crate::{
    auth::{self, oidc},
    countries::Countries,
    graph,
    limits::Settings as Limits,
    recovery::ApprovalSettings,
    store::Location,
};

/// Everything that an operator decides.
#[derive(Debug)]
pub struct Config {
    /// Where and as whom the server answers.
    pub server: Server,
    /// Where it keeps its records.
    pub database: Location,
    /// How the audit log is guarded.
    pub audit: Audit,
    /// The tenant that it serves.
    pub entra: Entra,
    /// The application that employees sign in with, if they do.
    pub sign_in: Option<oidc::Settings>,
    /// The application that the proof `password` is passed with, if it is one: it must not ask for a second factor.
    pub password: Option<oidc::Settings>,
    /// How mail leaves.
    pub mail: Mail,
    /// Whom people recover their accounts at.
    pub organisation: Organisation,
    /// Who is told when something is wrong.
    pub alerts: Alerts,
    /// The terms of a recovery.
    pub recovery: Recovery,
    /// Who approves, when, and how.
    pub approval: ApprovalSettings,
    /// From which country an address is, if there is a table of that.
    pub countries: Option<Countries>,
    /// Saved recovery codes.
    pub saved_codes: SavedCodes,
    /// How often things may be done.
    pub limits: Limits,
    /// What people must prove.
    pub policies: Policies,
    /// What Verified IDs are presented to, if anything.
    pub verified_id: Option<VerifiedId>,
    /// Answers to people who have not proven who they are come at whole steps of this.
    pub answer_step: Duration,
    /// The look-up of an identifier counts as finished at whole steps of this.
    pub look_up_step: Duration,
    /// What is logged, and how.
    pub log: Log,
}

/// Who is asked for Verified IDs, and what must hold of them.
#[derive(Debug)]
pub struct VerifiedId {
    /// Where Microsoft's Request Service is.
    pub service_url: Url,
    /// What must hold of a Verified ID.
    pub terms: Arc<auth::verified_id::Terms>,
}

/// Where and as whom the server answers.
#[derive(Debug)]
pub struct Server {
    /// Address that it listens on.
    pub listen: SocketAddr,
    /// Where people reach it: scheme and host, path `/`. Links in mail begin with it.
    pub base_url: Url,
    /// How many proxies in front of it add to `X-Forwarded-For`.
    pub trusted_proxies: u8,
    /// What its own keys are derived from, 32 bytes or more.
    pub secret: SecretSlice<u8>,
}

/// How the audit log is guarded.
#[derive(Debug)]
pub struct Audit {
    /// Where the latest checkpoint is kept, off the database.
    pub checkpoint_file: Option<PathBuf>,
}

/// The tenant.
#[derive(Debug)]
pub struct Entra {
    /// Its address, and how the server proves itself to it.
    pub graph: graph::Settings,
    /// Where people register new methods.
    pub security_info_url: Url,
}

/// How mail leaves.
#[derive(Debug)]
pub struct Mail {
    /// Name or address of the SMTP server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// The account there, if it asks for one.
    pub credentials: Option<MailCredentials>,
    /// Whom the mails are from.
    pub from: Mailbox,
}

/// How the connection to the SMTP server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Not at all: only for a mail server on this machine.
    None,
    /// It begins in the clear and must turn to TLS before anything is said.
    StartTls,
    /// TLS from the first byte.
    Implicit,
}

/// An account at the SMTP server.
#[derive(Debug)]
pub struct MailCredentials {
    /// Its name.
    pub username: String,
    /// Its password.
    pub password: SecretString,
}

/// Whom people recover their accounts at.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Its name, as its people know it.
    pub name: String,
    /// One sentence: how to reach somebody who can help.
    pub help: String,
}

/// Who is told when something is wrong.
#[derive(Debug)]
pub struct Alerts {
    /// Their addresses, at least one.
    pub to: Vec<Address>,
}

/// The terms of a recovery.
#[derive(Debug)]
pub struct Recovery {
    /// Which methods are removed.
    pub removal: domain::Removal,
    /// How long a pass is wanted to live; the tenant's policy may move it.
    pub pass_lifetime: Duration,
    /// How long approvers have to answer.
    pub approval: Duration,
    /// How long the pass can be claimed.
    pub claim: Duration,
    /// Delay between approval and the pass.
    pub cool_off: Duration,
    /// How long one issue attempt may work before another takes over.
    pub lease: Duration,
    /// How often disclosed passes and new methods are looked at.
    pub watch: Duration,
}

/// Saved recovery codes.
#[derive(Debug)]
pub struct SavedCodes {
    /// Memory that hashing them takes at most, in MiB.
    pub memory_mebibytes: u32,
}

/// What is logged, and how.
#[derive(Debug)]
pub struct Log {
    /// Form of a line.
    pub format: LogFormat,
    /// Which events are written, by module and level.
    pub filter: Targets,
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}
