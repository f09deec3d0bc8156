//! Photographed pages: the four edges of a page that lies on something darker, and the page cut out
//! along them, as if seen from straight above.

use opencv::core::{
    BORDER_REPLICATE, DECOMP_LU, Mat, MatTraitConst, MatTraitConstManual, Point2f, Scalar, Size,
    Vector,
};
use opencv::imgproc;

use crate::error::PreprocessError;
use crate::mat;
use crate::params::Params;
use crate::raster::Raster;
use crate::step::edge::{self, Edge, Plane};
use crate::step::ink::{self, InkMap};

/// Longer side that edges are looked for on, pixels: print fades into the paper, and an edge is
/// still found to a quarter of a pixel.
const SEARCH_SIDE_PX: u32 = 420;

/// Side of the median that takes print, noise and grain away before the search, reduced pixels.
const MEDIAN_PX: i32 = 5;

/// A page smaller than this share of the picture is not what the picture was taken for.
const LEAST_AREA: f32 = 0.3;

/// How much longer one side may be than the opposite one: a page seen at 40 degrees and more is
/// not legible at its far end anyway.
const MAX_OPPOSITE_RATIO: f32 = 1.6;

/// Cosine of the largest deviation of a corner from a right angle (30 degrees).
const MAX_CORNER_COSINE: f32 = 0.5;

/// Share of each side that must show an edge: a finger, a fold or dark
/// print may hide the rest.
const LEAST_SUPPORT: f32 = 0.6;

/// How far corners may lie outside of the picture, as a share of its side: a clipped corner.
const OUTSIDE_SHARE: f32 = 0.01;

/// Share of the letters that may lie outside: grain of a table looks like a few. More is print, and
/// the edges are those of a panel on the page.
const MAX_LETTERS_OUTSIDE: f32 = 0.1;

/// Corners of a page in a picture, pixels, clockwise from the upper left one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quad(pub(crate) [(f32, f32); 4]);

/// The page in the picture; `None` where it fills the picture, or where it is not certain.
///
/// # Errors
/// [`PreprocessError::Native`].
pub(crate) fn find(raster: &Raster) -> Result<Option<Quad>, PreprocessError> {
    let longer = raster.width_px().max(raster.height_px());
    let reduction = longer.div_ceil(SEARCH_SIDE_PX).max(1);
    let small = ink::averaged(raster, reduction)?;
    let mut smooth = Mat::default();
    imgproc::median_blur(&small, &mut smooth, MEDIAN_PX).map_err(mat::failed)?;
    let (width, height) = (smooth.cols().unsigned_abs(), smooth.rows().unsigned_abs());
    let grey = smooth.data_bytes().map_err(mat::failed)?;
    let plane = Plane::new(grey, width as usize, height as usize);
    let Some(quad) = quad_of(&plane) else { return Ok(None) };
    let full = |v: f32| (v + 0.5) * reduction as f32 - 0.5;
    let quad = Quad(quad.0.map(|(x, y)| (full(x), full(y))));
    Ok(holds_the_print(&quad, &InkMap::of(raster)?).then_some(quad))
}

/// Cuts the page out. `None` where it would be larger than a page may be.
///
/// # Errors
/// [`PreprocessError::Native`].
pub(crate) fn run(
    raster: &Raster,
    quad: &Quad,
    params: &Params,
) -> Result<Option<Raster>, PreprocessError> {
    let [a, b, c, d] = quad.0;
    let width = distance(a, b).max(distance(d, c)).round();
    let height = distance(a, d).max(distance(b, c)).round();
    if params.check_pixels(1, width as u64, height as u64).is_err() {
        return Ok(None);
    }
    let (right, lower) = (width - 1.0, height - 1.0);
    let from: Vector<Point2f> = quad.0.iter().map(|(x, y)| Point2f::new(*x, *y)).collect();
    let to: Vector<Point2f> = [(0.0, 0.0), (right, 0.0), (right, lower), (0.0, lower)]
        .into_iter()
        .map(|(x, y)| Point2f::new(x, y))
        .collect();
    let matrix = imgproc::get_perspective_transform(&from, &to, DECOMP_LU).map_err(mat::failed)?;
    let source = mat::view(raster)?;
    let mut page = Mat::default();
    imgproc::warp_perspective(
        &source,
        &mut page,
        &matrix,
        Size::new(width as i32, height as i32),
        imgproc::INTER_CUBIC,
        BORDER_REPLICATE,
        Scalar::all(0.0),
    )
    .map_err(mat::failed)?;
    Ok(Some(mat::raster(&page)?))
}

impl Quad {
    /// Share of a picture of `width` x `height` pixels.
    pub(crate) fn area_share(&self, width: f32, height: f32) -> f32 {
        let [a, b, c, d] = self.0;
        let cross = |p: (f32, f32), q: (f32, f32)| p.0 * q.1 - p.1 * q.0;
        let area = (cross(a, b) + cross(b, c) + cross(c, d) + cross(d, a)) / 2.0;
        area / (width * height).max(1.0)
    }

    fn contains(&self, x: f32, y: f32) -> bool {
        let [a, b, c, d] = self.0;
        [(a, b), (b, c), (c, d), (d, a)].into_iter().all(|(from, to)| {
            (to.0 - from.0) * (y - from.1) - (to.1 - from.1) * (x - from.0) >= 0.0
        })
    }

    fn is_plausible(&self, width: f32, height: f32) -> bool {
        let [a, b, c, d] = self.0;
        let inside = self.0.iter().all(|(x, y)| {
            let (dx, dy) = (width * OUTSIDE_SHARE, height * OUTSIDE_SHARE);
            *x >= -dx && *x <= width + dx && *y >= -dy && *y <= height + dy
        });
        let alike = |p: f32, q: f32| p.max(q) <= MAX_OPPOSITE_RATIO * p.min(q);
        let square = |p: (f32, f32), q: (f32, f32), r: (f32, f32)| {
            let dot = (p.0 - q.0) * (r.0 - q.0) + (p.1 - q.1) * (r.1 - q.1);
            dot.abs() <= MAX_CORNER_COSINE * distance(p, q) * distance(r, q)
        };
        inside
            && self.area_share(width, height) >= LEAST_AREA
            && alike(distance(a, b), distance(d, c))
            && alike(distance(a, d), distance(b, c))
            && square(d, a, b)
            && square(a, b, c)
            && square(b, c, d)
            && square(c, d, a)
    }
}

fn quad_of(plane: &Plane<'_>) -> Option<Quad> {
    let (width, height) = (plane.width as f32, plane.height as f32);
    let left = Edge::find(plane, edge::Side::Left)?;
    let right = Edge::find(plane, edge::Side::Right)?;
    let top = Edge::find(plane, edge::Side::Top)?;
    let bottom = Edge::find(plane, edge::Side::Bottom)?;
    let quad = Quad([
        crossing(&left, &top)?,
        crossing(&right, &top)?,
        crossing(&right, &bottom)?,
        crossing(&left, &bottom)?,
    ]);
    let [a, b, c, d] = quad.0;
    let supported = [
        top.support(a.0, b.0),
        bottom.support(d.0, c.0),
        left.support(a.1, d.1),
        right.support(b.1, c.1),
    ];
    let is_seen = supported.into_iter().all(|share| share >= LEAST_SUPPORT);
    (is_seen && quad.is_plausible(width, height)).then_some(quad)
}

/// Where an upright edge, x = p + q y, meets a level one, y = r + s x.
fn crossing(upright: &Edge, level: &Edge) -> Option<(f32, f32)> {
    let determinant = 1.0 - upright.slope * level.slope;
    let x = (upright.offset + upright.slope * level.offset) / determinant;
    let point = (x, level.offset + level.slope * x);
    (point.0.is_finite() && point.1.is_finite()).then_some(point)
}

fn holds_the_print(quad: &Quad, map: &InkMap) -> bool {
    let full = map.reduction as f32;
    let outside = map.letters.iter().filter(|blob| {
        let x = (blob.left as f32 + blob.width as f32 / 2.0) * full;
        let y = (blob.top as f32 + blob.height as f32 / 2.0) * full;
        !quad.contains(x, y)
    });
    outside.count() as f32 <= MAX_LETTERS_OUTSIDE * map.letters.len() as f32
}

fn distance(p: (f32, f32), q: (f32, f32)) -> f32 {
    (p.0 - q.0).hypot(p.1 - q.1)
}

#[cfg(test)]
mod tests {
    use common::config::Config;

    use super::*;

    const WIDTH: usize = 900;
    const HEIGHT: usize = 1200;
    const CORNERS: [(f32, f32); 4] =
        [(90.0, 80.0), (830.0, 120.0), (800.0, 1120.0), (60.0, 1090.0)];

    /// A page with lines of print on a table, under light that falls to the right.
    fn photo(table: f32, paper: f32) -> Raster {
        let quad = Quad(CORNERS);
        let pixel = |i: usize| {
            let (x, y) = ((i % WIDTH) as f32, (i / WIDTH) as f32);
            let grain = ((x * 7.0 + y * 13.0) % 11.0) - 5.0;
            let print = (150.0..700.0).contains(&x)
                && (200.0..1000.0).contains(&y)
                && y % 24.0 < 10.0
                && (x + (y / 24.0).floor() * 7.0) % 14.0 < 8.0;
            let brightness = if !quad.contains(x, y) {
                table + grain
            } else if print {
                paper * 0.2
            } else {
                paper
            };
            (brightness * (1.0 - 0.5 * x / WIDTH as f32)) as u8
        };
        let grey = (0..WIDTH * HEIGHT).map(pixel).collect();
        Raster::new(WIDTH as u32, HEIGHT as u32, grey).unwrap()
    }

    #[test]
    fn the_corners_of_a_page_on_a_table_are_found_to_a_few_pixels() {
        let found = find(&photo(80.0, 240.0)).unwrap().unwrap();
        for (found, truth) in found.0.into_iter().zip(CORNERS) {
            assert!(distance(found, truth) <= 4.0, "{found:?} {truth:?}");
        }
    }

    #[test]
    fn the_page_that_is_cut_out_has_the_size_of_its_sides() {
        let params = Params::from_config(&Config::defaults().unwrap());
        let page = run(&photo(80.0, 240.0), &Quad(CORNERS), &params).unwrap().unwrap();
        assert!(page.width_px().abs_diff(741) <= 2 && page.height_px().abs_diff(1010) <= 2);
        let corner = |x: u32, y: u32| page.grey()[(y * page.width_px() + x) as usize];
        assert!(corner(3, 3) > 200 && corner(3, page.height_px() - 4) > 200);
    }

    #[test]
    fn paper_on_paper_is_left_alone() {
        assert_eq!(find(&photo(240.0, 240.0)).unwrap(), None);
    }

    #[test]
    fn a_page_that_reaches_beyond_the_picture_is_left_alone() {
        let whole = photo(80.0, 240.0);
        let rows = HEIGHT - 300;
        let cut = whole.grey()[..WIDTH * rows].to_vec();
        let cut = Raster::new(WIDTH as u32, rows as u32, cut).unwrap();
        assert_eq!(find(&cut).unwrap(), None);
    }

    #[test]
    fn a_light_panel_with_print_around_it_is_no_page() {
        // Print on a grey page whose middle is white.
        let pixel = |i: usize| {
            let (x, y) = (i % WIDTH, i / WIDTH);
            let panel = (150..750).contains(&x) && (200..1000).contains(&y);
            let print = y % 24 < 10 && (x + y / 24 * 7) % 14 < 8 && x > 20 && x < 880;
            match (print, panel) {
                (true, _) => 10,
                (false, true) => 250,
                (false, false) => 130,
            }
        };
        let grey = (0..WIDTH * HEIGHT).map(pixel).collect();
        let page = Raster::new(WIDTH as u32, HEIGHT as u32, grey).unwrap();
        assert_eq!(find(&page).unwrap(), None);
    }
}
