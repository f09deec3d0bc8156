//! Where a tenant wants its events sent: versioned CBOR in the bucket of endpoints.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{EndpointId, Secret};
use crate::error::StageError;
use crate::event::EventKind;
use crate::id::Tenant;
use crate::versioned;

/// Version this build writes and reads. New optional fields keep it; anything else raises it.
pub const ENDPOINT_VERSION: u16 = 1;

/// How long an old secret still signs beside the new one: a day, so that whoever runs the receiver can put the
/// new one in by hand.
pub const SECRET_OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// Which events are sent; all, also kinds that there are not yet, when none is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kinds(BTreeSet<String>);

/// No kind of event of this build.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a kind of event is one of {}", EventKind::ALL.map(EventKind::as_str).join(", "))]
pub struct UnknownKind;

impl Kinds {
    /// Those that are called so.
    ///
    /// # Errors
    /// [`UnknownKind`].
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownKind> {
        let known = |name: &str| EventKind::ALL.iter().any(|kind| kind.as_str() == name);
        let check = |name: &str| known(name).then(|| name.to_owned()).ok_or(UnknownKind);
        names.into_iter().map(check).collect::<Result<_, _>>().map(Self)
    }

    /// Whether events of `kind` are sent.
    #[must_use]
    pub fn contains(&self, kind: &str) -> bool {
        self.0.is_empty() || self.0.contains(kind)
    }

    /// Those that are named; none means all.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Why an endpoint is left alone though nobody asked for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Too many deliveries in a row failed for good.
    Failing,
    /// Its receiver answered 410: it is gone and does not come back.
    Gone,
}

impl Stopped {
    /// As it is shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }
}

/// Whether events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// They are.
    Enabled,
    /// Its tenant wants none for now.
    Paused,
    /// The service has given it up.
    Disabled {
        /// Why.
        reason: Stopped,
        /// Since when.
        at: Timestamp,
    },
}

/// Replaced secrets that still sign at most, the newest ones. More than one: whose exchange was carried out and not
/// answered repeats it, and the receiver knows the first one only.
const MAX_OLD_SECRETS: usize = 3;

/// A secret that was replaced and still signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OldSecret {
    secret: Secret,
    until: Timestamp,
}

/// What a tenant says of a new endpoint.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Whose events.
    pub tenant: Tenant,
    /// Where to; `None` for the endpoint of addresses that uploads bring.
    pub url: Option<String>,
    /// What the tenant calls it.
    pub description: Option<String>,
    /// Which events.
    pub kinds: Kinds,
}

/// An endpoint as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Always [`ENDPOINT_VERSION`].
    version: u16,
    /// Its name.
    pub id: EndpointId,
    /// Whose events.
    pub tenant: Tenant,
    /// Where to; `None` for the endpoint of addresses that uploads bring.
    pub url: Option<String>,
    /// What the tenant calls it.
    pub description: Option<String>,
    /// Which events.
    pub kinds: Kinds,
    /// Whether any are sent.
    pub state: EndpointState,
    secret: Secret,
    /// Oldest first.
    old_secrets: Vec<OldSecret>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Sequence of the last event that was stored before that.
    pub events_after: u64,
}

impl Endpoint {
    /// A new one, which gets what is stored after sequence `events_after`.
    #[must_use]
    pub fn new(
        id: EndpointId,
        secret: Secret,
        new: NewEndpoint,
        events_after: u64,
        now: Timestamp,
    ) -> Self {
        let NewEndpoint { tenant, url, description, kinds } = new;
        Self {
            version: ENDPOINT_VERSION,
            id,
            tenant,
            url,
            description,
            kinds,
            state: EndpointState::Enabled,
            secret,
            old_secrets: Vec::new(),
            created_at: now,
            events_after,
        }
    }

    /// Whether it gets the event of `kind` with `sequence`, stored at `stored_at`. By the sequence, which no clock
    /// can spoil; by the time as well, for a stream that was made anew and counts from 1 again.
    #[must_use]
    pub fn wants(&self, kind: &str, sequence: u64, stored_at: Timestamp) -> bool {
        let later = sequence > self.events_after || stored_at > self.created_at;
        later && self.kinds.contains(kind)
    }

    /// Whether anything is sent to it now.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.state == EndpointState::Enabled
    }

    /// Replaces its secret; the old one signs, too, for [`SECRET_OVERLAP`].
    pub fn rotate(&mut self, secret: Secret, now: Timestamp) {
        let secret = std::mem::replace(&mut self.secret, secret);
        let until = now.saturating_add(SECRET_OVERLAP).unwrap_or(Timestamp::MAX);
        self.old_secrets.retain(|old| now < old.until);
        self.old_secrets.push(OldSecret { secret, until });
        let surplus = self.old_secrets.len().saturating_sub(MAX_OLD_SECRETS);
        self.old_secrets.drain(..surplus);
    }

    /// What sendings are signed with at `now`, the newest first.
    pub fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let old = self.old_secrets.iter().rev().filter(move |old| now < old.until);
        std::iter::once(&self.secret).chain(old.map(|old| &old.secret))
    }

    /// Until when a secret before this one still signs.
    #[must_use]
    pub fn overlap_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.old_secrets.last().map(|old| old.until).filter(|until| now < *until)
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
        let unreadable = |reason: String| StageError::internal("webhook_unreadable", reason);
        versioned::from_cbor(bytes, ENDPOINT_VERSION, unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn endpoint() -> Endpoint {
        let new = NewEndpoint {
            tenant: Tenant::default(),
            url: Some("https://a.example/hook".to_owned()),
            description: None,
            kinds: Kinds::default(),
        };
        let (id, secret) = (EndpointId::generate().unwrap(), Secret::generate().unwrap());
        Endpoint::new(id, secret, new, 7, at(100))
    }

    #[test]
    fn an_endpoint_is_read_as_it_was_written_and_no_other_version_is() {
        let mut endpoint = endpoint();
        endpoint.rotate(Secret::generate().unwrap(), at(5));
        endpoint.state = EndpointState::Disabled { reason: Stopped::Gone, at: at(9) };
        assert_eq!(Endpoint::decode(&endpoint.encode().unwrap()).unwrap(), endpoint);
        let error = Endpoint::decode(b"\xa1\x67version\x02").unwrap_err();
        assert!(error.message.contains("version 2"), "{error}");
    }

    #[test]
    fn it_gets_what_is_stored_after_it_was_made() {
        let endpoint = endpoint();
        assert!(!endpoint.wants("invoice.failed", 7, at(100)));
        assert!(endpoint.wants("invoice.failed", 8, at(90)), "whatever the clocks say");
        assert!(endpoint.wants("invoice.failed", 1, at(101)), "the stream was made anew");
    }

    #[test]
    fn it_gets_the_kinds_that_it_names_or_all() {
        let named = Kinds::parse(["invoice.failed"]).unwrap();
        assert!(named.contains("invoice.failed") && !named.contains("invoice.extracted"));
        assert!(Kinds::default().contains("invoice.of_a_later_build"));
        assert_eq!(Kinds::parse(["invoice.failed", "invoice.*"]), Err(UnknownKind));
    }

    #[test]
    fn an_old_secret_signs_for_a_day() {
        let mut endpoint = endpoint();
        let old = endpoint.secret.clone();
        let new = Secret::generate().unwrap();
        endpoint.rotate(new.clone(), at(0));
        assert_eq!(endpoint.secrets(at(86_399)).collect::<Vec<_>>(), [&new, &old]);
        assert_eq!(endpoint.secrets(at(86_400)).collect::<Vec<_>>(), [&new]);
        assert_eq!(endpoint.overlap_until(at(86_399)), Some(at(86_400)));
        assert_eq!(endpoint.overlap_until(at(86_400)), None);

        // Exchanged again and again: those of the last day, but not more than a header should have.
        for second in 1..9 {
            endpoint.rotate(Secret::generate().unwrap(), at(second));
        }
        assert_eq!(endpoint.secrets(at(9)).count(), 1 + MAX_OLD_SECRETS);
        endpoint.rotate(Secret::generate().unwrap(), at(200_000));
        assert_eq!(endpoint.old_secrets.len(), 1, "expired ones are not kept");
    }

    #[test]
    fn a_debugged_endpoint_shows_no_secret() {
        let endpoint = endpoint();
        let secret = endpoint.secret.reveal();
        assert!(!format!("{endpoint:?}").contains(secret.strip_prefix("whsec_").unwrap()));
        assert!(format!("{endpoint:?}").contains("Secret(…)"));
    }
}
