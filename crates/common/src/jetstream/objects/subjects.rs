//! Subjects of the object stores, and what can be read off them: pure.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

use crate::id::{ContentHash, DocumentId};
use crate::jetstream::names;
use crate::object::{Bucket, ObjectRef};

/// Subject of the chunks that are called `nuid`.
pub(in crate::jetstream) fn chunks(bucket: Bucket, nuid: &str) -> String {
    format!("{}C.{nuid}", names::object_subject_prefix(bucket))
}

/// Subjects of all chunks of a document.
pub(in crate::jetstream) fn chunks_of(bucket: Bucket, document: &DocumentId) -> String {
    chunks(bucket, &format!("{document}.>"))
}

/// Subjects of all chunks.
pub(in crate::jetstream) fn all_chunks(bucket: Bucket) -> String {
    chunks(bucket, ">")
}

/// Subject of an object's metadata.
pub(in crate::jetstream) fn metadata(bucket: Bucket, object: &Name) -> String {
    let name = format!("{}/{}", object.document, object.hash);
    format!("{}M.{}", names::object_subject_prefix(bucket), URL_SAFE.encode(name))
}

/// Subjects of all metadata.
pub(in crate::jetstream) fn all_metadata(bucket: Bucket) -> String {
    format!("{}M.>", names::object_subject_prefix(bucket))
}

/// What an object is called within its bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::jetstream) struct Name {
    /// Whose it is.
    pub(in crate::jetstream) document: DocumentId,
    /// What it is.
    pub(in crate::jetstream) hash: ContentHash,
}

impl Name {
    /// What `object` is called.
    pub(in crate::jetstream) fn of(object: &ObjectRef) -> Self {
        Self { document: object.document.clone(), hash: object.hash.clone() }
    }

    /// The object that the chunks on `subject` are of; `None` for chunks that are not ours.
    pub(in crate::jetstream) fn of_chunks(subject: &str) -> Option<Self> {
        let mut tokens = subject.split('.').skip(3);
        let (document, hash) = (tokens.next()?.parse().ok()?, tokens.next()?.parse().ok()?);
        Some(Self { document, hash })
    }

    /// The object whose metadata is on `subject`; `None` for an object that is not ours.
    pub(in crate::jetstream) fn of_metadata(subject: &str) -> Option<Self> {
        let name = URL_SAFE.decode(subject.rsplit('.').next()?).ok()?;
        let (document, hash) = std::str::from_utf8(&name).ok()?.split_once('/')?;
        Some(Self { document: document.parse().ok()?, hash: hash.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Options, Tenant};

    #[test]
    fn a_subject_tells_which_object_it_is_of() {
        let hash = ContentHash::of(b"x");
        let document = DocumentId::derive(&Tenant::default(), &hash, &Options::default());
        let name = Name { document, hash };
        let subject = chunks(Bucket::Work, &format!("{}.{}.Ab1", name.document, name.hash));
        assert_eq!(Name::of_chunks(&subject), Some(name.clone()));
        assert_eq!(Name::of_metadata(&metadata(Bucket::Work, &name)), Some(name.clone()));
        assert_eq!(Name::of(&ObjectRef::to(Bucket::Work, &name.document, b"x")), name);
    }

    #[test]
    fn what_other_programs_stored_is_nobodys() {
        assert_eq!(Name::of_chunks("$O.invoice_work.C.Nuid"), None);
        assert_eq!(Name::of_metadata("$O.invoice_work.M.aW52b2ljZS5wZGY="), None);
        assert_eq!(Name::of_metadata("$O.invoice_work.M.%"), None);
    }
}
