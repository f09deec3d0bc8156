//! Document kind and currency.

use std::ops::Range;

use crate::candidate::field;
use crate::fields::Reading;
use crate::layout::Segment;
use crate::lexicon::{Label, labels};
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
    let titled = |label| {
        let titles = reading.segments().filter_map(|(_, s)| title(s, label));
        // The first of the most title-like: max_by_key keeps the last, so from the end.
        titles.collect::<Vec<_>>().into_iter().rev().max_by_key(|t| t.weight)
    };
    let invoice = titled(Label::InvoiceTitle);
    let receipt = titled(Label::ReceiptTitle);
    let credit_note = titled(Label::CreditNoteTitle);
    let till_words = reading
        .segments()
        .flat_map(|(_, s)| &s.labels)
        .filter(|h| h.strength(Label::ReceiptTitle) > 0.0)
        .count();
    let weight = |t: &Option<Title<'_>>| t.as_ref().map_or(0, |t| t.weight);
    if let Some(title) = &credit_note
        && weight(&credit_note) >= weight(&invoice)
    {
        return Some(title.field(InvoiceKind::CreditNote));
    }
    match (&invoice, &receipt) {
        (_, Some(title)) if weight(&receipt) > weight(&invoice) => {
            Some(title.field(InvoiceKind::Receipt))
        }
        (Some(title), _) => Some(title.field(InvoiceKind::Invoice)),
        (None, Some(title)) => Some(title.field(InvoiceKind::Receipt)),
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

/// Words in a short line that name a kind of document.
struct Title<'a> {
    segment: &'a Segment,
    range: Range<usize>,
    /// 2 where the line holds little else, 1 more where it begins the line.
    weight: u32,
}

impl Title<'_> {
    fn field(&self, kind: InvoiceKind) -> Field<InvoiceKind> {
        let raw = self.segment.text.get(self.range.clone()).unwrap_or("");
        field(kind, raw, &self.segment.place(&self.range), TITLED)
    }
}

fn title(segment: &Segment, label: Label) -> Option<Title<'_>> {
    let range = labels().mentions(&segment.terms, label)?;
    let before = segment.terms.iter().filter(|t| t.end <= range.start).count();
    let terms = segment.terms.len();
    let fits = segment.page_index == 0 && terms <= TITLE_TERMS && before <= MAX_TERMS_BEFORE;
    let weight = u32::from(before == 0) + if terms <= BARE_TERMS { 2 } else { 0 };
    fits.then_some(Title { segment, range, weight })
}

/// Whether a line begins with the title of an invoice or credit note, give or take a few words.
pub(crate) fn is_title(segment: &Segment) -> bool {
    [Label::InvoiceTitle, Label::CreditNoteTitle].into_iter().any(|label| {
        labels().mentions(&segment.terms, label).is_some_and(|range| {
            segment.terms.iter().filter(|t| t.end <= range.start).count() <= MAX_TERMS_BEFORE
        })
    })
}

/// Terms of a title without its number and date: "Amazon Web Services Invoice", "Facture N°".
const BARE_TERMS: usize = 4;

/// Terms before the title in its line, such as the firm's name.
const MAX_TERMS_BEFORE: usize = 3;

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
