//! Invoice number, purchase order, customer number, payment reference.

use std::ops::Range;

use crate::candidate::{Candidate, choose};
use crate::evidence::{Clue, Relation, label_clues, links};
use crate::fields::Reading;
use crate::fields::kind::is_title;
use crate::layout::Segment;
use crate::lexicon::{Label, currency_by_sign};
use crate::patterns::IDENTIFIER;
use crate::result::Field;
use crate::text::overlap;
use crate::value::{dates, numbers};

/// Labels that announce codes of any kind: each owns the code behind it.
const FAMILY: &[Label] = &[
    Label::InvoiceNumber,
    Label::PurchaseOrder,
    Label::CustomerNumber,
    Label::OtherNumber,
    Label::PaymentReference,
    Label::VatId,
    Label::BuyerVatId,
    Label::RegistrationId,
    Label::Iban,
    Label::Bic,
    Label::Phone,
    Label::Fax,
    Label::Email,
];

/// Codes that are looked at; a document has a few dozen outside its lines.
const MAX_CODES: usize = 600;

/// Text heights that the title may stand above the number.
const TITLE_REACH: f32 = 4.0;

/// Digits that make a code look like a document's number rather than a house number.
const TELLING_DIGITS: usize = 3;

/// The document's numbers.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) invoice: Option<Field<String>>,
    pub(crate) purchase_order: Option<Field<String>>,
    pub(crate) customer: Option<Field<String>>,
    pub(crate) payment_reference: Option<Field<String>>,
}

/// Finds the numbers.
pub(crate) fn find_numbers(reading: &Reading<'_>) -> Numbers {
    let codes = codes(reading);
    let pick = |label, field: &'static str| {
        choose(reading.tracer, &candidates(reading, &codes, label), field)
    };
    Numbers {
        invoice: pick(Label::InvoiceNumber, "number"),
        purchase_order: pick(Label::PurchaseOrder, "purchase_order"),
        customer: pick(Label::CustomerNumber, "customer_number"),
        payment_reference: pick(Label::PaymentReference, "payment_reference"),
    }
}

/// Codes of the document: segment, bytes.
fn codes(reading: &Reading<'_>) -> Vec<(usize, Range<usize>)> {
    let in_segments = reading
        .segments()
        .flat_map(|(index, s)| codes_of(reading, s).into_iter().map(move |range| (index, range)));
    in_segments.take(MAX_CODES).collect()
}

fn codes_of(reading: &Reading<'_>, segment: &Segment) -> Vec<Range<usize>> {
    let text = &segment.text;
    let taken_by_date: Vec<_> =
        dates(text, reading.locale.dates).into_iter().map(|d| d.range).collect();
    let amounts = numbers(text, reading.locale.numbers).into_iter();
    let taken_by_amount: Vec<_> = amounts
        .filter(|n| n.percent || n.currency.is_some() || n.decimals == 2)
        .map(|n| n.range)
        .collect();
    let overlaps =
        |range: &Range<usize>, taken: &[Range<usize>]| taken.iter().any(|t| overlap(t, range));
    let found = IDENTIFIER.find_iter(text).filter_map(|m| {
        let trimmed = m.as_str().trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let range = m.start()..m.start() + trimmed.len();
        let behind = text.get(..m.start())?.chars().next_back();
        let ahead = text.get(m.end()..)?.chars().next();
        let glued = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '@');
        let free = !glued(behind) && !glued(ahead);
        let date_or_amount = overlaps(&range, &taken_by_date) && !trimmed.contains('-')
            || overlaps(&range, &taken_by_date) && trimmed.len() <= 10
            || overlaps(&range, &taken_by_amount);
        (free && !date_or_amount).then(|| in_groups(segment, range))
    });
    let mut found: Vec<Range<usize>> = found.collect();
    found.dedup_by(|next, last| next.start < last.end);
    found
}

/// The number with what is set off from it by a space: letters before it ("RE 64"), digits behind
/// a year ("2018 7443").
fn in_groups(segment: &Segment, range: Range<usize>) -> Range<usize> {
    let text = &segment.text;
    let is_label = |at: usize| {
        segment
            .labels
            .iter()
            .any(|h| h.start <= at && at < h.end && FAMILY.iter().any(|l| h.strength(*l) > 0.0))
    };
    let before = text.get(..range.start).unwrap_or("");
    let prefix = before.strip_suffix(' ').map(|t| t.rsplit(' ').next().unwrap_or("")).filter(|w| {
        (1..=PREFIX_LETTERS).contains(&w.len()) && w.chars().all(|c| c.is_ascii_uppercase())
    });
    let start = prefix.map_or(range.start, |w| range.start - 1 - w.len());
    let known = prefix.is_some_and(|w| is_label(start) || currency_by_sign(w).is_some());
    let start = if known { range.start } else { start };
    let code = text.get(range.clone()).unwrap_or("");
    let year = code.len() == 4 && (code.starts_with("20") || code.starts_with("19"));
    let behind = text.get(range.end..).and_then(|t| t.strip_prefix(' ')).unwrap_or("");
    let digits = behind.chars().take_while(char::is_ascii_digit).count();
    let ends = behind.get(digits..).is_some_and(|t| t.is_empty() || t.starts_with([' ', ',']));
    let joined = year && ends && (SERIAL_DIGITS).contains(&digits);
    start..if joined { range.end + 1 + digits } else { range.end }
}

/// Letters that name a series of numbers: "F", "RE", "FAC", "FACT".
const PREFIX_LETTERS: usize = 4;

/// Digits of a serial number behind its year.
const SERIAL_DIGITS: std::ops::RangeInclusive<usize> = 3..=6;

fn candidates(
    reading: &Reading<'_>,
    codes: &[(usize, Range<usize>)],
    label: Label,
) -> Vec<Candidate<String>> {
    let mut found = Vec::new();
    for (index, range) in codes {
        let Some(segment) = reading.layout.segment(*index) else { continue };
        let links = links(reading.layout, *index, range.start, FAMILY);
        if !links.iter().any(|l| l.hit.strength(label) > 0.0) {
            continue;
        }
        let text = segment.text.get(range.clone()).unwrap_or("").to_owned();
        let mut candidate = Candidate::read(text.clone(), segment, range);
        let evidence = &mut candidate.evidence;
        label_clues(&links, label, evidence);
        // Behind a label in another segment, the first word of the value's segment is meant.
        let foreign = links.first().is_some_and(|l| l.relation != Relation::Same);
        if foreign && range.start > 0 && text_before_is_code(segment, range.start) {
            evidence.add(Clue::WrongLabel, 1.0);
        }
        let digits = text.chars().filter(char::is_ascii_digit).count();
        evidence.when(Clue::Valid, digits >= TELLING_DIGITS);
        evidence.when(Clue::Invalid, text.len() < TELLING_DIGITS);
        evidence.when(Clue::FirstPage, segment.page_index == 0);
        evidence.when(Clue::UpperHalf, segment.bbox.middle_y() < 0.5);
        evidence.when(Clue::Repeated, reading.repeats(&text));
        evidence.when(Clue::Title, near_title(reading, *index));
        found.push(candidate);
    }
    found
}

fn text_before_is_code(segment: &Segment, start: usize) -> bool {
    segment.text.get(..start).is_some_and(|t| t.chars().any(char::is_alphanumeric))
}

fn near_title(reading: &Reading<'_>, index: usize) -> bool {
    let Some(segment) = reading.layout.segment(index) else { return false };
    let reach = TITLE_REACH * segment.rect.height();
    is_title(segment)
        || reading.layout.above(index, reach).any(|(_, s)| is_title(s) && s.is_label())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::locale::Locale;
    use crate::sample;
    use crate::trace::Tracer;

    fn found(lines: &[&str]) -> Numbers {
        let layout = Layout::of(&sample::document(lines));
        let locale = Locale::of(&layout, |_| true);
        find_numbers(&Reading::new(&layout, &locale, 1, &Tracer::default()))
    }

    fn invoice_number(lines: &[&str]) -> Option<String> {
        found(lines).invoice.map(|f| f.value)
    }

    #[test]
    fn the_number_is_found_beside_behind_and_below_its_label() {
        for lines in [
            &["Facture n°562044387 du 02 Juillet 2015"] as &[&str],
            &["Numéro de facture    :   562044387"],
            &["Rechnungsnummer          Datum", "562044387                01.02.2020"],
            &["FACTURE", "N°562044387 du 25/10/2016"],
        ] {
            assert_eq!(invoice_number(lines).as_deref(), Some("562044387"), "{lines:?}");
        }
    }

    #[test]
    fn other_numbers_are_not_the_invoice_number() {
        let numbers = found(&[
            "Invoice Number: INV-7        Order Number: PO-2023-5",
            "Customer Number: C-9988      Delivery note: L-5544",
        ]);
        assert_eq!(numbers.invoice.map(|f| f.value).as_deref(), Some("INV-7"));
        assert_eq!(numbers.purchase_order.map(|f| f.value).as_deref(), Some("PO-2023-5"));
        assert_eq!(numbers.customer.map(|f| f.value).as_deref(), Some("C-9988"));
    }

    #[test]
    fn a_number_in_groups_is_one_number() {
        for (line, number) in [
            ("Rechnung Nr. RE 6412", "RE 6412"),
            ("Facture n° FAC 2021 2330", "FAC 2021 2330"),
            ("Invoice no. 20218 12 pages", "20218"),
        ] {
            assert_eq!(invoice_number(&[line]).as_deref(), Some(number), "{line}");
        }
    }

    #[test]
    fn a_page_without_a_label_has_no_number() {
        assert_eq!(invoice_number(&["12 rue des Lilas", "75001 Paris"]), None);
    }
}
