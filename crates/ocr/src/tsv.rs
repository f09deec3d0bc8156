//! Tesseract's result table (`--tsv`), as words.

mod heights;

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
    let mut rows: Vec<Row> = table.lines().filter_map(Row::parse).collect();
    rows.chunk_by_mut(|a, b| a.line == b.line).for_each(heights::repair);
    rows.into_iter().map(|row| row.into_word(width_px as f32, height_px as f32)).collect()
}

/// A word as the table has it: pixels and percent.
struct Row {
    /// Block, paragraph and line: equal for the words of one line.
    line: [u32; 3],
    left: f32,
    top: f32,
    wide: f32,
    high: f32,
    confidence: f32,
    text: String,
}

impl Row {
    fn parse(row: &str) -> Option<Self> {
        let mut columns = row.splitn(12, '\t');
        if columns.next()? != WORD_LEVEL {
            return None;
        }
        let mut index = columns.by_ref().skip(1).map(|column| column.parse().ok());
        let line = [index.next()??, index.next()??, index.next()??];
        let mut numbers = columns.by_ref().skip(1).map(|column| column.parse().ok());
        let mut number = || numbers.next()?.filter(|number: &f32| number.is_finite());
        let (left, top, wide, high) = (number()?, number()?, number()?, number()?);
        let confidence = number()?;
        let text = columns.next()?.trim().to_owned();
        // Confidence -1 says that there was nothing to read.
        let is_word = !text.is_empty() && confidence >= 0.0 && wide > 0.0 && high > 0.0;
        is_word.then_some(Self { line, left, top, wide, high, confidence, text })
    }

    fn into_word(self, width: f32, height: f32) -> Word {
        let Self { left, top, wide, high, confidence, text, .. } = self;
        let (right, bottom) = (left + wide, top + high);
        let bbox = BoundingBox::new(left / width, top / height, right / width, bottom / height);
        Word::new(text, bbox, (confidence / PERCENT).min(1.0))
    }
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
