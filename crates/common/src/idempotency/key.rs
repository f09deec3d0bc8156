//! A client's name for a request, and what makes two requests the same.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::Tenant;

/// Longest key, characters: a UUID has 36, a hash 64, and some put a path in front.
const MAX_LEN: usize = 255;

/// Domain separation for names of records (blake3 `derive_key` context). Changing it forgets all keys.
const NAME_CONTEXT: &str = "invoice-ocr 2026-11-27 idempotency name v1";

/// Likewise for requests.
const REQUEST_CONTEXT: &str = "invoice-ocr 2026-11-27 idempotency request v1";

/// A key that cannot be one.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("an idempotency key is 1 to {MAX_LEN} of the visible ASCII characters but '\"' and '\\'")]
pub struct BadIdempotencyKey;

/// A client's name for one request.
///
/// The draft has it as a string of RFC 9651, in double quotes; many clients leave them out. Both are read
/// and mean the same, so neither quotes nor backslashes may be part of it.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl FromStr for IdempotencyKey {
    type Err = BadIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, BadIdempotencyKey> {
        let text = text.trim_matches([' ', '\t']);
        let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let bare = quoted.unwrap_or(text);
        let legal = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if (1..=MAX_LEN).contains(&bare.len()) && bare.bytes().all(legal) {
            Ok(Self(bare.to_owned()))
        } else {
            Err(BadIdempotencyKey)
        }
    }
}

/// Clients put into keys what they like; it is no business of the log.
impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

impl IdempotencyKey {
    /// What the record of `tenant`'s request is called: 64 hexadecimal digits that do not tell the key.
    #[must_use]
    pub fn name(&self, tenant: &Tenant) -> String {
        self.hashed(NAME_CONTEXT, tenant).to_hex().to_string()
    }

    /// Begins to take in what `tenant` asks for under this key.
    #[must_use]
    pub fn fingerprint(&self, tenant: &Tenant) -> Fingerprinter {
        let secret = self.hashed(REQUEST_CONTEXT, tenant);
        Fingerprinter(Box::new(blake3::Hasher::new_keyed(secret.as_bytes())))
    }

    fn hashed(&self, context: &str, tenant: &Tenant) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        for part in [tenant.as_str(), &self.0] {
            // Lengths first: no two different pairs feed the same bytes.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize()
    }
}

/// Takes in what a request asks for, part by part.
#[derive(Debug)]
pub struct Fingerprinter(Box<blake3::Hasher>);

impl Fingerprinter {
    /// The next part; parts do not run into each other.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// All of it.
    #[must_use]
    pub fn finish(&self) -> Fingerprint {
        Fingerprint(self.0.finalize().to_hex().to_string())
    }
}

/// What a request asked for, told from everything else: only who has the key can make it again, so that it
/// says nothing about a document to anybody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_with_and_without_quotes() {
        let bare: IdempotencyKey = "8e03978e-40d5-43dd-bc93-6894a57f9324".parse().unwrap();
        assert_eq!(" \"8e03978e-40d5-43dd-bc93-6894a57f9324\"".parse(), Ok(bare));
    }

    #[test]
    fn what_is_empty_too_long_or_invisible_is_no_key() {
        assert!("k".repeat(MAX_LEN).parse::<IdempotencyKey>().is_ok());
        let long = "k".repeat(MAX_LEN + 1);
        for bad in ["", "\"\"", " ", "\"", "a b", "a\"b", "a\\b", "a\tb", "é", &long] {
            assert_eq!(bad.parse::<IdempotencyKey>(), Err(BadIdempotencyKey), "{bad}");
        }
    }

    #[test]
    fn a_key_is_its_tenants_own_and_is_not_shown() {
        let key: IdempotencyKey = "order-7".parse().unwrap();
        let other: IdempotencyKey = "order-8".parse().unwrap();
        let (acme, rival): (Tenant, Tenant) = ("acme".parse().unwrap(), "rival".parse().unwrap());
        assert_eq!(key.name(&acme), key.name(&acme));
        assert_ne!(key.name(&acme), key.name(&rival));
        assert_ne!(key.name(&acme), other.name(&acme));
        assert!(!format!("{key:?}").contains("order"));
    }

    #[test]
    fn two_requests_are_the_same_when_key_tenant_and_every_part_are() {
        let of = |key: &str, tenant: &str, parts: &[&str]| {
            let key: IdempotencyKey = key.parse().unwrap();
            let mut asked = key.fingerprint(&tenant.parse().unwrap());
            parts.iter().for_each(|part| asked.add(part.as_bytes()));
            asked.finish()
        };
        let first = of("k", "acme", &["ab", "c"]);
        assert_eq!(first, of("k", "acme", &["ab", "c"]));
        for other in [
            of("k", "acme", &["a", "bc"]),
            of("k", "acme", &["ab"]),
            of("k", "rival", &["ab", "c"]),
            of("l", "acme", &["ab", "c"]),
        ] {
            assert_ne!(first, other);
        }
    }
}
