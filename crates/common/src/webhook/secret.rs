//! The secret that sendings to an endpoint are signed with.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What every secret begins with, as Standard Webhooks has it.
const PREFIX: &str = "whsec_";

/// Random bytes of a new one: as many as the hash has. Standard Webhooks asks for 24 to 64.
const BYTES: usize = 32;

/// Bytes that one may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// Something that is no secret. What it was is never quoted.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SecretError {
    /// Another form.
    #[error("a secret is whsec_ and the base64 of 24 to 64 bytes")]
    Malformed,
    /// The system has no randomness to give.
    #[error("the system's random generator does not answer")]
    NoRandomness,
}

/// A symmetric secret. It has no `Display`: whoever shows it has to say so ([`Secret::reveal`]).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(#[serde(with = "serde_bytes")] Vec<u8>);

impl Secret {
    /// A new one, from the system's random generator alone.
    ///
    /// # Errors
    /// [`SecretError::NoRandomness`].
    pub fn generate() -> Result<Self, SecretError> {
        let mut bytes = vec![0; BYTES];
        OsRng.try_fill_bytes(&mut bytes).map_err(|_| SecretError::NoRandomness)?;
        Ok(Self(bytes))
    }

    /// As receivers write it: `whsec_` and base64.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The key of the signature.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError::Malformed)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| SecretError::Malformed)?;
        LENGTHS.contains(&bytes.len()).then_some(Self(bytes)).ok_or(SecretError::Malformed)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_as_it_was_shown_and_no_two_are_alike() {
        let (a, b) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.reveal().parse(), Ok(a.clone()));
        assert!(!format!("{a:?}").contains(a.reveal().strip_prefix(PREFIX).unwrap()));
    }

    #[test]
    fn what_is_no_secret_is_refused_unquoted() {
        let short = format!("{PREFIX}{}", STANDARD.encode([7; 23]));
        let long = format!("{PREFIX}{}", STANDARD.encode([7; 65]));
        for bad in ["", PREFIX, "whsec_é", &short, &long, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(bad.parse::<Secret>(), Err(SecretError::Malformed));
        }
    }
}
