//! Preparation of scans and photographs for recognition. Each step measures the page and acts only
//! where the measurement calls for it; grey stays grey.

pub mod deskew;
pub mod illumination;
pub mod scale;
pub mod turn;

use crate::error::PreprocessError;
use crate::params::Params;
use crate::raster::Raster;

/// A page after preparation, with what was done to it.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The pixels.
    pub raster: Raster,
    /// Pixels now for one pixel before.
    pub scale: f32,
    /// Skew that was taken out, degrees, clockwise positive; 0 when the page was left alone.
    pub skew_degrees: f32,
}

/// Brings the page to the size, light and angle that recognition reads best.
///
/// # Errors
/// [`PreprocessError::Native`] when OpenCV refuses, which would be a bug.
pub fn prepare(raster: Raster, params: &Params) -> Result<Prepared, PreprocessError> {
    let (raster, scale) = scale::run(raster, params)?;
    let raster = illumination::run(raster)?;
    let (raster, skew_degrees) = deskew::run(raster, params)?;
    Ok(Prepared { raster, scale, skew_degrees })
}
