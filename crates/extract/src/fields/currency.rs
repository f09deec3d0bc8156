//! The document's currency.

use std::collections::BTreeMap;

use crate::candidate::field;
use crate::fields::Reading;
use crate::lexicon::{countries, speaks_of};
use crate::locale::currency_of_vat_id;
use crate::result::{Confidence, Field, Source};

/// Confidence in a currency that follows from the seller's country alone.
const CURRENCY_BY_COUNTRY: f64 = 0.7;

/// The same where only words hint at the country.
const CURRENCY_BY_HINT: f64 = 0.6;

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

    #[test]
    fn without_a_sign_the_country_tells_the_currency() {
        let layout = Layout::of(&sample::document(&["KEDAI BUKU SDN BHD", "Total 12.00"]));
        let locale = Locale::of(&layout, |_| true);
        let tracer = Tracer::default();
        let reading = Reading::new(&layout, &locale, 1, &tracer);
        assert_eq!(find_currency(&reading, None).unwrap().value, "MYR");
    }
}
