//! What an application proves itself with at the token service: a client secret, or an assertion that its certificate's
//! key signs.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Url;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    error::{CallRecord, GraphError},
    settings::{Credential, SettingsError},
};
use crate::clock::{Clock, Entropy};

const ASSERTION_LIFETIME_SECONDS: i64 = 5 * 60;

/// The private key cannot sign.
#[derive(Debug)]
pub(crate) struct CannotSign {
    /// What an operator can do about it.
    hint: &'static str,
}

impl CannotSign {
    /// As the outcome of the call that was to be proven.
    pub fn during(self, call: CallRecord) -> GraphError {
        GraphError::Credential {
            code: None,
            hint: self.hint,
            call: Box::new(call),
        }
    }
}

/// What proves the application, made ready for use.
pub(crate) enum Prover {
    Secret(SecretString),
    Certificate {
        key: EncodingKey,
        thumbprint: String,
    },
}

impl Prover {
    /// Reads the credential.
    ///
    /// # Errors
    /// If the certificate or its key cannot be read.
    pub fn new(credential: Credential) -> Result<Self, SettingsError> {
        match credential {
            Credential::Secret(secret) => Ok(Self::Secret(secret)),
            Credential::Certificate {
                certificate_pem,
                private_key_pem,
            } => {
                let certificate = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
                    .map_err(|_| SettingsError::Certificate)?;
                let key = EncodingKey::from_rsa_pem(private_key_pem.expose_secret().as_bytes())
                    .map_err(|_| SettingsError::PrivateKey)?;
                let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
                Ok(Self::Certificate { key, thumbprint })
            }
        }
    }

    /// The form fields that prove the application `client_id` to the token service at `endpoint`.
    pub fn prove(
        &self,
        endpoint: &Url,
        client_id: &str,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<Vec<(&'static str, SecretString)>, CannotSign> {
        Ok(match self {
            Self::Secret(secret) => vec![("client_secret", secret.clone())],
            Self::Certificate { key, thumbprint } => {
                let header = Header {
                    x5t_s256: Some(thumbprint.clone()),
                    ..Header::new(Algorithm::PS256)
                };
                let now = clock.now().millis() / 1000;
                let claims = Claims {
                    aud: endpoint.as_str(),
                    iss: client_id,
                    sub: client_id,
                    jti: entropy.uuid(),
                    nbf: now,
                    iat: now,
                    exp: now + ASSERTION_LIFETIME_SECONDS,
                };
                let assertion =
                    jsonwebtoken::encode(&header, &claims, key).map_err(|_| CannotSign {
                    hint: "the private key cannot sign: it must be an RSA key of 2048 bits or more",
                })?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                vec![
                    ("client_assertion_type", kind.into()),
                    ("client_assertion", assertion.into()),
                ]
            }
        })
    }
}

/// Claims of a client assertion (RFC 7523), as the Microsoft identity platform asks for them.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: Uuid,
    nbf: i64,
    iat: i64,
    exp: i64,
}
