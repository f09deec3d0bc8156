//! Scans: where one image is the page, its own pixels are taken, without drawing the page.

use crate::geometry::{Size, Turn};
use crate::image::luma;
use crate::pdf::Frame;
use crate::pdf::ffi::{Drawing, Page, Pixels, PlacedImage};
use crate::pdf::render;
use crate::raster::Raster;
use crate::step::turn::Orientation;

/// Share of the page's side by which an edge of the image may miss the page's: rounding, or a
/// hair of margin. Places on the page shift by no more.
const EDGE_SLACK: f32 = 0.005;

/// Share by which resolutions across and down may differ. Those of a fax differ by half, and of its
/// pixels no letters can be made without drawing them.
const SQUARE_SLACK: f32 = 0.02;

/// Share of an image's side by which its corners may be off a quarter turn: less than a pixel.
const SLANT_SLACK: f32 = 0.000_3;

/// An image that is a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scan {
    /// Place in the list of images.
    index: usize,
    orientation: Orientation,
    /// So many stored pixels become one, in both directions.
    divisor: u32,
}

impl Scan {
    /// The image that is all that shows on the page, if there is one; text is not looked at.
    pub(super) fn find(drawing: &Drawing<'_>, frame: &Frame) -> Option<Self> {
        let index = drawing.images.len().checked_sub(1)?;
        let image = drawing.images.get(index)?;
        // Whatever was painted before lies under it.
        if !image.plain || image.order != drawing.last_drawn || !covers(image, frame) {
            return None;
        }
        let orientation = orientation(image, frame.turn)?;
        let (across, down) = render::dpi(image)?;
        if (across - down).abs() > SQUARE_SLACK * across.max(down) {
            return None;
        }
        let divisor = render::divisor(across.max(down));
        Some(Self { index, orientation, divisor })
    }

    /// The pixels, upright; `None` when PDFium cannot decode them.
    pub(super) fn raster(&self, page: &Page<'_>, drawing: &Drawing<'_>) -> Option<Raster> {
        let stored = page.read_pixels(drawing, self.index, |pixels| grey(pixels, self.divisor))?;
        Some(self.orientation.apply(stored))
    }
}

fn covers(image: &PlacedImage, frame: &Frame) -> bool {
    let place = render::place(image, frame);
    let Size { width, height } = frame.size;
    let near = |edge: f32, wanted: f32, side: f32| (edge - wanted).abs() <= EDGE_SLACK * side;
    near(place.x0, 0.0, width)
        && near(place.x1, width, width)
        && near(place.y0, 0.0, height)
        && near(place.y1, height, height)
}

/// How the stored pixels have to be turned and mirrored; `None` for a slant.
fn orientation(image: &PlacedImage, turn: Turn) -> Option<Orientation> {
    let m = image.matrix;
    // Where the stored image's right and lower edges point to, y downwards, after /Rotate.
    let mut right = (m.a, -m.b);
    let mut down = (-m.c, m.d);
    for _ in 0..turn.quarters() {
        (right, down) = ((-right.1, right.0), (-down.1, down.0));
    }
    let side = right.0.hypot(right.1).max(down.0.hypot(down.1));
    let sign = |v: f32| if v.abs() <= SLANT_SLACK * side { 0 } else { v.signum() as i8 };
    let value = match ((sign(right.0), sign(right.1)), (sign(down.0), sign(down.1))) {
        ((1, 0), (0, 1)) => 1,
        ((-1, 0), (0, 1)) => 2,
        ((-1, 0), (0, -1)) => 3,
        ((1, 0), (0, -1)) => 4,
        ((0, 1), (1, 0)) => 5,
        ((0, 1), (-1, 0)) => 6,
        ((0, -1), (-1, 0)) => 7,
        ((0, -1), (1, 0)) => 8,
        _ => return None,
    };
    Some(Orientation::from_exif(value))
}

/// Grey pixels, squares of `divisor` averaged.
fn grey(pixels: Pixels<'_>, divisor: u32) -> Option<Raster> {
    let width = pixels.width_px / divisor;
    let height = pixels.height_px / divisor;
    let row_bytes = pixels.width_px as usize * pixels.pixel_bytes;
    let rows = pixels.bytes.chunks_exact(pixels.stride).filter_map(|row| row.get(..row_bytes));
    if divisor <= 1 {
        let mut grey = Vec::with_capacity(width as usize * height as usize);
        rows.for_each(|row| grey.extend(greys(row, pixels.pixel_bytes)));
        return Raster::new(width, height, grey);
    }
    let mut grey = Vec::with_capacity(width as usize * height as usize);
    let mut sums = vec![0_u32; width as usize];
    for (y, row) in rows.enumerate() {
        let values: Vec<u8> = greys(row, pixels.pixel_bytes).collect();
        for (sum, square) in sums.iter_mut().zip(values.chunks_exact(divisor as usize)) {
            *sum += square.iter().copied().map(u32::from).sum::<u32>();
        }
        if (y + 1) % divisor as usize == 0 {
            let area = divisor * divisor;
            grey.extend(sums.iter_mut().map(|sum| (std::mem::take(sum) / area) as u8));
        }
    }
    Raster::new(width, height, grey)
}

fn greys(row: &[u8], pixel_bytes: usize) -> impl Iterator<Item = u8> + '_ {
    row.chunks_exact(pixel_bytes).map(|pixel| match *pixel {
        [blue, green, red, ..] => luma(red, green, blue),
        [grey, ..] => grey,
        [] => u8::MAX,
    })
}

#[cfg(test)]
mod tests {
    use pdfium_render::prelude::FS_MATRIX;

    use super::*;

    fn placed(a: f32, b: f32, c: f32, d: f32) -> PlacedImage {
        let matrix = FS_MATRIX { a, b, c, d, e: 0.0, f: 0.0 };
        PlacedImage { matrix, width_px: 100, height_px: 200, order: 1, plain: true }
    }

    #[test]
    fn rotate_and_matrix_turn_the_pixels_together() {
        let upright = placed(100.0, 0.0, 0.0, 200.0);
        let exif = |value| Some(Orientation::from_exif(value));
        assert_eq!(orientation(&upright, Turn::None), exif(1));
        assert_eq!(orientation(&upright, Turn::Right), exif(6));
        assert_eq!(orientation(&upright, Turn::Half), exif(3));
        assert_eq!(orientation(&upright, Turn::Left), exif(8));
        assert_eq!(orientation(&placed(-100.0, 0.0, 0.0, 200.0), Turn::None), exif(2));
        assert_eq!(orientation(&placed(100.0, 0.0, 0.0, -200.0), Turn::None), exif(4));
        // A quarter turn against the clock by the matrix, taken back by /Rotate.
        let turned = placed(0.0, 100.0, -200.0, 0.0);
        assert_eq!(orientation(&turned, Turn::None), exif(8));
        assert_eq!(orientation(&turned, Turn::Right), exif(1));
        assert_eq!(orientation(&placed(100.0, 3.0, -3.0, 200.0), Turn::None), None);
    }

    #[test]
    fn squares_are_averaged_and_filling_is_left_out() {
        let bytes = [0, 100, 200, 9, 40, 60, 80, 9, 1, 2, 3, 9, 5, 6, 7, 9];
        let pixels = Pixels { width_px: 3, height_px: 4, pixel_bytes: 1, stride: 4, bytes: &bytes };
        assert_eq!(grey(pixels, 1).unwrap().grey(), [0, 100, 200, 40, 60, 80, 1, 2, 3, 5, 6, 7]);
        assert_eq!(grey(pixels, 2).unwrap().grey(), [50, 3]);
    }

    #[test]
    fn colours_become_brightness() {
        let bytes = [255, 0, 0, 0, 0, 255];
        let pixels = Pixels { width_px: 2, height_px: 1, pixel_bytes: 3, stride: 6, bytes: &bytes };
        assert_eq!(grey(pixels, 1).unwrap().grey(), [luma(0, 0, 255), luma(255, 0, 0)]);
    }
}
