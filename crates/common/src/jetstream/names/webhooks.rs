//! Names of what webhooks need at the broker.

use super::EVENTS_STREAM;
use crate::id::{DocumentId, Tenant};
use crate::webhook::{DeliveryId, EndpointId};

/// Work queue of events that wait to be sent.
pub const CALLBACKS_STREAM: &str = "INVOICE_CALLBACKS";
/// Its consumer.
pub const CALLBACKS_CONSUMER: &str = "deliver";
/// The consumer of public events that makes the queue's messages.
pub const EVENTS_CONSUMER: &str = "webhooks";
/// Both consumers, each with its stream.
pub const CONSUMERS: [(&str, &str); 2] =
    [(EVENTS_STREAM, EVENTS_CONSUMER), (CALLBACKS_STREAM, CALLBACKS_CONSUMER)];
/// What subjects of the queue begin with.
pub const CALLBACKS_SUBJECT_PREFIX: &str = "invoice.callbacks.";
/// Stream behind the bucket of endpoints.
pub const ENDPOINTS_STREAM: &str = "KV_invoice_webhooks";
/// What subjects of the bucket of endpoints begin with.
pub const ENDPOINTS_SUBJECT_PREFIX: &str = "$KV.invoice_webhooks.";
/// Subjects of all endpoints.
pub const ENDPOINT_SUBJECTS: &str = "$KV.invoice_webhooks.endpoint.*.*";
/// Stream behind the log of deliveries.
pub const DELIVERIES_STREAM: &str = "KV_invoice_deliveries";
/// What subjects of the log of deliveries begin with.
pub const DELIVERIES_SUBJECT_PREFIX: &str = "$KV.invoice_deliveries.";

/// Stands where a subject names an endpoint, for what an upload brought itself. No endpoint's id.
const OF_UPLOAD: &str = "upload";

/// Stands where a subject names a delivery, for the address that an upload brought. No delivery's id.
const ADDRESS: &str = "address";

/// What a message of the queue or of the log is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverySubject {
    /// Whose.
    pub tenant: Tenant,
    /// Where to.
    pub endpoint: EndpointId,
    /// Of what.
    pub document: DocumentId,
    /// Which.
    pub delivery: DeliveryId,
}

impl DeliverySubject {
    fn tail(&self) -> String {
        let Self { tenant, endpoint, document, delivery } = self;
        format!("{tenant}.{endpoint}.{document}.{delivery}")
    }

    /// Subject of its jobs.
    #[must_use]
    pub fn job(&self) -> String {
        format!("{CALLBACKS_SUBJECT_PREFIX}{}", self.tail())
    }

    /// Subject of its record.
    #[must_use]
    pub fn record(&self) -> String {
        format!("{DELIVERIES_SUBJECT_PREFIX}{}", self.tail())
    }

    /// Reads the subject of a job or of a record.
    #[must_use]
    pub fn parse(subject: &str) -> Option<Self> {
        let tail = subject
            .strip_prefix(CALLBACKS_SUBJECT_PREFIX)
            .or_else(|| subject.strip_prefix(DELIVERIES_SUBJECT_PREFIX))?;
        let mut tokens = tail.split('.');
        let (tenant, endpoint) = (tokens.next()?.parse().ok()?, tokens.next()?.parse().ok()?);
        let (document, delivery) = (tokens.next()?.parse().ok()?, tokens.next()?.parse().ok()?);
        tokens.next().is_none().then_some(Self { tenant, endpoint, document, delivery })
    }
}

/// Subject of an endpoint.
#[must_use]
pub fn endpoint(tenant: &Tenant, id: &EndpointId) -> String {
    format!("{ENDPOINTS_SUBJECT_PREFIX}endpoint.{tenant}.{id}")
}

/// Subjects of a tenant's endpoints.
#[must_use]
pub fn endpoints_of(tenant: &Tenant) -> String {
    format!("{ENDPOINTS_SUBJECT_PREFIX}endpoint.{tenant}.*")
}

/// Subject of how an endpoint fares.
#[must_use]
pub fn health(tenant: &Tenant, id: &EndpointId) -> String {
    format!("{ENDPOINTS_SUBJECT_PREFIX}health.{tenant}.{id}")
}

/// Subjects of an endpoint's jobs.
#[must_use]
pub fn jobs_of_endpoint(tenant: &Tenant, id: &EndpointId) -> String {
    format!("{CALLBACKS_SUBJECT_PREFIX}{tenant}.{id}.>")
}

/// Subjects of an endpoint's log.
#[must_use]
pub fn log_of_endpoint(tenant: &Tenant, id: &EndpointId) -> String {
    format!("{DELIVERIES_SUBJECT_PREFIX}{tenant}.{id}.>")
}

/// Subject of one delivery of an endpoint, of whatever document.
#[must_use]
pub fn log_of_delivery(tenant: &Tenant, id: &EndpointId, delivery: &DeliveryId) -> String {
    format!("{DELIVERIES_SUBJECT_PREFIX}{tenant}.{id}.*.{delivery}")
}

/// Subjects of all that waits to be sent of a document.
#[must_use]
pub fn jobs_of_document(id: &DocumentId) -> String {
    format!("{CALLBACKS_SUBJECT_PREFIX}*.*.{id}.*")
}

/// Subjects of all that the log has of a document, the address that its upload brought included.
#[must_use]
pub fn log_of_document(id: &DocumentId) -> String {
    format!("{DELIVERIES_SUBJECT_PREFIX}*.*.{id}.*")
}

/// Subject of the address that the upload of a document brought.
#[must_use]
pub fn address_of_upload(tenant: &Tenant, id: &DocumentId) -> String {
    format!("{DELIVERIES_SUBJECT_PREFIX}{tenant}.{OF_UPLOAD}.{id}.{ADDRESS}")
}

/// What the subject of a public event says: its kind, tenant and document. What follows, the generation or generation
/// and revision, only tells it from others.
#[must_use]
pub fn parse_event(subject: &str) -> Option<(String, Tenant, DocumentId)> {
    let mut tokens = subject.split('.');
    let kind = format!("{}.{}", tokens.next()?, tokens.next()?);
    let (tenant, id) = (tokens.next()?.parse().ok()?, tokens.next()?.parse().ok()?);
    let which = tokens.next()?;
    (!which.is_empty() && tokens.next().is_none()).then_some((kind, tenant, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ContentHash, Options};
    use crate::jetstream::names;

    fn document() -> DocumentId {
        DocumentId::derive(&Tenant::default(), &ContentHash::of(b""), &Options::default())
    }

    #[test]
    fn a_subject_is_read_as_it_was_written() {
        let endpoint: EndpointId = "00112233445566ff".parse().unwrap();
        let subject = DeliverySubject {
            tenant: "acme".parse().unwrap(),
            delivery: DeliveryId::of(&endpoint, "event"),
            endpoint,
            document: document(),
        };
        assert_eq!(DeliverySubject::parse(&subject.job()), Some(subject.clone()));
        assert_eq!(DeliverySubject::parse(&subject.record()), Some(subject));
    }

    #[test]
    fn the_address_of_an_upload_is_no_delivery_and_goes_with_its_document() {
        let subject = address_of_upload(&Tenant::default(), &document());
        assert_eq!(DeliverySubject::parse(&subject), None);
        let all = log_of_document(&document());
        let fits = all.split('.').zip(subject.split('.')).all(|(a, b)| a == "*" || a == b);
        assert!(fits && all.split('.').count() == subject.split('.').count(), "{all} {subject}");
    }

    #[test]
    fn the_subject_of_an_event_says_what_it_is() {
        let (tenant, id) = (Tenant::default(), document());
        for (subject, kind) in [
            (names::extracted_subject(&tenant, &id, 3), "invoice.extracted"),
            (names::failed_subject(&tenant, &id, 3), "invoice.failed"),
            (names::corrected_subject(&tenant, &id, 3, 2), "invoice.corrected"),
        ] {
            let told = (kind.to_owned(), tenant.clone(), id.clone());
            assert_eq!(parse_event(&subject), Some(told), "{subject}");
        }
        assert_eq!(parse_event("invoice.failed"), None);
    }
}
