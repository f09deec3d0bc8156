//! Documents that say the same invoice: what the last stage asks, and the name under which it is kept.

use std::fmt;
use std::future::Future;

use crate::error::StageError;
use crate::id::{DocumentId, Tenant};
use crate::job::Job;

/// Domain separation (blake3 `derive_key` context). Changing it makes everything unknown that was seen before.
const FINGERPRINT_CONTEXT: &str = "invoice-ocr 2026-11-27 invoice fingerprint v1";

/// Stands for what tells one invoice of a tenant from another: 64 lower-case hexadecimal digits.
///
/// A hash without a key. Who knows a tenant, a seller, a number, a date and a total can find out whether such an
/// invoice was read, if the bucket is open to them; docs/duplicates.md says what that is worth.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of `parts` of an invoice of `tenant`, in their order. The tenant is part of it, so that nothing can be
    /// compared from one tenant to another.
    #[must_use]
    pub fn of(tenant: &Tenant, parts: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(FINGERPRINT_CONTEXT);
        for part in std::iter::once(&tenant.as_str()).chain(parts) {
            // Lengths first: no two different lists feed the same bytes.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(hasher.finalize().to_hex().to_string())
    }

    /// The 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An earlier document that says the same invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The document.
    pub id: DocumentId,
    /// Whether it is of the same bytes, read with other options.
    pub same_file: bool,
}

/// Where the last stage asks who was first with an invoice. Beside [`crate::object::ObjectStore`].
pub trait DuplicateIndex: Send + Sync {
    /// Notes that the document of `job` says the invoice of `fingerprint` (`None`: none that can be told from
    /// others), in the place of what it said in an earlier generation, and returns the first document of the same
    /// tenant that says it, unless that is this one.
    ///
    /// Repeating it changes nothing: who was first once stays the first until its document is erased or expires.
    ///
    /// # Errors
    /// `Transient` when the index does not answer.
    fn first_like(
        &self,
        job: &Job,
        fingerprint: Option<&Fingerprint>,
    ) -> impl Future<Output = Result<Option<Earlier>, StageError>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_its_place_and_the_tenant_count() {
        let (a, b): (Tenant, Tenant) = (Tenant::default(), "other".parse().unwrap());
        let first = Fingerprint::of(&a, &["FR1", "F-1", "9.00"]);
        assert_eq!(first, Fingerprint::of(&a, &["FR1", "F-1", "9.00"]));
        for other in [
            Fingerprint::of(&b, &["FR1", "F-1", "9.00"]),
            Fingerprint::of(&a, &["F-1", "FR1", "9.00"]),
            Fingerprint::of(&a, &["FR1F", "-1", "9.00"]),
            Fingerprint::of(&a, &["FR1", "F-1", "9.00", ""]),
        ] {
            assert_ne!(other, first);
        }
        assert!(first.as_str().parse::<DocumentId>().is_ok(), "64 hexadecimal digits");
    }

    #[test]
    fn a_fingerprint_never_changes_between_versions() {
        // Frozen: what was seen before an update has to be known after it.
        let frozen = "85258607a8e2963a8b0fce3bfa763c712c4cd779e9e3c4af8b7336e2a8711c49";
        assert_eq!(Fingerprint::of(&Tenant::default(), &["x"]).as_str(), frozen);
    }
}
