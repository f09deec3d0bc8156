//! Every stream, subject, bucket and header name, in one place. Everything else calls functions.

pub mod webhooks;

use crate::audit::Action;
use crate::duplicate::Fingerprint;
use crate::id::{DocumentId, Tenant};
use crate::key::KeyId;
use crate::object::Bucket;
use crate::quota::{ClientHash, Day, Measure};
use crate::stage::StageName;

/// Stream of public events.
pub const EVENTS_STREAM: &str = "INVOICE_EVENTS";
/// Stream of dead letters.
pub const DEAD_STREAM: &str = "INVOICE_DEAD";
/// Stream behind the status bucket.
pub const STATUS_STREAM: &str = "KV_invoice_status";
/// Subjects of all statuses.
pub const STATUS_SUBJECTS: &str = "$KV.invoice_status.>";
/// What subjects of public events begin with.
pub const EVENT_SUBJECT_PREFIXES: [&str; 3] =
    ["invoice.extracted.", "invoice.failed.", "invoice.corrected."];
/// What subjects of dead letters begin with.
pub const DEAD_SUBJECT_PREFIX: &str = "invoice.dead.";
/// Stream of the audit trail.
pub const AUDIT_STREAM: &str = "INVOICE_AUDIT";
/// What subjects of the audit trail begin with.
pub const AUDIT_SUBJECT_PREFIX: &str = "invoice.audit.";
/// Stream behind the bucket of API keys.
pub const KEYS_STREAM: &str = "KV_invoice_keys";
/// What subjects of the bucket of API keys begin with.
pub const KEYS_SUBJECT_PREFIX: &str = "$KV.invoice_keys.";
/// Subjects of all keys.
pub const KEY_SUBJECTS: &str = "$KV.invoice_keys.key.*";
/// Subjects of the last uses of all keys: apart from the keys, so that noting a use never gets into
/// the way of revoking the key.
pub const KEY_USE_SUBJECTS: &str = "$KV.invoice_keys.used.*";
/// Stream behind the bucket of invoices that were seen.
pub const DUPLICATES_STREAM: &str = "KV_invoice_duplicates";
/// What subjects of the bucket of invoices that were seen begin with.
pub const DUPLICATES_SUBJECT_PREFIX: &str = "$KV.invoice_duplicates.";
/// Stream behind the bucket of requests that name themselves.
pub const IDEMPOTENCY_STREAM: &str = "KV_invoice_idempotency";
/// What subjects of that bucket begin with.
pub const IDEMPOTENCY_SUBJECT_PREFIX: &str = "$KV.invoice_idempotency.";
/// Stream of the counters of quotas.
pub const QUOTA_STREAM: &str = "INVOICE_QUOTA";
/// What subjects of the counters of quotas begin with.
pub const QUOTA_SUBJECT_PREFIX: &str = "invoice.quota.";
/// The status bucket.
pub const STATUS_BUCKET: &str = "invoice_status";

/// Subjects on which services ask for what only the gateway may remove.
pub const ERASURE_SUBJECTS: &str = "invoice.erasure.*";

/// Version of a message's body.
pub const VERSION_HEADER: &str = "Invoice-Version";
/// Follows a request through every stage's log.
pub const CORRELATION_HEADER: &str = "Correlation-Id";
/// State of a status record, for watchers that do not need the rest of it.
pub const STATE_HEADER: &str = "Invoice-State";
/// What of a status no event may tell yet, for the sweeper; there exactly while that is so.
pub const UNTOLD_HEADER: &str = "Invoice-Untold";
/// How far an erasure is, on the marker that stands in the place of the status.
pub const ERASURE_HEADER: &str = "Invoice-Erasure";
/// Generation of the processing that was erased, on the same marker.
pub const GENERATION_HEADER: &str = "Invoice-Generation";
/// Whose document was erased, on the same marker.
pub const TENANT_HEADER: &str = "Invoice-Tenant";
/// Media type of the body.
pub const CONTENT_TYPE_HEADER: &str = "Content-Type";

/// Version of CloudEvents. This and the following are its attributes, on public events, as its NATS
/// binding writes them in binary mode.
pub const CE_SPECVERSION_HEADER: &str = "ce-specversion";
/// Which event this is: the same whenever and wherever the same one is seen.
pub const CE_ID_HEADER: &str = "ce-id";
/// Who tells it.
pub const CE_SOURCE_HEADER: &str = "ce-source";
/// What kind of event it is.
pub const CE_TYPE_HEADER: &str = "ce-type";
/// When it happened.
pub const CE_TIME_HEADER: &str = "ce-time";
/// Which document it is about.
pub const CE_SUBJECT_HEADER: &str = "ce-subject";
/// Media type of the body, once more.
pub const CE_DATACONTENTTYPE_HEADER: &str = "ce-datacontenttype";
/// Name of the body's schema.
pub const CE_DATASCHEMA_HEADER: &str = "ce-dataschema";

/// Work queue of a stage.
#[must_use]
pub const fn job_stream(stage: StageName) -> &'static str {
    match stage {
        StageName::Preprocess => "INVOICE_PREPROCESS",
        StageName::Ocr => "INVOICE_OCR",
        StageName::Extract => "INVOICE_EXTRACT",
    }
}

/// Every stream that a stage reads or writes, its own queue first.
pub fn streams_of(stage: StageName) -> impl Iterator<Item = &'static str> {
    // Originals are read where pages are made of them.
    let originals = (stage == StageName::Preprocess).then_some(object_stream(Bucket::Uploads));
    let shared = [STATUS_STREAM, EVENTS_STREAM, DEAD_STREAM, object_stream(Bucket::Work)];
    let next = stage.next().map(job_stream);
    // Who was first with an invoice is asked where it is known what the invoice says.
    let duplicates = stage.next().is_none().then_some(DUPLICATES_STREAM);
    let own = std::iter::once(job_stream(stage));
    own.chain(shared).chain(originals).chain(next).chain(duplicates)
}

/// Durable consumer of a stage's work queue.
#[must_use]
pub const fn job_consumer(stage: StageName) -> &'static str {
    stage.as_str()
}

/// Subject of a document's job.
#[must_use]
pub fn job_subject(stage: StageName, id: &DocumentId) -> String {
    format!("{}{id}", job_subject_prefix(stage))
}

/// What subjects of a stage's jobs begin with.
#[must_use]
pub fn job_subject_prefix(stage: StageName) -> String {
    format!("invoice.jobs.{stage}.")
}

/// `Nats-Msg-Id` of a document's job: the same for every publish of the same work.
#[must_use]
pub fn job_message_id(stage: StageName, id: &DocumentId, generation: u32) -> String {
    format!("{id}:{generation}:{stage}")
}

/// Subject of what `client` has used on `day`.
#[must_use]
pub fn quota_subject(client: &ClientHash, day: Day, measure: Measure) -> String {
    format!("{QUOTA_SUBJECT_PREFIX}{}.{day}.{measure}", client.as_str())
}

/// Subject of a document's `invoice.extracted`.
#[must_use]
pub fn extracted_subject(tenant: &Tenant, id: &DocumentId, generation: u32) -> String {
    format!("invoice.extracted.{tenant}.{id}.{generation}")
}

/// Subject of a document's `invoice.failed`.
#[must_use]
pub fn failed_subject(tenant: &Tenant, id: &DocumentId, generation: u32) -> String {
    format!("invoice.failed.{tenant}.{id}.{generation}")
}

/// Subject of a document's `invoice.corrected`. Generation and revision are one token, so that events of all kinds have
/// as many.
#[must_use]
pub fn corrected_subject(
    tenant: &Tenant,
    id: &DocumentId,
    generation: u32,
    revision: u32,
) -> String {
    format!("invoice.corrected.{tenant}.{id}.{generation}-{revision}")
}

/// Subjects of all `invoice.corrected` of a document.
#[must_use]
pub fn corrections_of(tenant: &Tenant, id: &DocumentId) -> String {
    format!("invoice.corrected.{tenant}.{id}.*")
}

/// Generation of the document that an event's subject tells of; 0 for a subject of another form.
#[must_use]
pub fn generation_of(subject: &str) -> u32 {
    let last = subject.rsplit('.').next().unwrap_or_default();
    last.split('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Subject of a dead letter; `id` is `unknown-<sequence>` for a message that does not decode.
#[must_use]
pub fn dead_subject(stage: StageName, id: &str) -> String {
    format!("{DEAD_SUBJECT_PREFIX}{stage}.{id}")
}

/// Subjects of all events of a document.
#[must_use]
pub fn events_of(id: &DocumentId) -> [String; 3] {
    EVENT_SUBJECT_PREFIXES.map(|prefix| format!("{prefix}*.{id}.*"))
}

/// Subjects of a tenant's events that begin with `prefix`, one of [`EVENT_SUBJECT_PREFIXES`].
#[must_use]
pub fn events_of_tenant(prefix: &str, tenant: &Tenant) -> String {
    format!("{prefix}{tenant}.*.*")
}

/// Subject on which services ask to remove something of `id`.
#[must_use]
pub fn erasure_subject(id: &DocumentId) -> String {
    format!("invoice.erasure.{id}")
}

/// What subjects of replies to the service called `name` begin with. Each has its own, so that none
/// may read what is meant for another.
#[must_use]
pub fn inbox(name: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    format!("_INBOX_{}", name.chars().map(legal).collect::<String>())
}

/// Subjects of all dead letters called `name`.
#[must_use]
pub fn dead_letters_of(name: &str) -> String {
    format!("{DEAD_SUBJECT_PREFIX}*.{name}")
}

/// What dead letters of messages that do not decode are called, before their sequence.
pub const UNKNOWN_DEAD: &str = "unknown-";

/// Subject of what the audit trail says. A tenant is lower case, so what is nobody's has a subject of its
/// own.
#[must_use]
pub fn audit_subject(tenant: Option<&Tenant>, action: Action) -> String {
    let tenant = tenant.map_or("NOBODY", Tenant::as_str);
    format!("{AUDIT_SUBJECT_PREFIX}{tenant}.{}", action.as_str())
}

/// Subjects of what the audit trail says of a tenant's documents and keys.
#[must_use]
pub fn audit_subjects_of(tenant: &Tenant) -> String {
    format!("{AUDIT_SUBJECT_PREFIX}{tenant}.*")
}

/// Subject of an API key.
#[must_use]
pub fn key_subject(id: &KeyId) -> String {
    format!("{KEYS_SUBJECT_PREFIX}key.{id}")
}

/// Subject of an API key's last use.
#[must_use]
pub fn key_use_subject(id: &KeyId) -> String {
    format!("{KEYS_SUBJECT_PREFIX}used.{id}")
}

/// Subject of what is kept of a tenant's request, by the hash that stands for its key.
#[must_use]
pub fn idempotency_subject(tenant: &Tenant, name: &str) -> String {
    format!("{IDEMPOTENCY_SUBJECT_PREFIX}{tenant}.{name}")
}

/// Subject of a document's status.
#[must_use]
pub fn status_subject(id: &DocumentId) -> String {
    format!("$KV.{STATUS_BUCKET}.{id}")
}

/// Subject of the entry of a document that says the invoice of `fingerprint`.
#[must_use]
pub fn duplicate_subject(tenant: &Tenant, fingerprint: &Fingerprint, id: &DocumentId) -> String {
    format!("{DUPLICATES_SUBJECT_PREFIX}{tenant}.{fingerprint}.{id}")
}

/// Subjects of the entries of all documents of a tenant that say the invoice of `fingerprint`.
#[must_use]
pub fn duplicates_like(tenant: &Tenant, fingerprint: &Fingerprint) -> String {
    format!("{DUPLICATES_SUBJECT_PREFIX}{tenant}.{fingerprint}.*")
}

/// Subjects of all entries of a document; of any tenant where that is not known.
#[must_use]
pub fn duplicates_of(tenant: Option<&Tenant>, id: &DocumentId) -> String {
    format!("{DUPLICATES_SUBJECT_PREFIX}{}.*.{id}", tenant.map_or("*", Tenant::as_str))
}

/// Name of an object store.
#[must_use]
pub fn object_bucket(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Uploads => "invoice_uploads",
        Bucket::Work => "invoice_work",
    }
}

/// Stream behind an object store.
#[must_use]
pub fn object_stream(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Uploads => "OBJ_invoice_uploads",
        Bucket::Work => "OBJ_invoice_work",
    }
}

/// What subjects of an object store begin with.
#[must_use]
pub fn object_subject_prefix(bucket: Bucket) -> String {
    format!("$O.{}.", object_bucket(bucket))
}
