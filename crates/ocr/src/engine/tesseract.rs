//! Tesseract, in this process. The only file that names leptess.

use std::ffi::{CStr, CString};

use leptess::capi::TessOcrEngineMode_OEM_LSTM_ONLY;
use leptess::tesseract::{MAX_CREDIBLE_RESOLUTION, MIN_CREDIBLE_RESOLUTION, TessApi};

use common::page::Word;

use crate::engine::Reading;
use crate::engine::languages::LanguageEngine;
use crate::error::OcrError;
use crate::raster::Raster;
use crate::tsv;

/// A page whose words are less sure on average may stand on its head: upside down they come out
/// at .3 to .5.
const UPRIGHT: f32 = 0.65;

/// A page is turned only if it then reads better by this much.
const BETTER: f32 = 0.15;

/// A loaded Tesseract.
pub(crate) struct Tesseract {
    api: TessApi,
}

impl LanguageEngine for Tesseract {
    fn load(tessdata: Option<&str>, languages: &[String]) -> Result<Self, OcrError> {
        // Asked for several, Tesseract goes on silently without those it does not find, so each is
        // tried alone first. Debian's models load in about 20 ms.
        if languages.len() > 1 {
            for language in languages {
                start(tessdata, language)?;
            }
        }
        let mut api = start(tessdata, &languages.join("+"))?;
        // A page must read the same whatever was read before it.
        set(&mut api, c"classify_enable_learning", "0")?;
        Ok(Self { api })
    }

    fn read(&mut self, page: Raster, segmentation_mode: u8) -> Result<Reading, OcrError> {
        let upwards = self.words(&page, segmentation_mode)?;
        let upwards = Reading { words: upwards, page, turned_degrees: 0 };
        if upwards.words.is_empty() || upwards.confidence() >= UPRIGHT {
            return Ok(upwards);
        }
        let page = upwards.page.clone().turned_right().turned_right();
        let downwards = self.words(&page, segmentation_mode)?;
        let downwards = Reading { words: downwards, page, turned_degrees: 180 };
        let better = downwards.confidence() > upwards.confidence() + BETTER;
        Ok(if better { downwards } else { upwards })
    }
}

impl Tesseract {
    fn words(&mut self, page: &Raster, segmentation_mode: u8) -> Result<Vec<Word>, OcrError> {
        // The API's own default is 6, a single block; only the command line has 3.
        set(&mut self.api, c"tessedit_pageseg_mode", &segmentation_mode.to_string())?;
        let too_large = |_| OcrError::Recognition("the raster's size is no size of Tesseract's");
        let width = i32::try_from(page.width_px).map_err(too_large)?;
        let height = i32::try_from(page.height_px).map_err(too_large)?;
        // One byte a pixel, no padding. Tesseract copies it.
        let set = self.api.raw.set_image(&page.grey, width, height, 1, width);
        set.map_err(|_| OcrError::Recognition("the image was refused"))?;
        self.api.set_source_resolution(resolution(page.dpi));
        let recognised = self.api.raw.recognize();
        recognised.map_err(|_| OcrError::Recognition("recognition gave up"))?;
        let table = self.api.raw.get_tsv_text(0);
        let table = table.map_err(|_| OcrError::Recognition("there is no result"))?;
        let table = AsRef::<CStr>::as_ref(&table).to_string_lossy();
        Ok(tsv::words(&table, page.width_px, page.height_px))
    }
}

fn start(tessdata: Option<&str>, languages: &str) -> Result<TessApi, OcrError> {
    let unavailable = || OcrError::UnavailableLanguage { language: languages.to_owned() };
    let folder = tessdata.map(CString::new).transpose().map_err(|_| unavailable())?;
    let codes = CString::new(languages).map_err(|_| unavailable())?;
    let mut api = TessApi { raw: Default::default() };
    let started = api.raw.init_4(folder.as_deref(), Some(&codes), TessOcrEngineMode_OEM_LSTM_ONLY);
    started.map_err(|_| unavailable())?;
    Ok(api)
}

fn set(api: &mut TessApi, name: &CStr, value: &str) -> Result<(), OcrError> {
    let unknown = OcrError::Recognition("it does not know one of its variables");
    let Ok(value) = CString::new(value) else { return Err(unknown) };
    api.raw.set_variable(name, &value).map_err(|_| unknown)
}

/// Tesseract ignores resolutions outside of what it believes, and then guesses.
fn resolution(dpi: f32) -> i32 {
    let (least, most) = (MIN_CREDIBLE_RESOLUTION, MAX_CREDIBLE_RESOLUTION);
    (dpi.round() as i32).clamp(least, most)
}
