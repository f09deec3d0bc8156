//! What is kept of a key: versioned CBOR in the bucket of keys, without the secret.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{ApiKey, KeyId, Scopes};
use crate::error::StageError;
use crate::id::Tenant;
use crate::quota::OwnQuota;
use crate::versioned;

/// Version this build writes and reads. New optional fields keep it; anything else raises it.
pub const KEY_VERSION: u16 = 1;

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Always [`KEY_VERSION`].
    version: u16,
    /// Its public part.
    pub id: KeyId,
    /// Of id and secret: 32 bytes of blake3.
    #[serde(with = "serde_bytes")]
    hash: Vec<u8>,
    /// What the operator calls it.
    pub name: String,
    /// Whose documents it opens.
    pub tenant: Tenant,
    /// What may be done with it.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is good no longer; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// How much may be read for it in a day, where that is not what the configuration says.
    #[serde(default, skip_serializing_if = "OwnQuota::is_silent")]
    pub quota: OwnQuota,
}

/// What somebody who shows a key is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is good.
    Good,
    /// The id is known, the secret is another.
    Wrong,
    /// It was good once.
    Expired,
    /// It was taken back.
    Revoked,
}

impl KeyRecord {
    /// What is to be kept of `key`.
    #[must_use]
    pub fn new(
        key: &ApiKey,
        name: String,
        tenant: Tenant,
        scopes: Scopes,
        created_at: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Self {
        Self {
            version: KEY_VERSION,
            id: key.id().clone(),
            hash: key.hash().to_vec(),
            name,
            tenant,
            scopes,
            created_at,
            expires_at,
            revoked_at: None,
            quota: OwnQuota::default(),
        }
    }

    /// Whether `key` is this one, and still good at `now`. What is said of the past is for whoever
    /// knows the secret only.
    #[must_use]
    pub fn standing(&self, key: &ApiKey, now: Timestamp) -> Standing {
        let same: bool = self.hash.as_slice().ct_eq(&key.hash()).into();
        match () {
            () if !same || self.id != *key.id() => Standing::Wrong,
            () if self.revoked_at.is_some() => Standing::Revoked,
            () if self.expires_at.is_some_and(|end| now >= end) => Standing::Expired,
            () => Standing::Good,
        }
    }

    /// CBOR bytes of the record.
    ///
    /// # Errors
    /// `Internal` for a value without a wire form, which is a bug.
    pub fn encode(&self) -> Result<Vec<u8>, StageError> {
        versioned::to_cbor(self)
    }

    /// Reads the record back.
    ///
    /// # Errors
    /// `Internal` for bytes of another version, or of something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, StageError> {
        let unreadable = |reason: String| StageError::internal("key_unreadable", reason);
        versioned::from_cbor(bytes, KEY_VERSION, unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Scope;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn record(key: &ApiKey, expires_at: Option<Timestamp>) -> KeyRecord {
        let scopes = [Scope::DocumentsRead, Scope::DocumentsWrite].into_iter().collect();
        let tenant = "acme".parse().unwrap();
        KeyRecord::new(key, "scanner".to_owned(), tenant, scopes, at(1), expires_at)
    }

    #[test]
    fn a_record_comes_back_as_it_was_and_holds_no_secret() {
        let key = ApiKey::generate().unwrap();
        let record = record(&key, Some(at(9)));
        let bytes = record.encode().unwrap();
        assert_eq!(KeyRecord::decode(&bytes).unwrap(), record);
        assert!(!bytes.windows(key.secret.len()).any(|seen| seen == key.secret));
    }

    #[test]
    fn a_quota_of_its_own_is_kept() {
        let key = ApiKey::generate().unwrap();
        let quota = OwnQuota { documents_per_day: Some(0), bytes_per_day: None };
        let record = KeyRecord { quota, ..record(&key, None) };
        assert_eq!(KeyRecord::decode(&record.encode().unwrap()).unwrap(), record);
    }

    #[test]
    fn only_the_secret_of_the_same_key_is_good() {
        let (key, other) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        let record = record(&key, None);
        assert_eq!(record.standing(&key, at(5)), Standing::Good);
        assert_eq!(record.standing(&other, at(5)), Standing::Wrong);
        let mixed = ApiKey { id: key.id.clone(), secret: other.secret };
        assert_eq!(record.standing(&mixed, at(5)), Standing::Wrong);
    }

    #[test]
    fn an_expired_or_revoked_key_is_told_so_if_its_secret_is_right() {
        let (key, other) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        let mut record = record(&key, Some(at(9)));
        assert_eq!(record.standing(&key, at(8)), Standing::Good);
        assert_eq!(record.standing(&key, at(9)), Standing::Expired);
        record.revoked_at = Some(at(7));
        assert_eq!(record.standing(&key, at(8)), Standing::Revoked);
        assert_eq!(record.standing(&other, at(9)), Standing::Wrong);
    }

    #[test]
    fn a_record_of_a_released_version_is_read() {
        let golden = include_bytes!("../../tests/golden/key-v1.cbor");
        let record = KeyRecord::decode(golden).unwrap();
        assert_eq!((record.name.as_str(), record.tenant.as_str()), ("scanner", "acme"));
        assert_eq!(record.scopes.to_string(), "documents:read documents:write");
        assert_eq!(
            (record.created_at, record.expires_at, record.revoked_at),
            (at(1), Some(at(9)), None)
        );
        assert_eq!(record.encode().unwrap(), golden);
        assert!(
            KeyRecord::decode(b"\xa1\x67version\x02").unwrap_err().message.contains("version 2")
        );
        assert!(KeyRecord::decode(b"{}").is_err());
    }
}
