//! How many pixels a page is drawn with.

use pdfium_render::prelude::FS_RECTF;

use crate::error::PreprocessError;
use crate::geometry::{Rect, Size, Turn};
use crate::params::Params;
use crate::pdf::Frame;
use crate::pdf::ffi::{PlacedImage, extent};
use crate::text_layer::Character;

/// Resolution of drawn pages whose print has no known size. Tesseract reads twelve invoices of as
/// many layouts at 150, 200, 250 and 300 DPI with a word F1 of .924, .949, .953 and .951, in 1.3,
/// 1.4, 1.6 and 1.7 s a page.
const DRAWN_DPI: f32 = 250.0;

/// Resolutions between which drawn pages are kept: below, thin strokes of logos and stamps break;
/// above, no reader gains.
const DRAWN_DPI_RANGE: std::ops::RangeInclusive<f32> = 150.0..=300.0;

/// Height of capitals, pixels, that drawn pages get: readers are best at 20 to 30, and the smaller
/// print of a page must not fall below.
const CAPITAL_HEIGHT_PX: f32 = 25.0;

/// Capitals of ordinary fonts, share of the font size.
const CAPITAL_HEIGHT_EM: f32 = 0.716;

/// So much of a page's print is smaller than what the resolution is chosen for: marginal notes.
const SMALL_PRINT_SHARE: f32 = 0.25;

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

pub(super) const POINTS_PER_INCH: f32 = 72.0;

/// Resolution of pages that are drawn for people: small print can be read, and a page is quickly made.
pub(super) const PICTURE_DPI: f32 = 150.0;

/// Longest side of the small picture that text is compared with, pixels: a point of A3 is a pixel.
const MAX_OVERVIEW_PX: f32 = 1_200.0;

/// Resolution, width and height of a page's raster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    pub(super) dpi: f32,
    pub(super) width_px: u32,
    pub(super) height_px: u32,
}

impl Extent {
    /// Of a page of `size` at `dpi`, or less where that would be too large.
    pub(super) fn at(dpi: f32, size: Size) -> Self {
        let longest_pt = size.width.max(size.height);
        let dpi = dpi.min(MAX_SIDE_PX * POINTS_PER_INCH / longest_pt);
        let (width_px, height_px) = pixels(size, dpi / POINTS_PER_INCH);
        Self { dpi, width_px, height_px }
    }

    /// After a quarter turn.
    pub(super) fn turned(self, turn: Turn) -> Self {
        match turn {
            Turn::None | Turn::Half => self,
            Turn::Right | Turn::Left => {
                Self { width_px: self.height_px, height_px: self.width_px, ..self }
            }
        }
    }
}

/// Resolution to draw a scan with that cannot be taken as it is.
pub(super) fn scan_dpi(frame: &Frame, images: &[PlacedImage]) -> f32 {
    let native = native_dpi(frame, images).unwrap_or(DRAWN_DPI);
    if native < MIN_SCAN_DPI { MIN_SCAN_DPI } else { native / divisor(native) as f32 }
}

/// Resolution to draw a page with whose seen characters are `characters`.
pub(super) fn drawn_dpi(characters: &[Character]) -> f32 {
    let seen = characters.iter().filter(|c| c.is_seen() && c.em_pt.is_finite());
    let mut sizes: Vec<f32> = seen.map(|c| c.em_pt).filter(|em_pt| *em_pt > 0.0).collect();
    sizes.sort_by(f32::total_cmp);
    let Some(em_pt) = sizes.get((SMALL_PRINT_SHARE * sizes.len() as f32) as usize) else {
        return DRAWN_DPI;
    };
    let dpi = CAPITAL_HEIGHT_PX / (CAPITAL_HEIGHT_EM * em_pt) * POINTS_PER_INCH;
    dpi.clamp(*DRAWN_DPI_RANGE.start(), *DRAWN_DPI_RANGE.end())
}

/// Pixels for each point, width and height of the small picture that text is compared with.
pub(super) fn overview(size: Size) -> (f32, u32, u32) {
    let px_per_pt = (MAX_OVERVIEW_PX / size.width.max(size.height)).min(1.0);
    let (width_px, height_px) = pixels(size, px_per_pt);
    (px_per_pt, width_px, height_px)
}

/// Resolutions of an image as it lies on the page, along its rows and across them; `None` when it
/// has no extent.
pub(super) fn dpi(image: &PlacedImage) -> Option<(f32, f32)> {
    let m = image.matrix;
    let across = image.width_px as f32 * POINTS_PER_INCH / m.a.hypot(m.b);
    let down = image.height_px as f32 * POINTS_PER_INCH / m.c.hypot(m.d);
    (across.is_finite() && down.is_finite()).then_some((across, down))
}

/// So many pixels of a scan at `dpi` become one, in both directions; 1 or more.
pub(super) fn divisor(dpi: f32) -> u32 {
    (dpi / MAX_SCAN_DPI).ceil().max(1.0) as u32
}

/// Where an image lies on the page as shown.
pub(super) fn place(image: &PlacedImage, frame: &Frame) -> Rect {
    let FS_RECTF { left, bottom, right, top } = extent(&image.matrix);
    frame.place(left, bottom, right, top)
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
        .filter_map(dpi)
        .map(|(across, down)| across.max(down))
        .max_by(f32::total_cmp)
}

fn pixels(size: Size, px_per_pt: f32) -> (u32, u32) {
    let pixels = |side_pt: f32| (side_pt * px_per_pt).round().max(1.0) as u32;
    (pixels(size.width), pixels(size.height))
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
        PlacedImage { matrix, width_px, height_px, order: 1, plain: true }
    }

    #[test]
    fn a_scan_is_drawn_with_as_many_pixels_as_it_has() {
        let dpi = scan_dpi(&frame(A4), &[full_page(A4, 1653, 2339)]);
        assert!((dpi - 200.0).abs() < 0.5, "{dpi}");
        let extent = Extent::at(dpi, A4);
        assert!(extent.width_px.abs_diff(1653) <= 1 && extent.height_px.abs_diff(2339) <= 1);
    }

    #[test]
    fn a_fine_scan_is_halved_and_a_coarse_one_drawn_larger() {
        assert_eq!((divisor(200.0), divisor(600.0), divisor(1200.0)), (1, 2, 3));
        let coarse = scan_dpi(&frame(A4), &[full_page(A4, 794, 1123)]);
        assert!((coarse - 150.0).abs() < 0.01, "{coarse}");
    }

    #[test]
    fn small_print_is_drawn_finer_than_large_print() {
        let print = |em_pt: f32| {
            vec![Character {
                index: 0,
                text: 'x',
                place: Rect::default(),
                turn: None,
                em_pt,
                generated: false,
                invisible: false,
                unmapped: false,
                inkless: false,
                font: 0,
            }]
        };
        assert!((drawn_dpi(&[]) - DRAWN_DPI).abs() < 0.1);
        assert!((drawn_dpi(&print(6.0)) - 300.0).abs() < 0.1);
        assert!((drawn_dpi(&print(30.0)) - 150.0).abs() < 0.1);
        // Capitals of 10 points are 7.16 points high.
        assert!((drawn_dpi(&print(10.0)) - 251.4).abs() < 1.0);
    }

    #[test]
    fn huge_paper_is_drawn_within_the_longest_side() {
        let paper = Size { width: 14_400.0, height: 100.0 };
        let extent = Extent::at(300.0, paper);
        assert_eq!(extent.width_px, 5_000);
        assert!(extent.height_px >= 1);
        let (px_per_pt, width_px, height_px) = overview(paper);
        assert_eq!((width_px, height_px), (1_200, 8));
        assert!((px_per_pt - 1.0 / 12.0).abs() < 1e-4);
        assert_eq!(overview(A4), (1.0, 595, 842));
    }

    #[test]
    fn an_image_that_would_not_fit_is_refused_before_it_is_decoded() {
        let params = Params::from_config(&common::config::Config::defaults().unwrap());
        let bomb = full_page(A4, 60_000, 60_000);
        assert!(check_image(1, &bomb, &params).is_err());
        assert!(check_image(1, &full_page(A4, 1, 30_000), &params).is_ok());
    }
}
