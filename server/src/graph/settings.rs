//! Where the tenant is and how the server proves itself to it.

use reqwest::Url;
use secrecy::SecretString;
use url::Host;

/// The tenant, its endpoints and the application's credential.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Root of the token service, e.g. `https://login.microsoftonline.com`.
    pub login_url: Url,
    /// Root of Graph with its version, e.g. `https://graph.microsoft.com/v1.0`.
    pub graph_url: Url,
    /// The tenant's GUID; never `common`, which has no client credentials grant.
    pub tenant_id: String,
    /// Application (client) id.
    pub client_id: String,
    /// What the application proves itself with.
    pub credential: Credential,
    /// Whether roles that somebody is only eligible for are read; a tenant without Privileged Identity Management has
    /// none.
    pub eligible_roles: bool,
}

/// What the application proves itself with.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A client secret: its value, not its id.
    Secret(SecretString),
    /// A key whose certificate is registered with the application.
    Certificate {
        /// The certificate, PEM. Of a chain, the first one counts.
        certificate_pem: String,
        /// Its RSA private key, PEM (PKCS #1 or PKCS #8, not encrypted).
        private_key_pem: SecretString,
    },
}

/// Why no client can be made of [`Settings`].
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Tokens would cross a network in the clear.
    #[error(
        "{name} is `{url}`: plain http is accepted for this machine only, use https \
         (for example `https://graph.microsoft.com/v1.0`)"
    )]
    Insecure {
        /// Name of the setting.
        name: &'static str,
        /// Its value.
        url: Url,
    },
    /// Not the address of a service.
    #[error(
        "{name} must be a plain https address without user, query or fragment, \
         for example `https://login.microsoftonline.com`"
    )]
    NotAServiceAddress {
        /// Name of the setting.
        name: &'static str,
    },
    /// The certificate is not PEM.
    #[error(
        "the certificate cannot be read: it must be PEM and begin with `-----BEGIN CERTIFICATE-----`"
    )]
    Certificate,
    /// The private key is not an RSA key in PEM.
    #[error("the private key cannot be read: it must be an unencrypted RSA key in PEM")]
    PrivateKey,
    /// The HTTP client could not be made.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] reqwest::Error),
}

/// Accepts https anywhere and http on this machine.
pub(crate) fn check_address(name: &'static str, url: &Url) -> Result<(), SettingsError> {
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    match url.scheme() {
        "https" | "http" if !plain => Err(SettingsError::NotAServiceAddress { name }),
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(SettingsError::Insecure {
            name,
            url: url.clone(),
        }),
        _ => Err(SettingsError::NotAServiceAddress { name }),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<(), SettingsError> {
        check_address("graph.url", &Url::parse(url).unwrap())
    }

    #[test]
    fn https_anywhere_and_http_on_this_machine_are_accepted() {
        for url in [
            "https://graph.microsoft.com/v1.0",
            "http://localhost:3001/v1.0",
            "http://127.0.0.1:3001",
            "http://[::1]:3001",
        ] {
            assert!(check(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn http_to_another_machine_is_refused_with_the_setting_s_name() {
        for url in [
            "http://graph.microsoft.com/v1.0",
            "http://localhost.example.org",
            "http://10.0.0.1",
        ] {
            let error = check(url).unwrap_err();
            assert!(matches!(error, SettingsError::Insecure { .. }), "{url}");
            assert!(error.to_string().starts_with("graph.url is"), "{error}");
        }
    }

    #[test]
    fn an_address_with_anything_but_a_place_is_refused_without_repeating_it() {
        for url in [
            "https://user:secret@example.org",
            "https://example.org/?key=secret",
            "ftp://secret.example.org",
        ] {
            let error = check(url).unwrap_err();
            assert!(
                matches!(error, SettingsError::NotAServiceAddress { .. }),
                "{url}"
            );
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
