//! Documents that do not belong to the repository: real invoices with text, and files made to
//! break readers. Skipped where they are not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::error::ErrorKind;
use common::object::fake::MemoryObjects;
use common::object::{Bucket, ObjectStore};
use common::page::{MediaType, PreparedDocument, decode};
use common::stage::{Outcome, Stage};
use libtest_mimic::Trial;
use preprocess::Preprocess;

use crate::world::{config, fact, job, stage};

/// Share of the pages of digital documents whose text is believed, at least.
const BELIEVED: f32 = 0.99;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("the_text_of_digital_documents_is_believed", digital),
        fact("files_made_to_break_readers_end_in_pages_or_a_typed_error", hostile),
    ]
}

/// A folder beside the repository; `None`, with a message, where it is not.
fn folder(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/eval").join(name);
    if !path.is_dir() {
        eprintln!("skipped: no {}", path.display());
        return None;
    }
    Some(path)
}

/// What became of a file: its pages, or the code of its error and who is at fault.
async fn prepared(
    stage: &Preprocess,
    media_type: MediaType,
    bytes: Vec<u8>,
) -> Result<PreparedDocument, (ErrorKind, String)> {
    let objects = MemoryObjects::default();
    let job = job(media_type, &bytes);
    objects.write(Bucket::Uploads, &job.id, bytes.into()).await.unwrap();
    match stage.run(&job, &objects).await {
        Ok(Outcome::Handed(handed)) => Ok(decode(&objects.read(&handed).await.unwrap()).unwrap()),
        Ok(_) => panic!("this stage hands on"),
        Err(error) => Err((error.kind, error.code.into_owned())),
    }
}

async fn digital() {
    let Some(folder) = folder("dev") else { return };
    let stage = stage(&config());
    let (mut pages, mut believed, mut in_part) = (0_u32, 0_u32, 0_u32);
    for line in std::fs::read_to_string(folder.join("manifest.jsonl")).unwrap().lines() {
        let value = |key: &str| {
            let (_, rest) = line.split_once(&format!("\"{key}\": \"")).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        if !value("set").ends_with("/digital") {
            continue;
        }
        let bytes = std::fs::read(folder.join(value("file"))).unwrap();
        for page in prepared(&stage, MediaType::Pdf, bytes).await.unwrap().pages {
            pages += 1;
            believed += u32::from(!page.words.is_empty());
            in_part += u32::from(!page.words.is_empty() && page.raster.is_some());
        }
    }
    println!("{believed} of {pages} pages believed, {in_part} of them with a raster");
    assert!(pages > 0 && believed as f32 >= BELIEVED * pages as f32, "{believed} of {pages}");
}

async fn hostile() {
    let Some(folder) = folder("hostile") else { return };
    let stage = stage(&config());
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    for path in files(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        let Some(media_type) = MediaType::sniff(&bytes) else {
            *ends.entry("of no type that is taken".to_owned()).or_default() += 1;
            continue;
        };
        let end = match prepared(&stage, media_type, bytes).await {
            Ok(_) => "pages".to_owned(),
            Err((ErrorKind::Rejected, code)) => code,
            Err((_, code)) => {
                eprintln!("{code}: {}", path.display());
                format!("{code} (not the file's fault)")
            }
        };
        *ends.entry(end).or_default() += 1;
    }
    println!("{ends:#?}");
    let limits = ["worker_timed_out", "worker_cpu_exceeded", "worker_out_of_memory"];
    for end in ends.keys().filter(|end| end.ends_with("fault)")) {
        assert!(limits.iter().any(|limit| end.starts_with(limit)), "{end}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
