//! Words to rows and segments: the geometry that all fields are found by.
//!
//! A *segment* is a run of words of one text line without a wide gap; a *row* is what stands at one
//! height, left to right. Distances are in heights of the page, so that both directions compare.

mod arrange;

use std::ops::Range;

use common::page::{BoundingBox, PageSource, ReadDocument, ReadPage, Word};

use crate::layout::arrange::arrange;
use crate::lexicon::{LabelHit, labels};
use crate::text::{Term, terms};

/// A gap wider than this is kept as two spaces, so that no number is read across it: digit groups
/// are set closer than words.
const GROUP_GAP: f32 = 0.5;

/// Share of the height that the ink of a 1 leaves free on a side, where other digits fill theirs.
const NARROW_ONE: f32 = 0.12;

/// A document's segments and rows, in reading order of pages, from top to bottom.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    pub(crate) segments: Vec<Segment>,
    pub(crate) rows: Vec<Row>,
}

/// A run of words without a wide gap.
#[derive(Debug)]
pub(crate) struct Segment {
    /// Number of its page, from 1.
    pub(crate) page: u32,
    /// Index of its page in the document, from 0.
    pub(crate) page_index: usize,
    /// Index in [`Layout::rows`].
    pub(crate) row: usize,
    /// Words joined by one space, or by two where the gap is wide.
    pub(crate) text: String,
    pub(crate) terms: Vec<Term>,
    pub(crate) labels: Vec<LabelHit>,
    /// Fractions of the page.
    pub(crate) bbox: BoundingBox,
    /// The same in heights of the page: left, top, right, bottom.
    pub(crate) rect: Rect,
    spans: Vec<Span>,
}

/// A box in heights of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x0: f32,
    pub(crate) y0: f32,
    pub(crate) x1: f32,
    pub(crate) y1: f32,
}

/// What stands at one height of a page.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) page_index: usize,
    /// Indices of its segments, left to right.
    pub(crate) segments: Vec<usize>,
    /// Middle, in heights of the page.
    pub(crate) middle: f32,
    pub(crate) height: f32,
}

/// A place on a page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Place {
    pub(crate) page: u32,
    pub(crate) bbox: BoundingBox,
    /// Lowest confidence of the words there, 0 to 1.
    pub(crate) confidence: f32,
}

#[derive(Debug)]
struct Span {
    bytes: Range<usize>,
    bbox: BoundingBox,
    confidence: f32,
}

impl Rect {
    pub(crate) fn height(&self) -> f32 {
        self.y1 - self.y0
    }

    pub(crate) fn middle(&self) -> f32 {
        f32::midpoint(self.y0, self.y1)
    }

    /// Width shared with `other`, in heights of the page; negative where they stand apart.
    pub(crate) fn shared_width(&self, other: &Self) -> f32 {
        self.x1.min(other.x1) - self.x0.max(other.x0)
    }
}

impl Place {
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self {
            page: self.page,
            // A value that goes over a page break is shown where it begins.
            bbox: if self.page == other.page { self.bbox.union(&other.bbox) } else { self.bbox },
            confidence: self.confidence.min(other.confidence),
        }
    }
}

impl Segment {
    /// Where the bytes `range` of the text stand.
    pub(crate) fn place(&self, range: &Range<usize>) -> Place {
        let mut inside =
            self.spans.iter().filter(|s| s.bytes.start < range.end && s.bytes.end > range.start);
        let whole = Place { page: self.page, bbox: self.bbox, confidence: 1.0 };
        let Some(first) = inside.next() else { return whole };
        let place = Place { bbox: first.bbox, confidence: first.confidence, ..whole };
        inside.fold(place, |sum, s| Place {
            bbox: sum.bbox.union(&s.bbox),
            confidence: sum.confidence.min(s.confidence),
            ..sum
        })
    }

    /// Heights of the page that a width of the whole page is.
    pub(crate) fn aspect(&self) -> f32 {
        let width = self.bbox.width();
        if width > 0.0 { (self.rect.x1 - self.rect.x0) / width } else { 1.0 }
    }

    /// Where the whole segment stands.
    pub(crate) fn whole(&self) -> Place {
        self.place(&(0..self.text.len()))
    }

    /// Words with their bytes in the text.
    pub(crate) fn words(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.spans.iter().filter_map(|s| Some((self.text.get(s.bytes.clone())?, s.bytes.clone())))
    }

    /// Text from byte `start` on; nothing where that is no boundary.
    pub(crate) fn text_from(&self, start: usize) -> &str {
        self.text.get(start..).unwrap_or("")
    }

    /// Whether letters and digits outside labels are few: the segment is a label, not a value.
    pub(crate) fn is_label(&self) -> bool {
        let labelled = |t: &&Term| self.labels.iter().any(|h| h.start <= t.start && t.end <= h.end);
        !self.labels.is_empty() && self.terms.iter().filter(|t| !labelled(t)).count() <= 1
    }
}

impl Layout {
    /// Arranges the words of a document.
    pub(crate) fn of(document: &ReadDocument) -> Self {
        let mut layout = Self::default();
        for (index, page) in document.pages.iter().enumerate() {
            layout.add_page(index, page);
        }
        layout
    }

    pub(crate) fn segment(&self, index: usize) -> Option<&Segment> {
        self.segments.get(index)
    }

    /// Segments of a row, left to right, with their indices.
    pub(crate) fn row(&self, row: usize) -> impl DoubleEndedIterator<Item = (usize, &Segment)> {
        let indices = self.rows.get(row).map_or(&[] as &[usize], |r| &r.segments);
        indices.iter().filter_map(|&i| Some((i, self.segments.get(i)?)))
    }

    /// Segments left of `index` in its row, nearest first.
    pub(crate) fn left_of(&self, index: usize) -> impl Iterator<Item = (usize, &Segment)> {
        let row = self.segments.get(index).map_or(usize::MAX, |s| s.row);
        self.row(row).rev().skip_while(move |(i, _)| *i != index).skip(1)
    }

    /// Segments right of `index` in its row, nearest first.
    pub(crate) fn right_of(&self, index: usize) -> impl Iterator<Item = (usize, &Segment)> {
        let row = self.segments.get(index).map_or(usize::MAX, |s| s.row);
        self.row(row).skip_while(move |(i, _)| *i != index).skip(1)
    }

    /// Segments above `index` whose columns overlap it, nearest row first, up to `reach` (in
    /// heights of the page).
    pub(crate) fn above(
        &self,
        index: usize,
        reach: f32,
    ) -> impl Iterator<Item = (usize, &Segment)> {
        let from = self.segments.get(index);
        let (page, row, rect) =
            from.map_or((usize::MAX, 0, Rect::default()), |s| (s.page_index, s.row, s.rect));
        (0..row)
            .rev()
            .take_while(move |r| self.within(*r, page, rect.middle(), reach))
            .flat_map(|r| self.row(r))
            .filter(move |(_, s)| s.rect.shared_width(&rect) > 0.0)
    }

    /// Segments below `index` whose columns overlap it, nearest row first, up to `reach` (in heights
    /// of the page).
    pub(crate) fn below(
        &self,
        index: usize,
        reach: f32,
    ) -> impl Iterator<Item = (usize, &Segment)> {
        let from = self.segments.get(index);
        let (page, row, rect) = from.map_or((usize::MAX, usize::MAX - 1, Rect::default()), |s| {
            (s.page_index, s.row, s.rect)
        });
        (row + 1..self.rows.len())
            .take_while(move |r| self.within(*r, page, rect.middle(), reach))
            .flat_map(|r| self.row(r))
            .filter(move |(_, s)| s.rect.shared_width(&rect) > 0.0)
    }

    fn within(&self, row: usize, page_index: usize, middle: f32, reach: f32) -> bool {
        let near = |r: &Row| r.page_index == page_index && (r.middle - middle).abs() <= reach;
        self.rows.get(row).is_some_and(near)
    }

    fn add_page(&mut self, page_index: usize, page: &ReadPage) {
        let aspect = aspect(page);
        let fuzzy = page.source != PageSource::TextLayer;
        for runs in arrange(page, aspect) {
            let first = self.segments.len();
            let row = self.rows.len();
            self.segments.extend(runs.iter().map(|run| {
                let segment =
                    Segment::new(&run.words, page_index, page.geometry.number, aspect, fuzzy);
                Segment { row, ..segment }
            }));
            let added = self.segments.get(first..).unwrap_or(&[]);
            let count = added.len().max(1) as f32;
            let middle = added.iter().map(|s| s.rect.middle()).sum::<f32>() / count;
            let height = added.iter().map(|s| s.rect.height()).sum::<f32>() / count;
            let segments = (first..self.segments.len()).collect();
            self.rows.push(Row { page_index, segments, middle, height });
        }
    }
}

/// Boxes of recognised words end with the ink and are .7 times as high as those of a text layer, which
/// reach from ascent to descent (median .70 over the pages of the development set that are there both
/// ways). So much is added above and below, in heights, for distances to mean the same.
const INK_MARGIN: f32 = 0.2;

impl Segment {
    fn new(
        words: &[(&Word, BoundingBox)],
        page_index: usize,
        page: u32,
        aspect: f32,
        fuzzy: bool,
    ) -> Self {
        let mut text = String::new();
        let mut spans: Vec<Span> = Vec::with_capacity(words.len());
        let mut whole: Option<BoundingBox> = None;
        for (word, bbox) in words {
            if let Some(last) = spans.last() {
                let gap = (bbox.x0() - last.bbox.x1()) * aspect;
                let ones =
                    usize::from(text.ends_with('1')) + usize::from(word.text.starts_with('1'));
                let group = GROUP_GAP + NARROW_ONE * ones as f32;
                let wide = gap > group * bbox.height().max(last.bbox.height());
                text.push_str(if wide { "  " } else { " " });
            }
            let start = text.len();
            text.push_str(word.text.trim());
            let confidence =
                if word.confidence.is_finite() { word.confidence.clamp(0.0, 1.0) } else { 0.0 };
            spans.push(Span { bytes: start..text.len(), bbox: *bbox, confidence });
            whole = Some(whole.map_or(*bbox, |sum| sum.union(bbox)));
        }
        let bbox = whole.unwrap_or_default();
        let terms = terms(&text);
        let margin = if fuzzy { INK_MARGIN * (bbox.y1() - bbox.y0()) } else { 0.0 };
        let rect = Rect {
            x0: bbox.x0() * aspect,
            y0: bbox.y0() - margin,
            x1: bbox.x1() * aspect,
            y1: bbox.y1() + margin,
        };
        let labels = labels().find(&text, &terms, fuzzy);
        Self { page, page_index, row: 0, text, terms, labels, bbox, rect, spans }
    }
}

/// Width of the page in heights.
fn aspect(page: &ReadPage) -> f32 {
    let (width, height) = (page.geometry.width_px, page.geometry.height_px);
    if width == 0 || height == 0 { 0.707 } else { width as f32 / height as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn texts(layout: &Layout, row: usize) -> Vec<&str> {
        layout.row(row).map(|(_, s)| s.text.as_str()).collect()
    }

    #[test]
    fn a_wide_gap_separates_columns_of_one_line() {
        let layout =
            Layout::of(&sample::document(&["Total HT        100,00", "TVA 20 %        20,00"]));
        assert_eq!(texts(&layout, 0), ["Total HT", "100,00"]);
        assert_eq!(texts(&layout, 1), ["TVA 20 %", "20,00"]);
    }

    #[test]
    fn lines_of_two_columns_at_one_height_are_one_row() {
        let mut document = sample::document(&["Seller GmbH          Buyer AG"]);
        for (line, word) in document.pages[0].words.iter_mut().enumerate() {
            word.line = line as u32 / 2;
        }
        let layout = Layout::of(&document);
        assert_eq!(texts(&layout, 0), ["Seller GmbH", "Buyer AG"]);
    }

    #[test]
    fn neighbours_are_found_left_right_and_above() {
        let layout =
            Layout::of(&sample::document(&["Number        Date", "F-1           1.1.2024"]));
        let of = |i: usize| layout.segments[i].text.as_str();
        let first =
            |mut it: Box<dyn Iterator<Item = (usize, &Segment)> + '_>| it.next().map(|x| x.0);
        assert_eq!(of(0), "Number");
        assert_eq!(first(Box::new(layout.right_of(0))), Some(1));
        assert_eq!(first(Box::new(layout.left_of(1))), Some(0));
        assert_eq!(first(Box::new(layout.above(3, 0.1))), Some(1));
        assert_eq!(first(Box::new(layout.below(1, 0.1))), Some(3));
        assert_eq!(first(Box::new(layout.below(3, 0.1))), None);
    }

    #[test]
    fn a_place_has_the_box_and_confidence_of_its_words_alone() {
        let mut document = sample::document(&["one two three"]);
        document.pages[0].words[1].confidence = 0.5;
        let layout = Layout::of(&document);
        let segment = &layout.segments[0];
        let place = segment.place(&(4..7));
        assert_eq!(place.bbox, document.pages[0].words[1].bbox);
        assert_eq!(place.confidence, 0.5);
        assert!(segment.whole().bbox.width() > place.bbox.width());
    }
}
