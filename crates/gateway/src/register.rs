//! The live register of documents: what the status bucket says of each, in memory, and who waits for it to
//! change.
//!
//! One watch on the bucket feeds it, whatever the number of clients that follow documents or list them;
//! nobody who waits costs the broker anything.
//!
//! * `known`: the documents, indexed; `waiting`: those who wait for changes.
//! * `follow`: keeps it as the broker has it, and knows when it is not.

mod follow;
mod known;
#[cfg(test)]
pub(crate) mod testing;
mod waiting;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use common::id::{DocumentId, Tenant};
use common::jetstream::broker::Broker;
use common::jetstream::status_watch::StatusChange;
use common::status::Arrival;

use crate::error::ApiError;
use crate::metrics::RegisterMetrics;
pub(crate) use known::Entry;
use known::Known;
pub(crate) use waiting::{Follower, News};

/// How long the register counts as complete after the broker last confirmed that it is: some of the
/// seconds between two confirmations, so that a busy machine does not refuse lists.
const MAX_AGE: Duration = Duration::from_secs(5);

/// Every document of the status bucket.
#[derive(Debug)]
pub(crate) struct Register {
    state: RwLock<State>,
    waiting: waiting::Waiting,
    /// Most documents that are kept.
    max_documents: usize,
    metrics: RegisterMetrics,
    stop: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    known: Known,
    /// When it was certain that nothing is missing.
    confirmed: Option<Instant>,
    /// Whether documents had to be left out for want of room.
    cut: bool,
}

impl Register {
    /// Knows nothing yet; for at most `max_documents`. Those who wait are let go at `stop`.
    pub(crate) fn new(
        max_documents: usize,
        metrics: RegisterMetrics,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let (state, waiting) = (RwLock::default(), waiting::Waiting::default());
        Arc::new(Self { state, waiting, max_documents, metrics, stop })
    }

    /// Keeps up with the status bucket, for ever.
    pub(crate) async fn run(&self, broker: &Broker) {
        follow::run(broker, self).await;
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &RegisterMetrics {
        &self.metrics
    }

    /// When nobody shall wait any longer.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Waits for changes of document `id`, from now on.
    pub(crate) fn follow(self: &Arc<Self>, id: &DocumentId) -> Follower {
        Follower::new(Arc::clone(self), id.clone())
    }

    /// Whether nothing is missing, as far as anybody can know.
    pub(crate) fn is_current(&self) -> bool {
        self.read().is_current(Instant::now())
    }

    /// Has `look` at what `tenant` has that came before `before` (`None`: at all of it), newest first. The
    /// register stands still meanwhile, so it must not take long.
    ///
    /// # Errors
    /// [`ApiError::ListBehind`] while something may be missing.
    pub(crate) fn list<T>(
        &self,
        tenant: &Tenant,
        before: Option<&Arrival>,
        look: impl FnOnce(&mut dyn Iterator<Item = &Arc<Entry>>) -> T,
    ) -> Result<T, ApiError> {
        let state = self.read();
        if !state.is_current(Instant::now()) {
            return Err(ApiError::ListBehind);
        }
        Ok(look(&mut state.known.newest_first(tenant, before)))
    }

    fn revision(&self, id: &DocumentId) -> u64 {
        self.read().known.find(id).map_or(0, |entry| entry.revision)
    }

    fn last(&self) -> u64 {
        self.read().known.last()
    }

    fn apply(&self, change: StatusChange) {
        let news = {
            let mut state = self.write();
            let news = state.known.apply(change);
            self.keep_small(&mut state);
            news
        };
        if let Some((id, news)) = news {
            self.waiting.tell(&id, news);
        }
    }

    /// Takes over `fresh`, and tells those who wait what they missed.
    fn replace(&self, fresh: Known) {
        let before = {
            let mut state = self.write();
            let before = std::mem::replace(&mut state.known, fresh);
            self.keep_small(&mut state);
            before
        };
        for id in self.waiting.documents() {
            let (old, new) = (before.find(&id), self.read().known.find(&id).cloned());
            let news = match (old, new) {
                (Some(old), Some(new)) if old.revision == new.revision => continue,
                (_, Some(new)) => News::Changed(new),
                (Some(_), None) => News::Removed { revision: 0 },
                (None, None) => continue,
            };
            self.waiting.tell(&id, news);
        }
    }

    /// Forgets statuses with a revision smaller than `first`.
    fn forget_before(&self, first: u64) {
        let expired = {
            let mut state = self.write();
            let expired = state.known.forget_before(first);
            self.keep_small(&mut state);
            expired
        };
        for id in expired {
            self.waiting.tell(&id, News::Removed { revision: 0 });
        }
    }

    fn keep_small(&self, state: &mut State) {
        let forgotten = state.known.forget_beyond(self.max_documents);
        if forgotten > 0 && !state.cut {
            let limit = self.max_documents;
            tracing::warn!(
                limit,
                "the register is full: documents that changed long ago are not listed"
            );
        }
        state.cut |= forgotten > 0;
        self.metrics.documents.set(i64::try_from(state.known.len()).unwrap_or(i64::MAX));
    }

    /// Nothing was missing at `asked`.
    fn confirm(&self, asked: Instant) {
        self.write().confirmed = Some(asked);
    }

    /// From now on something may be missing.
    fn lost(&self) {
        self.write().confirmed = None;
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_current(&self, now: Instant) -> bool {
        self.confirmed.is_some_and(|at| now.saturating_duration_since(at) <= MAX_AGE)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{change, digest, id, register};
    use super::*;

    fn count(register: &Register) -> Result<usize, ApiError> {
        register.list(&"a".parse().unwrap(), None, |found| found.count())
    }

    #[test]
    fn nothing_is_listed_before_all_is_known_or_long_after() {
        let register = register();
        register.apply(change(1, digest(1, "a")));
        assert_eq!(count(&register), Err(ApiError::ListBehind));
        register.confirm(Instant::now());
        assert_eq!(count(&register), Ok(1));
        register.confirm(Instant::now() - MAX_AGE - Duration::from_millis(1));
        assert_eq!(count(&register), Err(ApiError::ListBehind));
        register.confirm(Instant::now());
        register.lost();
        assert_eq!(count(&register), Err(ApiError::ListBehind));
    }

    #[tokio::test]
    async fn who_waits_is_told_what_it_missed_when_all_is_read_again() {
        let register = register();
        for number in 1..=3 {
            register.apply(change(number.into(), digest(number, "a")));
        }
        let mut followers: Vec<_> = (1..=4).map(|number| register.follow(&id(number))).collect();
        let mut fresh = Known::default();
        fresh.apply(change(1, digest(1, "a")));
        fresh.apply(change(5, digest(2, "a")));
        fresh.apply(change(6, digest(4, "a")));
        register.replace(fresh);
        let [same, changed, gone, new] = &mut followers[..] else { panic!("four") };
        assert!(matches!(changed.next().await, News::Changed(entry) if entry.revision == 5));
        assert!(matches!(gone.next().await, News::Removed { .. }));
        assert!(matches!(new.next().await, News::Changed(entry) if entry.revision == 6));
        register.forget_before(2);
        assert!(matches!(same.next().await, News::Removed { .. }), "the first it hears");
    }

    #[test]
    fn there_are_never_more_documents_than_there_may_be() {
        let register = register();
        let limit = u32::try_from(register.max_documents).unwrap();
        for number in 1..=limit + 5 {
            register.apply(change(number.into(), digest(number, "a")));
        }
        register.confirm(Instant::now());
        assert_eq!(count(&register), Ok(register.max_documents));
        assert_eq!((register.revision(&id(5)), register.revision(&id(6))), (0, 6));
    }
}
