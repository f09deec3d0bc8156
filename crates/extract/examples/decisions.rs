//! What extraction decides on documents that were read before, and among which options: one JSON
//! line a file, for `scripts/train`.
//!
//! usage: decisions FILE.json... (each an answer of `GET /api/v1/invoices/{id}/pages`)

#![allow(clippy::print_stdout, reason = "a command-line tool")]

use std::error::Error;
use std::time::Instant;

use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::page::{
    BoundingBox, MediaType, PageGeometry, PageSource, Preparation, ReadDocument, ReadPage, Word,
};
use extract::einvoice::Attached;
use extract::explain;
use extract::facts::DocumentFacts;
use extract::settings::Settings;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Pages {
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    number: u32,
    width_px: u32,
    height_px: u32,
    dpi: f32,
    source: PageSource,
    confidence: f32,
    attempts: u32,
    languages: Vec<String>,
    words: Vec<PageWord>,
}

#[derive(Deserialize)]
struct PageWord {
    text: String,
    confidence: f32,
    #[serde(rename = "box")]
    bbox: BoundingBox,
    line: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    for file in std::env::args().skip(1) {
        let pages: Pages = serde_json::from_slice(&std::fs::read(&file)?)?;
        let pages = pages.pages.into_iter().map(read_page).collect();
        let document = ReadDocument { pages, embedded_xml: Vec::new() };
        let start = Instant::now();
        let (result, decisions) =
            explain(&document, &Attached::Nothing, &facts(&file), &Settings::default());
        let seconds = start.elapsed().as_secs_f64();
        let line = json!({
            "file": file, "seconds": seconds, "decisions": decisions, "result": result,
        });
        println!("{line}");
    }
    Ok(())
}

fn read_page(page: Page) -> ReadPage {
    let word = |w: PageWord| Word { line: w.line, ..Word::new(w.text, w.bbox, w.confidence) };
    ReadPage {
        geometry: PageGeometry {
            number: page.number,
            width_px: page.width_px,
            height_px: page.height_px,
            dpi: page.dpi,
            rotation_degrees: 0,
            skew_degrees: 0.0,
        },
        source: page.source,
        confidence: page.confidence,
        attempts: page.attempts,
        languages: page.languages,
        words: page.words.into_iter().map(word).collect(),
        raster: None,
        preparation: Preparation::default(),
    }
}

fn facts(file: &str) -> DocumentFacts {
    let content_hash = ContentHash::of(file.as_bytes());
    DocumentFacts {
        id: DocumentId::derive(&Tenant::default(), &content_hash, &Options::default()),
        content_hash,
        correlation_id: "training".to_owned(),
        filename: None,
        media_type: MediaType::Pdf,
        received_at: Timestamp::UNIX_EPOCH,
        completed_at: Timestamp::UNIX_EPOCH,
    }
}
