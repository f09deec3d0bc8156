//! A text line as the recogniser wants it: level, 48 pixels high.

use crate::engine::ppocr::hull::Point;
use crate::engine::ppocr::regions::Region;
use crate::engine::ppocr::resize::{Crop, Resizer};
use crate::error::OcrError;
use crate::raster::Raster;

/// Height of the recogniser's image, pixels.
pub(crate) const HEIGHT: usize = 48;

/// Widest strip, pixels: some 250 characters. What is longer is a rule or a mistake.
const MAX_WIDTH: f32 = 6_000.0;

/// Narrowest strip that the network takes, pixels.
const MIN_WIDTH: f32 = 16.0;

/// A region whose ends differ by less than this part of its height is cut out as it lies; turning
/// it would blur it for nothing.
const LEVEL: f32 = 0.08;

/// A region this many times as long as high that lies across the direction of reading is turned;
/// a single upright digit has half of it.
const UPENDED_ASPECT: f32 = 2.5;

/// A text line cut out of its page.
#[derive(Clone, Debug)]
pub(crate) struct Strip {
    /// Where it was.
    pub(crate) region: Region,
    /// [`HEIGHT`] rows of equal length, 0 black.
    pub(crate) grey: Vec<u8>,
}

impl Strip {
    /// Cuts `region` out of `page`.
    ///
    /// # Errors
    /// [`OcrError::Network`].
    pub(super) fn cut(
        page: &Raster,
        region: &Region,
        resizer: &mut Resizer,
    ) -> Result<Self, OcrError> {
        let region = standing(region);
        let width = (HEIGHT as f32 * region.length / region.height.max(1.0)).round();
        let width = width.clamp(MIN_WIDTH, MAX_WIDTH) as u32;
        let drift = (region.along.y * region.length).abs();
        let level = region.along.x > 0.0 && drift <= LEVEL * region.height;
        let grey = if level && let Some(crop) = inside(page, &region) {
            let whole = (page.width_px, page.height_px, page.grey.as_slice());
            resizer.part(whole, crop, width, HEIGHT as u32)?
        } else {
            let (columns, rows) = (side(region.length), side(region.height));
            let turned = levelled(page, &region, columns, rows);
            let (w, h) = (f64::from(columns), f64::from(rows));
            let crop = Crop { left: 0.0, top: 0.0, width: w, height: h };
            resizer.part((columns, rows, &turned), crop, width, HEIGHT as u32)?
        };
        Ok(Self { region, grey })
    }

    /// Pixels in a row.
    pub(crate) fn width(&self) -> usize {
        self.grey.len() / HEIGHT
    }

    /// The part from column `start` to `end` (excluded), both within the strip.
    pub(super) fn part(&self, start: usize, end: usize) -> Self {
        let rows = self.grey.chunks_exact(self.width().max(1));
        let part = rows.filter_map(|row| row.get(start..end)).flatten().copied();
        Self { region: self.region, grey: part.collect() }
    }

    /// The strip upside down.
    pub(super) fn turned(&self) -> Self {
        Self { region: self.region, grey: self.grey.iter().rev().copied().collect() }
    }

    /// Corners on the page of the part from column `x0` to `x1` and row `y0` to `y1`.
    pub(super) fn corners(&self, x0: f32, x1: f32, y0: f32, y1: f32) -> [Point; 4] {
        let width = self.width().max(1) as f32;
        let at = |x: f32, y: f32| {
            let u = (x / width - 0.5) * self.region.length;
            let v = (y / HEIGHT as f32 - 0.5) * self.region.height;
            let Point { x: ax, y: ay } = self.region.along;
            let centre = self.region.centre;
            Point { x: centre.x + u * ax - v * ay, y: centre.y + u * ay + v * ax }
        };
        [at(x0, y0), at(x1, y0), at(x1, y1), at(x0, y1)]
    }
}

/// The region with its length along the text: a piece that is a little higher than long is a
/// character or two, one that is much higher is text that runs up the page.
fn standing(region: &Region) -> Region {
    if !region.is_upended() || region.length >= UPENDED_ASPECT * region.height {
        return *region;
    }
    let Point { x, y } = region.along;
    let along = if y < 0.0 { Point { x: -y, y: x } } else { Point { x: y, y: -x } };
    Region { along, length: region.height, height: region.length, ..*region }
}

fn side(pixels: f32) -> u32 {
    pixels.round().clamp(1.0, MAX_WIDTH) as u32
}

/// The level rectangle of the region; `None` when it is not wholly on the page.
fn inside(page: &Raster, region: &Region) -> Option<Crop> {
    let left = region.centre.x - region.length / 2.0;
    let top = region.centre.y - region.height / 2.0;
    let fits = left >= 0.0
        && top >= 0.0
        && left + region.length <= page.width_px as f32
        && top + region.height <= page.height_px as f32;
    fits.then(|| Crop {
        left: left.into(),
        top: top.into(),
        width: region.length.into(),
        height: region.height.into(),
    })
}

/// The region turned level at the page's own resolution, bilinear.
fn levelled(page: &Raster, region: &Region, columns: u32, rows: u32) -> Vec<u8> {
    let Point { x: ax, y: ay } = region.along;
    let mut grey = Vec::with_capacity(columns as usize * rows as usize);
    for row in 0..rows {
        let v = (row as f32 + 0.5) / rows as f32 * region.height - region.height / 2.0;
        for column in 0..columns {
            let u = (column as f32 + 0.5) / columns as f32 * region.length - region.length / 2.0;
            let x = region.centre.x + u * ax - v * ay - 0.5;
            let y = region.centre.y + u * ay + v * ax - 0.5;
            grey.push(sample(page, x, y));
        }
    }
    grey
}

/// The page between its pixels; beyond its edge the pixel at the edge.
fn sample(page: &Raster, x: f32, y: f32) -> u8 {
    let (left, top) = (x.floor(), y.floor());
    let (dx, dy) = (x - left, y - top);
    let pixel = |x: f32, y: f32| {
        let column = x.clamp(0.0, page.width_px as f32 - 1.0) as usize;
        let row = y.clamp(0.0, page.height_px as f32 - 1.0) as usize;
        f32::from(page.grey.get(row * page.width_px as usize + column).copied().unwrap_or(255))
    };
    let upper = pixel(left, top) * (1.0 - dx) + pixel(left + 1.0, top) * dx;
    let lower = pixel(left, top + 1.0) * (1.0 - dx) + pixel(left + 1.0, top + 1.0) * dx;
    (upper * (1.0 - dy) + lower * dy).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with one dark bar of 100 x 10 px around (100, 60), in the direction of `slope`.
    fn page(slope: f32) -> (Raster, Region) {
        let along = Point { x: 1.0, y: slope }.unit();
        let mut grey = vec![255; 200 * 120];
        for (i, pixel) in grey.iter_mut().enumerate() {
            let (dx, dy) = ((i % 200) as f32 + 0.5 - 100.0, (i / 200) as f32 + 0.5 - 60.0);
            let (u, v) = (dx * along.x + dy * along.y, dy * along.x - dx * along.y);
            if u.abs() < 50.0 && v.abs() < 5.0 {
                *pixel = 0;
            }
        }
        let centre = Point { x: 100.0, y: 60.0 };
        let region = Region { centre, along, length: 120.0, height: 20.0, score: 1.0 };
        (Raster { width_px: 200, height_px: 120, dpi: 200.0, grey }, region)
    }

    /// Darkness of the middle row's ends and centre, and of the upper edge.
    fn shades(strip: &Strip) -> [u8; 3] {
        let width = strip.width();
        let middle = HEIGHT / 2 * width;
        [strip.grey[middle + 5], strip.grey[middle + width / 2], strip.grey[2 * width + width / 2]]
    }

    #[test]
    fn a_bar_comes_out_level_whatever_its_slope() {
        for slope in [0.0, 0.05, -0.3] {
            let (page, region) = page(slope);
            let strip = Strip::cut(&page, &region, &mut Resizer::default()).unwrap();
            assert_eq!(strip.width(), 288);
            let [end, centre, edge] = shades(&strip);
            assert!(end > 200 && centre < 50 && edge > 200, "{slope}: {end} {centre} {edge}");
        }
    }

    #[test]
    fn corners_lead_back_to_the_page() {
        let (page, region) = page(0.3);
        let strip = Strip::cut(&page, &region, &mut Resizer::default()).unwrap();
        let [a, _, c, _] = strip.corners(0.0, strip.width() as f32, 0.0, HEIGHT as f32);
        let middle = Point { x: f32::midpoint(a.x, c.x), y: f32::midpoint(a.y, c.y) };
        assert!((middle.x - 100.0).abs() < 0.1 && (middle.y - 60.0).abs() < 0.1);
        assert!(((c.x - a.x).hypot(c.y - a.y) - 120.0_f32.hypot(20.0)).abs() < 0.1);
    }

    #[test]
    fn a_single_upright_character_is_not_turned() {
        let up = Point { x: 0.0, y: -1.0 };
        let digit =
            Region { centre: Point::default(), along: up, length: 30.0, height: 14.0, score: 1.0 };
        let standing_digit = standing(&digit);
        assert!((standing_digit.along.x - 1.0).abs() < 1e-6, "{standing_digit:?}");
        assert_eq!((standing_digit.length, standing_digit.height), (14.0, 30.0));
        let margin = Region { length: 200.0, ..digit };
        assert_eq!(standing(&margin), margin);
    }

    #[test]
    fn regions_over_the_edge_are_cut_to_the_page() {
        let (page, region) = page(0.0);
        for centre in
            [Point { x: 5.0, y: 2.0 }, Point { x: 198.0, y: 118.0 }, Point { x: -500.0, y: 0.0 }]
        {
            let strip = Strip::cut(&page, &Region { centre, ..region }, &mut Resizer::default());
            assert_eq!(strip.unwrap().grey.len() % HEIGHT, 0);
        }
    }
}
