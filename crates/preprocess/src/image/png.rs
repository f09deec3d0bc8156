//! PNG: every bit depth, palette, alpha, interlacing.

use std::io::Cursor;

use png::{ColorType, DecodingError, Transformations, Unit};

use crate::error::PreprocessError;
use crate::image::{Decoded, luma, over_white};
use crate::params::Params;
use crate::raster::Raster;

/// Inches in a metre, the unit of `pHYs`.
const INCHES_PER_METRE: f32 = 39.37;

/// What chunks beside the pixels may take, bytes: palettes and the like are small.
const MAX_SIDE_CHUNK_BYTES: usize = 8 << 20;

/// Decodes `bytes` to grey, transparency over white.
pub(super) fn decode(bytes: &[u8], params: &Params) -> Result<Decoded, PreprocessError> {
    let limits = png::Limits { bytes: MAX_SIDE_CHUNK_BYTES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
    // Text and colour profiles are neither needed nor worth inflating.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(damaged)?;
    params.check_pixels(1, u64::from(header.width), u64::from(header.height))?;

    let mut reader = decoder.read_info().map_err(damaged)?;
    let too_long = PreprocessError::ImageDamaged { reason: "the PNG has an impossible size" };
    let mut samples = vec![0; reader.output_buffer_size().ok_or(too_long)?];
    let frame = reader.next_frame(&mut samples).map_err(damaged)?;
    samples.truncate(frame.buffer_size());
    let grey = to_grey(samples, frame.color_type)?;
    let dpi = reader.info().pixel_dims.filter(|dims| dims.unit == Unit::Meter);
    let dpi = dpi.map(|dims| dims.xppu as f32 / INCHES_PER_METRE);
    let raster = Raster::new(frame.width, frame.height, grey)
        .ok_or(PreprocessError::ImageDamaged { reason: "the PNG holds too few pixels" })?;
    Ok(Decoded { raster, dpi })
}

fn to_grey(samples: Vec<u8>, color: ColorType) -> Result<Vec<u8>, PreprocessError> {
    let grey = match color {
        ColorType::Grayscale => samples,
        ColorType::GrayscaleAlpha => {
            samples.as_chunks::<2>().0.iter().map(|[g, a]| over_white(*g, *a)).collect()
        }
        ColorType::Rgb => {
            samples.as_chunks::<3>().0.iter().map(|[r, g, b]| luma(*r, *g, *b)).collect()
        }
        ColorType::Rgba => {
            let pixels = samples.as_chunks::<4>().0.iter();
            pixels.map(|[r, g, b, a]| over_white(luma(*r, *g, *b), *a)).collect()
        }
        // `normalize_to_color8` has expanded palettes.
        ColorType::Indexed => {
            return Err(PreprocessError::UnsupportedImage { kind: "indexed PNG" });
        }
    };
    Ok(grey)
}

/// The decoder's own words may quote chunk contents, so only the kind is kept.
#[expect(clippy::needless_pass_by_value, reason = "the signature that map_err takes")]
fn damaged(error: DecodingError) -> PreprocessError {
    let reason = match error {
        DecodingError::IoError(_) => "the PNG ends before its pixels do",
        DecodingError::Format(_) => "the PNG does not follow its format",
        DecodingError::Parameter(_) => "the PNG has an impossible size",
        DecodingError::LimitsExceeded => "the PNG holds an oversized chunk",
    };
    PreprocessError::ImageDamaged { reason }
}
