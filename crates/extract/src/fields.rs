//! From evidence to fields: one file a group of fields.

mod currency;
mod dates;
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
pub(crate) use kind::find_kind;
pub(crate) use lines::{find_description, find_lines};
pub(crate) use numbers::find_numbers;
pub(crate) use parties::{Parties, find_parties};
pub(crate) use payment::find_payment;
pub(crate) use totals::find_money;

use crate::layout::{Layout, Segment};
use crate::locale::Locale;
use crate::trace::Tracer;

/// Pages at each end of a document that header fields are looked for on. What lies between is
/// itemisation, and looking at all of a 200-page document would only collect rivals.
const END_PAGES: usize = 4;

/// A document ready to be asked for fields.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) locale: &'a Locale,
    /// Pages of the document.
    pub(crate) pages: usize,
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
        Self { layout, locale, pages, tracer }
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

    /// Whether `text` stands in more than one segment.
    pub(crate) fn repeats(&self, text: &str) -> bool {
        self.segments().filter(|(_, s)| s.text.contains(text)).take(2).count() > 1
    }
}

/// Whether a page is among the first or last few of a document of `pages`.
pub(crate) fn at_an_end(page_index: usize, pages: usize) -> bool {
    page_index < END_PAGES || page_index + END_PAGES >= pages
}
