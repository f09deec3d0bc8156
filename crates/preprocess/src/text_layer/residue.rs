//! Print that no character accounts for: text inside images, text drawn as outlines.

use crate::raster::Raster;
use crate::text_layer::Character;
use crate::text_layer::letters::{Blob, blobs};

/// Print differs from its paper by so many grey levels on a small picture; pale watermarks do not.
const PRINT_CONTRAST: u8 = 64;

/// Heights of lines of print (letters, or words grown together), points: 5 to 20 point type.
const PRINT_HEIGHT_PT: std::ops::RangeInclusive<f32> = 2.8..=16.0;

/// Letters of one line are at most this many times as high as their neighbours.
const HEIGHT_RATIO: f32 = 2.2;

/// Gap between neighbours of a line, as a multiple of the smaller height: a wide space.
const GAP_HEIGHTS: f32 = 1.5;

/// A line is at least this many times as long as high: five or six letters.
const LINE_HEIGHTS: f32 = 4.0;

/// Width of a letter in ordinary type as a multiple of the height of a line's blobs.
const LETTER_WIDTH_HEIGHTS: f32 = 0.7;

/// Blobs looked at. More are the grain of photographs, which no line of print comes out of.
const MAX_BLOBS: usize = 4_000;

/// One row of so many tells the grey of the paper: it lies everywhere.
const SAMPLED_ROWS: usize = 4;

/// Around a character's box, points: overhanging strokes and the blur of a small picture.
const OVERHANG_PT: f32 = 1.5;

/// About how many letters `picture` shows outside of the boxes of `characters`.
pub(super) fn unread_letters(picture: &Raster, characters: &[Character], px_per_pt: f32) -> usize {
    let paper = commonest(picture);
    let mut rest = picture.clone();
    for character in characters.iter().filter(|c| c.is_seen()) {
        erase(&mut rest, character, px_per_pt, paper);
    }
    let is_print = |blob: &Blob| PRINT_HEIGHT_PT.contains(&(blob.height() / px_per_pt));
    let mut print: Vec<Blob> = blobs(&rest, paper.saturating_sub(PRINT_CONTRAST - 1))
        .into_iter()
        .filter(is_print)
        .collect();
    if print.len() > MAX_BLOBS {
        return 0;
    }
    print.sort_by(|a, b| a.x0.cmp(&b.x0).then(a.y0.cmp(&b.y0)));
    lines(&print).iter().map(Line::letters).sum()
}

/// The grey of the paper.
fn commonest(picture: &Raster) -> u8 {
    let mut counts = [0_u32; 256];
    for grey in picture.rows().step_by(SAMPLED_ROWS).flatten() {
        if let Some(count) = counts.get_mut(usize::from(*grey)) {
            *count += 1;
        }
    }
    let most = counts.iter().enumerate().max_by_key(|(_, count)| **count);
    most.map_or(u8::MAX, |(grey, _)| grey as u8)
}

fn erase(picture: &mut Raster, character: &Character, px_per_pt: f32, paper: u8) {
    let place = character.place;
    if !place.is_finite() {
        return;
    }
    let pixel = |edge: f32| (edge * px_per_pt).max(0.0) as u32;
    picture.fill(
        pixel(place.x0 - OVERHANG_PT)..pixel(place.x1 + OVERHANG_PT).saturating_add(1),
        pixel(place.y0 - OVERHANG_PT)..pixel(place.y1 + OVERHANG_PT).saturating_add(1),
        paper,
    );
}

/// Blobs that follow each other like print.
struct Line {
    last: Blob,
    blobs: usize,
    /// Sums over the blobs.
    width: f32,
    height: f32,
}

impl Line {
    fn of(blob: Blob) -> Self {
        Self { last: blob, blobs: 1, width: blob.width(), height: blob.height() }
    }

    fn takes(&self, blob: &Blob) -> bool {
        let (a, b) = (&self.last, blob);
        let (low, high) = (a.height().min(b.height()), a.height().max(b.height()));
        let overlap = f32::min(a.y1 as f32, b.y1 as f32) - f32::max(a.y0 as f32, b.y0 as f32);
        let gap = b.x0 as f32 - a.x1 as f32;
        high <= HEIGHT_RATIO * low && 2.0 * overlap >= low && gap <= GAP_HEIGHTS * low
    }

    fn push(&mut self, blob: Blob) {
        self.last = blob;
        self.blobs += 1;
        self.width += blob.width();
        self.height += blob.height();
    }

    /// Zero for what is no line.
    fn letters(&self) -> usize {
        let height = self.height / self.blobs as f32;
        let is_line = self.blobs > 1 && self.width >= LINE_HEIGHTS * height;
        if is_line { (self.width / (LETTER_WIDTH_HEIGHTS * height)) as usize } else { 0 }
    }
}

/// Chains of `print`, which is sorted from left to right.
fn lines(print: &[Blob]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for blob in print {
        // The nearest line that it may go on with.
        let found =
            lines.iter_mut().filter(|line| line.takes(blob)).max_by_key(|line| line.last.x1);
        match found {
            Some(line) => line.push(*blob),
            None => lines.push(Line::of(*blob)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Rect, Turn};

    const WIDTH: u32 = 300;
    const HEIGHT: u32 = 200;

    /// Letters of 4 x 6 pixels, one pixel apart, in words of five.
    fn print(picture: &mut Raster, x: u32, y: u32, letters: u32, grey: u8) {
        for letter in 0..letters {
            let x = x + 5 * letter + 3 * (letter / 5);
            picture.fill(x..x + 4, y..y + 6, grey);
        }
    }

    fn paper() -> Raster {
        Raster::new(WIDTH, HEIGHT, vec![255; (WIDTH * HEIGHT) as usize]).unwrap()
    }

    fn unread(picture: &Raster, characters: &[Character]) -> usize {
        unread_letters(picture, characters, 1.0)
    }

    #[test]
    fn print_without_characters_is_counted() {
        let mut page = paper();
        print(&mut page, 20, 20, 30, 20);
        print(&mut page, 20, 40, 30, 20);
        let found = unread(&page, &[]);
        assert!((40..=80).contains(&found), "{found}");
    }

    #[test]
    fn print_under_characters_and_pale_print_is_not() {
        let mut page = paper();
        print(&mut page, 20, 20, 30, 20);
        print(&mut page, 20, 60, 30, 215);
        let line = Character {
            index: 0,
            text: 'x',
            place: Rect { x0: 20.0, y0: 18.0, x1: 190.0, y1: 28.0 },
            turn: Some(Turn::None),
            em_pt: 10.0,
            generated: false,
            invisible: false,
            unmapped: false,
            inkless: false,
            font: 0,
        };
        assert_eq!(unread(&page, std::slice::from_ref(&line)), 0);
        assert!(unread(&page, &[Character { inkless: true, ..line }]) > 20);
    }

    #[test]
    fn rules_boxes_and_a_logo_are_no_print() {
        let mut page = paper();
        page.fill(10..290, 30..31, 0);
        page.fill(10..11, 30..190, 0);
        page.fill(10..290, 100..102, 0);
        page.fill(40..90, 110..160, 60);
        page.fill(100..140, 110..150, 90);
        assert_eq!(unread(&page, &[]), 0);
    }
}
