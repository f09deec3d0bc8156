//! The service's side: one page after the other goes to a worker, words come back.

use std::process::ExitCode;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_bytes::ByteBuf;
use tracing::debug;

use common::config::Config;
use common::error::StageError;
use common::job::Job;
use common::metrics::Metrics;
use common::object::{Bucket, ObjectRef, ObjectStore};
use common::page::claim::{self, Unbelievable};
use common::page::{
    PageGeometry, PageSource, PreparedDocument, PreparedPage, ReadDocument, ReadPage, Word, decode,
    encode,
};
use common::stage::{Outcome, Stage, StageName};
use common::worker::{Pool, Program, run_child};

use crate::metrics::ReadingMetrics;
use crate::params::Params;
use crate::reader::{PageReader, Request, Response};
use crate::{layout, merge};

/// Most readings of one page. Each engine reads it once or twice.
const MAX_ATTEMPTS: u32 = 16;

/// The `ocr` stage. A clone shares its workers.
#[derive(Clone, Debug)]
pub struct Ocr {
    pool: Pool<PageReader>,
    params: Params,
    metrics: ReadingMetrics,
}

impl Ocr {
    /// A stage whose workers are started as `program`, which has to end in [`worker_main`].
    #[must_use]
    pub fn new(config: &Config, program: Program) -> Self {
        let params = Params::from(config);
        let Params { workers, limits, .. } = params;
        let pool = Pool::new(StageName::Ocr, program, workers, limits, params.setup.clone());
        Self { pool, params, metrics: ReadingMetrics::default() }
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

    fn register(&self, metrics: &Metrics) {
        self.pool.register(metrics);
        metrics.register(|registry| self.metrics.register(registry));
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
        pages.iter().for_each(|page| self.metrics.read(page));
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
        let read = self.recognise(&raster, &geometry, languages, objects).await?;
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
        geometry: &PageGeometry,
        languages: &[String],
        objects: &impl ObjectStore,
    ) -> Result<Response, StageError> {
        // The worker first: only as many rasters are in memory as there are workers to read them.
        let mut lease = self.pool.lease().await?;
        let png = ByteBuf::from(Vec::from(objects.read(raster).await?));
        let request = Request { png, dpi: geometry.dpi, languages: languages.to_vec() };
        let response = lease.call(&request, self.params.budget).await?;
        Ok(believed(response, geometry, languages)?)
    }
}

/// What a worker said of the page with this `geometry`, as far as it can be: it has parsed hostile bytes.
fn believed(
    said: Response,
    geometry: &PageGeometry,
    asked: &[String],
) -> Result<Response, Unbelievable> {
    claim::check_turn(said.turned_degrees)?;
    if said.turned_png.is_some() != (said.turned_degrees != 0) {
        return Err(Unbelievable::Geometry {
            what: "a turned picture of a page that was not turned",
        });
    }
    if let Some(png) = &said.turned_png {
        let PageGeometry { width_px, height_px, .. } = turned(*geometry, said.turned_degrees);
        claim::check_raster(png, width_px, height_px)?;
    }
    if said.attempts > MAX_ATTEMPTS {
        return Err(Unbelievable::Geometry { what: "more readings than are ever made" });
    }
    // It may leave out some of those it was asked for, and knows no others.
    let mut languages = said.languages;
    languages.retain(|code| asked.contains(code));
    languages.dedup();
    let words = claim::words(said.words)?;
    Ok(Response { words, languages, ..said })
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

/// Mean over words, 0 to 1; 0 for a page without any.
fn mean_confidence(words: &[Word]) -> f32 {
    if words.is_empty() {
        return 0.0;
    }
    words.iter().map(|word| word.confidence).sum::<f32>() / words.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const GEOMETRY: PageGeometry = PageGeometry {
        number: 1,
        width_px: 10,
        height_px: 20,
        dpi: 200.0,
        rotation_degrees: 0,
        skew_degrees: 0.0,
    };

    fn response() -> Response {
        let languages = vec!["fra".to_owned()];
        Response { words: Vec::new(), turned_degrees: 0, turned_png: None, attempts: 1, languages }
    }

    fn png(width: u32, height: u32) -> ByteBuf {
        let mut bytes = Vec::new();
        let encoder = png::Encoder::new(&mut bytes, width, height);
        drop(encoder.write_header().unwrap());
        ByteBuf::from(bytes)
    }

    fn asked() -> Vec<String> {
        vec!["fra".to_owned(), "eng".to_owned()]
    }

    #[test]
    fn a_turned_page_comes_with_its_picture_and_no_other_does() {
        let quarter = |png| Response { turned_degrees: 90, turned_png: png, ..response() };
        assert!(believed(quarter(Some(png(20, 10))), &GEOMETRY, &asked()).is_ok());
        let upright = Response { turned_png: Some(png(10, 20)), ..response() };
        let crooked = Response { turned_degrees: 91, turned_png: Some(png(20, 10)), ..response() };
        for said in [quarter(None), quarter(Some(png(10, 20))), upright, crooked] {
            let error = StageError::from(believed(said, &GEOMETRY, &asked()).unwrap_err());
            assert_eq!(error.code, "worker_protocol");
        }
    }

    #[test]
    fn counts_and_languages_are_those_that_can_be() {
        let many = Response { attempts: MAX_ATTEMPTS + 1, ..response() };
        assert!(believed(many, &GEOMETRY, &asked()).is_err());
        let languages = ["eng", "Total 12,00", "eng"].map(str::to_owned).to_vec();
        let said = Response { languages, ..response() };
        assert_eq!(believed(said, &GEOMETRY, &asked()).unwrap().languages, ["eng"]);
    }
}
