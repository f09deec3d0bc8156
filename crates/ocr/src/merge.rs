//! A text layer and a reading of the same page, as one.

use common::page::{BoundingBox, Word};

/// A read word that shares this part of its area (or of the other's, if that is smaller) with a
/// word of the text layer is the same word seen twice. Neighbours touch by a few hundredths.
const SAME_PLACE: f32 = 0.3;

/// Every word of the text layer, and those of the reading that stand where it has none.
pub(crate) fn union(text_layer: Vec<Word>, reading: Vec<Word>) -> Vec<Word> {
    // Sorted by upper edge, so that each word is compared with those around it only.
    let mut known: Vec<BoundingBox> = text_layer.iter().map(|word| word.bbox).collect();
    known.sort_by(|a, b| a.y0().total_cmp(&b.y0()));
    let highest = known.iter().map(BoundingBox::height).fold(0.0, f32::max);
    let is_new = |word: &Word| {
        let first = known.partition_point(|bbox| bbox.y0() < word.bbox.y0() - highest);
        let near = known.iter().skip(first).take_while(|bbox| bbox.y0() <= word.bbox.y1());
        !near.into_iter().any(|bbox| shared(bbox, &word.bbox) >= SAME_PLACE)
    };
    let found: Vec<Word> = reading.into_iter().filter(is_new).collect();
    let mut words = text_layer;
    words.extend(found);
    words
}

/// The part (0 to 1) of the smaller box that lies in the other.
fn shared(a: &BoundingBox, b: &BoundingBox) -> f32 {
    let width = a.x1().min(b.x1()) - a.x0().max(b.x0());
    let height = a.y1().min(b.y1()) - a.y0().max(b.y0());
    let smaller = (a.width() * a.height()).min(b.width() * b.height());
    if width <= 0.0 || height <= 0.0 || smaller <= 0.0 { 0.0 } else { width * height / smaller }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, x0: f32, y0: f32, x1: f32, y1: f32) -> Word {
        let bbox = BoundingBox::new(x0, y0, x1, y1);
        Word { text: text.to_owned(), bbox, confidence: 1.0, line: 0 }
    }

    fn texts(words: &[Word]) -> Vec<&str> {
        words.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn a_word_seen_twice_is_taken_from_the_text_layer() {
        let layer = vec![word("Total", 0.1, 0.1, 0.2, 0.12)];
        let reading =
            vec![word("Tota1", 0.101, 0.099, 0.201, 0.121), word("Stamp", 0.5, 0.1, 0.6, 0.12)];
        assert_eq!(texts(&union(layer, reading)), ["Total", "Stamp"]);
    }

    #[test]
    fn words_that_only_touch_are_both_kept() {
        let layer = vec![word("a", 0.1, 0.1, 0.2, 0.12)];
        let reading = vec![word("b", 0.195, 0.1, 0.3, 0.12), word("c", 0.1, 0.119, 0.2, 0.14)];
        assert_eq!(texts(&union(layer, reading)), ["a", "b", "c"]);
    }

    #[test]
    fn a_piece_of_a_long_word_is_the_same_word() {
        let layer = vec![word("long word", 0.1, 0.1, 0.9, 0.12), word("x", 0.1, 0.5, 0.2, 0.9)];
        let reading = vec![word("word", 0.5, 0.1, 0.6, 0.12), word("part", 0.1, 0.8, 0.2, 0.82)];
        assert_eq!(texts(&union(layer, reading)), ["long word", "x"]);
    }

    #[test]
    fn either_side_may_be_empty() {
        let words = vec![word("a", 0.1, 0.1, 0.2, 0.12)];
        assert_eq!(union(words.clone(), Vec::new()), words);
        assert_eq!(union(Vec::new(), words.clone()), words);
    }
}
