//! From what the document says to what EN 16931 asks for.
//!
//! Nothing is taken that the document does not say. What is derived follows from it by a definition of the
//! standard, and docs/exports.md lists each case; what could be stated only by guessing stays `None`.

mod line;
pub(crate) mod money;
mod party;

use crate::codes;
use crate::document::{Invoice, Kind};
use crate::gap::{Gap, Why};
use crate::model::{Model, Payment, Type};

/// The invoice in the terms of the standard, and what the document says that has no place in it.
pub(crate) fn model(invoice: &Invoice) -> (Model, Vec<Gap>) {
    let mut gaps = Vec::new();
    let kind = match invoice.kind.get() {
        None => None,
        Some(Kind::Invoice) => Some(Type::Invoice),
        Some(Kind::CreditNote) => Some(Type::CreditNote),
        Some(Kind::Receipt) => {
            // It tells that something was paid, and UNTDID 1001 has no code for that among invoices.
            gaps.push(Gap::of("BT-3", Why::Illegal));
            None
        }
    };
    let (seller, buyer) =
        (party::seller(&invoice.seller, &mut gaps), party::buyer(&invoice.buyer, &mut gaps));
    let mut model = Model {
        number: invoice.number.get(),
        issue_date: invoice.issue_date.get(),
        kind,
        currency: legal(invoice.currency.get(), codes::is_currency, "BT-5", &mut gaps),
        due_date: invoice.due_date.get(),
        purchase_order: invoice.purchase_order.get(),
        note: note(invoice),
        seller,
        buyer,
        delivery_date: invoice.delivery_date.get(),
        payment: payment(invoice),
        totals: money::totals(&invoice.totals),
        taxes: money::taxes(&invoice.tax_breakdown),
        lines: Vec::new(),
    };
    model.lines = line::lines(&invoice.lines, &mut gaps);
    money::complete(&mut model);
    if model.kind == Some(Type::CreditNote) {
        money::turn_negative_credit_note(&mut model);
    }
    if invoice.charges.iter().any(|charge| charge.amount.get().is_none_or(|a| !a.is_zero())) {
        // Outside VAT, and BR-O-11 to 14 let nothing outside VAT stand beside what is taxed.
        gaps.push(Gap::of("BG-21", Why::Untold));
    }
    (model, gaps)
}

/// The account is written with its bank only: BG-17 is an account (BR-50).
fn payment(invoice: &Invoice) -> Payment {
    let stated = &invoice.payment;
    let iban = stated.iban.get();
    Payment {
        bic: stated.bic.get().filter(|_| iban.is_some()),
        iban,
        reference: stated.reference.get(),
        terms: stated.terms.get(),
    }
}

/// What the invoice is for, unless its lines say just that.
fn note(invoice: &Invoice) -> Option<String> {
    let description = invoice.description.get()?;
    let repeated =
        invoice.lines.iter().any(|line| line.description.get().as_ref() == Some(&description));
    (!repeated).then_some(description)
}

/// A code of a list; one that is not in it is a gap.
fn legal(
    code: Option<String>,
    is_listed: impl Fn(&str) -> bool,
    term: &'static str,
    gaps: &mut Vec<Gap>,
) -> Option<String> {
    let listed = code.clone().filter(|code| is_listed(code));
    if code.is_some() && listed.is_none() {
        gaps.push(Gap::of(term, Why::Illegal));
    }
    listed
}
