//! What reads a raster.

pub(crate) mod languages;
pub(crate) mod ppocr;
pub(crate) mod tesseract;

use common::page::Word;

use crate::error::OcrError;
use crate::raster::Raster;

/// A reader, loaded once and used for many pages.
///
/// What it read before must not change what it reads now: a page that is read again after a crash
/// has to give the same words.
pub(crate) trait Engine {
    /// Reads `page`.
    ///
    /// # Errors
    /// [`OcrError::Recognition`], [`OcrError::Network`].
    fn read(&mut self, page: Raster) -> Result<Reading, OcrError>;
}

/// What stands on a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    /// Boxes as fractions of `page`, confidences 0 to 1; `line` is not set.
    pub(crate) words: Vec<Word>,
    /// The page as it was read: upright.
    pub(crate) page: Raster,
    /// How far it was turned for that, degrees clockwise: 0, 90, 180 or 270.
    pub(crate) turned_degrees: u16,
}

impl Reading {
    /// Mean confidence of the words, 0 to 1; 0 without any.
    pub(crate) fn confidence(&self) -> f32 {
        let sum: f32 = self.words.iter().map(|word| word.confidence).sum();
        sum / self.words.len().max(1) as f32
    }
}
