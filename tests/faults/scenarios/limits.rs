//! Queues and buckets that are full: the client is told to come back, and nothing is lost.

use async_nats::jetstream::stream::Config;

use crate::lab::{Fit, Given, Lab, Outcome};
use crate::wait::eventually;

const DOCUMENTS: usize = 12;

/// Jobs that the first queue takes here.
const QUEUE: i64 = 4;

/// Bytes of originals that the bucket takes here: a few documents.
const UPLOADS_BYTES: i64 = 256 * 1024;

async fn limit(lab: &Lab, stream: &str, change: impl FnOnce(&mut Config)) {
    let mut config = lab.books.stream(stream).await.unwrap().cached_info().config.clone();
    change(&mut config);
    lab.books.context.update_stream(config).await.unwrap();
}

/// Waits until somebody was answered with 503.
async fn refused(lab: &Lab) {
    eventually("a refusal", async || {
        lab.client.receipts().await.refused.contains_key(&503).then_some(())
    })
    .await;
}

/// The first stage stands still, and its queue is short.
pub(super) async fn first_queue_full(given: Given) -> Outcome {
    let fit = Fit { without: vec!["preprocess"], ..Fit::default() };
    let mut lab = Lab::start(&given, fit.clone()).await;
    limit(&lab, "INVOICE_PREPROCESS", |config| config.max_messages = QUEUE).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.fault().await;
    refused(&lab).await;
    // Who was refused may hear of it before those hear who were taken.
    let full = usize::try_from(QUEUE).unwrap();
    lab.accepted(full).await;
    let accepted = lab.client.receipts().await.accepted.len();
    lab.note(format!("{accepted} were accepted, then 503 with Retry-After"));
    assert_eq!(accepted, full);
    let url = lab.server().url();
    let plan = lab.plan("preprocess", "late", &url, &fit);
    lab.add(plan);
    lab.finish(uploads).await
}

/// The bucket of originals is full until the operator gives it room.
pub(super) async fn uploads_full(given: Given) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
    limit(&lab, "OBJ_invoice_uploads", |config| config.max_bytes = UPLOADS_BYTES).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.fault().await;
    refused(&lab).await;
    let accepted = lab.client.receipts().await.accepted.len();
    lab.note(format!("{accepted} were accepted, then 503 with Retry-After"));
    limit(&lab, "OBJ_invoice_uploads", |config| config.max_bytes = 1 << 30).await;
    lab.finish(uploads).await
}
