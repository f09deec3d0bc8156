//! Names of things: documents, contents, tenants, correlations. All are safe as subject tokens,
//! KV keys and object names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

/// Length of a blake3 hash in lower-case hexadecimal digits.
const HEX_HASH_LEN: usize = 64;

/// Longest tenant name, so that a public event's subject stays far below the broker's limits.
const MAX_TENANT_LEN: usize = 64;

/// Domain separation for document ids (blake3 `derive_key` context). Changing it changes every id.
const DOCUMENT_ID_CONTEXT: &str = "invoice-ocr 2026-11-23 document id v1";

/// A name that does not have the form its kind requires.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum IdError {
    /// Not 64 lower-case hexadecimal digits.
    #[error("expected {HEX_HASH_LEN} lower-case hexadecimal digits, got {len} characters")]
    NotHex {
        /// Characters seen.
        len: usize,
    },
    /// A tenant outside `[a-z0-9_-]{{1,64}}`.
    #[error("a tenant is 1 to {MAX_TENANT_LEN} characters of a-z, 0-9, '-' and '_'")]
    BadTenant,
}

/// blake3 hash of some bytes, as 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ContentHash(String);

impl ContentHash {
    /// Hashes `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }

    /// The hash as 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The published form, `blake3:<hex>`.
    #[must_use]
    pub fn tagged(&self) -> String {
        format!("blake3:{}", self.0)
    }
}

/// Names a document: the same content, tenant and options always give the same id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct DocumentId(String);

impl DocumentId {
    /// Derives the id from what makes two uploads the same work.
    ///
    /// Tenants are part of it, so that one tenant cannot learn what another has uploaded.
    #[must_use]
    pub fn derive(tenant: &Tenant, content: &ContentHash, options: &Options) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(DOCUMENT_ID_CONTEXT);
        let languages = options.languages.join("+");
        for part in [tenant.as_str(), content.as_str(), &languages] {
            // Lengths first: no two different triples feed the same bytes.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(hasher.finalize().to_hex().to_string())
    }

    /// The id as 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn parse_hex(text: &str) -> Result<String, IdError> {
    let hex = text.len() == HEX_HASH_LEN
        && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if hex { Ok(text.to_owned()) } else { Err(IdError::NotHex { len: text.chars().count() }) }
}

macro_rules! hex_name {
    ($name:ident) => {
        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_hex(text).map(Self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

hex_name!(ContentHash);
hex_name!(DocumentId);

/// Who a document belongs to; a legal subject token.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, PartialOrd, Ord)]
#[serde(transparent)]
pub struct Tenant(String);

impl Tenant {
    /// The tenant as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Tenant {
    /// The tenant of an installation without API keys.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for Tenant {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if (1..=MAX_TENANT_LEN).contains(&text.len()) && text.bytes().all(legal) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::BadTenant)
        }
    }
}

impl<'de> Deserialize<'de> for Tenant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a client may choose for one document. Part of the document's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Tesseract language codes in order of preference; empty means the configured ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_upload_has_the_same_id_and_every_part_counts() {
        let (a, b) = (Tenant::default(), "other".parse().unwrap());
        let (x, y) = (ContentHash::of(b"x"), ContentHash::of(b"y"));
        let plain = Options::default();
        let german = Options { languages: vec!["deu".into()] };
        let id = DocumentId::derive(&a, &x, &plain);
        assert_eq!(id, DocumentId::derive(&a, &x, &plain));
        for other in [
            DocumentId::derive(&b, &x, &plain),
            DocumentId::derive(&a, &y, &plain),
            DocumentId::derive(&a, &x, &german),
        ] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn ids_never_change_between_versions() {
        // Frozen: clients keep ids, and another derivation would process everything again.
        let id =
            DocumentId::derive(&Tenant::default(), &ContentHash::of(b"x"), &Options::default());
        let frozen = "457cbb35c5a59b2a6c73fa72b7a98f73b894195f8aa8e30c0329cbef61eaf6d0";
        assert_eq!(id.as_str(), frozen);
    }

    #[test]
    fn names_that_could_leave_their_subject_are_refused() {
        for bad in ["", "a.b", "a b", "*", ">", "UPPER", "ü"] {
            assert_eq!(bad.parse::<Tenant>(), Err(IdError::BadTenant), "{bad}");
        }
        assert!("not-hex".parse::<DocumentId>().is_err());
        assert!("A".repeat(64).parse::<DocumentId>().is_err());
    }
}
