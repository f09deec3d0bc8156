//! IBAN, BIC, reference and terms of payment.

use crate::candidate::{Candidate, choose, field};
use crate::evidence::{Clue, label_clues, links};
use crate::fields::Reading;
use crate::lexicon::{Label, country};
use crate::patterns::BIC;
use crate::result::{Field, Payment};
use crate::value::{PrintedCode, find_ibans, iban_is_valid, repaired};

/// Labels that announce account numbers.
const FAMILY: &[Label] = &[Label::Iban, Label::Bic, Label::OtherNumber];

/// Longest terms of payment; beyond that it is the general conditions.
const MAX_TERMS_CHARS: usize = 200;

/// Probability of terms found behind their label.
const TERMS_LABELLED: f64 = 0.7;

/// Characters of a BIC that hold its country.
const BIC_COUNTRY: std::ops::Range<usize> = 4..6;

/// Finds how to pay; `reference` was found among the document's numbers.
pub(crate) fn find_payment(reading: &Reading<'_>, reference: Option<Field<String>>) -> Payment {
    Payment { iban: iban(reading), bic: bic(reading), reference, terms: terms(reading) }
}

fn iban(reading: &Reading<'_>) -> Option<Field<String>> {
    let mut candidates = Vec::new();
    for (index, segment) in reading.segments() {
        for PrintedCode { value, range, valid } in find_ibans(&segment.text) {
            let links = links(reading.layout, index, range.start, FAMILY);
            let labelled = links.iter().any(|l| l.hit.strength(Label::Iban) > 0.0);
            // Wrong check digits and no label: some other code that happens to look like one.
            // Nobody pays to himself: ours is printed where it will be debited.
            if !valid && !labelled || reading.own.is_iban(&value) {
                continue;
            }
            let mut candidate = Candidate::read(value, segment, &range);
            let was_recognised = candidate.place.confidence < 1.0;
            let other = if valid || !was_recognised {
                None
            } else {
                repaired(&candidate.value, iban_is_valid)
            };
            label_clues(&links, Label::Iban, &mut candidate.evidence);
            candidate.evidence.when(Clue::Valid, valid);
            // What was put right counts neither as valid nor as invalid.
            candidate.evidence.when(Clue::Invalid, !valid && other.is_none());
            candidate.evidence.when(Clue::First, candidates.is_empty());
            if let Some(other) = other {
                candidate.value = other;
            }
            candidates.push(candidate);
        }
    }
    choose(reading.tracer, &candidates, "iban")
}

fn bic(reading: &Reading<'_>) -> Option<Field<String>> {
    let mut candidates = Vec::new();
    for (index, segment) in reading.segments() {
        for found in BIC.find_iter(&segment.text) {
            let code = found.as_str();
            let real_country = code.get(BIC_COUNTRY).and_then(country).is_some();
            let links = links(reading.layout, index, found.start(), FAMILY);
            if real_country && links.iter().any(|l| l.hit.strength(Label::Bic) > 0.0) {
                let mut candidate = Candidate::read(code.to_owned(), segment, &found.range());
                label_clues(&links, Label::Bic, &mut candidate.evidence);
                candidate.evidence.when(Clue::Valid, true);
                candidates.push(candidate);
            }
        }
    }
    choose(reading.tracer, &candidates, "bic")
}

fn terms(reading: &Reading<'_>) -> Option<Field<String>> {
    reading.segments().find_map(|(index, segment)| {
        let hit = segment.labels.iter().find(|h| h.strength(Label::Terms) > 0.0)?;
        let behind = segment.text_from(hit.end);
        let inline = behind.trim_start_matches(|c: char| !c.is_alphanumeric());
        if inline.chars().filter(|c| c.is_alphanumeric()).count() > 3 {
            let start = segment.text.len() - inline.len();
            let place = segment.place(&(start..segment.text.len()));
            return terms_field(inline, &place);
        }
        let (_, right) = reading.layout.right_of(index).next()?;
        terms_field(&right.text, &right.whole())
    })
}

fn terms_field(text: &str, place: &crate::layout::Place) -> Option<Field<String>> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= MAX_TERMS_CHARS;
    fits.then(|| field(text.to_owned(), text, place, TERMS_LABELLED))
}

#[cfg(test)]
mod tests {
    use common::config::Own;

    use super::*;
    use crate::layout::Layout;
    use crate::locale::Locale;
    use crate::own::OwnIdentity;
    use crate::sample;
    use crate::trace::Tracer;

    fn found(lines: &[&str]) -> Payment {
        let layout = Layout::of(&sample::document(lines));
        let locale = Locale::of(&layout, |_| true);
        find_payment(&Reading::new(&layout, &locale, 1, &Tracer::default()), None)
    }

    #[test]
    fn iban_and_bic_are_found_by_check_digits_and_label() {
        let payment = found(&["IBAN : FR14 2004 1010 0505 0001 3M02 606", "BIC : PSSTFRPPXXX"]);
        assert_eq!(payment.iban.unwrap().value, "FR1420041010050500013M02606");
        assert_eq!(payment.bic.unwrap().value, "PSSTFRPPXXX");
    }

    #[test]
    fn a_wrong_iban_is_shown_only_behind_its_label_and_with_less_confidence() {
        let wrong = found(&["IBAN : DE89370400440532013001"]).iban.unwrap();
        let right = found(&["IBAN : DE89370400440532013000"]).iban.unwrap();
        assert!(wrong.confidence < right.confidence);
        assert!(found(&["Code DE89370400440532013001"]).iban.is_none());
    }

    #[test]
    fn a_misread_iban_is_put_right_and_shows_what_was_read() {
        let mut document = sample::document(&["IBAN : FR14 2OO4 1O1O O5O5 0001 3M02 606"]);
        let mut found = |confidence: f32| {
            for word in document.pages.iter_mut().flat_map(|p| &mut p.words) {
                word.confidence = confidence;
            }
            let layout = Layout::of(&document);
            let locale = Locale::of(&layout, |_| true);
            let tracer = Tracer::default();
            find_payment(&Reading::new(&layout, &locale, 1, &tracer), None).iban.unwrap()
        };
        let recognised = found(0.99);
        assert_eq!(recognised.value, "FR1420041010050500013M02606");
        assert_eq!(recognised.raw.as_deref(), Some("FR14 2OO4 1O1O O5O5 0001 3M02 606"));
        let written = found(1.0);
        assert_eq!(written.value, "FR142OO41O1OO5O500013M02606", "a text layer says what it means");
    }

    #[test]
    fn our_own_account_is_nothing_to_pay_to() {
        let ibans = vec!["DE89 3704 0044 0532 0130 00".to_owned()];
        let own = Own { ibans, ..Own::default() };
        let own = OwnIdentity::from_config(&own).unwrap();
        let lines = [
            "Wir buchen ab von IBAN: DE89 3704 0044 0532 0130 00",
            "IBAN : FR14 2004 1010 0505 0001 3M02 606",
        ];
        let layout = Layout::of(&sample::document(&lines));
        let locale = Locale::of(&layout, |_| true);
        let tracer = Tracer::default();
        let reading = Reading::new(&layout, &locale, 1, &tracer).received_by(&own);
        let payment = find_payment(&reading, None);
        assert_eq!(payment.iban.unwrap().value, "FR1420041010050500013M02606");
    }

    #[test]
    fn terms_stand_behind_their_label() {
        let payment = found(&["Conditions de paiement : 30 jours net"]);
        assert_eq!(payment.terms.unwrap().value, "30 jours net");
    }
}
