//! Quotas: how much one client may have read in a day.
//!
//! Counted are new documents and their bytes, from midnight to midnight in UTC: what was known already costs
//! nothing. The counters are the broker's, so that all gateways count together (`jetstream/quota.rs`).

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Domain separation for the names that clients have at the broker (blake3 `derive_key` context).
const CLIENT_CONTEXT: &str = "invoice-ocr 2026-11-28 quota client v1";

/// Hexadecimal digits of such a name: 128 bits, which no two clients share.
const CLIENT_DIGITS: usize = 32;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// New documents, and ended ones that are read again.
    Documents,
    /// Bytes of new documents.
    Bytes,
}

impl Measure {
    /// All that there are.
    pub const ALL: [Self; 2] = [Self::Documents, Self::Bytes];

    /// Its name, in subjects and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Bytes => "bytes",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Most that one client may have read in a day. 0: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// New documents, and ended ones that are read again.
    pub documents_per_day: u64,
    /// Bytes of new documents.
    pub bytes_per_day: u64,
}

impl Quota {
    /// The limit of `measure`, where there is one.
    #[must_use]
    pub fn limit(self, measure: Measure) -> Option<u64> {
        let limit = match measure {
            Measure::Documents => self.documents_per_day,
            Measure::Bytes => self.bytes_per_day,
        };
        (limit > 0).then_some(limit)
    }

    /// Whether anything is limited.
    #[must_use]
    pub fn is_limited(self) -> bool {
        Measure::ALL.into_iter().any(|measure| self.limit(measure).is_some())
    }
}

/// What an API key says of its quota, instead of the configuration. `Some(0)`: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnQuota {
    /// Instead of `gateway.quota.documents_per_day`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents_per_day: Option<u64>,
    /// Instead of `gateway.quota.bytes_per_day`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_day: Option<u64>,
}

impl OwnQuota {
    /// The quota in effect, where everybody else has `all`.
    #[must_use]
    pub fn over(self, all: Quota) -> Quota {
        Quota {
            documents_per_day: self.documents_per_day.unwrap_or(all.documents_per_day),
            bytes_per_day: self.bytes_per_day.unwrap_or(all.bytes_per_day),
        }
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

/// A client's name among the counters: a hash, so that no address stands at the broker. Safe as a subject token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientHash(String);

impl ClientHash {
    /// Of what tells clients apart: an API key's or token's name in the audit trail, or a network.
    #[must_use]
    pub fn of(client: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(CLIENT_CONTEXT);
        hasher.update(client.as_bytes());
        let digits = hasher.finalize().to_hex();
        Self(digits.chars().take(CLIENT_DIGITS).collect())
    }

    /// As hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a client is counted against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whose counters.
    pub client: ClientHash,
    /// How far they may go.
    pub quota: Quota,
}

/// A day of UTC, for which there are counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(Date);

impl Day {
    /// The day that `now` is in.
    #[must_use]
    pub fn of(now: Timestamp) -> Self {
        Self(now.to_zoned(TimeZone::UTC).date())
    }

    /// When the next one begins, and everybody has the whole quota again.
    #[must_use]
    pub fn end(self) -> Timestamp {
        // The last day that there is has no next one, and is no concern of ours.
        let next = self.0.checked_add(1.day()).and_then(|next| next.to_zoned(TimeZone::UTC));
        next.map_or(Timestamp::MAX, |next| next.timestamp())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A document that a client has no quota for.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{used} of {limit} {measure} of the day were used, and {asked} more are asked for")]
pub struct OverQuota {
    /// Which limit.
    pub measure: Measure,
    /// Most in a day.
    pub limit: u64,
    /// What was used of it, with what is being taken in at this moment.
    pub used: u64,
    /// What was asked for.
    pub asked: u64,
    /// When the whole quota is there again.
    pub resets_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn zero_is_no_limit_and_a_key_goes_before_the_configuration() {
        let all = Quota { documents_per_day: 10, bytes_per_day: 0 };
        assert_eq!((all.limit(Measure::Documents), all.limit(Measure::Bytes)), (Some(10), None));
        assert!(all.is_limited() && !Quota::default().is_limited());
        assert_eq!(OwnQuota::default().over(all), all);
        let free = OwnQuota { documents_per_day: Some(0), bytes_per_day: Some(7) };
        assert_eq!(free.over(all), Quota { documents_per_day: 0, bytes_per_day: 7 });
        assert!(OwnQuota::default().is_silent() && !free.is_silent());
    }

    #[test]
    fn a_day_is_one_of_utc() {
        let day = Day::of(at("2026-12-31T23:59:59.999Z"));
        assert_eq!(
            (day.to_string().as_str(), day.end()),
            ("2026-12-31", at("2027-01-01T00:00:00Z"))
        );
        assert_ne!(day, Day::of(day.end()));
        assert_eq!(Day::of(at("2026-12-31T23:00:00-05:00")).to_string(), "2027-01-01");
        assert_eq!(Day::of(Timestamp::MAX).end(), Timestamp::MAX);
    }

    #[test]
    fn a_client_is_not_told_by_its_hash() {
        let hash = ClientHash::of("192.0.2.7");
        // Frozen: another one would give everybody a second quota on the day of an update.
        assert_eq!(hash.as_str(), "2128c1cbe65a745a35fe212a896f1adc");
        assert_eq!(hash.as_str().len(), CLIENT_DIGITS);
        assert!(hash.as_str().chars().all(|c| c.is_ascii_hexdigit()), "{hash:?}");
        assert_ne!(hash, ClientHash::of("192.0.2.8"));
        assert_eq!(hash, ClientHash::of("192.0.2.7"));
    }
}
