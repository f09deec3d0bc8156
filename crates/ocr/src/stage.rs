//! The service's side: one page after the other goes to a worker, words come back.

use std::process::ExitCode;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_bytes::ByteBuf;
use tracing::debug;

use common::config::Config;
use common::error::StageError;
use common::job::Job;
use common::object::{Bucket, ObjectRef, ObjectStore};
use common::page::{
    Alternative, BoundingBox, PageGeometry, PageSource, PreparedDocument, PreparedPage,
    ReadDocument, ReadPage, Word, decode, encode,
};
use common::stage::{Outcome, Stage, StageName};
use common::worker::{Pool, Program, run_child};

use crate::params::Params;
use crate::reader::{PageReader, Request, Response};
use crate::{layout, merge};

/// The `ocr` stage. A clone shares its workers.
#[derive(Clone, Debug)]
pub struct Ocr {
    pool: Pool<PageReader>,
    params: Params,
}

impl Ocr {
    /// A stage whose workers are started as `program`, which has to end in [`worker_main`].
    #[must_use]
    pub fn new(config: &Config, program: Program) -> Self {
        let params = Params::from(config);
        let Params { workers, limits, .. } = params;
        let pool = Pool::new(StageName::Ocr, program, workers, limits, params.setup.clone());
        Self { pool, params }
    }
}

/// `main()` of a worker process.
#[must_use]
pub fn worker_main() -> ExitCode {
    run_child::<PageReader>()
}

impl Stage for Ocr {
    const NAME: StageName = StageName::Ocr;

    async fn warm_up(&self) -> Result<(), StageError> {
        self.pool.warm_up().await
    }

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        let prepared: PreparedDocument = decode(&objects.read(&job.input).await?)?;
        let chosen = &job.options.languages;
        let languages = if chosen.is_empty() { &self.params.languages } else { chosen };
        let reading =
            prepared.pages.into_iter().map(|page| self.page(page, languages, job, objects));
        // As many pages at once as there are workers; which one is done first does not matter.
        let pages = stream::iter(reading).buffer_unordered(self.pool.size());
        let mut pages: Vec<ReadPage> = pages.try_collect().await?;
        pages.sort_by_key(|page| page.geometry.number);
        let document = ReadDocument { pages, embedded_xml: prepared.embedded_xml };
        let bytes = encode(&document)?.into();
        Ok(Outcome::Handed(objects.write(Bucket::Work, &job.id, bytes).await?))
    }
}

impl Ocr {
    async fn page(
        &self,
        page: PreparedPage,
        languages: &[String],
        job: &Job,
        objects: &impl ObjectStore,
    ) -> Result<ReadPage, StageError> {
        let PreparedPage { geometry, words: text_layer, doubted, raster, preparation } = page;
        let Some(raster) = raster else {
            let words = layout::arrange(text_layer);
            return Ok(ReadPage {
                geometry,
                source: PageSource::TextLayer,
                confidence: mean_confidence(&words),
                attempts: 0,
                languages: Vec::new(),
                words,
                raster: None,
                preparation,
            });
        };
        let read = self.recognise(&raster, geometry.dpi, languages, objects).await?;
        let (raster, geometry) = match read.turned_png {
            None => (raster, geometry),
            Some(png) => {
                let raster = objects.write(Bucket::Work, &job.id, png.into_vec().into()).await?;
                (raster, turned(geometry, read.turned_degrees))
            }
        };
        let turn = |words: Vec<Word>| merge::turned(words, read.turned_degrees);
        let (source, words) = merge::merge(turn(text_layer), turn(doubted), read.words);
        let words = layout::arrange(words);
        let confidence = mean_confidence(&words);
        debug!(page = geometry.number, words = words.len(), confidence, ?source, "page read");
        Ok(ReadPage {
            geometry,
            source,
            confidence,
            attempts: read.attempts,
            languages: read.languages,
            words,
            raster: Some(raster),
            preparation,
        })
    }

    async fn recognise(
        &self,
        raster: &ObjectRef,
        dpi: f32,
        languages: &[String],
        objects: &impl ObjectStore,
    ) -> Result<Response, StageError> {
        // The worker first: only as many rasters are in memory as there are workers to read them.
        let mut lease = self.pool.lease().await?;
        let png = ByteBuf::from(Vec::from(objects.read(raster).await?));
        let request = Request { png, dpi, languages: languages.to_vec() };
        let response = lease.call(&request, self.params.budget).await?;
        if !response.turned_degrees.is_multiple_of(90) || response.turned_degrees >= 360 {
            let message = "a page can be turned by quarters only";
            return Err(StageError::internal("worker_protocol", message));
        }
        let words = response.words.into_iter().filter_map(believable).collect();
        Ok(Response { words, ..response })
    }
}

/// The geometry of a page after another turn clockwise.
fn turned(geometry: PageGeometry, degrees: u16) -> PageGeometry {
    let PageGeometry { width_px, height_px, .. } = geometry;
    let sideways = !degrees.is_multiple_of(180);
    let (width_px, height_px) =
        if sideways { (height_px, width_px) } else { (width_px, height_px) };
    let rotation_degrees = (geometry.rotation_degrees + degrees) % 360;
    PageGeometry { width_px, height_px, rotation_degrees, ..geometry }
}

/// A word as a worker may say it: legal box and confidence, text without control characters,
/// alternatives to characters that are there.
fn believable(word: Word) -> Option<Word> {
    let Word { text: said, bbox: BoundingBox([x0, y0, x1, y1]), confidence, alternatives, .. } =
        word;
    let text: String = said.chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    if text.is_empty() || !confidence.is_finite() {
        return None;
    }
    let word = Word::new(text, BoundingBox::new(x0, y0, x1, y1), confidence.clamp(0.0, 1.0));
    if text != said {
        // They counted characters that are gone.
        return Some(word);
    }
    let characters = text.chars().count();
    let is_legal = |other: &Alternative| {
        (other.at as usize) < characters
            && !other.text.is_control()
            && (0.0..=1.0).contains(&other.probability)
    };
    let alternatives = alternatives.into_iter().filter(is_legal).take(characters).collect();
    Some(Word { alternatives, ..word })
}

/// Mean over words, 0 to 1; 0 for a page without any.
fn mean_confidence(words: &[Word]) -> f32 {
    if words.is_empty() {
        return 0.0;
    }
    words.iter().map(|word| word.confidence).sum::<f32>() / words.len() as f32
}
