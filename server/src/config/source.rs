//! Where values come from: the file, and over it the environment.

use std::{collections::HashMap, ffi::OsString, path::Path};

use toml::{Table, Value};

use super::{ConfigError, Problem, keys};

/// Prefix of the variables that give keys: `LATCHKEY_SECTION__NAME`.
const PREFIX: &str = "LATCHKEY_";

/// A variable, and the option of `database.url` that goes before it.
pub(super) type Obeyed = (&'static str, Option<&'static str>);

/// What PostgreSQL's driver obeys by itself (<https://www.postgresql.org/docs/current/libpq-envars.html>), and cannot be
/// told to leave alone. What else it reads is always set.
const OBEYED: [Obeyed; 4] = [
    ("PGOPTIONS", None),
    ("PGSSLROOTCERT", Some("sslrootcert")),
    ("PGSSLCERT", Some("sslcert")),
    ("PGSSLKEY", Some("sslkey")),
];

/// A value as it was given.
pub(super) struct Given {
    pub value: Value,
    /// The variable that gave it; without one it is from the file.
    pub variable: Option<String>,
}

/// All values that were given, by `section.name`.
#[derive(Default)]
pub(super) struct Source {
    pub values: HashMap<String, Given>,
    pub problems: Vec<Problem>,
    /// Variables that the driver of PostgreSQL would obey.
    pub obeyed: Vec<Obeyed>,
}

impl Source {
    /// Takes the values of a file. The whole text is not kept, nor repeated in an error.
    pub fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let table: Table = toml::from_str(&text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            line: error
                .span()
                .and_then(|span| text.get(..span.start))
                .map_or(1, |before| before.matches('\n').count() + 1),
            message: error.message().to_owned(),
        })?;
        for (section, value) in table {
            match value {
                Value::Table(keys) => {
                    for (name, value) in keys {
                        self.add(format!("{section}.{name}"), value, None);
                    }
                }
                Value::Array(tables) if keys::is_repeated(&section) => {
                    self.add_entries(&section, tables);
                }
                value => self.add(section, value, None),
            }
        }
        Ok(())
    }

    fn add_entries(&mut self, section: &str, tables: Vec<Value>) {
        for (index, table) in tables.into_iter().enumerate() {
            let entry = format!("{section}[{}]", index + 1);
            match table {
                Value::Table(names) if names.is_empty() => {
                    self.problem(entry, None, "is empty".to_owned());
                }
                Value::Table(names) => {
                    for (name, value) in names {
                        self.add(format!("{entry}.{name}"), value, None);
                    }
                }
                _ => self.problem(entry, None, "must be a section".to_owned()),
            }
        }
    }

    /// Takes the values of environment variables; they go before those of a file.
    ///
    /// Other variables may begin with the prefix too, so only one that has `__` in it, or that
    /// would be a key if it had, is taken for a key.
    pub fn add_variables(&mut self, variables: impl Iterator<Item = (OsString, OsString)>) {
        for (variable, value) in variables {
            let Some(variable) = variable.to_str() else {
                continue;
            };
            self.obeyed
                .extend(OBEYED.iter().filter(|(name, _)| *name == variable));
            let Some(name) = variable.strip_prefix(PREFIX) else {
                continue;
            };
            let name = name.to_lowercase();
            if let Some((section, key)) = name.split_once("__") {
                let path = format!("{section}.{key}");
                if keys::is_repeated(section) {
                    let problem = "can be given in the file only".to_owned();
                    self.problem(path, Some(variable), problem);
                    continue;
                }
                match value.into_string() {
                    Ok(value) => self.add(path, Value::String(value), Some(variable.to_owned())),
                    Err(_) => self.problem(path, Some(variable), "is not valid UTF-8".to_owned()),
                }
            } else if let Some(key) = keys::KEYS
                .iter()
                .find(|key| key.path.replace('.', "_") == name)
            {
                let problem = format!(
                    "is not read from this variable: use {}",
                    keys::variable(key.path)
                );
                self.problem(key.path.to_owned(), Some(variable), problem);
            }
        }
    }

    fn add(&mut self, path: String, value: Value, variable: Option<String>) {
        let plain = keys::plain(&path);
        // What is without a number was not given as one of several.
        let section = plain
            .split_once('.')
            .map_or(&*plain, |(section, _)| section);
        let numbered = plain != path || !keys::is_repeated(section);
        if numbered && keys::KEYS.iter().any(|key| key.path == plain) {
            self.values.insert(path, Given { value, variable });
            return;
        }
        let nearest = keys::nearest(&path);
        let problem = match nearest {
            Some(meant) => format!("is not a key: did you mean {meant}?"),
            None => "is not a key".to_owned(),
        };
        self.problems.push(Problem {
            key: path.escape_debug().to_string(),
            variable,
            problem,
            example: nearest.and_then(keys::example),
        });
    }

    fn problem(&mut self, path: String, variable: Option<&str>, problem: String) {
        self.problems.push(Problem {
            example: keys::example(&path),
            key: path,
            variable: variable.map(str::to_owned),
            problem,
        });
    }
}

/// The environment of this process.
pub(super) fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}
