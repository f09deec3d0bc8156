//! Lists of codes that EN 16931 refers to, in the release of 2025 of its code lists.

/// Units: UN/ECE recommendations 20 and 21.
const UNITS: &str = include_str!("../data/units.txt");

/// Countries: ISO 3166-1 alpha-2, with `1A` for Kosovo and `XI` for Northern Ireland.
const COUNTRIES: &str = include_str!("../data/countries.txt");

/// Currencies: ISO 4217.
const CURRENCIES: &str = include_str!("../data/currencies.txt");

pub(crate) fn is_unit(code: &str) -> bool {
    listed(UNITS, code)
}

pub(crate) fn is_country(code: &str) -> bool {
    listed(COUNTRIES, code)
}

pub(crate) fn is_currency(code: &str) -> bool {
    listed(CURRENCIES, code)
}

/// BR-CO-09: a VAT identifier begins with its country; Greece's may with `EL`.
pub(crate) fn is_vat_id(id: &str) -> bool {
    id.get(..2).is_some_and(|prefix| prefix == "EL" || is_country(prefix))
}

fn listed(list: &str, code: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_whole_words_of_their_list() {
        assert!(is_unit("C62") && is_unit("HUR") && is_unit("XBX"));
        assert!(!is_unit("C6") && !is_unit("") && !is_unit("C62 HUR"));
        assert!(is_country("FR") && is_country("TN") && !is_country("UK"));
        assert!(is_currency("TND") && !is_currency("FRF"));
        assert!(is_vat_id("EL123456789") && is_vat_id("FR23999998644"));
        assert!(!is_vat_id("9998104T") && !is_vat_id("F") && !is_vat_id("é1"));
    }
}
