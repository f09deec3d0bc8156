//! When a person has to look: something needed is missing, does not add up, or is not sure.

use crate::checks::failed;
use crate::result::{Check, Confidence, Field, Invoice, InvoiceKind, PageSummary, Reason, Review};

/// A value of the header below this probability is shown to a person: one in three is wrong there.
const MIN_FIELD_CONFIDENCE: f64 = 0.65;

/// A page read below this mean confidence is doubtful as a whole (requirement of the service this
/// one replaces).
const MIN_PAGE_CONFIDENCE: f64 = 0.80;

/// Decides on review, with every reason there is. `bar` is the probability, 0 to 1, below which the
/// values of the header are not believed together.
pub(crate) fn review(
    invoice: &Invoice,
    checks: &[Check],
    pages: &[PageSummary],
    bar: f64,
) -> Review {
    let mut reasons = Vec::new();
    let header = header(invoice);
    for (path, confidence, needed) in &header {
        match confidence {
            None if *needed => reasons.push(missing(path)),
            None => {}
            Some(confidence) => reasons.extend(doubtful(path, *confidence)),
        }
    }
    let together: f64 = header.iter().filter_map(|(_, c, _)| Some(c.as_ref()?.get())).product();
    if together < bar {
        let message = format!(
            "all values of the header are right with probability {together:.2}, below {bar}"
        );
        reasons.push(Reason::new("joint_confidence_low", message));
    }
    for check in checks.iter().filter(|c| failed(c)) {
        let detail = check.message.as_deref().unwrap_or("it does not hold");
        let message = format!("check {} failed: {detail}", check.rule);
        reasons.push(Reason::new("check_failed", message));
    }
    for page in pages.iter().filter(|p| p.confidence.get() < MIN_PAGE_CONFIDENCE) {
        let message = format!(
            "page {} was read with mean confidence {}, below {MIN_PAGE_CONFIDENCE}",
            page.number,
            page.confidence.get()
        );
        reasons.push(Reason::new("page_confidence_low", message));
    }
    Review { required: !reasons.is_empty(), reasons }
}

/// What an invoice is booked and paid by: path, confidence where it was found, whether it has to be.
pub(crate) fn header(invoice: &Invoice) -> Vec<(&'static str, Option<Confidence>, bool)> {
    fn of<T>(field: &Option<Field<T>>) -> Option<Confidence> {
        field.as_ref().map(|f| f.confidence)
    }
    let receipt = invoice.kind.as_ref().is_some_and(|k| k.value == InvoiceKind::Receipt);
    let (totals, payment) = (&invoice.totals, &invoice.payment);
    let (seller, buyer) = (&invoice.seller, &invoice.buyer.party);
    vec![
        ("kind", of(&invoice.kind), false),
        // Slips of a till are booked by date and amount; many have no number.
        ("number", of(&invoice.number), !receipt),
        ("issue_date", of(&invoice.issue_date), true),
        ("seller.name", of(&seller.name), true),
        ("totals.gross", of(&totals.gross), true),
        ("currency", of(&invoice.currency), true),
        ("totals.net", of(&totals.net), false),
        ("totals.tax", of(&totals.tax), false),
        ("totals.due", of(&totals.due), false),
        ("totals.prepaid", of(&totals.prepaid), false),
        ("due_date", of(&invoice.due_date), false),
        ("payment.iban", of(&payment.iban), false),
        ("payment.bic", of(&payment.bic), false),
        ("purchase_order", of(&invoice.purchase_order), false),
        ("seller.vat_id", of(&seller.vat_id), false),
        ("seller.registration_id", of(&seller.registration_id), false),
        // Nobody is named on the slips of a till.
        ("buyer.name", of(&buyer.name), !receipt),
        ("buyer.vat_id", of(&buyer.vat_id), false),
    ]
}

fn missing(path: &str) -> Reason {
    let message = format!("{path} was not found");
    Reason::of_field("field_missing", path, message)
}

fn doubtful(path: &str, confidence: Confidence) -> Option<Reason> {
    let message =
        format!("{path} has confidence {}, below {MIN_FIELD_CONFIDENCE}", confidence.get());
    let low = confidence.get() < MIN_FIELD_CONFIDENCE;
    low.then(|| Reason::of_field("confidence_low", path, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::Source;

    #[test]
    fn many_values_that_are_rather_sure_are_not_sure_together() {
        let field = |value: &str| {
            Some(Field {
                value: value.to_owned(),
                confidence: Confidence::new(0.8),
                raw: None,
                source: Source::derived("test"),
            })
        };
        let mut invoice = Invoice { number: field("F-1"), ..Invoice::default() };
        let codes = |invoice: &Invoice| -> Vec<&'static str> {
            review(invoice, &[], &[], 0.5).reasons.iter().map(|r| r.code).collect()
        };
        assert!(!codes(&invoice).contains(&"joint_confidence_low"));
        invoice.currency = field("EUR");
        invoice.purchase_order = field("B-1");
        invoice.seller.name = field("Firm");
        assert!(codes(&invoice).contains(&"joint_confidence_low"));
    }

    #[test]
    fn an_empty_invoice_needs_a_person_for_each_required_field() {
        let review = review(&Invoice::default(), &[], &[], 0.5);
        let fields: Vec<_> = review.reasons.iter().filter_map(|r| r.field.as_deref()).collect();
        assert!(review.required);
        let required =
            ["number", "issue_date", "seller.name", "totals.gross", "currency", "buyer.name"];
        assert_eq!(fields, required);
    }
}
