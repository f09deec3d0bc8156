//! Where text stands: regions out of the detector's map of probabilities. Pure.
//!
//! The method is DB (Liao et al. 2020, "Real-time Scene Text Detection with Differentiable
//! Binarization"): a map of shrunk text lines, cut at a threshold, each piece boxed and grown again.

use crate::engine::ppocr::hull::{self, Point};

/// A pixel above this belongs to a text line (PP-OCRv6's own setting).
const TEXT: f32 = 0.2;

/// A piece whose mean is below this is no text (PP-OCRv6's own setting).
const LEAST_SCORE: f32 = 0.4;

/// How far a piece is grown: this times its area by its circumference (PP-OCRv6's own setting).
const GROWTH: f32 = 1.4;

/// What the ends of a line get beside that, as a share of the piece's height: the core ends inside the
/// first and the last letter, and narrow ones (l, r, t, 1) were lost. On 34 pages of dev the word F1 is
/// .974, .976, .978 with 0, 0.1 and 0.2, and .980 instead of .981 with 0.35 instead of 0.2, together
/// with the rules for spaces; at 100 DPI .963, .964, .967.
const END_MARGIN: f32 = 0.2;

/// Pieces with a side of fewer pixels of the map are specks.
const LEAST_SIDE: f32 = 2.0;

/// Most regions of a page, the largest first: a page of a price list has some 800.
const MAX_REGIONS: usize = 3_000;

/// The direction of a region this many times as long as high is that of its text; shorter ones
/// (a digit, a currency sign) lie in the direction of the page.
const SPEAKING_ASPECT: f32 = 3.0;

/// The detector's answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map<'a> {
    /// Values in a row.
    pub(crate) width: usize,
    /// Row by row, each 0 to 1.
    pub(crate) values: &'a [f32],
}

/// A text line, as a rectangle in any direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Region {
    /// Its centre.
    pub(crate) centre: Point,
    /// Direction of the text, a vector of length 1 within 45 degrees of rightwards, except for
    /// text that runs up or down.
    pub(crate) along: Point,
    /// Extent along the text.
    pub(crate) length: f32,
    /// Extent across it.
    pub(crate) height: f32,
    /// Mean probability, 0 to 1.
    pub(crate) score: f32,
}

impl Region {
    /// The region on a page that is `by.0` times as wide and `by.1` times as high as the map.
    #[must_use]
    pub(crate) fn scaled(&self, by: (f32, f32)) -> Self {
        let along = Point { x: self.along.x * by.0, y: self.along.y * by.1 };
        let across = Point { x: -self.along.y * by.0, y: self.along.x * by.1 };
        Self {
            centre: Point { x: self.centre.x * by.0, y: self.centre.y * by.1 },
            along: along.unit(),
            length: self.length * along.length(),
            height: self.height * across.length(),
            score: self.score,
        }
    }

    /// Whether the text runs down or up the page rather than across.
    pub(crate) fn is_upended(&self) -> bool {
        self.along.y.abs() > self.along.x.abs()
    }
}

/// The text lines in `map`, in no particular order.
pub(crate) fn find(map: Map<'_>) -> Vec<Region> {
    let mut pieces = pieces(map);
    pieces.retain(|piece| piece.sum / piece.pixels as f32 >= LEAST_SCORE);
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.pixels));
    pieces.truncate(MAX_REGIONS);
    let hulls: Vec<(Vec<Point>, f32)> = pieces
        .into_iter()
        .map(|piece| (hull::convex(piece.outline), piece.sum / piece.pixels as f32))
        .collect();
    let tight: Vec<Option<Region>> =
        hulls.iter().map(|(points, score)| tightest(points, *score)).collect();
    let direction = direction(tight.iter().flatten());
    let regions = hulls.iter().zip(tight).filter_map(|((points, score), tight)| {
        let tight = tight?;
        let speaks = tight.length >= SPEAKING_ASPECT * tight.height;
        let region = if speaks { tight } else { around(points, direction, *score) };
        (region.length.min(region.height) >= LEAST_SIDE).then(|| grown(&region))
    });
    regions.collect()
}

/// Pixels that hang together.
struct Piece {
    /// Corners of its runs of pixels.
    outline: Vec<Point>,
    pixels: usize,
    sum: f32,
}

/// A run of text pixels in one row, `end` excluded.
#[derive(Clone, Copy)]
struct Run {
    row: usize,
    start: usize,
    end: usize,
    sum: f32,
}

fn pieces(map: Map<'_>) -> Vec<Piece> {
    let runs = runs(map);
    // Runs of neighbouring rows that touch, also by a corner, are one piece: union-find over runs.
    let mut parents: Vec<usize> = (0..runs.len()).collect();
    let mut upper = 0;
    for (at, run) in runs.iter().enumerate() {
        while runs.get(upper).is_some_and(|above| {
            above.row + 1 < run.row || (above.row + 1 == run.row && above.end < run.start)
        }) {
            upper += 1;
        }
        let touching = runs.iter().enumerate().skip(upper);
        let touching =
            touching.take_while(|(_, other)| other.row < run.row && other.start <= run.end);
        for (other, _) in touching {
            let (a, b) = (root(&parents, at), root(&parents, other));
            if let Some(parent) = parents.get_mut(a.max(b)) {
                *parent = a.min(b);
            }
        }
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut of_root = vec![usize::MAX; runs.len()];
    for (at, run) in runs.iter().enumerate() {
        let Some(place) = of_root.get_mut(root(&parents, at)) else { continue };
        if *place == usize::MAX {
            *place = pieces.len();
            pieces.push(Piece { outline: Vec::new(), pixels: 0, sum: 0.0 });
        }
        let Some(piece) = pieces.get_mut(*place) else { continue };
        let (x0, x1) = (run.start as f32, run.end as f32);
        let (y0, y1) = (run.row as f32, run.row as f32 + 1.0);
        let corners = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)];
        piece.outline.extend(corners.map(|(x, y)| Point { x, y }));
        piece.pixels += run.end - run.start;
        piece.sum += run.sum;
    }
    pieces
}

fn runs(map: Map<'_>) -> Vec<Run> {
    let mut runs = Vec::new();
    for (row, values) in map.values.chunks_exact(map.width.max(1)).enumerate() {
        let mut open: Option<Run> = None;
        for (x, &value) in values.iter().enumerate() {
            if value > TEXT {
                let run = open.get_or_insert(Run { row, start: x, end: x, sum: 0.0 });
                run.end = x + 1;
                run.sum += value;
            } else if let Some(run) = open.take() {
                runs.push(run);
            }
        }
        runs.extend(open);
    }
    runs
}

fn root(parents: &[usize], mut at: usize) -> usize {
    while let Some(&parent) = parents.get(at) {
        if parent == at {
            break;
        }
        at = parent;
    }
    at
}

/// The smallest rectangle around `points`: one of its sides lies on a side of the hull.
fn tightest(points: &[Point], score: f32) -> Option<Region> {
    let following = points.iter().cycle().skip(1);
    let sides = points.iter().zip(following).map(|(a, b)| Point { x: b.x - a.x, y: b.y - a.y });
    sides
        .filter(|side| side.length() > 0.0)
        .map(|side| around(points, readable(side.unit()), score))
        .min_by(|a, b| (a.length * a.height).total_cmp(&(b.length * b.height)))
        .map(|region| {
            if region.height > region.length {
                // Longer across than along: seen from the other side.
                let turned = Point { x: -region.along.y, y: region.along.x };
                around(points, readable(turned), score)
            } else {
                region
            }
        })
}

/// The same axis, pointing rightwards, or up where it is nearly upright.
fn readable(direction: Point) -> Point {
    let Point { x, y } = direction;
    // Text in a margin mostly runs upwards, so its start is below.
    let backwards = if x.abs() >= y.abs() { x < 0.0 } else { y > 0.0 };
    if backwards { Point { x: -x, y: -y } } else { direction }
}

/// The rectangle around `points` with a side in the direction `along`.
fn around(points: &[Point], along: Point, score: f32) -> Region {
    let (mut u0, mut u1) = (f32::INFINITY, f32::NEG_INFINITY);
    let (mut v0, mut v1) = (f32::INFINITY, f32::NEG_INFINITY);
    for point in points {
        let u = point.x * along.x + point.y * along.y;
        let v = point.y * along.x - point.x * along.y;
        (u0, u1) = (u0.min(u), u1.max(u));
        (v0, v1) = (v0.min(v), v1.max(v));
    }
    let (u, v) = (f32::midpoint(u0, u1), f32::midpoint(v0, v1));
    let centre = Point { x: u * along.x - v * along.y, y: u * along.y + v * along.x };
    Region { centre, along, length: u1 - u0, height: v1 - v0, score }
}

/// The direction of most text that lies across the page: the median by length; rightwards
/// without any.
fn direction<'a>(regions: impl Iterator<Item = &'a Region>) -> Point {
    let mut slopes: Vec<(f32, f32)> = regions
        .filter(|region| !region.is_upended() && region.length >= SPEAKING_ASPECT * region.height)
        .map(|region| (region.along.y / region.along.x, region.length))
        .collect();
    slopes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = slopes.iter().map(|(_, length)| length).sum::<f32>() / 2.0;
    let mut sum = 0.0;
    let median = slopes.into_iter().find(|(_, length)| {
        sum += length;
        sum >= half
    });
    Point { x: 1.0, y: median.map_or(0.0, |(slope, _)| slope) }.unit()
}

/// The detector marks the core of a line; this is the whole of it.
fn grown(region: &Region) -> Region {
    let area = region.length * region.height;
    let margin = GROWTH * area / (2.0 * (region.length + region.height));
    let end = margin + END_MARGIN * region.height;
    Region { length: region.length + 2.0 * end, height: region.height + 2.0 * margin, ..*region }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map with bars of `height` px along a slope.
    fn map(width: usize, rows: usize, bars: &[(f32, f32, f32, f32, f32)]) -> Vec<f32> {
        let mut values = vec![0.0; width * rows];
        for (i, value) in values.iter_mut().enumerate() {
            let (x, y) = ((i % width) as f32 + 0.5, (i / width) as f32 + 0.5);
            for &(x0, y0, length, height, slope) in bars {
                let along = Point { x: 1.0, y: slope }.unit();
                let (dx, dy) = (x - x0, y - y0);
                let (u, v) = (dx * along.x + dy * along.y, dy * along.x - dx * along.y);
                if (0.0..length).contains(&u) && v.abs() < height / 2.0 {
                    *value = 0.9;
                }
            }
        }
        values
    }

    fn in_map(width: usize, values: &[f32]) -> Vec<Region> {
        find(Map { width, values })
    }

    #[test]
    fn a_level_line_is_found_and_grown() {
        let found = in_map(200, &map(200, 60, &[(20.0, 30.0, 120.0, 8.0, 0.0)]));
        assert_eq!(found.len(), 1);
        let margin = GROWTH * 120.0 * 8.0 / (2.0 * 128.0);
        let region = found[0];
        let length = 120.0 + 2.0 * (margin + END_MARGIN * 8.0);
        assert!((region.length - length).abs() < 1.5, "{region:?}");
        assert!((region.height - 8.0 - 2.0 * margin).abs() < 1.5, "{region:?}");
        assert!((region.centre.x - 80.0).abs() < 1.0 && (region.centre.y - 30.0).abs() < 1.0);
        assert!((region.score - 0.9).abs() < 0.01);
    }

    #[test]
    fn a_short_piece_lies_in_the_direction_of_the_page() {
        let slope = 0.1;
        let bars = [(10.0, 20.0, 150.0, 8.0, slope), (80.0, 50.0, 9.0, 8.0, slope)];
        let found = in_map(200, &map(200, 80, &bars));
        assert_eq!(found.len(), 2);
        for region in found {
            assert!((region.along.y / region.along.x - slope).abs() < 0.02, "{region:?}");
        }
    }

    #[test]
    fn pieces_that_touch_by_a_corner_are_one_and_others_are_not() {
        let mut values = vec![0.0; 100];
        for (x, y) in [(1, 1), (2, 1), (3, 2), (4, 2), (8, 8), (9, 8), (8, 9), (9, 9)] {
            values[y * 10 + x] = 1.0;
        }
        let pieces = pieces(Map { width: 10, values: &values });
        let mut sizes: Vec<usize> = pieces.iter().map(|piece| piece.pixels).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [4, 4]);
    }

    #[test]
    fn weak_pieces_and_specks_are_no_text() {
        let weak = map(50, 20, &[(5.0, 10.0, 30.0, 6.0, 0.0)]);
        let weak: Vec<f32> = weak.into_iter().map(|value| value / 3.0).collect();
        assert!(in_map(50, &weak).is_empty());
        let mut speck = vec![0.0; 100];
        speck[55] = 1.0;
        assert!(in_map(10, &speck).is_empty());
        assert!(in_map(0, &[]).is_empty());
    }

    #[test]
    fn upright_text_keeps_its_direction() {
        let mut values = vec![0.0; 40 * 120];
        for y in 10..110 {
            for x in 15..23 {
                values[y * 40 + x] = 1.0;
            }
        }
        let found = in_map(40, &values);
        assert!(found[0].is_upended() && found[0].length > found[0].height);
    }
}
