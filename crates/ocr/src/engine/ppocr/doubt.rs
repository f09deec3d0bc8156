//! Which words the accurate recogniser reads again, and how two readings are settled. Pure.

use std::ops::Range;

use crate::engine::ppocr::ctc::Letter;

/// A word with a letter below this is read again. On dev pages under three conditions 0.8 and 0.98
/// instead gave a word F1 of .953 and .959 (.958 with 0.9), at 1.6 and 2.2 s a page (1.8).
const SURE_LETTER: f32 = 0.9;

/// Lines of at least so many pixels of the page's are large: print of ten points at 150 DPI. Smaller ones
/// are enlarged for the recogniser, and its sure digits are wrong more often there.
const LARGE_LINE_PX: f32 = 26.0;

/// A digit of a large line that is surer than this is believed: on 34 pages of dev at 200 DPI a digit F1 of
/// .973 as against .972 with all digits read twice, in 1.25 instead of 1.94 s a page; blurred .964 and
/// .973. Small lines are left out because at 100 DPI it would be .937 instead of .966.
const SURE_DIGIT: f32 = 0.99;

/// How sure the fast recogniser has to be of a digit in a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Trust {
    sure_digit: f32,
}

impl Trust {
    /// For a line of this height, pixels of the page.
    pub(super) fn of(height_px: f32) -> Self {
        Self { sure_digit: if height_px >= LARGE_LINE_PX { SURE_DIGIT } else { f32::INFINITY } }
    }
}

/// The words of `letters` to be read again, as ranges of letters; neighbours are one range, with
/// the spaces between them, which may be wrong too.
pub(super) fn doubtful(letters: &[Letter], trust: Trust) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for word in letters.split_inclusive(|letter| letter.text == ' ') {
        let end = start + word.len();
        if is_doubtful(word, trust) {
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => ranges.push(start..end),
            }
        }
        start = end;
    }
    // Without the space after the last word.
    let space = |at: usize| letters.get(at).is_some_and(|letter| letter.text == ' ');
    for range in &mut ranges {
        while range.end > range.start && space(range.end - 1) {
            range.end -= 1;
        }
    }
    ranges.retain(|range| !range.is_empty());
    ranges
}

/// Words with digits are doubted sooner: amounts and identifiers are what an invoice is read for.
fn is_doubtful(word: &[Letter], trust: Trust) -> bool {
    word.iter().filter(|letter| letter.text != ' ').any(|letter| {
        let is_digit = letter.text.is_ascii_digit();
        letter.probability < if is_digit { trust.sure_digit } else { SURE_LETTER }
    })
}

/// What counts of two readings of the same ink: the accurate one, unless it is empty.
pub(super) fn settle(fast: &[Letter], accurate: Vec<Letter>) -> Vec<Letter> {
    if accurate.is_empty() { fast.to_vec() } else { accurate }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str, probability: f32) -> Vec<Letter> {
        let letter = |text| Letter { text, probability, alternative: None, at: 0.0 };
        text.chars().map(letter).collect()
    }

    fn doubted(parts: &[(&str, f32)]) -> Vec<String> {
        let line: Vec<Letter> = parts.iter().flat_map(|(text, p)| letters(text, *p)).collect();
        let text = |range: Range<usize>| line[range].iter().map(|letter| letter.text).collect();
        doubtful(&line, Trust::of(0.0)).into_iter().map(text).collect()
    }

    #[test]
    fn digits_are_read_twice_and_sure_letters_once() {
        assert_eq!(doubted(&[("Total ", 0.95), ("12,50 ", 1.0), ("EUR", 0.95)]), ["12,50"]);
        assert_eq!(doubted(&[("Total ", 0.5), ("net", 1.0)]), ["Total"]);
        assert!(
            doubted(&[("Total", 0.95), (" ", 0.1)]).is_empty(),
            "a space is inferred, not read"
        );
        assert!(doubted(&[]).is_empty());
    }

    #[test]
    fn sure_digits_of_large_lines_are_believed() {
        let is_doubted = |probability, height_px| {
            !doubtful(&letters("12,50", probability), Trust::of(height_px)).is_empty()
        };
        assert!(!is_doubted(0.995, LARGE_LINE_PX));
        assert!(is_doubted(0.995, LARGE_LINE_PX - 1.0));
        assert!(is_doubted(0.98, LARGE_LINE_PX));
    }

    #[test]
    fn neighbours_are_read_again_together() {
        let parts =
            [("IBAN ", 1.0), ("FR76 1780 ", 0.95), ("6006 ", 1.0), ("BIC ", 1.0), ("XY", 0.8)];
        assert_eq!(doubted(&parts), ["FR76 1780 6006", "XY"]);
    }

    #[test]
    fn the_accurate_reading_counts_unless_it_is_empty() {
        assert_eq!(settle(&letters("I2", 0.6), letters("1 2", 0.9)), letters("1 2", 0.9));
        assert_eq!(settle(&letters("12", 0.6), Vec::new()), letters("12", 0.6));
    }
}
