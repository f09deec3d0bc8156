//! Document kind and currency.

use crate::candidate::field;
use crate::fields::Reading;
use crate::layout::Segment;
use crate::lexicon::Label;
use crate::locale::currency_of_vat_id;
use crate::result::{Confidence, Field, InvoiceKind, Source};

/// Most terms a title line has: "Rechnungskorrektur Nr. 12 vom 01.02.2020" and little more.
const TITLE_TERMS: usize = 9;

/// Prior that a document with the words of a kind in its title is of that kind.
const TITLED: f64 = 0.95;

/// Prior of an invoice where no title says so: nearly everything uploaded here is one.
const UNTITLED: f64 = 0.75;

/// Prior of a receipt where two or more words of the till are found and no invoice title.
const TILL: f64 = 0.8;

/// Till words that make a receipt.
const MIN_TILL_WORDS: usize = 2;

/// Confidence in a currency that follows from the seller's country alone.
const CURRENCY_BY_COUNTRY: f64 = 0.7;

/// The kind of document; always answered, with an invoice as the prior.
pub(crate) fn find_kind(reading: &Reading<'_>) -> Option<Field<InvoiceKind>> {
    let titled = |label| reading.segments().find_map(|(_, s)| title(s, label));
    if let Some((segment, range)) = titled(Label::CreditNoteTitle) {
        return Some(titled_field(InvoiceKind::CreditNote, segment, &range));
    }
    let invoice = titled(Label::InvoiceTitle);
    let receipt = titled(Label::ReceiptTitle);
    let till_words = reading
        .segments()
        .flat_map(|(_, s)| &s.labels)
        .filter(|h| h.strength(Label::ReceiptTitle) > 0.0)
        .count();
    match (invoice, receipt) {
        (None, Some((segment, range))) => Some(titled_field(InvoiceKind::Receipt, segment, &range)),
        (Some((segment, range)), _) => Some(titled_field(InvoiceKind::Invoice, segment, &range)),
        (None, None) => {
            let (kind, prior) = if till_words >= MIN_TILL_WORDS {
                (InvoiceKind::Receipt, TILL)
            } else {
                (InvoiceKind::Invoice, UNTITLED)
            };
            Some(Field {
                value: kind,
                confidence: Confidence::new(prior),
                raw: None,
                source: Source::derived("prior"),
            })
        }
    }
}

/// The title of a kind in a short line that begins with it.
fn title(segment: &Segment, label: Label) -> Option<(&Segment, std::ops::Range<usize>)> {
    let hit = segment.labels.iter().find(|h| h.strength(label) > WEAK_TITLE)?;
    let before = segment.terms.iter().filter(|t| t.end <= hit.start).count();
    let short = segment.terms.len() <= TITLE_TERMS && before <= 3;
    (segment.page_index == 0 && short).then_some((segment, hit.start..hit.end))
}

/// Words of the till alone are no title.
const WEAK_TITLE: f32 = 0.5;

fn titled_field(
    kind: InvoiceKind,
    segment: &Segment,
    range: &std::ops::Range<usize>,
) -> Field<InvoiceKind> {
    let raw = segment.text.get(range.clone()).unwrap_or("");
    field(kind, raw, &segment.place(range), TITLED)
}

/// The currency: elected by the document, else that of the seller's country.
pub(crate) fn find_currency(
    reading: &Reading<'_>,
    seller_vat_id: Option<&Field<String>>,
) -> Option<Field<String>> {
    if let Some(vote) = &reading.locale.currency {
        return Some(field(vote.code.to_owned(), &vote.raw, &vote.place, vote.share.min(0.98)));
    }
    let code = currency_of_vat_id(&seller_vat_id?.value)?;
    Some(Field {
        value: code.to_owned(),
        confidence: Confidence::new(CURRENCY_BY_COUNTRY),
        raw: None,
        source: Source::derived("currency-of-seller-country"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::locale::Locale;
    use crate::sample;

    fn kind(lines: &[&str]) -> InvoiceKind {
        let layout = Layout::of(&sample::document(lines));
        let locale = Locale::of(&layout, |_| true);
        find_kind(&Reading { layout: &layout, locale: &locale, pages: 1 }).unwrap().value
    }

    #[test]
    fn the_title_tells_the_kind() {
        assert_eq!(kind(&["FACTURE N° 12"]), InvoiceKind::Invoice);
        assert_eq!(kind(&["AVOIR N° 12", "sur la facture 11"]), InvoiceKind::CreditNote);
        assert_eq!(kind(&["Rechnungskorrektur"]), InvoiceKind::CreditNote);
        assert_eq!(kind(&["PAYMENT RECEIPT"]), InvoiceKind::Receipt);
        assert_eq!(kind(&["Cash 20.00", "Change 3.00"]), InvoiceKind::Receipt);
        assert_eq!(kind(&["Bonjour"]), InvoiceKind::Invoice);
    }
}
