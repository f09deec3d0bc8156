//! Document kind: invoice, unless titles, words of the till and the shape of the page say otherwise.

use std::collections::HashSet;
use std::ops::Range;

use crate::candidate::chosen;
use crate::confidence::calibrated;
use crate::evidence::{Clue, Evidence};
use crate::fields::Reading;
use crate::layout::Segment;
use crate::lexicon::{Label, LabelHit, labels};
use crate::result::{Field, InvoiceKind, Source};
use crate::text::fold;
use crate::trace::{Chosen, Considered, Decision};
use crate::value::numbers;

/// Most terms a title line has: "Rechnungskorrektur Nr. 12 vom 01.02.2020" and little more.
const TITLE_TERMS: usize = 9;

/// Different words of the till that leave no doubt.
const MANY_TILL_WORDS: usize = 4;

/// Confidence of words where none in particular is meant.
const SURE: f32 = 1.0;

/// What a document may be besides an invoice, by section of the weights.
const KINDS: [(InvoiceKind, &str, Label); 2] = [
    (InvoiceKind::Receipt, "receipt", Label::ReceiptTitle),
    (InvoiceKind::CreditNote, "credit_note", Label::CreditNoteTitle),
];

/// The kind of document; always answered, with an invoice as what remains.
pub(crate) fn find_kind(reading: &Reading<'_>) -> Option<Field<InvoiceKind>> {
    let invoice = titled(reading, Label::InvoiceTitle);
    let shared = shared_clues(reading);
    let mut options = Vec::new();
    for (kind, section, label) in KINDS {
        let title = titled(reading, label);
        let mut evidence = shared.clone();
        evidence.add(Clue::Title, Title::size(title.as_ref()));
        evidence.add(Clue::OtherTitle, Title::size(invoice.as_ref()));
        let logit = evidence.logit(section);
        options.push((kind, title, evidence, logit));
    }
    let total: f64 = 1.0 + options.iter().map(|(.., logit)| logit.exp()).sum::<f64>();
    let best = options.iter().max_by(|a, b| a.3.total_cmp(&b.3)).filter(|o| o.3 > 0.0);
    let (kind, title, weight) = match best {
        Some((kind, title, _, logit)) => (*kind, title.as_ref(), logit.exp()),
        None => (InvoiceKind::Invoice, invoice.as_ref(), 1.0),
    };
    let probability = weight / total;
    reading.tracer.record(|| Decision {
        fields: vec!["kind"],
        options: KINDS
            .iter()
            .zip(&options)
            .map(|((_, section, _), o)| considered(section, o))
            .collect(),
        combinations: Vec::new(),
        chosen: vec![best.map(|(kind, ..)| Chosen { value: name(*kind).to_owned(), probability })],
    });
    Some(match title {
        Some(title) => {
            let raw = title.segment.text.get(title.range.clone()).unwrap_or("");
            chosen(kind, raw, &title.segment.place(&title.range), ("kind", probability))
        }
        None => Field {
            value: kind,
            confidence: calibrated("kind", probability, SURE),
            raw: None,
            source: Source::derived("words-and-shape"),
        },
    })
}

type Possible<'a> = (InvoiceKind, Option<Title<'a>>, Evidence, f64);

fn considered(section: &str, (kind, title, evidence, _): &Possible<'_>) -> Considered {
    let place = title.as_ref().map(|t| t.segment.place(&t.range)).unwrap_or_default();
    Considered::new((0, section), name(*kind).to_owned(), &place, evidence)
}

/// The section of a kind; that of an invoice has no weights, because it is what remains.
fn name(kind: InvoiceKind) -> &'static str {
    KINDS.iter().find(|(known, ..)| *known == kind).map_or("invoice", |(_, section, _)| section)
}

/// The first of the lines that are most like a title of the kind.
fn titled<'a>(reading: &'a Reading<'_>, label: Label) -> Option<Title<'a>> {
    let titles = reading.segments().filter_map(|(_, s)| title(s, label));
    // max_by_key keeps the last, so from the end.
    titles.collect::<Vec<_>>().into_iter().rev().max_by_key(|t| t.weight)
}

/// What speaks for and against both kinds, whatever the titles.
fn shared_clues(reading: &Reading<'_>) -> Evidence {
    let mut evidence = Evidence::default();
    let words = till_words(reading).min(MANY_TILL_WORDS);
    evidence.add(Clue::TillWords, words as f32 / MANY_TILL_WORDS as f32);
    evidence.add(Clue::Slip, reading.slip());
    let announced = |label| {
        let hits = reading.segments().flat_map(|(_, s)| &s.labels);
        hits.filter(|h| !h.aside).any(|h| h.strength(label) > WEAK_TITLE)
    };
    evidence.when(Clue::PartyLabel, announced(Label::Buyer));
    evidence.when(Clue::PaymentAsked, announced(Label::Iban) || announced(Label::DueDate));
    evidence.when(Clue::Negative, mostly_negative(reading));
    evidence
}

fn mostly_negative(reading: &Reading<'_>) -> bool {
    let style = reading.locale.numbers;
    let all = reading.segments().flat_map(|(_, s)| numbers(&s.text, style));
    let amounts: Vec<_> = all.filter(|n| n.decimals > 1 && !n.value.is_zero()).collect();
    2 * amounts.iter().filter(|n| n.value.is_sign_negative()).count() > amounts.len()
}

/// How many different words of the till stand on the pages.
fn till_words(reading: &Reading<'_>) -> usize {
    let of_till = |h: &LabelHit| {
        let receipt = h.strength(Label::ReceiptTitle);
        receipt > 0.0 && receipt < WEAK_TITLE || h.strength(Label::Tendered) > 0.0
    };
    let hits = reading.segments().flat_map(|(_, s)| s.labels.iter().map(move |h| (s, h)));
    let words = hits.filter(|(_, h)| of_till(h));
    words.filter_map(|(s, h)| Some(fold(s.text.get(h.start..h.end)?))).collect::<HashSet<_>>().len()
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
    /// 0 to 1.
    fn size(title: Option<&Self>) -> f32 {
        title.map_or(0.0, |t| t.weight as f32 / MAX_TITLE_WEIGHT as f32)
    }
}

/// A line that begins with the title and holds little else.
const MAX_TITLE_WEIGHT: u32 = 3;

fn title(segment: &Segment, label: Label) -> Option<Title<'_>> {
    let terms = segment.terms.len();
    if segment.page_index > 0 || terms > TITLE_TERMS {
        return None;
    }
    let range = labels().mentions(&segment.terms, label)?;
    let before = segment.terms.iter().filter(|t| t.end <= range.start).count();
    let weight = u32::from(before == 0) + if terms <= BARE_TERMS { 2 } else { 0 };
    (before <= MAX_TERMS_BEFORE).then_some(Title { segment, range, weight })
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
