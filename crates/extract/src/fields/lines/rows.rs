//! Rows of a line table: cells given to columns, text rows given to their lines.

use rust_decimal::Decimal;

use crate::fields::Reading;
use crate::fields::lines::head::{Column, Head};
use crate::layout::{Place, Rect, Segment};
use crate::lexicon::{Label, LabelHit};
use crate::value::{dates, numbers};

/// A number belongs to a column within this distance, in text heights: short numbers below long
/// labels, set left, right or centred.
const COLUMN_DISTANCE: f32 = 5.0;

/// A gap in the table longer than this ends it, in text heights.
pub(super) const TABLE_GAP: f32 = 14.0;

/// The middle of a text may stand right of its column by up to this, in text heights.
const TEXT_INDENT: f32 = 4.0;

/// A line of text that fills this share of its column was wrapped, so the next one continues it.
const WRAPPED: f32 = 0.6;

/// Higher rates are amounts in a column beside the rate's.
const MAX_RATE: Decimal = Decimal::from_parts(40, 0, 0, false, 0);

/// Wrapped lines of one description.
const MAX_WRAPPED: usize = 4;

/// A number in a column.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) column: Column,
    pub(super) value: Decimal,
    pub(super) raw: String,
    pub(super) place: Place,
    distance: f32,
}

/// One line of the invoice.
#[derive(Debug)]
pub(super) struct ItemRow {
    row: usize,
    pub(super) cells: Vec<Cell>,
    /// Segments of the description, in reading order.
    pub(super) texts: Vec<usize>,
    pub(super) code: Option<usize>,
    pub(super) unit: Option<(String, Place)>,
}

/// Lines below `head`, up to (not including) row `until`.
pub(super) fn item_rows(reading: &Reading<'_>, head: &Head, until: usize) -> Vec<ItemRow> {
    let mut items: Vec<ItemRow> = Vec::new();
    let mut texts: Vec<usize> = Vec::new();
    let mut last = reading.layout.rows.get(head.last_row).map_or(0.0, |r| r.middle);
    for row in head.last_row + 1..until {
        let Some(shape) = reading.layout.rows.get(row) else { break };
        let far = shape.middle - last > TABLE_GAP * shape.height;
        if shape.page_index != head.page_index || far || ends_table(reading, row) {
            break;
        }
        if announces(reading, row, Label::CarriedForward) || is_allowance(reading, row) {
            continue;
        }
        let cells = cells(reading, head, row);
        if cells.iter().any(|c| matches!(c.column, Column::Net | Column::Gross)) {
            items.push(item(reading, head, row, cells));
            last = shape.middle;
        } else {
            texts.push(row);
            last = if items.is_empty() { last } else { shape.middle };
        }
    }
    give_texts(reading, head, &mut items, &texts);
    items
}

/// A row of totals (nothing but the label of a total, then an amount), or the head of another
/// table (several such labels and no amount).
fn ends_table(reading: &Reading<'_>, row: usize) -> bool {
    let is_total = |s: &Segment| {
        let bare = s.terms.iter().all(|t| t.text.parse::<u32>().is_err());
        let first = s.labels.first().filter(|h| h.start < LABEL_START);
        bare && s.is_label() && first.is_some_and(|h| TOTALS.iter().any(|l| h.strength(*l) > 0.0))
    };
    let amount = |s: &Segment| {
        numbers(&s.text, reading.locale.numbers).iter().any(|n| n.decimals > 1 && !n.percent)
    };
    let amounts = reading.layout.row(row).any(|(_, s)| amount(s));
    let labels = reading.layout.row(row).filter(|(_, s)| is_total(s)).count();
    let leading = reading.layout.row(row).take(2).any(|(_, s)| is_total(s));
    if amounts { leading } else { labels > 1 }
}

/// What rows below a table announce.
const TOTALS: [Label; 4] = [Label::Net, Label::Gross, Label::Due, Label::Tax];

/// Bytes before the label of a total, such as an article.
const LABEL_START: usize = 4;

/// A discount or charge on the whole document, set as a row of the table: "Remise : fidélité".
fn is_allowance(reading: &Reading<'_>, row: usize) -> bool {
    reading.layout.row(row).any(|(_, s)| {
        let hit = s.labels.first().filter(|h| h.strength(Label::Allowance) > 0.0);
        hit.is_some_and(|h| h.start == 0 && s.text_from(h.end).trim_start().starts_with(':'))
    })
}

fn announces(reading: &Reading<'_>, row: usize, label: Label) -> bool {
    reading
        .layout
        .row(row)
        .any(|(_, s)| s.is_label() && s.labels.iter().any(|h| h.strength(label) > 0.0))
}

/// Numbers of a row with their columns, at most one for each column.
fn cells(reading: &Reading<'_>, head: &Head, row: usize) -> Vec<Cell> {
    let mut found: Vec<Cell> = Vec::new();
    for (_, segment) in reading.layout.row(row) {
        if is_prose(segment) {
            continue;
        }
        for number in numbers(&segment.text, reading.locale.numbers) {
            let place = segment.place(&number.range);
            let rect = in_page_heights(segment, &place);
            let Some((column, distance)) = nearest(head, &rect, number.percent) else { continue };
            let numeric = !matches!(column, Column::Description | Column::Code | Column::Unit);
            let money = matches!(column, Column::Net | Column::Gross | Column::UnitPrice);
            // An amount is printed with its decimals; a bare integer below is a count or a year.
            let absurd = column == Column::TaxRate && number.value > MAX_RATE;
            let bare = number.decimals == 0 && number.currency.is_none();
            if !numeric || absurd || money && bare {
                continue;
            }
            let raw = segment.text.get(number.range.clone()).unwrap_or("").trim().to_owned();
            let cell = Cell { column, value: number.value, raw, place, distance };
            match found.iter_mut().find(|c| c.column == column) {
                Some(known) if distance < known.distance => *known = cell,
                Some(_) => {}
                None => found.push(cell),
            }
        }
    }
    found
}

/// More words than a quantity with its unit has.
pub(super) fn is_prose(segment: &Segment) -> bool {
    let words = segment.terms.iter().filter(|t| t.text.chars().all(char::is_alphabetic));
    words.filter(|t| t.text.len() > 1).count() > 2
}

pub(super) fn in_page_heights(segment: &Segment, place: &Place) -> Rect {
    let scale = segment.rect.x1 / segment.bbox.x1().max(f32::EPSILON);
    Rect { x0: place.bbox.x0() * scale, x1: place.bbox.x1() * scale, ..segment.rect }
}

/// The column a number stands in: edges or middles agree best.
fn nearest(head: &Head, rect: &Rect, percent: bool) -> Option<(Column, f32)> {
    let height = rect.height().max(f32::EPSILON);
    let distance = |column: &Rect| {
        let middle = (rect.x0 + rect.x1 - column.x0 - column.x1).abs() / 2.0;
        let edges = (rect.x0 - column.x0).abs().min((rect.x1 - column.x1).abs());
        middle.min(edges) / height
    };
    let fits = |c: &Column| percent == (*c == Column::TaxRate) || !percent;
    let all = head.columns.iter().filter(|(c, _)| fits(c)).map(|(c, r)| (*c, distance(r)));
    let best = all.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (best.1 <= COLUMN_DISTANCE).then_some(best)
}

fn item(reading: &Reading<'_>, head: &Head, row: usize, cells: Vec<Cell>) -> ItemRow {
    let texts = texts_of(reading, head, row);
    let code_column = head.columns.iter().find(|(c, _)| *c == Column::Code).map(|(_, r)| *r);
    let code = code_column.and_then(|column| {
        let mut segments = reading.layout.row(row);
        segments
            .find(|(i, s)| s.rect.shared_width(&column) > 0.0 && !texts.contains(i))
            .map(|(i, _)| i)
    });
    let unit = reading.layout.row(row).find_map(|(_, s)| unit_of(s, &cells));
    ItemRow { row, cells, texts, code, unit }
}

/// Letters that follow the quantity in its segment.
fn unit_of(segment: &Segment, cells: &[Cell]) -> Option<(String, Place)> {
    let quantity = cells.iter().find(|c| c.column == Column::Quantity)?;
    let inside = segment.whole().bbox.union(&quantity.place.bbox) == segment.whole().bbox;
    let last = segment.terms.last().filter(|t| t.text.chars().all(char::is_alphabetic))?;
    let start = segment.text.find(&quantity.raw)? + quantity.raw.len();
    let unit = segment.text.get(start..)?.trim();
    let fits = inside && !unit.is_empty() && last.start >= start && unit.chars().count() <= 12;
    fits.then(|| (unit.to_owned(), segment.place(&(start..segment.text.len()))))
}

/// Segments of a row in the column of descriptions.
fn texts_of(reading: &Reading<'_>, head: &Head, row: usize) -> Vec<usize> {
    let named = head.columns.iter().position(|(c, _)| *c == Column::Description);
    let at = named.unwrap_or(0);
    let column = head.columns.get(at).map(|(_, r)| *r).unwrap_or_default();
    // The label may be centred over its column, so the text begins where the column before ends.
    let before = at.checked_sub(1).and_then(|i| head.columns.get(i)).map_or(0.0, |(_, r)| r.x1);
    let inside = |s: &Segment| {
        let height = s.rect.height();
        let right = head.next_left(column.x0 + height);
        let left = before.min(column.x0);
        let middle = f32::midpoint(s.rect.x0, s.rect.x1);
        s.rect.x0 >= left && s.rect.x0 < right && middle < right + TEXT_INDENT * height
    };
    let letters = |s: &Segment| s.text.chars().filter(|c| c.is_alphabetic()).count();
    let row = reading.layout.row(row).filter(|(_, s)| inside(s) && letters(s) > 1);
    let (texts, measures): (Vec<_>, Vec<_>) = row.partition(|(_, s)| !is_measure(s));
    let kept = if texts.is_empty() { measures } else { texts };
    kept.into_iter().map(|(i, _)| i).collect()
}

/// A number with at most one word behind it: "49,00 pieces".
fn is_measure(segment: &Segment) -> bool {
    let words = segment.terms.iter().filter(|t| t.text.chars().all(char::is_alphabetic)).count();
    segment.text.starts_with(|c: char| c.is_ascii_digit()) && words <= 1
}

/// Gives text rows between two lines to the one they stand nearer to, as far as they continue a
/// wrapped description.
fn give_texts(reading: &Reading<'_>, head: &Head, items: &mut [ItemRow], texts: &[usize]) {
    let widest = texts.iter().copied().chain(items.iter().map(|i| i.row));
    let right = widest
        .flat_map(|row| texts_of(reading, head, row))
        .filter_map(|i| reading.layout.segment(i).map(|s| s.rect.x1))
        .fold(0.0, f32::max);
    let rows = TextRows { reading, head, texts, right };
    for at in 0..items.len() {
        let next = items.get(at + 1);
        let next_row = next.map_or(usize::MAX, |i| i.row);
        let previous = at.checked_sub(1).and_then(|p| items.get(p)).map(|i| i.row);
        let named = |item: &ItemRow| item.texts.iter().any(|i| is_name(reading, *i));
        let Some(row) = items.get(at).map(|i| i.row) else { continue };
        let next_cell =
            next.filter(|i| !named(i)).and_then(|i| rows.first_of_cell(i.row, Some(row)));
        let Some(item) = items.get_mut(at) else { continue };
        let first = if named(item) {
            None
        } else {
            // Amounts set in the middle of a cell of several lines: its first line is the name.
            let first = rows.first_of_cell(row, previous);
            let bare = item.texts.is_empty();
            first.or_else(|| rows.nearest(row, previous, next_row).filter(|_| bare))
        };
        let from = match first {
            Some(row) => {
                item.texts = texts_of(reading, head, row);
                row
            }
            None => row,
        };
        rows.continue_wrapped(item, from, next_cell.unwrap_or(next_row));
    }
}

/// Rows without amounts, in the column of descriptions.
struct TextRows<'a> {
    reading: &'a Reading<'a>,
    head: &'a Head,
    texts: &'a [usize],
    /// Where the longest of them ends.
    right: f32,
}

impl TextRows<'_> {
    fn middle(&self, row: usize) -> f32 {
        self.reading.layout.rows.get(row).map_or(0.0, |r| r.middle)
    }

    fn distance(&self, a: usize, b: usize) -> f32 {
        (self.middle(a) - self.middle(b)).abs()
    }

    fn is_named(&self, row: usize) -> bool {
        texts_of(self.reading, self.head, row).iter().any(|i| is_name(self.reading, *i))
    }

    /// The first row above the amounts in `row` that is nearer to them than to those in `previous`,
    /// which are none for the first item.
    fn first_of_cell(&self, row: usize, previous: Option<usize>) -> Option<usize> {
        let nearer = |r: usize| {
            previous.is_none_or(|p| r > p && self.distance(r, row) < self.distance(r, p))
        };
        let mut above = self.texts.iter().copied().filter(|r| *r < row);
        above.find(|r| nearer(*r) && self.is_named(*r))
    }

    /// The row nearest to the amounts in `row`: they may stand a row below or above their text.
    fn nearest(&self, row: usize, previous: Option<usize>, next: usize) -> Option<usize> {
        let between = self.texts.iter().copied().filter(|r| Some(*r) > previous && *r < next);
        let named = between.filter(|r| self.is_named(*r));
        named.min_by(|a, b| self.distance(*a, row).total_cmp(&self.distance(*b, row)))
    }

    /// Adds the rows below `from` that its text was wrapped into.
    fn continue_wrapped(&self, item: &mut ItemRow, from: usize, next: usize) {
        let below = self.texts.iter().copied().filter(|r| *r > from && *r < next);
        for row in below.take(MAX_WRAPPED) {
            let more = texts_of(self.reading, self.head, row);
            let last = item.texts.last().and_then(|i| self.reading.layout.segment(*i));
            let wrapped =
                last.is_some_and(|s| s.rect.x1 - s.rect.x0 > WRAPPED * (self.right - s.rect.x0));
            if !wrapped || !more.first().is_some_and(|i| is_name(self.reading, *i)) {
                break;
            }
            item.texts.extend(more);
        }
    }
}

/// Whether a text can be (part of) an item's name, rather than a detail: "GTIN: 401…", a period, the
/// label of a date.
fn is_name(reading: &Reading<'_>, index: usize) -> bool {
    reading.layout.segment(index).is_some_and(|s| {
        let dated = dates(&s.text, reading.locale.dates).len();
        let of_date = |h: &LabelHit| DATES.iter().any(|l| h.strength(*l) > 0.0);
        let only_label = s.is_label() && s.labels.iter().any(of_date);
        !s.text.contains(':') && !s.text.starts_with('(') && dated < PERIOD_DATES && !only_label
    })
}

const DATES: [Label; 4] = [Label::IssueDate, Label::DueDate, Label::DeliveryDate, Label::OtherDate];

/// A period of delivery (BT-134, BT-135) is two dates.
const PERIOD_DATES: usize = 2;
