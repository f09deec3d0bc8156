//! From evidence to fields: one file a group of fields.

mod currency;
mod dates;
mod due;
mod joint;
mod kind;
mod lines;
mod numbers;
mod parties;
mod payment;
mod tax;
mod totals;

pub(crate) use currency::find_currency;
pub(crate) use dates::find_dates;
pub(crate) use due::due_by_terms;
pub(crate) use kind::find_kind;
pub(crate) use lines::{find_description, find_lines};
pub(crate) use numbers::find_numbers;
pub(crate) use parties::{Parties, find_parties};
pub(crate) use payment::find_payment;
pub(crate) use totals::{derive_due_again, find_money};

use std::sync::LazyLock;

use crate::layout::{Layout, Segment};
use crate::locale::Locale;
use crate::own::OwnIdentity;
use crate::trace::Tracer;

/// Pages at each end of a document that header fields are looked for on. What lies between is
/// itemisation, and looking at all of a 200-page document would only collect rivals.
const END_PAGES: usize = 4;

/// Letters across a page of the widest slips and of the narrowest letters (80 mm paper has 42 to 48
/// columns, A4 in large print has 70).
const SLIP_LETTERS: (f32, f32) = (40.0, 70.0);

/// Lines of the shortest slip; a note of fewer has no shape to go by.
const SLIP_ROWS: usize = 6;

/// A document ready to be asked for fields.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) locale: &'a Locale,
    /// Pages of the document.
    pub(crate) pages: usize,
    /// Who receives the document: never its seller.
    pub(crate) own: &'a OwnIdentity,
    /// Told of every decision.
    pub(crate) tracer: &'a Tracer,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(
        layout: &'a Layout,
        locale: &'a Locale,
        pages: usize,
        tracer: &'a Tracer,
    ) -> Self {
        static NOBODY: LazyLock<OwnIdentity> = LazyLock::new(OwnIdentity::default);
        Self { layout, locale, pages, own: &NOBODY, tracer }
    }

    /// The same for documents that `own` receives.
    pub(crate) fn received_by(self, own: &'a OwnIdentity) -> Self {
        Self { own, ..self }
    }

    /// Segments that header fields are looked for in, with their indices.
    pub(crate) fn segments(&self) -> impl Iterator<Item = (usize, &Segment)> {
        let pages = self.pages;
        self.layout.segments.iter().enumerate().filter(move |(_, s)| at_an_end(s.page_index, pages))
    }

    /// Median height of the segments, in heights of the page.
    pub(crate) fn typical_height(&self) -> f32 {
        let mut heights: Vec<f32> = self.segments().map(|(_, s)| s.rect.height()).collect();
        heights.sort_by(f32::total_cmp);
        heights.get(heights.len() / 2).copied().unwrap_or(0.0)
    }

    /// How much the document looks like a slip of a till, 0 to 1: few letters fill its lines.
    pub(crate) fn slip(&self) -> f32 {
        let (slip, letter) = SLIP_LETTERS;
        let narrow = ((letter - self.letters_across()) / (letter - slip)).clamp(0.0, 1.0);
        if self.layout.rows.len() < SLIP_ROWS { 0.0 } else { narrow }
    }

    /// Whether `text` stands in more than one segment.
    pub(crate) fn repeats(&self, text: &str) -> bool {
        self.segments().filter(|(_, s)| s.text.contains(text)).take(2).count() > 1
    }

    /// Letters that would fill the widest line.
    fn letters_across(&self) -> f32 {
        let (mut left, mut right) = (f32::MAX, 0.0_f32);
        let (mut width, mut letters) = (0.0, 0);
        for (_, segment) in self.segments() {
            (left, right) = (left.min(segment.rect.x0), right.max(segment.rect.x1));
            width += segment.rect.x1 - segment.rect.x0;
            letters += segment.text.chars().count();
        }
        let letter = (width / letters.max(1) as f32).max(f32::EPSILON);
        (right - left).max(0.0) / letter
    }
}

/// Whether a page is among the first or last few of a document of `pages`.
pub(crate) fn at_an_end(page_index: usize, pages: usize) -> bool {
    page_index < END_PAGES || page_index + END_PAGES >= pages
}
