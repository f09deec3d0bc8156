//! A text layer and a reading of the same page, as one.

use common::page::{BoundingBox, PageSource, Word};

/// A doubted text layer is believed when this part of its words stands in the reading too. A
/// layer of wrong letters has next to none; a sound one misses what the reader got wrong, on a
/// clean page some 5 %, on a bad one 30 %.
const AGREEMENT: f32 = 0.6;

/// Shorter words agree by chance.
const TELLING_LENGTH: usize = 3;

/// A read word that shares this part of its area (or of the other's, if that is smaller) with a
/// word of the text layer is the same word seen twice. Neighbours touch by a few hundredths.
const SAME_PLACE: f32 = 0.3;

/// The words of a page, and where they come from.
///
/// Trusted words of a text layer count as they are. Doubted ones count where the reading agrees
/// with them as a whole: then they are exact where a reading guesses.
pub(crate) fn merge(
    trusted: Vec<Word>,
    doubted: Vec<Word>,
    reading: Vec<Word>,
) -> (PageSource, Vec<Word>) {
    let mut layer = trusted;
    if !doubted.is_empty() && agreement(&doubted, &reading) >= AGREEMENT {
        layer.extend(doubted);
    }
    let source = if layer.is_empty() { PageSource::Ocr } else { PageSource::Mixed };
    (source, union(layer, reading))
}

/// The words on a page that is turned clockwise by quarters.
pub(crate) fn turned(mut words: Vec<Word>, degrees: u16) -> Vec<Word> {
    for word in &mut words {
        let BoundingBox([x0, y0, x1, y1]) = word.bbox;
        word.bbox = match degrees {
            90 => BoundingBox::new(1.0 - y1, x0, 1.0 - y0, x1),
            180 => BoundingBox::new(1.0 - x1, 1.0 - y1, 1.0 - x0, 1.0 - y0),
            270 => BoundingBox::new(y0, 1.0 - x1, y1, 1.0 - x0),
            _ => word.bbox,
        };
    }
    words
}

/// The part (0 to 1) of the longer words of `layer` that the reading has at the same place.
fn agreement(layer: &[Word], reading: &[Word]) -> f32 {
    let reading = Neighbours::of(reading);
    let telling = |word: &&Word| word.text.chars().count() >= TELLING_LENGTH;
    let (mut seen, mut agreed) = (0_u32, 0_u32);
    for word in layer.iter().filter(telling) {
        seen += 1;
        let is_read = reading.at(&word.bbox).any(|read| alike(&word.text, &read.text));
        agreed += u32::from(is_read);
    }
    if seen == 0 { 0.0 } else { agreed as f32 / seen as f32 }
}

/// Equal but for case and punctuation, or one a part of the other: words are parted differently.
fn alike(a: &str, b: &str) -> bool {
    let core = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (a, b) = (core(a), core(b));
    let part = |long: &str, short: &str| short.len() >= TELLING_LENGTH && long.contains(short);
    a == b || part(&a, &b) || part(&b, &a)
}

/// Every word of the text layer, and those of the reading that stand where it has none.
pub(crate) fn union(text_layer: Vec<Word>, reading: Vec<Word>) -> Vec<Word> {
    let known = Neighbours::of(&text_layer);
    let is_new = |word: &Word| known.at(&word.bbox).next().is_none();
    let found: Vec<Word> = reading.into_iter().filter(is_new).collect();
    let mut words = text_layer;
    words.extend(found);
    words
}

/// Words by their upper edge, so that a place is compared with those around it only.
struct Neighbours<'a> {
    words: Vec<&'a Word>,
    highest: f32,
}

impl<'a> Neighbours<'a> {
    fn of(words: &'a [Word]) -> Self {
        let mut words: Vec<&Word> = words.iter().collect();
        words.sort_by(|a, b| a.bbox.y0().total_cmp(&b.bbox.y0()));
        let highest = words.iter().map(|word| word.bbox.height()).fold(0.0, f32::max);
        Self { words, highest }
    }

    /// The words that stand at `place`.
    fn at(&self, place: &BoundingBox) -> impl Iterator<Item = &'a Word> {
        let above = place.y0() - self.highest;
        let first = self.words.partition_point(|word| word.bbox.y0() < above);
        let near = self.words.iter().skip(first);
        let near = near.take_while(move |word| word.bbox.y0() <= place.y1());
        near.copied().filter(|word| shared(&word.bbox, place) >= SAME_PLACE)
    }
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
        Word::new(text, bbox, 1.0)
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
    fn a_doubted_layer_counts_where_the_reading_agrees() {
        let doubted = vec![
            word("Facture", 0.1, 0.1, 0.2, 0.12),
            word("F-2024/0017", 0.3, 0.1, 0.5, 0.12),
            word("Total", 0.1, 0.3, 0.2, 0.32),
        ];
        let reading = vec![
            word("Facture", 0.1, 0.1, 0.2, 0.12),
            word("F-2024/OO17", 0.3, 0.1, 0.5, 0.12),
            word("total:", 0.1, 0.3, 0.2, 0.32),
        ];
        let (source, words) = merge(Vec::new(), doubted.clone(), reading.clone());
        assert_eq!(source, PageSource::Mixed);
        assert_eq!(texts(&words), ["Facture", "F-2024/0017", "Total"]);

        let shifted = doubted.into_iter().map(|w| Word { text: w.text.replace('a', "x"), ..w });
        let (source, words) = merge(Vec::new(), shifted.collect(), reading.clone());
        assert_eq!((source, words), (PageSource::Ocr, reading));
    }

    #[test]
    fn words_turn_with_their_page() {
        let page = vec![word("a", 0.1, 0.2, 0.3, 0.25)];
        let near = |a: [f32; 4], b: [f32; 4]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        let right = turned(page.clone(), 90);
        assert!(near(right[0].bbox.0, [0.75, 0.1, 0.8, 0.3]), "{:?}", right[0].bbox);
        let back = turned(turned(right, 90), 180);
        assert!(near(back[0].bbox.0, page[0].bbox.0));
        assert_eq!(turned(turned(page.clone(), 270), 90)[0].text, "a");
    }

    #[test]
    fn either_side_may_be_empty() {
        let words = vec![word("a", 0.1, 0.1, 0.2, 0.12)];
        assert_eq!(union(words.clone(), Vec::new()), words);
        assert_eq!(union(Vec::new(), words.clone()), words);
    }
}
