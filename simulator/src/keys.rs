//! The tenant's signing key.

use std::{sync::LazyLock, thread};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde::Serialize;
use serde_json::json;

/// Name of the only key.
pub const KEY_ID: &str = "latchkey-simulator-1";

struct SigningKey {
    private: EncodingKey,
    public: Jwk,
}

/// Drawn once per process. Finding RSA primes takes a moment, so [`warm_up`] does it off the start's path.
static KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::draw);

impl SigningKey {
    fn draw() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be generated");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("an RSA key has a PKCS #8 form");
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der.as_ref())
        );
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("the PEM form is well made");
        let mut public =
            Jwk::from_encoding_key(&private, Algorithm::RS256).expect("the key is RSA");
        public.common.key_id = Some(KEY_ID.to_owned());
        public.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
        Self { private, public }
    }

    fn sign<T: Serialize>(&self, claims: &T, key_id: &str) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(key_id.to_owned());
        jsonwebtoken::encode(&header, claims, &self.private)
            .expect("claims serialize and the key signs")
    }
}

/// Draws the key in the background.
pub fn warm_up() {
    thread::spawn(|| LazyLock::force(&KEY));
}

/// The public half, as published at `jwks_uri`.
pub fn public() -> &'static Jwk {
    &KEY.public
}

/// A key that the tenant does not publish.
static STRANGER: LazyLock<SigningKey> = LazyLock::new(SigningKey::draw);

/// An RS256 JWT over `claims` by a key that is not published, under the name `key_id`.
pub fn sign_as_stranger<T: Serialize>(claims: &T, key_id: &str) -> String {
    STRANGER.sign(claims, key_id)
}

/// A JWT over `claims` that nobody signs.
pub fn sign_not_at_all<T: Serialize>(claims: &T) -> String {
    let part = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
    let header = json!({"alg": "none", "typ": "JWT", "kid": KEY_ID});
    let claims = serde_json::to_vec(claims).expect("claims serialize");
    format!("{}.{}.", part(header.to_string().into()), part(claims))
}

/// An RS256 JWT over `claims`.
pub fn sign<T: Serialize>(claims: &T) -> String {
    KEY.sign(claims, KEY_ID)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;

    #[test]
    fn signatures_verify_with_the_published_key() {
        let token = sign(&json!({"iss": "me", "exp": 4_000_000_000_u64}));
        let key = DecodingKey::from_jwk(public()).unwrap();
        let claims =
            jsonwebtoken::decode::<Value>(&token, &key, &Validation::new(Algorithm::RS256))
                .unwrap();
        assert_eq!(claims.claims["iss"], "me");
    }
}
