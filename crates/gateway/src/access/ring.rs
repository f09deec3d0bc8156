//! The API keys that are known, as of when the broker last confirmed them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use common::jetstream::keys::KeyChange;
use common::key::{KeyId, KeyRecord};

/// What is known of an id.
#[derive(Debug)]
pub(super) enum Known {
    /// There is such a key, good or not.
    Key(Arc<KeyRecord>),
    /// There is none.
    Nothing,
    /// The broker was last heard too long ago to say either.
    TooLongAgo,
}

/// All keys, in memory: their number is bounded by the size of their bucket.
#[derive(Debug)]
pub(super) struct KeyRing {
    max_age: Duration,
    known: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: HashMap<KeyId, Arc<KeyRecord>>,
    /// Sequence of the last change that is in `keys`.
    last: u64,
    /// When it was certain that there is no later change.
    confirmed: Option<Instant>,
}

impl KeyRing {
    /// Knows no keys, and not even that.
    pub(super) fn new(max_age: Duration) -> Self {
        Self { max_age, known: RwLock::default() }
    }

    /// What is known of `id` at `now`.
    pub(super) fn find(&self, id: &KeyId, now: Instant) -> Known {
        let state = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if !state.is_fresh(self.max_age, now) {
            return Known::TooLongAgo;
        }
        state.keys.get(id).map_or(Known::Nothing, |record| Known::Key(record.clone()))
    }

    /// Whether what is known counts at `now`.
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        let state = self.known.read().unwrap_or_else(PoisonError::into_inner);
        state.is_fresh(self.max_age, now)
    }

    /// Takes over what `keys` says, and forgets everything else.
    pub(super) fn replace(&self, keys: Vec<KeyChange>) {
        let mut fresh = State::default();
        keys.into_iter().for_each(|change| fresh.apply(change));
        let mut state = self.known.write().unwrap_or_else(PoisonError::into_inner);
        fresh.confirmed = state.confirmed;
        *state = fresh;
    }

    /// Takes over one change.
    pub(super) fn apply(&self, change: KeyChange) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).apply(change);
    }

    /// The stream had no later change than `newest` at `asked`. Whether that is what is known.
    pub(super) fn confirm(&self, newest: u64, asked: Instant) -> bool {
        let mut state = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let current = state.last == newest;
        if current {
            state.confirmed = Some(asked);
        }
        current
    }
}

impl State {
    fn is_fresh(&self, max_age: Duration, now: Instant) -> bool {
        self.confirmed.is_some_and(|at| now.saturating_duration_since(at) <= max_age)
    }

    fn apply(&mut self, change: KeyChange) {
        self.last = self.last.max(change.sequence);
        match change.record {
            Some(record) => self.keys.insert(change.id, Arc::new(record)),
            None => self.keys.remove(&change.id),
        };
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use common::id::Tenant;
    use common::key::{ApiKey, Scopes};

    use super::*;

    const MAX_AGE: Duration = Duration::from_secs(60);

    fn change(key: &ApiKey, sequence: u64) -> KeyChange {
        let now = Timestamp::UNIX_EPOCH;
        let record = KeyRecord::new(key, "n".into(), Tenant::default(), Scopes::all(), now, None);
        KeyChange { sequence, pending: 0, id: key.id().clone(), record: Some(record) }
    }

    #[test]
    fn nothing_counts_before_it_is_confirmed_or_long_after() {
        let (ring, start) = (KeyRing::new(MAX_AGE), Instant::now());
        let key = ApiKey::generate().unwrap();
        ring.replace(vec![change(&key, 7)]);
        assert!(matches!(ring.find(key.id(), start), Known::TooLongAgo));
        assert!(!ring.confirm(8, start), "a change is on its way");
        assert!(!ring.is_fresh(start));
        assert!(ring.confirm(7, start));
        assert!(matches!(ring.find(key.id(), start + MAX_AGE), Known::Key(_)));
        let later = start + MAX_AGE + Duration::from_millis(1);
        assert!(matches!(ring.find(key.id(), later), Known::TooLongAgo));
    }

    #[test]
    fn what_is_not_listed_any_more_is_forgotten() {
        let (ring, now) = (KeyRing::new(MAX_AGE), Instant::now());
        let (a, b) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        ring.replace(vec![change(&a, 1)]);
        ring.confirm(1, now);
        ring.replace(vec![change(&b, 2)]);
        assert!(matches!(ring.find(a.id(), now), Known::Nothing));
        assert!(matches!(ring.find(b.id(), now), Known::Key(_)));
        ring.apply(KeyChange { record: None, ..change(&b, 3) });
        assert!(matches!(ring.find(b.id(), now), Known::Nothing));
        assert!(ring.confirm(3, now));
    }
}
