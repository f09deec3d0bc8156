//! What CloudEvents 1.0 says beside the body of a public event, as headers: its NATS protocol binding,
//! in binary mode.
//!
//! Everything follows from the terminal record, so that whoever publishes an event once more, after
//! whatever happened, says the same.

use jiff::Timestamp;

use super::names;
use crate::event::EventKind;
use crate::status::StatusRecord;

/// Version of CloudEvents.
pub(super) const SPECVERSION: &str = "1.0";

/// Media type of all bodies. Anything that begins with `application/cloudevents` would announce the other
/// mode, where the attributes are in the body.
pub(super) const JSON: &str = "application/json";

/// What names of schemas begin with. CloudEvents wants an absolute URI here, and no stage knows the
/// gateway's address, where the schemas are: a name then, which never changes either.
const SCHEMA_NAMES: &str = "urn:invoice-ocr:";

/// The attributes of the event of `kind` that is stored under `subject`, each as a header.
///
/// Invariant: values are printable ASCII without spaces, quotes and percent signs, so none needs the
/// binding's percent-encoding. Tenants, ids and times are nothing else.
pub(super) fn attributes(
    kind: EventKind,
    record: &StatusRecord,
    subject: &str,
) -> [(&'static str, String); 8] {
    [
        (names::CE_SPECVERSION_HEADER, SPECVERSION.to_owned()),
        // One of each kind is stored for a document and generation, and the subject says just these.
        // Readers of the live copies see the subject here, too.
        (names::CE_ID_HEADER, subject.to_owned()),
        (names::CE_SOURCE_HEADER, format!("/invoice-ocr/{}", record.tenant)),
        (names::CE_TYPE_HEADER, kind.as_str().to_owned()),
        (names::CE_TIME_HEADER, happened_at(kind, record).to_string()),
        (names::CE_SUBJECT_HEADER, record.id.to_string()),
        (names::CE_DATACONTENTTYPE_HEADER, JSON.to_owned()),
        (names::CE_DATASCHEMA_HEADER, format!("{SCHEMA_NAMES}{}", kind.schema())),
    ]
}

/// When it happened, not when somebody managed to publish it.
fn happened_at(kind: EventKind, record: &StatusRecord) -> Timestamp {
    match kind {
        EventKind::Extracted | EventKind::Failed => record.ended_at(),
        EventKind::Corrected => record.correction().map_or(record.updated_at, |made| made.at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::accepted_record;

    fn told(record: &StatusRecord, kind: EventKind) -> Vec<(&'static str, String)> {
        let subject = match kind {
            EventKind::Extracted => {
                names::extracted_subject(&record.tenant, &record.id, record.generation)
            }
            EventKind::Failed => {
                names::failed_subject(&record.tenant, &record.id, record.generation)
            }
            EventKind::Corrected => {
                names::corrected_subject(&record.tenant, &record.id, record.generation, 1)
            }
        };
        attributes(kind, record, &subject).into()
    }

    fn id(record: &StatusRecord, kind: EventKind) -> String {
        told(record, kind)[1].1.clone()
    }

    #[test]
    fn an_event_says_what_cloud_events_asks_for() {
        let record = accepted_record();
        let subject = format!("invoice.failed.default.{}.1", record.id);
        let expected = [
            ("ce-specversion", "1.0"),
            ("ce-id", &subject),
            ("ce-source", "/invoice-ocr/default"),
            ("ce-type", "invoice.failed"),
            ("ce-time", "1970-01-01T00:00:00Z"),
            ("ce-subject", record.id.as_str()),
            ("ce-datacontenttype", "application/json"),
            ("ce-dataschema", "urn:invoice-ocr:invoice.failed/1"),
        ];
        assert_eq!(told(&record, EventKind::Failed), expected.map(|(k, v)| (k, v.to_owned())));
    }

    #[test]
    fn an_id_is_of_one_document_one_generation_and_one_kind() {
        let record = accepted_record();
        let other_tenant = StatusRecord { tenant: "acme".parse().unwrap(), ..record.clone() };
        let replayed = StatusRecord { generation: 2, ..record.clone() };
        let ids = [
            id(&record, EventKind::Extracted),
            id(&record, EventKind::Failed),
            id(&record, EventKind::Corrected),
            id(&replayed, EventKind::Extracted),
            id(&other_tenant, EventKind::Extracted),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{ids:?}");
        let later = StatusRecord { attempt: 3, ..record.clone() };
        assert_eq!(id(&later, EventKind::Extracted), ids[0]);
    }

    #[test]
    fn values_need_no_percent_encoding() {
        let tenant = "a-b_9".repeat(12).parse().unwrap();
        let record = StatusRecord {
            tenant,
            updated_at: jiff::Timestamp::MAX,
            generation: u32::MAX,
            ..accepted_record()
        };
        for kind in EventKind::ALL {
            for (name, value) in told(&record, kind) {
                let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'%';
                assert!(!value.is_empty() && value.bytes().all(plain), "{name}: {value}");
            }
        }
    }

    #[test]
    fn kinds_schemas_and_subjects_agree() {
        for (kind, prefix) in EventKind::ALL.into_iter().zip(names::EVENT_SUBJECT_PREFIXES) {
            assert_eq!(format!("{}.", kind.as_str()), prefix);
            assert!(kind.schema().starts_with(&format!("{}/", kind.as_str())));
        }
        assert_eq!(EventKind::ALL.len(), names::EVENT_SUBJECT_PREFIXES.len());
    }
}
