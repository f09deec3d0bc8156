//! The work of a worker process: the raster of one page in, its words out.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use common::config::{Engines, PageSegmentation};
use common::page::Word;
use common::worker::{Fault, Handler};

use crate::engine::languages::{self, LanguageEngine, Languages};
use crate::engine::ppocr::PpOcr;
use crate::engine::tesseract::Tesseract;
use crate::engine::{Engine, Reading};
use crate::error::OcrError;
use crate::params::Setup;
use crate::policy::{self, Readers};
use crate::raster::Raster;
use crate::segmentation;

/// One page to be read.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The page as 8-bit grey PNG.
    pub png: ByteBuf,
    /// Its pixels per inch.
    pub dpi: f32,
    /// Tesseract codes in order of preference.
    pub languages: Vec<String>,
}

/// What stands on it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Response {
    /// In no particular order; `line` is not set.
    pub words: Vec<Word>,
    /// How far the page was turned to be upright, degrees clockwise: 0, 90, 180 or 270. Boxes are
    /// fractions of the page as turned.
    pub turned_degrees: u16,
    /// The page as turned, 8-bit grey PNG; `None` where it was not.
    pub turned_png: Option<ByteBuf>,
    /// Readings made.
    pub attempts: u32,
    /// Codes of the languages that Tesseract read with, or would have.
    pub languages: Vec<String>,
}

/// Reads pages.
pub struct PageReader {
    engines: Engines,
    page_segmentation_mode: PageSegmentation,
    max_pixels: u64,
    tesseract: Option<Languages<Tesseract>>,
    ppocr: Option<PpOcr>,
}

impl Handler for PageReader {
    type Setup = Setup;
    type Request = Request;
    type Response = Response;

    fn start(setup: Setup) -> Result<Self, Fault> {
        let Setup { engines, onnxruntime_library, models, tessdata, .. } = setup;
        let ppocr = match engines {
            Engines::Tesseract => None,
            Engines::Ppocr | Engines::Auto => {
                let both = engines == Engines::Auto;
                Some(PpOcr::load(&onnxruntime_library, Path::new(&models), both)?)
            }
        };
        let tesseract = match engines {
            Engines::Ppocr => None,
            Engines::Tesseract => Some(Languages::new(tessdata, &setup.languages)?),
            // Few pages need it then: it is checked now, and takes its 45 MiB when one does.
            Engines::Auto => Some(Languages::new(tessdata, &setup.languages)?.unloaded()),
        };
        Ok(Self {
            engines,
            page_segmentation_mode: setup.page_segmentation_mode,
            max_pixels: setup.max_pixels,
            tesseract,
            ppocr,
        })
    }

    fn read_later(&self) -> Vec<PathBuf> {
        self.tesseract.as_ref().map(Languages::folders).unwrap_or_default()
    }

    fn handle(&mut self, request: Request) -> Result<Response, Fault> {
        let Request { png, dpi, languages } = request;
        languages::check(&languages)?;
        let page = Raster::from_png(&png, dpi, self.max_pixels)?;
        drop(png);
        let engines = self.engines;
        let answer = policy::read(engines, page, &languages, self)?;
        let Reading { words, page, turned_degrees } = answer.reading;
        let turned_png = match turned_degrees {
            0 => None,
            _ => Some(ByteBuf::from(page.to_png()?)),
        };
        let (attempts, languages) = (answer.attempts, answer.languages);
        Ok(Response { words, turned_degrees, turned_png, attempts, languages })
    }
}

impl Readers for PageReader {
    fn ppocr_part(&mut self, part: &Raster) -> Result<Vec<Word>, OcrError> {
        let ppocr = self.ppocr.as_mut().ok_or(OcrError::Network("it is not loaded"))?;
        ppocr.read_part(part)
    }

    fn tesseract_part(
        &mut self,
        part: Raster,
        languages: &[String],
    ) -> Result<Vec<Word>, OcrError> {
        let tesseract = self.tesseract.as_mut();
        let tesseract = tesseract.ok_or(OcrError::Recognition("it is not loaded"))?;
        let reading = tesseract.engine(languages)?.read(part, segmentation::SINGLE_BLOCK)?;
        // A part of an upright page is upright: what reads better upside down is no text.
        Ok(if reading.turned_degrees == 0 { reading.words } else { Vec::new() })
    }

    fn ppocr(&mut self, page: Raster) -> Result<Reading, OcrError> {
        let ppocr = self.ppocr.as_mut().ok_or(OcrError::Network("it is not loaded"))?;
        ppocr.read(page)
    }

    fn tesseract(&mut self, page: Raster, languages: &[String]) -> Result<Reading, OcrError> {
        let mode = segmentation::mode(self.page_segmentation_mode, &page);
        let tesseract = self.tesseract.as_mut();
        let tesseract = tesseract.ok_or(OcrError::Recognition("it is not loaded"))?;
        tesseract.engine(languages)?.read(page, mode)
    }
}

impl std::fmt::Debug for PageReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageReader").field("engines", &self.engines).finish_non_exhaustive()
    }
}
