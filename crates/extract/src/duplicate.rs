//! What tells one invoice of a tenant from another, and what a person is told when it was read before: pure.

use rust_decimal::Decimal;

use common::duplicate::{Earlier, Fingerprint};
use common::id::Tenant;

use crate::result::{Field, Invoice, InvoiceKind, Reason};
use crate::text::{compact, fold};

/// A value below this probability does not stand for the invoice: four that are as sure as this are right
/// together more often than not. A wrong one mostly hides a duplicate, which is what no identity does too;
/// but a number that was misread alike on two invoices of one day makes a duplicate of what is none.
const MIN_IDENTITY_CONFIDENCE: f64 = 0.85;

/// Code of the reason.
const CODE: &str = "duplicate_invoice";

/// The invoice that `invoice` is, for `tenant`: seller, number, date of issue and total with its currency.
/// `None` when one of them was not read, or is not sure enough.
///
/// The seller is its VAT id where there is one, else its name. What different programs and readers write
/// differently does not count: case, accents, spaces and punctuation, zeros at the end of an amount. The kind
/// counts however sure it is: a credit note never is a duplicate of the invoice that it takes back.
pub(crate) fn fingerprint(tenant: &Tenant, invoice: &Invoice) -> Option<Fingerprint> {
    let (scheme, seller) = match sure(invoice.seller.vat_id.as_ref()) {
        Some(vat_id) => ("vat", compact(vat_id)),
        None => ("name", letters(sure(invoice.seller.name.as_ref())?)),
    };
    let number = letters(sure(invoice.number.as_ref())?);
    let date = sure(invoice.issue_date.as_ref())?.to_string();
    let total: Decimal = sure(invoice.totals.gross.as_ref())?.0.normalize();
    let currency = sure(invoice.currency.as_ref())?;
    if seller.is_empty() || number.is_empty() {
        return None;
    }
    let kind = match invoice.kind.as_ref().map(|kind| kind.value) {
        Some(InvoiceKind::CreditNote) => "credit-note",
        Some(InvoiceKind::Receipt) => "receipt",
        Some(InvoiceKind::Invoice) | None => "invoice",
    };
    let total = total.to_string();
    Some(Fingerprint::of(tenant, &[kind, scheme, &seller, &number, &date, &total, currency]))
}

/// Why a person has to look at an invoice that `earlier` says as well.
pub(crate) fn reason(earlier: &Earlier) -> Reason {
    let Earlier { id, same_file } = earlier;
    let what = if *same_file { "the same file, read with other options," } else { "another file" };
    let message = format!("{what} says the invoice of this seller, number, date and total: {id}");
    Reason { document: Some(id.to_string()), ..Reason::new(CODE, message) }
}

fn sure<T>(field: Option<&Field<T>>) -> Option<&T> {
    field
        .filter(|field| field.confidence.get() >= MIN_IDENTITY_CONFIDENCE)
        .map(|field| &field.value)
}

/// Letters and digits alone, folded.
fn letters(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{Amount, Confidence, Source};

    fn field<T>(value: T) -> Option<Field<T>> {
        sure_to(value, MIN_IDENTITY_CONFIDENCE)
    }

    fn sure_to<T>(value: T, confidence: f64) -> Option<Field<T>> {
        let confidence = Confidence::new(confidence);
        Some(Field { value, confidence, raw: None, source: Source::derived("test") })
    }

    fn amount(text: &str) -> Option<Field<Amount>> {
        field(Amount(text.parse().unwrap()))
    }

    fn invoice() -> Invoice {
        let mut invoice = Invoice {
            kind: field(InvoiceKind::Invoice),
            number: field("F-2025/07".to_owned()),
            issue_date: field("2025-03-09".parse().unwrap()),
            currency: field("EUR".to_owned()),
            ..Invoice::default()
        };
        invoice.seller.name = field("Papeterie Chimère".to_owned());
        invoice.seller.vat_id = field("FR29999990013".to_owned());
        invoice.totals.gross = amount("60.00");
        invoice
    }

    fn of(change: impl FnOnce(&mut Invoice)) -> Option<Fingerprint> {
        let mut invoice = invoice();
        change(&mut invoice);
        fingerprint(&Tenant::default(), &invoice)
    }

    #[test]
    fn what_is_only_written_differently_is_the_same_invoice() {
        let first = of(|_| {});
        assert!(first.is_some());
        assert_eq!(first, of(|i| i.number = field("f 2025 07".to_owned())));
        assert_eq!(first, of(|i| i.totals.gross = amount("60.000")));
        assert_eq!(first, of(|i| i.kind = None), "what says nothing of its kind is an invoice");
        assert_eq!(first, of(|i| i.seller.name = field("CHIMERE SARL".to_owned())));
        assert_eq!(first, of(|i| i.totals.due = amount("10.00")));
        let named = |name: &str| {
            let name = field(name.to_owned());
            of(|i| {
                i.seller.vat_id = None;
                i.seller.name = name;
            })
        };
        assert_eq!(named("Papeterie Chimère"), named("PAPETERIE  CHIMERE."));
        assert_ne!(named("Papeterie Chimère"), first, "a name is no VAT id");
        assert_ne!(named("Papeterie Chimère"), named("Papeterie Dahu"));
    }

    #[test]
    fn another_kind_seller_number_date_total_currency_or_tenant_is_another_invoice() {
        let first = of(|_| {});
        for other in [
            of(|i| i.kind = field(InvoiceKind::CreditNote)),
            of(|i| i.kind = sure_to(InvoiceKind::Receipt, 0.1)),
            of(|i| i.seller.vat_id = field("FR83404833048".to_owned())),
            of(|i| i.number = field("F-2025/08".to_owned())),
            of(|i| i.issue_date = field("2025-03-10".parse().unwrap())),
            of(|i| i.totals.gross = amount("60.01")),
            of(|i| i.totals.gross = amount("-60.00")),
            of(|i| i.currency = field("USD".to_owned())),
            fingerprint(&"acme".parse().unwrap(), &invoice()),
        ] {
            assert!(other.is_some());
            assert_ne!(other, first);
        }
    }

    #[test]
    fn what_was_not_read_or_is_doubtful_is_no_identity() {
        let doubt = MIN_IDENTITY_CONFIDENCE - 0.01;
        for none in [
            of(|i| i.number = None),
            of(|i| i.number = field("-".to_owned())),
            of(|i| i.issue_date = None),
            of(|i| i.totals.gross = None),
            of(|i| i.currency = None),
            of(|i| {
                i.seller.name = None;
                i.seller.vat_id = None;
            }),
            of(|i| i.number = sure_to("F-1".to_owned(), doubt)),
            of(|i| i.totals.gross = sure_to(Amount(Decimal::ONE), doubt)),
            of(|i| i.currency = sure_to("EUR".to_owned(), doubt)),
        ] {
            assert_eq!(none, None);
        }
        let by_name = of(|i| i.seller.vat_id = None);
        let doubted = of(|i| i.seller.vat_id = sure_to("FR83404833048".to_owned(), doubt));
        assert_eq!(doubted, by_name, "the name stands in for a VAT id that is not sure");
    }

    #[test]
    fn a_person_is_told_which_document_and_nothing_of_what_it_says() {
        let id: common::id::DocumentId = "a".repeat(64).parse().unwrap();
        let told = |same_file| reason(&Earlier { id: id.clone(), same_file });
        let (other, same) = (told(false), told(true));
        assert_eq!((other.code, other.document.as_deref()), (CODE, Some(id.as_str())));
        assert!(other.message.starts_with("another file ") && same.message.contains("same file"));
    }
}
