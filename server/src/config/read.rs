//! Turns given values into typed ones and gathers what is wrong with them.

use std::{
    collections::HashMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use secrecy::{SecretString, zeroize::Zeroize};
use toml::Value;

use super::{
    Problem, keys,
    source::{Given, Obeyed, Source},
};

/// Hands out values by key. A value that cannot be used becomes a problem and counts as absent, so
/// that reading goes on and finds the others.
pub(super) struct Reader {
    values: HashMap<String, Given>,
    problems: Vec<Problem>,
    obeyed: Vec<Obeyed>,
    /// Where relative paths begin.
    folder: PathBuf,
}

impl Reader {
    pub fn new(source: Source, folder: &Path) -> Self {
        Self {
            values: source.values,
            problems: source.problems,
            obeyed: source.obeyed,
            folder: folder.to_owned(),
        }
    }

    /// Everything wrong so far, in the order of the keys.
    pub fn into_problems(mut self) -> Vec<Problem> {
        let place = |problem: &Problem| {
            keys::KEYS
                .iter()
                .position(|key| key.path == keys::plain(&problem.key))
                .unwrap_or(usize::MAX)
        };
        self.problems.sort_by(|one, other| {
            place(one)
                .cmp(&place(other))
                .then_with(|| one.key.cmp(&other.key))
        });
        self.problems
    }

    /// Records that the key's value cannot be used.
    pub fn problem(&mut self, path: &str, problem: impl Into<String>) {
        self.problems.push(Problem {
            key: path.to_owned(),
            variable: self
                .values
                .get(path)
                .and_then(|given| given.variable.clone()),
            problem: problem.into(),
            example: keys::example(path),
        });
    }

    /// Variables that are set and that PostgreSQL's driver would obey.
    pub fn variables_obeyed(&self) -> Vec<Obeyed> {
        self.obeyed.clone()
    }

    /// How many sections of the name `section` there are.
    pub fn entries(&self, section: &str) -> usize {
        let numbers = self.values.keys().filter_map(|path| {
            let (number, _) = path
                .strip_prefix(section)?
                .strip_prefix('[')?
                .split_once(']')?;
            number.parse().ok()
        });
        numbers.max().unwrap_or(0)
    }

    pub fn has(&self, path: &str) -> bool {
        self.values.contains_key(path)
    }

    /// Whether any key of the section is given.
    pub fn has_section(&self, section: &str) -> bool {
        self.values.keys().any(|path| {
            path.split_once('.')
                .is_some_and(|(name, _)| name == section)
        })
    }

    /// The key's text: neither empty nor with control characters, which have no place in a value and
    /// could break out of a mail header or a log line.
    pub fn text(&mut self, path: &str) -> Option<String> {
        let problem = match &self.values.get(path)?.value {
            Value::String(text) if text.trim().is_empty() => "is empty",
            Value::String(text) if text.contains(char::is_control) => {
                "has a line break or another control character in it"
            }
            Value::String(text) => return Some(text.clone()),
            _ => "must be text in quotes",
        };
        self.problem(path, problem);
        None
    }

    /// The key's value, read by `parse`.
    pub fn parsed<T>(
        &mut self,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(path)?;
        parse(&text)
            .map_err(|problem| self.problem(path, problem))
            .ok()
    }

    /// Like [`parsed`](Self::parsed); a missing key is a problem.
    pub fn required<T>(
        &mut self,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if !self.has(path) {
            self.problem(path, "is missing");
        }
        self.parsed(path, parse)
    }

    /// A whole number in `range`.
    pub fn number<T: TryFrom<i64>>(
        &mut self,
        path: &str,
        default: T,
        range: RangeInclusive<i64>,
    ) -> T {
        let Some(given) = self.values.get(path) else {
            return default;
        };
        let number = match &given.value {
            Value::Integer(number) => Some(*number),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        number
            .and_then(|number| T::try_from(number).ok())
            .unwrap_or_else(|| {
                let problem = if range.start() == range.end() {
                    format!("must be {}", range.start())
                } else {
                    format!(
                        "must be a whole number from {} to {}",
                        range.start(),
                        range.end()
                    )
                };
                self.problem(path, problem);
                default
            })
    }

    /// Yes or no.
    pub fn flag(&mut self, path: &str, default: bool) -> bool {
        let flag = match self.values.get(path).map(|given| &given.value) {
            None => return default,
            Some(Value::Boolean(flag)) => Some(*flag),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        flag.unwrap_or_else(|| {
            self.problem(path, "must be true or false");
            default
        })
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&mut self, path: &str, default: T, choices: &[(&str, T)]) -> T {
        let choice = self.parsed(path, |text| {
            let chosen = choices.iter().find(|(word, _)| *word == text);
            chosen.map(|(_, choice)| *choice).ok_or_else(|| {
                let words: Vec<_> = choices
                    .iter()
                    .map(|(word, _)| format!("`{word}`"))
                    .collect();
                format!("must be one of {}", words.join(", "))
            })
        });
        choice.unwrap_or(default)
    }

    /// A list with at least one entry: an array of the file, or entries with commas between them.
    pub fn required_list<T>(
        &mut self,
        path: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let Some(given) = self.values.get(path) else {
            self.problem(path, "is missing");
            return None;
        };
        let entries: Option<Vec<String>> = match &given.value {
            Value::String(text) => Some(
                text.split(',')
                    .map(|entry| entry.trim().to_owned())
                    .collect(),
            ),
            Value::Array(entries) => entries
                .iter()
                .map(|entry| entry.as_str().map(str::to_owned))
                .collect(),
            _ => None,
        };
        let Some(entries) = entries.filter(|entries| !entries.is_empty()) else {
            self.problem(path, "must be a list of texts with at least one entry");
            return None;
        };
        let mut list = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            match parse(entry) {
                Ok(entry) => list.push(entry),
                Err(problem) => self.problem(
                    path,
                    format!("has an entry, number {}, that {problem}", index + 1),
                ),
            }
        }
        Some(list)
    }

    /// A path; a relative one begins at the configuration file's folder.
    pub fn path(&self, text: &str) -> PathBuf {
        self.folder.join(text)
    }

    /// The text of the file that the key names.
    pub fn file(&mut self, path: &str) -> Option<SecretString> {
        let file = self.text(path)?;
        let file = self.path(&file);
        let mut text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) => {
                self.problem(
                    path,
                    format!("names {}, which cannot be read: {error}", file.display()),
                );
                return None;
            }
        };
        let trimmed = text.trim();
        if trimmed.is_empty() {
            self.problem(path, format!("names {}, which is empty", file.display()));
            return None;
        }
        let secret = SecretString::from(trimmed);
        text.zeroize();
        Some(secret)
    }

    /// A secret that is given by `path` or, better, read from the file that `file_path` names.
    pub fn secret(&mut self, path: &str, file_path: &str) -> Option<SecretString> {
        if self.has(path) && self.has(file_path) {
            self.problem(
                path,
                format!("is given twice: keep one of {path} and {file_path}"),
            );
            return None;
        }
        if self.has(file_path) {
            return self.file(file_path);
        }
        self.text(path).map(SecretString::from)
    }

    /// Like [`secret`](Self::secret); it is a problem if both keys are missing.
    pub fn required_secret(&mut self, path: &str, file_path: &str) -> Option<SecretString> {
        if !self.has(path) && !self.has(file_path) {
            self.problem(path, format!("is missing, and so is {file_path}"));
        }
        self.secret(path, file_path)
    }
}
