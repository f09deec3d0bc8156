//! Words to runs and rows: the first step of the layout, on boxes alone.

use common::page::{BoundingBox, ReadPage, Word};

/// A gap wider than this many text heights separates columns; words are 0.25 to 0.6 apart.
const COLUMN_GAP: f32 = 0.95;

/// The same in widths of a letter, where that is more: slips are printed with wide letters of one
/// width, and their words stand a whole letter apart.
const COLUMN_GAP_LETTERS: f32 = 1.7;

/// Words of a page that are looked at. Dense A4 small print has about 2 000.
const MAX_WORDS_PER_PAGE: usize = 6_000;

/// Longer "words" are encoded data or broken spacing, not fields.
const MAX_WORD_BYTES: usize = 256;

/// Segments whose middles differ by less than this share of their height stand in one row.
const SAME_ROW: f32 = 0.55;

/// A sign between parts of one line ("Firm · Street · Town") may stand this far from them, in text
/// heights.
const SIGN_GAP: f32 = 3.0;

/// Runs of one line differ in height by less than this factor.
const SAME_SIZE: f32 = 1.6;

/// Runs of one line overlap sideways by no more than this, in text heights.
const OVERLAP: f32 = 0.3;

/// Words without a wide gap between them, left to right.
#[derive(Debug)]
pub(super) struct Run<'w> {
    pub(super) words: Vec<(&'w Word, BoundingBox)>,
    bbox: BoundingBox,
}

/// The runs of a page by row, from top to bottom and left to right. `aspect` is the width of the
/// page in heights.
pub(super) fn arrange(page: &ReadPage, aspect: f32) -> Vec<Vec<Run<'_>>> {
    let mut runs = runs(page, aspect);
    runs.sort_by(|a, b| a.bbox.middle_y().total_cmp(&b.bbox.middle_y()));
    let mut rows: Vec<Vec<Run<'_>>> = Vec::new();
    let (mut middle, mut height) = (0.0_f32, 0.0_f32);
    for run in runs {
        let distance = (run.bbox.middle_y() - middle).abs();
        let together = distance <= SAME_ROW * height.min(run.bbox.height());
        match rows.last_mut() {
            Some(row) if together => row.push(run),
            _ => {
                (middle, height) = (run.bbox.middle_y(), run.bbox.height());
                rows.push(vec![run]);
            }
        }
    }
    rows.into_iter().map(|row| joined(row, aspect)).collect()
}

/// The runs of each text line, as the reader told lines apart.
fn runs(page: &ReadPage, aspect: f32) -> Vec<Run<'_>> {
    let mut lines: Vec<(u32, Vec<(&Word, BoundingBox)>)> = Vec::new();
    for word in page.words.iter().take(MAX_WORDS_PER_PAGE) {
        let BoundingBox([x0, y0, x1, y1]) = word.bbox;
        let entry = (word, BoundingBox::new(x0, y0, x1, y1));
        let usable = word.text.len() <= MAX_WORD_BYTES && !word.text.trim().is_empty();
        match lines.last_mut() {
            _ if !usable => {}
            Some((line, words)) if *line == word.line => words.push(entry),
            _ => lines.push((word.line, vec![entry])),
        }
    }
    let mut found = Vec::new();
    for (_, mut words) in lines {
        words.sort_by(|a, b| a.1.x0().total_cmp(&b.1.x0()));
        found.extend(split(&words, aspect).filter_map(Run::of));
    }
    found
}

/// Cuts a line's words (left to right) where the gap is wide or the height jumps.
fn split<'a, 'w>(
    words: &'a [(&'w Word, BoundingBox)],
    aspect: f32,
) -> impl Iterator<Item = &'a [(&'w Word, BoundingBox)]> {
    let mut heights: Vec<f32> = words.iter().map(|(_, b)| b.height()).collect();
    heights.sort_by(f32::total_cmp);
    let typical = heights.get(heights.len() / 2).copied().unwrap_or(0.0);
    let wide = COLUMN_GAP_LETTERS * letter_width(words) * aspect;
    words.chunk_by(move |(_, a), (_, b)| {
        let gap = (b.x0() - a.x1()) * aspect;
        let apart = (a.middle_y() - b.middle_y()).abs() > a.height().max(b.height());
        gap <= wide.max(COLUMN_GAP * typical.max(a.height().min(b.height()))) && !apart
    })
}

/// Mean width of a letter, as a fraction of the page's width.
fn letter_width(words: &[(&Word, BoundingBox)]) -> f32 {
    let letters: usize = words.iter().map(|(word, _)| word.text.chars().count()).sum();
    words.iter().map(|(_, b)| b.width()).sum::<f32>() / letters.max(1) as f32
}

/// Joins runs of a row that the reader took for different lines though nothing separates them.
fn joined(mut row: Vec<Run<'_>>, aspect: f32) -> Vec<Run<'_>> {
    row.sort_by(|a, b| a.bbox.x0().total_cmp(&b.bbox.x0()));
    let mut found: Vec<Run<'_>> = Vec::with_capacity(row.len());
    for run in row {
        match found.last_mut() {
            Some(last) if belongs(last, &run, aspect) => {
                last.bbox = last.bbox.union(&run.bbox);
                last.words.extend(run.words);
            }
            _ => found.push(run),
        }
    }
    found
}

fn belongs(left: &Run<'_>, right: &Run<'_>, aspect: f32) -> bool {
    let (a, b) = (left.bbox, right.bbox);
    let height = a.height().min(b.height());
    let gap = (b.x0() - a.x1()) * aspect;
    let sign = left.ends_with_sign() || right.is_sign();
    let size = a.height().max(b.height()) < SAME_SIZE * height || sign;
    let wide = letter_width(&left.words).min(letter_width(&right.words)) * aspect;
    let most = height * if sign { SIGN_GAP } else { COLUMN_GAP };
    size && gap >= -OVERLAP * height && gap <= most.max(COLUMN_GAP_LETTERS * wide)
}

impl<'w> Run<'w> {
    fn of(words: &[(&'w Word, BoundingBox)]) -> Option<Self> {
        let bbox = words.iter().map(|(_, b)| *b).reduce(|a, b| a.union(&b))?;
        Some(Self { words: words.to_vec(), bbox })
    }

    fn is_sign(&self) -> bool {
        self.words.iter().all(|(word, _)| is_sign(&word.text))
    }

    fn ends_with_sign(&self) -> bool {
        self.words.last().is_some_and(|(word, _)| is_sign(&word.text))
    }
}

/// A sign that stands between parts of one line.
fn is_sign(text: &str) -> bool {
    matches!(text.trim(), "·" | "•" | "●" | "|" | "∙" | "‧")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn parts_between_signs_are_one_line_even_when_set_wide() {
        let page = sample::page(1, &["Bergbau GmbH     ●     Am Stollen 3     ●     44787 Bochum"]);
        let rows = arrange(&page, 0.707);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].len(), 1);
    }

    #[test]
    fn one_line_that_was_read_as_two_is_joined() {
        let mut page = sample::page(1, &["Total à payer"]);
        page.words[2].line = 7;
        assert_eq!(arrange(&page, 0.707)[0].len(), 1);
    }

    #[test]
    fn words_that_are_data_are_left_out() {
        let page = sample::page(1, &[&"x".repeat(MAX_WORD_BYTES + 1)]);
        assert!(arrange(&page, 0.707).is_empty());
    }
}
