//! The stage between its object store and its result.

#![expect(clippy::unwrap_used, reason = "a step that fails fails its test")]

use bytes::Bytes;
use jiff::Timestamp;

use common::config::Config;
use common::error::ErrorKind;
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::job::Job;
use common::object::fake::MemoryObjects;
use common::object::{Bucket, ObjectStore};
use common::page::{self, MediaType, ReadDocument};
use common::stage::{Outcome, Stage};
use extract::stage::Extract;

async fn job(objects: &MemoryObjects, bytes: Vec<u8>) -> Job {
    let content_hash = ContentHash::of(b"original");
    let id = DocumentId::derive(&Tenant::default(), &content_hash, &Options::default());
    let input = objects.write(Bucket::Work, &id, Bytes::from(bytes)).await.unwrap();
    Job {
        id,
        tenant: Tenant::default(),
        generation: 1,
        input,
        media_type: MediaType::Pdf,
        content_hash,
        filename: Some("a.pdf".into()),
        options: Options::default(),
        correlation_id: "c-1".into(),
        received_at: Timestamp::UNIX_EPOCH,
    }
}

fn stage() -> Extract {
    let mut stage = Extract::new(&Config::defaults().unwrap()).unwrap();
    stage.clock = || Timestamp::UNIX_EPOCH;
    stage
}

#[tokio::test]
async fn words_become_the_published_result_and_a_second_run_gives_the_same_bytes() {
    let objects = MemoryObjects::default();
    let empty = ReadDocument { pages: Vec::new(), embedded_xml: Vec::new() };
    let job = job(&objects, page::encode(&empty).unwrap()).await;
    let mut texts = Vec::new();
    for _ in 0..2 {
        match stage().run(&job, &objects).await.unwrap() {
            Outcome::Extracted(raw) => texts.push(raw.get().to_owned()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(texts[0], texts[1]);
    let result: serde_json::Value = serde_json::from_str(&texts[0]).unwrap();
    assert_eq!(result["schema"], "invoice.extracted/1");
    assert_eq!(result["id"], job.id.to_string());
    assert_eq!(result["invoice"]["number"], serde_json::Value::Null);
    assert_eq!(result["review"]["required"], true);
}

#[tokio::test]
async fn words_of_another_version_are_a_bug_and_not_the_documents_fault() {
    let objects = MemoryObjects::default();
    let job = job(&objects, b"not cbor".to_vec()).await;
    let error = stage().run(&job, &objects).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_ref()), (ErrorKind::Internal, "decode_failed"));
}
