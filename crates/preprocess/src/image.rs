//! JPEG and PNG documents: one image, one page. Sizes are checked before pixels are decoded.

mod jpeg;
mod png;

use std::io::Cursor;

use common::page::MediaType;

use crate::error::PreprocessError;
use crate::params::Params;
use crate::raster::Raster;
use crate::step::turn::Orientation;

/// Width of the paper an image without a credible resolution is taken to show: A4, inches.
const ASSUMED_PAPER_WIDTH_IN: f32 = 8.27;

/// Widths of paper that a stated resolution may lead to, inches: from a receipt's roll to A3
/// landscape with margin. Cameras write 72 DPI into everything.
const CREDIBLE_PAPER_WIDTH_IN: std::ops::RangeInclusive<f32> = 1.5..=18.0;

/// Bits of a sample after decoding, and the largest value.
const WHITE: u32 = 255;

/// An upright image.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) raster: Raster,
    /// Stated where credible, else estimated.
    pub(crate) dpi: f32,
    /// Clockwise quarter turn that was applied.
    pub(crate) rotation_degrees: u16,
}

/// Pixels as a decoder leaves them, before EXIF is looked at.
struct Decoded {
    raster: Raster,
    /// Stated resolution across, pixels per inch.
    dpi: Option<f32>,
}

/// Decodes a JPEG or PNG, turned upright.
///
/// # Errors
/// [`PreprocessError`]: too large, damaged, or of an unsupported kind.
pub(crate) fn decode(
    media_type: MediaType,
    bytes: &[u8],
    params: &Params,
) -> Result<Image, PreprocessError> {
    let decoded = match media_type {
        MediaType::Jpeg => jpeg::decode(bytes, params)?,
        MediaType::Png => png::decode(bytes, params)?,
        MediaType::Pdf => return Err(PreprocessError::UnsupportedImage { kind: "PDF" }),
        MediaType::Xml => return Err(PreprocessError::UnsupportedImage { kind: "XML" }),
    };
    let orientation = exif_orientation(bytes);
    let raster = orientation.apply(decoded.raster);
    let dpi = credible_dpi(decoded.dpi, raster.width_px(), raster.height_px());
    Ok(Image { raster, dpi, rotation_degrees: orientation.clockwise_degrees() })
}

/// A broken EXIF block is no reason to refuse an image: upright is then the best guess.
fn exif_orientation(bytes: &[u8]) -> Orientation {
    let mut reader = exif::Reader::new();
    reader.continue_on_error(true);
    let exif = match reader.read_from_container(&mut Cursor::new(bytes)) {
        Ok(exif) => Some(exif),
        Err(error) => error.distill_partial_result(|_| {}).ok(),
    };
    let value = exif.as_ref().and_then(|exif| {
        exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)?.value.get_uint(0)
    });
    Orientation::from_exif(value.unwrap_or(1))
}

fn credible_dpi(stated: Option<f32>, width_px: u32, height_px: u32) -> f32 {
    let short_px = width_px.min(height_px) as f32;
    stated
        .filter(|dpi| *dpi > 1.0 && CREDIBLE_PAPER_WIDTH_IN.contains(&(short_px / dpi)))
        .unwrap_or(short_px / ASSUMED_PAPER_WIDTH_IN)
}

/// Brightness as the eye weighs it (ITU-R BT.601, the weights of JPEG itself), 0 to 255.
pub(crate) fn luma(red: u8, green: u8, blue: u8) -> u8 {
    // The weights add up to 256, so that a u16 holds the sum; wrapping, since overflow checks would keep loops
    // over pixels from being vectorised.
    let part = |weight: u16, value: u8| weight.wrapping_mul(u16::from(value));
    let sum = part(77, red).wrapping_add(part(150, green)).wrapping_add(part(29, blue));
    (sum.wrapping_add(128) >> 8) as u8
}

/// Grey seen through `alpha` on white paper.
fn over_white(grey: u8, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    ((u32::from(grey) * alpha + WHITE * (WHITE - alpha) + WHITE / 2) / WHITE) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_keeps_the_ends_of_the_scale() {
        assert_eq!((luma(0, 0, 0), luma(255, 255, 255)), (0, 255));
        assert_eq!((over_white(0, 0), over_white(0, 255), over_white(200, 255)), (255, 0, 200));
    }

    #[test]
    fn a_camera_that_says_72_dpi_is_not_believed() {
        assert!((credible_dpi(Some(72.0), 3024, 4032) - 365.7).abs() < 1.0);
        assert!((credible_dpi(Some(200.0), 1654, 2339) - 200.0).abs() < f32::EPSILON);
        assert!(credible_dpi(None, 827, 1170) > 99.0);
    }
}
