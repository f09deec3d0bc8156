//! Documents as `preprocess` hands them over, and a stage that reads them.

use std::future::Future;

use bytes::Bytes;
use libtest_mimic::Trial;
use ocr::Ocr;

use common::config::Config;
use common::error::StageError;
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::job::Job;
use common::object::fake::MemoryObjects;
use common::object::{Bucket, ObjectRef, ObjectStore};
use common::page::{
    BoundingBox, MediaType, PageGeometry, Preparation, PreparedDocument, PreparedPage,
    ReadDocument, Word, decode, encode,
};
use common::stage::{Outcome, Stage};
use common::worker::Program;

/// The page drawn by `tests/fixtures/draw.py`.
pub(crate) const FACTURE: &[u8] = include_bytes!("../fixtures/facture.png");

pub(crate) fn fact<F: Future<Output = ()> + 'static>(name: &str, body: fn() -> F) -> Trial {
    Trial::test(name, move || {
        tokio::runtime::Runtime::new()?.block_on(body());
        Ok(())
    })
}

/// The folder of what `scripts/setup` fetched.
const VENDOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vendor");

pub(crate) fn config() -> Config {
    let config = Config::defaults().unwrap();
    let config = config.with("worker.models", format!("{VENDOR}/models")).unwrap();
    config.with("worker.onnxruntime_library", format!("{VENDOR}/lib/libonnxruntime.so")).unwrap()
}

/// A stage in which `engines` read.
pub(crate) fn stage_with(engines: &str) -> Ocr {
    stage(&config().with("ocr.engines", engines).unwrap())
}

pub(crate) fn stage(config: &Config) -> Ocr {
    let path = std::env::current_exe().unwrap();
    Ocr::new(config, Program { path, args: vec!["worker".to_owned()] })
}

/// A PNG of one shade, like a page on which nothing stands.
pub(crate) fn blank() -> Vec<u8> {
    let (width, height) = (800, 1000);
    let mut bytes = Vec::new();
    let encoder = png::Encoder::new(&mut bytes, width, height);
    let pixels = vec![255; (width * height) as usize];
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

pub(crate) fn word(text: &str, place: [f32; 4]) -> Word {
    Word::new(text, BoundingBox(place), 1.0)
}

/// What one page of a document is made of.
#[derive(Clone, Default)]
pub(crate) struct Page {
    pub(crate) words: Vec<Word>,
    pub(crate) doubted: Vec<Word>,
    pub(crate) png: Option<Vec<u8>>,
}

impl Page {
    pub(crate) fn image(png: &[u8]) -> Self {
        Self { png: Some(png.to_vec()), ..Self::default() }
    }
}

/// A grey PNG a number of quarters clockwise.
pub(crate) fn turned(png: &[u8], quarters: u16) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut grey).unwrap();
    let (mut width, mut height) = (reader.info().width as usize, reader.info().height as usize);
    for _ in 0..quarters {
        grey = (0..width * height)
            .map(|at| {
                let (x, y) = (at % height, at / height);
                grey[(height - 1 - x) * width + y]
            })
            .collect();
        (width, height) = (height, width);
    }
    let mut bytes = Vec::new();
    let encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.write_header().unwrap().write_image_data(&grey).unwrap();
    bytes
}

/// Runs `stage` on a document and gives its output back, decoded and as it is stored.
pub(crate) async fn run(
    stage: &Ocr,
    pages: &[Page],
    languages: &[&str],
) -> Result<(ReadDocument, ObjectRef), StageError> {
    let objects = MemoryObjects::default();
    let output = run_in(&objects, stage, pages, languages).await?;
    Ok((decode(&objects.read(&output).await?)?, output))
}

/// Runs `stage` on a document and gives its output back, and everything that it stored.
pub(crate) async fn run_keeping(
    stage: &Ocr,
    pages: &[Page],
    languages: &[&str],
) -> Result<(ReadDocument, MemoryObjects), StageError> {
    let objects = MemoryObjects::default();
    let output = run_in(&objects, stage, pages, languages).await?;
    Ok((decode(&objects.read(&output).await?)?, objects))
}

async fn run_in(
    objects: &MemoryObjects,
    stage: &Ocr,
    pages: &[Page],
    languages: &[&str],
) -> Result<ObjectRef, StageError> {
    let (tenant, content_hash) = (Tenant::default(), ContentHash::of(b"a document"));
    let options = Options { languages: languages.iter().map(|&code| code.to_owned()).collect() };
    let id = DocumentId::derive(&tenant, &content_hash, &options);

    let mut prepared = PreparedDocument { pages: Vec::new(), embedded_xml: Vec::new() };
    for (number, Page { words, doubted, png }) in (1..).zip(pages.iter().cloned()) {
        let (width_px, height_px) = png.as_deref().map_or((1653, 2339), size_px);
        let raster = match png {
            Some(png) => Some(objects.write(Bucket::Work, &id, png.into()).await?),
            None => None,
        };
        let geometry = PageGeometry {
            number,
            width_px,
            height_px,
            dpi: 200.0,
            rotation_degrees: 0,
            skew_degrees: 0.0,
        };
        let preparation = Preparation::default();
        prepared.pages.push(PreparedPage { geometry, words, doubted, raster, preparation });
    }
    let bytes = Bytes::from(encode(&prepared)?);
    let input = objects.write(Bucket::Work, &id, bytes).await?;
    let job = Job {
        id,
        tenant,
        generation: 1,
        input,
        media_type: MediaType::Pdf,
        content_hash,
        filename: None,
        options,
        correlation_id: "test".to_owned(),
        received_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let Outcome::Handed(output) = stage.run(&job, objects).await? else {
        panic!("the stage hands on an object");
    };
    Ok(output)
}

/// Width and height as a PNG's header has them.
fn size_px(png: &[u8]) -> (u32, u32) {
    let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (side(16), side(20))
}
