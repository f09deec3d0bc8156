//! What reads a raster. Tesseract today; a second, independent reader settles its doubts later.

pub(crate) mod tesseract;

use common::page::Word;

use crate::error::OcrError;
use crate::raster::Raster;

/// A reader of one set of languages, loaded once and used for many pages.
///
/// What it read before must not change what it reads now: a page that is read again after a crash
/// has to give the same words.
pub(crate) trait Engine: Sized {
    /// Loads the data of `languages` from the folder `tessdata`, or from Tesseract's own.
    ///
    /// # Errors
    /// [`OcrError::UnavailableLanguage`] for the first one without data.
    fn load(tessdata: Option<&str>, languages: &[String]) -> Result<Self, OcrError>;

    /// The words of `page`, boxes as fractions of it, confidences 0 to 1; `line` is not set.
    ///
    /// # Errors
    /// [`OcrError::Recognition`].
    fn read(&mut self, page: &Raster, segmentation_mode: u8) -> Result<Vec<Word>, OcrError>;
}
