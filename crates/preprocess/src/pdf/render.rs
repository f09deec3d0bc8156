//! How many pixels a page is drawn with.

use crate::error::PreprocessError;
use crate::geometry::{Rect, Size};
use crate::params::Params;
use crate::pdf::Frame;
use crate::pdf::ffi::PlacedImage;

/// Resolution of drawn pages: print of 8 to 10 points gets capitals of 24 to 30 pixels, where
/// recognition is best.
const DRAWN_DPI: f32 = 300.0;

/// A scan below this is drawn larger than it is, so that hair lines of other objects survive.
const MIN_SCAN_DPI: f32 = 150.0;

/// A scan above this holds more pixels than recognition gains from; it is drawn at an integer
/// fraction, which averages whole pixels.
const MAX_SCAN_DPI: f32 = 400.0;

/// Longest side, pixels: A3 at 300 DPI. Paper whose points were meant as pixels, or plans, are
/// drawn at a lower resolution.
const MAX_SIDE_PX: f32 = 5_000.0;

/// An image smaller than this share of the page says nothing about the page's resolution.
const SPEAKING_IMAGE_SHARE: f32 = 0.1;

const POINTS_PER_INCH: f32 = 72.0;

/// Resolution, width and height of the page's raster.
pub(super) fn size(frame: &Frame, images: &[PlacedImage], is_scan: bool) -> (f32, u32, u32) {
    let dpi =
        if is_scan { scan_dpi(native_dpi(frame, images).unwrap_or(DRAWN_DPI)) } else { DRAWN_DPI };
    let longest_pt = frame.size.width.max(frame.size.height);
    let dpi = dpi.min(MAX_SIDE_PX * POINTS_PER_INCH / longest_pt);
    let pixels = |side_pt: f32| (side_pt / POINTS_PER_INCH * dpi).round().max(1.0) as u32;
    (dpi, pixels(frame.size.width), pixels(frame.size.height))
}

/// Where an image lies on the page as shown.
pub(super) fn place(image: &PlacedImage, frame: &Frame) -> Rect {
    let m = image.matrix;
    let (xs, ys) = (
        [m.e, m.e + m.a, m.e + m.c, m.e + m.a + m.c],
        [m.f, m.f + m.b, m.f + m.d, m.f + m.b + m.d],
    );
    let least = |values: [f32; 4]| values.into_iter().fold(f32::INFINITY, f32::min);
    let most = |values: [f32; 4]| values.into_iter().fold(f32::NEG_INFINITY, f32::max);
    frame.place(least(xs), least(ys), most(xs), most(ys))
}

/// Refuses images that would not fit into memory once decoded.
///
/// # Errors
/// [`PreprocessError::PageTooLarge`]. Sides count for nothing here: gradients are one pixel wide.
pub(super) fn check_image(
    page: u32,
    image: &PlacedImage,
    params: &Params,
) -> Result<(), PreprocessError> {
    let (width_px, height_px) = (u64::from(image.width_px), u64::from(image.height_px));
    if width_px.saturating_mul(height_px) <= params.max_page_pixels {
        return Ok(());
    }
    Err(PreprocessError::PageTooLarge {
        page,
        width_px,
        height_px,
        max_pixels: params.max_page_pixels,
        max_side_px: params.max_page_side_px,
    })
}

/// The finest resolution among images that cover a good part of the page: a scan may be split
/// into a coarse background and a fine mask with the text.
fn native_dpi(frame: &Frame, images: &[PlacedImage]) -> Option<f32> {
    let page_area = area(frame.size);
    images
        .iter()
        .filter(|image| {
            let place = place(image, frame);
            let size = Size { width: place.width(), height: place.height() };
            area(size) > SPEAKING_IMAGE_SHARE * page_area
        })
        .filter_map(|image| {
            let m = image.matrix;
            let across = image.width_px as f32 * POINTS_PER_INCH / m.a.hypot(m.b);
            let down = image.height_px as f32 * POINTS_PER_INCH / m.c.hypot(m.d);
            let dpi = across.max(down);
            dpi.is_finite().then_some(dpi)
        })
        .max_by(f32::total_cmp)
}

fn scan_dpi(native: f32) -> f32 {
    if native < MIN_SCAN_DPI {
        return MIN_SCAN_DPI;
    }
    native / (native / MAX_SCAN_DPI).ceil().max(1.0)
}

fn area(size: Size) -> f32 {
    size.width * size.height
}

#[cfg(test)]
mod tests {
    use pdfium_render::prelude::FS_MATRIX;

    use super::*;
    use crate::geometry::Turn;

    const A4: Size = Size { width: 595.0, height: 842.0 };

    fn frame(size: Size) -> Frame {
        Frame { left: 0.0, top: size.height, unturned: size, turn: Turn::None, size }
    }

    fn full_page(size: Size, width_px: u32, height_px: u32) -> PlacedImage {
        let matrix = FS_MATRIX { a: size.width, b: 0.0, c: 0.0, d: size.height, e: 0.0, f: 0.0 };
        PlacedImage { matrix, width_px, height_px }
    }

    #[test]
    fn a_scan_keeps_its_pixels() {
        let (dpi, width, height) = super::size(&frame(A4), &[full_page(A4, 1653, 2339)], true);
        assert!((dpi - 200.0).abs() < 0.5, "{dpi}");
        assert!(width.abs_diff(1653) <= 1 && height.abs_diff(2339) <= 1, "{width} x {height}");
    }

    #[test]
    fn a_fine_scan_is_halved_and_a_coarse_one_enlarged() {
        assert!((scan_dpi(600.0) - 300.0).abs() < 0.01);
        assert!((scan_dpi(1200.0) - 400.0).abs() < 0.01);
        assert!((scan_dpi(96.0) - 150.0).abs() < 0.01);
    }

    #[test]
    fn huge_paper_is_drawn_within_the_longest_side() {
        let paper = Size { width: 14_400.0, height: 100.0 };
        let (_, width, height) = super::size(&frame(paper), &[], false);
        assert_eq!(width, 5_000);
        assert!(height >= 1);
    }

    #[test]
    fn an_image_that_would_not_fit_is_refused_before_it_is_decoded() {
        let params = Params::from_config(&common::config::Config::defaults().unwrap());
        let bomb = full_page(A4, 60_000, 60_000);
        assert!(check_image(1, &bomb, &params).is_err());
        assert!(check_image(1, &full_page(A4, 1, 30_000), &params).is_ok());
    }
}
