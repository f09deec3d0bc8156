//! What can be full at the broker, and what it is called where somebody is told.

use std::fmt;

use super::names::{self, webhooks};
use crate::object::Bucket;
use crate::stage::StageName;

/// Something at the broker that takes only so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The jobs that wait for a stage.
    Queue(StageName),
    /// Originals, or what stages hand to each other.
    Objects(Bucket),
    /// Statuses and results.
    Statuses,
    /// Public events.
    Events,
    /// Dead letters.
    DeadLetters,
    /// Which document was first with an invoice.
    Duplicates,
    /// API keys.
    Keys,
    /// The audit trail.
    Audit,
    /// Requests that name themselves.
    Requests,
    /// What each client has had read today.
    Quotas,
    /// Where tenants want their events sent.
    Webhooks,
    /// Events that wait to be sent there.
    Callbacks,
    /// What became of each sending.
    Deliveries,
    /// What the broker has altogether.
    Disk,
}

impl Place {
    /// All that are streams: statuses first, then what they speak of, in the order in which a backup
    /// copies them.
    pub const STREAMS: [Self; 16] = [
        Self::Statuses,
        Self::Queue(StageName::Preprocess),
        Self::Queue(StageName::Ocr),
        Self::Queue(StageName::Extract),
        Self::Events,
        Self::DeadLetters,
        Self::Objects(Bucket::Uploads),
        Self::Objects(Bucket::Work),
        Self::Duplicates,
        Self::Keys,
        Self::Audit,
        Self::Requests,
        Self::Quotas,
        Self::Deliveries,
        Self::Callbacks,
        Self::Webhooks,
    ];

    /// Where a message on `subject` is stored.
    #[must_use]
    pub fn of_subject(subject: &str) -> Self {
        let stored_here =
            |place: &Self| place.prefixes().iter().any(|prefix| subject.starts_with(prefix));
        Self::STREAMS.into_iter().find(stored_here).unwrap_or(Self::Disk)
    }

    /// Its stream; `None` for the disk.
    #[must_use]
    pub fn stream(self) -> Option<&'static str> {
        match self {
            Self::Queue(stage) => Some(names::job_stream(stage)),
            Self::Objects(bucket) => Some(names::object_stream(bucket)),
            Self::Statuses => Some(names::STATUS_STREAM),
            Self::Events => Some(names::EVENTS_STREAM),
            Self::DeadLetters => Some(names::DEAD_STREAM),
            Self::Duplicates => Some(names::DUPLICATES_STREAM),
            Self::Keys => Some(names::KEYS_STREAM),
            Self::Audit => Some(names::AUDIT_STREAM),
            Self::Requests => Some(names::IDEMPOTENCY_STREAM),
            Self::Quotas => Some(names::QUOTA_STREAM),
            Self::Webhooks => Some(webhooks::ENDPOINTS_STREAM),
            Self::Callbacks => Some(webhooks::CALLBACKS_STREAM),
            Self::Deliveries => Some(webhooks::DELIVERIES_STREAM),
            Self::Disk => None,
        }
    }

    /// What its subjects begin with.
    fn prefixes(self) -> Vec<String> {
        let one = |prefix: &str| vec![prefix.to_owned()];
        match self {
            Self::Queue(stage) => vec![names::job_subject_prefix(stage)],
            Self::Objects(bucket) => vec![names::object_subject_prefix(bucket)],
            Self::Statuses => vec![names::STATUS_SUBJECTS.replace('>', "")],
            Self::Events => names::EVENT_SUBJECT_PREFIXES.map(str::to_owned).into(),
            Self::DeadLetters => one(names::DEAD_SUBJECT_PREFIX),
            Self::Duplicates => one(names::DUPLICATES_SUBJECT_PREFIX),
            Self::Keys => one(names::KEYS_SUBJECT_PREFIX),
            Self::Audit => one(names::AUDIT_SUBJECT_PREFIX),
            Self::Requests => one(names::IDEMPOTENCY_SUBJECT_PREFIX),
            Self::Quotas => one(names::QUOTA_SUBJECT_PREFIX),
            Self::Webhooks => one(webhooks::ENDPOINTS_SUBJECT_PREFIX),
            Self::Callbacks => one(webhooks::CALLBACKS_SUBJECT_PREFIX),
            Self::Deliveries => one(webhooks::DELIVERIES_SUBJECT_PREFIX),
            Self::Disk => Vec::new(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(stage) => write!(f, "the queue of {stage}"),
            Self::Objects(Bucket::Uploads) => f.write_str("the store of uploads"),
            Self::Objects(Bucket::Work) => f.write_str("the store of work in progress"),
            Self::Statuses => f.write_str("the store of statuses"),
            Self::Events => f.write_str("the stream of events"),
            Self::DeadLetters => f.write_str("the stream of dead letters"),
            Self::Duplicates => f.write_str("the index of invoices"),
            Self::Keys => f.write_str("the store of API keys"),
            Self::Audit => f.write_str("the audit trail"),
            Self::Requests => f.write_str("the store of idempotency keys"),
            Self::Quotas => f.write_str("the counters of quotas"),
            Self::Webhooks => f.write_str("the store of webhooks"),
            Self::Callbacks => f.write_str("the queue of callbacks"),
            Self::Deliveries => f.write_str("the log of deliveries"),
            Self::Disk => f.write_str("the broker's disk"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ContentHash, DocumentId, Options, Tenant};

    #[test]
    fn a_subject_tells_where_its_messages_lie() {
        let tenant = Tenant::default();
        let id = DocumentId::derive(&tenant, &ContentHash::of(b""), &Options::default());
        let table = [
            (names::job_subject(StageName::Ocr, &id), Place::Queue(StageName::Ocr)),
            (format!("$O.invoice_work.C.{id}.x.y"), Place::Objects(Bucket::Work)),
            ("$O.invoice_uploads.M.eA==".to_owned(), Place::Objects(Bucket::Uploads)),
            (names::status_subject(&id), Place::Statuses),
            (names::extracted_subject(&tenant, &id, 1), Place::Events),
            (names::failed_subject(&tenant, &id, 1), Place::Events),
            (names::corrected_subject(&tenant, &id, 1, 2), Place::Events),
            (names::dead_subject(StageName::Extract, id.as_str()), Place::DeadLetters),
            (names::audit_subject(None, crate::audit::Action::Read), Place::Audit),
            (names::duplicates_of(Some(&tenant), &id), Place::Duplicates),
            ("$KV.invoice_keys.key.00".to_owned(), Place::Keys),
            (names::idempotency_subject(&tenant, "00"), Place::Requests),
            ("$KV.invoice_webhooks.endpoint.acme.00".to_owned(), Place::Webhooks),
            ("invoice.callbacks.acme.00.-.00".to_owned(), Place::Callbacks),
            ("$KV.invoice_deliveries.acme.00.-.00".to_owned(), Place::Deliveries),
            ("something.else".to_owned(), Place::Disk),
        ];
        for (subject, place) in table {
            assert_eq!(Place::of_subject(&subject), place, "{subject}");
        }
    }

    #[test]
    fn every_place_but_the_disk_is_a_stream() {
        assert!(Place::STREAMS.iter().all(|place| place.stream().is_some()));
        assert_eq!(Place::Disk.stream(), None);
    }
}
