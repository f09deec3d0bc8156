//! Preparation of scans and photographs for recognition. Each step measures the page and acts only
//! where the measurement calls for it; grey stays grey.
//!
//! Light, contrast, specks and the page's border are measured on their own; everything that concerns lines
//! and letters is measured on one reduced map of the ink.

pub mod deskew;
pub mod illumination;
pub mod scale;
pub mod turn;

mod axis;
mod border;
mod contrast;
mod edge;
mod ink;
mod shear;
mod specks;

use common::page::{AppliedStep, Preparation};

use crate::error::PreprocessError;
use crate::params::Params;
use crate::raster::Raster;
use axis::{Axis, Evidence};
use ink::InkMap;

/// A page after preparation, with what was done to it.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The pixels.
    pub raster: Raster,
    /// Pixels now for one pixel before.
    pub scale: f32,
    /// Clockwise quarter turn that was applied: 0 or 90. Which of the two ends is up is not known.
    pub turned_degrees: u16,
    /// Skew that was taken out, degrees, clockwise positive; 0 when the page was left alone.
    pub skew_degrees: f32,
    /// What was measured and done.
    pub preparation: Preparation,
}

/// What an [`Observer`] is told the page is before any step.
pub const ORIGINAL: &str = "original";

/// How far the skew of all ink and that of the letters may lie apart, degrees. The letters' is known
/// to half a degree, and a little less where they run together.
const SKEW_AGREEMENT: f32 = 1.0;

/// Steps after which things are elsewhere on the page. Levelling moves them by little.
const CROP: &str = "crop";
const TURN: &str = "turn";

/// Whether boxes that were measured before the step of this name are wrong after it.
#[must_use]
pub fn moves_words(step: &str) -> bool {
    [CROP, TURN].contains(&step)
}

/// Sees the page as it is at first and after each step. Production watches with `()`, which costs
/// nothing.
pub trait Observer {
    /// `raster` is the page after the step of this name, or [`ORIGINAL`].
    ///
    /// # Errors
    /// Whatever keeps it from looking; the page is then given up.
    fn after(&mut self, step: &'static str, raster: &Raster) -> Result<(), PreprocessError>;
}

impl Observer for () {
    fn after(&mut self, _step: &'static str, _raster: &Raster) -> Result<(), PreprocessError> {
        Ok(())
    }
}

/// Brings the page to the shape, size, light and angle that recognition reads best.
///
/// # Errors
/// [`PreprocessError::Native`] when OpenCV refuses, which would be a bug; those of `observer`.
pub fn prepare(
    raster: Raster,
    params: &Params,
    observer: &mut impl Observer,
) -> Result<Prepared, PreprocessError> {
    observer.after(ORIGINAL, &raster)?;
    let mut page = Page { raster, preparation: Preparation::default(), observer };
    page.clean()?;
    page.crop(params)?;
    page.light()?;
    page.contrast()?;
    let map = InkMap::of(&page.raster)?;
    let (map, turned_degrees) = page.turn(map)?;
    let scale = page.scale(&map, params)?;
    let skew_degrees = page.deskew(&map, params)?;
    let Page { raster, preparation, .. } = page;
    Ok(Prepared { raster, scale, turned_degrees, skew_degrees, preparation })
}

/// A page on its way through the steps.
struct Page<'a, O> {
    raster: Raster,
    preparation: Preparation,
    observer: &'a mut O,
}

impl<O: Observer> Page<'_, O> {
    fn clean(&mut self) -> Result<(), PreprocessError> {
        let share = specks::share(&self.raster);
        self.measured("impulse_share", share);
        if specks::are_many(share) {
            let clean = specks::run(&self.raster)?;
            self.done("clean", None, clean)?;
        }
        Ok(())
    }

    fn crop(&mut self, params: &Params) -> Result<(), PreprocessError> {
        let Some(quad) = border::find(&self.raster)? else { return Ok(()) };
        let (width, height) = (self.raster.width_px() as f32, self.raster.height_px() as f32);
        let share = quad.area_share(width, height);
        self.measured("page_share", share);
        match border::run(&self.raster, &quad, params)? {
            Some(page) => self.done(CROP, Some(share), page),
            None => Ok(()),
        }
    }

    fn light(&mut self) -> Result<(), PreprocessError> {
        let Some(light) = illumination::light(&self.raster)? else { return Ok(()) };
        self.measured("evenness_share", light.evenness);
        let is_photograph = self.preparation.steps.iter().any(|step| step.name == CROP);
        if light.is_uneven(is_photograph) {
            let even = illumination::run(&self.raster, &light)?;
            self.done("light", Some(light.evenness), even)?;
        }
        Ok(())
    }

    fn contrast(&mut self) -> Result<(), PreprocessError> {
        let range = contrast::range(&self.raster);
        let before = f32::from(range.contrast());
        self.measured("contrast_levels", before);
        if range.is_faint()
            && let Some(spread) = contrast::run(&self.raster, range)
        {
            self.done("contrast", Some(before), spread)?;
        }
        Ok(())
    }

    fn turn(&mut self, map: InkMap) -> Result<(InkMap, u16), PreprocessError> {
        let evidence = Evidence::of(&map);
        self.measured("lines_across_ratio", evidence.lines_across_ratio());
        if evidence.axis() != Axis::Down {
            return Ok((map, 0));
        }
        let upright = axis::turned_right(self.raster.clone());
        self.done(TURN, Some(90.0), upright)?;
        Ok((map.turned_right(), 90))
    }

    fn scale(&mut self, map: &InkMap, params: &Params) -> Result<f32, PreprocessError> {
        let Some(letter_px) = scale::letter_height(map) else { return Ok(1.0) };
        self.measured("letter_height_px", letter_px);
        let Some(factor) = scale::needed(letter_px, &self.raster, params) else { return Ok(1.0) };
        let scaled = scale::run(&self.raster, factor)?;
        self.done("scale", Some(factor), scaled)?;
        Ok(factor)
    }

    fn deskew(&mut self, map: &InkMap, params: &Params) -> Result<f32, PreprocessError> {
        let Some(angle) = deskew::skew(map) else { return Ok(0.0) };
        // A photographed table has lines of its own.
        let by_letters = axis::letter_skew(map);
        if by_letters.is_none_or(|other| (other - angle).abs() > SKEW_AGREEMENT) {
            return Ok(0.0);
        }
        self.measured("skew_degrees", angle);
        if !deskew::is_worth_turning(angle) {
            return Ok(0.0);
        }
        match deskew::run(&self.raster, angle, params)? {
            Some(level) => self.done("deskew", Some(angle), level).map(|()| angle),
            None => Ok(0.0),
        }
    }

    fn measured(&mut self, name: &str, value: f32) {
        self.preparation.measurements.insert(name.to_owned(), value);
    }

    fn done(
        &mut self,
        name: &'static str,
        amount: Option<f32>,
        raster: Raster,
    ) -> Result<(), PreprocessError> {
        self.raster = raster;
        self.preparation.steps.push(AppliedStep { name: name.to_owned(), amount });
        self.observer.after(name, &self.raster)
    }
}
