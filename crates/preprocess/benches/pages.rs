//! What one page costs in a `preprocess` worker: text taken from a PDF, a scan made ready for
//! recognition, and the raster's encoding.
//!
//! Documents are the repository's own samples. `cargo bench -p preprocess --bench pages`

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on has failed")]

use std::hint::black_box;

use common::config::Config;
use common::page::MediaType;
use common::worker::Handler;
use criterion::{Criterion, criterion_group, criterion_main};
use preprocess::params::Params;
use preprocess::raster::Raster;
use preprocess::reader::{MadePage, PageMaker, Request, Response};

/// One A4 page with a sound text layer.
const DIGITAL: &[u8] = include_bytes!("../../../samples/facture-tunisie.pdf");

/// One A4 page scanned at 200 DPI, askew.
const SCAN: &[u8] = include_bytes!("../../../samples/facture-scan.pdf");

/// Where `scripts/setup` puts PDFium.
const PDFIUM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vendor/lib/libpdfium.so");

fn maker() -> PageMaker {
    let config = Config::defaults().unwrap().with("worker.pdfium_library", PDFIUM).unwrap();
    PageMaker::new(Params::from_config(&config)).unwrap()
}

/// A document's first page, from its bytes on, as one job makes it.
fn first_page(maker: &mut PageMaker, document: &[u8]) -> MadePage {
    let bytes = document.to_vec().into();
    maker.handle(Request::Open { bytes, media_type: MediaType::Pdf }).unwrap();
    let page = maker.handle(Request::Page { number: 1 }).unwrap();
    maker.handle(Request::Close).unwrap();
    let Response::Page(page) = page else { panic!("a page was asked for") };
    page
}

/// The pixels of a page that has to be read.
fn raster(page: &MadePage) -> Raster {
    let png = std::io::Cursor::new(page.png.as_ref().unwrap());
    let mut reader = png::Decoder::new(png).read_info().unwrap();
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut grey).unwrap();
    Raster::new(frame.width, frame.height, grey).unwrap()
}

fn pages(criterion: &mut Criterion) {
    let mut maker = maker();
    // A figure for the wrong path would look like a gain.
    let digital = first_page(&mut maker, DIGITAL);
    assert!(digital.png.is_none() && !digital.words.is_empty(), "its text layer is sound");
    let scan = first_page(&mut maker, SCAN);
    let prepared = raster(&scan);

    criterion.bench_function("text page of a PDF", |bench| {
        bench.iter(|| first_page(&mut maker, black_box(DIGITAL)));
    });
    criterion.bench_function("scan at 200 DPI: decode, prepare, encode", |bench| {
        bench.iter(|| first_page(&mut maker, black_box(SCAN)));
    });
    criterion.bench_function("PNG of a prepared scan", |bench| {
        bench.iter(|| black_box(&prepared).to_png().unwrap());
    });
}

criterion_group! {
    name = benches;
    // A scan takes a fifth of a second: the default of a hundred samples would take half a minute.
    config = Criterion::default().sample_size(20);
    targets = pages
}
criterion_main!(benches);
