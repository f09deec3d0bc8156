//! The invariants of ARCHITECTURE.md, held against everything that lies in the broker after a
//! scenario. What does not hold is listed, not asserted one by one: one fault has many symptoms.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::books::{Books, EventKey, QUEUES};
use crate::load::Receipts;

/// What a scenario may rightly do to documents.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// Documents that may fail, with the code.
    pub(crate) failures: BTreeMap<String, &'static str>,
    /// Documents that were erased.
    pub(crate) erased: BTreeSet<String>,
    /// Dead letters of messages that were no jobs.
    pub(crate) strangers: usize,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) accepted: usize,
    pub(crate) completed: usize,
    pub(crate) failed: usize,
    pub(crate) events: usize,
    pub(crate) redeliveries: u64,
    /// Promises that were not kept; empty when all is well.
    pub(crate) broken: Vec<String>,
}

/// Results of the samples without any fault.
pub(crate) type References = BTreeMap<&'static str, Value>;

/// What of a result does not depend on which copy was read, and when.
pub(crate) fn essence(result: &Value) -> Value {
    let mut essence = result.clone();
    for key in ["id", "content_hash", "received_at", "completed_at", "correlation_id", "filename"] {
        essence.as_object_mut().unwrap().remove(key);
    }
    // All copies of a sample say the same invoice, and which of them was first depends on what failed.
    forget_duplicates(&mut essence);
    essence
}

/// Takes what a result says of other documents that say the same invoice out of it.
fn forget_duplicates(result: &mut Value) {
    let Some(review) = result.pointer_mut("/review") else { return };
    if let Some(reasons) = review["reasons"].as_array_mut() {
        reasons.retain(|reason| reason["code"] != "duplicate_invoice");
        let required = !reasons.is_empty();
        review["required"] = required.into();
    }
}

/// A status or an event as text. That another document was the first with an invoice stays in a result when that one is
/// erased.
fn without_duplicates(payload: &[u8]) -> String {
    let Ok(mut body) = serde_json::from_slice::<Value>(payload) else {
        return String::from_utf8_lossy(payload).into_owned();
    };
    forget_duplicates(&mut body);
    if let Some(result) = body.get_mut("result") {
        forget_duplicates(result);
    }
    body.to_string()
}

/// Holds the books against what was promised.
pub(crate) async fn audit(
    books: &Books,
    receipts: &Receipts,
    references: &References,
    expected: &Expected,
) -> Findings {
    let statuses = books.statuses().await;
    let events = books.events().await;
    let dead = books.dead().await;
    let mut findings = Findings {
        accepted: receipts.accepted.len(),
        events: events.len(),
        redeliveries: books.redeliveries().await,
        ..Findings::default()
    };
    for (id, accepted) in &receipts.accepted {
        if expected.erased.contains(id) {
            continue;
        }
        let broken = match statuses.get(id) {
            None => vec!["was accepted and has no status".to_owned()],
            Some(status) => {
                // What can only fail has none.
                let reference = references.get(accepted.sample).unwrap_or(&Value::Null);
                promised(id, status, &events, reference, expected)
            }
        };
        findings.broken.extend(broken.into_iter().map(|what| format!("{id}: {what}")));
    }
    for (id, status) in &statuses {
        findings.completed += usize::from(status["state"] == "completed");
        findings.failed += usize::from(status["state"] == "failed");
        let broken = ended_once(id, status, &events, &dead);
        findings.broken.extend(broken.into_iter().map(|what| format!("{id}: {what}")));
    }
    let strangers = dead.iter().filter(|name| name.starts_with("unknown-")).count();
    if strangers != expected.strangers {
        let wanted = expected.strangers;
        findings.broken.push(format!("{strangers} dead letters of no document, not {wanted}"));
    }
    findings.broken.extend(stray_events(&events, &statuses, expected));
    for (queue, _) in QUEUES {
        let left = books.count(queue).await.unwrap_or(u64::MAX);
        if left != 0 {
            findings.broken.push(format!("{queue} still holds {left} jobs"));
        }
    }
    for id in &expected.erased {
        findings.broken.extend(traces(books, id).await);
    }
    if receipts.silent_refusals > 0 {
        let count = receipts.silent_refusals;
        findings.broken.push(format!("{count} answers of 503 had no Retry-After"));
    }
    findings
}

/// While nothing moves: every accepted document that has not ended has a job, in the queue of its
/// stage, or still in the one before. Those that have none live by the grace of the sweeper.
pub(crate) async fn without_a_job(books: &Books, receipts: &Receipts) -> Vec<String> {
    let mut jobs = BTreeSet::new();
    for (queue, _) in QUEUES {
        let entries = books.entries(queue).await;
        jobs.extend(
            entries.into_iter().filter_map(|e| e.subject.rsplit('.').next().map(str::to_owned)),
        );
    }
    let statuses = books.statuses().await;
    let under_way = receipts.accepted.keys().filter(|id| {
        statuses
            .get(*id)
            .is_some_and(|status| !matches!(status["state"].as_str(), Some("completed" | "failed")))
    });
    under_way
        .filter(|id| !jobs.contains(*id))
        .map(|id| format!("{id}: is under way and has no job: {}", statuses[id]["stage"]))
        .collect()
}

/// What a client was promised: its document is read as if nothing had happened, or fails for the
/// reason that the scenario gave.
fn promised(
    id: &str,
    status: &Value,
    events: &BTreeMap<EventKey, Value>,
    reference: &Value,
    expected: &Expected,
) -> Vec<String> {
    let mut broken = Vec::new();
    match (status["state"].as_str(), expected.failures.get(id)) {
        (Some("completed"), _) => {
            if essence(&status["result"]) != *reference {
                broken.push("its result is another than without the fault".to_owned());
            }
            let generation = status["generation"].as_u64().unwrap_or_default();
            let kind = "extracted".to_owned();
            let key = EventKey { id: id.to_owned(), generation, kind };
            if events.get(&key).is_some_and(|event| *event != status["result"]) {
                broken.push("its event and its status say different things".to_owned());
            }
        }
        (Some("failed"), Some(code)) if status["error"]["code"] == *code => {}
        (state, wanted) => {
            let (code, message) = (&status["error"]["code"], &status["error"]["message"]);
            broken.push(format!("is {state:?} ({code}, {message}), expected {wanted:?}"));
        }
    }
    broken
}

/// One terminal state, one event of the right kind, a dead letter exactly for the failed.
fn ended_once(
    id: &str,
    status: &Value,
    events: &BTreeMap<EventKey, Value>,
    dead: &[String],
) -> Vec<String> {
    let mut broken = Vec::new();
    let state = status["state"].as_str().unwrap_or_default();
    let kind = match state {
        "completed" => "extracted",
        "failed" => "failed",
        _ => return vec![format!("has not ended: {state}, {}", status["stage"])],
    };
    let generation = status["generation"].as_u64().unwrap_or_default();
    let now: Vec<&EventKey> =
        events.keys().filter(|key| key.id == id && key.generation == generation).collect();
    if now.len() != 1 || now[0].kind != kind {
        broken.push(format!("is {state}, and its events are {now:?}"));
    }
    let letters = dead.iter().filter(|name| *name == id).count();
    if letters != usize::from(state == "failed") {
        broken.push(format!("is {state} and has {letters} dead letters"));
    }
    broken
}

/// Events of documents that are not there, and of generations that had another end too.
fn stray_events(
    events: &BTreeMap<EventKey, Value>,
    statuses: &BTreeMap<String, Value>,
    expected: &Expected,
) -> Vec<String> {
    let mut ends: BTreeMap<(&str, u64), usize> = BTreeMap::new();
    for key in events.keys() {
        *ends.entry((&key.id, key.generation)).or_default() += 1;
    }
    let doubled = ends.iter().filter(|(_, count)| **count > 1);
    let doubled = doubled.map(|((id, generation), _)| format!("{id}: {generation} ended twice"));
    let strays = events
        .keys()
        .filter(|key| !statuses.contains_key(&key.id) && !expected.erased.contains(&key.id));
    doubled.chain(strays.map(|key| format!("{}: an event without a document", key.id))).collect()
}

/// Where an erased document is still named.
async fn traces(books: &Books, id: &str) -> Vec<String> {
    let mut found = Vec::new();
    let streams = [
        "INVOICE_PREPROCESS",
        "INVOICE_OCR",
        "INVOICE_EXTRACT",
        "INVOICE_EVENTS",
        "INVOICE_DEAD",
        "KV_invoice_idempotency",
        "KV_invoice_status",
        "KV_invoice_duplicates",
        "OBJ_invoice_uploads",
        "OBJ_invoice_work",
    ];
    for stream in streams {
        for entry in books.entries(stream).await {
            let body = without_duplicates(&entry.payload);
            if !entry.marker && (entry.subject.contains(id) || body.contains(id)) {
                found.push(format!("{id}: erased, and still in {stream}: {}", entry.subject));
            }
        }
    }
    found
}
