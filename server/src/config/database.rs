//! The section `[database]`.

use std::{net::IpAddr, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::{Host, Url};

use super::{read::Reader, source::Obeyed};
use crate::store::{Location, resolved};

/// What `database.url` means.
enum Place {
    File(String),
    Server(Box<PgConnectOptions>),
}

pub(super) fn database(reader: &mut Reader) -> Option<Location> {
    let set = reader.variables_obeyed();
    let place = reader.required("database.url", |text| match text.strip_prefix("sqlite:") {
        Some(file) => sqlite(file).map(Place::File),
        None => postgres(text, &set).map(|options| Place::Server(Box::new(options))),
    });
    let password = reader.secret("database.password", "database.password_file");
    let connections = reader.number("database.connections", 16, 2..=1000);
    match place? {
        Place::File(file) => {
            for key in ["database.password", "database.password_file"] {
                if reader.has(key) {
                    reader.problem(
                        key,
                        "is for PostgreSQL: an embedded database has no use for it",
                    );
                }
            }
            Some(Location::Sqlite(resolved(reader.path(&file))))
        }
        Place::Server(options) => Some(Location::Postgres {
            options: Box::new(with_password(*options, password)),
            connections,
        }),
    }
}

fn sqlite(file: &str) -> Result<String, String> {
    let file = file.strip_prefix("//").unwrap_or(file);
    if file.is_empty() || file.starts_with(':') {
        return Err("must name a file: a database in memory would lose its records".to_owned());
    }
    if file.contains('?') {
        return Err("must be a file without options".to_owned());
    }
    Ok(file.to_owned())
}

/// Reads the address of a PostgreSQL server. Beyond this machine the connection must be encrypted, and
/// the server must prove who it is: what goes over it decides who gets a pass. `set` are variables that the driver
/// would obey.
fn postgres(text: &str, set: &[Obeyed]) -> Result<PgConnectOptions, String> {
    let kind = "must begin with `sqlite:` or `postgres://`";
    let url = Url::parse(text).map_err(|_| kind.to_owned())?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(kind.to_owned());
    }
    if url.password().is_some() {
        return Err(
            "must not hold the password, which would show in listings: give database.password_file"
                .to_owned(),
        );
    }
    let name = decoded(url.username())?;
    let database = decoded(url.path().trim_start_matches('/'))?;
    if name.is_empty() || database.is_empty() || database.contains('/') {
        return Err(
            "must name the user and the database: `postgres://user@host/database`".to_owned(),
        );
    }
    let mut options = PgConnectOptions::new_without_pgpass()
        .application_name("latchkey")
        .username(&name)
        .database(&database)
        .port(url.port().unwrap_or(5432));
    let host = url.host().filter(|host| *host != Host::Domain(""));
    let host = host.ok_or("must name the server: `postgres://user@host/database`")?;
    // As PostgreSQL's own clients have it, a folder in place of the host is that of a socket.
    let socket = decoded(&host.to_string())?;
    let is_local = socket.starts_with('/') || is_loopback(&host);
    options = if socket.starts_with('/') {
        options.socket(PathBuf::from(socket))
    } else {
        options.host(host.to_string().trim_matches(['[', ']']))
    };
    let overruled = |(_, option): &Obeyed| {
        let mut given = url.query_pairs();
        option.is_some_and(|option| given.any(|(key, _)| key == option))
    };
    if let Some((variable, option)) = set.iter().find(|obeyed| !overruled(obeyed)) {
        return Err(match option {
            Some(option) => format!(
                "cannot be used while {variable} is set in the environment, which would go before the configuration: unset it, and add `?{option}=FILE` here if it is wanted"
            ),
            None => format!(
                "cannot be used while {variable} is set in the environment, which would go before the configuration: unset it"
            ),
        });
    }
    let mut mode = None;
    for (key, value) in url.query_pairs() {
        match &*key {
            "sslmode" => mode = Some(ssl_mode(&value)?),
            "sslrootcert" => options = options.ssl_root_cert(&*value),
            "sslcert" => options = options.ssl_client_cert(&*value),
            "sslkey" => options = options.ssl_client_key(&*value),
            _ => {
                return Err(format!(
                    "has an option {key:?}, which is none of `sslmode`, `sslrootcert`, `sslcert` and `sslkey`"
                ));
            }
        }
    }
    let mode = match mode {
        None if is_local => PgSslMode::Prefer,
        None => PgSslMode::VerifyFull,
        Some(PgSslMode::VerifyFull | PgSslMode::VerifyCa) => mode.unwrap_or_default(),
        Some(other) if is_local => other,
        Some(_) => {
            return Err(
                "leads to another machine, so `sslmode` must be `verify-full` or `verify-ca`; `sslrootcert=FILE` names a certificate authority of your own"
                    .to_owned(),
            );
        }
    };
    Ok(options.ssl_mode(mode))
}

fn decoded(part: &str) -> Result<String, String> {
    percent_encoding::percent_decode_str(part)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "is not UTF-8".to_owned())
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        // A scheme that no standard knows: its hosts are domains, whatever they look like.
        Host::Domain(name) => {
            *name == "localhost"
                || name
                    .parse::<IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn ssl_mode(text: &str) -> Result<PgSslMode, String> {
    text.parse()
        .map_err(|_| "has an `sslmode` that PostgreSQL does not know".to_owned())
}

/// With the password, or expressly without one: else the driver would look for one in the environment.
fn with_password(options: PgConnectOptions, password: Option<SecretString>) -> PgConnectOptions {
    let password = password.unwrap_or_default();
    options.password(password.expose_secret())
}
