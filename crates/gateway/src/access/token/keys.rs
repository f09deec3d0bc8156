//! The keys that tokens are checked with, each bound to one algorithm: pure.

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use thiserror::Error;

use common::config::JwtAlgorithm;

/// Shortest secret of HS256, bytes: as long as the hash (RFC 7518, 3.2).
const MIN_SECRET_BYTES: usize = 32;

/// Shortest RSA modulus, bytes: 2048 bits, below which RS256 may not be used (RFC 7518, 3.3).
const MIN_MODULUS_BYTES: usize = 256;

/// What is said of a secret that is too short.
pub(super) const SHORT_SECRET: &str = "a secret of HS256 has 32 bytes or more";

/// How a file holds keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The bytes of a secret.
    Secret,
    /// One public key.
    Pem,
    /// A JSON Web Key Set.
    Set,
}

/// A file that holds no keys for tokens. Nothing of it is quoted.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum KeyFileError {
    /// Anybody could find it out.
    #[error("{SHORT_SECRET}")]
    ShortSecret,
    /// Likewise.
    #[error("an RSA key has 2048 bits or more")]
    ShortModulus,
    /// It belongs somewhere else.
    #[error("this is a private key: give its public part, and keep it where tokens are made")]
    Private,
    /// Something else.
    #[error("this is no public key of RS256 or EdDSA in PEM")]
    NoPem,
    /// Something else.
    #[error("this is no JSON Web Key Set")]
    NoSet,
    /// The allowed algorithms have no use for what is there.
    #[error("there is no key for the algorithms in gateway.auth.jwt.algorithms")]
    NothingAllowed,
}

struct TokenKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// All keys that tokens are checked with.
pub(super) struct TokenKeys(Vec<TokenKey>);

impl TokenKeys {
    /// Reads keys, and leaves out those of algorithms that are not `allowed`.
    pub(super) fn parse(
        bytes: &[u8],
        form: Form,
        allowed: &[JwtAlgorithm],
    ) -> Result<Self, KeyFileError> {
        let mut keys = match form {
            Form::Secret => vec![secret(bytes)?],
            Form::Pem => vec![pem(bytes)?],
            Form::Set => set(bytes)?,
        };
        keys.retain(|key| allowed.iter().any(|allowed| of(*allowed) == key.algorithm));
        if keys.is_empty() { Err(KeyFileError::NothingAllowed) } else { Ok(Self(keys)) }
    }

    /// The key for a token that names `id` and `algorithm`. Who names no key, or the only one has no
    /// name, is checked with the only one.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let named = self.0.iter().find(|key| id.is_some() && key.id.as_deref() == id);
        let only = match self.0.as_slice() {
            [only] if id.is_none() || only.id.is_none() => Some(only),
            _ => None,
        };
        named.or(only).filter(|key| key.algorithm == algorithm).map(|key| &key.key)
    }
}

fn of(algorithm: JwtAlgorithm) -> Algorithm {
    match algorithm {
        JwtAlgorithm::Hs256 => Algorithm::HS256,
        JwtAlgorithm::Rs256 => Algorithm::RS256,
        JwtAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

fn secret(bytes: &[u8]) -> Result<TokenKey, KeyFileError> {
    // What an editor adds is no part of the secret.
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    if bytes.len() < MIN_SECRET_BYTES {
        return Err(KeyFileError::ShortSecret);
    }
    let key = DecodingKey::from_secret(bytes);
    Ok(TokenKey { id: None, algorithm: Algorithm::HS256, key })
}

fn pem(bytes: &[u8]) -> Result<TokenKey, KeyFileError> {
    if bytes.windows(11).any(|seen| seen == b"PRIVATE KEY") {
        return Err(KeyFileError::Private);
    }
    if let Ok(key) = DecodingKey::from_ed_pem(bytes) {
        return Ok(TokenKey { id: None, algorithm: Algorithm::EdDSA, key });
    }
    let key = DecodingKey::from_rsa_pem(bytes).map_err(|_| KeyFileError::NoPem)?;
    // The modulus and little else.
    if key.try_get_as_bytes().is_ok_and(|der| der.len() < MIN_MODULUS_BYTES) {
        return Err(KeyFileError::ShortModulus);
    }
    Ok(TokenKey { id: None, algorithm: Algorithm::RS256, key })
}

fn set(bytes: &[u8]) -> Result<Vec<TokenKey>, KeyFileError> {
    let set: JwkSet = serde_json::from_slice(bytes).map_err(|_| KeyFileError::NoSet)?;
    Ok(set.keys.iter().filter_map(member).collect())
}

/// A key of a set; `None` for one that is for something else. A secret has no place among public keys.
fn member(jwk: &Jwk) -> Option<TokenKey> {
    let common = &jwk.common;
    if !matches!(common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_)
            if matches!(common.key_algorithm, None | Some(KeyAlgorithm::RS256)) =>
        {
            Algorithm::RS256
        }
        AlgorithmParameters::OctetKeyPair(pair)
            if pair.curve == EllipticCurve::Ed25519
                && matches!(common.key_algorithm, None | Some(KeyAlgorithm::EdDSA)) =>
        {
            Algorithm::EdDSA
        }
        _ => return None,
    };
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some(TokenKey { id: common.key_id.clone(), algorithm, key })
}
