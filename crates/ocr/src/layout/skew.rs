//! How far lines fall from left to right.

use common::page::Word;

use crate::layout::usual_height;

/// Steepest slope tried, page heights per page width: 1.6 degrees on A4. `preprocess` leaves less.
const MAX_SLOPE: f32 = 0.02;

/// Slopes tried on either side of 0. A step moves the far end of a line by a fifth of the usual
/// height of a word, which is finer than words of one line differ.
const STEPS: i32 = 10;

/// Bins to a word's height in the histogram of baselines. Half a height would take two lines for
/// one, a tenth would lose words with descenders.
const BINS_PER_HEIGHT: f32 = 4.0;

/// Words less high than this, a fraction of the page, show no slope: A4 has print of 2 points at three
/// times as much.
const LEAST_HEIGHT: f32 = 0.000_8;

/// Fewer words than this show no slope.
const MIN_WORDS: usize = 8;

/// A slope must explain the page this much better than none, so that noise turns no straight page.
const MIN_GAIN: f32 = 1.1;

/// Fall of the page's lines: page heights per page width, positive when they fall to the right.
///
/// At the right slope the lower edges of words gather at few heights, and the sum of squares of
/// their histogram is largest.
pub(super) fn slope(words: &[Word]) -> f32 {
    let height = usual_height(words);
    if words.len() < MIN_WORDS || height < LEAST_HEIGHT {
        return 0.0;
    }
    let level = gathering(words, 0.0, height);
    let slopes = (-STEPS..=STEPS).map(|step| step as f32 * MAX_SLOPE / STEPS as f32);
    let best = slopes
        .map(|slope| (slope, gathering(words, slope, height)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|(_, gathered)| *gathered >= level * MIN_GAIN);
    best.map_or(0.0, |(slope, _)| slope)
}

/// Sum of squares of the histogram of lower edges along `slope`.
///
/// Each edge counts in the two bins it is nearest to, so that lines on the border of two bins
/// count like any other.
fn gathering(words: &[Word], slope: f32, height: f32) -> f32 {
    // From the highest to the lowest place that an edge can have, and one for the second bin.
    let per_page = BINS_PER_HEIGHT / height;
    let (above, below) = (MAX_SLOPE * per_page, (1.0 + MAX_SLOPE) * per_page);
    let mut bins = vec![0.0_f32; (above + below) as usize + 2];
    for word in words {
        let middle_x = f32::midpoint(word.bbox.x0(), word.bbox.x1());
        let at = ((word.bbox.y1() - slope * middle_x) * per_page + above).max(0.0);
        let (bin, beyond) = (at as usize, at.fract());
        for (bin, share) in [(bin, 1.0 - beyond), (bin + 1, beyond)] {
            if let Some(count) = bins.get_mut(bin) {
                *count += share;
            }
        }
    }
    bins.iter().map(|count| count * count).sum()
}
