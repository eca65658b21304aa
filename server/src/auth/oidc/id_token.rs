//! Whether an id token says that the person whom we sent away has signed in, and who they are.

use std::time::Duration;

use domain::{PersonId, Timestamp};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Identity, SignInRefusal};

/// How far the identity provider's clock and ours may be apart.
const SKEW: Duration = Duration::from_mins(2);
/// The longest that a token was made before it is looked at: it comes straight from the token service.
const OLDEST: Duration = Duration::from_mins(10);
/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 200;

/// What a token is compared with.
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub tenant_id: &'a str,
    pub nonce: &'a str,
    pub algorithms: &'a [Algorithm],
    pub now: Timestamp,
    /// How long ago the person has shown themselves at most, if that matters.
    pub signed_in_within: Option<Duration>,
    /// The authentication context that has to be satisfied, if one has.
    pub authentication_context: Option<&'a str>,
}

/// Claims of an id token, as Microsoft documents them. What is missing here decides nothing.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    nbf: Option<i64>,
    iat: i64,
    nonce: Option<String>,
    auth_time: Option<i64>,
    tid: Option<String>,
    oid: Option<String>,
    /// 0 for a member of the tenant, 1 for a guest; an optional claim.
    acct: Option<Value>,
    /// The authentication contexts that were satisfied.
    acrs: Option<Contexts>,
    name: Option<String>,
    preferred_username: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Contexts {
    One(String),
    Several(Vec<String>),
}

impl Contexts {
    fn contain(&self, wanted: &str) -> bool {
        match self {
            Self::One(context) => context == wanted,
            Self::Several(contexts) => contexts.iter().any(|context| context == wanted),
        }
    }
}

/// The algorithm of a token and the name of its key, neither of which is to be believed yet.
pub(super) fn header(token: &str) -> Result<(Algorithm, String), SignInRefusal> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| SignInRefusal::Malformed)?;
    // Without a name there could be one key only, which Entra never has.
    let key_id = header.kid.ok_or(SignInRefusal::WrongSignature)?;
    Ok((header.alg, key_id))
}

/// Checks the signature by `key`, then every claim (OpenID Connect Core 1.0, 3.1.3.7).
pub(super) fn verify(
    token: &str,
    algorithm: Algorithm,
    key: &Jwk,
    expected: &Expected<'_>,
) -> Result<Identity, SignInRefusal> {
    let claims = signed_claims(token, algorithm, key, expected.algorithms)?;
    if claims.iss != expected.issuer {
        return Err(SignInRefusal::WrongIssuer);
    }
    check_audience(&claims, expected.client_id)?;
    check_times(&claims, expected)?;
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(SignInRefusal::WrongNonce);
    }
    if claims.tid.as_deref() != Some(expected.tenant_id) {
        return Err(SignInRefusal::OtherTenant);
    }
    // Entra writes a number; what is none of the two values is not taken for a member's.
    let is_member = match &claims.acct {
        None => true,
        Some(Value::Number(number)) => number.as_u64() == Some(0),
        Some(Value::String(text)) => text == "0",
        Some(_) => false,
    };
    if !is_member {
        return Err(SignInRefusal::Guest);
    }
    check_context(&claims, expected.authentication_context)?;
    let person = claims
        .oid
        .as_deref()
        .and_then(|id| Uuid::try_parse(id).ok())
        .ok_or(SignInRefusal::Malformed)?;
    let name = claims.name.or(claims.preferred_username);
    Ok(Identity {
        // As Graph writes it.
        person: PersonId(person.to_string()),
        name: name
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST_NAME)
            .collect(),
        authenticated_at: claims
            .auth_time
            .map(|at| Timestamp::from_millis(at.saturating_mul(1000)).min(expected.now)),
    })
}

fn signed_claims(
    token: &str,
    algorithm: Algorithm,
    key: &Jwk,
    accepted: &[Algorithm],
) -> Result<Claims, SignInRefusal> {
    let is_for_signatures = matches!(
        key.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let is_for_algorithm = match key.common.key_algorithm {
        None => true,
        Some(KeyAlgorithm::RS256) => algorithm == Algorithm::RS256,
        Some(KeyAlgorithm::PS256) => algorithm == Algorithm::PS256,
        Some(_) => false,
    };
    if !accepted.contains(&algorithm)
        || !is_for_signatures
        || !is_for_algorithm
        || !matches!(key.algorithm, AlgorithmParameters::RSA(_))
    {
        return Err(SignInRefusal::WrongSignature);
    }
    let key = DecodingKey::from_jwk(key).map_err(|_| SignInRefusal::WrongSignature)?;
    // The signature alone: the library takes the time from the machine's clock, and knows no nonce.
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Value>(token, &key, &validation)
        .map_err(|_| SignInRefusal::WrongSignature)?;
    serde_json::from_value(decoded.claims).map_err(|_| SignInRefusal::Malformed)
}

fn check_audience(claims: &Claims, client_id: &str) -> Result<(), SignInRefusal> {
    let (is_ours, several) = match &claims.aud {
        Audience::One(audience) => (audience == client_id, false),
        Audience::Several(audiences) => (
            audiences.iter().any(|audience| audience == client_id),
            audiences.len() > 1,
        ),
    };
    let is_presented_by_us = match claims.azp.as_deref() {
        Some(party) => party == client_id,
        None => !several,
    };
    if is_ours && is_presented_by_us {
        Ok(())
    } else {
        Err(SignInRefusal::WrongAudience)
    }
}

/// That Conditional Access has asked for what the context stands for. The wish for it goes through the browser, so that the
/// answer decides.
fn check_context(claims: &Claims, wanted: Option<&str>) -> Result<(), SignInRefusal> {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    let contexts = claims.acrs.as_ref();
    if contexts.is_some_and(|contexts| contexts.contain(wanted)) {
        Ok(())
    } else {
        Err(SignInRefusal::NoAuthenticationContext)
    }
}

fn check_times(claims: &Claims, expected: &Expected<'_>) -> Result<(), SignInRefusal> {
    let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let now = expected.now.millis().div_euclid(1000);
    let (skew, oldest) = (seconds(SKEW), seconds(OLDEST));
    let is_in_time = now < claims.exp.saturating_add(skew)
        && claims.nbf.is_none_or(|from| from <= now + skew)
        && claims.iat <= now + skew
        && claims.iat.saturating_add(oldest + skew) >= now;
    if !is_in_time {
        return Err(SignInRefusal::OutOfTime);
    }
    // A token that does not say when is not believed: the wish for a fresh sign-in goes through the browser, where
    // whoever sits at it can take it out (OpenID Connect Core 1.0, section 3.1.2.1, `max_age`). Entra tells the moment
    // to applications that have the optional claim.
    match (expected.signed_in_within, claims.auth_time) {
        (None, _) => Ok(()),
        (Some(within), Some(at))
            if at <= now + skew && at.saturating_add(seconds(within) + skew) >= now =>
        {
            Ok(())
        }
        (Some(_), _) => Err(SignInRefusal::NotFresh),
    }
}
