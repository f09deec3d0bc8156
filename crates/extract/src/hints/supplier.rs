//! Which supplier's invoice a document is.

use std::collections::HashSet;

use crate::fields::Reading;
use crate::layout::Segment;
use crate::result::{Field, Party};
use crate::text::{Term, compact, terms};

use super::{Hints, Supplier};

/// How a document names a supplier, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    /// Its name stands somewhere, and not as a part of the buyer's.
    Mentioned,
    /// The seller's name holds its name.
    Named,
    /// Its VAT id stands somewhere, and not as the buyer's.
    Identified,
}

impl Hints {
    /// The supplier that a document is from, as far as it has rules. Of several the one that is
    /// named most surely, then the one with the longest name, then the first of the file.
    pub(super) fn supplier(
        &self,
        reading: &Reading<'_>,
        seller: &Party,
        buyer: &Party,
    ) -> Option<&Supplier> {
        if self.suppliers.is_empty() {
            return None;
        }
        let pages = Pages::of(reading, seller, buyer);
        let found = self.suppliers.iter().filter_map(|s| Some((s, pages.name(s)?)));
        // The first of the best: max_by_key keeps the last, so from the end.
        let found: Vec<_> = found.collect();
        found.into_iter().rev().max_by_key(|(s, how)| (*how, s.name.len())).map(|(s, _)| s)
    }
}

/// What suppliers are looked for in.
struct Pages<'a> {
    segments: Vec<&'a Segment>,
    words: HashSet<&'a str>,
    seller: Vec<String>,
    buyer: Vec<String>,
    buyer_vat_id: Option<&'a str>,
}

impl<'a> Pages<'a> {
    fn of(reading: &'a Reading<'_>, seller: &Party, buyer: &'a Party) -> Self {
        let segments: Vec<&Segment> = reading.segments().map(|(_, s)| s).collect();
        let words = segments.iter().flat_map(|s| &s.terms).map(|t| t.text.as_str()).collect();
        let buyer_vat_id = buyer.vat_id.as_ref().map(|f| f.value.as_str());
        let (seller, buyer) = (folded(seller.name.as_ref()), folded(buyer.name.as_ref()));
        Self { segments, words, seller, buyer, buyer_vat_id }
    }

    /// How the document names `supplier`, if it does.
    fn name(&self, supplier: &Supplier) -> Option<Match> {
        let vat_id = supplier.vat_id.as_deref().filter(|id| Some(*id) != self.buyer_vat_id);
        if vat_id.is_some_and(|id| self.segments.iter().any(|s| shows(&s.text, id))) {
            return Some(Match::Identified);
        }
        let name = &supplier.name;
        // Most suppliers end here: a word of their name is not on the pages at all.
        if name.is_empty() || !name.iter().all(|word| self.words.contains(word.as_str())) {
            return None;
        }
        if stands_in(name, &self.seller) {
            return Some(Match::Named);
        }
        let mentioned = !stands_in(name, &self.buyer)
            && self.segments.iter().any(|s| find(name, &s.terms).next().is_some());
        mentioned.then_some(Match::Mentioned)
    }
}

/// The places of consecutive words `wanted` among `terms`: index of the first and the last one.
pub(super) fn find<'t>(
    wanted: &'t [String],
    terms: &'t [Term],
) -> impl Iterator<Item = (usize, usize)> + 't {
    let windows = terms.windows(wanted.len().max(1)).enumerate();
    let fitting = windows.filter(move |(_, window)| {
        !wanted.is_empty() && window.iter().zip(wanted).all(|(term, word)| term.text == *word)
    });
    fitting.map(move |(at, _)| (at, at + wanted.len() - 1))
}

fn folded(name: Option<&Field<String>>) -> Vec<String> {
    let terms = name.map_or_else(Vec::new, |name| terms(&name.value));
    terms.into_iter().map(|term| term.text).collect()
}

fn stands_in(wanted: &[String], words: &[String]) -> bool {
    !wanted.is_empty() && words.windows(wanted.len()).any(|window| window == wanted)
}

/// Whether `text` shows the code `id`, spaced or not, and not as a part of a longer one.
fn shows(text: &str, id: &str) -> bool {
    if !compact(text).contains(id) {
        return false;
    }
    let characters: Vec<char> = text.chars().collect();
    (0..characters.len()).any(|start| {
        let glued = start > 0 && characters.get(start - 1).is_some_and(|c| c.is_alphanumeric());
        let mut rest = characters.iter().skip(start).peekable();
        let shown = !glued
            && id.chars().enumerate().all(|(at, wanted)| {
                while at > 0 && rest.next_if(|c| is_spacing(**c)).is_some() {}
                rest.next().is_some_and(|c| c.eq_ignore_ascii_case(&wanted))
            });
        shown && !rest.next().is_some_and(|c| c.is_alphanumeric())
    })
}

/// Signs that codes are grouped with.
fn is_spacing(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '.' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::locale::Locale;
    use crate::result::{Confidence, Source};
    use crate::sample;
    use crate::trace::Tracer;

    const FILE: &str = "
        [[supplier]]
        vat_id = \"FR40303265045\"
        fields.number = { label = \"Un\" }
        [[supplier]]
        name = \"Dupont\"
        fields.number = { label = \"Deux\" }
        [[supplier]]
        name = \"Dupont Frères\"
        fields.number = { label = \"Trois\" }
        [[supplier]]
        name = \"Mairie de Blois\"
        fields.number = { label = \"Quatre\" }";

    /// Place in the file of the supplier of a page, the buyer being the town hall.
    fn found(lines: &[&str], seller: &str) -> Option<usize> {
        let hints = Hints::parse(FILE).unwrap();
        let layout = Layout::of(&sample::document(lines));
        let locale = Locale::of(&layout, |_| true);
        let (mut sold, mut bought) = (Party::default(), Party::default());
        sold.name = Some(field(seller));
        bought.name = Some(field("Mairie de Blois"));
        bought.vat_id = Some(field("DE136695976"));
        let tracer = Tracer::default();
        let reading = Reading::new(&layout, &locale, 1, &tracer);
        let supplier = hints.supplier(&reading, &sold, &bought)?;
        hints.suppliers.iter().position(|s| std::ptr::eq(s, supplier))
    }

    fn field(value: &str) -> Field<String> {
        let (confidence, source) = (Confidence::new(1.0), Source::derived("test"));
        Field { value: value.to_owned(), confidence, raw: None, source }
    }

    #[test]
    fn a_vat_id_counts_more_than_a_name_and_the_sellers_name_more_than_a_mention() {
        assert_eq!(found(&["TVA : FR 40 303 265 045", "Dupont Frères"], "Dupont"), Some(0));
        assert_eq!(found(&["Garage Dupont", "vu par Dupont Frères"], "Garage Dupont"), Some(1));
        assert_eq!(found(&["Garage Dupont", "vu par Dupont Frères"], "Garage"), Some(2));
    }

    #[test]
    fn parts_of_words_and_codes_are_somebody_else() {
        assert_eq!(found(&["Dupontel SA", "TVA FR403032650451 XFR40303265045"], "Dupontel"), None);
    }

    #[test]
    fn the_buyer_is_no_supplier() {
        assert_eq!(found(&["Mairie de Blois"], "Garage"), None);
        assert_eq!(found(&["Mairie de Blois"], "Mairie de Blois"), Some(3), "sold by it");
    }
}
