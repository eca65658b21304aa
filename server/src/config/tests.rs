use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::ExposeSecret;

use sqlx::postgres::PgSslMode;

mod approval;
mod proofs;
mod verified_id;

use super::{Config, ConfigError, Location, LogFormat, Problem, Tls, keys};
use crate::graph::Credential;

/// 32 bytes.
const SECRET: &str = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyISE=";

const MINIMAL: &str = r#"
[server]
base_url = "https://recover.example.com"
secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyISE="
[database]
url = "sqlite:/var/lib/latchkey.db"
[entra]
tenant_id = "3f6c1a52-8d0e-4b7a-9c11-2e5f7a90b4d3"
client_id = "B81D7F04-52C9-4E36-A0FD-6C3E9D217A58"
client_secret = "hush-client"
[mail]
host = "smtp.example.com"
from = "Account recovery <recovery@example.com>"
[organisation]
name = "Contoso"
help = "Call 4357"
[alerts]
to = ["security@example.com"]
[proofs]
required = 1
"#;

/// A folder of its own for one test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("latchkey-config-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn load(file: &Path, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::from_sources(Some(file), variables)
}

/// The minimal configuration with some keys set otherwise; `None` takes a key away.
fn changed(changes: &[(&str, Option<&str>)]) -> String {
    let mut table: toml::Table = toml::from_str(MINIMAL).unwrap();
    for (path, value) in changes {
        let (section, name) = path.split_once('.').unwrap();
        let section = table
            .entry(section)
            .or_insert_with(|| toml::Table::new().into());
        let section = section.as_table_mut().unwrap();
        match value {
            Some(value) => {
                let line: toml::Table = toml::from_str(&format!("value = {value}")).unwrap();
                section.insert(name.to_string(), line["value"].clone());
            }
            None => {
                section.remove(name);
            }
        }
    }
    toml::to_string(&table).unwrap()
}

fn problems(
    test: &str,
    changes: &[(&str, Option<&str>)],
    variables: &[(&str, &str)],
) -> Vec<Problem> {
    let folder = Folder::new(test);
    let file = folder.write("latchkey.toml", &changed(changes));
    match load(&file, variables) {
        Err(ConfigError::Problems(problems)) => problems,
        other => panic!("{changes:?}: {other:?}"),
    }
}

#[test]
fn what_is_not_given_has_its_default() {
    let folder = Folder::new("defaults");
    let config = load(&folder.write("latchkey.toml", MINIMAL), &[]).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(
        config.server.base_url.as_str(),
        "https://recover.example.com/"
    );
    assert_eq!(config.server.trusted_proxies, 0);
    assert_eq!(
        config.server.secret.expose_secret(),
        b"secret-secret-secret-secret-32!!"
    );
    let Location::Sqlite(path) = &config.database else {
        panic!("{:?}", config.database)
    };
    assert_eq!(path, Path::new("/var/lib/latchkey.db"));
    let graph = &config.entra.graph;
    assert_eq!(graph.tenant_id, "3f6c1a52-8d0e-4b7a-9c11-2e5f7a90b4d3");
    assert_eq!(graph.client_id, "b81d7f04-52c9-4e36-a0fd-6c3e9d217a58");
    assert_eq!(
        graph.login_url.as_str(),
        "https://login.microsoftonline.com/"
    );
    assert_eq!(graph.graph_url.as_str(), "https://graph.microsoft.com/v1.0");
    assert_eq!(
        config.entra.security_info_url.as_str(),
        "https://aka.ms/mysecurityinfo"
    );
    assert_eq!((config.mail.tls, config.mail.port), (Tls::StartTls, 587));
    assert!(config.mail.credentials.is_none());
    assert_eq!(config.recovery.removal, domain::Removal::All);
    assert_eq!(config.recovery.pass_lifetime, Duration::from_mins(15));
    assert_eq!(config.recovery.approval, Duration::from_hours(4));
    assert_eq!(config.recovery.claim, Duration::from_mins(30));
    assert_eq!(config.recovery.cool_off, Duration::ZERO);
    assert_eq!(config.recovery.lease, Duration::from_mins(1));
    assert_eq!(config.recovery.watch, Duration::from_secs(10));
    assert_eq!(config.log.format, LogFormat::Text);
    assert_eq!(config.log.filter.to_string(), "info");
}

/// A key, a value that cannot be used (`None`: the key is missing), and what is said about it.
const MISTAKES: &[(&str, Option<&str>, &str)] = &[
    (
        "server.listen",
        Some("\"localhost\""),
        "an IP address and a port",
    ),
    ("server.base_url", None, "is missing"),
    (
        "server.base_url",
        Some("\"recover.example.com\""),
        "must be an address that begins with https://",
    ),
    (
        "server.base_url",
        Some("\"http://recover.example.com\""),
        "must begin with https://",
    ),
    (
        "server.base_url",
        Some("\"ftp://recover.example.com\""),
        "begins with https://",
    ),
    (
        "server.base_url",
        Some("\"http://localhost.example.com\""),
        "must begin with https://",
    ),
    (
        "server.base_url",
        Some("\"https://recover.example.com/app\""),
        "must end after the host",
    ),
    (
        "server.base_url",
        Some("\"https://recover.example.com/?a=b\""),
        "without user",
    ),
    (
        "server.base_url",
        Some("\"https://me:pw@recover.example.com\""),
        "without user",
    ),
    (
        "server.base_url",
        Some("\"https://recover.example.com\\r\\nX: y\""),
        "a line break",
    ),
    ("server.base_url", Some("7"), "must be text in quotes"),
    ("server.trusted_proxies", Some("11"), "from 0 to 10"),
    ("server.trusted_proxies", Some("-1"), "from 0 to 10"),
    ("server.trusted_proxies", Some("true"), "from 0 to 10"),
    (
        "server.secret",
        None,
        "is missing, and so is server.secret_file",
    ),
    ("server.secret", Some("\"c2hvcnQ=\""), "32 random bytes"),
    (
        "server.secret",
        Some("\"not base64 at all, but quite long enough to be one\""),
        "32 random bytes",
    ),
    ("database.url", None, "is missing"),
    (
        "database.url",
        Some("\"mysql://u@db/latchkey\""),
        "must begin with `sqlite:` or `postgres://`",
    ),
    (
        "database.url",
        Some("\"postgres://u:hush@db/latchkey\""),
        "must not hold the password",
    ),
    (
        "database.url",
        Some("\"postgres://db/latchkey\""),
        "must name the user and the database",
    ),
    (
        "database.url",
        Some("\"postgres://u@db\""),
        "must name the user and the database",
    ),
    (
        "database.url",
        Some("\"postgres:///latchkey\""),
        "must name the user and the database",
    ),
    (
        "database.url",
        Some("\"postgres://u@db/latchkey?sslmode=require\""),
        "must be `verify-full` or `verify-ca`",
    ),
    (
        "database.url",
        Some("\"postgres://u@db/latchkey?sslmode=maybe\""),
        "an `sslmode` that PostgreSQL does not know",
    ),
    (
        "database.url",
        Some("\"postgres://u@db/latchkey?options=-c%20x%3Dy\""),
        "has an option \"options\"",
    ),
    ("database.password", Some("\"hush\""), "is for PostgreSQL"),
    ("database.connections", Some("1"), "from 2 to 1000"),
    ("database.url", Some("\"sqlite:\""), "must name a file"),
    (
        "database.url",
        Some("\"sqlite::memory:\""),
        "must name a file",
    ),
    (
        "database.url",
        Some("\"sqlite:a.db?mode=rwc\""),
        "without options",
    ),
    ("entra.tenant_id", Some("\"common\""), "must be a GUID"),
    (
        "entra.tenant_id",
        Some("\"3f6c1a528d0e4b7a9c112e5f7a90b4d3\""),
        "must be a GUID",
    ),
    ("entra.client_id", None, "is missing"),
    (
        "entra.client_secret",
        None,
        "is missing, and so is entra.client_secret_file",
    ),
    ("entra.client_secret", Some("\"\""), "is empty"),
    (
        "entra.login_url",
        Some("\"http://login.example.com\""),
        "must begin with https://",
    ),
    ("entra.graph_url", Some("\"graph\""), "must be an address"),
    (
        "entra.security_info_url",
        Some("\"javascript:alert(1)\""),
        "begins with https://",
    ),
    ("mail.host", None, "is missing"),
    (
        "mail.host",
        Some("\"smtp example\""),
        "must be the name or the address",
    ),
    ("mail.port", Some("0"), "from 1 to 65535"),
    ("mail.port", Some("65536"), "from 1 to 65535"),
    (
        "mail.tls",
        Some("\"ssl\""),
        "must be one of `none`, `starttls`, `implicit`",
    ),
    ("mail.tls", Some("\"none\""), "on this machine only"),
    ("mail.from", None, "is missing"),
    (
        "mail.from",
        Some("\"recovery\""),
        "is not a plain mail address",
    ),
    (
        "mail.from",
        Some("\"A <a@example.com>\\nBcc: b@example.com\""),
        "a line break",
    ),
    ("organisation.name", Some("\"  \""), "is empty"),
    ("organisation.help", None, "is missing"),
    ("alerts.to", None, "is missing"),
    ("alerts.to", Some("[]"), "at least one entry"),
    ("alerts.to", Some("[1]"), "must be a list of texts"),
    (
        "alerts.to",
        Some("[\"a@example.com\", \"b\"]"),
        "number 2, that is not a plain mail address",
    ),
    (
        "recovery.methods",
        Some("\"some\""),
        "must be one of `all`, `portal`",
    ),
    (
        "recovery.pass_lifetime_minutes",
        Some("9"),
        "from 10 to 480",
    ),
    (
        "recovery.pass_lifetime_minutes",
        Some("481"),
        "from 10 to 480",
    ),
    ("recovery.approval_hours", Some("25"), "from 1 to 24"),
    ("recovery.claim_minutes", Some("1"), "from 5 to 480"),
    ("recovery.cool_off_minutes", Some("1.5"), "a whole number"),
    ("recovery.lease_seconds", Some("10"), "from 30 to 600"),
    ("recovery.watch_seconds", Some("0"), "from 1 to 300"),
    (
        "log.format",
        Some("\"xml\""),
        "must be one of `text`, `json`",
    ),
    ("log.filter", Some("\"inof\""), "must be a level"),
    (
        "log.filter",
        Some("\"info,latchkey=loud\""),
        "must be a level",
    ),
];

#[test]
fn each_mistake_is_named_with_its_problem_and_an_example() {
    for (key, value, problem) in MISTAKES {
        let found = problems("mistakes", &[(key, *value)], &[]);
        let [found] = found.as_slice() else {
            panic!("{key} = {value:?}: {found:?}")
        };
        assert_eq!(found.key, *key, "{value:?}");
        assert!(
            found.problem.contains(problem),
            "{key} = {value:?}: {found}"
        );
        let example = found.example.as_deref().unwrap();
        let name = key.split_once('.').unwrap().1;
        assert!(example.contains(&format!("{name} = ")), "{example}");
        assert!(found.to_string().contains(example), "{found}");
    }
}

#[test]
fn an_application_for_sign_ins_is_whole_or_absent() {
    const ID: Option<&str> = Some("\"6F0A1C3E-94D2-4B58-8A77-1D5E2C9B3F40\"");
    const SECRET: Option<&str> = Some("\"hush\"");
    // One proof is asked for, which must not be the password.
    const MAILED: (&str, Option<&str>) = ("proofs.accepted", Some("[\"email_code\"]"));
    for section in ["sign_in", "password"] {
        let key = |name: &str| format!("{section}.{name}");
        let (id, secret, authority) = (key("client_id"), key("client_secret"), key("authority"));
        for (changes, wrong, problem) in [
            (&[(id.as_str(), ID)][..], &secret, "is missing, and so is"),
            (&[(secret.as_str(), SECRET)], &id, "is missing"),
            (
                &[(&id, Some("\"latchkey\"")), (&secret, SECRET)],
                &id,
                "must be a GUID",
            ),
            (
                &[
                    (&id, ID),
                    (&secret, SECRET),
                    (&authority, Some("\"http://login.example.com\"")),
                ],
                &authority,
                "must begin with https://",
            ),
        ] {
            let changes = [changes, &[MAILED]].concat();
            let found = problems("applications", &changes, &[]);
            let [found] = found.as_slice() else {
                panic!("{changes:?}: {found:?}")
            };
            assert_eq!(found.key, *wrong);
            assert!(found.problem.contains(problem), "{found}");
        }
        let folder = Folder::new("application");
        let whole = changed(&[(&id, ID), (&secret, SECRET), MAILED]);
        let config = load(&folder.write("latchkey.toml", &whole), &[]).unwrap();
        let (given, other) = match section {
            "sign_in" => (config.sign_in, config.password),
            _ => (config.password, config.sign_in),
        };
        let given = given.unwrap();
        assert_eq!(given.authentication_context, None);
        assert_eq!(given.client_id, "6f0a1c3e-94d2-4b58-8a77-1d5e2c9b3f40");
        assert_eq!(
            given.authority.as_str(),
            "https://login.microsoftonline.com/3f6c1a52-8d0e-4b7a-9c11-2e5f7a90b4d3/v2.0"
        );
        assert!(other.is_none());
    }
}

#[test]
fn an_authentication_context_is_one_for_employees_alone() {
    const APPLICATION: [(&str, Option<&str>); 2] = [
        (
            "sign_in.client_id",
            Some("\"6f0a1c3e-94d2-4b58-8a77-1d5e2c9b3f40\""),
        ),
        ("sign_in.client_secret", Some("\"hush\"")),
    ];
    const KEY: &str = "sign_in.authentication_context";
    for wrong in [
        "\"\"",
        "\"c\"",
        "\"c0\"",
        "\"c100\"",
        "\"C1\"",
        "\"mfa\"",
        "\"c1 c2\"",
        "1",
    ] {
        let changes = [&APPLICATION[..], &[(KEY, Some(wrong))]].concat();
        let found = problems("context", &changes, &[]);
        assert_eq!(found.len(), 1, "{wrong}: {found:?}");
        assert_eq!(found[0].key, KEY);
    }
    let folder = Folder::new("context-right");
    let right = changed(&[&APPLICATION[..], &[(KEY, Some("\"c25\""))]].concat());
    let config = load(&folder.write("latchkey.toml", &right), &[]).unwrap();
    assert_eq!(
        config.sign_in.unwrap().authentication_context.as_deref(),
        Some("c25")
    );
    let elsewhere = problems(
        "context-elsewhere",
        &[("password.authentication_context", Some("\"c1\""))],
        &[],
    );
    assert!(
        elsewhere
            .iter()
            .any(|found| found.problem.contains("is not a key")),
        "{elsewhere:?}"
    );
}

#[test]
fn whoever_signs_in_by_the_password_alone_does_so_at_another_application() {
    const ID: Option<&str> = Some("\"6f0a1c3e-94d2-4b58-8a77-1d5e2c9b3f40\"");
    const SECRET: Option<&str> = Some("\"hush\"");
    let changes = |other: &'static str| {
        [
            ("sign_in.client_id", ID),
            ("sign_in.client_secret", SECRET),
            ("password.client_id", Some(other)),
            ("password.client_secret", SECRET),
            ("proofs.accepted", Some("[\"email_code\"]")),
        ]
    };
    // In any case: it is the same application.
    let found = problems(
        "one-application",
        &changes("\"6F0A1C3E-94D2-4B58-8A77-1D5E2C9B3F40\""),
        &[],
    );
    let [found] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(found.key, "password.client_id");
    for words in [
        "is the same as sign_in.client_id",
        "Register another application for [password]",
    ] {
        assert!(found.problem.contains(words), "{found}");
    }
    let folder = Folder::new("two-applications");
    let two = changed(&changes("\"c2b7e915-3d48-4f6a-b0c1-7e8f5a2d6b93\""));
    assert!(load(&folder.write("latchkey.toml", &two), &[]).is_ok());
}

#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_the_keys() {
    let changes = [
        ("log.format", Some("\"xml\"")),
        ("server.listen", Some("\"here\"")),
        ("mail.from", None),
        ("extra.key", Some("1")),
    ];
    let found = problems("together", &changes, &[]);
    let keys: Vec<_> = found.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(
        keys,
        ["server.listen", "mail.from", "log.format", "extra.key"]
    );
    let text = ConfigError::Problems(found).to_string();
    assert!(
        text.starts_with("the configuration has 4 problems:\n  - server.listen must"),
        "{text}"
    );
}

#[test]
fn an_unknown_key_is_a_problem_and_the_likely_one_is_named() {
    for (unknown, meant) in [
        ("server.base_ur", Some("server.base_url")),
        ("mial.host", Some("mail.host")),
        ("organization.name", Some("organisation.name")),
        ("mail.frm", Some("mail.from")),
        ("zzz.qqq", None),
    ] {
        let found = problems("unknown", &[(unknown, Some("\"hush-value\""))], &[]);
        let [found] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(found.key, unknown);
        match meant {
            Some(meant) => assert!(
                found.problem.ends_with(&format!("did you mean {meant}?")),
                "{found}"
            ),
            None => assert_eq!(found.problem, "is not a key"),
        }
        assert!(!found.to_string().contains("hush"), "{found}");
    }
    let found = problems("unknown", &[], &[("LATCHKEY_MAIL__HOTS", "x")]);
    assert_eq!(found[0].variable.as_deref(), Some("LATCHKEY_MAIL__HOTS"));
    assert_eq!(found[0].problem, "is not a key: did you mean mail.host?");
}

#[test]
fn a_key_outside_its_section_is_named() {
    let folder = Folder::new("outside");
    let file = folder.write(
        "latchkey.toml",
        &format!("base_url = \"https://a.example\"\n{MINIMAL}"),
    );
    let text = load(&file, &[]).unwrap_err().to_string();
    assert!(
        text.contains("base_url is not a key: did you mean server.base_url?"),
        "{text}"
    );
}

#[test]
fn the_environment_goes_before_the_file() {
    let folder = Folder::new("environment");
    let file = folder.write("latchkey.toml", MINIMAL);
    let variables = [
        ("LATCHKEY_SERVER__LISTEN", "[::1]:8080"),
        ("LATCHKEY_MAIL__PORT", "2525"),
        ("LATCHKEY_MAIL__USERNAME", "007"),
        ("LATCHKEY_MAIL__PASSWORD", "0123"),
        ("LATCHKEY_ALERTS__TO", "a@example.com, b@example.com"),
        ("LATCHKEY_RECOVERY__METHODS", "portal"),
        ("LATCHKEY_LOG__FORMAT", "json"),
        ("LATCHKEY_CONFIG", "/not/a/key"),
        ("PATH", "/bin"),
    ];
    let config = load(&file, &variables).unwrap();
    assert_eq!(config.server.listen.to_string(), "[::1]:8080");
    assert_eq!(config.mail.port, 2525);
    let account = config.mail.credentials.as_ref().unwrap();
    assert_eq!(
        (account.username.as_str(), account.password.expose_secret()),
        ("007", "0123")
    );
    assert_eq!(config.alerts.to.len(), 2);
    assert_eq!(config.recovery.removal, domain::Removal::Portal);
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn a_variable_with_a_mistake_is_named() {
    let found = problems("variable", &[], &[("LATCHKEY_MAIL__PORT", "many")]);
    assert_eq!(
        found[0].to_string(),
        "mail.port (from LATCHKEY_MAIL__PORT) must be a whole number from 1 to 65535\n      for example: [mail] port = 587"
    );
    let found = problems("variable", &[], &[("LATCHKEY_MAIL_PORT", "25")]);
    assert_eq!(found[0].key, "mail.port");
    assert_eq!(
        found[0].problem,
        "is not read from this variable: use LATCHKEY_MAIL__PORT"
    );
}

#[test]
fn the_environment_alone_can_be_enough() {
    let table: toml::Table = toml::from_str(MINIMAL).unwrap();
    let variables = table.iter().flat_map(|(section, keys)| {
        keys.as_table().unwrap().iter().map(move |(name, value)| {
            let value = match value {
                toml::Value::String(text) => text.clone(),
                toml::Value::Array(_) => "security@example.com".to_owned(),
                other => other.to_string(),
            };
            (
                OsString::from(keys::variable(&format!("{section}.{name}"))),
                OsString::from(value),
            )
        })
    });
    let config = Config::from_sources(None, variables).unwrap();
    assert_eq!(config.organisation.name, "Contoso");
}

#[test]
fn secrets_are_read_from_files_beside_the_configuration_and_trimmed() {
    let folder = Folder::new("files");
    folder.write("secret", &format!("{SECRET}\n"));
    folder.write("client-secret", "  hush-client \r\n");
    folder.write("mail-password", "hush-mail\n");
    let file = folder.write(
        "latchkey.toml",
        &changed(&[
            ("server.secret", None),
            ("server.secret_file", Some("\"secret\"")),
            ("entra.client_secret", None),
            ("entra.client_secret_file", Some("\"client-secret\"")),
            ("mail.username", Some("\"latchkey\"")),
            ("mail.password_file", Some("\"mail-password\"")),
            ("database.url", Some("\"sqlite:latchkey.db\"")),
        ]),
    );
    let config = load(&file, &[]).unwrap();
    assert_eq!(config.server.secret.expose_secret().len(), 32);
    let Credential::Secret(secret) = &config.entra.graph.credential else {
        panic!()
    };
    assert_eq!(secret.expose_secret(), "hush-client");
    assert_eq!(
        config.mail.credentials.unwrap().password.expose_secret(),
        "hush-mail"
    );
    let Location::Sqlite(database) = config.database else {
        panic!("{:?}", config.database)
    };
    assert_eq!(database, folder.0.join("latchkey.db"));
    assert_eq!(
        config.audit.checkpoint_file,
        Some(folder.0.join("latchkey.db.checkpoint"))
    );
}

#[test]
fn a_certificate_stands_in_for_the_client_secret() {
    let folder = Folder::new("certificate");
    folder.write("certificate.pem", "CERTIFICATE\n");
    folder.write("key.pem", "hush-key\n");
    let files = [
        ("entra.certificate_file", Some("\"certificate.pem\"")),
        ("entra.private_key_file", Some("\"key.pem\"")),
    ];
    let text = changed(&[files[0], files[1], ("entra.client_secret", None)]);
    let config = load(&folder.write("latchkey.toml", &text), &[]).unwrap();
    let Credential::Certificate {
        certificate_pem,
        private_key_pem,
    } = &config.entra.graph.credential
    else {
        panic!()
    };
    assert_eq!(certificate_pem, "CERTIFICATE");
    assert_eq!(private_key_pem.expose_secret(), "hush-key");
    assert!(!format!("{config:?}").contains("hush"));

    let both = load(&folder.write("latchkey.toml", &changed(&files)), &[])
        .unwrap_err()
        .to_string();
    assert!(
        both.contains("entra.client_secret cannot stand beside entra.certificate_file"),
        "{both}"
    );
    let one = problems("half", &[files[0]], &[]);
    assert_eq!(one[0].key, "entra.private_key_file");
}

#[test]
fn two_ways_to_give_one_secret_and_half_an_account_are_problems() {
    let twice = problems("twice", &[("server.secret_file", Some("\"secret\""))], &[]);
    assert_eq!(
        twice[0].problem,
        "is given twice: keep one of server.secret and server.secret_file"
    );
    let name_alone = problems("account", &[("mail.username", Some("\"latchkey\""))], &[]);
    assert_eq!(name_alone[0].key, "mail.password");
    let password_alone = problems("account", &[("mail.password", Some("\"hush\""))], &[]);
    assert_eq!(password_alone[0].key, "mail.username");
}

#[test]
fn a_secret_s_file_that_is_missing_or_empty_is_named() {
    let folder = Folder::new("no-file");
    folder.write("empty", " \n");
    for (file, problem) in [
        ("absent", "which cannot be read"),
        ("empty", "which is empty"),
    ] {
        let text = changed(&[
            ("server.secret", None),
            ("server.secret_file", Some(&format!("\"{file}\""))),
        ]);
        let error = load(&folder.write("latchkey.toml", &text), &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("server.secret_file names ") && error.contains(problem),
            "{error}"
        );
    }
}

#[test]
fn plain_http_and_plain_smtp_are_accepted_on_this_machine() {
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let folder = Folder::new("loopback");
        let url = format!("\"http://{host}:3000\"");
        let smtp = format!("\"{host}\"");
        let changes = [
            ("server.base_url", Some(url.as_str())),
            ("entra.login_url", Some(&url)),
            ("entra.graph_url", Some(&url)),
            ("mail.host", Some(&smtp)),
            ("mail.tls", Some("\"none\"")),
        ];
        let config = load(&folder.write("latchkey.toml", &changed(&changes)), &[]).unwrap();
        assert_eq!((config.mail.tls, config.mail.port), (Tls::None, 25));
    }
}

#[test]
fn no_secret_is_printed() {
    let folder = Folder::new("debug");
    let text = changed(&[
        ("mail.username", Some("\"latchkey\"")),
        ("mail.password", Some("\"hush-mail\"")),
    ]);
    let config = load(&folder.write("latchkey.toml", &text), &[]).unwrap();
    let printed = format!("{config:?} {config:#?}");
    for secret in [
        "hush-client",
        "hush-mail",
        SECRET,
        "secret-secret",
        "115, 101, 99",
    ] {
        assert!(!printed.contains(secret), "{secret}");
    }

    let broken = folder.write(
        "broken.toml",
        "[server]\nsecret = \"hush-secret\nlisten = 3",
    );
    let error = load(&broken, &[]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("broken.toml is not valid TOML: line 2: "),
        "{text}"
    );
    assert!(!format!("{text} {error:?}").contains("hush"), "{error:?}");

    let wrong = problems(
        "printed",
        &[
            ("server.secret", Some("\"hush-secret\"")),
            ("database.url", Some("\"postgres://u:hush@db\"")),
        ],
        &[],
    );
    assert!(!format!("{wrong:?}").contains("hush"), "{wrong:?}");
}

#[test]
fn a_missing_file_is_named() {
    let error = load(Path::new("/nowhere/latchkey.toml"), &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read the configuration file /nowhere/latchkey.toml: "),
        "{error}"
    );
}

#[test]
fn the_example_file_shows_every_key_once_and_its_defaults_are_right() {
    let text = include_str!("../../../latchkey.example.toml");
    // With every comment mark before a key taken away the file must still parse, so nothing in it is stale.
    let all: String = text
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|rest| {
                    rest.starts_with("[[")
                        || rest.split_once(" = ").is_some_and(|(name, _)| {
                            name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_')
                        })
                })
                .unwrap_or(line)
        })
        .fold(String::new(), |all, line| all + line + "\n");
    let table: toml::Table = toml::from_str(&all).unwrap();
    let mut shown: Vec<String> = table
        .iter()
        .flat_map(|(section, keys)| {
            let one = keys.as_array().map_or(keys, |several| &several[0]);
            let names = one.as_table().unwrap().keys();
            names.map(move |name| format!("{section}.{name}"))
        })
        .collect();
    // Named in words, since it stands in place of `secret_file`.
    assert!(text.contains("Or as text: secret = "));
    shown.push("server.secret".to_owned());
    shown.sort();
    let mut known: Vec<_> = keys::KEYS.iter().map(|key| key.path.to_owned()).collect();
    known.sort();
    assert_eq!(shown, known);

    let folder = Folder::new("example");
    folder.write("secret", SECRET);
    folder.write("pem", "PEM");
    let given = text
        .replace("/etc/latchkey/secret", "secret")
        .replace("/etc/latchkey/certificate.pem", "pem")
        .replace("/etc/latchkey/private-key.pem", "pem");
    let as_given = load(&folder.write("given.toml", &given), &[]).unwrap();
    // Without what is not given by default: whole sections, and keys that others stand for.
    let mut with_defaults = table;
    for section in [
        "password",
        "office",
        "offices",
        "absences",
        "countries",
        "groups",
        "verified_id",
    ] {
        with_defaults.remove(section).unwrap();
    }
    for (_, keys) in &mut with_defaults {
        let keys = keys.as_table_mut().unwrap();
        keys.retain(|name, _| {
            ![
                "client_secret",
                "username",
                "password",
                "authentication_context",
                "on_call_group",
                "approvers_group",
                "never",
            ]
            .iter()
            .any(|other| name.starts_with(other))
        });
    }
    let with_defaults = with_defaults
        .to_string()
        .replace("/etc/latchkey/secret", "secret")
        .replace("/etc/latchkey/certificate.pem", "pem")
        .replace("/etc/latchkey/private-key.pem", "pem");
    let as_shown = load(&folder.write("shown.toml", &with_defaults), &[]).unwrap();
    assert_eq!(
        format!("{as_given:?}"),
        format!("{as_shown:?}"),
        "a default that the example names is not the default"
    );
}

#[test]
fn a_postgresql_server_is_reached_encrypted_or_on_this_machine() {
    let server = |name: &str, url: &str| {
        let folder = Folder::new(name);
        folder.write("password", "hush-database\n");
        let file = folder.write(
            "latchkey.toml",
            &changed(&[
                ("database.url", Some(&format!("{url:?}"))),
                ("database.password_file", Some("\"password\"")),
                ("database.connections", Some("5")),
            ]),
        );
        let config = load(&file, &[]).unwrap();
        assert!(!format!("{config:?}").contains("hush"), "{config:?}");
        assert_eq!(config.audit.checkpoint_file, None);
        let Location::Postgres {
            options,
            connections: 5,
        } = config.database
        else {
            panic!("{:?}", config.database)
        };
        options
    };
    let far = server("far", "postgres://lk@db.example.com:5433/records");
    assert_eq!(
        (
            far.get_username(),
            far.get_host(),
            far.get_port(),
            far.get_database()
        ),
        ("lk", "db.example.com", 5433, Some("records"))
    );
    assert!(matches!(far.get_ssl_mode(), PgSslMode::VerifyFull));
    let own = server(
        "own-ca",
        "postgres://lk@db/records?sslmode=verify-ca&sslrootcert=/ca.pem",
    );
    assert!(matches!(own.get_ssl_mode(), PgSslMode::VerifyCa));
    for (name, url) in [
        ("near-name", "postgres://lk@localhost/records"),
        ("near-4", "postgres://lk@127.0.0.1/records"),
        ("near-6", "postgres://lk@[::1]/records"),
        ("socket", "postgres://lk@%2Frun%2Fpostgresql/records"),
    ] {
        assert!(
            matches!(server(name, url).get_ssl_mode(), PgSslMode::Prefer),
            "{url}"
        );
    }
}

#[test]
fn the_environment_of_other_postgresql_clients_goes_not_before_the_configuration() {
    let folder = Folder::new("environment-file");
    let load_with = |url: &str, variables: &[(&str, &str)]| {
        let text = changed(&[("database.url", Some(&format!("{url:?}")))]);
        load(&folder.write("latchkey.toml", &text), variables)
    };
    let url = "postgres://lk@localhost/records";
    for (variable, option) in [
        ("PGOPTIONS", None),
        ("PGSSLROOTCERT", Some("sslrootcert")),
        ("PGSSLCERT", Some("sslcert")),
        ("PGSSLKEY", Some("sslkey")),
    ] {
        let problem = load_with(url, &[(variable, "anything")]).unwrap_err();
        let problem = problem.to_string();
        assert!(problem.contains("database.url"), "{problem}");
        assert!(
            problem.contains(&format!("while {variable} is set")),
            "{problem}"
        );
        assert!(!problem.contains("anything"), "{problem}");
        if let Some(option) = option {
            let overruled = format!("{url}?{option}=/own.pem");
            load_with(&overruled, &[(variable, "anything")]).unwrap();
        }
        // It is none of ours without PostgreSQL.
        load_with("sqlite:/var/lib/latchkey.db", &[(variable, "anything")]).unwrap();
    }
    let config = load_with(url, &[]).unwrap();
    let Location::Postgres { options, .. } = config.database else {
        panic!("{:?}", config.database)
    };
    // An empty password is none. Without it the driver would take PGPASSWORD.
    let options = format!("{options:?}");
    assert!(options.contains("password: Some(\"\")"), "{options}");
}
