//! The tenant's signing key.

use std::{sync::LazyLock, thread};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde::Serialize;

/// Name of the only key.
pub const KEY_ID: &str = "latchkey-simulator-1";

struct SigningKey {
    private: EncodingKey,
    public: Jwk,
}

/// Drawn once per process. Finding RSA primes takes a moment, so [`warm_up`] does it off the start's path.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be generated");
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("an RSA key has a PKCS #8 form");
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der.as_ref())
    );
    let private = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("the PEM form is well made");
    let mut public = Jwk::from_encoding_key(&private, Algorithm::RS256).expect("the key is RSA");
    public.common.key_id = Some(KEY_ID.to_owned());
    public.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
    SigningKey { private, public }
});

/// Draws the key in the background.
pub fn warm_up() {
    thread::spawn(|| LazyLock::force(&KEY));
}

/// The public half, as published at `jwks_uri`.
pub fn public() -> &'static Jwk {
    &KEY.public
}

/// An RS256 JWT over `claims`.
pub fn sign<T: Serialize>(claims: &T) -> String {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(KEY_ID.to_owned());
    jsonwebtoken::encode(&header, claims, &KEY.private).expect("claims serialize and the key signs")
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::{Value, json};

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
