//! Any bytes, read as what lies in the broker: hand-overs between stages, jobs, status records,
//! events, dead letters, webhooks with what is sent to them, requests that name themselves.

use serde::Serialize;
use serde::de::DeserializeOwned;

use common::error::StageError;
use common::event::{DeadLetter, InvoiceFailed};
use common::idempotency::Kept;
use common::job::{JOB_VERSION, Job};
use common::page::{PreparedDocument, ReadDocument, decode, encode};
use common::status::StatusRecord;
use common::webhook::{CallbackJob, Delivery, Endpoint};
use extract::einvoice::Attached;
use extract::facts::DocumentFacts;
use extract::settings::Settings;

use crate::golden;

/// Whatever can be read is written as it was read; a document's words give a result, and a record
/// a job.
pub fn stage_objects(bytes: &[u8]) {
    cbor::<PreparedDocument>(bytes);
    cbor::<DeadLetter>(bytes);
    if let Ok(job) = Job::decode(JOB_VERSION, bytes) {
        assert_is_stable(&job);
    }
    json::<InvoiceFailed>(bytes);
    json::<CallbackJob>(bytes);
    record(bytes, Endpoint::decode, Endpoint::encode);
    record(bytes, Delivery::decode, Delivery::encode);
    record(bytes, Kept::decode, Kept::encode);
    if let Some(record) = json::<StatusRecord>(bytes) {
        assert_is_stable(&record.job());
    }
    if let Some(document) = cbor::<ReadDocument>(bytes) {
        // What cannot be published is for `extract_words`: these pages may have no legal number.
        let facts = DocumentFacts::of(&golden::job(), SOME_TIME);
        let result = extract::extract(&document, &Attached::Nothing, &facts, &Settings::default());
        serde_json::to_string(&result).expect("a result has a JSON form");
    }
}

const SOME_TIME: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

fn assert_is_stable(job: &Job) {
    let written = job.encode().expect("a job can be written");
    assert_eq!(Job::decode(JOB_VERSION, &written).as_ref(), Ok(job));
}

/// What is not a number differs from itself, so bytes are compared and not values.
fn cbor<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let value: T = decode(bytes).ok()?;
    let written = encode(&value).expect("what was read can be written");
    let again: T = decode(&written).expect("what was written can be read");
    assert_eq!(encode(&again).ok(), Some(written));
    Some(value)
}

/// A record that says its version.
fn record<T: PartialEq>(
    bytes: &[u8],
    decode: fn(&[u8]) -> Result<T, StageError>,
    encode: fn(&T) -> Result<Vec<u8>, StageError>,
) {
    let Ok(record) = decode(bytes) else { return };
    let written = encode(&record).expect("what was read can be written");
    assert!(decode(&written).is_ok_and(|again| again == record), "it was written otherwise");
}

fn json<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(bytes).ok()?;
    let written = serde_json::to_vec(&value).expect("what was read can be written");
    let again: T = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(serde_json::to_vec(&again).ok(), Some(written));
    Some(value)
}
