//! Document kind and currency.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::candidate::field;
use crate::fields::Reading;
use crate::layout::Segment;
use crate::lexicon::{Label, LabelHit, countries, labels, speaks_of};
use crate::locale::currency_of_vat_id;
use crate::result::{Confidence, Field, InvoiceKind, Source};
use crate::text::fold;

/// Most terms a title line has: "Rechnungskorrektur Nr. 12 vom 01.02.2020" and little more.
const TITLE_TERMS: usize = 9;

/// Prior that a document with the words of a kind in its title is of that kind.
const TITLED: f64 = 0.95;

/// Prior of an invoice where no title says so: nearly everything uploaded here is one.
const UNTITLED: f64 = 0.75;

/// Prior of a receipt where two or more words of the till are found and no invoice title.
const TILL: f64 = 0.8;

/// Different till words that make a receipt.
const MIN_TILL_WORDS: usize = 2;

/// Confidence in a currency that follows from the seller's country alone.
const CURRENCY_BY_COUNTRY: f64 = 0.7;

/// The same where only words hint at the country.
const CURRENCY_BY_HINT: f64 = 0.6;

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
    let till_words = till_words(reading);
    let weight = |t: &Option<Title<'_>>| t.as_ref().map_or(0, |t| t.weight);
    if let Some(title) = &credit_note
        && weight(&credit_note) >= weight(&invoice)
    {
        return Some(title.field(InvoiceKind::CreditNote));
    }
    match (&invoice, &receipt) {
        // Shops print "tax invoice" over a slip that was paid in cash.
        _ if till_words >= MIN_TILL_WORDS => Some(prior(InvoiceKind::Receipt, TILL)),
        (_, Some(title)) if weight(&receipt) > weight(&invoice) => {
            Some(title.field(InvoiceKind::Receipt))
        }
        (Some(title), _) => Some(title.field(InvoiceKind::Invoice)),
        (None, Some(title)) => Some(title.field(InvoiceKind::Receipt)),
        (None, None) => Some(prior(InvoiceKind::Invoice, UNTITLED)),
    }
}

fn prior(kind: InvoiceKind, probability: f64) -> Field<InvoiceKind> {
    Field {
        value: kind,
        confidence: Confidence::new(probability),
        raw: None,
        source: Source::derived("prior"),
    }
}

/// How many different words of the till stand on the pages.
fn till_words(reading: &Reading<'_>) -> usize {
    let weak = |h: &LabelHit| (0.0..WEAK_TITLE).contains(&h.strength(Label::ReceiptTitle));
    let mut words: Vec<String> = Vec::new();
    for (_, segment) in reading.segments() {
        let hits = segment.labels.iter().filter(|h| h.strength(Label::ReceiptTitle) > 0.0);
        words.extend(
            hits.filter(|h| weak(h)).filter_map(|h| Some(fold(segment.text.get(h.start..h.end)?))),
        );
    }
    words.sort();
    words.dedup();
    words.len()
}

/// Words of the till alone are no title.
const WEAK_TITLE: f32 = 0.5;

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
    let by_vat_id = seller_vat_id.and_then(|f| currency_of_vat_id(&f.value));
    let (code, confidence) = match by_vat_id {
        Some(code) => (code, CURRENCY_BY_COUNTRY),
        None => (currency_of_country_spoken_of(reading)?, CURRENCY_BY_HINT),
    };
    Some(Field {
        value: code.to_owned(),
        confidence: Confidence::new(confidence),
        raw: None,
        source: Source::derived("currency-of-country"),
    })
}

/// The currency of the country that most lines speak of.
fn currency_of_country_spoken_of(reading: &Reading<'_>) -> Option<&'static str> {
    let mut counts: BTreeMap<&str, (usize, &'static str)> = BTreeMap::new();
    for (_, segment) in reading.segments() {
        let terms: Vec<&str> = segment.terms.iter().map(|t| t.text.as_str()).collect();
        let folded = format!(" {} ", terms.join(" "));
        for country in countries().iter().filter(|c| speaks_of(&folded, c)) {
            counts.entry(&country.code).or_insert((0, &country.currency)).0 += 1;
        }
    }
    counts.into_values().max_by_key(|(count, _)| *count).map(|(_, currency)| currency)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::locale::Locale;
    use crate::sample;
    use crate::trace::Tracer;

    fn kind(lines: &[&str]) -> InvoiceKind {
        let layout = Layout::of(&sample::document(lines));
        let locale = Locale::of(&layout, |_| true);
        find_kind(&Reading::new(&layout, &locale, 1, &Tracer::default())).unwrap().value
    }

    #[test]
    fn without_a_sign_the_country_tells_the_currency() {
        let layout = Layout::of(&sample::document(&["KEDAI BUKU SDN BHD", "Total 12.00"]));
        let locale = Locale::of(&layout, |_| true);
        let tracer = Tracer::default();
        let reading = Reading::new(&layout, &locale, 1, &tracer);
        assert_eq!(find_currency(&reading, None).unwrap().value, "MYR");
    }

    #[test]
    fn the_title_tells_the_kind() {
        assert_eq!(kind(&["FACTURE N° 12"]), InvoiceKind::Invoice);
        assert_eq!(kind(&["AVOIR N° 12", "sur la facture 11"]), InvoiceKind::CreditNote);
        assert_eq!(kind(&["Rechnungskorrektur"]), InvoiceKind::CreditNote);
        assert_eq!(kind(&["PAYMENT RECEIPT"]), InvoiceKind::Receipt);
        assert_eq!(kind(&["Cash 20.00", "Change 3.00"]), InvoiceKind::Receipt);
        assert_eq!(kind(&["TAX INVOICE", "Cash 20.00", "Change 3.00"]), InvoiceKind::Receipt);
        assert_eq!(kind(&["INVOICE", "Terms: cash"]), InvoiceKind::Invoice);
        assert_eq!(kind(&["Bonjour"]), InvoiceKind::Invoice);
    }
}
