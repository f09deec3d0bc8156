//! The invoice as a whole: fields asked for in an order where each can use those before it.

use common::page::ReadDocument;

use crate::fields::{
    Parties, Reading, at_an_end, derive_due_again, due_by_terms, find_currency, find_dates,
    find_description, find_kind, find_lines, find_money, find_numbers, find_parties, find_payment,
};
use crate::layout::Layout;
use crate::locale::Locale;
use crate::result::{Buyer, Invoice, InvoiceKind};
use crate::settings::Settings;
use crate::trace::Tracer;

/// Reads all fields of a document.
pub(crate) fn read(document: &ReadDocument, settings: &Settings, tracer: &Tracer) -> Invoice {
    let layout = Layout::of(document);
    let pages = document.pages.len();
    let locale = Locale::of(&layout, |s| at_an_end(s.page_index, pages));
    let reading = Reading::new(&layout, &locale, pages, tracer).received_by(&settings.own);
    let dates = find_dates(&reading);
    let numbers = find_numbers(&reading);
    let Parties { seller, buyer } = find_parties(&reading);
    let country = seller.country.as_ref().map(|f| f.value.as_str());
    let mut money = find_money(&reading, country);
    let hinted = settings.hints.find(&reading, &seller, &buyer.party);
    if hinted.settle(&mut money.totals) {
        derive_due_again(&mut money.totals);
    }
    let lines = find_lines(&reading, &money.totals);
    let mut invoice = Invoice {
        kind: find_kind(&reading),
        number: numbers.invoice,
        issue_date: dates.issue,
        due_date: dates.due,
        delivery_date: dates.delivery,
        currency: find_currency(&reading, seller.vat_id.as_ref()),
        purchase_order: numbers.purchase_order,
        description: find_description(&reading, &lines),
        payment: find_payment(&reading, numbers.payment_reference),
        totals: money.totals,
        tax_breakdown: money.breakdown,
        charges: money.charges,
        lines,
        seller,
        buyer: Buyer { customer_number: numbers.customer, ..buyer },
    };
    hinted.complete(&mut invoice);
    if is_owed(&invoice) {
        let dated = invoice.issue_date.as_ref().zip(invoice.payment.terms.as_ref());
        invoice.due_date =
            invoice.due_date.take().or_else(|| dated.and_then(|(i, t)| due_by_terms(i, t)));
    }
    invoice
}

/// Whether something is to be paid later: not a slip that was paid, not a credit note.
fn is_owed(invoice: &Invoice) -> bool {
    invoice.kind.as_ref().is_none_or(|kind| kind.value == InvoiceKind::Invoice)
}
