//! Objects that are gone or damaged when somebody comes to read them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use common::failpoint::Point;
use serde_json::Value;

use crate::lab::{Fit, Given, Lab, Outcome};
use crate::wait::eventually;

/// Milliseconds for which a stage waits at each job, so that what it is to read can be harmed.
const HOLD_MS: u64 = 1500;

/// How a job's objects are harmed.
#[derive(Clone, Copy, PartialEq)]
enum Harm {
    Remove,
    Corrupt,
}

/// Harms all objects of `bucket` that belong to `id`; how many there were.
async fn harm(lab: &Lab, bucket: &str, id: &str, how: Harm) -> usize {
    let name = format!("OBJ_{bucket}");
    let stream = lab.books.stream(&name).await.unwrap();
    let mut harmed = 0;
    for entry in lab.books.entries(&name).await {
        let Some(object) = entry.subject.strip_prefix(&format!("$O.{bucket}.M.")) else { continue };
        let object = String::from_utf8(URL_SAFE.decode(object).unwrap()).unwrap();
        let info: Value = serde_json::from_slice(&entry.payload).unwrap();
        if !object.starts_with(id) {
            continue;
        }
        let chunks = format!("$O.{bucket}.C.{}", info["nuid"].as_str().unwrap());
        stream.purge().filter(&chunks).await.unwrap();
        if how == Harm::Corrupt {
            for _ in 0..info["chunks"].as_u64().unwrap() {
                let body = "not what was written".into();
                lab.books.context.publish(chunks.clone(), body).await.unwrap().await.unwrap();
            }
        }
        harmed += 1;
    }
    harmed
}

/// What `ocr` or `extract` is to read of a document is harmed before they do; the document is made
/// again from its original.
async fn work_object_harmed(given: Given, how: Harm) -> Outcome {
    let victim = if given.seed.is_multiple_of(2) { "ocr" } else { "extract" };
    // The first job waits between claim and work.
    let fault = format!("{}=pause:{HOLD_MS}@1", Point::JobClaimed);
    let fit = Fit { faults: vec![(victim, fault)], ..Fit::default() };
    let mut lab = Lab::start(&given, fit).await;
    let id = lab.client.upload_one(lab.client.number()).await;
    eventually("the stage", async || {
        let status = lab.books.status(&id).await?;
        (status["stage"] == victim && status["state"] == "processing").then_some(())
    })
    .await;
    lab.fault().await;
    let harmed = harm(&lab, "invoice_work", &id, how).await;
    assert!(harmed > 0, "there was nothing to harm");
    lab.note(format!("{harmed} objects were harmed before {victim} read them"));
    let uploads = lab.upload(5);
    lab.finish(uploads).await
}

pub(super) async fn work_object_missing(given: Given) -> Outcome {
    work_object_harmed(given, Harm::Remove).await
}

pub(super) async fn work_object_corrupted(given: Given) -> Outcome {
    work_object_harmed(given, Harm::Corrupt).await
}

/// The original itself is gone: nothing can bring it back, and the document says so.
pub(super) async fn original_missing(given: Given) -> Outcome {
    let fault = format!("{}=pause:{HOLD_MS}@1", Point::JobClaimed);
    let fit = Fit { faults: vec![("preprocess", fault)], ..Fit::default() };
    let mut lab = Lab::start(&given, fit).await;
    let id = lab.client.upload_one(lab.client.number()).await;
    lab.fault().await;
    assert!(harm(&lab, "invoice_uploads", &id, Harm::Remove).await > 0);
    lab.expected.failures.insert(id, "object_missing");
    let uploads = lab.upload(5);
    lab.finish(uploads).await
}
