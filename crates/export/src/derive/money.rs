//! Totals and VAT by rate.

use rust_decimal::Decimal;

use crate::document;
use crate::model::{Category, Model, Tax, Totals};

/// Standard rate is what the standard calls every rate above zero. At zero nothing can be told: goods may
/// be rated zero, exempt, exported, sold within the Union or charged to the buyer, and the document's words
/// for it are no field of the contract.
pub(super) fn category(rate: Decimal) -> Option<Category> {
    (rate > Decimal::ZERO).then_some(Category::Standard)
}

/// The totals as they are stated.
pub(super) fn totals(stated: &document::Totals) -> Totals {
    Totals {
        lines: None,
        net: stated.net.get(),
        tax: stated.tax.get(),
        gross: stated.gross.get(),
        prepaid: stated.prepaid.get().filter(|amount| !amount.is_zero()),
        rounding: stated.rounding.get().filter(|amount| !amount.is_zero()),
        due: stated.due.get(),
    }
}

/// VAT by rate as it is stated.
pub(super) fn taxes(stated: &[document::Tax]) -> Vec<Tax> {
    let tax = |tax: &document::Tax| Tax {
        category: tax.rate.get().and_then(category),
        rate: tax.rate.get(),
        base: tax.base.get(),
        amount: tax.amount.get(),
    };
    stated.iter().map(tax).collect()
}

/// Fills what follows from the rest by a definition of the standard.
pub(super) fn complete(model: &mut Model) {
    let Model { totals, taxes, lines, .. } = model;
    // BR-CO-10.
    totals.lines = sum(lines.iter().map(|line| line.net)).filter(|_| !lines.is_empty());
    // BR-CO-14.
    let of_rates = sum(taxes.iter().map(|tax| tax.amount)).filter(|_| !taxes.is_empty());
    totals.tax = totals.tax.or(of_rates);
    // BR-CO-15.
    totals.net = totals.net.or_else(|| totals.gross?.checked_sub(totals.tax?));
    totals.gross = totals.gross.or_else(|| totals.net?.checked_add(totals.tax?));
    totals.tax = totals.tax.or_else(|| totals.gross?.checked_sub(totals.net?));
    // BR-CO-16.
    let paid = totals.prepaid.unwrap_or_default();
    let rounding = totals.rounding.unwrap_or_default();
    totals.due = totals.due.or_else(|| totals.gross?.checked_sub(paid)?.checked_add(rounding));
    if taxes.is_empty()
        && let Some(rate) = only_rate(lines.iter().map(|line| line.rate))
    {
        // All that is sold is of one rate, so all VAT is.
        taxes.push(Tax { category: category(rate), rate: Some(rate), base: None, amount: None });
    }
    if let [only] = taxes.as_mut_slice() {
        only.base = only.base.or(totals.net);
        only.amount = only.amount.or(totals.tax);
        for line in lines.iter_mut().filter(|line| line.rate.is_none()) {
            (line.rate, line.category) = (only.rate, only.category);
        }
    }
}

/// The rate of all lines, where each states it and it is above zero.
fn only_rate(mut rates: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    let first = rates.next()??;
    (category(first).is_some() && rates.all(|rate| rate == Some(first))).then_some(first)
}

/// What the amounts add up to; `None` where one of them is not known.
pub(crate) fn sum(amounts: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    amounts.into_iter().try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount?))
}

/// A credit note that is printed with amounts below zero says the same as one of the standard without:
/// type 381 gives back what its amounts are above zero.
pub(super) fn turn_negative_credit_note(model: &mut Model) {
    if model.totals.gross.or(model.totals.due).is_none_or(|total| total >= Decimal::ZERO) {
        return;
    }
    let Totals { lines, net, tax, gross, prepaid, rounding, due } = &mut model.totals;
    let totals = [lines, net, tax, gross, prepaid, rounding, due];
    let taxes = model.taxes.iter_mut().flat_map(|tax| [&mut tax.base, &mut tax.amount]);
    // A price has no sign, so a line's is in its quantity.
    let lines = model.lines.iter_mut().flat_map(|line| {
        let turns = line.net.is_some_and(|net| net < Decimal::ZERO)
            == line.quantity.is_some_and(|quantity| quantity < Decimal::ZERO);
        [Some(&mut line.net), Some(&mut line.quantity).filter(|_| turns)]
    });
    let amounts = totals.into_iter().chain(taxes).chain(lines.flatten());
    for amount in amounts.flatten() {
        *amount = -*amount;
    }
}
