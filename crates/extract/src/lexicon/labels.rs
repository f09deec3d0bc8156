//! Label phrases: which words announce which field.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::text::{Term, fold, terms};

/// What a label announces; the sections of `data/labels.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Label {
    InvoiceNumber,
    IssueDate,
    DueDate,
    DeliveryDate,
    OtherDate,
    PurchaseOrder,
    CustomerNumber,
    OtherNumber,
    PaymentReference,
    Net,
    Tax,
    Gross,
    Due,
    Prepaid,
    Rounding,
    Allowance,
    Tendered,
    StampCharge,
    Seller,
    Buyer,
    ShipTo,
    PartyName,
    Address,
    VatId,
    BuyerVatId,
    RegistrationId,
    Iban,
    Bic,
    Terms,
    Email,
    Phone,
    Fax,
    CarriedForward,
    InWords,
    Currency,
    Subject,
    ColumnDescription,
    ColumnCode,
    ColumnQuantity,
    ColumnUnit,
    ColumnUnitPrice,
    ColumnTaxRate,
    ColumnTaxAmount,
    ColumnNet,
    ColumnGross,
    CreditNoteTitle,
    ReceiptTitle,
    InvoiceTitle,
}

/// A phrase of the lists, found in a text.
#[derive(Clone, Debug)]
pub(crate) struct LabelHit {
    /// What it may announce, with how firmly (0 to 1).
    pub(crate) meanings: &'static [(Label, f32)],
    /// First byte in the text.
    pub(crate) start: usize,
    /// Byte after the last one.
    pub(crate) end: usize,
    /// In parentheses: "Total (incl. VAT)" announces a total, not the VAT.
    pub(crate) aside: bool,
}

impl LabelHit {
    /// How firmly it announces `label`, 0 to 1.
    pub(crate) fn strength(&self, label: Label) -> f32 {
        self.meanings.iter().find(|(l, _)| *l == label).map_or(0.0, |(_, s)| *s)
    }
}

/// How firmly a phrase of the `weak` list announces its field: it fits about two fields in three.
pub(crate) const WEAK: f32 = 0.45;

/// Longest phrase looked for inside others.
const MENTION_TERMS: usize = 3;

/// Shortest term in which a reading error is forgiven; shorter ones have too many neighbours.
const FUZZY_MIN_CHARS: usize = 5;

/// The phrases, ready to be looked up.
#[derive(Debug)]
pub(crate) struct Labels {
    phrases: HashMap<String, Vec<(Label, f32)>>,
    fillers: HashSet<String>,
    /// Terms of phrases with each single letter left out, to the term: two terms that differ by
    /// one reading error share a key.
    neighbours: HashMap<String, String>,
    vocabulary: HashSet<String>,
    longest: usize,
}

#[derive(Deserialize)]
struct File {
    fillers: Vec<String>,
    labels: BTreeMap<Label, Phrases>,
}

#[derive(Deserialize)]
struct Phrases {
    strong: Vec<String>,
    weak: Vec<String>,
}

/// The label lists.
pub(crate) fn labels() -> &'static Labels {
    static LABELS: LazyLock<Labels> = LazyLock::new(|| {
        Labels::new(super::world::embedded(include_str!("../../data/labels.toml")))
    });
    &LABELS
}

impl Labels {
    fn new(file: File) -> Self {
        let mut all = Self {
            phrases: HashMap::new(),
            fillers: file.fillers.iter().map(|f| fold(f)).collect(),
            neighbours: HashMap::new(),
            vocabulary: HashSet::new(),
            longest: 0,
        };
        for (label, lists) in &file.labels {
            for (list, strength) in [(&lists.strong, 1.0), (&lists.weak, WEAK)] {
                for phrase in list {
                    all.add(phrase, *label, strength);
                }
            }
        }
        all
    }

    fn add(&mut self, phrase: &str, label: Label, strength: f32) {
        let words: Vec<String> = terms(phrase)
            .into_iter()
            .map(|t| t.text)
            .filter(|t| !self.fillers.contains(t))
            .collect();
        self.longest = self.longest.max(words.len());
        for word in &words {
            self.vocabulary.insert(word.clone());
            if word.chars().count() >= FUZZY_MIN_CHARS {
                for key in deletions(word) {
                    self.neighbours.entry(key).or_insert_with(|| word.clone());
                }
            }
        }
        let meanings = self.phrases.entry(words.join(" ")).or_default();
        if !meanings.iter().any(|(l, _)| *l == label) {
            meanings.push((label, strength));
        }
    }

    /// The labels in a text of `terms`, longest phrases first, none overlapping. With `fuzzy`,
    /// one wrong letter in a word of five is forgiven.
    pub(crate) fn find(&'static self, text: &str, terms: &[Term], fuzzy: bool) -> Vec<LabelHit> {
        let mut hits: Vec<LabelHit> = Vec::new();
        let mut at = 0;
        while let Some(first) = terms.get(at) {
            match self.longest_at(terms, at, fuzzy) {
                Some((meanings, last)) => {
                    let end = terms.get(last).map_or(first.end, |t| t.end);
                    let before = text.get(..first.start).unwrap_or("");
                    let aside = before.rfind('(') > before.rfind(')');
                    hits.push(LabelHit { meanings, start: first.start, end, aside });
                    at = last + 1;
                }
                None => at += 1,
            }
        }
        hits
    }

    /// The first bytes of `terms` that hold a phrase of `label`, also inside a longer phrase.
    pub(crate) fn mentions(&self, terms: &[Term], label: Label) -> Option<Range<usize>> {
        let mut possible =
            terms.iter().enumerate().filter(|(_, t)| self.vocabulary.contains(&t.text));
        possible.find_map(|(at, first)| {
            let mut key = String::new();
            terms.iter().skip(at).take(MENTION_TERMS).find_map(|term| {
                if !key.is_empty() {
                    key.push(' ');
                }
                key.push_str(&term.text);
                let meanings = self.phrases.get(&key)?;
                let firm = meanings.iter().any(|(l, s)| *l == label && *s > WEAK);
                firm.then_some(first.start..term.end)
            })
        })
    }

    fn longest_at(
        &'static self,
        terms: &[Term],
        at: usize,
        fuzzy: bool,
    ) -> Option<(&'static [(Label, f32)], usize)> {
        let mut best = None;
        let mut key = String::new();
        let mut used = 0;
        for (index, term) in terms.iter().enumerate().skip(at) {
            if self.fillers.contains(&term.text) {
                if used == 0 {
                    return None;
                }
                continue;
            }
            let word = if fuzzy { self.corrected(&term.text) } else { &term.text };
            if !self.vocabulary.contains(word) || used == self.longest {
                break;
            }
            if used > 0 {
                key.push(' ');
            }
            key.push_str(word);
            used += 1;
            if let Some(meanings) = self.phrases.get(&key) {
                best = Some((meanings.as_slice(), index));
            }
        }
        best
    }

    fn corrected<'a>(&'a self, term: &'a str) -> &'a str {
        if self.vocabulary.contains(term) || term.chars().count() < FUZZY_MIN_CHARS {
            return term;
        }
        let plausible: String = term.chars().map(unconfused).collect();
        std::iter::once(plausible.clone())
            .chain(deletions(&plausible))
            .find_map(|key| self.neighbours.get(&key))
            .map_or(term, String::as_str)
    }
}

/// The word itself and the word without each of its letters.
fn deletions(word: &str) -> Vec<String> {
    let shorter = word.char_indices().map(|(skip, _)| {
        word.char_indices().filter(|(at, _)| *at != skip).map(|(_, c)| c).collect::<String>()
    });
    std::iter::once(word.to_owned()).chain(shorter).collect()
}

/// Digits that stand in words where a letter was read wrongly.
fn unconfused(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'l',
        '5' => 's',
        '8' => 'b',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, fuzzy: bool) -> Vec<Label> {
        let hits = labels().find(text, &terms(text), fuzzy);
        hits.iter().map(|h| h.meanings[0].0).collect()
    }

    #[test]
    fn the_longest_phrase_wins() {
        let text = "Date de la facture associée : 30/11/2018";
        let hits = labels().find(text, &terms(text), false);
        assert_eq!(hits.len(), 1);
        assert!(hits[0].strength(Label::OtherDate) > 0.9);
        assert_eq!(hits[0].strength(Label::IssueDate), 0.0);
    }

    #[test]
    fn filler_words_accents_and_signs_do_not_matter() {
        for text in ["Numéro de la facture", "NUMERO FACTURE:", "N° de facture", "Facture n°"] {
            assert_eq!(found(text, false), [Label::InvoiceNumber], "{text}");
        }
    }

    #[test]
    fn one_reading_error_is_forgiven_where_words_were_recognised() {
        assert_eq!(found("Rechnungsnurnmer", true), []);
        assert_eq!(found("Rechnun9snummer", true), [Label::InvoiceNumber]);
        assert_eq!(found("Rechnun9snummer", false), []);
        assert_eq!(found("T0tal HT", true), [Label::Net]);
    }

    #[test]
    fn a_title_is_seen_inside_a_longer_phrase() {
        let text = "AVOIR N° : F20220028";
        assert_eq!(found(text, false)[0], Label::InvoiceNumber);
        let title = labels().mentions(&terms(text), Label::CreditNoteTitle);
        assert_eq!(title, Some(0..5));
    }

    #[test]
    fn words_in_parentheses_are_an_aside() {
        let text = "Rechnungssumme Brutto (inkl. USt.)";
        let asides: Vec<bool> =
            labels().find(text, &terms(text), false).iter().map(|h| h.aside).collect();
        assert_eq!(asides, [false, true]);
    }

    #[test]
    fn a_word_of_no_list_announces_nothing() {
        assert_eq!(found("Bonjour", true), []);
    }
}
