//! Words from characters, by where they stand: the order of the content stream means nothing.

use std::cmp::Ordering;

use common::page::Word;

use crate::geometry::{Rect, Size, Turn};
use crate::text_layer::tracking::tracked;
use crate::text_layer::trust::has_meaning;
use crate::text_layer::{Character, is_line_end_hyphen};

/// A gap wider than this share of the font size divides words. Boxes span the whole advance, so
/// letters of a word touch; the narrowest spaces in use are 0.2 em.
pub(super) const WORD_GAP_EM: f32 = 0.15;

/// Characters whose centres differ by less than this share of the smaller height share a line:
/// raised cents and mixed sizes do, neighbouring lines of tight print (pitch 1 em) do not.
const SAME_LINE_HEIGHTS: f32 = 0.5;

/// The same character again within this share of its width is bold print made by printing twice.
const DOUBLE_PRINT_WIDTHS: f32 = 0.3;

/// A space of which less than this share lies free between letters is padding of another run.
const FREE_SPACE_SHARE: f32 = 0.2;

/// The turn that most of the text needs to read from left to right: pages are made upright by it.
#[must_use]
pub fn reading_turn(characters: &[Character]) -> Turn {
    let printing = || characters.iter().filter(|c| c.is_seen());
    let all = printing().count();
    let most = [Turn::Right, Turn::Half, Turn::Left]
        .into_iter()
        .find(|turn| 2 * printing().filter(|c| c.turn == Some(*turn)).count() > all);
    most.unwrap_or_default()
}

/// Words of a page of `size` with boxes on that page after `upright`, from top to bottom.
#[must_use]
pub fn words(characters: &[Character], size: Size, upright: Turn) -> Vec<Word> {
    let mut found = Vec::new();
    for turn in [Turn::None, Turn::Right, Turn::Half, Turn::Left] {
        let run: Vec<Placed> = characters
            .iter()
            .filter(|c| c.turn == Some(turn) && !c.generated && !c.is_hidden())
            .filter_map(|c| Placed::of(c, c.place.turned(turn, size)))
            .collect();
        let to_upright = turn.back().then(upright);
        let turned_size = size.turned(turn);
        let pieces = lines(run).into_iter().flat_map(divide);
        found.extend(pieces.map(|(text, place)| (text, place.turned(to_upright, turned_size))));
    }
    let oblique = oblique_words(characters).into_iter();
    found.extend(oblique.map(|(text, place)| (text, place.turned(upright, size))));

    let upright_size = size.turned(upright);
    let mut words: Vec<Word> = found
        .into_iter()
        .map(|(text, place)| Word::new(text, place.fraction_of(upright_size), 1.0))
        .collect();
    words.sort_by(|a, b| {
        by_number(a.bbox.middle_y(), b.bbox.middle_y()).then(by_number(a.bbox.x0(), b.bbox.x0()))
    });
    words
}

/// A character whose text reads from left to right.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    index: usize,
    text: char,
    pub(super) place: Rect,
    pub(super) em_pt: f32,
}

impl Placed {
    fn of(character: &Character, place: Rect) -> Option<Self> {
        let text = if is_line_end_hyphen(character.text) { '-' } else { character.text };
        let usable = place.is_finite() && (text.is_whitespace() || has_meaning(text));
        usable.then_some(Self { index: character.index, text, place, em_pt: character.em_pt })
    }

    pub(super) fn is_space(&self) -> bool {
        self.text.is_whitespace()
    }
}

/// Groups characters that stand on one line; each line from left to right.
fn lines(mut characters: Vec<Placed>) -> Vec<Vec<Placed>> {
    characters.sort_by(|a, b| by_number(a.place.middle_y(), b.place.middle_y()));
    let mut lines: Vec<Vec<Placed>> = Vec::new();
    // Centre and height of the line being filled: those of its first character, so that a slope of
    // small differences cannot chain lines together.
    let mut current: Option<(f32, f32)> = None;
    for character in characters {
        let (middle, height) = (character.place.middle_y(), character.place.height());
        let fits = current.is_some_and(|(line_middle, line_height)| {
            (middle - line_middle).abs() < SAME_LINE_HEIGHTS * height.min(line_height)
        });
        match lines.last_mut() {
            Some(line) if fits => line.push(character),
            _ => {
                current = Some((middle, height));
                lines.push(vec![character]);
            }
        }
    }
    for line in &mut lines {
        line.sort_by(|a, b| by_number(a.place.x0, b.place.x0).then(a.index.cmp(&b.index)));
    }
    lines
}

/// Divides a line into words at spaces and gaps.
fn divide(line: Vec<Placed>) -> Vec<(String, Rect)> {
    let mut words: Vec<(String, Rect)> = Vec::new();
    let mut last: Option<Placed> = None;
    let mut spaces: Vec<Rect> = Vec::new();
    let tracked = tracked(&line);
    for (character, is_tracked) in line.into_iter().zip(tracked) {
        if character.is_space() {
            spaces.push(character.place);
            continue;
        }
        if last.is_some_and(|l| printed_twice(&l, &character)) {
            continue;
        }
        let joins = is_tracked || last.is_some_and(|l| touches(&l, &character, &spaces));
        match words.last_mut() {
            Some((text, place)) if joins => {
                push_folded(text, character.text);
                *place = place.union(&character.place);
            }
            _ => {
                let mut text = String::new();
                push_folded(&mut text, character.text);
                words.push((text, character.place));
            }
        }
        spaces.clear();
        // A wide character may reach beyond narrow ones printed over its end.
        last = Some(match last {
            Some(l) if joins && l.place.x1 > character.place.x1 => {
                Placed { place: Rect { x1: l.place.x1, ..character.place }, ..character }
            }
            _ => character,
        });
    }
    words.retain(|(text, _)| !text.is_empty());
    words
}

/// Whether nothing divides two neighbours: no gap, and no space that stands free between them.
fn touches(left: &Placed, right: &Placed, spaces: &[Rect]) -> bool {
    let free = |space: &Rect| space.x1.min(right.place.x0) - space.x0.max(left.place.x1);
    let divides = |space: &Rect| free(space) > FREE_SPACE_SHARE * space.width();
    let gap = right.place.x0 - left.place.x1;
    gap <= WORD_GAP_EM * left.em_pt.min(right.em_pt) && !spaces.iter().any(divides)
}

/// Characters of one glyph (a ligature's letters) are neighbours in the stream and no double print.
fn printed_twice(a: &Placed, b: &Placed) -> bool {
    let near = DOUBLE_PRINT_WIDTHS * a.place.width().min(b.place.width());
    a.text == b.text && a.index.abs_diff(b.index) > 1 && (a.place.x0 - b.place.x0).abs() < near
}

/// Oblique text (a stamp, a watermark) keeps the stream's order: there is no line to sort it by.
fn oblique_words(characters: &[Character]) -> Vec<(String, Rect)> {
    let mut words: Vec<(String, Rect)> = Vec::new();
    let mut open = false;
    for character in characters {
        let part = character.turn.is_none() && character.is_seen();
        if !part || !has_meaning(character.text) || !character.place.is_finite() {
            open = false;
            continue;
        }
        match words.last_mut() {
            Some((text, place)) if open => {
                push_folded(text, character.text);
                *place = place.union(&character.place);
            }
            _ => {
                let mut text = String::new();
                push_folded(&mut text, character.text);
                words.push((text, character.place));
            }
        }
        open = true;
    }
    words.retain(|(text, _)| !text.is_empty());
    words
}

/// Appends `c` with typographic ligatures as letters and without soft hyphens and marks of width
/// zero, so that words compare equal to what a recogniser reads.
fn push_folded(text: &mut String, c: char) {
    match c {
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' => {}
        '\u{FB00}' => text.push_str("ff"),
        '\u{FB01}' => text.push_str("fi"),
        '\u{FB02}' => text.push_str("fl"),
        '\u{FB03}' => text.push_str("ffi"),
        '\u{FB04}' => text.push_str("ffl"),
        '\u{FB05}' | '\u{FB06}' => text.push_str("st"),
        '\u{2010}' | '\u{2011}' => text.push('-'),
        other => text.push(other),
    }
}

fn by_number(a: f32, b: f32) -> Ordering {
    a.total_cmp(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Size = Size { width: 600.0, height: 800.0 };
    const EM: f32 = 10.0;

    /// Characters of `text` from (x, y), each half an em wide, numbered from `index`.
    fn run(index: usize, text: &str, x: f32, y: f32) -> Vec<Character> {
        let place = |i: usize| {
            let x0 = x + 5.0 * i as f32;
            Rect { x0, y0: y, x1: x0 + 5.0, y1: y + EM }
        };
        let one = |(i, text)| Character {
            index: index + i,
            text,
            place: place(i),
            turn: Some(Turn::None),
            em_pt: EM,
            generated: false,
            invisible: false,
            unmapped: false,
            inkless: false,
            font: 0,
        };
        text.chars().enumerate().map(one).collect()
    }

    fn texts(characters: &[Character]) -> Vec<String> {
        words(characters, PAGE, Turn::None).into_iter().map(|w| w.text).collect()
    }

    #[test]
    fn order_in_the_stream_does_not_matter() {
        let mut characters = run(0, "120,00", 300.0, 100.0);
        characters.extend(run(20, "Total", 50.0, 101.0));
        characters.extend(run(40, "Facture", 50.0, 50.0));
        characters.reverse();
        assert_eq!(texts(&characters), ["Facture", "120,00", "Total"]);
    }

    #[test]
    fn spaces_and_gaps_divide_words_and_touching_letters_do_not() {
        let mut characters = run(0, "Net à payer", 50.0, 100.0);
        characters.extend(run(20, "9", 50.0 + 11.0 * 5.0 + 2.0, 100.0));
        characters.extend(run(30, "8", 50.0 + 12.0 * 5.0 + 2.5, 100.0));
        assert_eq!(texts(&characters), ["Net", "à", "payer", "98"]);
    }

    #[test]
    fn letter_spaced_print_is_one_word_and_a_row_of_columns_is_not() {
        let spaced = |pitch: f32| {
            let letters = "FACTURE".chars().enumerate();
            letters
                .flat_map(|(i, c)| run(2 * i, &c.to_string(), 50.0 + pitch * i as f32, 100.0))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(&spaced(8.0)), ["FACTURE"]);
        assert_eq!(texts(&spaced(14.0)).len(), 7);
        let mut headline = spaced(8.0);
        headline.extend(run(40, "n° 7", 50.0 + 7.0 * 8.0 + 6.0, 100.0));
        assert_eq!(texts(&headline), ["FACTURE", "n°", "7"]);
    }

    #[test]
    fn bold_print_made_by_printing_twice_is_read_once() {
        let mut characters = run(0, "TTC", 50.0, 100.0);
        characters.extend(run(3, "TTC", 50.4, 100.0));
        assert_eq!(texts(&characters), ["TTC"]);
    }

    #[test]
    fn letters_of_one_ligature_share_a_box_and_are_all_kept() {
        let mut characters = run(0, "offre", 50.0, 100.0);
        characters[2].place = characters[1].place;
        for c in &mut characters[3..] {
            c.place.x0 -= 5.0;
            c.place.x1 -= 5.0;
        }
        assert_eq!(texts(&characters), ["offre"]);
        assert_eq!(texts(&run(0, "of\u{FB01}ce", 50.0, 100.0)), ["office"]);
    }

    #[test]
    fn a_padding_space_over_a_letter_does_not_divide_it_from_the_next() {
        let mut characters = run(0, "Total", 50.0, 100.0);
        characters.extend(run(10, "  ", 52.0, 100.0));
        characters.extend(run(20, " ", 59.9, 100.0));
        assert_eq!(texts(&characters), ["Total"]);
    }

    #[test]
    fn boxes_are_fractions_of_the_page() {
        let word = words(&run(0, "abc", 60.0, 80.0), PAGE, Turn::None).remove(0);
        let expected = [0.1, 0.1, 0.125, 0.1125];
        for (seen, wanted) in word.bbox.0.iter().zip(expected) {
            assert!((seen - wanted).abs() < 1e-5, "{:?}", word.bbox);
        }
    }

    #[test]
    fn a_page_of_sideways_text_is_turned_and_a_sideways_note_stays_in_place() {
        // Text that reads upwards needs a turn to the right: build it upright, turn it back.
        let sideways = |index, text, x, y| {
            let upright_size = PAGE.turned(Turn::Right);
            let mut characters = run(index, text, x, y);
            for c in &mut characters {
                c.place = c.place.turned(Turn::Left, upright_size);
                c.turn = Some(Turn::Right);
            }
            characters
        };
        let page = sideways(0, "Facture 12", 60.0, 80.0);
        assert_eq!(reading_turn(&page), Turn::Right);
        let upright = words(&page, PAGE, Turn::Right);
        assert_eq!(upright[0].text, "Facture");
        assert!((upright[0].bbox.x0() - 60.0 / 800.0).abs() < 1e-4);
        assert!((upright[0].bbox.y0() - 80.0 / 600.0).abs() < 1e-4);

        let mut noted = run(100, "Un long texte debout", 100.0, 400.0);
        noted.extend(sideways(0, "RCS", 60.0, 10.0));
        assert_eq!(reading_turn(&noted), Turn::None);
        let found = words(&noted, PAGE, Turn::None);
        let note = found.iter().find(|w| w.text == "RCS").unwrap();
        assert!(note.bbox.height() > note.bbox.width() * 0.75 && note.bbox.x0() < 0.05);
    }

    #[test]
    fn hidden_characters_do_not_become_words() {
        let mut characters = run(0, "Total", 50.0, 100.0);
        let mut tag = run(10, "sign here", 50.0, 300.0);
        tag.iter_mut().for_each(|c| c.inkless = true);
        characters.extend(tag);
        assert_eq!(texts(&characters), ["Total"]);
    }

    #[test]
    fn unreadable_characters_do_not_become_words() {
        assert_eq!(texts(&run(0, "\u{F0B7} Prix", 50.0, 100.0)), ["Prix"]);
    }
}
