//! Which way up a page is, by how well its lines can be read. Pure.

use crate::engine::ppocr::ctc::Letter;
use crate::engine::ppocr::strip::Strip;

/// Lines that are tried, the longest ones: each holds some 60 letters, and a wrong answer would
/// need most of them to read better upside down.
const SAMPLE: usize = 5;

/// Longest line that is tried, strip pixels: longer ones are often two columns in one, and cost more.
const LONGEST: usize = 1_200;

/// Letters of a line that stands upright are surer than this on average, even on a faint photograph
/// (dev pages: .97 and more when clean, .9 at 100 DPI with noise); upside down they are below .8.
const SURE: f32 = 0.92;

/// A page is turned only if it then reads better by this much.
const BETTER: f32 = 0.04;

/// Regions shorter than this many heights say nothing about the direction of lines.
const SPEAKING_ASPECT: f32 = 3.0;

/// Whether most of the text, by length, runs up or down the page.
pub(super) fn is_sideways(strips: &[Strip]) -> bool {
    let (mut across, mut along) = (0.0, 0.0);
    for region in strips.iter().map(|strip| &strip.region) {
        if region.length >= SPEAKING_ASPECT * region.height {
            *if region.is_upended() { &mut along } else { &mut across } += region.length;
        }
    }
    along > across
}

/// Brings the lines that tell which way up the page is to the front, the longest first.
pub(super) fn sample_first(strips: &mut [Strip]) {
    strips.sort_by_key(|strip| (!is_telling(strip), std::cmp::Reverse(strip.width())));
}

/// How many lines at the front of `strips` are tried.
pub(super) fn sampled(strips: &[Strip]) -> usize {
    strips.iter().take(SAMPLE).take_while(|strip| is_telling(strip)).count()
}

fn is_telling(strip: &Strip) -> bool {
    !strip.region.is_upended() && strip.width() <= LONGEST
}

/// Whether nothing speaks for turning: the lines can be read, or there are none.
pub(super) fn is_sure<'a>(lines: impl Iterator<Item = &'a [Letter]> + Clone) -> bool {
    lines.clone().next().is_none() || mean(lines) >= SURE
}

/// Whether `turned` is what the lines say.
pub(super) fn reads_better<'a, 'b>(
    turned: impl Iterator<Item = &'a [Letter]>,
    before: impl Iterator<Item = &'b [Letter]>,
) -> bool {
    mean(turned) > mean(before) + BETTER
}

/// Mean probability of all letters, 0 to 1; 0 without any.
fn mean<'a>(lines: impl Iterator<Item = &'a [Letter]>) -> f32 {
    let (mut sum, mut count) = (0.0, 0_u32);
    for letter in lines.flatten().filter(|letter| letter.text != ' ') {
        sum += letter.probability;
        count += 1;
    }
    sum / count.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(probability: f32) -> Vec<Letter> {
        vec![Letter { text: 'a', probability, alternative: None, at: 0.5 }]
    }

    fn sure(lines: &[Vec<Letter>]) -> bool {
        is_sure(lines.iter().map(Vec::as_slice))
    }

    fn better(turned: &[Vec<Letter>], before: &[Vec<Letter>]) -> bool {
        reads_better(turned.iter().map(Vec::as_slice), before.iter().map(Vec::as_slice))
    }

    #[test]
    fn lines_that_can_be_read_are_left_alone() {
        assert!(sure(&[line(0.99), line(0.95)]));
        assert!(sure(&[]));
        assert!(!sure(&[line(0.99), line(0.6)]));
        assert!(!sure(&[Vec::new()]), "nothing read is nothing sure");
    }

    #[test]
    fn a_page_is_turned_only_for_a_clear_gain() {
        assert!(better(&[line(0.9)], &[line(0.7)]));
        assert!(!better(&[line(0.72)], &[line(0.7)]));
    }
}
