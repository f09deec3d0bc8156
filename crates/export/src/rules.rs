//! What EN 16931 asks for: the terms that an invoice must have, and the rules on their amounts.
//!
//! An invoice without a gap passes the standard's own rules as they are published for programs: tolerances
//! are theirs. scripts/check-exports holds both against each other.

use rust_decimal::Decimal;

use crate::amount::is_amount;
use crate::derive::money::sum;
use crate::gap::{Gap, Why};
use crate::model::{Line, Model, Tax, Totals};

/// BR-CO-17, BR-S-08 and BR-S-09: amounts of VAT may differ by less than this, since some round each line.
const TAX_TOLERANCE: Decimal = Decimal::ONE;

/// An amount has two decimals, so what is multiplied may be off by half of the last.
const HALF_CENT: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// A price without decimals is meant to the cent like others.
const PRICE_DECIMALS: u32 = 2;

/// All gaps of `model`.
pub(crate) fn gaps(model: &Model) -> Vec<Gap> {
    let mut gaps = missing(model);
    gaps.extend(identifiers(model));
    gaps.extend(sums(&model.totals, &model.taxes));
    gaps.extend(model.taxes.iter().flat_map(|tax| of_tax(tax, &model.lines)));
    gaps.extend(
        model.lines.iter().enumerate().flat_map(|(index, line)| of_line(index + 1, line, model)),
    );
    gaps
}

fn missing(model: &Model) -> Vec<Gap> {
    let Totals { lines, net, tax, gross, due, .. } = model.totals;
    let terms = [
        (model.number.is_some(), "BT-1"),
        (model.issue_date.is_some(), "BT-2"),
        (model.kind.is_some(), "BT-3"),
        (model.currency.is_some(), "BT-5"),
        (model.seller.name.is_some(), "BT-27"),
        (model.seller.address.country.is_some(), "BT-40"),
        (model.buyer.name.is_some(), "BT-44"),
        (model.buyer.address.country.is_some(), "BT-55"),
        (lines.is_some() || model.lines.is_empty(), "BT-106"),
        (net.is_some(), "BT-109"),
        (tax.is_some(), "BT-110"),
        (gross.is_some(), "BT-112"),
        (due.is_some(), "BT-115"),
        (!model.taxes.is_empty(), "BG-23"),
        (!model.lines.is_empty(), "BG-25"),
        // BR-CO-25: in the text of 2017, which receivers may still go by, and no longer in the published rules.
        (
            due.is_none_or(|due| due <= Decimal::ZERO)
                || model.due_date.is_some()
                || model.payment.terms.is_some(),
            "BT-9",
        ),
    ];
    absent(terms).map(|term| Gap::of(term, Why::Missing)).collect()
}

fn absent<const N: usize>(terms: [(bool, &'static str); N]) -> impl Iterator<Item = &'static str> {
    terms.into_iter().filter(|(present, _)| !present).map(|(_, term)| term)
}

/// Who sells must be known to a tax office where VAT is charged (BR-S-02), which BR-CO-26 asks for too.
fn identifiers(model: &Model) -> Option<Gap> {
    let seller = &model.seller;
    let known = seller.vat_id.is_some() || seller.tax_id.is_some();
    (!known).then(|| Gap::of("BT-31", Why::Missing))
}

fn sums(totals: &Totals, taxes: &[Tax]) -> Vec<Gap> {
    let Totals { lines, net, tax, gross, prepaid, rounding, due } = *totals;
    let mut gaps = Vec::new();
    let amounts = [
        (lines, "BT-106"),
        (net, "BT-109"),
        (tax, "BT-110"),
        (gross, "BT-112"),
        (prepaid, "BT-113"),
        (rounding, "BT-114"),
        (due, "BT-115"),
    ];
    gaps.extend(
        amounts
            .into_iter()
            .filter(|(amount, _)| amount.is_some_and(|amount| !is_amount(amount)))
            .map(|(_, term)| Gap::of(term, Why::Illegal)),
    );
    // BR-CO-13: what lies between is allowances and charges, of which the contract has no field.
    if differ(lines, net) {
        gaps.push(Gap::of("BG-20", Why::Untold));
    }
    let of_rates = sum(taxes.iter().map(|tax| tax.amount)).filter(|_| !taxes.is_empty());
    if differ(of_rates, tax) {
        gaps.push(Gap::of("BT-110", Why::Inconsistent("BR-CO-14")));
    }
    if differ(net.zip(tax).and_then(|(net, tax)| net.checked_add(tax)), gross) {
        gaps.push(Gap::of("BT-112", Why::Inconsistent("BR-CO-15")));
    }
    let owed = gross
        .and_then(|gross| gross.checked_sub(prepaid.unwrap_or_default()))
        .and_then(|owed| owed.checked_add(rounding.unwrap_or_default()));
    if differ(owed, due) {
        gaps.push(Gap::of("BT-115", Why::Inconsistent("BR-CO-16")));
    }
    gaps
}

/// Whether both are known, and are not the same.
fn differ(one: Option<Decimal>, other: Option<Decimal>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

fn of_tax(tax: &Tax, lines: &[Line]) -> Vec<Gap> {
    let Tax { category, rate, base, amount } = *tax;
    let terms = [
        (base.is_some(), "BT-116"),
        (amount.is_some(), "BT-117"),
        (category.is_some(), "BT-118"),
        (rate.is_some(), "BT-119"),
    ];
    let mut gaps: Vec<Gap> = absent(terms).map(|term| Gap::of(term, Why::Missing)).collect();
    let illegal = [(base, "BT-116"), (amount, "BT-117")].into_iter();
    let illegal = illegal.filter(|(amount, _)| amount.is_some_and(|amount| !is_amount(amount)));
    gaps.extend(illegal.map(|(_, term)| Gap::of(term, Why::Illegal)));
    let (Some(rate), Some(base)) = (rate, base) else { return gaps };
    let due = base.checked_mul(rate).map(|product| (product / Decimal::ONE_HUNDRED).round_dp(2));
    if due.zip(amount).is_some_and(|(due, amount)| !are_close(due, amount, TAX_TOLERANCE)) {
        gaps.push(Gap::of("BT-117", Why::Inconsistent("BR-CO-17")));
    }
    let of_rate = || lines.iter().filter(|line| line.rate == Some(rate));
    let sold = sum(of_rate().map(|line| line.net));
    let fits =
        sold.is_none_or(|sold| are_close(sold, base, TAX_TOLERANCE)) && of_rate().next().is_some();
    // A line whose rate nobody knows may be of this one, and is a gap itself.
    if !fits && lines.iter().all(|line| line.rate.is_some()) {
        gaps.push(Gap::of("BT-116", Why::Inconsistent("BR-S-08")));
    }
    gaps
}

fn of_line(number: usize, line: &Line, model: &Model) -> Vec<Gap> {
    let terms = [
        (line.name.is_some(), "BT-153"),
        (line.quantity.is_some(), "BT-129"),
        (line.price.is_some(), "BT-146"),
        (line.net.is_some(), "BT-131"),
        (line.rate.is_some(), "BT-152"),
        (line.category.is_some(), "BT-151"),
    ];
    let mut gaps: Vec<Gap> =
        absent(terms).map(|term| Gap::of_line(number, term, Why::Missing)).collect();
    if line.net.is_some_and(|net| !is_amount(net)) {
        gaps.push(Gap::of_line(number, "BT-131", Why::Illegal));
    }
    if line.price.is_some_and(|price| price < Decimal::ZERO) {
        gaps.push(Gap::of_line(number, "BT-146", Why::Inconsistent("BR-27")));
    }
    // What lies between is an allowance or a charge of the line, of which the contract has no field.
    if multiplies(line) == Some(false) {
        gaps.push(Gap::of_line(number, "BG-27", Why::Untold));
    }
    let taxed = model.taxes.iter().any(|tax| tax.rate == line.rate);
    if line.rate.is_some() && !taxed && !model.taxes.is_empty() {
        gaps.push(Gap::of_line(number, "BT-152", Why::Inconsistent("BR-S-01")));
    }
    gaps
}

/// Whether quantity by price is the net amount, as exactly as the price is printed.
fn multiplies(line: &Line) -> Option<bool> {
    let (quantity, price, net) = (line.quantity?, line.price?, line.net?);
    let decimals = price.scale().clamp(PRICE_DECIMALS, Decimal::MAX_SCALE - 1);
    let last_place = Decimal::new(5, decimals + 1);
    let tolerance = quantity.abs().checked_mul(last_place)?.checked_add(HALF_CENT)?;
    let product = quantity.checked_mul(price)?;
    Some(product == net || are_close(product, net, tolerance))
}

/// Whether the amounts differ by less than `tolerance`; what cannot be subtracted is far apart.
fn are_close(one: Decimal, other: Decimal, tolerance: Decimal) -> bool {
    one.checked_sub(other).is_some_and(|difference| difference.abs() < tolerance)
}
