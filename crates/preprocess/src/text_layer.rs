//! A PDF page's own text: whether it can be trusted, and the words it makes. Pure.

mod ink;
mod letters;
mod readable;
mod residue;
mod tracking;
mod trust;
mod words;

use crate::geometry::{Rect, Turn};

pub use ink::{Findings, Overview, compare};
pub(crate) use trust::SCAN_SHARE;
pub use trust::{Doubt, Evidence, Verdict, judge};
pub use words::{reading_turn, words};

/// One character on a page that stands as the reader of the file sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Character {
    /// Place in the content stream: neighbours there may stem from one glyph.
    pub index: usize,
    /// What it is; U+FFFD where the file does not say.
    pub text: char,
    /// Advance width by ascent and descent; empty for generated characters.
    pub place: Rect,
    /// How the text has to be turned to read from left to right; `None` for oblique text.
    pub turn: Option<Turn>,
    /// Font size as seen, points.
    pub em_pt: f32,
    /// Not in the file: spaces and line ends guessed from gaps.
    pub generated: bool,
    /// Drawn in an invisible rendering mode.
    pub invisible: bool,
    /// The font does not say which character the glyph is.
    pub unmapped: bool,
    /// Nothing of it shows: it has the colour of the paper, lies under something or is too small.
    /// [`compare`] finds out.
    pub inkless: bool,
    /// Tells the fonts of a page apart.
    pub font: usize,
}

impl Character {
    /// Whether it should leave ink on paper: neither space nor control.
    fn is_printing(&self) -> bool {
        !self.generated && !self.text.is_whitespace() && !is_line_end_hyphen(self.text)
    }

    /// Whether it leaves ink that a reader of the page sees.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.is_printing() && !self.is_hidden()
    }

    fn is_hidden(&self) -> bool {
        self.invisible || self.inkless
    }
}

/// PDFium reports the hyphen of a divided word at a line's end as U+0002 or U+FFFE.
fn is_line_end_hyphen(c: char) -> bool {
    matches!(c, '\u{2}' | '\u{FFFE}')
}
