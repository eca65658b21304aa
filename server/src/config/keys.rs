//! Every key there is, each with a line that shows its use.

/// A key of the configuration.
pub(super) struct Key {
    /// `section.name`.
    pub path: &'static str,
    /// A line of its section that would be right.
    pub example: &'static str,
}

const fn key(path: &'static str, example: &'static str) -> Key {
    Key { path, example }
}

/// In the order of the example file.
pub(super) const KEYS: &[Key] = &[
    key("server.listen", r#"listen = "127.0.0.1:3000""#),
    key(
        "server.base_url",
        r#"base_url = "https://recover.example.com""#,
    ),
    key("server.trusted_proxies", "trusted_proxies = 1"),
    key(
        "server.secret",
        r#"secret = "…" with the output of `openssl rand -base64 32`"#,
    ),
    key(
        "server.secret_file",
        r#"secret_file = "/etc/latchkey/secret""#,
    ),
    key(
        "database.url",
        r#"url = "sqlite:/var/lib/latchkey/latchkey.db""#,
    ),
    key("database.password", r#"password = "…""#),
    key(
        "database.password_file",
        r#"password_file = "/etc/latchkey/database-password""#,
    ),
    key("database.connections", "connections = 16"),
    key(
        "audit.checkpoint_file",
        r#"checkpoint_file = "/var/lib/latchkey-audit/checkpoint.json""#,
    ),
    key(
        "entra.tenant_id",
        r#"tenant_id = "3f6c1a52-8d0e-4b7a-9c11-2e5f7a90b4d3""#,
    ),
    key(
        "entra.client_id",
        r#"client_id = "b81d7f04-52c9-4e36-a0fd-6c3e9d217a58""#,
    ),
    key(
        "entra.client_secret",
        r#"client_secret = "…" with the secret's value, not its id"#,
    ),
    key(
        "entra.client_secret_file",
        r#"client_secret_file = "/etc/latchkey/client-secret""#,
    ),
    key(
        "entra.certificate_file",
        r#"certificate_file = "/etc/latchkey/certificate.pem""#,
    ),
    key(
        "entra.private_key_file",
        r#"private_key_file = "/etc/latchkey/private-key.pem""#,
    ),
    key(
        "entra.login_url",
        r#"login_url = "https://login.microsoftonline.com""#,
    ),
    key(
        "entra.graph_url",
        r#"graph_url = "https://graph.microsoft.com/v1.0""#,
    ),
    key(
        "entra.security_info_url",
        r#"security_info_url = "https://aka.ms/mysecurityinfo""#,
    ),
    key(
        "sign_in.client_id",
        r#"client_id = "6f0a1c3e-94d2-4b58-8a77-1d5e2c9b3f40""#,
    ),
    key(
        "sign_in.client_secret",
        r#"client_secret = "…" with the secret's value, not its id"#,
    ),
    key(
        "sign_in.client_secret_file",
        r#"client_secret_file = "/etc/latchkey/sign-in-secret""#,
    ),
    key(
        "sign_in.certificate_file",
        r#"certificate_file = "/etc/latchkey/certificate.pem""#,
    ),
    key(
        "sign_in.private_key_file",
        r#"private_key_file = "/etc/latchkey/private-key.pem""#,
    ),
    key(
        "sign_in.authority",
        r#"authority = "https://login.microsoftonline.com/3f6c1a52-8d0e-4b7a-9c11-2e5f7a90b4d3/v2.0""#,
    ),
    key(
        "sign_in.authentication_context",
        r#"authentication_context = "c1""#,
    ),
    key(
        "password.client_id",
        r#"client_id = "c2b7e915-3d48-4f6a-b0c1-7e8f5a2d6b93""#,
    ),
    key(
        "password.client_secret",
        r#"client_secret = "…" with the secret's value, not its id"#,
    ),
    key(
        "password.client_secret_file",
        r#"client_secret_file = "/etc/latchkey/password-secret""#,
    ),
    key(
        "password.certificate_file",
        r#"certificate_file = "/etc/latchkey/certificate.pem""#,
    ),
    key(
        "password.private_key_file",
        r#"private_key_file = "/etc/latchkey/private-key.pem""#,
    ),
    key(
        "password.authority",
        r#"authority = "https://login.microsoftonline.com/3f6c1a52-8d0e-4b7a-9c11-2e5f7a90b4d3/v2.0""#,
    ),
    key("mail.host", r#"host = "smtp.example.com""#),
    key("mail.port", "port = 587"),
    key("mail.tls", r#"tls = "starttls""#),
    key("mail.username", r#"username = "latchkey""#),
    key("mail.password", r#"password = "…""#),
    key(
        "mail.password_file",
        r#"password_file = "/etc/latchkey/mail-password""#,
    ),
    key(
        "mail.from",
        r#"from = "Account recovery <recovery@example.com>""#,
    ),
    key("organisation.name", r#"name = "Contoso""#),
    key(
        "organisation.help",
        r#"help = "Call the help desk on extension 4357""#,
    ),
    key("alerts.to", r#"to = ["security@example.com"]"#),
    key("alerts.recoveries", "recoveries = true"),
    key("recovery.methods", r#"methods = "all""#),
    key(
        "recovery.pass_lifetime_minutes",
        "pass_lifetime_minutes = 15",
    ),
    key("recovery.approval_hours", "approval_hours = 4"),
    key("recovery.claim_minutes", "claim_minutes = 30"),
    key("recovery.cool_off_minutes", "cool_off_minutes = 0"),
    key(
        "recovery.risk_cool_off_minutes",
        "risk_cool_off_minutes = 60",
    ),
    key("recovery.lease_seconds", "lease_seconds = 60"),
    key("recovery.watch_seconds", "watch_seconds = 10"),
    key("approval.sign_in", r#"sign_in = "required""#),
    key("approval.remind_minutes", "remind_minutes = 10"),
    key("approval.escalate_minutes", "escalate_minutes = 30"),
    key("approval.on_call_minutes", "on_call_minutes = 60"),
    key(
        "approval.on_call_group",
        r#"on_call_group = "a84c2d19-5e07-4f3b-9d60-13c8b7f2e4a5""#,
    ),
    key("approval.approvals_per_day", "approvals_per_day = 10"),
    key("approval.mailbox_settings", "mailbox_settings = false"),
    key("office.time_zone", r#"time_zone = "Europe/Zurich""#),
    key(
        "office.days",
        r#"days = ["mon", "tue", "wed", "thu", "fri"]"#,
    ),
    key("office.from", r#"from = "08:00""#),
    key("office.until", r#"until = "18:00""#),
    key("offices.country", r#"country = "US""#),
    key("offices.time_zone", r#"time_zone = "America/New_York""#),
    key(
        "offices.days",
        r#"days = ["mon", "tue", "wed", "thu", "fri"]"#,
    ),
    key("offices.from", r#"from = "09:00""#),
    key("offices.until", r#"until = "17:00""#),
    key("absences.person", r#"person = "grace.hopper@example.com""#),
    key("absences.from", r#"from = "2026-12-21""#),
    key("absences.until", r#"until = "2027-01-03""#),
    key(
        "absences.delegate",
        r#"delegate = "alan.turing@example.com""#,
    ),
    key(
        "privileged.approvers_group",
        r#"approvers_group = "e5b0c7d2-86a1-4c39-b2f4-70d9e1a63c58""#,
    ),
    key("privileged.cool_off_minutes", "cool_off_minutes = 1440"),
    key(
        "privileged.never",
        r#"never = ["break-glass@example.onmicrosoft.com"]"#,
    ),
    key("privileged.eligible_roles", "eligible_roles = true"),
    key(
        "countries.table",
        r#"table = "/var/lib/latchkey/GeoLite2-Country.mmdb""#,
    ),
    key("saved_codes.memory_mib", "memory_mib = 76"),
    key("limits.people_per_network", "people_per_network = 200"),
    key("limits.account_opens", "account_opens = 3"),
    key("limits.mails_per_hour", "mails_per_hour = 6"),
    key("limits.work_at_opens", "work_at_opens = 60"),
    key("limits.pause_at_opens", "pause_at_opens = 600"),
    key("limits.work_at_failures", "work_at_failures = 60"),
    key("limits.pause_at_failures", "pause_at_failures = 600"),
    key("limits.pause_minutes", "pause_minutes = 15"),
    key("limits.work", "work = 300000"),
    key("limits.wait_seconds", "wait_seconds = 30"),
    key(
        "proofs.accepted",
        r#"accepted = ["email_code", "recovery_code", "password", "verified_id"]"#,
    ),
    key("proofs.required", "required = 1"),
    key("proofs.evaluation", "evaluation = false"),
    key("proofs.answer_milliseconds", "answer_milliseconds = 200"),
    key("proofs.look_up_milliseconds", "look_up_milliseconds = 3000"),
    key(
        "groups.id",
        r#"id = "6d1f4a0e-0c1b-4f0e-9d57-0a1b2c3d4e5f""#,
    ),
    key(
        "groups.accepted",
        r#"accepted = ["email_code", "verified_id"]"#,
    ),
    key("groups.required", "required = 2"),
    key("groups.evaluation", "evaluation = true"),
    key(
        "verified_id.authority",
        r#"authority = "did:web:verifiedid.example.com""#,
    ),
    key(
        "verified_id.accepted_issuers",
        r#"accepted_issuers = ["did:web:verifiedid.example.com"]"#,
    ),
    key(
        "verified_id.credential_type",
        r#"credential_type = "VerifiedEmployee""#,
    ),
    key(
        "verified_id.face_check_threshold",
        "face_check_threshold = 70",
    ),
    key(
        "verified_id.employee_claim",
        r#"employee_claim = "revocationId""#,
    ),
    key(
        "verified_id.service_url",
        r#"service_url = "https://verifiedid.did.msidentity.com/v1.0""#,
    ),
    key("log.format", r#"format = "json""#),
    key("log.filter", r#"filter = "info,latchkey=debug""#),
];

/// The sections of which there can be several, one after the other. Their keys are `groups[1].id` and so on.
pub(super) const GROUPS: &str = "groups";
pub(super) const OFFICES: &str = "offices";
pub(super) const ABSENCES: &str = "absences";

/// Whether there can be several of this section.
pub(super) fn is_repeated(section: &str) -> bool {
    [GROUPS, OFFICES, ABSENCES].contains(&section)
}

/// The key without the number of its section.
pub(super) fn plain(path: &str) -> String {
    match (path.find('['), path.find(']')) {
        (Some(opens), Some(closes)) if opens < closes => {
            format!("{}{}", &path[..opens], &path[closes + 1..])
        }
        _ => path.to_owned(),
    }
}

/// An example for the key: its section and the line.
pub(super) fn example(path: &str) -> Option<String> {
    let path = plain(path);
    let key = KEYS.iter().find(|key| key.path == path)?;
    let (section, _) = key.path.split_once('.')?;
    if is_repeated(section) {
        return Some(format!("[[{section}]] {}", key.example));
    }
    Some(format!("[{section}] {}", key.example))
}

/// The environment variable that gives the key.
pub(super) fn variable(path: &str) -> String {
    format!("LATCHKEY_{}", path.replace('.', "__").to_uppercase())
}

/// The key that was probably meant.
pub(super) fn nearest(unknown: &str) -> Option<&'static str> {
    /// Below this, two names have little in common.
    const ALIKE: f64 = 0.85;
    let alike = |key: &Key| {
        let name = key.path.split_once('.').map_or(key.path, |(_, name)| name);
        strsim::jaro_winkler(unknown, key.path).max(strsim::jaro_winkler(unknown, name))
    };
    KEYS.iter()
        .map(|key| (alike(key), key.path))
        .filter(|(score, _)| *score >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, path)| path)
}
