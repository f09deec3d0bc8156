//! Blocks: lines that stand closely below each other and begin (or are centred) alike.

use crate::fields::Reading;
use crate::layout::Segment;
use crate::lexicon::company_words;
use crate::patterns::{POSTAL_CODE, POSTAL_CODE_ALPHA, WEB};
use crate::value::find_vat_ids;

/// Lines of one block are closer than this, in text heights.
const LINE_GAP: f32 = 1.35;

/// The same where the left edges agree to the point: double-spaced addresses.
const DOUBLE_SPACED: f32 = 2.4;

/// Left edges agree to the point within this, in text heights.
const FLUSH: f32 = 0.25;

/// Left edges or middles of one block differ by less than this, in text heights.
const ALIGNED: f32 = 1.5;

/// Lines of one block are set in about one size.
const SAME_SIZE: f32 = 1.7;

/// Rows back that a block may be continued from: columns interleave a little.
const OPEN_ROWS: usize = 6;

/// Lines of one block and what they hold as a whole.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Segments, from top to bottom.
    pub(super) lines: Vec<usize>,
    /// Holds what only the small print about a firm holds.
    pub(super) small_print: bool,
    /// Position in `lines` of lines with a postal code.
    pub(super) postal: Vec<usize>,
}

/// The blocks of the pages that are considered.
pub(super) fn blocks(reading: &Reading<'_>) -> Vec<Block> {
    let mut found: Vec<(Block, usize)> = Vec::new();
    let mut open_from = 0;
    for (index, segment) in reading.segments() {
        while found.get(open_from).is_some_and(|(_, row)| row + OPEN_ROWS < segment.row) {
            open_from += 1;
        }
        let mut open = found.iter_mut().skip(open_from).rev();
        let fitting = open.find(|(block, _)| {
            let last = block.lines.last().and_then(|i| reading.layout.segment(*i));
            last.is_some_and(|last| continues(last, segment))
        });
        match fitting {
            Some((block, row)) => {
                block.add(index, segment);
                *row = segment.row;
            }
            None => {
                let mut block = Block::default();
                block.add(index, segment);
                found.push((block, segment.row));
            }
        }
    }
    found.into_iter().map(|(block, _)| block).collect()
}

/// Whether a line names a town with its postal code.
pub(super) fn is_postal(text: &str) -> bool {
    POSTAL_CODE.is_match(text) || POSTAL_CODE_ALPHA.is_match(text)
}

fn continues(last: &Segment, next: &Segment) -> bool {
    let (above, below) = (last.rect, next.rect);
    let height = above.height().max(below.height());
    let gap = below.y0 - above.y1;
    let middles = (above.x0 + above.x1 - below.x0 - below.x1).abs() / 2.0;
    let aligned = (above.x0 - below.x0).abs() < ALIGNED * height || middles < height;
    let flush = (above.x0 - below.x0).abs() < FLUSH * height;
    let sizes = above.height().min(below.height()) * SAME_SIZE > height;
    last.page_index == next.page_index
        && next.row > last.row
        && gap > -height
        && gap < if flush { DOUBLE_SPACED } else { LINE_GAP } * height
        && aligned
        && sizes
}

impl Block {
    fn add(&mut self, index: usize, segment: &Segment) {
        if is_postal(&segment.text) {
            self.postal.push(self.lines.len());
        }
        self.small_print |= is_small_print(segment);
        self.lines.push(index);
    }
}

/// Whether a line holds what a firm prints about itself: register, VAT id, web address.
pub(super) fn is_small_print(segment: &Segment) -> bool {
    let words = &company_words().small_print;
    segment.terms.iter().any(|t| words.contains(&t.text))
        || WEB.is_match(&segment.text)
        || !find_vat_ids(&segment.text).is_empty()
}
