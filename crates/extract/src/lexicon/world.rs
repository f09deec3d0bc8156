//! Months, currencies, countries, tax rates, company words.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::text::fold;

/// A country as invoices show it.
#[derive(Debug)]
pub(crate) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(crate) code: String,
    /// ISO 4217 of the currency it uses.
    pub(crate) currency: String,
    /// Characters of its IBANs.
    pub(crate) iban_len: Option<usize>,
    /// Letters before its VAT numbers.
    pub(crate) vat_prefix: String,
    /// Words that firms of the country print about themselves, folded.
    pub(crate) hints: Vec<String>,
    /// Its VAT numbers after the prefix.
    pub(crate) vat: Option<Regex>,
    names: Vec<String>,
}

/// Words about companies, folded.
#[derive(Debug, Deserialize)]
pub(crate) struct CompanyWords {
    /// Legal forms and other words that names of firms hold.
    pub(crate) forms: HashSet<String>,
    /// Words of the small print about a firm.
    pub(crate) small_print: HashSet<String>,
    /// Words that names of firms do not begin with.
    pub(crate) not_names: HashSet<String>,
    /// First words of a line that says whose attention is wanted.
    pub(crate) attention: HashSet<String>,
}

#[derive(Deserialize)]
struct CountryEntry {
    names: Vec<String>,
    #[serde(default)]
    hints: Vec<String>,
    currency: String,
    iban: Option<usize>,
    prefix: Option<String>,
    vat: Option<String>,
}

#[derive(Deserialize)]
struct CurrencyEntry {
    signs: Vec<String>,
    decimals: u32,
}

/// Parses a data file that is part of the program.
#[expect(clippy::expect_used, reason = "Invariant: every data file is parsed by a test")]
pub(crate) fn embedded<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect("an embedded data file is valid")
}

/// Month number (1 to 12) of a folded name.
pub(crate) fn month(folded: &str) -> Option<i8> {
    static MONTHS: LazyLock<HashMap<String, i8>> = LazyLock::new(|| {
        let file: BTreeMap<String, Vec<String>> = embedded(include_str!("../../data/months.toml"));
        let numbered =
            file.into_iter().filter_map(|(n, names)| Some((n.parse::<i8>().ok()?, names)));
        numbered.flat_map(|(n, names)| names.into_iter().map(move |name| (name, n))).collect()
    });
    MONTHS.get(folded).copied()
}

static CURRENCIES: LazyLock<BTreeMap<String, CurrencyEntry>> =
    LazyLock::new(|| embedded(include_str!("../../data/currencies.toml")));

/// ISO 4217 code of a sign, word or code as printed.
pub(crate) fn currency_by_sign(sign: &str) -> Option<&'static str> {
    static SIGNS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
        let entries = CURRENCIES.iter();
        entries.flat_map(|(code, c)| c.signs.iter().map(|s| (s.as_str(), code.as_str()))).collect()
    });
    SIGNS.get(sign.to_lowercase().as_str()).copied()
}

/// Decimals that amounts of `currency` are printed with; 2 for one that is not listed.
pub(crate) fn currency_decimals(currency: &str) -> u32 {
    CURRENCIES.get(currency).map_or(2, |c| c.decimals)
}

/// All countries, by code.
pub(crate) fn countries() -> &'static [Country] {
    static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
        let file: BTreeMap<String, CountryEntry> =
            embedded(include_str!("../../data/countries.toml"));
        file.into_iter().map(|(code, entry)| Country::new(code, entry)).collect()
    });
    &COUNTRIES
}

/// A country by its code.
pub(crate) fn country(code: &str) -> Option<&'static Country> {
    let all = countries();
    all.binary_search_by(|c| c.code.as_str().cmp(code)).ok().and_then(|at| all.get(at))
}

/// A country by its name as printed, in any of the languages listed.
pub(crate) fn country_by_name(name: &str) -> Option<&'static Country> {
    let folded = fold(name.trim_matches(|c: char| !c.is_alphanumeric()));
    countries().iter().find(|c| c.names.contains(&folded))
}

/// Whether a folded text (terms with single spaces, one at each end) speaks of `country`.
pub(crate) fn speaks_of(folded: &str, country: &Country) -> bool {
    country.names.iter().chain(&country.hints).any(|word| {
        folded.match_indices(word.as_str()).any(|(at, _)| {
            let before = folded.get(..at).is_some_and(|t| t.ends_with(' '));
            before && folded.get(at + word.len()..).is_some_and(|t| t.starts_with(' '))
        })
    })
}

/// Tax rates, per cent, that are usual in `country`; those of all countries without one.
pub(crate) fn usual_rates(country: Option<&str>) -> &'static [Decimal] {
    static RATES: LazyLock<BTreeMap<String, Vec<Decimal>>> = LazyLock::new(|| {
        let mut rates: BTreeMap<String, Vec<Decimal>> =
            embedded(include_str!("../../data/tax_rates.toml"));
        let all: Vec<Decimal> = rates.values().flatten().copied().collect();
        rates.insert(String::new(), all);
        rates
    });
    let known = country.and_then(|c| RATES.get(c)).or_else(|| RATES.get(""));
    known.map_or(&[], Vec::as_slice)
}

/// Words about companies.
pub(crate) fn company_words() -> &'static CompanyWords {
    static WORDS: LazyLock<CompanyWords> =
        LazyLock::new(|| embedded(include_str!("../../data/companies.toml")));
    &WORDS
}

impl Country {
    #[expect(clippy::expect_used, reason = "Invariant: every VAT form is compiled by a test")]
    fn new(code: String, entry: CountryEntry) -> Self {
        let vat = entry.vat.map(|form| {
            Regex::new(&format!("^(?:{form})$")).expect("a VAT form of the data file is valid")
        });
        Self {
            vat_prefix: entry.prefix.unwrap_or_else(|| code.clone()),
            code,
            currency: entry.currency,
            iban_len: entry.iban,
            vat,
            hints: entry.hints,
            names: entry.names,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_known_in_the_languages_that_are_read() {
        for (name, number) in [("juillet", 7), ("oktober", 10), ("aug", 8), ("maart", 3)] {
            assert_eq!(month(name), Some(number), "{name}");
        }
        assert_eq!(month("facture"), None);
    }

    #[test]
    fn no_month_name_stands_for_two_months() {
        let file: BTreeMap<String, Vec<String>> = embedded(include_str!("../../data/months.toml"));
        let names: Vec<&String> = file.values().flatten().collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        assert_eq!(file.len(), 12);
    }

    #[test]
    fn dinars_have_three_decimals() {
        assert_eq!(currency_by_sign("DT"), Some("TND"));
        assert_eq!(currency_decimals("TND"), 3);
        assert_eq!(currency_by_sign("€"), Some("EUR"));
    }

    #[test]
    fn every_country_names_a_listed_currency() {
        assert!(countries().iter().all(|c| CURRENCIES.contains_key(&c.currency)));
        assert_eq!(country("TN").map(|c| c.currency.as_str()), Some("TND"));
        assert_eq!(country_by_name("Pays-Bas").map(|c| c.code.as_str()), None);
        assert_eq!(country_by_name("Pays Bas").map(|c| c.code.as_str()), Some("NL"));
        assert!(country("XX").is_none());
    }

    #[test]
    fn rates_are_listed_by_country() {
        assert!(usual_rates(Some("FR")).contains(&Decimal::new(55, 1)));
        assert!(!usual_rates(Some("FR")).contains(&Decimal::from(19)));
        assert!(usual_rates(None).contains(&Decimal::from(19)));
        assert!(!company_words().forms.is_empty());
    }
}
