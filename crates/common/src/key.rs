//! API keys: what a client holds, what may be done with one, and what is kept of it.

mod record;
mod scope;

use std::fmt;
use std::str::FromStr;

use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

pub use record::{KEY_VERSION, KeyRecord, Standing};
pub use scope::{Scope, Scopes, UnknownScope};

/// What every key begins with, so that people and scanners for leaked secrets know one by sight.
pub const PREFIX: &str = "ioc_";

/// Random bytes of an id: enough that two keys never share one; ids are no secret.
const ID_BYTES: usize = 8;

/// Random bytes of a secret: 192 bits, beyond guessing, so that a fast hash protects it.
const SECRET_BYTES: usize = 24;

/// Bytes of the checksum: one typing error in four thousand million goes unnoticed.
const CHECKSUM_BYTES: usize = 4;

/// Domain separation for what is kept of a secret (blake3 `derive_key` context). Changing it locks
/// everybody out.
const HASH_CONTEXT: &str = "invoice-ocr 2026-11-26 api key v1";

/// Domain separation for the checksum, which is public.
const CHECKSUM_CONTEXT: &str = "invoice-ocr 2026-11-26 api key checksum v1";

/// Something that is no key. What it was is never quoted: it may be one with a typing error.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum KeyError {
    /// Not the form of a key, or its checksum differs.
    #[error("this is no API key, or it has a typing error")]
    Malformed,
    /// Not the form of a key's id.
    #[error("the id of a key is {} lower-case hexadecimal digits", ID_BYTES * 2)]
    BadId,
    /// The system has no randomness to give.
    #[error("the system's random generator does not answer")]
    NoRandomness,
}

/// Names a key, everywhere: it is no secret. Safe as a subject token.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The id as hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        unhex::<ID_BYTES>(text).map(|_| Self(text.to_owned())).ok_or(KeyError::BadId)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A whole key, secret included. It has no `Display`: whoever shows it has to say so
/// ([`ApiKey::reveal`]).
#[derive(Clone)]
pub struct ApiKey {
    id: KeyId,
    secret: [u8; SECRET_BYTES],
}

impl ApiKey {
    /// A new key, from the system's random generator alone.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn generate() -> Result<Self, KeyError> {
        let (mut id, mut secret) = ([0; ID_BYTES], [0; SECRET_BYTES]);
        for bytes in [&mut id[..], &mut secret[..]] {
            OsRng.try_fill_bytes(bytes).map_err(|_| KeyError::NoRandomness)?;
        }
        Ok(Self { id: KeyId(hex(&id)), secret })
    }

    /// Its public part.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key as its client writes it: `ioc_<id>_<secret><checksum>`.
    #[must_use]
    pub fn reveal(&self) -> String {
        let body = format!("{PREFIX}{}_{}", self.id, hex(&self.secret));
        let checksum = checksum(&body);
        body + &checksum
    }

    /// What is kept of the secret: it cannot be turned back, and belongs to this id alone.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(HASH_CONTEXT);
        // Both have a fixed length: no two different pairs feed the same bytes.
        hasher.update(self.id.as_str().as_bytes());
        hasher.update(&self.secret);
        *hasher.finalize().as_bytes()
    }
}

impl FromStr for ApiKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed;
        let at = text.len().checked_sub(CHECKSUM_BYTES * 2).ok_or(malformed)?;
        let (body, claimed) = text.split_at_checked(at).ok_or(malformed)?;
        // Public, so it need not be compared in constant time.
        if checksum(body) != claimed {
            return Err(malformed);
        }
        let (id, secret) =
            body.strip_prefix(PREFIX).and_then(|r| r.split_once('_')).ok_or(malformed)?;
        let id = id.parse().map_err(|_| malformed)?;
        Ok(Self { id, secret: unhex(secret).ok_or(malformed)? })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a key with this `body` ends with, for the target in `fuzz/`, which cannot guess it.
#[cfg(feature = "fuzzing")]
#[must_use]
pub fn checksum_of(body: &str) -> String {
    checksum(body)
}

fn checksum(body: &str) -> String {
    let sum = blake3::derive_key(CHECKSUM_CONTEXT, body.as_bytes());
    hex(sum.first_chunk::<CHECKSUM_BYTES>().unwrap_or(&[0; CHECKSUM_BYTES]))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `N` bytes from lower-case hexadecimal digits.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_shown() {
        let key = ApiKey::generate().unwrap();
        let shown = key.reveal();
        let again: ApiKey = shown.parse().unwrap();
        assert_eq!((again.id(), again.hash()), (key.id(), key.hash()));
        assert_eq!(again.reveal(), shown);
        assert_eq!(shown.len(), 4 + 16 + 1 + 48 + 8);
    }

    #[test]
    fn no_two_keys_are_alike() {
        let (a, b) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        assert_ne!(a.id(), b.id());
        assert_ne!(a.hash(), b.hash());
    }

    #[test]
    fn every_typing_error_is_noticed() {
        let shown = ApiKey::generate().unwrap().reveal();
        for at in 0..shown.len() {
            let mut typed = shown.clone().into_bytes();
            typed[at] = if typed[at] == b'0' { b'1' } else { b'0' };
            let typed = String::from_utf8(typed).unwrap();
            assert_eq!(typed.parse::<ApiKey>().unwrap_err(), KeyError::Malformed, "{at}");
        }
        let (longer, capital) = (format!("{shown}0"), shown.to_uppercase());
        let headless = shown.trim_start_matches('i');
        for bad in ["", "ioc_", "é", "ioc_aé", headless, &longer, &capital] {
            assert_eq!(bad.parse::<ApiKey>().unwrap_err(), KeyError::Malformed);
        }
    }

    #[test]
    fn keys_of_released_versions_stay_good() {
        // Frozen: clients hold such keys, and the broker such hashes.
        let key = ApiKey { id: "00112233445566ff".parse().unwrap(), secret: [7; SECRET_BYTES] };
        let shown = "ioc_00112233445566ff_070707070707070707070707070707070707070707070707440015f3";
        assert_eq!(key.reveal(), shown);
        assert_eq!(
            hex(&key.hash()),
            "e2e919ab5ea583e9a8c210ebe1be4be2b5d01c1ef99cc26fc2aff32566fec978"
        );
    }

    #[test]
    fn a_debugged_key_shows_no_secret() {
        let key = ApiKey::generate().unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains(key.id().as_str()), "{shown}");
        assert!(
            !shown.contains(&hex(&key.secret)) && !shown.contains(&format!("{:?}", key.secret))
        );
    }
}
