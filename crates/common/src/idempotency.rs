//! Requests that name themselves: what is kept of one, and what a repetition of it is told.
//!
//! As `Idempotency-Key` of the IETF's draft (draft-ietf-httpapi-idempotency-key-header). What is kept
//! names no document and no key: the name of the record is a hash of tenant and key, the request is
//! a hash that only who has the key can make again, and an answer is its statuses. The ids in an answer
//! follow from the repeated request itself. So there is nothing in here to erase with a document.

mod key;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::StageError;
use crate::status::State;
use crate::versioned;

pub use key::{BadIdempotencyKey, Fingerprint, Fingerprinter, IdempotencyKey};

/// Version of [`Kept`]'s CBOR form. New optional fields keep it.
const VERSION: u16 = 1;

/// Hours for which an answer is kept (`nats/streams/KV_invoice_idempotency.json`): clients that repeat
/// themselves do it within minutes, a queue of theirs that was stopped over night within a day.
pub const KEPT_HOURS: u64 = 24;

/// How long a request may be under way without a sign of life before a repetition goes on in its place.
/// Longer than a gateway waits for the broker, several times over.
pub const LEASE: Duration = Duration::from_secs(60);

/// What is kept of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    version: u16,
    /// What was asked for; `None` while it is not known, since it is still coming.
    pub request: Option<Fingerprint>,
    /// How far it is.
    pub progress: Progress,
}

/// How far a request is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Somebody is at it, or was.
    UnderWay(UnderWay),
    /// It was answered with one of these for each document, in order.
    Answered(Vec<Told>),
}

/// A request that somebody is at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// Told from whoever else wants to be.
    pub owner: String,
    /// Until when nobody else takes it over.
    pub until: Timestamp,
    /// The generation of its document that it begins, if it begins one.
    pub begins: Option<u32>,
}

/// What a client was told of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// HTTP status.
    pub status: u16,
    /// Where the document stood then; `None` for one that was refused.
    pub state: Option<State>,
}

/// What a request is told that names itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody has asked this before.
    Anew,
    /// Somebody has, and is gone. It may have begun this generation.
    GoOn {
        /// [`UnderWay::begins`].
        begins: Option<u32>,
    },
    /// Somebody else is at it.
    UnderWay,
    /// It was answered, if it is this request: `None` where that is not known yet.
    Answered {
        /// What the answer belongs to.
        request: Option<Fingerprint>,
        /// The answer.
        told: Vec<Told>,
    },
    /// The key was used for another request.
    Reused,
}

impl Kept {
    /// A request that `owner` is at from `now` on.
    #[must_use]
    pub fn under_way(
        request: Option<Fingerprint>,
        owner: String,
        begins: Option<u32>,
        now: Timestamp,
    ) -> Self {
        let until = lease_from(now);
        Self {
            version: VERSION,
            request,
            progress: Progress::UnderWay(UnderWay { owner, until, begins }),
        }
    }

    /// A request that was answered.
    #[must_use]
    pub fn answered(request: Fingerprint, told: Vec<Told>) -> Self {
        Self { version: VERSION, request: Some(request), progress: Progress::Answered(told) }
    }

    /// The same, with the lease from `now` on; `None` for one that was answered.
    #[must_use]
    pub fn renewed(&self, now: Timestamp) -> Option<Self> {
        self.until(lease_from(now))
    }

    /// The same, for whoever comes next; `None` for one that was answered.
    #[must_use]
    pub fn let_go(&self, now: Timestamp) -> Option<Self> {
        self.until(now)
    }

    fn until(&self, until: Timestamp) -> Option<Self> {
        let Progress::UnderWay(at) = &self.progress else { return None };
        let progress = Progress::UnderWay(UnderWay { until, ..at.clone() });
        Some(Self { progress, ..self.clone() })
    }

    /// As it is kept.
    ///
    /// # Errors
    /// `Internal`, never in a released build: every value has a form.
    pub fn encode(&self) -> Result<Vec<u8>, StageError> {
        versioned::to_cbor(self)
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// `Internal` for anything else, and for another version.
    pub fn decode(bytes: &[u8]) -> Result<Self, StageError> {
        let unreadable = |reason: String| StageError::internal("idempotency_unreadable", reason);
        versioned::from_cbor(bytes, VERSION, unreadable)
    }
}

/// What `request` is told at `now`, given what is kept under its key. `None` for a request that is
/// still coming.
#[must_use]
pub fn judge(kept: Option<&Kept>, request: Option<&Fingerprint>, now: Timestamp) -> Verdict {
    let Some(kept) = kept else { return Verdict::Anew };
    let other = match (&kept.request, request) {
        (Some(first), Some(this)) => first != this,
        // Nobody knows yet.
        (None, _) | (_, None) => false,
    };
    if other {
        return Verdict::Reused;
    }
    match &kept.progress {
        Progress::UnderWay(at) if at.until > now => Verdict::UnderWay,
        Progress::UnderWay(at) => Verdict::GoOn { begins: at.begins },
        Progress::Answered(told) => {
            Verdict::Answered { request: kept.request.clone(), told: told.clone() }
        }
    }
}

fn lease_from(now: Timestamp) -> Timestamp {
    let lease = SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::MAX);
    now.saturating_add(lease).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use ciborium::cbor;

    use super::*;
    use crate::id::Tenant;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn request(text: &str) -> Fingerprint {
        let key: IdempotencyKey = "7".parse().unwrap();
        let mut asked = key.fingerprint(&Tenant::default());
        asked.add(text.as_bytes());
        asked.finish()
    }

    fn later(seconds: i64) -> Timestamp {
        NOW + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn one_is_at_it_until_the_lease_is_over_and_the_next_goes_on() {
        let (this, other) = (request("this"), request("other"));
        let kept = Kept::under_way(Some(this.clone()), "a".to_owned(), Some(3), NOW);
        let lease = i64::try_from(LEASE.as_secs()).unwrap();
        assert_eq!(judge(None, Some(&this), NOW), Verdict::Anew);
        assert_eq!(judge(Some(&kept), Some(&this), later(lease - 1)), Verdict::UnderWay);
        let goes_on = Verdict::GoOn { begins: Some(3) };
        assert_eq!(judge(Some(&kept), Some(&this), later(lease)), goes_on);
        assert_eq!(judge(Some(&kept.let_go(NOW).unwrap()), Some(&this), NOW), goes_on);
        let renewed = kept.renewed(later(lease)).unwrap();
        assert_eq!(judge(Some(&renewed), Some(&this), later(lease)), Verdict::UnderWay);
        for now in [0, lease] {
            assert_eq!(judge(Some(&kept), Some(&other), later(now)), Verdict::Reused);
        }
    }

    #[test]
    fn the_first_answer_is_for_the_same_request_only() {
        let (this, other) = (request("this"), request("other"));
        let told = vec![Told { status: 202, state: Some(State::Queued) }];
        let kept = Kept::answered(this.clone(), told.clone());
        let answered = Verdict::Answered { request: Some(this.clone()), told };
        assert_eq!(judge(Some(&kept), Some(&this), NOW), answered);
        assert_eq!(judge(Some(&kept), None, NOW), answered, "whose request is still coming");
        assert_eq!(judge(Some(&kept), Some(&other), NOW), Verdict::Reused);
        assert_eq!((kept.renewed(NOW), kept.let_go(NOW)), (None, None));
    }

    #[test]
    fn a_request_that_is_still_coming_is_under_way_for_every_other() {
        let kept = Kept::under_way(None, "a".to_owned(), None, NOW);
        assert_eq!(judge(Some(&kept), Some(&request("other")), NOW), Verdict::UnderWay);
    }

    #[test]
    fn what_is_kept_is_read_as_it_was_written_and_another_version_is_not() {
        let told = vec![
            Told { status: 200, state: Some(State::Completed) },
            Told { status: 415, state: None },
        ];
        for kept in
            [Kept::answered(request("x"), told), Kept::under_way(None, "a".to_owned(), None, NOW)]
        {
            assert_eq!(Kept::decode(&kept.encode().unwrap()).unwrap(), kept);
            let newer = Kept { version: VERSION + 1, ..kept };
            let error = Kept::decode(&newer.encode().unwrap()).unwrap_err();
            assert_eq!(error.code, "idempotency_unreadable");
        }
        // A newer form is told by its version, whatever else is in it.
        let newer = cbor!({"version" => VERSION + 1, "requests" => []}).unwrap();
        let error = Kept::decode(&versioned::to_cbor(&newer).unwrap()).unwrap_err();
        assert!(error.to_string().contains("version 2, this build reads 1"), "{error}");
    }
}
