//! What is wrong with a configuration, said so that it can be put right without a manual.

use std::{fmt, io, path::PathBuf};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not TOML. The line itself is not repeated: it may hold a secret.
    #[error("the configuration file {} is not valid TOML: line {line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What the parser expected.
        message: String,
    },
    /// Keys are missing, unknown or have values that cannot be used.
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
}

/// One thing to put right. It never repeats a value, since that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, e.g. `server.base_url`.
    pub key: String,
    /// The environment variable that gave the value, if one did.
    pub variable: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// A line of the file that would be right.
    pub example: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        if let Some(variable) = &self.variable {
            write!(f, " (from {variable})")?;
        }
        write!(f, " {}", self.problem)?;
        if let Some(example) = &self.example {
            write!(f, "\n      for example: {example}")?;
        }
        Ok(())
    }
}

fn list(problems: &[Problem]) -> String {
    let mut text = match problems.len() {
        1 => "the configuration has a problem:".to_owned(),
        count => format!("the configuration has {count} problems:"),
    };
    for problem in problems {
        text.push_str("\n  - ");
        text.push_str(&problem.to_string());
    }
    text
}
