//! The token endpoint: client credentials for Graph and Verified ID, codes of the sign-in for id tokens (FACTS §2, §19).

use std::collections::{BTreeSet, HashMap, HashSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Validation, errors::ErrorKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    answer::Answer,
    clock::machine_now,
    entropy,
    faults::Fault,
    keys, oidc,
    world::{Registration, Settings, World},
};

const GRAPH_SCOPE: &str = "https://graph.microsoft.com/.default";
/// The Request Service of Verified ID, by its application id (FACTS §20).
const VERIFIED_ID_SCOPE: &str = "3db474b9-6a0c-4840-96ac-1fceb342124f/.default";
/// App roles of the Request Service begin so; all others are Graph's.
const VERIFIED_ID_ROLE: &str = "VerifiableCredential.";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the tenant has given out and still honours.
#[derive(Default)]
pub struct Grants {
    access_tokens: HashMap<String, AccessToken>,
    /// `jti` of assertions seen, so that none is accepted twice.
    assertions: HashSet<String>,
    pub codes: HashMap<String, oidc::Code>,
}

/// What a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    Graph,
    VerifiedId,
}

impl Resource {
    /// The resource that a scope asks for.
    fn of_scope(scope: &str, base_url: &str) -> Option<Self> {
        if scope == GRAPH_SCOPE || scope.strip_suffix("/.default") == Some(base_url) {
            Some(Self::Graph)
        } else {
            (scope == VERIFIED_ID_SCOPE).then_some(Self::VerifiedId)
        }
    }

    const fn audience(self) -> &'static str {
        match self {
            Self::Graph => "https://graph.microsoft.com",
            Self::VerifiedId => "3db474b9-6a0c-4840-96ac-1fceb342124f",
        }
    }
}

/// An app's access to one resource.
pub struct AccessToken {
    pub resource: Resource,
    pub expires: Timestamp,
    /// App roles at the time of issue: later grants show in newer tokens only.
    pub roles: BTreeSet<String>,
}

impl Grants {
    pub fn access_token(&self, token: &str) -> Option<&AccessToken> {
        self.access_tokens.get(token)
    }

    /// Makes every access token unknown.
    pub fn revoke_access_tokens(&mut self) {
        self.access_tokens.clear();
    }
}

/// A form posted to the token endpoint.
pub struct TokenRequest {
    /// The first segment of the path.
    pub tenant: String,
    pub authorization: Option<String>,
    pub form: Vec<(String, String)>,
}

impl TokenRequest {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.form
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Client id and secret from HTTP Basic, which is accepted as well.
    fn basic(&self) -> Option<(String, String)> {
        let encoded = self.authorization.as_deref()?.strip_prefix("Basic ")?;
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        let decode = |part: &str| {
            percent_encoding::percent_decode_str(part)
                .decode_utf8_lossy()
                .into_owned()
        };
        Some((decode(id), decode(secret)))
    }
}

/// A refusal of the token endpoint.
#[derive(Debug)]
pub struct TokenError {
    status: u16,
    error: &'static str,
    code: u32,
    message: String,
}

impl TokenError {
    pub fn new(status: u16, error: &'static str, code: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            error,
            code,
            message: message.into(),
        }
    }

    pub fn into_answer(self, now: Timestamp) -> Answer {
        let trace_id = entropy::guid();
        let correlation_id = entropy::guid();
        let timestamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        Answer::json(
            self.status,
            json!({
                "error": self.error,
                "error_description": format!(
                    "AADSTS{}: {}\r\nTrace ID: {trace_id}\r\nCorrelation ID: {correlation_id}\r\nTimestamp: {timestamp}",
                    self.code, self.message
                ),
                "error_codes": [self.code],
                "timestamp": timestamp,
                "trace_id": trace_id,
                "correlation_id": correlation_id,
                "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
            }),
        )
    }
}

/// What the endpoint answers under a fault.
pub fn faulty(world: &World, fault: &Fault) -> Answer {
    let status = fault.status.unwrap_or(503);
    let answer = TokenError::new(
        status,
        "temporarily_unavailable",
        90_033,
        "A transient error has occurred. Please try again.",
    )
    .into_answer(world.now());
    match &fault.retry_after {
        Some(seconds) => answer.with_header("retry-after", seconds.clone()),
        None => answer,
    }
}

/// Answers one token request.
pub fn answer(world: &mut World, request: &TokenRequest) -> Answer {
    let outcome = check_tenant(world, request).and_then(|()| {
        let client = authenticate_client(world, request)?;
        match request.field("grant_type") {
            Some("client_credentials") => client_credentials(world, client, request),
            Some("authorization_code") => oidc::redeem(world, client, request),
            _ => Err(TokenError::new(
                400,
                "unsupported_grant_type",
                70_003,
                "The app requested an unsupported grant type.",
            )),
        }
    });
    outcome.unwrap_or_else(|error| error.into_answer(world.now()))
}

fn check_tenant(world: &World, request: &TokenRequest) -> Result<(), TokenError> {
    let tenant = &request.tenant;
    if tenant.eq_ignore_ascii_case(&world.settings.tenant_id.to_string()) {
        return Ok(());
    }
    if ["common", "organizations"].contains(&tenant.as_str()) {
        return Err(TokenError::new(
            400,
            "invalid_request",
            9_001_023,
            "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.",
        ));
    }
    Err(TokenError::new(
        400,
        "invalid_request",
        90_002,
        format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        ),
    ))
}

/// The app that has proven itself.
fn authenticate_client(world: &mut World, request: &TokenRequest) -> Result<Uuid, TokenError> {
    let basic = request.basic();
    let client_id = basic
        .as_ref()
        .map(|(id, _)| id.as_str())
        .or_else(|| request.field("client_id"));
    let app = client_id.and_then(|id| world.settings.registration(id));
    let Some(app) = app else {
        return Err(TokenError::new(
            400,
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{}' was not found in the directory '{}'.",
                client_id.unwrap_or_default(),
                world.settings.organization
            ),
        ));
    };
    let client = app.client_id;
    let secret = basic
        .as_ref()
        .map(|(_, secret)| secret.as_str())
        .or_else(|| request.field("client_secret"));
    if let Some(secret) = secret {
        if secret == app.client_secret {
            return Ok(client);
        }
        return Err(TokenError::new(
            401,
            "invalid_client",
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'."
            ),
        ));
    }
    match (
        request.field("client_assertion_type"),
        request.field("client_assertion"),
    ) {
        (Some(ASSERTION_TYPE), Some(assertion)) => {
            let id = check_assertion(&world.settings, app, assertion)?;
            if world.grants.assertions.insert(id) {
                Ok(client)
            } else {
                Err(TokenError::new(
                    401,
                    "invalid_client",
                    700_027,
                    "Client assertion contains a jti that was used before.",
                ))
            }
        }
        _ => Err(TokenError::new(
            401,
            "invalid_client",
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )),
    }
}

/// Checks a certificate assertion and returns its `jti`.
fn check_assertion(
    settings: &Settings,
    app: &Registration,
    assertion: &str,
) -> Result<String, TokenError> {
    let refused = |why: &str| {
        TokenError::new(
            401,
            "invalid_client",
            700_027,
            format!(
                "The certificate with identifier used to sign the client assertion is not registered on application, or the assertion is not valid. [Reason - {why}]"
            ),
        )
    };
    let header = jsonwebtoken::decode_header(assertion)
        .map_err(|_| refused("The assertion is not a JWT."))?;
    let certificate = app
        .certificate
        .as_ref()
        .filter(|certificate| header.x5t_s256.as_deref() == Some(certificate.thumbprint.as_str()))
        .ok_or_else(|| refused("The key was not found."))?;
    if header.alg != Algorithm::PS256 {
        return Err(refused("The algorithm is not PS256."));
    }
    let client_id = app.client_id.to_string();
    let mut validation = Validation::new(Algorithm::PS256);
    // Entra tolerates five minutes of clock difference.
    validation.leeway = 300;
    validation.validate_nbf = true;
    validation.set_audience(&[settings.token_url()]);
    validation.set_issuer(&[&client_id]);
    validation.sub = Some(client_id);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    let claims = jsonwebtoken::decode::<Value>(assertion, &certificate.key, &validation)
        .map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature | ErrorKind::ImmatureSignature => TokenError::new(
                401,
                "invalid_client",
                700_024,
                "Client assertion is not within its valid time range.",
            ),
            ErrorKind::InvalidAudience => {
                refused("The audience does not match the token endpoint.")
            }
            ErrorKind::InvalidIssuer | ErrorKind::InvalidSubject => {
                refused("Issuer or subject is not the client id.")
            }
            _ => refused("The signature is not valid."),
        })?
        .claims;
    claims["jti"]
        .as_str()
        .filter(|jti| !jti.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| refused("The jti is missing."))
}

fn client_credentials(
    world: &mut World,
    client: Uuid,
    request: &TokenRequest,
) -> Result<Answer, TokenError> {
    let scope = request.field("scope").unwrap_or_default();
    let Some(resource) = Resource::of_scope(scope, &world.settings.base_url) else {
        return Err(TokenError::new(
            400,
            "invalid_scope",
            70_011,
            format!(
                "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
            ),
        ));
    };
    let lifetime = world
        .settings
        .token_lifetime_seconds
        .unwrap_or_else(entropy::token_lifetime_seconds);
    let now = machine_now();
    let is_granted = client == world.settings.app.client_id;
    let granted = world.settings.app_roles.iter();
    let roles: BTreeSet<String> = granted
        .filter(|_| is_granted)
        .filter(|role| role.starts_with(VERIFIED_ID_ROLE) == (resource == Resource::VerifiedId))
        .cloned()
        .collect();
    let token = keys::sign(&json!({
        "aud": resource.audience(),
        "iss": format!("https://sts.windows.net/{}/", world.settings.tenant_id),
        "iat": now.as_second(),
        "nbf": now.as_second(),
        "exp": now.as_second() + lifetime,
        "appid": client,
        "idtyp": "app",
        "oid": world.settings.service_principal_id,
        "roles": roles,
        "tid": world.settings.tenant_id,
        "uti": entropy::secret(),
        "ver": "1.0",
    }));
    let expires = world.now() + SignedDuration::from_secs(lifetime);
    let grant = AccessToken {
        resource,
        expires,
        roles,
    };
    world.grants.access_tokens.insert(token.clone(), grant);
    Ok(Answer::ok(json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": token,
    })))
}
