//! Sign-in by OpenID Connect: a relying party for the authorization code flow with PKCE, and nothing else of the
//! standard. Why it is our own: docs/decisions/0008.
//!
//! Sources: OpenID Connect Core 1.0 (<https://openid.net/specs/openid-connect-core-1_0.html>), Discovery 1.0, RFC 7636
//! (PKCE), RFC 9207 (the issuer in the answer), RFC 9700 (best practice), and Microsoft's list of the claims of an id
//! token (<https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>).

mod attempt;
mod id_token;
mod provider;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use domain::{PersonId, Timestamp};
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    clock::{Clock, Entropy},
    graph::{
        Answer, CallRecord, Credential, EXCHANGE_TIME, GraphError, Prover, SettingsError,
        Transport, check_address, refusal,
    },
};

pub use attempt::{Attempt, AttemptKey};
use id_token::Expected;
use provider::Provider;

/// The longest code that is redeemed; Entra's have about a thousand characters.
const LONGEST_CODE: usize = 4096;
/// A sign-in that has to be fresh is no older than this.
const FRESH: Duration = Duration::from_mins(5);

/// An application at the organisation's identity provider.
#[derive(Debug)]
pub struct Settings {
    /// The issuer, e.g. `https://login.microsoftonline.com/{tenant}/v2.0`. Its discovery document lies beneath it.
    pub authority: Url,
    /// The tenant whose people may sign in, a GUID.
    pub tenant_id: String,
    /// Application (client) id.
    pub client_id: String,
    /// What the application proves itself with.
    pub credential: Credential,
    /// The authentication context that every sign-in has to satisfy, such as `c1`, if any: what Conditional Access asks
    /// for under that name
    /// (<https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context>).
    pub authentication_context: Option<String>,
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Their object id in the tenant.
    pub person: PersonId,
    /// Their name, for them to recognise.
    pub name: String,
    /// When they showed themselves to the identity provider last, if it says so; never later than now.
    pub authenticated_at: Option<Timestamp>,
}

/// Whether the person has to show themselves anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// A session at the identity provider will do.
    Any,
    /// They type their password now.
    Now,
}

/// Why a sign-in does not count. None of it holds anything that somebody sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum SignInRefusal {
    /// It is used, too old, or of another browser.
    #[error("the sign-in is used, too old, or of another browser")]
    Stale,
    /// The identity provider answered with an error: the person stopped, or was not let in.
    #[error("the identity provider let nobody in")]
    NotLetIn,
    /// The answer, or the id token in it, is not in the form that it has to have.
    #[error("the answer cannot be understood")]
    Malformed,
    /// The identity provider does not know the code.
    #[error("the identity provider does not know the code")]
    UnknownCode,
    /// The id token is not signed by a published key, in a way that we accept.
    #[error("the id token is not signed by the identity provider")]
    WrongSignature,
    /// It is from another issuer.
    #[error("another issuer answered")]
    WrongIssuer,
    /// The id token is for another application.
    #[error("the id token is for another application")]
    WrongAudience,
    /// The id token is the answer to another sign-in.
    #[error("the id token is of another sign-in")]
    WrongNonce,
    /// The id token is outside its time.
    #[error("the id token is outside its time")]
    OutOfTime,
    /// The person's account is in another tenant.
    #[error("the account is in another tenant")]
    OtherTenant,
    /// The person is a guest of the tenant.
    #[error("the account is a guest's")]
    Guest,
    /// The person has signed in long ago, or nobody says when.
    #[error("the person has not signed in just now")]
    NotFresh,
    /// The sign-in has not satisfied the authentication context that was asked for.
    #[error("the sign-in has not satisfied the authentication context")]
    NoAuthenticationContext,
    /// The person is not the one whom the request is about, if it is about anybody.
    #[error("somebody else signed in")]
    OtherPerson,
    /// The request that it was to prove is not proving any more, or the browser holds another one.
    #[error("the request needs no proof any more")]
    RequestMovedOn,
}

/// Why nobody was signed in.
#[derive(Debug)]
pub enum SignInError {
    /// The answer is refused.
    Refused(SignInRefusal),
    /// The identity provider could not be asked, or does not accept the application.
    Unavailable(GraphError),
}

impl From<SignInRefusal> for SignInError {
    fn from(refusal: SignInRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<GraphError> for SignInError {
    fn from(error: GraphError) -> Self {
        Self::Unavailable(error)
    }
}

/// What the identity provider sent the browser back with.
#[derive(Default, Deserialize)]
pub struct Returned {
    /// Which sign-in it is.
    pub state: Option<String>,
    /// What an id token is given for, once.
    pub code: Option<SecretString>,
    /// The issuer (RFC 9207).
    pub iss: Option<String>,
    /// Why there is no code. What it says is not repeated.
    pub error: Option<SecretString>,
}

/// One application at one identity provider.
pub struct RelyingParty {
    provider: Provider,
    client_id: String,
    tenant_id: String,
    redirect_uri: Url,
    authentication_context: Option<String>,
    prover: Prover,
    transport: Transport,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl RelyingParty {
    /// A relying party whose answers arrive at `redirect_uri`; nothing is sent yet.
    ///
    /// # Errors
    /// If the authority is not https (http is accepted for this machine), or the certificate or its key cannot be
    /// read.
    pub fn new(
        settings: Settings,
        redirect_uri: Url,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SettingsError> {
        let Settings {
            authority,
            tenant_id,
            client_id,
            credential,
            authentication_context,
        } = settings;
        check_address("authority", &authority)?;
        let transport = Transport::new(Arc::clone(&clock), authority.scheme() == "http")?;
        Ok(Self {
            provider: Provider::new(authority),
            client_id,
            tenant_id,
            redirect_uri,
            authentication_context,
            prover: Prover::new(credential)?,
            transport,
            clock,
            entropy,
        })
    }

    /// Where browsers are sent: scheme, host and port.
    pub fn origin(&self) -> String {
        self.provider.origin()
    }

    /// The address that begins `attempt` in a browser.
    ///
    /// It names nobody: whom the person means, only the identity provider asks.
    ///
    /// # Errors
    /// If the identity provider cannot be asked where that is.
    pub async fn authorize(
        &self,
        attempt: &Attempt,
        freshness: Freshness,
    ) -> Result<Url, GraphError> {
        let known = self.provider.known(self).await?;
        let mut url = known.metadata.authorization_endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("client_id", &self.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", self.redirect_uri.as_str())
            // As a GET, with which the browser sends our `SameSite=Lax` cookie.
            .append_pair("response_mode", "query")
            // `oid` needs `profile`.
            .append_pair("scope", "openid profile")
            .append_pair("state", &attempt.state())
            .append_pair("nonce", attempt.nonce())
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("code_challenge_method", "S256");
        if freshness == Freshness::Now {
            query
                .append_pair("prompt", "login")
                .append_pair("max_age", "0");
        }
        if let Some(context) = &self.authentication_context {
            // OpenID Connect Core 1.0, section 5.5.
            let wanted = json!({ "id_token": { "acrs": { "essential": true, "value": context } } });
            query.append_pair("claims", &wanted.to_string());
        }
        drop(query);
        Ok(url)
    }

    /// Gives the code of an answer to `attempt` back for an id token, and says whose it is.
    ///
    /// # Errors
    /// If anything about the answer or the token is not as it has to be, or the identity provider cannot be asked.
    pub async fn redeem(
        &self,
        attempt: &Attempt,
        returned: &Returned,
        freshness: Freshness,
    ) -> Result<Identity, SignInError> {
        let known = self.provider.known(self).await?;
        match &returned.iss {
            // Another identity provider's answer, sent here to get at its code (RFC 9207).
            Some(issuer) if *issuer != known.metadata.issuer => {
                return Err(SignInRefusal::WrongIssuer.into());
            }
            None if known.metadata.names_itself => return Err(SignInRefusal::WrongIssuer.into()),
            _ => {}
        }
        if returned.error.is_some() {
            return Err(SignInRefusal::NotLetIn.into());
        }
        let code = returned
            .code
            .as_ref()
            .filter(|code| (1..=LONGEST_CODE).contains(&code.expose_secret().len()))
            .ok_or(SignInRefusal::Malformed)?;
        let token = self
            .exchange_code(&known.metadata.token_endpoint, attempt, code)
            .await?;

        let (algorithm, key_id) = id_token::header(token.expose_secret())?;
        let key = self
            .provider
            .key(self, &key_id)
            .await?
            .ok_or(SignInRefusal::WrongSignature)?;
        let expected = Expected {
            issuer: &known.metadata.issuer,
            client_id: &self.client_id,
            tenant_id: &self.tenant_id,
            nonce: attempt.nonce(),
            algorithms: &known.metadata.algorithms,
            now: self.clock.now(),
            signed_in_within: (freshness == Freshness::Now).then_some(FRESH),
            authentication_context: self.authentication_context.as_deref(),
        };
        Ok(id_token::verify(
            token.expose_secret(),
            algorithm,
            &key,
            &expected,
        )?)
    }

    async fn exchange_code(
        &self,
        endpoint: &Url,
        attempt: &Attempt,
        code: &SecretString,
    ) -> Result<SecretString, SignInError> {
        let call = self.call("POST", "/{tenant}/oauth2/v2.0/token");
        let proof = self.prover.prove(
            endpoint,
            &self.client_id,
            self.clock.as_ref(),
            self.entropy.as_ref(),
        );
        let proof = match proof {
            Ok(proof) => proof,
            Err(unable) => return Err(unable.during(call).into()),
        };
        let mut form = vec![
            ("client_id", self.client_id.as_str()),
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", attempt.verifier()),
        ];
        form.extend(
            proof
                .iter()
                .map(|(name, value)| (*name, value.expose_secret())),
        );
        let request = self.transport.http.post(endpoint.clone()).form(&form);
        let answer = self
            .transport
            .exchange(request, call, EXCHANGE_TIME)
            .await?;
        if answer.status != StatusCode::OK {
            return Err(refused_code(answer));
        }
        let granted: Granted = answer.json()?;
        Ok(granted.id_token.ok_or(SignInRefusal::Malformed)?)
    }

    fn call(&self, method: &'static str, path: &'static str) -> CallRecord {
        CallRecord {
            method,
            path,
            writes: false,
            status: None,
            client_request_id: self.entropy.uuid(),
            request_id: None,
        }
    }
}

/// The token service's answer, as far as it is needed: the access token is not.
#[derive(Deserialize)]
struct Granted {
    id_token: Option<SecretString>,
}

/// Tells a code that is no good from an application that is not accepted.
fn refused_code(answer: Answer) -> SignInError {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Refused {
        error: String,
    }
    let refused: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status == StatusCode::BAD_REQUEST && refused.error == "invalid_grant" {
        SignInRefusal::UnknownCode.into()
    } else {
        refusal(answer).into()
    }
}
