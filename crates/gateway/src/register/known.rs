//! Every document that is there, found by id, by when it came, and by when it last changed: pure.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::ops::Bound;
use std::sync::Arc;

use common::id::{DocumentId, Tenant};
use common::jetstream::status_watch::StatusChange;
use common::status::{Arrival, Digest};

use super::waiting::News;

/// A document as its status said last. With its places in the indexes it takes 570 bytes, by the growth of a
/// process that took in 200 000 documents which have everything of a summary. Texts are cut, so none can take
/// more than a few kilobytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Revision of the status.
    pub(crate) revision: u64,
    /// What it said.
    pub(crate) digest: Digest,
}

/// An entry, told from others by its document.
#[derive(Debug)]
struct ById(Arc<Entry>);

impl Borrow<DocumentId> for ById {
    fn borrow(&self) -> &DocumentId {
        &self.0.digest.arrival.id
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest.arrival.id == other.0.digest.arrival.id
    }
}

impl Eq for ById {}

impl Hash for ById {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.digest.arrival.id.hash(state);
    }
}

/// An entry, ordered by when its document came.
#[derive(Debug)]
struct ByArrival(Arc<Entry>);

impl Borrow<Arrival> for ByArrival {
    fn borrow(&self) -> &Arrival {
        &self.0.digest.arrival
    }
}

impl PartialEq for ByArrival {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ByArrival {}

impl PartialOrd for ByArrival {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByArrival {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.digest.arrival.cmp(&other.0.digest.arrival)
    }
}

/// All documents. Each entry is stored once; the indexes point at it.
#[derive(Debug, Default)]
pub(super) struct Known {
    documents: HashSet<ById>,
    /// What each tenant has, so that no list of one can reach into another's.
    folders: HashMap<Tenant, BTreeSet<ByArrival>>,
    revisions: BTreeMap<u64, Arc<Entry>>,
    last: u64,
}

impl Known {
    /// Takes over a change; what there is to tell of it. Changes come in order: one that is not newer than the
    /// last has been taken over before.
    pub(super) fn apply(&mut self, change: StatusChange) -> Option<(DocumentId, News)> {
        if change.sequence <= self.last {
            return None;
        }
        self.last = change.sequence;
        let id = change.id?;
        self.forget(&id);
        let news = match change.digest {
            Some(digest) => News::Changed(self.insert(change.sequence, *digest)),
            None => News::Removed { revision: change.sequence },
        };
        Some((id, news))
    }

    /// Sequence of the last change that is in here.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// How many documents there are.
    pub(super) fn len(&self) -> usize {
        self.documents.len()
    }

    /// The document of this id.
    pub(super) fn find(&self, id: &DocumentId) -> Option<&Arc<Entry>> {
        self.documents.get(id).map(|ById(entry)| entry)
    }

    /// What `tenant` has that came before `before`, newest first; everything where that is `None`.
    pub(super) fn newest_first(
        &self,
        tenant: &Tenant,
        before: Option<&Arrival>,
    ) -> impl Iterator<Item = &Arc<Entry>> {
        let end = before.map_or(Bound::Unbounded, Bound::Excluded);
        let folder = self.folders.get(tenant).into_iter();
        let found = folder
            .flat_map(move |folder| folder.range::<Arrival, _>((Bound::Unbounded, end)).rev());
        found.map(|ByArrival(entry)| entry)
    }

    /// Forgets statuses with a revision smaller than `first`: they have expired. Which they were.
    pub(super) fn forget_before(&mut self, first: u64) -> Vec<DocumentId> {
        let kept = self.revisions.split_off(&first);
        let expired = std::mem::replace(&mut self.revisions, kept);
        expired.into_values().map(|entry| self.remove(&entry)).collect()
    }

    /// Forgets those that changed longest ago, until `most` are left. How many there were to forget.
    pub(super) fn forget_beyond(&mut self, most: usize) -> usize {
        let too_many = self.documents.len().saturating_sub(most);
        for _ in 0..too_many {
            if let Some((_, entry)) = self.revisions.pop_first() {
                self.remove(&entry);
            }
        }
        too_many
    }

    fn insert(&mut self, revision: u64, digest: Digest) -> Arc<Entry> {
        let entry = Arc::new(Entry { revision, digest });
        let folder = self.folders.entry(entry.digest.tenant.clone()).or_default();
        folder.insert(ByArrival(Arc::clone(&entry)));
        self.documents.insert(ById(Arc::clone(&entry)));
        self.revisions.insert(revision, Arc::clone(&entry));
        entry
    }

    fn forget(&mut self, id: &DocumentId) {
        if let Some(entry) = self.find(id).map(Arc::clone) {
            self.revisions.remove(&entry.revision);
            self.remove(&entry);
        }
    }

    /// Takes `entry` out of all indexes but that of revisions.
    fn remove(&mut self, entry: &Entry) -> DocumentId {
        let Digest { arrival, tenant, .. } = &entry.digest;
        self.documents.remove(&arrival.id);
        if let Some(folder) = self.folders.get_mut(tenant) {
            folder.remove(arrival);
            if folder.is_empty() {
                self.folders.remove(tenant);
            }
        }
        arrival.id.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{change, digest, id};
    use super::*;

    fn ids(known: &Known, tenant: &str, before: Option<&Arrival>) -> Vec<DocumentId> {
        let tenant = tenant.parse().unwrap();
        let entries = known.newest_first(&tenant, before);
        entries.map(|entry| entry.digest.arrival.id.clone()).collect()
    }

    #[test]
    fn a_tenants_documents_are_listed_newest_first_and_nobody_elses() {
        let mut known = Known::default();
        for (sequence, number, tenant) in [(1, 1, "a"), (2, 3, "a"), (3, 2, "a"), (4, 4, "b")] {
            known.apply(change(sequence, digest(number, tenant)));
        }
        assert_eq!(ids(&known, "a", None), [id(3), id(2), id(1)]);
        let third = digest(3, "a").arrival;
        assert_eq!(ids(&known, "a", Some(&third)), [id(2), id(1)]);
        assert_eq!(ids(&known, "b", None), [id(4)]);
        assert_eq!(ids(&known, "b", Some(&third)), [], "positions are compared, not looked up");
        assert_eq!(ids(&known, "c", None), []);
    }

    #[test]
    fn a_document_is_what_its_last_change_said() {
        let mut known = Known::default();
        known.apply(change(1, digest(1, "a")));
        let mut later = digest(1, "a");
        later.moment.attempt = 2;
        assert!(known.apply(change(2, later.clone())).is_some());
        assert!(known.apply(change(2, digest(1, "a"))).is_none(), "the same again");
        assert_eq!(known.find(&id(1)).unwrap().digest, later);
        assert_eq!((known.len(), known.last(), known.revisions.len()), (1, 2, 1));

        let gone = StatusChange { digest: None, ..change(3, later) };
        let (_, news) = known.apply(gone).unwrap();
        assert!(matches!(news, News::Removed { revision: 3 }));
        assert!(known.find(&id(1)).is_none() && known.folders.is_empty());
        assert_eq!((known.len(), known.last(), known.revisions.len()), (0, 3, 0));
    }

    #[test]
    fn a_document_that_comes_again_stands_where_it_came_again() {
        let mut known = Known::default();
        for (sequence, number) in [(1, 1), (2, 2)] {
            known.apply(change(sequence, digest(number, "a")));
        }
        let mut again = digest(1, "a");
        again.arrival.received_at = digest(9, "a").arrival.received_at;
        known.apply(change(3, again));
        assert_eq!(ids(&known, "a", None), [id(1), id(2)]);
    }

    #[test]
    fn what_is_no_status_of_ours_is_counted_and_forgotten() {
        let mut known = Known::default();
        let stranger = StatusChange { id: None, digest: None, ..change(7, digest(1, "a")) };
        assert!(known.apply(stranger).is_none());
        assert_eq!((known.len(), known.last()), (0, 7));
    }

    #[test]
    fn what_has_expired_or_is_too_much_goes_oldest_change_first() {
        let mut known = Known::default();
        for number in 1..=9 {
            known.apply(change(number.into(), digest(10 - number, "a")));
        }
        assert_eq!(known.forget_before(4), [id(9), id(8), id(7)]);
        assert_eq!(known.forget_beyond(4), 2);
        assert_eq!(ids(&known, "a", None), [id(4), id(3), id(2), id(1)]);
        assert_eq!((known.forget_beyond(4), known.forget_before(100).len()), (0, 4));
        assert!(known.folders.is_empty() && known.revisions.is_empty());
    }
}
