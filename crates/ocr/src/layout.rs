//! Words to lines in reading order, for text layers and readings alike.
//!
//! A line is a *visual* line: everything that stands side by side, however wide the gap. On an
//! invoice "Total" and its amount are at opposite edges of the page, and belong together.

mod lines;
mod skew;

use common::page::Word;

/// Puts `words` of one page into reading order: lines from the top, in a line from the left, and
/// numbers [`Word::line`] from 0.
///
/// What is left of skew after `preprocess` (up to about 1.5 degrees) does not tear lines apart.
pub(crate) fn arrange(words: Vec<Word>) -> Vec<Word> {
    let slope = skew::slope(&words);
    let mut arranged = Vec::with_capacity(words.len());
    for (number, line) in lines::group(words, slope).into_iter().enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        arranged.extend(line.into_iter().map(|word| Word { line: number, ..word }));
    }
    arranged
}

/// Height of a usual word, a fraction of the page: the median; 0 without words.
pub(crate) fn usual_height(words: &[Word]) -> f32 {
    let mut heights: Vec<f32> = words.iter().map(|word| word.bbox.height()).collect();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use common::page::BoundingBox;

    use super::*;

    const HEIGHT: f32 = 0.01;

    fn word(text: &str, x: f32, y: f32) -> Word {
        sized(text, x, y, HEIGHT)
    }

    fn sized(text: &str, x: f32, y: f32, height: f32) -> Word {
        let bbox = BoundingBox::new(x, y, x + 0.015 * text.len() as f32, y + height);
        Word::new(text, bbox, 1.0)
    }

    /// The lines' texts, words joined by spaces.
    fn read(words: Vec<Word>) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in arrange(words) {
            if word.line as usize == lines.len() {
                lines.push(word.text);
            } else {
                let last = lines.last_mut().unwrap();
                last.push(' ');
                last.push_str(&word.text);
            }
        }
        lines
    }

    /// `rows` of words at three columns, each falling by `slope` from the left edge to the right.
    fn table(rows: usize, slope: f32) -> Vec<Word> {
        let at =
            |row: usize, x: f32| word(&format!("r{row}"), x, 0.1 + 0.014 * row as f32 + slope * x);
        let columns = [0.05, 0.12, 0.45, 0.9];
        // Column by column, as Tesseract gives them.
        columns.iter().flat_map(|&x| (0..rows).map(move |row| at(row, x))).collect()
    }

    #[test]
    fn words_of_one_line_are_read_from_the_left_however_they_came() {
        let words = vec![word("net", 0.2, 0.3), word("due", 0.6, 0.2), word("Total", 0.1, 0.301)];
        assert_eq!(read(words), ["due", "Total net"]);
    }

    #[test]
    fn a_label_and_its_amount_across_a_wide_gap_are_one_line() {
        let words = vec![
            word("Total", 0.05, 0.5),
            word("Tax", 0.05, 0.514),
            word("120.00", 0.85, 0.5),
            word("20.00", 0.85, 0.514),
        ];
        assert_eq!(read(words), ["Total 120.00", "Tax 20.00"]);
    }

    #[test]
    fn slight_skew_either_way_does_not_mix_rows() {
        // 0.02 of the height over the whole width: 1.6 degrees on A4, more than a line's pitch.
        for slope in [-0.02, -0.007, 0.0, 0.007, 0.02] {
            let lines = read(table(12, slope));
            let expected: Vec<_> =
                (0..12).map(|row| [format!("r{row}").as_str(); 4].join(" ")).collect();
            assert_eq!(lines, expected, "slope {slope}");
        }
    }

    #[test]
    fn a_large_word_stays_with_small_ones_on_its_baseline() {
        let words = vec![word("amount", 0.5, 0.51), sized("TOTAL", 0.1, 0.5, 0.02)];
        assert_eq!(read(words), ["TOTAL amount"]);
    }

    #[test]
    fn a_tall_word_does_not_glue_two_lines() {
        let words = vec![
            word("one", 0.3, 0.1),
            word("two", 0.3, 0.115),
            word("three", 0.3, 0.13),
            sized("LOGO", 0.1, 0.095, 0.045),
        ];
        let lines = read(words);
        assert_eq!(lines.len(), 4, "{lines:?}");
    }

    #[test]
    fn marks_smaller_than_the_line_stay_in_it() {
        let words = vec![
            word("12", 0.1, 0.2),
            sized(",", 0.135, 0.208, 0.003),
            word("50", 0.15, 0.2),
            sized("'", 0.19, 0.2, 0.002),
            word("next", 0.1, 0.214),
        ];
        assert_eq!(read(words), ["12 , 50 '", "next"]);
    }

    #[test]
    fn columns_that_are_half_a_line_apart_stay_apart() {
        let words = vec![
            word("street", 0.1, 0.100),
            word("city", 0.1, 0.114),
            word("date", 0.6, 0.107),
            word("number", 0.6, 0.121),
        ];
        assert_eq!(read(words), ["street", "date", "city", "number"]);
    }

    #[test]
    fn words_without_extent_and_empty_pages_are_no_trouble() {
        assert_eq!(arrange(Vec::new()), []);
        let flat = vec![sized("a", 0.1, 0.5, 0.0), sized("b", 0.2, 0.5, 0.0)];
        assert_eq!(arrange(flat).len(), 2);
    }

    #[test]
    fn no_word_is_lost_and_lines_count_without_gaps() {
        let words = table(40, 0.004);
        let arranged = arrange(words.clone());
        assert_eq!(arranged.len(), words.len());
        let mut numbers: Vec<_> = arranged.iter().map(|word| word.line).collect();
        numbers.dedup();
        assert_eq!(numbers, (0..40).collect::<Vec<_>>());
    }
}
