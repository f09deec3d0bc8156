//! What extraction costs for one invoice of a page: words in, published result out.
//!
//! `cargo bench -p extract --bench invoice`

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::hint::black_box;

use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::page::{
    BoundingBox, MediaType, PageGeometry, PageSource, Preparation, ReadDocument, ReadPage, Word,
};
use criterion::{Criterion, criterion_group, criterion_main};
use extract::einvoice::Attached;
use extract::extract;
use extract::facts::DocumentFacts;
use extract::settings::Settings;
use jiff::Timestamp;

/// The invoice of a fictitious firm: pieces of text with the left edge and the line they stand on,
/// in fractions of the width and in lines of the page.
const PIECES: &[(f32, u16, &str)] = &[
    (0.08, 3, "Papeterie du Dahu SAS"),
    (0.60, 3, "FACTURE N° FA-2025-0342"),
    (0.08, 4, "12 rue des Tilleuls"),
    (0.60, 4, "Date : 18/03/2025"),
    (0.08, 5, "74000 Annecy"),
    (0.60, 5, "Échéance : 17/04/2025"),
    (0.08, 6, "SIRET 732 829 320 00074"),
    (0.08, 7, "TVA FR44732829320"),
    (0.60, 9, "Client"),
    (0.60, 10, "Cycles Tarasque SARL"),
    (0.60, 11, "3 quai du Rhône"),
    (0.60, 12, "13150 Tarascon"),
    (0.08, 16, "Désignation"),
    (0.52, 16, "Qté"),
    (0.62, 16, "P.U. HT"),
    (0.80, 16, "Montant HT"),
    (0.60, 40, "Total HT"),
    (0.80, 40, "1 080,00 €"),
    (0.60, 41, "TVA 20 %"),
    (0.80, 41, "216,00 €"),
    (0.60, 42, "Total TTC"),
    (0.80, 42, "1 296,00 €"),
    (0.60, 43, "Net à payer"),
    (0.80, 43, "1 296,00 €"),
    (0.08, 48, "IBAN FR76 3000 6000 0112 3456 7890 189"),
    (0.08, 49, "BIC AGRIFRPP"),
];

/// Rows of its table; their amounts add up to the net total.
const ROWS: u16 = 18;

/// Width of one character and height of one line, as fractions of the page.
const CHARACTER: f32 = 0.009;
const LINE: f32 = 0.018;

/// The words of `text`, set from `left` on line `line`.
fn set(words: &mut Vec<Word>, left: f32, line: u16, text: &str) {
    let (mut x0, y0) = (left, f32::from(line) * LINE);
    for text in text.split(' ') {
        let width = CHARACTER * f32::from(u16::try_from(text.chars().count()).unwrap());
        let bbox = BoundingBox([x0, y0, x0 + width, y0 + LINE * 0.7]);
        words.push(Word { line: line.into(), ..Word::new(text, bbox, 0.95) });
        x0 += width + CHARACTER;
    }
}

fn document() -> ReadDocument {
    let mut words = Vec::new();
    for &(left, line, text) in PIECES {
        set(&mut words, left, line, text);
    }
    for row in 0..ROWS {
        set(&mut words, 0.08, 18 + row, "Papier recyclé A4 90 g");
        set(&mut words, 0.52, 18 + row, "10");
        set(&mut words, 0.62, 18 + row, "6,00");
        set(&mut words, 0.80, 18 + row, "60,00");
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
        source: PageSource::Ocr,
        confidence: 0.95,
        attempts: 1,
        languages: vec!["fra".to_owned()],
        words,
        raster: None,
        preparation: Preparation::default(),
    };
    ReadDocument { pages: vec![page], embedded_xml: Vec::new() }
}

fn facts() -> DocumentFacts {
    let content_hash = ContentHash::of(b"a benchmark");
    DocumentFacts {
        id: DocumentId::derive(&Tenant::default(), &content_hash, &Options::default()),
        content_hash,
        correlation_id: "bench".to_owned(),
        filename: None,
        media_type: MediaType::Pdf,
        received_at: Timestamp::UNIX_EPOCH,
        completed_at: Timestamp::UNIX_EPOCH,
    }
}

fn invoice(criterion: &mut Criterion) {
    let (document, facts, settings) = (document(), facts(), Settings::default());
    // A figure for words that nothing is found in would look like a gain.
    assert!(
        extract(&document, &Attached::Nothing, &facts, &settings).invoice.totals.gross.is_some(),
        "its total is found"
    );
    criterion.bench_function("fields of one invoice", |bench| {
        bench.iter(|| {
            extract(black_box(&document), &Attached::Nothing, black_box(&facts), &settings)
        });
    });
}

criterion_group!(benches, invoice);
criterion_main!(benches);
