//! The stage between its object store and its result.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a step that fails fails its test")]

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use common::config::Config;
use common::duplicate::{DuplicateIndex, Earlier, Fingerprint};
use common::error::{ErrorKind, StageError};
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::job::Job;
use common::metrics::Metrics;
use common::object::fake::MemoryObjects;
use common::object::{Bucket, ObjectRef, ObjectStore};
use common::page::{
    self, BoundingBox, EmbeddedXml, MediaType, PageGeometry, PageSource, Preparation, ReadDocument,
    ReadPage, Word,
};
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

/// A line of print for each text.
fn page(lines: &[&str]) -> Vec<u8> {
    let mut words = Vec::new();
    for (line, text) in (0_u8..).zip(lines) {
        let mut x0 = 0.1;
        for piece in text.split(' ') {
            let x1 = x0 + 0.01 * piece.len() as f32;
            let y0 = f32::from(line) * 0.03;
            let bbox = BoundingBox([x0, y0, x1, y0 + 0.01]);
            words.push(Word { line: line.into(), ..Word::new(piece, bbox, 1.0) });
            x0 = x1 + 0.005;
        }
    }
    let geometry = PageGeometry {
        number: 1,
        width_px: 1654,
        height_px: 2339,
        dpi: 200.0,
        rotation_degrees: 0,
        skew_degrees: 0.0,
    };
    let page = ReadPage {
        geometry,
        source: PageSource::TextLayer,
        confidence: 1.0,
        attempts: 0,
        languages: Vec::new(),
        words,
        raster: None,
        preparation: Preparation::default(),
    };
    page::encode(&ReadDocument { pages: vec![page], embedded_xml: Vec::new() }).unwrap()
}

/// The published result of a job.
async fn result(stage: &Extract, job: &Job, objects: &MemoryObjects) -> Value {
    match stage.run(job, objects).await.unwrap() {
        Outcome::Extracted(raw) => serde_json::from_str(raw.get()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_changed_hints_file_is_in_effect_for_the_next_document_and_a_broken_one_never() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hints.toml");
    let rules = |label: &str| {
        format!("[[supplier]]\nname = \"Dahu\"\nfields.number = {{ label = \"{label}\" }}\n")
    };
    std::fs::write(&path, rules("Dossier")).unwrap();
    let config = Config::defaults().unwrap().with("extract.hints", &path).unwrap();
    let stage = Extract::new(&config).unwrap();
    let metrics = Metrics::default();
    stage.register(&metrics);
    let objects = MemoryObjects::default();
    let job = job(&objects, page(&["Papeterie Dahu", "Dossier A-17", "Affaire B-18"])).await;
    let number = async || result(&stage, &job, &objects).await["invoice"]["number"].clone();

    let first = number().await;
    assert_eq!((first["value"].as_str(), first["raw"].as_str()), (Some("A-17"), Some("A-17")));
    assert!(first["confidence"].as_f64() > Some(0.9) && first["source"]["page"] == 1, "{first}");

    std::fs::write(&path, rules("Affaire")).unwrap();
    assert_eq!(number().await["value"], "B-18");

    std::fs::write(&path, "[[supplier]]\nname = \"Dahu\"\nfields.nummer = 5\n").unwrap();
    assert_eq!(number().await["value"], "B-18", "the last good rules stay");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(number().await["value"], "B-18", "also without a file");
    let exposition = metrics.exposition();
    assert!(exposition.contains("invoice_ocr_hints_stale 1"), "{exposition}");
    assert!(exposition.contains("hints_reloads_total{outcome=\"failed\"} 2"), "{exposition}");

    std::fs::write(&path, rules("Dossier")).unwrap();
    assert_eq!(number().await["value"], "A-17");
    assert!(metrics.exposition().contains("invoice_ocr_hints_stale 0"));
}

#[test]
fn a_service_does_not_start_with_hints_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hints.toml");
    let config = Config::defaults().unwrap().with("extract.hints", &path).unwrap();
    let error = Extract::new(&config).unwrap_err().to_string();
    assert!(error.contains("extract.hints") && error.contains("cannot be read"), "{error}");
    std::fs::write(&path, [0xFF, 0xFE]).unwrap();
    assert!(Extract::new(&config).unwrap_err().to_string().contains("UTF-8"));
    std::fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
    assert!(Extract::new(&config).unwrap_err().to_string().contains("1048576 bytes"));
}

#[tokio::test]
async fn the_example_of_the_page_is_read_and_finds_what_it_says() {
    let document = include_str!("../../../docs/suppliers.md");
    let (_, behind) = document.split_once("```toml\n# hints.toml\n").unwrap();
    let (example, _) = behind.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hints.toml");
    std::fs::write(&path, example).unwrap();
    let config = Config::defaults().unwrap().with("extract.hints", &path).unwrap();
    let objects = MemoryObjects::default();
    let lines = [
        "Plomberie Tarasque & Fils",
        "Intervention 2025/0187-B",
        "Payable avant",
        "30/04/2025",
        "Somme totale 3 010,44 EUR",
    ];
    let job = job(&objects, page(&lines)).await;
    let result = result(&Extract::new(&config).unwrap(), &job, &objects).await;
    let value = |path: &str| result["invoice"].pointer(path).unwrap()["value"].clone();
    assert_eq!(value("/number"), "2025/0187-B");
    assert_eq!(value("/due_date"), "2025-04-30");
    assert_eq!(value("/totals/gross"), "3010.44");
    assert_eq!(value("/totals/due"), "3010.44", "computed from the total that a rule found");
    assert_eq!(value("/seller/name"), "Plomberie Tarasque & Fils");
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

fn published(outcome: Outcome) -> serde_json::Value {
    match outcome {
        Outcome::Extracted(raw) => serde_json::from_str(raw.get()).unwrap(),
        other @ Outcome::Handed(_) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_first_attached_file_that_is_an_invoice_is_read() {
    let read = published(with_files(MediaType::Pdf, &[ORDER, INVOICE]).await.unwrap());
    assert_eq!(read["invoice"]["number"]["value"], "X-2025-7");
    assert_eq!(read["invoice"]["number"]["source"]["xml"], "BT-1");
}

#[tokio::test]
async fn an_unusable_file_fails_a_document_only_where_it_is_the_document() {
    for (file, code) in [(ORDER, "xml_not_an_invoice"), (b"<Invoice", "xml_damaged")] {
        let read = published(with_files(MediaType::Pdf, &[file]).await.unwrap());
        let reasons = read["review"]["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|r| r["code"] == "einvoice_unreadable"), "{reasons:?}");
        let error = with_files(MediaType::Xml, &[file]).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_ref()), (ErrorKind::Rejected, code));
    }
}

/// A store with an index: which document said what first.
#[derive(Default)]
struct Shelf {
    objects: MemoryObjects,
    seen: Mutex<HashMap<String, DocumentId>>,
}

impl ObjectStore for Shelf {
    async fn read(&self, object: &ObjectRef) -> Result<Bytes, StageError> {
        self.objects.read(object).await
    }

    async fn write(
        &self,
        bucket: Bucket,
        document: &DocumentId,
        bytes: Bytes,
    ) -> Result<ObjectRef, StageError> {
        self.objects.write(bucket, document, bytes).await
    }
}

impl DuplicateIndex for Shelf {
    async fn first_like(
        &self,
        job: &Job,
        fingerprint: Option<&Fingerprint>,
    ) -> Result<Option<Earlier>, StageError> {
        let Some(fingerprint) = fingerprint else { return Ok(None) };
        let mut seen = self.seen.lock().unwrap();
        let id = seen.entry(fingerprint.to_string()).or_insert_with(|| job.id.clone()).clone();
        Ok((id != job.id).then_some(Earlier { id, same_file: false }))
    }
}

#[tokio::test]
async fn an_invoice_that_was_read_before_names_the_first_document() {
    let shelf = Shelf::default();
    let spaced = [INVOICE, b"\n\n"].concat();
    let mut results = Vec::new();
    // The second file's bytes differ, and so does its id; then the first one once more, and an empty page.
    for (file, original) in [(INVOICE, "a"), (&spaced, "b"), (INVOICE, "a"), (b"<a/>", "c")] {
        let content_hash = ContentHash::of(original.as_bytes());
        let id = DocumentId::derive(&Tenant::default(), &content_hash, &Options::default());
        let bytes = Bytes::copy_from_slice(file);
        let object = shelf.write(Bucket::Work, &id, bytes).await.unwrap();
        let embedded_xml = vec![EmbeddedXml { name: "a.xml".into(), object }];
        let document = ReadDocument { pages: Vec::new(), embedded_xml };
        let job = job(&shelf.objects, page::encode(&document).unwrap()).await;
        let job = Job { id, content_hash, ..job };
        results.push(published(stage().run(&job, &shelf).await.unwrap()));
    }
    let duplicate = |result: &Value| {
        let reasons = result["review"]["reasons"].as_array().unwrap().iter();
        let mut found = reasons.filter(|reason| reason["code"] == "duplicate_invoice");
        found.next().map(|reason| reason["document"].clone())
    };
    let told: Vec<_> = results.iter().map(duplicate).collect();
    assert_eq!(told, [None, Some(results[0]["id"].clone()), None, None]);
    assert_eq!(results[0]["review"]["required"], false);
    assert_eq!(results[1]["review"]["required"], true);
    assert_eq!(results[0], results[2], "a document is no duplicate of itself");
}
