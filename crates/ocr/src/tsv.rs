//! Tesseract's result table (`--tsv`), as words.

use common::page::{BoundingBox, Word};

/// The `level` of a row that is a word; pages, blocks, paragraphs and lines have 1 to 4.
const WORD_LEVEL: &str = "5";

/// Tesseract counts confidence in percent.
const PERCENT: f32 = 100.0;

/// The words in `table`: level, page, block, paragraph, line, word, left, top, width, height,
/// confidence, text, separated by tabs.
///
/// Boxes become fractions of a page of `width_px` by `height_px`. Rows that are no words, words
/// without text and rows that are not understood are left out.
pub(crate) fn words(table: &str, width_px: u32, height_px: u32) -> Vec<Word> {
    table.lines().filter_map(|row| word(row, width_px as f32, height_px as f32)).collect()
}

fn word(row: &str, width: f32, height: f32) -> Option<Word> {
    let mut columns = row.splitn(12, '\t');
    if columns.next()? != WORD_LEVEL {
        return None;
    }
    let mut columns = columns.skip(5);
    let mut number = || columns.next()?.parse::<f32>().ok().filter(|n| n.is_finite());
    let (left, top, wide, high) = (number()?, number()?, number()?, number()?);
    let confidence = number()? / PERCENT;
    let text = columns.next()?.trim();
    // Confidence -1 says that there was nothing to read.
    if text.is_empty() || confidence < 0.0 || wide <= 0.0 || high <= 0.0 {
        return None;
    }
    let bbox =
        BoundingBox::new(left / width, top / height, (left + wide) / width, (top + high) / height);
    Some(Word { text: text.to_owned(), bbox, confidence: confidence.min(1.0), line: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "1\t1\t0\t0\t0\t0\t0\t0\t200\t100\t-1\t\n\
        4\t1\t1\t1\t1\t0\t20\t10\t100\t10\t-1\t\n\
        5\t1\t1\t1\t1\t1\t20\t10\t40\t10\t96.5\tTotal\n\
        5\t1\t1\t1\t1\t2\t70\t10\t50\t10\t41.25\t12,50 €\n";

    #[test]
    fn only_words_are_taken_with_boxes_as_fractions() {
        let words = words(TABLE, 200, 100);
        let texts: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["Total", "12,50 €"]);
        assert_eq!(words[0].bbox, BoundingBox([0.1, 0.1, 0.3, 0.2]));
        assert_eq!([words[0].confidence, words[1].confidence], [0.965, 0.4125]);
    }

    #[test]
    fn rows_without_text_confidence_or_extent_are_left_out() {
        for row in [
            "5\t1\t1\t1\t1\t1\t20\t10\t40\t10\t95\t   ",
            "5\t1\t1\t1\t1\t1\t20\t10\t40\t10\t-1\tx",
            "5\t1\t1\t1\t1\t1\t20\t10\t40\t10\tnan\tx",
            "5\t1\t1\t1\t1\t1\t20\t10\tinf\t10\t95\tx",
            "5\t1\t1\t1\t1\t1\t20\t10\t0\t10\t95\tx",
            "5\t1\t1\t1\t1\t1\t20\t10",
            "",
        ] {
            assert_eq!(words(row, 200, 100), [], "{row}");
        }
    }

    #[test]
    fn a_box_beyond_the_page_ends_at_its_edge() {
        let row = "5\t1\t1\t1\t1\t1\t190\t-5\t40\t10\t95\tx";
        assert_eq!(words(row, 200, 100)[0].bbox, BoundingBox([0.95, 0.0, 1.0, 0.05]));
    }
}
