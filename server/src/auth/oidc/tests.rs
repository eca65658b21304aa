//! The relying party against id tokens of every kind, and against an identity provider that misbehaves.

mod claims;
mod published;

use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::Value;

use crate::clock::moved::MovedClock;

/// A key that tokens are signed with.
struct Key {
    private: EncodingKey,
    public: Jwk,
}

impl Key {
    fn draw(name: &str) -> Self {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let private = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap();
        let mut public = Jwk::from_encoding_key(&private, Algorithm::RS256).unwrap();
        public.common.key_id = Some(name.to_owned());
        // As Entra publishes it.
        public.common.key_algorithm = None;
        Self { private, public }
    }

    fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        let mut header = Header::new(algorithm);
        header.kid.clone_from(&self.public.common.key_id);
        jsonwebtoken::encode(&header, claims, &self.private).unwrap()
    }
}
