//! JPEG: baseline and progressive; grey, YCbCr, RGB, CMYK and YCCK.

mod header;

use std::panic::AssertUnwindSafe;

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::error::PreprocessError;
use crate::image::{Decoded, luma};
use crate::params::Params;
use crate::raster::Raster;
use header::Header;

/// `units` of a JFIF header: pixels per inch and per centimetre.
const DENSITY_PER_INCH: u8 = 1;
const DENSITY_PER_CENTIMETRE: u8 = 2;

/// Centimetres in an inch.
const CENTIMETRES_PER_INCH: f32 = 2.54;

/// Most scans of a progressive JPEG. Encoders write about ten; each one costs a pass over all
/// coefficients, so a file of thousands would burn the page's CPU time.
const MAX_SCANS: usize = 64;

/// How an attempt goes about a file.
#[derive(Clone, Copy)]
struct Manner {
    /// Any broken rule ends the attempt.
    strict: bool,
    /// Only the brightness is decoded: a third of the time less.
    grey_only: bool,
}

/// Decodes `bytes` to grey.
pub(super) fn decode(bytes: &[u8], params: &Params) -> Result<Decoded, PreprocessError> {
    let header = Header::of(bytes);
    let manners = [
        Manner { strict: true, grey_only: true },
        // The decoder fails on some sound files when it is to skip their colours.
        Manner { strict: true, grey_only: false },
        // Real files break small rules.
        Manner { strict: false, grey_only: false },
    ];
    let mut last = PreprocessError::ImageDamaged { reason: "the JPEG is empty" };
    for manner in manners {
        match guarded(|| attempt(bytes, header, params, manner)) {
            // The decoder fills up what is cut off, and the end of an invoice is its total.
            Ok(_) if !header.ends => {
                return Err(PreprocessError::ImageDamaged {
                    reason: "the JPEG ends before its pixels do",
                });
            }
            Err(damaged @ PreprocessError::ImageDamaged { .. }) => last = damaged,
            other => return other,
        }
    }
    Err(last)
}

/// The decoder panics on some damaged files. It shares nothing with the rest of the process, so
/// the file is at fault and the process may go on.
fn guarded(
    attempt: impl FnOnce() -> Result<Decoded, PreprocessError>,
) -> Result<Decoded, PreprocessError> {
    std::panic::catch_unwind(AssertUnwindSafe(attempt))
        .unwrap_or(Err(PreprocessError::ImageDamaged { reason: "the JPEG breaks its decoder" }))
}

fn attempt(
    bytes: &[u8],
    header: Header,
    params: &Params,
    manner: Manner,
) -> Result<Decoded, PreprocessError> {
    let options = DecoderOptions::default()
        .set_strict_mode(manner.strict)
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
    let is_grey = match stored {
        Some(ColorSpace::Luma) => true,
        Some(ColorSpace::YCbCr) => manner.grey_only && !header.rgb,
        _ => false,
    };
    if is_grey {
        decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
    } else if header.rgb && stored == Some(ColorSpace::YCbCr) {
        // Without Adobe's marker the decoder takes three components for YCbCr; asked for that, it
        // hands the samples out as they are stored.
        decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::YCbCr));
    }
    let samples = decoder.decode().map_err(damaged)?;
    let mut grey = if is_grey {
        samples
    } else {
        samples.as_chunks::<3>().0.iter().map(|[r, g, b]| luma(*r, *g, *b)).collect()
    };
    let is_ink = matches!(stored, Some(ColorSpace::CMYK | ColorSpace::YCCK));
    if is_ink && !header.adobe {
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

#[cfg(test)]
mod tests {
    use common::config::Config;

    use super::*;

    const GREY: &[u8] = include_bytes!("../../tests/fixtures/grey.jpg");
    const YCBCR: &[u8] = include_bytes!("../../tests/fixtures/ycbcr.jpg");
    const PROGRESSIVE: &[u8] = include_bytes!("../../tests/fixtures/progressive.jpg");
    const RGB: &[u8] = include_bytes!("../../tests/fixtures/rgb.jpg");
    const CMYK: &[u8] = include_bytes!("../../tests/fixtures/cmyk.jpg");

    fn params() -> Params {
        Params::from_config(&Config::defaults().unwrap())
    }

    #[test]
    fn every_colour_model_shows_the_same_picture() {
        for bytes in [GREY, YCBCR, PROGRESSIVE, RGB, CMYK] {
            let raster = decode(bytes, &params()).unwrap().raster;
            assert_eq!((raster.width_px(), raster.height_px()), (64, 48));
            let at = |x: usize, y: usize| raster.grey()[y * 64 + x];
            assert!(at(4, 4) < 15, "black corner {}", at(4, 4));
            assert!(at(8, 40).abs_diff(60) < 10, "dark half {}", at(8, 40));
            assert!(at(56, 24).abs_diff(220) < 10, "light half {}", at(56, 24));
        }
    }

    #[test]
    fn a_cut_off_file_is_damaged_and_not_filled_up() {
        for bytes in [GREY, YCBCR, PROGRESSIVE] {
            let cut = decode(&bytes[..bytes.len() - 60], &params()).map(|_| ());
            assert!(matches!(cut, Err(PreprocessError::ImageDamaged { .. })), "{cut:?}");
        }
    }

    #[test]
    fn the_size_is_refused_before_pixels_are_decoded() {
        let mut huge = YCBCR.to_vec();
        let frame = huge.windows(4).position(|w| w == [0xFF, 0xC0, 0, 17]).unwrap();
        huge[frame + 5..frame + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
        let refused = decode(&huge, &params()).map(|_| ());
        let Err(PreprocessError::PageTooLarge { width_px, height_px, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((width_px, height_px), (60_000, 60_000));
    }

    #[test]
    fn a_decoder_that_panics_means_a_damaged_file() {
        let panicking = || -> Result<Decoded, PreprocessError> { panic!("as the decoder does") };
        assert!(matches!(guarded(panicking), Err(PreprocessError::ImageDamaged { .. })));
    }
}
