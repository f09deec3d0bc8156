//! Codes with a form or check digits: IBAN, VAT identifiers, SIREN, SIRET, matricule fiscal.

use std::ops::Range;

use crate::lexicon::{countries, country};
use crate::patterns::{HANDELSREGISTER, IBAN, MATRICULE_FISCAL, SIREN, SIRET, TAX_NUMBER, VAT_ID};
use crate::text::{compact, overlap};

/// A code found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrintedCode {
    /// Upper case, no spaces.
    pub(crate) value: String,
    pub(crate) range: Range<usize>,
    /// Its check digits are right (or it has none).
    pub(crate) valid: bool,
}

/// Characters of any IBAN: Norway's to Malta's.
const IBAN_LENGTHS: Range<usize> = 15..35;

/// IBANs of `text`, cut to the length their country has.
pub(crate) fn find_ibans(text: &str) -> Vec<PrintedCode> {
    let found = IBAN.find_iter(text).filter_map(|m| {
        let known = m.as_str().get(..2).and_then(country)?;
        let wanted = known.iban_len?;
        let mut taken = String::new();
        let mut end = m.start();
        for (at, c) in m.as_str().char_indices().filter(|(_, c)| !c.is_whitespace()) {
            if taken.len() == wanted {
                break;
            }
            taken.push(c);
            end = m.start() + at + c.len_utf8();
        }
        let valid = iban_is_valid(&taken);
        // One digit more or less than the country has is how misprinted numbers look; they are
        // shown, never called valid.
        (taken.len() + 1 >= wanted).then(|| PrintedCode {
            value: taken,
            range: m.start()..end,
            valid,
        })
    });
    found.filter(|code| code.value.chars().filter(char::is_ascii_digit).count() >= 10).collect()
}

/// ISO 13616: the length of its country, and mod 97 = 1.
pub(crate) fn iban_is_valid(iban: &str) -> bool {
    let length_fits = country(iban.get(..2).unwrap_or(""))
        .and_then(|c| c.iban_len)
        .map_or(IBAN_LENGTHS.contains(&iban.len()), |wanted| wanted == iban.len());
    let Some((head, tail)) = iban.split_at_checked(4) else { return false };
    let rest = tail.chars().chain(head.chars()).try_fold(0_u32, |rest, c| {
        let digit = c.to_digit(36)?;
        Some((rest * if digit > 9 { 100 } else { 10 } + digit) % 97)
    });
    length_fits && iban.chars().all(|c| c.is_ascii_alphanumeric()) && rest == Some(1)
}

/// Characters behind the country of the shortest VAT identifier that is looked for in texts: as many
/// as the pattern takes, whatever follows. Romania has shorter ones, as long as its postal codes.
const VAT_ID_CHARS: usize = 7;

/// VAT identifiers of `text`, in the form of their country.
pub(crate) fn find_vat_ids(text: &str) -> Vec<PrintedCode> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(parts) = VAT_ID.captures_at(text, at) {
        let (Some(whole), Some(prefix), Some(body)) = (parts.get(0), parts.get(1), parts.get(2))
        else {
            break;
        };
        // "BTW NL…" matches from "BT" on, so what does not fit is tried again behind its prefix.
        at = prefix.end();
        let country = countries().iter().find(|c| c.vat_prefix == prefix.as_str());
        let Some(form) = country.and_then(|c| c.vat.as_ref()) else { continue };
        // The pattern takes what follows too; the longest beginning in the country's form counts.
        let ends = body.as_str().char_indices().filter(|(_, c)| c.is_ascii_alphanumeric());
        let ends: Vec<usize> = ends.map(|(at, c)| at + c.len_utf8()).collect();
        let fitting = ends.into_iter().rev().find_map(|end| {
            let digits = compact(body.as_str().get(..end)?);
            let next = text.get(body.start() + end..)?.chars().next();
            let whole_word = !next.is_some_and(char::is_alphanumeric);
            let fits = digits.len() >= VAT_ID_CHARS && form.is_match(&digits);
            (whole_word && fits).then_some((end, digits))
        });
        if let Some((end, digits)) = fitting {
            let value = format!("{}{digits}", prefix.as_str());
            let valid = vat_id_is_valid(&value);
            at = body.start() + end;
            found.push(PrintedCode { value, range: whole.start()..at, valid });
        }
    }
    found
}

/// Digits of the shortest national tax number.
const TAX_NUMBER_DIGITS: usize = 7;

/// Numbers of `text` that a label may call tax numbers: national forms, without check digits that
/// are looked at.
pub(crate) fn find_tax_numbers(text: &str) -> Vec<PrintedCode> {
    let found = TAX_NUMBER.find_iter(text).map(|m| PrintedCode {
        value: compact(m.as_str()),
        range: m.range(),
        valid: false,
    });
    let digits = |code: &PrintedCode| code.value.chars().filter(char::is_ascii_digit).count();
    found.filter(|code| digits(code) >= TAX_NUMBER_DIGITS).collect()
}

/// Whether the form of such an identifier is known, by its prefix.
pub(crate) fn vat_form_is_known(id: &str) -> bool {
    let prefix = id.get(..2).unwrap_or_default();
    countries().iter().any(|c| c.vat_prefix == prefix && c.vat.is_some())
}

/// Form of the country, and for France the key: (12 + 3 × (SIREN mod 97)) mod 97.
pub(crate) fn vat_id_is_valid(id: &str) -> bool {
    let Some((prefix, body)) = id.split_at_checked(2) else { return false };
    let country = countries().iter().find(|c| c.vat_prefix == prefix);
    let form = country.and_then(|c| c.vat.as_ref()).is_some_and(|form| form.is_match(body));
    let key = || {
        let (key, siren) = body.split_at_checked(2)?;
        let (key, siren): (u64, u64) = (key.parse().ok()?, siren.parse().ok()?);
        Some(key == (12 + 3 * (siren % 97)) % 97)
    };
    // A key with letters has another rule, which is not published in full; its form has to do.
    form && (prefix != "FR" || key().unwrap_or(true))
}

/// SIREN, SIRET, matricule fiscal and German register entries of `text`.
pub(crate) fn find_registrations(text: &str) -> Vec<PrintedCode> {
    let mut found: Vec<PrintedCode> = Vec::new();
    let mut add = |range: Range<usize>, value: String, valid: bool| {
        let taken = found.iter().any(|c| overlap(&c.range, &range));
        if !taken {
            found.push(PrintedCode { value, range, valid });
        }
    };
    for m in SIRET.find_iter(text) {
        let digits = compact(m.as_str());
        let valid = luhn_is_valid(&digits);
        add(m.range(), digits, valid);
    }
    for m in SIREN.find_iter(text) {
        let digits = compact(m.as_str());
        let valid = luhn_is_valid(&digits);
        add(m.range(), digits, valid);
    }
    for m in HANDELSREGISTER.find_iter(text) {
        add(m.range(), m.as_str().to_owned(), true);
    }
    for m in MATRICULE_FISCAL.find_iter(text) {
        add(m.range(), m.as_str().replace(' ', ""), true);
    }
    found
}

/// The check digit of SIREN and SIRET.
pub(crate) fn luhn_is_valid(digits: &str) -> bool {
    let sum = digits.chars().rev().enumerate().try_fold(0, |sum, (at, c)| {
        let digit = c.to_digit(10)?;
        let weighted = if at % 2 == 1 { digit * 2 } else { digit };
        Some(sum + weighted / 10 + weighted % 10)
    });
    !digits.is_empty() && sum.is_some_and(|sum| sum % 10 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(found: Vec<PrintedCode>) -> Vec<(String, bool)> {
        found.into_iter().map(|c| (c.value, c.valid)).collect()
    }

    #[test]
    fn an_iban_is_read_in_groups_and_cut_to_its_length() {
        let text = "IBAN FR14 2004 1010 0505 0001 3M02 606 BIC PSSTFRPPXXX";
        assert_eq!(values(find_ibans(text)), [("FR1420041010050500013M02606".into(), true)]);
        assert_eq!(
            values(find_ibans("DE89370400440532013001")),
            [("DE89370400440532013001".into(), false)]
        );
        assert!(find_ibans("FR12 3456").is_empty());
    }

    #[test]
    fn mod_97_and_length_both_count() {
        assert!(iban_is_valid("DE89370400440532013000"));
        assert!(!iban_is_valid("DE89370400440532013010"));
        assert!(!iban_is_valid("DE8937040044053201300"));
        assert!(!iban_is_valid(""));
    }

    #[test]
    fn vat_ids_have_the_form_of_their_country() {
        assert_eq!(
            values(find_vat_ids("TVA : FR 40 303 265 045")),
            [("FR40303265045".into(), true)]
        );
        assert_eq!(values(find_vat_ids("FR 41 303 265 045")), [("FR41303265045".into(), false)]);
        let german = values(find_vat_ids("USt-IdNr. DE136695976 Sitz Bonn"));
        assert_eq!(german, [("DE136695976".into(), true)]);
        let dutch = values(find_vat_ids("BTW NL810433941B01"));
        assert_eq!(dutch, [("NL810433941B01".into(), true)]);
        assert!(find_vat_ids("DE 76138 Karlsruhe").is_empty());
        // What follows is no part of it, and makes none out of a postal code.
        for text in ["RO-2017102", "RO-2017102 JUILLET", "RO 2017102 J 1"] {
            assert_eq!(values(find_vat_ids(text)), [("RO2017102".into(), true)], "{text}");
        }
        assert!(find_vat_ids("RO-010011 BUCURESTI").is_empty());
    }

    #[test]
    fn registrations_are_told_by_form_and_luhn() {
        assert_eq!(
            values(find_registrations("SIRET 732 829 320 00074")),
            [("73282932000074".into(), true)]
        );
        assert_eq!(
            values(find_registrations("RCS LYON B 732 829 320")),
            [("732829320".into(), true)]
        );
        assert_eq!(
            values(find_registrations("MF 1234567/A/M/000")),
            [("1234567/A/M/000".into(), true)]
        );
        assert_eq!(values(find_registrations("Bonn, HRB 22721 ")), [("HRB 22721".into(), true)]);
        assert!(!luhn_is_valid("123456789"));
    }
}
