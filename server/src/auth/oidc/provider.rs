//! What the identity provider publishes: where its endpoints are, and the keys that it signs with.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jsonwebtoken::{Algorithm, jwk::Jwk};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::RelyingParty;
use crate::graph::{Answer, EXCHANGE_TIME, GraphError, Transient};

/// How long what was published is believed. A key that was withdrawn is accepted no longer than that.
const LIFETIME: Duration = Duration::from_hours(1);
/// How often it is looked whether there are new keys, if an id token names one that is not known. Whoever makes up
/// names of keys cannot make us ask more often.
const KEYS_AT_MOST_EVERY: Duration = Duration::from_mins(1);
/// How long a failure to ask is answered without asking again.
const FAILURE_LASTS: Duration = Duration::from_secs(5);
/// Keys that are looked at; Entra publishes fewer than ten.
const MOST_KEYS: usize = 100;

/// The identity provider, as far as is known.
pub(super) struct Provider {
    authority: Url,
    known: RwLock<Option<Arc<Known>>>,
    /// Held while asking.
    asking: Mutex<Asked>,
}

/// When it was asked, on the monotonic clock.
#[derive(Default)]
struct Asked {
    keys_at: Option<Duration>,
    failure: Option<(Duration, GraphError)>,
}

/// What was published at one moment.
pub(super) struct Known {
    pub metadata: Arc<Metadata>,
    keys: Vec<Jwk>,
    /// On the monotonic clock.
    at: Duration,
}

/// The discovery document, checked.
pub(super) struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    jwks_uri: Url,
    /// Those of its algorithms that we accept.
    pub algorithms: Vec<Algorithm>,
    /// Whether answers to browsers name the issuer (RFC 9207).
    pub names_itself: bool,
}

impl Known {
    fn key(&self, id: &str) -> Option<Jwk> {
        let mut keys = self.keys.iter();
        keys.find(|key| key.common.key_id.as_deref() == Some(id))
            .cloned()
    }
}

impl Provider {
    pub fn new(authority: Url) -> Self {
        Self {
            authority,
            known: RwLock::default(),
            asking: Mutex::default(),
        }
    }

    pub fn origin(&self) -> String {
        self.authority.origin().ascii_serialization()
    }

    /// The issuer that it has to be, exactly.
    fn issuer(&self) -> &str {
        self.authority.as_str().trim_end_matches('/')
    }

    /// What is published. One caller asks, the others wait for the answer.
    pub async fn known(&self, party: &RelyingParty) -> Result<Arc<Known>, GraphError> {
        if let Some(known) = self.believed(party) {
            return Ok(known);
        }
        let mut asked = self.asking.lock().await;
        if let Some(known) = self.believed(party) {
            return Ok(known);
        }
        let now = party.clock.monotonic();
        if let Some((at, failure)) = &asked.failure
            && now < *at + FAILURE_LASTS
        {
            return Err(failure.clone());
        }
        match self.ask(party).await {
            Ok(known) => {
                asked.keys_at = Some(now);
                asked.failure = None;
                Ok(self.keep(known))
            }
            Err(failure) => {
                asked.failure = Some((now, failure.clone()));
                Err(failure)
            }
        }
    }

    /// The key of that name, if it is published.
    pub async fn key(&self, party: &RelyingParty, id: &str) -> Result<Option<Jwk>, GraphError> {
        if let Some(key) = self.known(party).await?.key(id) {
            return Ok(Some(key));
        }
        let mut asked = self.asking.lock().await;
        // Somebody else may have asked meanwhile.
        let known = self.latest();
        if let Some(key) = known.as_ref().and_then(|known| known.key(id)) {
            return Ok(Some(key));
        }
        let now = party.clock.monotonic();
        let Some(known) = known.filter(|_| {
            asked
                .keys_at
                .is_none_or(|at| now >= at + KEYS_AT_MOST_EVERY)
        }) else {
            return Ok(None);
        };
        // A try that fails counts too.
        asked.keys_at = Some(now);
        let known = self.keep(Known {
            metadata: Arc::clone(&known.metadata),
            keys: keys(party, &known.metadata.jwks_uri).await?,
            at: known.at,
        });
        Ok(known.key(id))
    }

    fn latest(&self) -> Option<Arc<Known>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().map(Arc::clone)
    }

    fn believed(&self, party: &RelyingParty) -> Option<Arc<Known>> {
        let now = party.clock.monotonic();
        self.latest().filter(|known| now < known.at + LIFETIME)
    }

    fn keep(&self, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        known
    }

    async fn ask(&self, party: &RelyingParty) -> Result<Known, GraphError> {
        #[derive(Deserialize)]
        struct Document {
            issuer: String,
            authorization_endpoint: String,
            token_endpoint: String,
            jwks_uri: String,
            #[serde(default)]
            id_token_signing_alg_values_supported: Vec<String>,
            #[serde(default)]
            authorization_response_iss_parameter_supported: bool,
        }
        const PATH: &str = "/{tenant}/v2.0/.well-known/openid-configuration";
        let unfit = |problem: &str| {
            let problem = format!("the identity provider's discovery document {problem}");
            GraphError::permanent(problem, party.call("GET", PATH))
        };
        let at = party.clock.monotonic();
        let address = format!("{}/.well-known/openid-configuration", self.issuer());
        let address = Url::parse(&address).map_err(|_| unfit("has no address"))?;
        let document: Document = read(party, address, PATH).await?;
        if document.issuer != self.issuer() {
            return Err(unfit(
                "names another issuer than the configured authority: it must be the one of your own tenant",
            ));
        }
        let endpoint = |text: &str, name: &str| {
            let url = Url::parse(text).ok().filter(|url| self.is_ours(url));
            url.ok_or_else(|| {
                unfit(&format!(
                    "has its {name} at another host than the authority"
                ))
            })
        };
        let mut algorithms = Vec::new();
        for (name, algorithm) in [("RS256", Algorithm::RS256), ("PS256", Algorithm::PS256)] {
            if document
                .id_token_signing_alg_values_supported
                .iter()
                .any(|announced| announced == name)
            {
                algorithms.push(algorithm);
            }
        }
        if algorithms.is_empty() {
            return Err(unfit("announces neither RS256 nor PS256 for id tokens"));
        }
        let metadata = Metadata {
            authorization_endpoint: endpoint(
                &document.authorization_endpoint,
                "authorization_endpoint",
            )?,
            token_endpoint: endpoint(&document.token_endpoint, "token_endpoint")?,
            jwks_uri: endpoint(&document.jwks_uri, "jwks_uri")?,
            issuer: document.issuer,
            algorithms,
            names_itself: document.authorization_response_iss_parameter_supported,
        };
        Ok(Known {
            keys: keys(party, &metadata.jwks_uri).await?,
            metadata: Arc::new(metadata),
            at,
        })
    }

    /// Whether an address lies where the authority does. Secrets are sent there, and pages may lead there.
    fn is_ours(&self, url: &Url) -> bool {
        url.origin() == self.authority.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    }
}

/// The published keys that we can use; others are not our business.
async fn keys(party: &RelyingParty, address: &Url) -> Result<Vec<Jwk>, GraphError> {
    #[derive(Deserialize)]
    struct Published {
        keys: Vec<Value>,
    }
    let published: Published =
        read(party, address.clone(), "/{tenant}/discovery/v2.0/keys").await?;
    let keys = published.keys.into_iter().take(MOST_KEYS);
    Ok(keys
        .filter_map(|key| serde_json::from_value(key).ok())
        .collect())
}

async fn read<T: serde::de::DeserializeOwned>(
    party: &RelyingParty,
    address: Url,
    path: &'static str,
) -> Result<T, GraphError> {
    let request = party.transport.http.get(address);
    let call = party.call("GET", path);
    let answer = party
        .transport
        .exchange(request, call, EXCHANGE_TIME)
        .await?;
    if answer.status == StatusCode::OK {
        answer.json()
    } else {
        let Answer {
            status,
            retry_after,
            call,
            ..
        } = answer;
        Err(if status == StatusCode::TOO_MANY_REQUESTS {
            GraphError::retryable(Transient::Throttled, retry_after, call)
        } else if status.is_server_error() {
            GraphError::retryable(Transient::ServerFault, retry_after, call)
        } else {
            GraphError::permanent("the identity provider has no such document", call)
        })
    }
}
