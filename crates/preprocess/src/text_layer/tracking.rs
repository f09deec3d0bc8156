//! Letter-spaced print ("R E C H N U N G" as one word): gaps between letters that divide no words.

use crate::text_layer::words::{Placed, WORD_GAP_EM};

/// Fewer letters in a row than this, each with a gap around it, may as well be short words.
const FEWEST_LETTERS: usize = 5;

/// Widest gap of letter-spaced print, share of the font size; columns are wider apart.
const WIDEST_GAP_EM: f32 = 0.6;

/// Gaps of one word differ by no more than this share of the font size.
const GAP_TOLERANCE_EM: f32 = 0.08;

/// For each character of a line, whether the gap before it belongs to letter-spaced print.
pub(super) fn tracked(line: &[Placed]) -> Vec<bool> {
    let mut tracked = vec![false; line.len()];
    let mut start = 0;
    // The first gap of the run that begins at `start`.
    let mut first_gap: Option<f32> = None;
    for at in 1..=line.len() {
        let gap = line.get(at - 1).zip(line.get(at)).and_then(|(left, right)| gap(left, right));
        let goes_on = match (gap, first_gap) {
            (Some(gap), Some(first)) => (gap - first).abs() <= GAP_TOLERANCE_EM,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if goes_on {
            first_gap = first_gap.or(gap);
            continue;
        }
        if at - start >= FEWEST_LETTERS {
            tracked.iter_mut().take(at).skip(start + 1).for_each(|is_tracked| *is_tracked = true);
        }
        // A gap of another width may begin the next run.
        start = if gap.is_some() { at - 1 } else { at };
        first_gap = gap;
    }
    tracked
}

/// The gap between neighbours where it may be that of letter-spaced print, share of the font size.
fn gap(left: &Placed, right: &Placed) -> Option<f32> {
    let em_pt = left.em_pt.min(right.em_pt);
    let gap = (right.place.x0 - left.place.x1) / em_pt;
    let possible = gap > WORD_GAP_EM && gap <= WIDEST_GAP_EM;
    (possible && !left.is_space() && !right.is_space()).then_some(gap)
}
