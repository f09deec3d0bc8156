//! What in the object stores looks as if nobody would ever read it: pure. Listings are of different
//! moments, so looking like it is not enough: suspects are looked at again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::id::DocumentId;
use crate::jetstream::objects::subjects::Name;
use crate::object::Bucket;

/// Subjects in one object store, and what each is of; those of other programs are left out.
#[derive(Debug)]
pub(super) struct Listing {
    bucket: Bucket,
    chunks: Vec<(String, Name)>,
    objects: HashSet<Name>,
}

impl Listing {
    /// From the subjects of chunks and of metadata.
    pub(super) fn new(
        bucket: Bucket,
        chunks: impl IntoIterator<Item = String>,
        metadata: impl IntoIterator<Item = String>,
    ) -> Self {
        let named = |subject: String| Name::of_chunks(&subject).map(|name| (subject, name));
        let chunks = chunks.into_iter().filter_map(named).collect();
        let objects =
            metadata.into_iter().filter_map(|subject| Name::of_metadata(&subject)).collect();
        Self { bucket, chunks, objects }
    }
}

/// Something that nobody may need.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Suspect {
    /// Everything of an id without status: its gateway died before the status, or it was erased and
    /// somebody wrote after that.
    Document(DocumentId),
    /// Chunks that no metadata names: their writer died, or their object was written twice.
    Chunks {
        /// The store.
        bucket: Bucket,
        /// Their subject.
        subject: String,
        /// The object they were to be.
        object: Name,
    },
    /// Metadata without chunks: an object that cannot be read.
    Metadata {
        /// The store.
        bucket: Bucket,
        /// The object.
        object: Name,
    },
}

/// All suspects in one store. `has_status` knows which documents are there.
pub(super) fn suspects(
    listing: &Listing,
    has_status: impl Fn(&DocumentId) -> bool,
) -> HashSet<Suspect> {
    let mut writes: HashMap<&Name, usize> = HashMap::new();
    for (_, object) in &listing.chunks {
        *writes.entry(object).or_default() += 1;
    }
    let chunks = listing.chunks.iter().filter_map(|(subject, object)| {
        if !has_status(&object.document) {
            return Some(Suspect::Document(object.document.clone()));
        }
        // Of several writes one may be the one that counts; the metadata's body says which.
        let sole = writes.get(object) == Some(&1) && listing.objects.contains(object);
        let (bucket, subject, object) = (listing.bucket, subject.clone(), object.clone());
        (!sole).then_some(Suspect::Chunks { bucket, subject, object })
    });
    let metadata = listing.objects.iter().filter_map(|object| {
        if !has_status(&object.document) {
            return Some(Suspect::Document(object.document.clone()));
        }
        let torn = !writes.contains_key(object);
        torn.then(|| Suspect::Metadata { bucket: listing.bucket, object: object.clone() })
    });
    chunks.chain(metadata).collect()
}

/// Since when each suspect has been one, without a break.
#[derive(Debug, Default)]
pub(super) struct Suspicions(HashMap<Suspect, Instant>);

impl Suspicions {
    /// Takes note of who is suspected now, and returns who has been for at least `age`.
    pub(super) fn confirm(
        &mut self,
        suspects: HashSet<Suspect>,
        age: Duration,
        now: Instant,
    ) -> Vec<Suspect> {
        self.0.retain(|suspect, _| suspects.contains(suspect));
        for suspect in suspects {
            self.0.entry(suspect).or_insert(now);
        }
        let old = self.0.iter().filter(|(_, since)| now.duration_since(**since) >= age);
        old.map(|(suspect, _)| suspect.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ContentHash;
    use crate::jetstream::objects::subjects;

    const BUCKET: Bucket = Bucket::Work;

    fn object(document: &str, content: &[u8]) -> Name {
        Name { document: document.repeat(64).parse().unwrap(), hash: ContentHash::of(content) }
    }

    fn chunks(object: &Name, unique: &str) -> String {
        subjects::chunks(BUCKET, &format!("{}.{}.{unique}", object.document, object.hash))
    }

    fn metadata(object: &Name) -> String {
        subjects::metadata(BUCKET, object)
    }

    #[test]
    fn whole_objects_of_documents_that_are_there_are_beyond_suspicion() {
        let (a, b) = (object("a", b"1"), object("a", b"2"));
        let listing = Listing::new(
            BUCKET,
            [chunks(&a, "x"), chunks(&b, "y"), "$O.invoice_work.C.Foreign".to_owned()],
            [metadata(&a), metadata(&b), "$O.invoice_work.M.bm90ZQ==".to_owned()],
        );
        assert_eq!(suspects(&listing, |_| true), HashSet::new());
    }

    #[test]
    fn each_kind_of_leftover_is_suspected() {
        let (unnamed, twice, torn) = (object("a", b"1"), object("a", b"2"), object("a", b"3"));
        let (lost, late) = (object("b", b"4"), object("c", b"5"));
        let unnamed_chunks = chunks(&unnamed, "x");
        let listing = Listing::new(
            BUCKET,
            [unnamed_chunks.clone(), chunks(&twice, "x"), chunks(&twice, "y"), chunks(&lost, "x")],
            [metadata(&twice), metadata(&torn), metadata(&late)],
        );
        let suspected = |subject: &str, object: &Name| Suspect::Chunks {
            bucket: BUCKET,
            subject: subject.to_owned(),
            object: object.clone(),
        };
        let expected = [
            suspected(&unnamed_chunks, &unnamed),
            suspected(&chunks(&twice, "x"), &twice),
            suspected(&chunks(&twice, "y"), &twice),
            Suspect::Metadata { bucket: BUCKET, object: torn },
            Suspect::Document(lost.document),
            Suspect::Document(late.document),
        ];
        let is_a = |id: &DocumentId| id.as_str().starts_with('a');
        assert_eq!(suspects(&listing, is_a), HashSet::from(expected));
    }

    #[test]
    fn only_who_is_suspected_without_a_break_is_old_enough() {
        let (mut suspicions, start) = (Suspicions::default(), Instant::now());
        let suspect = Suspect::Document("a".repeat(64).parse().unwrap());
        let mut at = |seconds: u64, suspects: &[Suspect]| {
            let now = start + Duration::from_secs(seconds);
            suspicions.confirm(suspects.iter().cloned().collect(), Duration::from_secs(60), now)
        };
        let suspected = [suspect];
        assert_eq!(at(0, &suspected), []);
        assert_eq!(at(59, &suspected), []);
        assert_eq!(at(60, &suspected), suspected);
        assert_eq!(at(61, &[]), []);
        assert_eq!(at(62, &suspected), []);
        assert_eq!(at(121, &suspected), []);
        assert_eq!(at(122, &suspected), suspected);
    }
}
