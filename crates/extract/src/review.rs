//! When a person has to look: something needed is missing, does not add up, or is not sure.

use crate::checks::failed;
use crate::result::{Check, Confidence, Field, Invoice, PageSummary, Reason, Review};

/// A required field below this probability is shown to a person: at 0.8, one in five is wrong.
const MIN_FIELD_CONFIDENCE: f64 = 0.80;

/// A page read below this mean confidence is doubtful as a whole (requirement of the service this
/// one replaces).
const MIN_PAGE_CONFIDENCE: f64 = 0.80;

/// Decides on review, with every reason there is.
pub(crate) fn review(invoice: &Invoice, checks: &[Check], pages: &[PageSummary]) -> Review {
    let mut reasons = Vec::new();
    required("number", invoice.number.as_ref(), &mut reasons);
    required("issue_date", invoice.issue_date.as_ref(), &mut reasons);
    required("seller.name", invoice.seller.name.as_ref(), &mut reasons);
    required("totals.gross", invoice.totals.gross.as_ref(), &mut reasons);
    doubtful("currency", invoice.currency.as_ref(), &mut reasons);
    doubtful("totals.net", invoice.totals.net.as_ref(), &mut reasons);
    doubtful("totals.tax", invoice.totals.tax.as_ref(), &mut reasons);
    doubtful("due_date", invoice.due_date.as_ref(), &mut reasons);
    doubtful("payment.iban", invoice.payment.iban.as_ref(), &mut reasons);
    doubtful("seller.vat_id", invoice.seller.vat_id.as_ref(), &mut reasons);
    doubtful("buyer.name", invoice.buyer.party.name.as_ref(), &mut reasons);
    for check in checks.iter().filter(|c| failed(c)) {
        let detail = check.message.as_deref().unwrap_or("it does not hold");
        let message = format!("check {} failed: {detail}", check.rule);
        reasons.push(Reason { code: "check_failed", field: None, message });
    }
    for page in pages.iter().filter(|p| p.confidence.get() < MIN_PAGE_CONFIDENCE) {
        let message = format!(
            "page {} was read with mean confidence {}, below {MIN_PAGE_CONFIDENCE}",
            page.number,
            page.confidence.get()
        );
        reasons.push(Reason { code: "page_confidence_low", field: None, message });
    }
    Review { required: !reasons.is_empty(), reasons }
}

fn required<T>(path: &str, field: Option<&Field<T>>, reasons: &mut Vec<Reason>) {
    if field.is_none() {
        let message = format!("{path} was not found");
        reasons.push(Reason { code: "field_missing", field: Some(path.to_owned()), message });
    }
    doubtful(path, field, reasons);
}

fn doubtful<T>(path: &str, field: Option<&Field<T>>, reasons: &mut Vec<Reason>) {
    let low = |c: &Confidence| c.get() < MIN_FIELD_CONFIDENCE;
    if let Some(confidence) = field.map(|f| f.confidence).filter(low) {
        let message =
            format!("{path} has confidence {}, below {MIN_FIELD_CONFIDENCE}", confidence.get());
        reasons.push(Reason { code: "confidence_low", field: Some(path.to_owned()), message });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_invoice_needs_a_person_for_each_required_field() {
        let review = review(&Invoice::default(), &[], &[]);
        let fields: Vec<_> = review.reasons.iter().filter_map(|r| r.field.as_deref()).collect();
        assert!(review.required);
        assert_eq!(fields, ["number", "issue_date", "seller.name", "totals.gross"]);
    }
}
