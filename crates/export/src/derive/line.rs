//! Invoice lines.

use rust_decimal::Decimal;

use crate::amount::is_amount;
use crate::derive::money::category;
use crate::document;
use crate::gap::{Gap, Why};
use crate::model::Line;
use crate::units;

/// Decimals of a price that had to be divided: as many as the e-invoices of large sellers have.
const PRICE_DECIMALS: u32 = 6;

/// All lines.
pub(super) fn lines(stated: &[document::Line], gaps: &mut Vec<Gap>) -> Vec<Line> {
    stated.iter().enumerate().map(|(index, stated)| line(index + 1, stated, gaps)).collect()
}

fn line(number: usize, stated: &document::Line, gaps: &mut Vec<Gap>) -> Line {
    let (quantity, price) = signs(stated.quantity.get(), stated.unit_price.get());
    let net = stated.net_amount.get();
    let rate = stated.tax_rate.get();
    let printed = stated.unit.get();
    let unit = match printed.as_deref() {
        // A number without a unit counts, and that is what the code says.
        None => Some(units::ONE),
        Some(printed) => units::code(printed),
    };
    if unit.is_none() {
        gaps.push(Gap::of_line(number, "BT-130", Why::Illegal));
    }
    Line {
        name: stated.description.get(),
        code: stated.code.get(),
        unit: unit.map(str::to_owned),
        net: net.or_else(|| quantity?.checked_mul(price?).filter(|net| is_amount(*net))),
        price: price.or_else(|| each(net?, quantity?)),
        quantity,
        category: rate.and_then(category),
        rate,
    }
}

/// A price below zero is a quantity below zero: a product is the same, and BR-27 takes no such price.
fn signs(quantity: Option<Decimal>, price: Option<Decimal>) -> (Option<Decimal>, Option<Decimal>) {
    match (quantity, price) {
        (Some(quantity), Some(price)) if price < Decimal::ZERO => (Some(-quantity), Some(-price)),
        as_printed => as_printed,
    }
}

/// BT-146 by its definition, where the division comes out even.
fn each(net: Decimal, quantity: Decimal) -> Option<Decimal> {
    let price = net.checked_div(quantity)?.round_dp(PRICE_DECIMALS);
    (price.checked_mul(quantity) == Some(net) && price >= Decimal::ZERO).then(|| price.normalize())
}
