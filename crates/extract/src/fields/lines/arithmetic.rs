//! Columns told by what they hold: where quantity × price = amount row after row, the three are known,
//! whatever the head calls them ("Taux" for a price by the hour) and where it names none.

use rust_decimal::Decimal;

use crate::fields::Reading;
use crate::fields::lines::TOLERANCE;
use crate::fields::lines::head::Column;
use crate::fields::lines::rows::{TABLE_GAP, in_page_heights, is_prose};
use crate::layout::Rect;
use crate::value::numbers;

/// Rows below a head that are looked at; an item that is wrapped takes several.
const ROWS: usize = 24;

/// Rows of one column agree in an edge or in the middle within this, in text heights.
const ALIGNED: f32 = 1.5;

/// A number of a row.
#[derive(Clone, Copy, Debug)]
struct Number {
    value: Decimal,
    decimals: u32,
    rect: Rect,
}

/// Quantity, price and amount of one row, as far as their product tells.
#[derive(Clone, Copy, Debug)]
struct Product {
    factors: [Number; 2],
    amount: Number,
}

/// The columns of a table whose head names a quantity and no amount, with quantity, price and amount
/// where the rows below `head_row` multiply. `None` where they do not.
pub(super) fn named_by_products(
    reading: &Reading<'_>,
    head_row: usize,
    named: &[(Column, Rect)],
) -> Option<Vec<(Column, Rect)>> {
    let quantity = named.iter().find(|(c, _)| *c == Column::Quantity).map(|(_, rect)| *rect)?;
    let rows: Vec<Vec<Number>> =
        numbers_below(reading, head_row).into_iter().filter(|row| row.len() > 2).collect();
    let product = rows.iter().find_map(|row| product(row))?;
    let same = |other: &Product| aligned(&other.amount.rect, &product.amount.rect);
    let multiply = rows.iter().filter(|row| self::product(row).is_some_and(|p| same(&p))).count();
    if 2 * multiply < rows.len() {
        return None;
    }
    let [first, second] = product.factors;
    let (quantity, price) = if distance(&second.rect, &quantity) < distance(&first.rect, &quantity)
    {
        (second, first)
    } else {
        (first, second)
    };
    let told = [
        (Column::Quantity, quantity.rect),
        (Column::UnitPrice, price.rect),
        (Column::Net, product.amount.rect),
    ];
    // Labels over the three are theirs now, by whatever name.
    let taken = |label: &Rect| told.iter().any(|(_, rect)| distance(rect, label) < ALIGNED);
    let others = named.iter().filter(|(column, rect)| {
        !told.iter().any(|(c, _)| c == column) && *column != Column::Gross && !taken(rect)
    });
    let mut columns: Vec<_> = told.into_iter().chain(others.copied()).collect();
    columns.sort_by(|a, b| a.1.x0.total_cmp(&b.1.x0));
    Some(columns)
}

/// The numbers of each row from `head_row` on, without percentages, left to right.
fn numbers_below(reading: &Reading<'_>, head_row: usize) -> Vec<Vec<Number>> {
    let layout = reading.layout;
    let mut last = layout.rows.get(head_row);
    let mut found = Vec::new();
    for row in (head_row + 1..layout.rows.len()).take(ROWS) {
        let (Some(shape), Some(before)) = (layout.rows.get(row), last) else { break };
        let far = shape.middle - before.middle > TABLE_GAP * shape.height;
        if shape.page_index != before.page_index || far {
            break;
        }
        last = Some(shape);
        let segments = layout.row(row).map(|(_, s)| s).filter(|s| !is_prose(s));
        let in_row = segments.flat_map(|segment| {
            let printed = numbers(&segment.text, reading.locale.numbers);
            printed.into_iter().filter(|n| !n.percent).map(|n| Number {
                value: n.value,
                decimals: n.decimals,
                rect: in_page_heights(segment, &segment.place(&n.range)),
            })
        });
        found.push(in_row.collect());
    }
    found
}

/// Three numbers of a row, left to right, of which the last is the product of the others; the
/// rightmost such amount. Amounts are printed with their decimals.
fn product(row: &[Number]) -> Option<Product> {
    let mut amounts = row.iter().enumerate().rev().filter(|(_, n)| n.decimals > 1);
    amounts.find_map(|(at, amount)| {
        let before = row.get(..at)?;
        before.iter().enumerate().find_map(|(i, a)| {
            let b = before.iter().skip(i + 1).find(|b| {
                let product = a.value.checked_mul(b.value);
                let exact = product.is_some_and(|p| (p - amount.value).abs() <= TOLERANCE);
                exact && !amount.value.is_zero()
            })?;
            Some(Product { factors: [*a, *b], amount: *amount })
        })
    })
}

fn aligned(a: &Rect, b: &Rect) -> bool {
    distance(a, b) < ALIGNED
}

/// How far apart the nearest of edges and middles are, in text heights.
fn distance(a: &Rect, b: &Rect) -> f32 {
    let middles = (a.x0 + a.x1 - b.x0 - b.x1).abs() / 2.0;
    let edges = (a.x0 - b.x0).abs().min((a.x1 - b.x1).abs());
    middles.min(edges) / a.height().max(f32::EPSILON)
}
