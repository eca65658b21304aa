//! Access tokens of the application: client credentials, a cache, and one refresh at a time.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::{
    error::{CallRecord, GraphError, Transient},
    proof::Prover,
    settings::{Credential, SettingsError},
    transport::{Answer, EXCHANGE_TIME, Transport},
};
use crate::clock::{Clock, Entropy};

/// How long before its end a token is replaced, unless its whole life is short.
const EARLY: Duration = Duration::from_mins(5);
/// Pause after a refresh failed while the old token still works.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Gives the application's token, asking Microsoft for one at most once at a time.
pub(super) struct TokenSource {
    endpoint: Url,
    client_id: String,
    prover: Prover,
    /// `.default` of the resource that the token is for.
    scope: String,
    current: RwLock<Option<Arc<Token>>>,
    /// Held while asking; keeps the last failure for those who waited for it.
    asking: Mutex<Option<GraphError>>,
    /// Number of finished attempts to get a token.
    attempts: AtomicU64,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// A bearer token. Its times are those of the monotonic clock.
pub(super) struct Token {
    value: SecretString,
    refresh_at: Duration,
    expires_at: Duration,
}

impl Token {
    pub fn expose(&self) -> &str {
        self.value.expose_secret()
    }
}

impl TokenSource {
    pub fn new(
        endpoint: Url,
        client_id: String,
        credential: Credential,
        scope: String,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            endpoint,
            client_id,
            prover: Prover::new(credential)?,
            scope,
            current: RwLock::default(),
            asking: Mutex::default(),
            attempts: AtomicU64::new(0),
            clock,
            entropy,
        })
    }

    /// A token that works, as far as is known.
    ///
    /// Whoever comes first asks for it, the others wait for that one answer, be it a failure. While
    /// an old token still works, nobody waits for its successor but the one who asks for it.
    pub async fn get(&self, transport: &Transport) -> Result<Arc<Token>, GraphError> {
        let seen = self.attempts.load(Ordering::Acquire);
        let now = self.clock.monotonic();
        let mut last_failure = match self.cached(now) {
            Some(token) if now < token.refresh_at => return Ok(token),
            Some(token) => match self.asking.try_lock() {
                Ok(guard) => guard,
                Err(_) => return Ok(token),
            },
            None => self.asking.lock().await,
        };
        let old = self.cached(now);
        if let Some(token) = &old
            && now < token.refresh_at
        {
            return Ok(Arc::clone(token));
        }
        if let Some(failure) = &*last_failure
            && self.attempts.load(Ordering::Acquire) > seen
        {
            return Err(failure.clone());
        }

        let outcome = self.ask(transport).await;
        self.attempts.fetch_add(1, Ordering::Release);
        *last_failure = outcome.as_ref().err().cloned();
        match (outcome, old) {
            (Ok(token), _) => Ok(self.keep(token)),
            (Err(_), Some(old)) => Ok(self.keep(Token {
                value: old.value.clone(),
                refresh_at: now + PAUSE_AFTER_FAILURE,
                expires_at: old.expires_at,
            })),
            (Err(error), None) => Err(error),
        }
    }

    /// Forgets a token that Graph refused, unless it was replaced meanwhile.
    pub fn forget(&self, refused: &Arc<Token>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current
            .as_ref()
            .is_some_and(|token| Arc::ptr_eq(token, refused))
        {
            *current = None;
        }
    }

    fn cached(&self, now: Duration) -> Option<Arc<Token>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current
            .as_ref()
            .filter(|token| now < token.expires_at)
            .map(Arc::clone)
    }

    fn keep(&self, token: Token) -> Arc<Token> {
        let token = Arc::new(token);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&token));
        token
    }

    async fn ask(&self, transport: &Transport) -> Result<Token, GraphError> {
        let call = CallRecord {
            method: "POST",
            path: "/{tenant}/oauth2/v2.0/token",
            writes: false,
            status: None,
            client_request_id: self.entropy.uuid(),
            request_id: None,
        };
        let asked_at = self.clock.monotonic();
        let proof = match self.prover.prove(
            &self.endpoint,
            &self.client_id,
            self.clock.as_ref(),
            self.entropy.as_ref(),
        ) {
            Ok(proof) => proof,
            Err(unable) => return Err(unable.during(call)),
        };
        let mut form = vec![
            ("client_id", self.client_id.as_str()),
            ("grant_type", "client_credentials"),
            ("scope", self.scope.as_str()),
        ];
        form.extend(
            proof
                .iter()
                .map(|(name, value)| (*name, value.expose_secret())),
        );
        let request = transport.http.post(self.endpoint.clone()).form(&form);
        let answer = transport.exchange(request, call, EXCHANGE_TIME).await?;
        if answer.status != StatusCode::OK {
            return Err(refusal(answer));
        }

        let issued: Issued = answer.json()?;
        let lifetime = Duration::from_secs(issued.expires_in.into());
        Ok(Token {
            value: issued.access_token,
            refresh_at: asked_at + lifetime.saturating_sub(EARLY.min(lifetime / 4)),
            expires_at: asked_at + lifetime,
        })
    }
}

/// The token service's answer, as far as it is needed.
#[derive(Deserialize)]
struct Issued {
    access_token: SecretString,
    /// Seconds; the only lifetime to trust.
    expires_in: u32,
}

/// Why the token service refused the application, by what it answered.
pub(crate) fn refusal(answer: Answer) -> GraphError {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Refusal {
        error: String,
        error_codes: Vec<u32>,
    }
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = refusal.error_codes.first().copied();
    let Answer {
        status,
        retry_after,
        call,
        ..
    } = answer;

    // Too many token requests, and faults on Microsoft's side that pass.
    let throttled = matches!(code, Some(50_196 | 90_055));
    let passing = matches!(code, Some(90_024 | 90_033 | 50_033 | 90_006 | 90_012));
    if status == StatusCode::TOO_MANY_REQUESTS || throttled {
        GraphError::retryable(Transient::Throttled, retry_after, call)
    } else if status.is_server_error() || passing || refusal.error == "temporarily_unavailable" {
        GraphError::retryable(Transient::ServerFault, retry_after, call)
    } else {
        GraphError::Credential {
            code,
            hint: hint(code),
            call: Box::new(call),
        }
    }
}

/// What an operator can do about an `AADSTS` number (Microsoft's list of authentication error codes).
fn hint(code: Option<u32>) -> &'static str {
    match code {
        Some(7_000_215) => "the client secret is wrong; give its value, not its id",
        Some(7_000_222) => "the client secret has expired; create a new one",
        Some(7_000_218) => "no credential arrived; set a client secret or a certificate",
        Some(700_027) => {
            "the certificate is not registered with the application, or the key belongs to another"
        }
        Some(700_016) => {
            "the application does not exist in this tenant; check client id and tenant id"
        }
        Some(7_000_112) => "the application is disabled in the tenant",
        Some(70_021) => "no federated credential matches; a new one takes some minutes to work",
        Some(90_002) => "the tenant does not exist; check the tenant id",
        Some(70_011 | 28_002 | 700_022 | 500_011) => {
            "the tenant does not know Microsoft Graph under this address"
        }
        Some(50_013 | 500_133) => "the assertion is outside its time; check this machine's clock",
        Some(53_003) => {
            "Conditional Access blocks the application; check its policy for workload identities"
        }
        _ => "look the number up in Microsoft's list of authentication error codes",
    }
}
