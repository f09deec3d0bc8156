//! Whether the characters of a page can be seen on it: each is compared with a small picture.

use crate::geometry::{Rect, Size};
use crate::raster::Raster;
use crate::text_layer::{Character, residue};

/// Grey levels that print differs from its surroundings by, at least, after a letter's strokes
/// have been spread over the pixels of a small picture. Paper-coloured text differs by 0; light
/// grey print (#CCC) of 8 points by some 15.
const LEAST_CONTRAST: u8 = 8;

/// A picture that differs by so much where a character stands has print of its own there: the
/// paper of scans and pale watermarks differ by less.
const PRINT_CONTRAST: u8 = 48;

/// Print below this size cannot be read by people: 0.7 mm.
const LEAST_EM_PT: f32 = 2.0;

/// Upper and lower share of a character's box that is not looked at: rules and neighbouring lines
/// may lie there, and letters and digits have their strokes in the middle.
const MARGIN_SHARE: f32 = 0.2;

/// Nothing shows of a glyph whose box has a side below this, points.
const LEAST_SIDE_PT: f32 = 0.2;

/// Small pictures of a page, upright as the page is shown.
#[derive(Debug)]
pub struct Overview {
    /// All that is drawn.
    pub shown: Raster,
    /// All but the text, where pictures lie around text: only the difference is text then.
    pub beneath: Option<Raster>,
    /// Pixels of both for each point of the page.
    pub px_per_pt: f32,
}

/// What a comparison found beside the characters' own marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Seen characters where a picture beneath has print of its own.
    pub doubled: usize,
    /// About so many letters are drawn that no character accounts for.
    pub unread_letters: usize,
    /// All of the page has one colour.
    pub flat: bool,
}

/// Marks the characters of a page of `size` that leave no ink on it, and looks for what else it
/// shows.
pub fn compare(characters: &mut [Character], size: Size, overview: &Overview) -> Findings {
    let mut doubled = 0;
    for character in characters.iter_mut().filter(|c| c.is_printing() && !c.invisible) {
        let place = core(character, size);
        character.inkless = !leaves_ink(character, &place, overview);
        let beneath = overview.beneath.as_ref();
        let printed = |picture: &Raster| contrast(picture, &place, overview.px_per_pt);
        doubled += usize::from(
            !character.inkless && beneath.is_some_and(|b| printed(b) >= Some(PRINT_CONTRAST)),
        );
    }
    let picture = overview.beneath.as_ref().unwrap_or(&overview.shown);
    Findings {
        doubled,
        unread_letters: residue::unread_letters(picture, characters, overview.px_per_pt),
        flat: is_flat(&overview.shown),
    }
}

fn leaves_ink(character: &Character, place: &Rect, overview: &Overview) -> bool {
    let has_extent =
        character.place.width() > LEAST_SIDE_PT && character.place.height() > LEAST_SIDE_PT;
    if !place.is_finite() || !has_extent {
        return false;
    }
    if character.em_pt < LEAST_EM_PT {
        return false;
    }
    let found = match &overview.beneath {
        Some(beneath) => difference(&overview.shown, beneath, place, overview.px_per_pt),
        None => contrast(&overview.shown, place, overview.px_per_pt),
    };
    found.is_none_or(|contrast| contrast >= LEAST_CONTRAST)
}

/// The part of a character's box that has its strokes.
fn core(character: &Character, size: Size) -> Rect {
    let place = character.place;
    let Some(turn) = character.turn.filter(|_| character.text.is_alphanumeric()) else {
        return place;
    };
    let level = place.turned(turn, size);
    let margin = MARGIN_SHARE * level.height();
    let level = Rect { y0: level.y0 + margin, y1: level.y1 - margin, ..level };
    level.turned(turn.back(), size.turned(turn))
}

/// Greatest difference between pixels of `place`; `None` where no pixel is.
fn contrast(picture: &Raster, place: &Rect, px_per_pt: f32) -> Option<u8> {
    spread(window(picture, place, px_per_pt))
}

/// Greatest difference between pixels of `rows`; `None` when there are none.
fn spread<'r>(rows: impl Iterator<Item = &'r [u8]>) -> Option<u8> {
    rows.fold(Ends::NONE, Ends::with).spread()
}

/// Whether all of a picture has one colour.
fn is_flat(picture: &Raster) -> bool {
    let mut ends = Ends::NONE;
    // The first line of print answers for most pages.
    !picture.rows().any(|row| {
        ends = ends.with(row);
        ends.spread() >= Some(LEAST_CONTRAST)
    })
}

/// The least and the greatest grey of what was looked at.
#[derive(Clone, Copy)]
struct Ends {
    least: u8,
    most: u8,
}

impl Ends {
    const NONE: Self = Self { least: u8::MAX, most: u8::MIN };

    // Two folds over a slice, because each becomes one instruction for many pixels.
    fn with(self, row: &[u8]) -> Self {
        let least = row.iter().copied().fold(self.least, u8::min);
        let most = row.iter().copied().fold(self.most, u8::max);
        Self { least, most }
    }

    fn spread(self) -> Option<u8> {
        self.most.checked_sub(self.least)
    }
}

/// Greatest difference between two pictures at `place`; `None` where no pixel is.
fn difference(a: &Raster, b: &Raster, place: &Rect, px_per_pt: f32) -> Option<u8> {
    let rows = window(a, place, px_per_pt).zip(window(b, place, px_per_pt));
    rows.filter_map(|(a, b)| a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max()).max()
}

/// Rows of the pixels that `place` touches.
fn window<'r>(
    picture: &'r Raster,
    place: &Rect,
    px_per_pt: f32,
) -> impl Iterator<Item = &'r [u8]> + use<'r> {
    // Saturating: what lies beside the picture becomes an empty window.
    let first = |edge: f32| (edge * px_per_pt).floor().max(0.0) as usize;
    let last = |edge: f32| (edge * px_per_pt).ceil().max(0.0) as usize;
    let width = picture.width_px() as usize;
    let (x0, x1) = (first(place.x0).min(width), last(place.x1).min(width));
    let (y0, y1) = (first(place.y0), last(place.y1));
    let rows = picture.rows().skip(y0).take(y1.saturating_sub(y0));
    rows.filter_map(move |row| row.get(x0..x1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Turn;

    const PAGE: Size = Size { width: 100.0, height: 50.0 };

    /// A letter with its box at (10, 10) to (16, 22).
    fn letter() -> Character {
        Character {
            index: 0,
            text: 'x',
            place: Rect { x0: 10.0, y0: 10.0, x1: 16.0, y1: 22.0 },
            turn: Some(Turn::None),
            em_pt: 12.0,
            generated: false,
            invisible: false,
            unmapped: false,
            inkless: false,
            font: 0,
        }
    }

    /// White paper with `grey` in rows `rows` of columns 11 to 14.
    fn paper(rows: std::ops::Range<usize>, grey: u8) -> Raster {
        let mut pixels = vec![255; 100 * 50];
        for row in rows {
            pixels[row * 100 + 11..row * 100 + 14].fill(grey);
        }
        Raster::new(100, 50, pixels).unwrap()
    }

    fn compared(character: Character, shown: Raster, beneath: Option<Raster>) -> (bool, Findings) {
        let mut characters = [character];
        let overview = Overview { shown, beneath, px_per_pt: 1.0 };
        let findings = compare(&mut characters, PAGE, &overview);
        (characters[0].inkless, findings)
    }

    #[test]
    fn print_is_seen_and_paper_coloured_print_is_not() {
        assert!(!compared(letter(), paper(14..19, 90), None).0);
        assert!(!compared(letter(), paper(14..19, 240), None).0);
        let (inkless, findings) = compared(letter(), paper(14..19, 253), None);
        assert!(inkless && findings.flat);
    }

    #[test]
    fn a_rule_at_the_edge_of_the_box_is_no_print() {
        assert!(compared(letter(), paper(21..22, 0), None).0);
    }

    #[test]
    fn over_a_picture_only_the_difference_is_text() {
        let picture = || paper(14..19, 30);
        assert!(compared(letter(), picture(), Some(picture())).0);
        let (inkless, findings) = compared(letter(), paper(12..20, 0), Some(picture()));
        assert!(!inkless);
        assert_eq!(findings.doubled, 1);
        let on_paper = compared(letter(), paper(14..19, 0), Some(paper(0..0, 0))).1;
        assert_eq!(on_paper.doubled, 0);
    }

    #[test]
    fn text_too_small_to_read_is_not_seen() {
        assert!(compared(Character { em_pt: 1.0, ..letter() }, paper(14..19, 0), None).0);
    }

    #[test]
    fn text_squeezed_to_nothing_is_not_seen() {
        let squeezed = Rect { x0: 12.0, y0: 10.0, x1: 12.0, y1: 22.0 };
        assert!(compared(Character { place: squeezed, ..letter() }, paper(14..19, 0), None).0);
    }

    #[test]
    fn sideways_text_is_looked_at_across_its_line() {
        let sideways = Character {
            place: Rect { x0: 8.0, y0: 14.0, x1: 20.0, y1: 19.0 },
            turn: Some(Turn::Right),
            ..letter()
        };
        assert!(!compared(sideways.clone(), paper(14..19, 0), None).0);
        let rule_beside =
            Character { place: Rect { x0: 13.0, y0: 14.0, x1: 25.0, y1: 19.0 }, ..sideways };
        assert!(compared(rule_beside, paper(14..19, 0), None).0);
    }
}
