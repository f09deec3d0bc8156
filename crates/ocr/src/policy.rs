//! Which engine reads a page, and whose reading counts. Pure but for the readers it calls.

use common::config::Engines;

use crate::engine::Reading;
use crate::error::OcrError;
use crate::language;
use crate::raster::Raster;

/// A page that reads worse on average is read again by the other engine (R23).
pub(crate) const GOOD: f32 = 0.8;

/// The engines of a worker.
pub(crate) trait Readers {
    /// Reads with PP-OCR.
    ///
    /// # Errors
    /// [`OcrError::Network`].
    fn ppocr(&mut self, page: Raster) -> Result<Reading, OcrError>;

    /// Reads with Tesseract in `languages`.
    ///
    /// # Errors
    /// [`OcrError::Recognition`], [`OcrError::UnavailableLanguage`].
    fn tesseract(&mut self, page: Raster, languages: &[String]) -> Result<Reading, OcrError>;
}

/// What came of a page.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reading: Reading,
    /// Readings made.
    pub(crate) attempts: u32,
    /// Those that Tesseract read with, or would have.
    pub(crate) languages: Vec<String>,
}

/// Reads `page`.
///
/// With both engines PP-OCR reads first: it is better than Tesseract on every kind of page that
/// was measured, and faster. Its alphabet is Latin, so other scripts are Tesseract's. A page that
/// comes out badly is read by Tesseract too, and the reading with more words to rely on counts.
///
/// # Errors
/// Those of the engine.
pub(crate) fn read(
    engines: Engines,
    page: Raster,
    languages: &[String],
    readers: &mut impl Readers,
) -> Result<Answer, OcrError> {
    let done = |reading, attempts, languages: &[String]| {
        Ok(Answer { reading, attempts, languages: languages.to_vec() })
    };
    match engines {
        Engines::Tesseract => done(readers.tesseract(page, languages)?, 1, languages),
        Engines::Ppocr => done(readers.ppocr(page)?, 1, languages),
        Engines::Auto if !language::are_latin(languages) => {
            done(readers.tesseract(page, languages)?, 1, languages)
        }
        Engines::Auto => {
            let first = readers.ppocr(page)?;
            if first.words.is_empty() || first.confidence() >= GOOD {
                return done(first, 1, languages);
            }
            let spoken = language::spoken(languages, &first.words);
            let mut second = readers.tesseract(first.page.clone(), &spoken)?;
            second.turned_degrees = (second.turned_degrees + first.turned_degrees) % 360;
            let reading = if worth(&second) > worth(&first) { second } else { first };
            done(reading, 2, &spoken)
        }
    }
}

/// The number of words that can be expected to be right.
fn worth(reading: &Reading) -> f32 {
    reading.words.iter().map(|word| word.confidence).sum()
}

#[cfg(test)]
mod tests {
    use common::page::{BoundingBox, Word};

    use super::*;

    /// Answers with words of the given confidences.
    struct Fake {
        ppocr: Vec<f32>,
        tesseract: Vec<f32>,
        asked: Vec<String>,
    }

    fn reading(confidences: &[f32], page: Raster, turned_degrees: u16) -> Reading {
        let word = |&confidence: &f32| Word::new("Rechnung", BoundingBox::default(), confidence);
        Reading { words: confidences.iter().map(word).collect(), page, turned_degrees }
    }

    impl Readers for Fake {
        fn ppocr(&mut self, page: Raster) -> Result<Reading, OcrError> {
            self.asked.push("ppocr".to_owned());
            Ok(reading(&self.ppocr, page, 270))
        }

        fn tesseract(&mut self, page: Raster, languages: &[String]) -> Result<Reading, OcrError> {
            self.asked.push(languages.join("+"));
            Ok(reading(&self.tesseract, page, 180))
        }
    }

    fn run(
        engines: Engines,
        languages: &[&str],
        ppocr: &[f32],
        tesseract: &[f32],
    ) -> (Answer, String) {
        let page = Raster { width_px: 1, height_px: 1, dpi: 200.0, grey: vec![0] };
        let languages: Vec<String> = languages.iter().map(|&code| code.to_owned()).collect();
        let mut fake =
            Fake { ppocr: ppocr.to_vec(), tesseract: tesseract.to_vec(), asked: Vec::new() };
        let answer = read(engines, page, &languages, &mut fake).unwrap();
        (answer, fake.asked.join(" "))
    }

    #[test]
    fn a_single_engine_reads_alone() {
        assert_eq!(run(Engines::Tesseract, &["fra"], &[0.9], &[0.1]).1, "fra");
        assert_eq!(run(Engines::Ppocr, &["fra"], &[0.1], &[0.9]).1, "ppocr");
    }

    #[test]
    fn a_page_that_reads_well_is_read_once() {
        let (answer, asked) = run(Engines::Auto, &["fra", "eng"], &[0.9, 0.8], &[]);
        assert_eq!((asked.as_str(), answer.attempts), ("ppocr", 1));
    }

    #[test]
    fn a_page_that_reads_badly_is_read_again_and_the_better_reading_counts() {
        let (answer, asked) = run(Engines::Auto, &["fra"], &[0.5, 0.5], &[0.9, 0.9]);
        assert_eq!((asked.as_str(), answer.attempts), ("ppocr fra", 2));
        assert!((answer.reading.confidence() - 0.9).abs() < 1e-6);
        assert_eq!(answer.reading.turned_degrees, 90, "both turns, one after the other");
        let (answer, _) = run(Engines::Auto, &["fra"], &[0.5, 0.5], &[0.9]);
        assert_eq!(answer.reading.words.len(), 2, "more words to rely on");
    }

    #[test]
    fn other_scripts_are_read_by_tesseract() {
        assert_eq!(run(Engines::Auto, &["ara", "fra"], &[0.9], &[0.5]).1, "ara+fra");
    }
}
