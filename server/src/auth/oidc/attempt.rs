//! What is secret about one sign-in.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::secret::{Bearer, BearerHash};

/// What nonces and verifiers are derived with.
pub struct AttemptKey(Zeroizing<[u8; 32]>);

/// One sign-in: its state, and the nonce and the PKCE verifier that follow from it.
///
/// They are derived, so that the database holds none of the three: only the hash of the state. Whoever reads the
/// state in an address learns nothing about the verifier.
pub struct Attempt {
    state: Bearer,
    nonce: String,
    verifier: Zeroizing<String>,
}

impl AttemptKey {
    /// A key of 256 bits that serves no other purpose.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// The sign-in with this state.
    pub fn attempt(&self, state: Bearer) -> Attempt {
        let exposed = state.expose();
        let derived = |label: &[u8]| {
            let mut mac =
                Hmac::<Sha256>::new_from_slice(&*self.0).expect("HMAC takes a key of any length");
            mac.update(label);
            mac.update(exposed.as_bytes());
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        };
        Attempt {
            nonce: derived(b"nonce "),
            // 43 characters, as RFC 7636 asks for at least.
            verifier: Zeroizing::new(derived(b"verifier ")),
            state,
        }
    }
}

impl Attempt {
    /// What the identity provider gives back to the browser unchanged.
    pub fn state(&self) -> Zeroizing<String> {
        self.state.expose()
    }

    /// What the database knows it by.
    pub fn hash(&self) -> BearerHash {
        self.state.hash()
    }

    /// What the id token has to hold.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// What is sent with the code, from server to server.
    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    /// What the identity provider will compare the verifier with (RFC 7636, `S256`).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}
