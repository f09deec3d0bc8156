//! Where words end. The recognisers drop spaces, most of all after colons and between groups of
//! digits; the gaps in the ink tell them. Pure.

use crate::engine::ppocr::ctc::Letter;
use crate::engine::ppocr::strip::{HEIGHT, Strip};

/// Rows at either edge of a strip that belong to neighbouring lines or to frames.
const MARGIN_ROWS: usize = 3;

/// Ink is darker than paper by this part of the line's contrast: light strokes count, noise of a
/// tenth of the contrast does not.
const INK_SHARE: f32 = 0.3;

/// Least difference of ink and paper, of 255.
const LEAST_CONTRAST: f32 = 10.0;

/// Quantiles of a strip's pixels that are ink and paper: most of a line is paper.
const INK_QUANTILE: f32 = 0.01;
const PAPER_QUANTILE: f32 = 0.8;

/// A gap of this part of the page's usual space is a space. With 0.8 decimals are torn apart, with
/// 1.0 a tenth of the lost spaces stays lost (dev pages under ten conditions: word F1 .933 without
/// this rule, .957, .957 and .959 with 0.8, 0.9 and 1.0 on clean pages, .919 instead of .827 at 100 DPI).
const SPACE_SHARE: f32 = 0.9;

/// Figures are as wide as each other, so a 1 has wide gaps, and a decimal point too. Between
/// digits a gap has to be this many times as wide to be a space, with a 1 and near a decimal point
/// even more.
const DIGIT_FACTOR: f32 = 1.1;
const ONE_FACTOR: f32 = 1.3;
const DECIMAL_FACTOR: f32 = 1.6;

/// A comma before so many digits is none of an amount but that of "May 1, 2023". Gaps after it are from
/// 1.0 usual spaces on (34 of them on dev pages), those of decimal commas up to 0.73 (160), on receipts
/// a few up to 1.1.
const DIGITS_OF_A_YEAR: usize = 4;

/// A colon leaves a gap of its own on its left side, so what is left of the space after it is narrower:
/// from 0.89 usual spaces on, and up to 0.62 where there is none (dev pages).
const COLON_FACTOR: f32 = 0.85;

/// What the networks see in a wide gap instead of a space.
const PHANTOM: char = '·';

/// Width of a usual space in strip pixels, where a page shows none: a quarter of an em.
const DEFAULT_SPACE: f32 = 12.0;

/// A gap without ink in a strip: first and last column, the latter excluded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Gap {
    pub(crate) start: f32,
    pub(crate) end: f32,
}

impl Gap {
    pub(crate) fn width(&self) -> f32 {
        self.end - self.start
    }

    pub(crate) fn middle(&self) -> f32 {
        f32::midpoint(self.start, self.end)
    }
}

/// The ink of a strip.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ink {
    /// Gaps between columns of ink, from the left; the first one starts at the left edge and the
    /// last one ends at the right, both perhaps empty.
    pub(crate) gaps: Vec<Gap>,
    /// For each column the first and the last row with ink; `None` in gaps.
    pub(crate) columns: Vec<Option<(u8, u8)>>,
}

/// Looks for the ink of a line.
pub(crate) fn ink(strip: &Strip) -> Ink {
    let width = strip.width();
    let smooth = smoothed(&strip.grey, width);
    let rows = smooth.get(MARGIN_ROWS * width..(HEIGHT - MARGIN_ROWS) * width).unwrap_or(&[]);
    let (dark, light) = (quantile(rows, INK_QUANTILE), quantile(rows, PAPER_QUANTILE));
    let (lightest, darkest) =
        (quantile(rows, 1.0 - INK_QUANTILE), quantile(rows, 1.0 - PAPER_QUANTILE));
    // White print on a dark ground: most of the strip is dark.
    let inverted = lightest - darkest > light - dark;
    let (paper, contrast) =
        if inverted { (darkest, lightest - darkest) } else { (light, light - dark) };
    let least = (INK_SHARE * contrast).max(LEAST_CONTRAST);
    let is_ink = |grey: u8| {
        let grey = f32::from(grey);
        if inverted { grey > paper + least } else { grey < paper - least }
    };
    let mut columns: Vec<Option<(u8, u8)>> = vec![None; width];
    for (row, pixels) in rows.chunks_exact(width.max(1)).enumerate() {
        let row = (row + MARGIN_ROWS) as u8;
        for (column, _) in columns.iter_mut().zip(pixels).filter(|(_, grey)| is_ink(**grey)) {
            let first = column.map_or(row, |(first, _)| first);
            *column = Some((first, row));
        }
    }
    let mut gaps = Vec::new();
    let mut start = 0;
    for (x, _) in columns.iter().enumerate().filter(|(_, column)| column.is_some()) {
        if x > start || x == 0 {
            gaps.push(Gap { start: start as f32, end: x as f32 });
        }
        start = x + 1;
    }
    gaps.push(Gap { start: start as f32, end: width as f32 });
    Ink { gaps, columns }
}

/// Width of a usual space on a page, strip pixels: the median of gaps at which the recogniser saw one.
pub(crate) fn usual_space<'a>(lines: impl Iterator<Item = (&'a [Letter], &'a Ink)>) -> f32 {
    let mut widths: Vec<f32> = Vec::new();
    for (letters, ink) in lines {
        let width = ink.columns.len() as f32;
        for window in letters.windows(3) {
            let [before, space, after] = window else { continue };
            if space.text == ' ' {
                let widest = widest(ink, before.at * width, after.at * width);
                widths.extend(widest.map(|gap| gap.width()));
            }
        }
    }
    widths.sort_by(f32::total_cmp);
    widths.get(widths.len() / 2).copied().unwrap_or(DEFAULT_SPACE)
}

/// The letters with the spaces that the recogniser has lost, or taken for dots.
pub(crate) fn spaced(letters: &[Letter], ink: &Ink, usual: f32) -> Vec<Letter> {
    let width = ink.columns.len() as f32;
    let is_in_gap = |letter: &Letter| {
        let at = letter.at * width;
        ink.gaps.iter().any(|g| g.width() >= usual * SPACE_SHARE && (g.start..=g.end).contains(&at))
    };
    let seen = |letter: &Letter| {
        let is_phantom = letter.text == PHANTOM && is_in_gap(letter);
        if is_phantom { Letter { text: ' ', ..*letter } } else { *letter }
    };
    let letters: Vec<Letter> = letters.iter().map(seen).collect();
    let letters = letters.as_slice();
    let mut result: Vec<Letter> = Vec::with_capacity(letters.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        result.push(*letter);
        let Some(next) = letters.get(at + 1) else { break };
        // A character's place is known to some 4 pixels: next to a space that is there already,
        // the gap is that space's.
        let near = letters.get(at.saturating_sub(1)..(at + 3).min(letters.len())).unwrap_or(&[]);
        if near.iter().any(|letter| letter.text == ' ') {
            continue;
        }
        let Some(gap) = widest(ink, letter.at * width, next.at * width) else { continue };
        let least = usual * SPACE_SHARE * factor(letters, at);
        if gap.width() >= least {
            result.push(Letter {
                text: ' ',
                probability: 1.0,
                alternative: None,
                at: gap.middle() / width.max(1.0),
            });
        }
    }
    result
}

/// How much wider than a usual space a gap after letter `at` has to be.
fn factor(letters: &[Letter], at: usize) -> f32 {
    let text = |at: usize| letters.get(at).map_or(' ', |letter| letter.text);
    let (left, right) = (text(at), text(at + 1));
    let digit = |c: char| c.is_ascii_digit();
    let digits_from = |at: usize| {
        letters.get(at..).unwrap_or(&[]).iter().take_while(|letter| digit(letter.text)).count()
    };
    let is_decimal = |sign: usize| {
        let of_a_date = text(sign) == ',' && digits_from(sign + 1) >= DIGITS_OF_A_YEAR;
        matches!(text(sign), '.' | ',' | '\'')
            && sign.checked_sub(1).is_some_and(|before| digit(text(before)))
            && digit(text(sign + 1))
            && !of_a_date
    };
    // The place of a letter is vague by half its width: a point's gap may seem to be its neighbour's.
    if (at.saturating_sub(1)..=at + 2).any(is_decimal) {
        DECIMAL_FACTOR
    } else if left == ':' {
        COLON_FACTOR
    } else if !digit(left) || !digit(right) {
        1.0
    } else if left == '1' || right == '1' {
        ONE_FACTOR
    } else {
        DIGIT_FACTOR
    }
}

/// The widest gap whose middle lies between two columns.
pub(crate) fn widest(ink: &Ink, from: f32, to: f32) -> Option<Gap> {
    let between = ink.gaps.iter().filter(|gap| (from..=to).contains(&gap.middle()));
    between.copied().max_by(|a, b| a.width().total_cmp(&b.width()))
}

/// A 3 x 3 mean: single noisy pixels are no ink.
fn smoothed(grey: &[u8], width: usize) -> Vec<u8> {
    let mut level: Vec<u16> = Vec::with_capacity(grey.len());
    for row in grey.chunks_exact(width.max(1)) {
        let left = row.first().into_iter().chain(row);
        let right = row.iter().skip(1).chain(row.last());
        let sums = left.zip(row).zip(right);
        level.extend(sums.map(|((a, b), c)| u16::from(*a) + u16::from(*b) + u16::from(*c)));
    }
    let row = |y: usize| level.get(y * width..(y + 1) * width).unwrap_or(&[]);
    let mut smooth = Vec::with_capacity(grey.len());
    for y in 0..HEIGHT {
        let upper = row(y.saturating_sub(1));
        let lower = row((y + 1).min(HEIGHT - 1));
        let sums = upper.iter().zip(row(y)).zip(lower);
        smooth.extend(sums.map(|((a, b), c)| ((a + b + c) / 9) as u8));
    }
    smooth
}

fn quantile(values: &[u8], share: f32) -> f32 {
    let mut counts = [0_usize; 256];
    for &value in values {
        if let Some(count) = counts.get_mut(usize::from(value)) {
            *count += 1;
        }
    }
    let rank = (values.len() as f32 * share) as usize;
    let mut sum = 0;
    let found = counts.iter().position(|count| {
        sum += count;
        sum > rank
    });
    found.unwrap_or(255) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ppocr::hull::Point;
    use crate::engine::ppocr::regions::Region;

    /// A strip with letters as blocks of ink at the given columns.
    fn strip(width: usize, blocks: &[(usize, usize)], ink: u8, paper: u8) -> Strip {
        let grey = (0..width * HEIGHT)
            .map(|i| {
                let (x, y) = (i % width, i / width);
                let inked = blocks.iter().any(|&(a, b)| (a..b).contains(&x));
                if inked && (12..36).contains(&y) { ink } else { paper }
            })
            .collect();
        let along = Point { x: 1.0, y: 0.0 };
        let (length, height) = (width as f32, HEIGHT as f32);
        Strip {
            region: Region { centre: Point::default(), along, length, height, score: 1.0 },
            grey,
        }
    }

    fn letters(text: &str, at: &[f32]) -> Vec<Letter> {
        let letter = |(text, &at)| Letter { text, probability: 1.0, alternative: None, at };
        text.chars().zip(at).map(letter).collect()
    }

    fn text(letters: &[Letter]) -> String {
        letters.iter().map(|letter| letter.text).collect()
    }

    #[test]
    fn gaps_are_found_on_light_and_on_dark_ground() {
        for (ink_shade, paper) in [(20, 230), (240, 60)] {
            let ink = ink(&strip(100, &[(10, 20), (24, 34), (60, 70)], ink_shade, paper));
            assert_eq!(ink.gaps.len(), 4);
            assert!((ink.gaps[1].width() - 4.0).abs() <= 2.0, "{:?}", ink.gaps);
            assert!((ink.gaps[2].width() - 26.0).abs() <= 2.0, "{:?}", ink.gaps);
            assert!(ink.columns[15].is_some() && ink.columns[50].is_none());
        }
    }

    #[test]
    fn a_lost_space_comes_back_where_the_gap_is_as_wide_as_usual() {
        let ink = ink(&strip(100, &[(10, 20), (24, 34), (60, 70)], 20, 230));
        let read = letters("N:7", &[0.15, 0.29, 0.65]);
        assert_eq!(text(&spaced(&read, &ink, 12.0)), "N: 7");
        assert_eq!(text(&spaced(&read, &ink, 40.0)), "N:7");
    }

    #[test]
    fn a_decimal_is_not_torn_apart() {
        let ink = ink(&strip(100, &[(10, 20), (24, 28), (42, 52)], 20, 230));
        let read = letters("1.5", &[0.15, 0.26, 0.47]);
        assert_eq!(text(&spaced(&read, &ink, 12.0)), "1.5");
        let read = letters("1.a", &[0.15, 0.26, 0.47]);
        assert_eq!(text(&spaced(&read, &ink, 12.0)), "1. a");
    }

    #[test]
    fn the_comma_of_a_date_is_told_from_that_of_an_amount() {
        // The gap after the comma is as wide as a usual space.
        let blocks = [(10, 20), (24, 28), (42, 50), (54, 62), (66, 74), (78, 86)];
        let ink = ink(&strip(100, &blocks, 20, 230));
        let places = [0.15, 0.26, 0.46, 0.58, 0.70, 0.82];
        let of = |read: &str| text(&spaced(&letters(read, &places), &ink, 12.0));
        assert_eq!(of("1,2023"), "1, 2023");
        assert_eq!(of("1.2023"), "1.2023");
        assert_eq!(of("1,50kg"), "1,50kg");
    }

    #[test]
    fn a_narrow_gap_after_a_colon_is_a_space() {
        let ink = ink(&strip(100, &[(10, 20), (24, 28), (41, 52)], 20, 230));
        let (narrow, usual) = (ink.gaps[2].width(), 13.0);
        assert!(narrow < SPACE_SHARE * usual && narrow > COLON_FACTOR * SPACE_SHARE * usual);
        let of = |read: &str| text(&spaced(&letters(read, &[0.15, 0.26, 0.47]), &ink, usual));
        assert_eq!((of("N:7").as_str(), of("Nil").as_str()), ("N: 7", "Nil"));
    }

    #[test]
    fn a_dot_without_ink_is_a_space() {
        let blocks = [(10, 20), (24, 34), (60, 70)];
        let gap = ink(&strip(100, &blocks, 20, 230));
        let read = letters("co·1", &[0.15, 0.29, 0.47, 0.65]);
        assert_eq!(text(&spaced(&read, &gap, 12.0)), "co 1");
        let dot = ink(&strip(100, &[(10, 20), (24, 34), (45, 49), (60, 70)], 20, 230));
        assert_eq!(text(&spaced(&read, &dot, 14.0)), "co·1");
    }

    #[test]
    fn no_second_space_beside_one_that_was_read() {
        let ink = ink(&strip(100, &[(10, 20), (60, 70)], 20, 230));
        let read = letters("a b", &[0.15, 0.3, 0.65]);
        assert_eq!(text(&spaced(&read, &ink, 12.0)), "a b");
        let lines = [(read.as_slice(), &ink)];
        assert!((usual_space(lines.into_iter()) - 40.0).abs() <= 2.0);
        assert_eq!(usual_space(std::iter::empty()), DEFAULT_SPACE);
    }

    #[test]
    fn an_empty_strip_has_no_ink() {
        let ink = ink(&strip(40, &[], 0, 255));
        assert_eq!(ink.gaps, [Gap { start: 0.0, end: 40.0 }]);
    }
}
