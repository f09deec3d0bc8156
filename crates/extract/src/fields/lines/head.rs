//! Heads of line tables: rows of column labels.

use crate::fields::Reading;
use crate::fields::lines::arithmetic::named_by_products;
use crate::layout::{Rect, Segment};
use crate::lexicon::{Label, LabelHit};
use crate::value::numbers;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Description,
    Code,
    Quantity,
    Unit,
    UnitPrice,
    TaxRate,
    Net,
    Gross,
}

/// The head of one table.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) page_index: usize,
    pub(super) first_row: usize,
    pub(super) last_row: usize,
    /// Left to right; widths in heights of the page.
    pub(super) columns: Vec<(Column, Rect)>,
}

/// Columns that make a row of labels a head.
const MIN_COLUMNS: usize = 3;

/// Rows of one head stand closer than this, in text heights.
const HEAD_ROWS_GAP: f32 = 2.2;

/// Rows below the first that a head may have.
const MAX_HEAD_ROWS: usize = 2;

/// In the order in which a label that fits several columns is tried.
const KINDS: [(Label, Column); 8] = [
    (Label::ColumnGross, Column::Gross),
    (Label::ColumnQuantity, Column::Quantity),
    (Label::ColumnUnitPrice, Column::UnitPrice),
    (Label::ColumnTaxRate, Column::TaxRate),
    (Label::ColumnNet, Column::Net),
    (Label::ColumnDescription, Column::Description),
    (Label::ColumnCode, Column::Code),
    (Label::ColumnUnit, Column::Unit),
];

impl Head {
    pub(super) fn has(&self, column: Column) -> bool {
        self.columns.iter().any(|(c, _)| *c == column)
    }

    /// Left edge of the column right of `x` (in heights of the page); the far right without one.
    pub(super) fn next_left(&self, x: f32) -> f32 {
        let beyond = self.columns.iter().map(|(_, r)| r.x0).filter(|x0| *x0 > x);
        beyond.fold(f32::MAX, f32::min)
    }
}

/// All heads of a document, in order.
pub(super) fn heads(reading: &Reading<'_>) -> Vec<Head> {
    let mut found: Vec<Head> = Vec::new();
    for row in 0..reading.layout.rows.len() {
        if found.last().is_some_and(|h| row <= h.last_row) {
            continue;
        }
        let mut columns = columns_of(reading, row);
        if columns.len() < 2 {
            continue;
        }
        let (first_row, last_row) = (row, with_neighbours(reading, row, &mut columns));
        let told = || named_by_products(reading, last_row, &columns);
        if let Some(columns) = settled(&columns).or_else(told) {
            let page_index = reading.layout.rows.get(row).map_or(0, |r| r.page_index);
            found.push(Head { page_index, first_row, last_row, columns });
        }
    }
    found
}

fn columns_of(reading: &Reading<'_>, row: usize) -> Vec<(Column, Rect)> {
    let mut columns = Vec::new();
    for (_, segment) in reading.layout.row(row) {
        let amounts = numbers(&segment.text, reading.locale.numbers);
        if amounts.iter().any(|n| n.decimals > 1) {
            return Vec::new();
        }
        let hits = segment.labels.iter().filter(|h| !h.aside);
        columns.extend(hits.filter_map(|hit| Some((kind(hit)?, rect(segment, hit)))));
    }
    columns
}

fn kind(hit: &LabelHit) -> Option<Column> {
    KINDS.iter().find(|(label, _)| hit.strength(*label) > 0.0).map(|(_, column)| *column)
}

/// The box of the label's words, in heights of the page.
fn rect(segment: &Segment, hit: &LabelHit) -> Rect {
    let place = segment.place(&(hit.start..hit.end));
    let scale = segment.rect.x1 / segment.bbox.x1().max(f32::EPSILON);
    let (x0, x1) = (place.bbox.x0() * scale, place.bbox.x1() * scale);
    Rect { x0, x1, ..segment.rect }
}

/// Adds the columns of the next rows while the head goes on; gives the head's last row.
fn with_neighbours(reading: &Reading<'_>, row: usize, columns: &mut Vec<(Column, Rect)>) -> usize {
    let mut last = row;
    while last < row + MAX_HEAD_ROWS && goes_on(reading, last) {
        last += 1;
        for (column, rect) in columns_of(reading, last) {
            let apart = columns.iter().all(|(_, known)| known.shared_width(&rect) <= 0.0);
            if apart {
                columns.push((column, rect));
            }
        }
    }
    last
}

/// Whether the row after `row` belongs to the same head: close below, and labels again.
fn goes_on(reading: &Reading<'_>, row: usize) -> bool {
    let rows = (reading.layout.rows.get(row), reading.layout.rows.get(row + 1));
    let (Some(this), Some(next)) = rows else { return false };
    let near = next.page_index == this.page_index
        && next.middle - this.middle < HEAD_ROWS_GAP * this.height.max(next.height);
    let more = columns_of(reading, row + 1);
    let all_labels = reading.layout.row(row + 1).all(|(_, s)| s.is_label() || s.terms.is_empty());
    near && (more.len() > 1 || !more.is_empty() && all_labels)
}

/// One column of each kind, left to right, if together they head a table of lines. Of several
/// columns of amounts the rightmost is the line's total.
fn settled(columns: &[(Column, Rect)]) -> Option<Vec<(Column, Rect)>> {
    let mut columns = columns.to_vec();
    columns.sort_by(|a, b| a.1.x0.total_cmp(&b.1.x0));
    let mut kept: Vec<(Column, Rect)> = Vec::new();
    let amounts = columns.iter().any(|(c, _)| matches!(c, Column::Net | Column::Gross));
    let prices = columns.iter().filter(|(c, _)| *c == Column::UnitPrice).count();
    // "Unit price … Price": without a named total, the last price is it.
    let last_price = columns.iter().rposition(|(c, _)| *c == Column::UnitPrice);
    if let Some((column, _)) =
        last_price.filter(|_| !amounts && prices > 1).and_then(|i| columns.get_mut(i))
    {
        *column = Column::Net;
    }
    for (column, rect) in columns {
        match kept.iter_mut().find(|(c, _)| *c == column) {
            Some(known) if column == Column::Net => *known = (column, rect),
            Some(_) => {}
            None => kept.push((column, rect)),
        }
    }
    kept.sort_by(|a, b| a.1.x0.total_cmp(&b.1.x0));
    let has = |column| kept.iter().any(|(c, _)| *c == column);
    let amount = has(Column::Net) || has(Column::Gross);
    let item = has(Column::Description) || has(Column::Quantity) && has(Column::UnitPrice);
    let plain = has(Column::Description) && has(Column::Net) && kept.len() == 2;
    (amount && item && (kept.len() >= MIN_COLUMNS || plain)).then_some(kept)
}
