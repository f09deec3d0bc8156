//! The document's currency.

use std::collections::BTreeMap;

use crate::candidate::field;
use crate::fields::Reading;
use crate::lexicon::{countries, speaks_of};
use crate::locale::{CurrencyVote, currency_of_vat_id};
use crate::result::{Confidence, Field, Source};

/// Confidence in a currency that follows from the seller's country alone.
const CURRENCY_BY_COUNTRY: f64 = 0.7;

/// The same where only words hint at the country.
const CURRENCY_BY_HINT: f64 = 0.6;

/// Share that the probability of a sign keeps where the country spoken of uses another currency:
/// "$" stands for a dozen currencies, and tills print it where none of them is used.
const DISAGREEING: f64 = 0.6;

/// The currency: elected by the document, else that of the seller's country.
pub(crate) fn find_currency(
    reading: &Reading<'_>,
    seller_vat_id: Option<&Field<String>>,
) -> Option<Field<String>> {
    let by_vat_id = seller_vat_id.and_then(|f| currency_of_vat_id(&f.value));
    let by_country = by_vat_id.or_else(|| currency_of_country_spoken_of(reading));
    if let Some(vote) = &reading.locale.currency {
        let disagrees = is_shared(vote) && by_country.is_some_and(|code| code != vote.code);
        // A lone word may be anything, "Jalan Dinar" a street: the country says more.
        if vote.firm || !disagrees {
            let share = if disagrees { DISAGREEING } else { 1.0 };
            let confidence = share * vote.share.min(0.98);
            return Some(field(vote.code.to_owned(), &vote.raw, &vote.place, confidence));
        }
    }
    let code = by_country?;
    let confidence = if by_vat_id.is_some() { CURRENCY_BY_COUNTRY } else { CURRENCY_BY_HINT };
    Some(Field {
        value: code.to_owned(),
        confidence: Confidence::new(confidence),
        raw: None,
        source: Source::derived("currency-of-country"),
    })
}

/// Whether other currencies have the sign or name as well: all but ISO codes and the euro's.
fn is_shared(vote: &CurrencyVote) -> bool {
    vote.code != "EUR" && !vote.raw.to_uppercase().contains(vote.code)
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

    #[test]
    fn a_sign_of_many_currencies_is_doubted_where_the_country_has_another() {
        let found = |lines: &[&str]| {
            let layout = Layout::of(&sample::document(lines));
            let locale = Locale::of(&layout, |_| true);
            let tracer = Tracer::default();
            let reading = Reading::new(&layout, &locale, 1, &tracer);
            let field = find_currency(&reading, None).unwrap();
            (field.value, field.confidence.get() > 0.9)
        };
        assert_eq!(found(&["ACME INC, NEW YORK, USA", "Total $12.00"]), ("USD".to_owned(), true));
        let doubted = ("USD".to_owned(), false);
        assert_eq!(found(&["KEDAI BUKU SDN BHD", "Total $12.00"]), doubted);
        assert_eq!(found(&["KEDAI BUKU SDN BHD", "Total 12.00 USD"]), ("USD".to_owned(), true));
        let street = ["KEDAI BUKU SDN BHD", "Jalan Dinar DU3", "Total 12.00"];
        assert_eq!(found(&street), ("MYR".to_owned(), false));
    }

    #[test]
    fn without_a_sign_the_country_tells_the_currency() {
        let layout = Layout::of(&sample::document(&["KEDAI BUKU SDN BHD", "Total 12.00"]));
        let locale = Locale::of(&layout, |_| true);
        let tracer = Tracer::default();
        let reading = Reading::new(&layout, &locale, 1, &tracer);
        assert_eq!(find_currency(&reading, None).unwrap().value, "MYR");
    }
}
