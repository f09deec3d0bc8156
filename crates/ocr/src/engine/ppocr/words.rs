//! A line's letters as words with their places on the page. Pure.

use std::ops::Range;

use common::page::{Alternative, BoundingBox, Word};

use crate::engine::ppocr::ctc::Letter;
use crate::engine::ppocr::spacing::{self, Gap, Ink};
use crate::engine::ppocr::strip::{HEIGHT, Strip};

/// A strip has this part of its height above and below the print, where no ink tells the word's height.
const EDGE: f32 = 0.15;

/// No word is surer than this. Of 4 958 words on dev pages, clean and photographed, those of which
/// the networks say .995 and more were right in 98.9 %; further down the product is near the share
/// of right words (.93: 95 %, .97: 98 %, .83: 79 %, .75: 70 %).
const SUREST: f32 = 0.99;

/// Columns that a part of a line gets beside its ink, where its neighbours leave as much: the
/// recogniser was trained on lines with some paper around them.
const MARGIN: f32 = 8.0;

/// The words of a line on a page of `page` (width and height in pixels).
///
/// A word's confidence is the product of its letters' probabilities: the probability that all of
/// them are right, were they independent.
pub(crate) fn words(strip: &Strip, letters: &[Letter], ink: &Ink, page: (f32, f32)) -> Vec<Word> {
    let mut words = Vec::new();
    for range in pieces(letters) {
        let Some(word) = letters.get(range.clone()) else { continue };
        let (before, after) = around(letters, &range, ink);
        let probability: f32 = word.iter().map(|letter| letter.probability).product();
        let text: String = word.iter().map(|letter| letter.text).collect();
        let bbox = place(strip, ink, before.end, after.start, page);
        let alternatives = alternatives(word);
        words.push(Word { alternatives, ..Word::new(text, bbox, probability.min(SUREST)) });
    }
    words
}

/// First column and the one after the last of a range of letters, with a margin.
pub(crate) fn extent(letters: &[Letter], range: Range<usize>, ink: &Ink) -> (usize, usize) {
    let (before, after) = around(letters, &range, ink);
    let start = before.end - MARGIN.min(before.width());
    let end = after.start + MARGIN.min(after.width());
    (start.max(0.0) as usize, (end.ceil() as usize).min(ink.columns.len()))
}

/// The gaps before and after a range of letters. Where the ink shows none, they are empty and in the
/// middle between the letters.
fn around(letters: &[Letter], range: &Range<usize>, ink: &Ink) -> (Gap, Gap) {
    let width = ink.columns.len() as f32;
    let place = |at: usize| letters.get(at).map(|letter| letter.at * width);
    // Beside the range is a space, and beyond that the next letter.
    let before = range.start.checked_sub(2).and_then(place);
    let first = place(range.start).unwrap_or(0.0);
    let last = range.end.checked_sub(1).and_then(place).unwrap_or(width);
    let after = place(range.end + 1);
    let none = |at: f32| Gap { start: at, end: at };
    let left = match before {
        Some(from) => {
            spacing::widest(ink, from, first).unwrap_or_else(|| none(f32::midpoint(from, first)))
        }
        None => {
            let edge = ink.gaps.first().copied().filter(|gap| gap.end <= first);
            edge.unwrap_or_else(|| none(0.0))
        }
    };
    let right = match after {
        Some(to) => spacing::widest(ink, last, to).unwrap_or_else(|| none(f32::midpoint(last, to))),
        None => {
            let edge = ink.gaps.last().copied().filter(|gap| gap.start >= last);
            edge.unwrap_or_else(|| none(width))
        }
    };
    (left, right)
}

/// What else the letters of a word may be.
fn alternatives(word: &[Letter]) -> Vec<Alternative> {
    let others = (0_u32..).zip(word).filter_map(|(at, letter)| Some((at, letter.alternative?)));
    // A space instead would be another word, not another letter.
    let others = others.filter(|(_, (text, _))| *text != ' ');
    others.map(|(at, (text, probability))| Alternative { at, text, probability }).collect()
}

/// The letters of each word.
fn pieces(letters: &[Letter]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = None;
    for (at, letter) in letters.iter().enumerate() {
        if letter.text == ' ' {
            pieces.extend(start.take().map(|start| start..at));
        } else if start.is_none() {
            start = Some(at);
        }
    }
    pieces.extend(start.map(|start| start..letters.len()));
    pieces
}

/// The level box on the page around the ink between two columns of the strip.
fn place(strip: &Strip, ink: &Ink, left: f32, right: f32, page: (f32, f32)) -> BoundingBox {
    let right = right.max(left + 1.0);
    let columns = ink.columns.iter().skip(left as usize).take((right - left).ceil() as usize);
    let rows = columns.flatten().fold(None, |rows: Option<(u8, u8)>, &(first, last)| {
        Some(rows.map_or((first, last), |(a, b)| (a.min(first), b.max(last))))
    });
    let height = HEIGHT as f32;
    let (top, bottom) = rows.map_or((EDGE * height, (1.0 - EDGE) * height), |(first, last)| {
        (f32::from(first), f32::from(last) + 1.0)
    });
    let corners = strip.corners(left, right, top, bottom);
    let (xs, ys) =
        (corners.map(|corner| corner.x / page.0), corners.map(|corner| corner.y / page.1));
    let least = |values: [f32; 4]| values.into_iter().fold(f32::INFINITY, f32::min);
    let most = |values: [f32; 4]| values.into_iter().fold(f32::NEG_INFINITY, f32::max);
    BoundingBox::new(least(xs), least(ys), most(xs), most(ys))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ppocr::hull::Point;
    use crate::engine::ppocr::regions::Region;

    #[test]
    fn words_have_the_box_of_their_ink_and_the_product_of_their_letters() {
        let width = 200;
        let grey = (0..width * HEIGHT)
            .map(|i| {
                let (x, y) = (i % width, i / width);
                let inked = (20..60).contains(&x) || (100..180).contains(&x);
                if inked && (12..36).contains(&y) { 0 } else { 255 }
            })
            .collect();
        let region = Region {
            centre: Point { x: 500.0, y: 500.0 },
            along: Point { x: 1.0, y: 0.0 },
            length: 100.0,
            height: 24.0,
            score: 1.0,
        };
        let strip = Strip { region, grey };
        let letter = |text, at| Letter { text, probability: 0.9, alternative: None, at };
        let letters = [letter('a', 0.2), letter(' ', 0.4), letter('b', 0.6), letter('c', 0.8)];
        let ink = spacing::ink(&strip);
        let words = words(&strip, &letters, &ink, (1000.0, 1000.0));
        assert_eq!(words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), ["a", "bc"]);
        assert!((words[1].confidence - 0.81).abs() < 1e-6);
        let [x0, y0, x1, y1] = words[1].bbox.0;
        // 100 px of page for 200 columns, from 450.
        assert!((x0 - 0.5).abs() < 0.002 && (x1 - 0.54).abs() < 0.002, "{:?}", words[1].bbox);
        assert!((y0 - 0.494).abs() < 0.002 && (y1 - 0.506).abs() < 0.002, "{:?}", words[1].bbox);
    }

    #[test]
    fn alternatives_count_the_letters_of_their_word() {
        let letter = |text, alternative| Letter { text, probability: 0.6, alternative, at: 0.5 };
        let word =
            [letter('1', None), letter('O', Some(('0', 0.3))), letter(',', Some((' ', 0.2)))];
        let expected = Alternative { at: 1, text: '0', probability: 0.3 };
        assert_eq!(alternatives(&word), [expected]);
    }

    #[test]
    fn spaces_at_the_ends_make_no_words() {
        let space = Letter { text: ' ', probability: 1.0, alternative: None, at: 0.5 };
        assert!(pieces(&[space, space]).is_empty());
        let a = Letter { text: 'a', ..space };
        assert_eq!(pieces(&[space, a, a, space, a]), [1..3, 4..5]);
    }
}
