//! Words that stand side by side.

use std::ops::RangeInclusive;

use common::page::Word;

use crate::layout::usual_height;

/// A word belongs to a line when this part of the lower of the two stands beside the other. Columns
/// half a line apart stay apart; a word with descenders stays with its line.
const MIN_OVERLAP: f32 = 0.5;

/// Words between these multiples of the usual height make lines. Commas, rules, logos and text
/// that runs down the margin come after, and join a line or make one of their own.
const USUAL: RangeInclusive<f32> = 0.5..=1.6;

/// A word higher than this multiple of a line stands beside it, not in it.
const MAX_HEIGHTS_OF_LINE: f32 = 2.5;

/// Lines that a word may belong to: the newest ones. Words come from the top, so only columns with
/// a shift keep several open; a bound keeps a hostile page from taking a square of its words.
const OPEN_LINES: usize = 16;

/// Groups words into lines from the top, each from the left. `slope` as from
/// [`super::skew::slope`].
pub(super) fn group(words: Vec<Word>, slope: f32) -> Vec<Vec<Word>> {
    let usual_height = usual_height(&words);
    let mut words: Vec<Placed> = words.into_iter().map(|word| Placed::new(word, slope)).collect();
    words.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    let is_usual = |placed: &Placed| USUAL.contains(&(placed.height() / usual_height));
    let (usual, odd): (Vec<_>, Vec<_>) = words.into_iter().partition(is_usual);

    let mut lines: Vec<Line> = Vec::new();
    for placed in usual {
        let open = lines.len().saturating_sub(OPEN_LINES);
        match best(lines.iter_mut().skip(open), &placed) {
            Some(line) => line.add(placed),
            None => lines.push(Line::of(placed)),
        }
    }
    lines.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    let mut alone: Vec<Line> = Vec::new();
    for placed in odd {
        let after = lines.partition_point(|line| line.middle() < placed.middle());
        let near = after.saturating_sub(OPEN_LINES / 2);
        match best(lines.iter_mut().skip(near).take(OPEN_LINES), &placed) {
            // Its line stays as high as its usual words.
            Some(line) => line.words.push(placed),
            None => {
                let open = alone.len().saturating_sub(OPEN_LINES);
                match best(alone.iter_mut().skip(open), &placed) {
                    Some(line) => line.add(placed),
                    None => alone.push(Line::of(placed)),
                }
            }
        }
    }
    lines.append(&mut alone);
    lines.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    lines.into_iter().map(Line::into_words).collect()
}

/// A word with its upper and lower edge as they would be on a page without skew.
struct Placed {
    word: Word,
    top: f32,
    bottom: f32,
}

impl Placed {
    fn new(word: Word, slope: f32) -> Self {
        let fall = slope * f32::midpoint(word.bbox.x0(), word.bbox.x1());
        let (top, bottom) = (word.bbox.y0() - fall, word.bbox.y1() - fall);
        Self { word, top, bottom }
    }

    fn middle(&self) -> f32 {
        f32::midpoint(self.top, self.bottom)
    }

    fn height(&self) -> f32 {
        self.bottom - self.top
    }
}

/// Words side by side, and the mean of their edges.
struct Line {
    words: Vec<Placed>,
    top: f32,
    bottom: f32,
}

impl Line {
    fn of(placed: Placed) -> Self {
        Self { top: placed.top, bottom: placed.bottom, words: vec![placed] }
    }

    fn add(&mut self, placed: Placed) {
        let count = self.words.len() as f32;
        self.top = (self.top * count + placed.top) / (count + 1.0);
        self.bottom = (self.bottom * count + placed.bottom) / (count + 1.0);
        self.words.push(placed);
    }

    fn middle(&self) -> f32 {
        f32::midpoint(self.top, self.bottom)
    }

    /// The part (0 to 1) of the lower of the two that stands beside the other; `None` when the word
    /// is too high to be in this line.
    fn overlap(&self, placed: &Placed) -> Option<f32> {
        let height = self.bottom - self.top;
        if placed.height() > MAX_HEIGHTS_OF_LINE * height {
            return None;
        }
        let lower = placed.height().min(height);
        let shared = self.bottom.min(placed.bottom) - self.top.max(placed.top);
        (lower > 0.0).then(|| shared / lower)
    }

    fn into_words(mut self) -> Vec<Word> {
        self.words.sort_by(|a, b| a.word.bbox.x0().total_cmp(&b.word.bbox.x0()));
        self.words.into_iter().map(|placed| placed.word).collect()
    }
}

/// The line that `placed` overlaps most, if it is enough to belong to it; of several that it covers,
/// the one nearest to its middle.
fn best<'a>(lines: impl Iterator<Item = &'a mut Line>, placed: &Placed) -> Option<&'a mut Line> {
    let distance = |line: &Line| (line.middle() - placed.middle()).abs();
    lines
        .filter_map(|line| Some((line.overlap(placed)?, line)))
        .filter(|(overlap, _)| *overlap >= MIN_OVERLAP)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(distance(b.1).total_cmp(&distance(a.1))))
        .map(|(_, line)| line)
}
