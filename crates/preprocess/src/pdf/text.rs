//! The characters of a page, placed as the page is shown.

use crate::geometry::{Rect, Size, Turn};
use crate::pdf::Frame;
use crate::pdf::ffi::{Page, RawCharacter};
use crate::text_layer::Character;

/// Characters looked at. The densest print on A3 has some 40 000; a page of more is an attack.
const MAX_CHARACTERS: i32 = 200_000;

/// Text within this angle of a quarter turn is laid out along it; more is a stamp or a watermark.
const MAX_SLANT_DEGREES: f32 = 10.0;

/// Boxes less or more high than these shares of the font size come from a nonsensical font.
const CREDIBLE_HEIGHT_EM: std::ops::RangeInclusive<f32> = 0.5..=1.8;

/// Ascent and descent of ordinary fonts, where the file's own cannot be believed.
const ASCENT_EM: f32 = 0.8;
const DESCENT_EM: f32 = 0.2;

/// A font of fewer points, in boxes of more than [`OWN_UNITS_EM`] its size, counts in units of its
/// own (Type 3): the boxes tell its size.
const OWN_UNITS_PT: f32 = 3.0;
const OWN_UNITS_EM: f32 = 3.0;

/// The text of `page` as far as it stands on it; empty when it has none. Double pages carry the
/// text of both halves.
pub(super) fn characters(page: &Page<'_>, frame: &Frame) -> Vec<Character> {
    let Some(text) = page.text() else { return Vec::new() };
    let count = text.len().clamp(0, MAX_CHARACTERS);
    let mut characters = Vec::with_capacity(count as usize);
    let mut high_half = None;
    for index in 0..count {
        let raw = text.character(index);
        let (decoded, pending) = decode(high_half.take(), raw.code);
        high_half = pending;
        let Some(decoded) = decoded else { continue };
        let character = placed(index as usize, decoded, &raw, frame);
        if character.generated || stands_on(frame, &character.place) {
            characters.push(character);
        }
    }
    characters
}

/// Joins UTF-16 halves; a lone one is unreadable. Returns the character and the half to keep.
fn decode(high_half: Option<u32>, code: u32) -> (Option<char>, Option<u32>) {
    match (high_half, code) {
        (None, 0xD800..=0xDBFF) => (None, Some(code)),
        (Some(high), 0xDC00..=0xDFFF) => {
            let scalar = 0x1_0000 + ((high - 0xD800) << 10) + (code - 0xDC00);
            (char::from_u32(scalar), None)
        }
        (_, code) => (Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)), None),
    }
}

fn placed(index: usize, text: char, raw: &RawCharacter, frame: &Frame) -> Character {
    let m = raw.matrix;
    let em_pt = (raw.font_size as f32 * m.c.hypot(m.d)).abs();
    let loose = raw.loose;
    let place = frame.place(loose.left, loose.bottom, loose.right, loose.top);
    // PDF counts angles against the clock; the page's own turn is taken off.
    let direction = m.b.atan2(m.a).to_degrees();
    let turn = reading_turn(direction).map(|turn| frame.turn.back().then(turn));
    let em_pt = shown_em(em_pt, turn.map(|turn| place.turned(turn, frame.size).height()));
    Character {
        index,
        text,
        place: credible(place, turn, em_pt, raw, frame),
        turn,
        em_pt,
        generated: raw.generated,
        invisible: raw.invisible,
        unmapped: raw.unmapped,
        inkless: false,
        font: raw.font,
    }
}

/// Whether the middle of `place` lies on the page.
fn stands_on(frame: &Frame, place: &Rect) -> bool {
    let Size { width, height } = frame.size;
    (0.0..=width).contains(&place.middle_x()) && (0.0..=height).contains(&place.middle_y())
}

/// Font size of print that stands in boxes `height` points high.
fn shown_em(em_pt: f32, height: Option<f32>) -> f32 {
    match height {
        Some(height) if em_pt < OWN_UNITS_PT && height > OWN_UNITS_EM * em_pt => {
            height / (ASCENT_EM + DESCENT_EM)
        }
        _ => em_pt,
    }
}

/// The clockwise turn that levels text running at `degrees` against the clock.
fn reading_turn(degrees: f32) -> Option<Turn> {
    let quarters = (degrees / 90.0).round();
    let slant = (degrees - quarters * 90.0).abs();
    (slant <= MAX_SLANT_DEGREES).then(|| Turn::from_quarters(quarters as i32))
}

/// Replaces a height that the font size contradicts; the advance along the line stays.
fn credible(
    place: Rect,
    turn: Option<Turn>,
    em_pt: f32,
    raw: &RawCharacter,
    frame: &Frame,
) -> Rect {
    let Some(turn) = turn else { return place };
    let level = place.turned(turn, frame.size);
    if raw.generated || em_pt <= 0.0 || CREDIBLE_HEIGHT_EM.contains(&(level.height() / em_pt)) {
        return place;
    }
    let (x, y) = (raw.origin.0 as f32, raw.origin.1 as f32);
    let baseline = frame.place(x, y, x, y).turned(turn, frame.size).y0;
    let (y0, y1) = (baseline - ASCENT_EM * em_pt, baseline + DESCENT_EM * em_pt);
    Rect { y0, y1, ..level }.turned(turn.back(), frame.size.turned(turn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_make_one_character_and_a_lone_half_is_unreadable() {
        assert_eq!(decode(None, 0xD83D), (None, Some(0xD83D)));
        assert_eq!(decode(Some(0xD83D), 0xDE00), (Some('😀'), None));
        assert_eq!(decode(Some(0xD83D), 0x41), (Some('A'), None));
        assert_eq!(decode(None, 0xDC00), (Some(char::REPLACEMENT_CHARACTER), None));
    }

    #[test]
    fn a_font_with_units_of_its_own_is_as_large_as_its_boxes() {
        assert!((shown_em(0.24, Some(17.0)) - 17.0).abs() < 0.1);
        assert!((shown_em(10.0, Some(40.0)) - 10.0).abs() < 0.1);
        assert!((shown_em(1.0, Some(1.2)) - 1.0).abs() < 0.1);
        assert!((shown_em(1.0, None) - 1.0).abs() < 0.1);
    }

    #[test]
    fn text_that_runs_upwards_is_levelled_by_a_turn_to_the_right() {
        assert_eq!(reading_turn(2.0), Some(Turn::None));
        assert_eq!(reading_turn(90.0), Some(Turn::Right));
        assert_eq!(reading_turn(-90.0), Some(Turn::Left));
        assert_eq!(reading_turn(179.0), Some(Turn::Half));
        assert_eq!(reading_turn(45.0), None);
    }
}
