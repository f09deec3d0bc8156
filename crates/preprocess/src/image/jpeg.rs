//! JPEG: baseline and progressive; grey, YCbCr, RGB, CMYK and YCCK.

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::error::PreprocessError;
use crate::image::{Decoded, luma};
use crate::params::Params;
use crate::raster::Raster;

/// `units` of a JFIF header: pixels per inch and per centimetre.
const DENSITY_PER_INCH: u8 = 1;
const DENSITY_PER_CENTIMETRE: u8 = 2;

/// Centimetres in an inch.
const CENTIMETRES_PER_INCH: f32 = 2.54;

/// Most scans of a progressive JPEG. Encoders write about ten; each one costs a pass over all
/// coefficients, so a file of thousands would burn the page's CPU time.
const MAX_SCANS: usize = 64;

/// Marker that ends a JPEG.
const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];

/// Decodes `bytes` to grey.
pub(super) fn decode(bytes: &[u8], params: &Params) -> Result<Decoded, PreprocessError> {
    match attempt(bytes, params, true) {
        // Real-world files break small rules. One that still has its end mark is worth a
        // tolerant attempt; one without is cut off, and a tolerant decoder would invent the rest.
        Err(PreprocessError::ImageDamaged { .. }) if has_end_mark(bytes) => {
            attempt(bytes, params, false)
        }
        other => other,
    }
}

fn attempt(bytes: &[u8], params: &Params, strict: bool) -> Result<Decoded, PreprocessError> {
    let options = DecoderOptions::default()
        .set_strict_mode(strict)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(bytes, options);
    decoder.decode_headers().map_err(damaged)?;
    let missing = PreprocessError::ImageDamaged { reason: "the JPEG has no frame header" };
    let info = decoder.info().ok_or(missing)?;
    params.check_pixels(1, u64::from(info.width), u64::from(info.height))?;

    let stored = decoder.get_input_colorspace();
    let is_grey = matches!(stored, Some(ColorSpace::YCbCr | ColorSpace::Luma));
    if is_grey {
        // The Y plane is the grey image: two thirds of the work are never done.
        decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
    }
    let samples = decoder.decode().map_err(damaged)?;
    let mut grey = if is_grey {
        samples
    } else {
        samples.as_chunks::<3>().0.iter().map(|[r, g, b]| luma(*r, *g, *b)).collect()
    };
    let is_ink = matches!(stored, Some(ColorSpace::CMYK | ColorSpace::YCCK));
    if is_ink && !has_adobe_marker(bytes) {
        // Adobe stores ink inverted and the decoder expects that; others store it as it is.
        grey.iter_mut().for_each(|v| *v = 255 - *v);
    }
    let raster = Raster::new(u32::from(info.width), u32::from(info.height), grey)
        .ok_or(PreprocessError::ImageDamaged { reason: "the JPEG holds too few pixels" })?;
    let density = f32::from(info.x_density);
    let dpi = match info.pixel_density {
        DENSITY_PER_INCH => Some(density),
        DENSITY_PER_CENTIMETRE => Some(density * CENTIMETRES_PER_INCH),
        _ => None,
    };
    Ok(Decoded { raster, dpi })
}

/// Whether the file ends as a JPEG does; some writers pad behind the mark.
fn has_end_mark(bytes: &[u8]) -> bool {
    /// Longest padding accepted behind the mark, bytes.
    const PADDING: usize = 4096;
    let tail = bytes.get(bytes.len().saturating_sub(PADDING)..).unwrap_or(bytes);
    tail.windows(END_OF_IMAGE.len()).any(|pair| pair == END_OF_IMAGE)
}

/// Whether an APP14 segment of Adobe stands before the pixels.
fn has_adobe_marker(bytes: &[u8]) -> bool {
    /// APP14 with its length (14) and name.
    const ADOBE: &[u8] = &[0xFF, 0xEE, 0x00, 0x0E, b'A', b'd', b'o', b'b', b'e'];
    bytes.windows(ADOBE.len()).any(|window| window == ADOBE)
}

/// The decoder's own words may quote bytes of the file, so only the kind is kept.
#[expect(clippy::needless_pass_by_value, reason = "the signature that map_err takes")]
fn damaged(error: DecodeErrors) -> PreprocessError {
    let reason = match error {
        DecodeErrors::Unsupported(_) => {
            return PreprocessError::UnsupportedImage { kind: "JPEG coding process" };
        }
        DecodeErrors::ExhaustedData => "the JPEG ends before its pixels do",
        DecodeErrors::ZeroError => "the JPEG has no width or no height",
        DecodeErrors::HuffmanDecode(_) | DecodeErrors::MCUError(_) => {
            "the JPEG's pixels cannot be decoded"
        }
        DecodeErrors::LargeDimensions(_) | DecodeErrors::TooSmallOutput(..) => {
            "the JPEG has an impossible size"
        }
        DecodeErrors::Format(_)
        | DecodeErrors::FormatStatic(_)
        | DecodeErrors::IllegalMagicBytes(_)
        | DecodeErrors::DqtError(_)
        | DecodeErrors::SosError(_)
        | DecodeErrors::SofError(_) => "the JPEG does not follow its format",
    };
    PreprocessError::ImageDamaged { reason }
}
