//! The rules of each section.

use std::{ffi::OsString, path::Path, time::Duration};

use base64::{Engine, alphabet, engine};
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretSlice};
use tracing_subscriber::filter::{LevelFilter, Targets};
use url::{Host, Url};
use uuid::Uuid;

use super::{
    Alerts, Audit, Config, ConfigError, Entra, Log, LogFormat, Mail, MailCredentials, Organisation,
    Recovery, Server, Tls, read::Reader, source,
};
use crate::{
    countries::Countries,
    graph::{Credential, Settings},
    mail::address,
    store::{Location, beside},
};

/// In seconds.
pub(super) const MINUTE: u64 = 60;
pub(super) const HOUR: u64 = 60 * MINUTE;

/// Accepts base64 with and without the padding at its end.
const BASE64: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::STANDARD,
    engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent),
);

impl Config {
    /// Reads `file`, if one is given, and over it the environment. Relative paths in it begin at the
    /// file's folder.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_sources(file, source::environment())
    }

    pub(super) fn from_sources(
        file: Option<&Path>,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut given = source::Source::default();
        if let Some(file) = file {
            given.add_file(file)?;
        }
        given.add_variables(variables);
        let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
        let mut reader = Reader::new(given, folder);

        let server = server(&mut reader);
        let database = super::database::database(&mut reader);
        let audit = audit(&mut reader, database.as_ref());
        let entra = entra(&mut reader);
        let tenant = entra.as_ref().map(|entra| &entra.graph);
        let sign_in = super::sign_in::application(&mut reader, "sign_in", tenant);
        let password = super::sign_in::application(&mut reader, "password", tenant);
        super::sign_in::tell_apart(&mut reader, sign_in.as_ref(), password.as_ref());
        let mail = mail(&mut reader);
        let organisation = organisation(&mut reader);
        let alerts = alerts(&mut reader);
        let recovery = recovery(&mut reader);
        let approval = super::approval::approval(&mut reader, recovery.approval);
        let countries = countries(&mut reader);
        let saved_codes = super::saved_codes::saved_codes(&mut reader);
        let limits = super::limits::limits(&mut reader);
        let policies = super::proofs::policies(&mut reader);
        let base_url = server.as_ref().map(|server| &server.base_url);
        let verified_id = super::verified_id::verified_id(&mut reader, base_url);
        let answer_step = super::proofs::answer_step(&mut reader);
        let look_up_step = super::proofs::look_up_step(&mut reader);
        let log = log(&mut reader);

        let problems = reader.into_problems();
        match (
            server,
            database,
            entra,
            mail,
            organisation,
            alerts,
            policies,
        ) {
            (
                Some(server),
                Some(database),
                Some(entra),
                Some(mail),
                Some(organisation),
                Some(alerts),
                Some(policies),
            ) if problems.is_empty() => Ok(Self {
                server,
                database,
                audit,
                entra,
                sign_in,
                password,
                mail,
                organisation,
                alerts,
                recovery,
                approval,
                countries,
                saved_codes,
                limits,
                policies,
                verified_id,
                answer_step,
                look_up_step,
                log,
            }),
            _ => Err(ConfigError::Problems(problems)),
        }
    }
}

fn server(reader: &mut Reader) -> Option<Server> {
    let listen = reader
        .parsed("server.listen", |text| {
            text.parse()
                .map_err(|_| "must be an IP address and a port".to_owned())
        })
        .unwrap_or_else(|| ([127, 0, 0, 1], 3000).into());
    let base_url = reader.required("server.base_url", |text| {
        let url = service_url(text)?;
        if url.path() == "/" {
            Ok(url)
        } else {
            Err("must end after the host: pages are served from its root".to_owned())
        }
    });
    let trusted_proxies = reader.number("server.trusted_proxies", 0, 0..=10);
    let secret = reader
        .required_secret("server.secret", "server.secret_file")
        .and_then(|secret| {
            let bytes = BASE64
                .decode(secret.expose_secret())
                .ok()
                .filter(|bytes| bytes.len() >= 32);
            if bytes.is_none() {
                let key = if reader.has("server.secret") {
                    "server.secret"
                } else {
                    "server.secret_file"
                };
                reader.problem(key, "must hold 32 random bytes or more in base64");
            }
            bytes
        });
    Some(Server {
        listen,
        base_url: base_url?,
        trusted_proxies,
        secret: SecretSlice::from(secret?),
    })
}

/// Beside an embedded database unless another place is given: better than none, and the place that an
/// operator who restores only the database leaves alone.
fn audit(reader: &mut Reader, database: Option<&Location>) -> Audit {
    let given = reader.text("audit.checkpoint_file");
    let checkpoint_file = match (given, database) {
        (Some(file), _) => Some(reader.path(&file)),
        (None, Some(Location::Sqlite(path))) => Some(beside(path, ".checkpoint")),
        (None, _) => None,
    };
    Audit { checkpoint_file }
}

fn entra(reader: &mut Reader) -> Option<Entra> {
    let tenant_id = reader.required("entra.tenant_id", guid);
    let client_id = reader.required("entra.client_id", guid);
    let credential = credential(reader, "entra");
    let eligible_roles = reader.flag("privileged.eligible_roles", true);
    let mut url = |path, default: &str| {
        let url = reader.parsed(path, service_url);
        url.or_else(|| Url::parse(default).ok())
    };
    let login_url = url("entra.login_url", "https://login.microsoftonline.com");
    let graph_url = url("entra.graph_url", "https://graph.microsoft.com/v1.0");
    let security_info_url = url("entra.security_info_url", "https://aka.ms/mysecurityinfo");
    Some(Entra {
        graph: Settings {
            login_url: login_url?,
            graph_url: graph_url?,
            tenant_id: tenant_id?,
            client_id: client_id?,
            credential: credential?,
            eligible_roles,
        },
        security_info_url: security_info_url?,
    })
}

/// What an application proves itself with: the keys of that name in each section that has one.
pub(super) fn credential(reader: &mut Reader, section: &str) -> Option<Credential> {
    let key = |name: &str| format!("{section}.{name}");
    let (certificate_file, private_key_file) = (key("certificate_file"), key("private_key_file"));
    let (secret, secret_file) = (key("client_secret"), key("client_secret_file"));
    match (reader.has(&certificate_file), reader.has(&private_key_file)) {
        (false, false) => reader
            .required_secret(&secret, &secret_file)
            .map(Credential::Secret),
        (true, true) => {
            for key in [&secret, &secret_file] {
                if reader.has(key) {
                    reader.problem(
                        key,
                        format!("cannot stand beside {certificate_file}: keep one of them"),
                    );
                }
            }
            let certificate = reader.file(&certificate_file);
            let private_key_pem = reader.file(&private_key_file);
            Some(Credential::Certificate {
                certificate_pem: certificate?.expose_secret().to_owned(),
                private_key_pem: private_key_pem?,
            })
        }
        (has_certificate, _) => {
            let missing = if has_certificate {
                private_key_file
            } else {
                certificate_file
            };
            reader.problem(
                &missing,
                "is missing: a certificate and its private key go together",
            );
            None
        }
    }
}

fn mail(reader: &mut Reader) -> Option<Mail> {
    let host = reader.required("mail.host", |text| {
        Host::parse(text.trim_matches(['[', ']']))
            .or_else(|_| Host::parse(text))
            .map_err(|_| "must be the name or the address of a machine".to_owned())?;
        Ok(text.trim_matches(['[', ']']).to_owned())
    });
    let tls = reader.choice(
        "mail.tls",
        Tls::StartTls,
        &[
            ("none", Tls::None),
            ("starttls", Tls::StartTls),
            ("implicit", Tls::Implicit),
        ],
    );
    if tls == Tls::None && host.as_deref().is_some_and(|host| !is_loopback(host)) {
        reader.problem(
            "mail.tls",
            "can be `none` for a mail server on this machine only: codes and links would cross a network in the clear",
        );
    }
    let usual_port = match tls {
        Tls::None => 25,
        Tls::StartTls => 587,
        Tls::Implicit => 465,
    };
    let port = reader.number("mail.port", usual_port, 1..=65535);
    let username = reader.text("mail.username");
    let password = reader.secret("mail.password", "mail.password_file");
    let has_password = reader.has("mail.password") || reader.has("mail.password_file");
    match (reader.has("mail.username"), has_password) {
        (true, false) => reader.problem(
            "mail.password",
            "is missing, and so is mail.password_file: mail.username needs one",
        ),
        (false, true) => reader.problem("mail.username", "is missing: a password needs it"),
        _ => {}
    }
    let from = reader.required("mail.from", |text| {
        let mailbox: Mailbox = text.parse().map_err(|_| NOT_AN_ADDRESS.to_owned())?;
        address::strict(mailbox.email.as_ref()).map_err(|_| NOT_AN_ADDRESS.to_owned())?;
        Ok(mailbox)
    });
    Some(Mail {
        host: host?,
        port,
        tls,
        credentials: username
            .zip(password)
            .map(|(username, password)| MailCredentials { username, password }),
        from: from?,
    })
}

fn organisation(reader: &mut Reader) -> Option<Organisation> {
    let mut text = |path, most: usize| {
        reader.required(path, |text| {
            if text.chars().count() > most {
                Err(format!("must be at most {most} characters long"))
            } else {
                Ok(text.trim().to_owned())
            }
        })
    };
    let name = text("organisation.name", 100);
    let help = text("organisation.help", 300);
    Some(Organisation {
        name: name?,
        help: help?,
    })
}

fn alerts(reader: &mut Reader) -> Option<Alerts> {
    let to = reader.required_list("alerts.to", |entry| {
        address::strict(entry).map_err(|_| NOT_AN_ADDRESS.to_owned())
    })?;
    Some(Alerts { to })
}

fn recovery(reader: &mut Reader) -> Recovery {
    let removal = reader.choice(
        "recovery.methods",
        domain::Removal::All,
        &[
            ("all", domain::Removal::All),
            ("portal", domain::Removal::Portal),
        ],
    );
    let mut time = |name, default: u64, range, unit| {
        Duration::from_secs(reader.number(name, default, range) * unit)
    };
    let pass_lifetime = time("recovery.pass_lifetime_minutes", 15, 10..=480, MINUTE);
    let approval = time("recovery.approval_hours", 4, 1..=24, HOUR);
    let claim = time("recovery.claim_minutes", 30, 5..=480, MINUTE);
    let cool_off = time("recovery.cool_off_minutes", 0, 0..=10080, MINUTE);
    // An attempt stops when less than the last calls to Graph and a margin, 25 s, is left of its lease.
    let lease = time("recovery.lease_seconds", 60, 30..=600, 1);
    let watch = time("recovery.watch_seconds", 10, 1..=300, 1);
    Recovery {
        removal,
        pass_lifetime,
        approval,
        claim,
        cool_off,
        lease,
        watch,
    }
}

fn countries(reader: &mut Reader) -> Option<Countries> {
    const TABLE: &str = "countries.table";
    let file = reader.text(TABLE)?;
    let file = reader.path(&file);
    Countries::read(&file)
        .map_err(|error| reader.problem(TABLE, format!("names {}, which {error}", file.display())))
        .ok()
}

fn log(reader: &mut Reader) -> Log {
    let format = reader.choice(
        "log.format",
        LogFormat::Text,
        &[("text", LogFormat::Text), ("json", LogFormat::Json)],
    );
    let filter = reader.parsed("log.filter", |text| {
        // A word alone would also be taken for a module's name, so that a misspelt level logs nothing.
        let words_are_levels = text
            .split(',')
            .filter(|directive| !directive.contains('='))
            .all(|level| level.parse::<LevelFilter>().is_ok());
        text.parse::<Targets>()
            .ok()
            .filter(|_| words_are_levels)
            .ok_or_else(|| {
                "must be a level (error, warn, info, debug, trace), and module=level after commas"
                    .to_owned()
            })
    });
    Log {
        format,
        filter: filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO)),
    }
}

const NOT_AN_ADDRESS: &str = "is not a plain mail address";

pub(super) fn guid(text: &str) -> Result<String, String> {
    Uuid::try_parse(text)
        .ok()
        .filter(|_| text.len() == uuid::fmt::Hyphenated::LENGTH)
        .map(|guid| guid.to_string())
        .ok_or_else(|| "must be a GUID, as the Entra admin center shows it".to_owned())
}

/// An address that tokens, codes or people are sent to: https, or http on this machine.
pub(super) fn service_url(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).map_err(|_| "must be an address that begins with https://".to_owned())?;
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(host) => {}
        "http" => {
            return Err("must begin with https:// (http:// is for this machine only)".to_owned());
        }
        _ => return Err("must be an address that begins with https://".to_owned()),
    }
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain {
        Ok(url)
    } else {
        Err("must be an address without user, `?` and `#`".to_owned())
    }
}

/// Whether the name or the address, in brackets or not, is this machine's own.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}
