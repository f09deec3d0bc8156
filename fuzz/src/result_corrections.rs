//! Any requests to put a result right, one after the other, apart by a zero.

use std::sync::LazyLock;

use common::audit::Actor;
use common::correction::request::WantedValue;
use common::correction::{Author, Wanted};
use common::page::ReadDocument;
use common::status::{Amended, State, StatusRecord};
use extract::einvoice::{Attached, read};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{golden, outcome};

/// What was read: an e-invoice, which has something of everything.
static COMPLETED: LazyLock<StatusRecord> = LazyLock::new(|| {
    let xml = include_bytes!("../../crates/extract/tests/fixtures/einvoice/en16931.xml");
    let invoice = read(xml).expect("the fixture is an invoice");
    let document = ReadDocument { pages: Vec::new(), embedded_xml: Vec::new() };
    let result = outcome::extracted(&document, &Attached::Invoice(Box::new(invoice)));
    let result = serde_json::from_str(&result).expect("a result is JSON");
    StatusRecord { state: State::Completed, result: Some(result), ..golden::queued() }
});

/// A request that is admitted is carried out whole and once, and its result keeps the contract; what was read stays.
pub fn result_corrections(bytes: &[u8]) {
    let by = Author { actor: Actor::Anybody, name: None };
    let mut record = COMPLETED.clone();
    let mut now = Timestamp::UNIX_EPOCH;
    for body in bytes.split(|byte| *byte == 0) {
        let Ok(wanted) = Wanted::read(body).inspect_err(|refusal| drop(refusal.to_string())) else {
            continue;
        };
        now += SignedDuration::from_secs(1);
        let next = match record.corrected(&wanted, &by, now).expect("a result is JSON") {
            Amended::To(next) => *next,
            Amended::Unchanged => continue,
            Amended::Refused(refusal) => {
                drop(refusal.to_string());
                continue;
            }
        };
        let shown = shown(&next);
        outcome::assert_allowed(&shown);
        for WantedValue { path, value } in &wanted.values {
            let pointer = format!("/invoice/{}/value", path.to_string().replace('.', "/"));
            assert_eq!(shown.pointer(&pointer).and_then(Value::as_str), value.as_deref(), "{path}");
        }
        assert_eq!(next.corrected(&wanted, &by, now), Ok(Amended::Unchanged), "it is repeated");
        assert_eq!(next.result, record.result, "what was read");
        assert!(next.updated_at > record.updated_at);
        let kept = serde_json::to_vec(&next).expect("a record can be written");
        assert_eq!(serde_json::from_slice::<StatusRecord>(&kept).ok().as_ref(), Some(&next));
        record = next;
    }
}

fn shown(record: &StatusRecord) -> Value {
    let shown = record.shown_result().expect("a result is JSON").expect("it is completed");
    serde_json::from_str(shown.0.get()).expect("it is JSON")
}
