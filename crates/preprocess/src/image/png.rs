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

#[cfg(test)]
mod tests {
    use common::config::Config;
    use png::BitDepth;

    use super::*;

    /// A PNG of 2 x 1 pixels, or with another size in its header alone.
    fn file(color: ColorType, depth: BitDepth, data: &[u8], palette: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if !palette.is_empty() {
            encoder.set_palette(palette.to_vec());
            encoder.set_trns(vec![255, 0]);
        }
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    fn grey(bytes: &[u8]) -> Vec<u8> {
        let params = Params::from_config(&Config::defaults().unwrap());
        decode(bytes, &params).unwrap().raster.grey().to_vec()
    }

    #[test]
    fn every_kind_of_sample_becomes_grey_over_white() {
        use BitDepth::{Eight, One, Sixteen};
        use ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
        let palette = [0, 0, 0, 0, 0, 0];
        let cases: [(ColorType, BitDepth, &[u8], &[u8]); 7] = [
            (Grayscale, One, &[0b0100_0000], &[]),
            (Grayscale, Eight, &[0, 255], &[]),
            (Grayscale, Sixteen, &[0, 9, 255, 7], &[]),
            (GrayscaleAlpha, Eight, &[0, 255, 0, 0], &[]),
            (Rgb, Eight, &[0, 0, 0, 255, 255, 255], &[]),
            (Rgba, Sixteen, &[0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0], &[]),
            // Black, and a transparent entry.
            (Indexed, Eight, &[0, 1], &palette),
        ];
        for (color, depth, data, palette) in cases {
            let bytes = file(color, depth, data, palette);
            assert_eq!(grey(&bytes), [0, 255], "{color:?} {depth:?}");
        }
    }

    #[test]
    fn the_size_is_refused_before_pixels_are_decoded() {
        // A header that promises 60 000 x 60 000 pixels over the data of two.
        let mut bomb = file(ColorType::Grayscale, BitDepth::Eight, &[0, 255], &[]);
        bomb[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
        let crc = crc32(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        let params = Params::from_config(&Config::defaults().unwrap());
        let refused = decode(&bomb, &params).map(|_| ());
        assert!(matches!(refused, Err(PreprocessError::PageTooLarge { .. })), "{refused:?}");
    }

    #[test]
    fn a_cut_off_file_is_damaged() {
        let bytes = file(ColorType::Rgb, BitDepth::Eight, &[0, 0, 0, 9, 9, 9], &[]);
        let params = Params::from_config(&Config::defaults().unwrap());
        for len in [0, 4, 20, 40, bytes.len() - 20] {
            let cut = decode(&bytes[..len], &params).map(|_| ());
            assert!(matches!(cut, Err(PreprocessError::ImageDamaged { .. })), "{len}: {cut:?}");
        }
    }

    /// CRC of a PNG chunk, bit by bit.
    fn crc32(bytes: &[u8]) -> u32 {
        let step = |crc: u32| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
        let byte = |crc: u32, b: &u8| (0..8).fold(crc ^ u32::from(*b), |crc, _| step(crc));
        !bytes.iter().fold(u32::MAX, byte)
    }
}
