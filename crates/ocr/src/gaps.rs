//! Print that nobody has read: what a page has ink for and a reading has no words. Pure.
//!
//! The page is looked at in cells of half a line's height. Cells with contrast that no word covers
//! and that hang together are a gap, if they have the size of print.

use common::page::{BoundingBox, Word};

use crate::layout;
use crate::raster::Raster;

/// Greatest difference of pixels in a cell with ink, at least, of 255. Faint print (40) is found; the
/// grain of scans stays below.
const CONTRAST: u8 = 32;

/// Where paper itself has so much grain, ink has to stand out of it by this factor.
const GRAIN_FACTOR: f32 = 1.5;

/// Height of print on a page without words, inches: 10 points with accents and descenders.
const USUAL_PRINT_INCHES: f32 = 0.13;

/// Smallest cell, pixels: a smaller one has no room for a stroke and paper.
const SMALLEST_CELL_PX: f32 = 4.0;

/// Rows of cells that a gap has, at least and at most: a rule has one, a picture or a stamp more.
const CELL_ROWS: std::ops::RangeInclusive<usize> = 2..=24;

/// Columns of cells that a gap has, at least: three letters.
const LEAST_CELL_COLUMNS: usize = 3;

/// Share of a gap's cells that have ink, at least: a frame around nothing has less.
const LEAST_FILL: f32 = 0.35;

/// Share of the page that gaps may have in all: beyond it the page is a photograph, and reading it
/// again would double its time.
const MOST_OF_PAGE: f32 = 0.2;

/// Most gaps of a page.
const MOST_GAPS: usize = 24;

/// Paper around a gap that is read with it, cells.
const PAPER_CELLS: usize = 1;

/// A part of a page, pixels; right and lower edge excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) right: u32,
    pub(crate) bottom: u32,
}

impl Part {
    fn area(&self) -> u64 {
        u64::from(self.right - self.left) * u64::from(self.bottom - self.top)
    }

    /// A box that is a fraction of this part, as a fraction of `page`.
    pub(crate) fn on_page(&self, bbox: BoundingBox, page: &Raster) -> BoundingBox {
        let BoundingBox([x0, y0, x1, y1]) = bbox;
        let (width, height) = ((self.right - self.left) as f32, (self.bottom - self.top) as f32);
        let x = |share: f32| (self.left as f32 + share * width) / page.width_px as f32;
        let y = |share: f32| (self.top as f32 + share * height) / page.height_px as f32;
        BoundingBox::new(x(x0), y(y0), x(x1), y(y1))
    }
}

/// The gaps of `page`, whose reading is `words`; small ones first, for lines are small.
pub(crate) fn find(page: &Raster, words: &[Word]) -> Vec<Part> {
    let cell = cell_px(page, words);
    let mut cells = Cells::of(page, cell);
    cells.cover(page, words);
    let most = (page.grey.len() as f32 * MOST_OF_PAGE) as u64;
    let mut gaps: Vec<Part> = cells.pieces().iter().filter_map(|piece| cells.gap(piece)).collect();
    gaps.sort_by_key(|gap| (gap.area(), gap.top, gap.left));
    gaps.truncate(MOST_GAPS);
    let area: u64 = gaps.iter().map(Part::area).sum();
    if area > most { Vec::new() } else { gaps }
}

/// Side of a cell: half the height of usual print.
fn cell_px(page: &Raster, words: &[Word]) -> usize {
    let usual = if words.is_empty() {
        USUAL_PRINT_INCHES * page.dpi
    } else {
        layout::usual_height(words) * page.height_px as f32
    };
    (usual / 2.0).max(SMALLEST_CELL_PX).min(page.height_px.max(4) as f32) as usize
}

/// The page in cells.
struct Cells {
    side: usize,
    columns: usize,
    rows: usize,
    width_px: u32,
    height_px: u32,
    /// Row by row: whether a cell has ink that no word covers.
    inked: Vec<bool>,
}

impl Cells {
    fn of(page: &Raster, side: usize) -> Self {
        let (width, columns) =
            (page.width_px as usize, (page.width_px as usize).div_ceil(side.max(1)));
        let mut contrasts: Vec<u8> = Vec::new();
        for band in page.grey.chunks(width.max(1) * side.max(1)) {
            let mut ends = vec![(u8::MAX, u8::MIN); columns];
            for row in band.chunks_exact(width.max(1)) {
                for (pixels, (least, most)) in row.chunks(side.max(1)).zip(&mut ends) {
                    for &grey in pixels {
                        (*least, *most) = ((*least).min(grey), (*most).max(grey));
                    }
                }
            }
            contrasts.extend(ends.iter().map(|(least, most)| most.saturating_sub(*least)));
        }
        let mut sorted = contrasts.clone();
        let middle = sorted.len() / 2;
        // Half of a page is paper.
        let grain = if sorted.is_empty() { 0 } else { *sorted.select_nth_unstable(middle).1 };
        let least = CONTRAST.max((f32::from(grain) * GRAIN_FACTOR).min(255.0) as u8);
        let inked: Vec<bool> = contrasts.iter().map(|contrast| *contrast >= least).collect();
        let rows = inked.len() / columns.max(1);
        Self { side, columns, rows, width_px: page.width_px, height_px: page.height_px, inked }
    }

    /// Takes out what words cover.
    fn cover(&mut self, page: &Raster, words: &[Word]) {
        let cell = |share: f32, pixels: u32| (share * pixels as f32 / self.side as f32) as usize;
        for word in words {
            let BoundingBox([x0, y0, x1, y1]) = word.bbox;
            // A cell more on each side: strokes at the edges, accents, underlines.
            let (left, right) = (cell(x0, page.width_px), cell(x1, page.width_px) + 1);
            let (top, bottom) = (cell(y0, page.height_px), cell(y1, page.height_px) + 1);
            for row in top.saturating_sub(1)..=bottom.min(self.rows.saturating_sub(1)) {
                let start = row * self.columns + left.saturating_sub(1);
                let end = row * self.columns + (right + 1).min(self.columns);
                if let Some(cells) = self.inked.get_mut(start..end) {
                    cells.fill(false);
                }
            }
        }
    }

    /// Cells that hang together, as indices; over a cell of paper too, for between words there is one.
    fn pieces(&self) -> Vec<Vec<usize>> {
        let mut open = self.inked.clone();
        let mut pieces = Vec::new();
        for first in 0..open.len() {
            if !take(&mut open, first) {
                continue;
            }
            let (mut piece, mut next) = (vec![first], 0);
            while let Some(&at) = piece.get(next) {
                next += 1;
                let (row, column) = (at / self.columns, at % self.columns);
                for near_row in row.saturating_sub(1)..=(row + 1).min(self.rows - 1) {
                    let columns = column.saturating_sub(2)..=(column + 2).min(self.columns - 1);
                    for near_column in columns {
                        let near = near_row * self.columns + near_column;
                        if take(&mut open, near) {
                            piece.push(near);
                        }
                    }
                }
            }
            pieces.push(piece);
        }
        pieces
    }

    /// The part of the page that a piece covers, if it can be print.
    fn gap(&self, piece: &[usize]) -> Option<Part> {
        let rows = || piece.iter().map(|at| at / self.columns);
        let columns = || piece.iter().map(|at| at % self.columns);
        let (top, bottom) = (rows().min()?, rows().max()? + 1);
        let (left, right) = (columns().min()?, columns().max()? + 1);
        let (wide, high) = (right - left, bottom - top);
        let fill = piece.len() as f32 / (wide * high) as f32;
        if !CELL_ROWS.contains(&high) || wide < LEAST_CELL_COLUMNS || fill < LEAST_FILL {
            return None;
        }
        let before = |cells: usize| (cells.saturating_sub(PAPER_CELLS) * self.side) as u32;
        let after =
            |cells: usize, most: u32| (((cells + PAPER_CELLS) * self.side) as u32).min(most);
        Some(Part {
            left: before(left),
            top: before(top),
            right: after(right, self.width_px),
            bottom: after(bottom, self.height_px),
        })
    }
}

/// Whether a cell was open; it is not any more.
fn take(open: &mut [bool], at: usize) -> bool {
    open.get_mut(at).is_some_and(std::mem::take)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: u32 = 800;
    const HEIGHT: u32 = 600;

    /// White paper with letters of `ink` in the given places (left, top, right, bottom).
    fn page(ink: u8, places: &[[u32; 4]]) -> Raster {
        let pixel = |i: u32| {
            let (x, y) = (i % WIDTH, i / WIDTH);
            let is_inked = |&[x0, y0, x1, y1]: &[u32; 4]| {
                (x0..x1).contains(&x) && (y0..y1).contains(&y) && x % 9 < 4
            };
            if places.iter().any(is_inked) { ink } else { 250 }
        };
        let grey = (0..WIDTH * HEIGHT).map(pixel).collect();
        Raster { width_px: WIDTH, height_px: HEIGHT, dpi: 150.0, grey }
    }

    fn word([x0, y0, x1, y1]: [u32; 4]) -> Word {
        let (w, h) = (WIDTH as f32, HEIGHT as f32);
        let bbox = BoundingBox::new(x0 as f32 / w, y0 as f32 / h, x1 as f32 / w, y1 as f32 / h);
        Word::new("word", bbox, 0.9)
    }

    const READ: [u32; 4] = [100, 100, 300, 120];
    const UNREAD: [u32; 4] = [400, 300, 600, 320];

    #[test]
    fn print_without_words_is_a_gap_and_print_with_words_is_none() {
        for ink in [20, 205] {
            let found = find(&page(ink, &[READ, UNREAD]), &[word(READ)]);
            assert_eq!(found.len(), 1, "{found:?}");
            let Part { left, top, right, bottom } = found[0];
            assert!(left <= 400 && top <= 300 && right >= 600 && bottom >= 320, "{:?}", found[0]);
            assert!(right - left < 250 && bottom - top < 60, "{:?}", found[0]);
        }
    }

    #[test]
    fn rules_frames_and_pictures_are_no_gaps() {
        let rule = [50, 400, 750, 402];
        let picture = [300, 150, 700, 590];
        assert!(find(&page(20, &[READ, rule]), &[word(READ)]).is_empty());
        assert!(find(&page(20, &[READ, picture]), &[word(READ)]).is_empty());
    }

    #[test]
    fn a_page_without_words_is_a_gap_where_it_has_lines() {
        assert_eq!(find(&page(20, &[READ, UNREAD]), &[]).len(), 2);
        assert!(find(&page(20, &[]), &[]).is_empty());
    }

    #[test]
    fn a_box_of_a_part_lies_on_the_page() {
        let part = Part { left: 400, top: 300, right: 600, bottom: 360 };
        let BoundingBox(place) = part.on_page(BoundingBox([0.0, 0.5, 1.0, 1.0]), &page(0, &[]));
        assert_eq!(place, [0.5, 0.55, 0.75, 0.6]);
    }
}
