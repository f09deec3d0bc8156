//! Which engine reads a page, and whose reading counts. Pure but for the readers it calls.

use common::config::Engines;
use common::page::Word;

use crate::engine::Reading;
use crate::error::OcrError;
use crate::gaps;
use crate::language;
use crate::merge;
use crate::raster::Raster;

/// A page that reads worse on average is read again by the other engine (R23).
pub(crate) const GOOD: f32 = 0.8;

/// What is read in a gap counts from this confidence on: logos, stamps and signatures have ink too,
/// and read as words they come out below.
const SURE_IN_GAP: f32 = 0.8;

/// Shorter words of a gap are specks and corners of frames as often as print.
const LEAST_IN_GAP: usize = 2;

/// The engines of a worker.
pub(crate) trait Readers {
    /// Reads a part of an upright page with PP-OCR.
    ///
    /// # Errors
    /// [`OcrError::Network`].
    fn ppocr_part(&mut self, part: &Raster) -> Result<Vec<Word>, OcrError>;

    /// Reads a part of an upright page, one block of text, with Tesseract in `languages`.
    ///
    /// # Errors
    /// As [`Readers::tesseract`].
    fn tesseract_part(&mut self, part: Raster, languages: &[String])
    -> Result<Vec<Word>, OcrError>;

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
/// was measured, and faster. Its alphabet is Latin, so other scripts are Tesseract's. Single words are
/// not given to Tesseract: of those below .7 PP-OCR has 24 of 32 right on clean pages of dev and 43 of 69
/// at 100 DPI, Tesseract 20 and 15, and it mends 3 and 2 for 7 and 30 that it spoils. A page that
/// comes out badly is read by Tesseract too, and the reading with more words to rely on counts.
/// Where there is ink and no word afterwards, the reader looks again, at that part alone.
///
/// # Errors
/// Those of the engine.
pub(crate) fn read(
    engines: Engines,
    page: Raster,
    languages: &[String],
    readers: &mut impl Readers,
) -> Result<Answer, OcrError> {
    let Answer { reading, attempts, languages } = whole(engines, page, languages, readers)?;
    let reads_latin = engines != Engines::Tesseract && language::are_latin(&languages);
    let reading = if reads_latin || engines == Engines::Ppocr {
        filled(reading, |part| readers.ppocr_part(&part))?
    } else {
        filled(reading, |part| readers.tesseract_part(part, &languages))?
    };
    Ok(Answer { reading, attempts, languages })
}

fn whole(
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

/// The reading with what can be read in its gaps.
fn filled(
    mut reading: Reading,
    mut read: impl FnMut(Raster) -> Result<Vec<Word>, OcrError>,
) -> Result<Reading, OcrError> {
    for gap in gaps::find(&reading.page, &reading.words) {
        // Print is missed for being light beside dark print, so each gap has its own range.
        let part = reading.page.part([gap.left, gap.top, gap.right, gap.bottom]).spread();
        let letters = |word: &Word| word.text.chars().filter(|c| c.is_alphanumeric()).count();
        let mut found = read(part)?;
        found.retain(|word| word.confidence >= SURE_IN_GAP && letters(word) >= LEAST_IN_GAP);
        for word in &mut found {
            word.bbox = gap.on_page(word.bbox, &reading.page);
        }
        reading.words = merge::union(std::mem::take(&mut reading.words), found);
    }
    Ok(reading)
}

/// The number of words that can be expected to be right.
fn worth(reading: &Reading) -> f32 {
    reading.words.iter().map(|word| word.confidence).sum()
}

#[cfg(test)]
mod tests {
    use common::page::BoundingBox;

    use super::*;

    /// Answers with words of the given confidences.
    struct Fake {
        ppocr: Vec<f32>,
        tesseract: Vec<f32>,
        asked: Vec<String>,
    }

    fn reading(confidences: &[f32], page: Raster, turned_degrees: u16) -> Reading {
        let place = BoundingBox([0.1, 0.1, 0.2, 0.15]);
        let word = |&confidence: &f32| Word::new("Rechnung", place, confidence);
        Reading { words: confidences.iter().map(word).collect(), page, turned_degrees }
    }

    impl Readers for Fake {
        fn ppocr_part(&mut self, part: &Raster) -> Result<Vec<Word>, OcrError> {
            self.asked.push(format!("ppocr {} x {}", part.width_px, part.height_px));
            let word = |text: &str, confidence| {
                Word::new(text, BoundingBox([0.0, 0.0, 1.0, 1.0]), confidence)
            };
            Ok(vec![word("Siret", 0.9), word("oOo", 0.4), word("i", 0.9)])
        }

        fn tesseract_part(
            &mut self,
            part: Raster,
            languages: &[String],
        ) -> Result<Vec<Word>, OcrError> {
            self.asked.push(languages.join("+"));
            self.ppocr_part(&part)
        }

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

    #[test]
    fn ink_without_words_is_read_again_and_only_sure_words_of_it_count() {
        let (width_px, height_px) = (600, 400);
        let is_ink = |i: u32| {
            let (x, y) = (i % width_px, i / width_px);
            (200..400).contains(&x) && (300..320).contains(&y) && x % 9 < 4
        };
        let grey = (0..width_px * height_px).map(|i| if is_ink(i) { 0 } else { 255 }).collect();
        let page = Raster { width_px, height_px, dpi: 150.0, grey };
        for (engines, asked) in [(Engines::Auto, "ppocr"), (Engines::Tesseract, "fra")] {
            let mut fake = Fake { ppocr: vec![0.9], tesseract: vec![0.9], asked: Vec::new() };
            let answer = read(engines, page.clone(), &["fra".to_owned()], &mut fake).unwrap();
            assert_eq!(fake.asked[1].split(' ').next(), Some(asked), "{:?}", fake.asked);
            let words: Vec<&str> =
                answer.reading.words.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(words, ["Rechnung", "Siret"]);
            let BoundingBox([x0, y0, x1, y1]) = answer.reading.words[1].bbox;
            assert!(x0 > 0.3 && x1 < 0.7 && y0 > 0.7 && y1 < 0.85, "{:?}", [x0, y0, x1, y1]);
        }
    }
}
