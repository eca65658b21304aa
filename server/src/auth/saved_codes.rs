//! Saved recovery codes: making them, and finding out whether a typed one is among somebody's.
//!
//! What is stored of a code is its argon2id hash, with a pepper that is not in the database: whoever
//! steals the tables can neither guess codes nor make one that works. The hash also covers whose code it
//! is, so that whoever can write to the tables cannot give their own codes to somebody else.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use domain::{PersonId, SavedCode, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::workshop::{Busy, Place, Workshop};
use crate::{
    clock::Entropy,
    recovery::ServiceError,
    store::{NewSavedCode, NewSavedSet, SAVED_CODE_HASH, SavedCodeId, SavedSet, Store},
};

/// Memory of one hashing, in KiB (OWASP's first choice for argon2id with one lane).
pub const MEMORY: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes of it.
const LANES: u32 = 1;
/// How many may wait for each that works. One takes some tens of milliseconds.
const QUEUE: usize = 16;
/// How many codes a person is given.
pub const CODES: u8 = 10;

/// Stands in for the salt of somebody who has no codes, so that the same work is done.
const NO_SALT: [u8; 16] = *b"nobody's codes :";

/// Key that goes into every hash and is kept outside the database.
#[derive(Clone)]
pub struct Pepper(Arc<Zeroizing<[u8; 32]>>);

/// Tells one pepper from another, and nothing more about it.
pub type PepperMark = [u8; 16];

/// Whether the codes of a set work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They do, each once.
    Working,
    /// They were made void.
    Void {
        /// When.
        at: Timestamp,
    },
    /// They were hashed with another pepper: `server.secret` was replaced since.
    OtherPepper,
}

/// What one hashing works in. It is made when it is first needed. What stays in it cannot be turned back
/// into a code.
type Memory = Vec<Block>;

/// Hashes and compares saved codes, a few at a time.
pub struct SavedCodes {
    store: Store,
    entropy: Arc<dyn Entropy>,
    pepper: Pepper,
    workshop: Workshop<Memory>,
}

impl Pepper {
    /// Takes 256 secret bits.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Arc::new(Zeroizing::new(key)))
    }

    fn mark(&self) -> PepperMark {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice())
            .expect("HMAC takes a key of any length");
        mac.update(b"which pepper");
        let mut mark = PepperMark::default();
        mark.copy_from_slice(&mac.finalize().into_bytes()[..size_of::<PepperMark>()]);
        mark
    }
}

impl SavedCodes {
    /// Works within so much memory, in MiB, and never less than one hashing takes.
    pub fn new(
        store: Store,
        entropy: Arc<dyn Entropy>,
        pepper: Pepper,
        memory_mebibytes: u32,
    ) -> Self {
        let benches = usize::try_from(memory_mebibytes.saturating_mul(1024) / MEMORY);
        Self {
            store,
            entropy,
            pepper,
            workshop: Workshop::new(benches.unwrap_or(1), QUEUE),
        }
    }

    /// Takes a place in the queue of those whose code is compared. It is taken before a try is counted,
    /// so that a server with too much to do costs nobody a try.
    pub fn enter(&self) -> Result<Place, Busy> {
        self.workshop.enter()
    }

    /// Takes a place in the queue of those who make codes, who leave room for those whose code is compared.
    pub fn enter_to_make(&self) -> Result<Place, Busy> {
        self.workshop.enter_as_lesser()
    }

    /// Which of this person's unused codes was typed, if any.
    ///
    /// For somebody without codes, and for nobody, the same work is done. The code is not spent by it:
    /// that is for the change that counts it as a proof ([`crate::store::Change::spend`]).
    pub async fn matching(
        &self,
        place: Place,
        person: Option<&PersonId>,
        typed: &SavedCode,
    ) -> Result<Option<SavedCodeId>, ServiceError> {
        let person = person.cloned().unwrap_or(PersonId(String::new()));
        let set = self.store.saved_set(&person).await?;
        let salt = set.as_ref().map_or(NO_SALT, |set| set.salt);
        let (pepper, typed) = (self.pepper.clone(), typed.clone());
        let hashed = self
            .workshop
            .work(place, move |memory| {
                hash(&pepper, &salt, &person, &typed, memory)
            })
            .await?;
        let codes = set
            .filter(|set| self.standing(set) == Standing::Working)
            .map_or_else(Vec::new, |set| set.codes);
        let mut found = None;
        for index in 0..usize::from(CODES) {
            let stored = codes.get(index);
            let hash = stored.map_or(&[0; SAVED_CODE_HASH], |code| &code.hash);
            let is_same = bool::from(hash.ct_eq(&hashed));
            if let Some(code) = stored.filter(|code| is_same & code.used_at.is_none()) {
                found = Some(code.id);
            }
        }
        Ok(found)
    }

    /// Whether the codes of this set work.
    pub fn standing(&self, set: &SavedSet) -> Standing {
        match set.voided_at {
            Some(at) => Standing::Void { at },
            None if set.pepper == self.pepper.mark() => Standing::Working,
            None => Standing::OtherPepper,
        }
    }

    /// Fresh codes for this person, and what is to be stored of them. They are hashed one by one, so that whoever has a
    /// code compared meanwhile does not wait for all ten.
    pub async fn generate(
        &self,
        place: Place,
        person: &PersonId,
    ) -> Result<(Vec<SavedCode>, NewSavedSet), Busy> {
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        let codes: Vec<SavedCode> = (0..CODES)
            .map(|_| {
                let mut bits = Zeroizing::new([0; SavedCode::BYTES]);
                self.entropy.fill(&mut *bits);
                SavedCode::new(*bits)
            })
            .collect();
        let mut stored = Vec::with_capacity(codes.len());
        for code in &codes {
            let (pepper, person, code) = (self.pepper.clone(), person.clone(), code.clone());
            let hash = move |memory: &mut Memory| hash(&pepper, &salt, &person, &code, memory);
            stored.push(NewSavedCode {
                id: SavedCodeId(self.entropy.uuid()),
                hash: self.workshop.work(place.clone(), hash).await?,
            });
        }
        let set = NewSavedSet {
            id: self.entropy.uuid(),
            pepper: self.pepper.mark(),
            salt,
            codes: stored,
        };
        Ok((codes, set))
    }
}

/// One salt serves all codes of a person, so that one hashing compares what was typed with each of them.
/// The codes themselves are random, so equal ones never meet.
fn hash(
    pepper: &Pepper,
    salt: &[u8; 16],
    person: &PersonId,
    code: &SavedCode,
    memory: &mut Memory,
) -> [u8; SAVED_CODE_HASH] {
    let params = Params::new(MEMORY, PASSES, LANES, Some(SAVED_CODE_HASH))
        .expect("the parameters are in range");
    memory.resize(params.block_count(), Block::new());
    let argon2 = Argon2::new_with_secret(
        pepper.0.as_slice(),
        Algorithm::Argon2id,
        Version::V0x13,
        params,
    )
    .expect("the pepper's length is in range");
    // The code has a fixed length, so no other code and person share this text.
    let mut text = Zeroizing::new(Vec::with_capacity(SavedCode::BYTES + person.0.len()));
    text.extend_from_slice(code.as_bytes());
    text.extend_from_slice(person.0.as_bytes());
    let mut hash = [0; SAVED_CODE_HASH];
    argon2
        .hash_password_into_with_memory(&text, salt, &mut hash, memory)
        .expect("the text's, the salt's and the hash's lengths are in range");
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_one_code_of_one_person_under_one_salt_and_pepper() {
        let code = |number| SavedCode::new([number; SavedCode::BYTES]);
        let person = |id: &str| PersonId(id.to_owned());
        let pepper = |number| Pepper::new([number; 32]);
        let mut memory = Memory::new();
        let mut hash = |pepper: &Pepper, salt, person: &PersonId, code: &SavedCode| {
            super::hash(pepper, &[salt; 16], person, code, &mut memory)
        };
        let one = hash(&pepper(1), 1, &person("ada"), &code(1));
        assert_eq!(one, hash(&pepper(1), 1, &person("ada"), &code(1)));
        for other in [
            hash(&pepper(2), 1, &person("ada"), &code(1)),
            hash(&pepper(1), 2, &person("ada"), &code(1)),
            hash(&pepper(1), 1, &person("bo"), &code(1)),
            hash(&pepper(1), 1, &person("ada"), &code(2)),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(pepper(1).mark(), pepper(1).mark());
        assert_ne!(pepper(1).mark(), pepper(2).mark());
        // What a hashing leaves in its memory has no part in the next.
        assert_eq!(one, hash(&pepper(1), 1, &person("ada"), &code(1)));
        assert_eq!(memory.len(), usize::try_from(MEMORY).unwrap());
    }
}
