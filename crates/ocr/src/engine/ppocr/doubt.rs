//! Which words the accurate recogniser reads again, and how two readings are settled. Pure.

use std::ops::Range;

use crate::engine::ppocr::ctc::Letter;

/// A word with a letter below this is read again. On dev pages under three conditions 0.8 and 0.98
/// instead gave a word F1 of .953 and .959 (.958 with 0.9), at 1.6 and 2.2 s a page (1.8).
const SURE_LETTER: f32 = 0.9;

/// The words of `letters` to be read again, as ranges of letters; neighbours are one range, with
/// the spaces between them, which may be wrong too.
pub(super) fn doubtful(letters: &[Letter]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for word in letters.split_inclusive(|letter| letter.text == ' ') {
        let end = start + word.len();
        if is_doubtful(word) {
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

/// Words with digits are read twice however sure the fast recogniser is: amounts and identifiers
/// are what an invoice is read for, and of its sure digits still 1 in 100 words is wrong (digit F1
/// .936 against .928 when digits above .999 are believed, same pages).
fn is_doubtful(word: &[Letter]) -> bool {
    word.iter()
        .filter(|letter| letter.text != ' ')
        .any(|letter| letter.probability < SURE_LETTER || letter.text.is_ascii_digit())
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
        doubtful(&line).into_iter().map(text).collect()
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
