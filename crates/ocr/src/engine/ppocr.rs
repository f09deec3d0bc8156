//! PP-OCRv6 (PaddleOCR): a network that finds text lines and two that read them. The fast one reads
//! every line, the accurate one (four times the time) the words of which the fast one is not sure.

mod alphabet;
mod ctc;
mod detector;
mod doubt;
mod head;
mod hull;
mod recogniser;
mod regions;
mod resize;
mod session;
mod spacing;
mod strip;
mod upright;
mod words;

use std::path::Path;

use common::page::Word;

use crate::engine::{Engine, Reading};
use crate::error::OcrError;
use crate::raster::Raster;
use ctc::Letter;
use detector::Detector;
use doubt::Trust;
use recogniser::Recogniser;
use resize::Resizer;
use strip::Strip;

/// Names of the networks and their dictionaries in the folder of models.
const DETECTOR: &str = "ppocrv6-tiny-det.onnx";
const FAST: (&str, &str) = ("ppocrv6-tiny-rec.onnx", "ppocrv6-tiny-dict.txt");
const ACCURATE: (&str, &str) = ("ppocrv6-small-rec.onnx", "ppocrv6-small-dict.txt");

/// A loaded PP-OCR.
pub(crate) struct PpOcr {
    detector: Detector,
    fast: Recogniser,
    /// `None` where the fast one reads alone.
    accurate: Option<Recogniser>,
    resizer: Resizer,
}

/// A line with what was read on it.
struct Line {
    strip: Strip,
    letters: Vec<Letter>,
    ink: spacing::Ink,
}

impl PpOcr {
    /// Loads the networks of the folder `models` into ONNX Runtime, which is the file `runtime`;
    /// with the accurate recogniser when `second_reading` says so.
    ///
    /// # Errors
    /// [`OcrError::MissingEngine`] for the first file that is not there or not right.
    pub(crate) fn load(
        runtime: &str,
        models: &Path,
        second_reading: bool,
    ) -> Result<Self, OcrError> {
        session::load_runtime(runtime)?;
        let recogniser = |(model, dictionary): (&str, &str)| {
            Recogniser::load(&models.join(model), &models.join(dictionary))
        };
        Ok(Self {
            detector: Detector::load(&models.join(DETECTOR))?,
            fast: recogniser(FAST)?,
            accurate: if second_reading { Some(recogniser(ACCURATE)?) } else { None },
            resizer: Resizer::default(),
        })
    }

    fn strips(&mut self, page: &Raster) -> Result<Vec<Strip>, OcrError> {
        let regions = self.detector.find(page, &mut self.resizer)?;
        regions.iter().map(|region| Strip::cut(page, region, &mut self.resizer)).collect()
    }

    /// Turns the page until its lines can be read; how far, degrees clockwise, and its lines.
    fn upright(&mut self, page: Raster) -> Result<(Raster, u16, Vec<Line>), OcrError> {
        let (mut page, mut degrees) = (page, 0);
        let mut strips = self.strips(&page)?;
        if upright::is_sideways(&strips) {
            (page, degrees) = (page.turned_right(), 90);
            strips = self.strips(&page)?;
        }
        upright::sample_first(&mut strips);
        let mut rest = strips.split_off(upright::sampled(&strips));
        let mut sample = Vec::with_capacity(strips.len() + rest.len());
        for strip in strips {
            sample.push(self.line(strip)?);
        }
        if !upright::is_sure(sample.iter().map(|line| line.letters.as_slice())) {
            let mut downwards = Vec::new();
            for line in &sample {
                downwards.push(self.fast.read(&line.strip.turned())?);
            }
            let upwards = sample.iter().map(|line| line.letters.as_slice());
            if upright::reads_better(downwards.iter().map(Vec::as_slice), upwards) {
                (page, degrees) = (page.turned_right().turned_right(), degrees + 180);
                rest = self.strips(&page)?;
                sample.clear();
            }
        }
        // What was read to find out is read already.
        for strip in rest {
            sample.push(self.line(strip)?);
        }
        Ok((page, degrees, sample))
    }

    fn line(&mut self, strip: Strip) -> Result<Line, OcrError> {
        let ink = spacing::ink(&strip);
        let letters = self.fast.read(&strip)?;
        Ok(Line { strip, letters, ink })
    }

    /// Has the accurate recogniser read again what the fast one doubts.
    fn second_reading(&mut self, line: &mut Line) -> Result<(), OcrError> {
        let Some(accurate) = self.accurate.as_mut() else { return Ok(()) };
        let trust = Trust::of(line.strip.region.height);
        // From the end, so that the ranges still to come keep their places.
        for range in doubt::doubtful(&line.letters, trust).into_iter().rev() {
            let (start, end) = words::extent(&line.letters, range.clone(), &line.ink);
            let part = line.strip.part(start, end);
            if part.grey.is_empty() {
                continue;
            }
            let mut again = accurate.read(&part)?;
            let width = line.strip.width() as f32;
            for letter in &mut again {
                letter.at = (start as f32 + letter.at * (end - start) as f32) / width;
            }
            let fast = line.letters.get(range.clone()).unwrap_or_default();
            let settled = doubt::settle(fast, again);
            line.letters.splice(range, settled);
        }
        Ok(())
    }
}

impl PpOcr {
    /// Reads a part of a page that is upright already. Its lines are found at their own size, not in a
    /// reduced picture of the page.
    ///
    /// # Errors
    /// [`OcrError::Network`].
    pub(crate) fn read_part(&mut self, part: &Raster) -> Result<Vec<Word>, OcrError> {
        let strips = self.strips(part)?.into_iter();
        let lines = strips.map(|strip| self.line(strip)).collect::<Result<Vec<_>, _>>()?;
        self.words(lines, part)
    }

    /// The words of a page's `lines`: lost spaces found, doubtful words read twice.
    fn words(&mut self, mut lines: Vec<Line>, page: &Raster) -> Result<Vec<Word>, OcrError> {
        let usual =
            spacing::usual_space(lines.iter().map(|line| (line.letters.as_slice(), &line.ink)));
        for line in &mut lines {
            line.letters = spacing::spaced(&line.letters, &line.ink, usual);
            self.second_reading(line)?;
            line.letters = spacing::spaced(&line.letters, &line.ink, usual);
        }
        let size = (page.width_px as f32, page.height_px as f32);
        let of_line = |line: &Line| words::words(&line.strip, &line.letters, &line.ink, size);
        Ok(lines.iter().flat_map(of_line).collect())
    }
}

impl Engine for PpOcr {
    fn read(&mut self, page: Raster) -> Result<Reading, OcrError> {
        let (page, turned_degrees, lines) = self.upright(page)?;
        let words = self.words(lines, &page)?;
        Ok(Reading { words, page, turned_degrees })
    }
}
