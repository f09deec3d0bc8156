//! The stage between its object store and its result.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a step that fails fails its test")]

use bytes::Bytes;
use jiff::Timestamp;

use common::error::{ErrorKind, StageError};
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::job::Job;
use common::object::fake::MemoryObjects;
use common::object::{Bucket, ObjectStore};
use common::page::{self, EmbeddedXml, MediaType, ReadDocument};
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
    Extract { clock: || Timestamp::UNIX_EPOCH }
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

const ORDER: &[u8] = b"<SCRDMCCBDACIOMessageStructure/>";
const INVOICE: &[u8] = include_bytes!("fixtures/einvoice/ubl-invoice.xml");

/// Runs the stage over a document of `media_type` that `files` are attached to.
async fn with_files(media_type: MediaType, files: &[&[u8]]) -> Result<Outcome, StageError> {
    let objects = MemoryObjects::default();
    let of = job(&objects, Vec::new()).await;
    let mut embedded_xml = Vec::new();
    for file in files {
        let bytes = Bytes::copy_from_slice(file);
        let object = objects.write(Bucket::Work, &of.id, bytes).await.unwrap();
        embedded_xml.push(EmbeddedXml { name: "a.xml".into(), object });
    }
    let document = ReadDocument { pages: Vec::new(), embedded_xml };
    let job = job(&objects, page::encode(&document).unwrap()).await;
    stage().run(&Job { media_type, ..job }, &objects).await
}

fn result(outcome: Outcome) -> serde_json::Value {
    match outcome {
        Outcome::Extracted(raw) => serde_json::from_str(raw.get()).unwrap(),
        other @ Outcome::Handed(_) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_first_attached_file_that_is_an_invoice_is_read() {
    let read = result(with_files(MediaType::Pdf, &[ORDER, INVOICE]).await.unwrap());
    assert_eq!(read["invoice"]["number"]["value"], "X-2025-7");
    assert_eq!(read["invoice"]["number"]["source"]["xml"], "BT-1");
}

#[tokio::test]
async fn an_unusable_file_fails_a_document_only_where_it_is_the_document() {
    for (file, code) in [(ORDER, "xml_not_an_invoice"), (b"<Invoice", "xml_damaged")] {
        let read = result(with_files(MediaType::Pdf, &[file]).await.unwrap());
        let reasons = read["review"]["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|r| r["code"] == "einvoice_unreadable"), "{reasons:?}");
        let error = with_files(MediaType::Xml, &[file]).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_ref()), (ErrorKind::Rejected, code));
    }
}
