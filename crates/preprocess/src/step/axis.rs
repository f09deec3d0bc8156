//! Whether lines of print run across the page or down it: a page that lies on its side.

use std::cmp::Ordering;

use crate::raster::Raster;
use crate::step::ink::{Blob, InkMap};
use crate::step::turn::Orientation;

/// Fewer letters than this decide nothing.
const FEWEST_LETTERS: usize = 30;

/// Skew that lines may have, degrees either way, and the steps it is tried in.
const MAX_SKEW: f32 = 10.0;
const SKEW_STEP: f32 = 0.5;

/// How many times more letters have to speak for one way than for the other. On 379 invoices and
/// receipts lying either way, the least that spoke for the right way was 2.04.
const CLEAR: f32 = 1.5;

/// Blobs of less ink than this are grain of a table, reduced pixels.
const LEAST_LETTER_AREA: i32 = 9;

/// How far a letter's neighbour is looked for, reduced pixels: the gap between words of large print.
const NEIGHBOUR_REACH_PX: i32 = 24;

/// How much larger than the other one a neighbour may be: a letter beside its like.
const MAX_SIZE_RATIO: i32 = 2;

/// Which way lines run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Left to right (or upside down).
    Across,
    /// Up or down: the page lies on its side.
    Down,
    /// Nothing says.
    Unknown,
}

/// What letters say about the way lines run; above 1 for across, below 1 for down, 1 for nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Evidence {
    /// How much better letters line up across than down. Columns of figures and print of one pitch
    /// line up down the page, too.
    pub(crate) alignment_ratio: f32,
    /// How many more letters have their nearest neighbour beside them than above or below.
    /// Letters that run together have theirs in the next line now and then.
    pub(crate) neighbour_ratio: f32,
}

impl Evidence {
    /// Looks at the letters of a page.
    pub(crate) fn of(map: &InkMap) -> Self {
        let letters = letters_of(map);
        if letters.len() < FEWEST_LETTERS {
            return Self { alignment_ratio: 1.0, neighbour_ratio: 1.0 };
        }
        Self {
            alignment_ratio: alignment_ratio(&letters, map.width, map.height),
            neighbour_ratio: neighbour_ratio(&letters),
        }
    }

    /// Both together: each is weak where the other one is strong.
    pub(crate) fn lines_across_ratio(self) -> f32 {
        self.alignment_ratio * self.neighbour_ratio
    }

    /// What the evidence amounts to.
    pub(crate) fn axis(self) -> Axis {
        let ratio = self.lines_across_ratio();
        if ratio >= CLEAR {
            Axis::Across
        } else if ratio * CLEAR <= 1.0 {
            Axis::Down
        } else {
            Axis::Unknown
        }
    }
}

/// Skew at which letters stand in line best, degrees to half a degree, clockwise positive; `None`
/// where there are too few. Grain and the edges of things have no say in it, as they have where all
/// ink is measured.
pub(crate) fn letter_skew(map: &InkMap) -> Option<f32> {
    let letters = letters_of(map);
    let edges: Vec<_> = letters.iter().map(edges_across).collect();
    (letters.len() >= FEWEST_LETTERS).then(|| alignment(&edges, map.width, map.height).1)
}

fn letters_of(map: &InkMap) -> Vec<Blob> {
    map.letters.iter().filter(|blob| blob.area >= LEAST_LETTER_AREA).copied().collect()
}

/// Upper and lower edge: place along the line, then height.
fn edges_across(blob: &Blob) -> [(f32, f32); 2] {
    let middle = blob.left as f32 + blob.width as f32 / 2.0;
    [(middle, blob.top as f32), (middle, (blob.top + blob.height) as f32)]
}

/// The same, were the page turned.
fn edges_down(blob: &Blob) -> [(f32, f32); 2] {
    let middle = blob.top as f32 + blob.height as f32 / 2.0;
    [(middle, blob.left as f32), (middle, (blob.left + blob.width) as f32)]
}

fn alignment_ratio(letters: &[Blob], width: u32, height: u32) -> f32 {
    let level: Vec<_> = letters.iter().map(edges_across).collect();
    let upright: Vec<_> = letters.iter().map(edges_down).collect();
    let (across, _) = alignment(&level, width, height);
    let (down, _) = alignment(&upright, height, width);
    across / down.max(f32::MIN_POSITIVE)
}

/// Letters with their nearest neighbour beside them, for one with it above or below.
fn neighbour_ratio(letters: &[Blob]) -> f32 {
    let mut sorted = letters.to_vec();
    sorted.sort_unstable_by_key(|blob| blob.top);
    let tallest = sorted.iter().map(|blob| blob.height).max().unwrap_or_default();
    let (mut beside, mut above) = (1_u32, 1_u32);
    for blob in &sorted {
        let from = sorted.partition_point(|o| o.top < blob.top - tallest - NEIGHBOUR_REACH_PX);
        let near = sorted.iter().skip(from);
        let near = near.take_while(|o| o.top <= blob.top + blob.height + NEIGHBOUR_REACH_PX);
        let gaps = near.filter(|o| *o != blob && alike(o, blob)).map(|o| {
            let across = gap(blob.left, blob.width, o.left, o.width);
            (across, gap(blob.top, blob.height, o.top, o.height))
        });
        let far = NEIGHBOUR_REACH_PX + 1;
        let (mut to_side, mut to_line) = (far, far);
        for (across, down) in gaps {
            match across.cmp(&down) {
                Ordering::Greater => to_side = to_side.min(across),
                Ordering::Less => to_line = to_line.min(down),
                Ordering::Equal => {}
            }
        }
        match to_side.cmp(&to_line) {
            Ordering::Less => beside += 1,
            Ordering::Greater => above += 1,
            Ordering::Equal => {}
        }
    }
    beside as f32 / above as f32
}

/// Whether two blobs are of one size.
fn alike(a: &Blob, b: &Blob) -> bool {
    let (a, b) = (a.width.max(a.height), b.width.max(b.height));
    a.max(b) <= MAX_SIZE_RATIO * a.min(b)
}

/// Free pixels between two stretches; 0 where they overlap.
fn gap(a: i32, a_length: i32, b: i32, b_length: i32) -> i32 {
    (b - a - a_length).max(a - b - b_length).max(0)
}

/// Turns the page by a quarter to the right. Whether it then stands on its head is for the reader
/// to find out, who sees it by trying.
pub(crate) fn turned_right(raster: Raster) -> Raster {
    /// EXIF's name for a page that has to be turned right.
    const TURN_RIGHT: u32 = 6;
    Orientation::from_exif(TURN_RIGHT).apply(raster)
}

/// How often the upper edges of two letters, or the lower ones, stand at one height, at the skew
/// where they do most often, for each letter; and that skew, degrees.
fn alignment(edges: &[[(f32, f32); 2]], length: u32, depth: u32) -> (f32, f32) {
    let lift = length as f32 * MAX_SKEW.to_radians().tan() + 1.0;
    let rows = (depth as f32 + 2.0 * lift) as usize + 2;
    let steps = (MAX_SKEW / SKEW_STEP) as i32;
    let mut best = (0.0_f32, 0.0_f32);
    let mut counts = vec![[0_u32; 2]; rows];
    for step in -steps..=steps {
        counts.fill([0; 2]);
        let angle = step as f32 * SKEW_STEP;
        let slope = angle.to_radians().tan();
        for edge in edges {
            for (side, (along, height)) in edge.iter().enumerate() {
                let row = (height - along * slope + lift) as usize;
                if let Some(count) = counts.get_mut(row).and_then(|row| row.get_mut(side)) {
                    *count += 1;
                }
            }
        }
        let pairs: u32 = counts.iter().flatten().map(|n| n * n.saturating_sub(1)).sum();
        if pairs as f32 > best.0 {
            best = (pairs as f32, angle);
        }
    }
    ((best.0 + 1.0) / edges.len().max(1) as f32, best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 840;
    const HEIGHT: usize = 1100;

    /// Lines of words, some letters reaching below their line, skewed clockwise.
    fn page(degrees: f32) -> Raster {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let pixel = |i: usize| {
            let (x, y) = ((i % WIDTH) as f32 - 420.0, (i / WIDTH) as f32 - 550.0);
            let (u, v) = (x * cos + y * sin, y * cos - x * sin);
            let line = (v / 20.0).floor();
            let letter = (u + line * 31.0).div_euclid(9.0) as i32;
            let depth = if letter.rem_euclid(5) == 0 { 13.0 } else { 9.0 };
            let inside = u.abs() < 330.0 && v.abs() < 440.0;
            let inked = (u + line * 31.0).rem_euclid(9.0) < 6.0 && v - line * 20.0 < depth;
            if inside && inked && letter.rem_euclid(7) != 0 { 30 } else { 235 }
        };
        let grey = (0..WIDTH * HEIGHT).map(pixel).collect();
        Raster::new(WIDTH as u32, HEIGHT as u32, grey).unwrap()
    }

    fn axis(raster: &Raster) -> Axis {
        Evidence::of(&InkMap::of(raster).unwrap()).axis()
    }

    #[test]
    fn lines_are_seen_to_run_across_or_down_at_any_skew() {
        for degrees in [-7.0, -2.0, 0.0, 3.0, 7.0] {
            assert_eq!(axis(&page(degrees)), Axis::Across, "{degrees}");
            assert_eq!(axis(&turned_right(page(degrees))), Axis::Down, "{degrees}");
        }
    }

    #[test]
    fn letters_know_the_skew_to_half_a_degree() {
        for degrees in [-9.0, -2.0, 0.0, 3.5, 7.0] {
            let found = letter_skew(&InkMap::of(&page(degrees)).unwrap()).unwrap();
            assert!((found - degrees).abs() <= 0.5, "{degrees}: {found}");
        }
    }

    #[test]
    fn a_turned_map_is_the_map_of_the_turned_page() {
        let turned = InkMap::of(&page(3.0)).unwrap().turned_right();
        let again = InkMap::of(&turned_right(page(3.0))).unwrap();
        assert_eq!((turned.width, turned.height), (again.width, again.height));
        let sorted = |mut blobs: Vec<Blob>| {
            blobs.sort_unstable_by_key(|blob| (blob.top, blob.left));
            blobs
        };
        assert_eq!(sorted(turned.letters), sorted(again.letters));
        assert_eq!(turned.points.len(), again.points.len());
    }

    #[test]
    fn a_lattice_of_equal_squares_says_nothing() {
        let ink = |i: usize| (i % WIDTH) % 20 < 8 && (i / WIDTH) % 20 < 8;
        let grey = (0..WIDTH * HEIGHT).map(|i| if ink(i) { 30 } else { 235 }).collect();
        assert_eq!(axis(&Raster::new(WIDTH as u32, HEIGHT as u32, grey).unwrap()), Axis::Unknown);
    }

    #[test]
    fn an_empty_page_says_nothing() {
        let empty = Raster::new(300, 300, vec![255; 90_000]).unwrap();
        assert_eq!(axis(&empty), Axis::Unknown);
    }
}
