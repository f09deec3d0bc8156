//! What one page costs in an `ocr` worker, with each setting of `ocr.engines`.
//!
//! The page is the fixture that `tests/fixtures/draw.py` drew. `cargo bench -p ocr --bench page`

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on has failed")]

use common::config::Config;
use common::worker::Handler;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ocr::{PageReader, Request, Setup};

/// A French invoice, A4 at `DPI`.
const PAGE: &[u8] = include_bytes!("../tests/fixtures/facture.png");

/// Of `PAGE`, as the tests hand it over.
const DPI: f32 = 200.0;

/// The folder of what `scripts/setup` fetched.
const VENDOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vendor");

fn config(engines: &str) -> Config {
    let config = Config::defaults().unwrap().with("ocr.engines", engines).unwrap();
    let config = config.with("worker.models", format!("{VENDOR}/models")).unwrap();
    config.with("worker.onnxruntime_library", format!("{VENDOR}/lib/libonnxruntime.so")).unwrap()
}

fn reading(criterion: &mut Criterion) {
    for engines in ["tesseract", "ppocr", "auto"] {
        let config = config(engines);
        let mut reader = PageReader::start(Setup::from(&config))
            .unwrap_or_else(|fault| panic!("{engines} does not start: {fault:?}"));
        let request = || Request {
            png: PAGE.to_vec().into(),
            dpi: DPI,
            languages: config.ocr.languages.clone(),
        };
        // The first page loads what is loaded late, and a figure for no words would look like a gain.
        let words = reader.handle(request()).unwrap().words.len();
        assert!(words > 0, "{engines} reads the page");
        criterion.bench_function(&format!("one page, {engines}"), |bench| {
            bench.iter_batched(
                request,
                |request| reader.handle(request).unwrap(),
                BatchSize::PerIteration,
            );
        });
    }
}

criterion_group! {
    name = benches;
    // A page takes about a second, and ten samples are criterion's minimum.
    config = Criterion::default().sample_size(10);
    targets = reading
}
criterion_main!(benches);
