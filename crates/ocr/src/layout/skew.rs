//! How far lines fall from left to right.

use std::collections::HashMap;

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
    if words.len() < MIN_WORDS || height <= 0.0 {
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
    let mut bins: HashMap<i64, f32> = HashMap::new();
    for word in words {
        let middle_x = f32::midpoint(word.bbox.x0(), word.bbox.x1());
        let at = (word.bbox.y1() - slope * middle_x) / height * BINS_PER_HEIGHT;
        let (bin, beyond) = (at.floor(), at - at.floor());
        *bins.entry(bin as i64).or_default() += 1.0 - beyond;
        *bins.entry(bin as i64 + 1).or_default() += beyond;
    }
    // Summed in order: floating-point sums depend on it, and results must not.
    let mut counts: Vec<f32> = bins.into_values().collect();
    counts.sort_by(f32::total_cmp);
    counts.iter().map(|count| count * count).sum()
}
