//! What can go wrong while a page is read.

use thiserror::Error;

use common::config::MAX_PAGE_SIDE_PX;
use common::error::StageError;
use common::worker::Fault;

/// A page that could not be read. Holds no document content.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum OcrError {
    /// The document asks for something that is no language code.
    #[error("'{0}' is no Tesseract language code: letters, digits and '_', at most 32")]
    UnknownLanguage(String),
    /// The document asks for more languages than one reading takes.
    #[error("{seen} languages, the limit is {limit}")]
    TooManyLanguages {
        /// Languages asked for.
        seen: usize,
        /// Most that are taken.
        limit: usize,
    },
    /// The document asks for a language that this installation does not have.
    #[error("no data for language '{language}'; {} installs it", install(.language))]
    UnavailableLanguage {
        /// Its Tesseract code.
        language: String,
    },
    /// The configuration names a language that this installation does not have.
    #[error(
        "no data for language '{language}' in {folder}, but ocr.languages names it; {} installs it",
        install(.language)
    )]
    MissingLanguage {
        /// Its Tesseract code.
        language: String,
        /// Where it was looked for.
        folder: String,
    },
    /// More pixels than a page may have.
    #[error(
        "a raster of {width_px} x {height_px} px; the limits are {MAX_PAGE_SIDE_PX} px a side and \
         {max_pixels} px in all"
    )]
    RasterTooLarge {
        /// Width seen.
        width_px: u32,
        /// Height seen.
        height_px: u32,
        /// Most pixels in all.
        max_pixels: u64,
    },
    /// Not the PNG that `preprocess` hands over.
    #[error("the raster is not an 8-bit grey PNG: {0}")]
    UnreadableRaster(&'static str),
    /// Tesseract itself failed.
    #[error("Tesseract failed: {0}")]
    Recognition(&'static str),
    /// A network failed.
    #[error("PP-OCR failed: {0}")]
    Network(&'static str),
    /// A file that PP-OCR needs is not there or not right.
    #[error(
        "{file} cannot be used ({reason}); `scripts/setup` fetches it, or set ocr.engines = \
         \"tesseract\""
    )]
    MissingEngine {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn install(language: &str) -> String {
    // Debian's package names know no capitals and no underscores.
    format!("`apt-get install tesseract-ocr-{}`", language.replace('_', "-").to_lowercase())
}

impl From<OcrError> for StageError {
    fn from(error: OcrError) -> Self {
        let message = error.to_string();
        match error {
            OcrError::UnknownLanguage(_) => Self::rejected("language_unknown", message),
            OcrError::TooManyLanguages { .. } => Self::rejected("too_many_languages", message),
            OcrError::UnavailableLanguage { .. } => Self::rejected("language_unavailable", message),
            OcrError::RasterTooLarge { .. } => Self::rejected("page_too_large", message),
            OcrError::MissingLanguage { .. } => Self::internal("language_missing", message),
            OcrError::UnreadableRaster(_) => Self::internal("raster_unreadable", message),
            OcrError::MissingEngine { .. } => Self::internal("engine_missing", message),
            OcrError::Network(_) => Self::internal("recognition_failed", message),
            OcrError::Recognition(_) => Self::internal("recognition_failed", message),
        }
    }
}

impl From<OcrError> for Fault {
    fn from(error: OcrError) -> Self {
        let StageError { kind, code, message } = error.into();
        Self { kind, code: code.into_owned(), message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_language_names_the_command_that_installs_it() {
        let missing = |language: &str| OcrError::MissingLanguage {
            language: language.to_owned(),
            folder: "x".to_owned(),
        };
        assert!(missing("fra").to_string().contains("`apt-get install tesseract-ocr-fra`"));
        assert!(missing("chi_sim").to_string().contains("tesseract-ocr-chi-sim`"));
    }
}
