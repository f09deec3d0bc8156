//! Seller and buyer.

use crate::codes;
use crate::derive::legal;
use crate::document;
use crate::gap::Gap;
use crate::model::{Address, Party, Registration};

/// SIREN, the register of French companies.
const SIREN: &str = "0002";

/// SIRET, the register of their places of business.
const SIRET: &str = "0009";

/// Countries that write the post code before the town and that make it of four or five digits.
const POST_CODE_FIRST: [&str; 17] = [
    "AT", "BE", "CH", "DE", "DK", "ES", "FI", "FR", "IT", "LI", "LU", "MA", "MC", "NO", "SM", "TN",
    "VA",
];

/// The seller.
pub(super) fn seller(stated: &document::Party, gaps: &mut Vec<Gap>) -> Party {
    let party = party(stated, ["BT-31", "BT-40"], gaps);
    let tax_id = stated.registration_id.get().filter(|id| is_matricule_fiscal(&party, id));
    Party { tax_id, id: None, ..party }
}

/// The buyer.
pub(super) fn buyer(stated: &document::Party, gaps: &mut Vec<Gap>) -> Party {
    party(stated, ["BT-48", "BT-55"], gaps)
}

fn party(stated: &document::Party, terms: [&'static str; 2], gaps: &mut Vec<Gap>) -> Party {
    let [vat_term, country_term] = terms;
    let vat_id = legal(stated.vat_id.get(), codes::is_vat_id, vat_term, gaps);
    let country = legal(stated.country.get(), codes::is_country, country_term, gaps);
    let french = country.as_deref() == Some("FR");
    Party {
        name: stated.name.get(),
        id: stated.customer_number.get(),
        registration: stated
            .registration_id
            .get()
            .map(|id| Registration { scheme: scheme(&id).filter(|_| french), id }),
        vat_id,
        tax_id: None,
        address: address(stated.address.get().as_deref().unwrap_or_default(), country),
        phone: stated.phone.get(),
        email: stated.email.get(),
    }
}

/// The register of a French number, which its length and check digit tell.
fn scheme(id: &str) -> Option<&'static str> {
    let digits: Option<Vec<u32>> =
        id.chars().filter(|c| *c != ' ').map(|c| c.to_digit(10)).collect();
    let digits = digits.filter(|digits| passes_luhn(digits))?;
    match digits.len() {
        9 => Some(SIREN),
        14 => Some(SIRET),
        _ => None,
    }
}

fn passes_luhn(digits: &[u32]) -> bool {
    let weighed = digits.iter().rev().enumerate().map(|(index, digit)| {
        let weighed = digit * if index % 2 == 0 { 1 } else { 2 };
        weighed / 10 + weighed % 10
    });
    weighed.sum::<u32>() % 10 == 0
}

/// In Tunisia a company is known to the tax office by what its register gave it, the matricule fiscal:
/// seven digits, a letter, and further letters and digits.
fn is_matricule_fiscal(party: &Party, id: &str) -> bool {
    let plain: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    let bytes = plain.as_bytes();
    party.address.country.as_deref() == Some("TN")
        && bytes.len() >= 8
        && bytes.iter().take(7).all(u8::is_ascii_digit)
        && bytes.get(7).is_some_and(u8::is_ascii_alphabetic)
}

/// The lines of an address on the three lines that the standard has. The last one is told as post code
/// and town where its form leaves no doubt; lines beyond the third are written behind it.
fn address(printed: &str, country: Option<String>) -> Address {
    let mut lines: Vec<&str> =
        printed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let place = lines.last().and_then(|last| place(last, country.as_deref()));
    if place.is_some() {
        lines.pop();
    }
    let mut lines = lines.into_iter().map(str::to_owned);
    let (first, second) = (lines.next(), lines.next());
    let rest: Vec<String> = lines.collect();
    let third = (!rest.is_empty()).then(|| rest.join(", "));
    let (post_code, city) = place.unzip();
    Address { lines: [first, second, third], post_code, city, country }
}

/// `74999 Saint-Nulle-Part`: digits, then nothing but a name.
fn place(line: &str, country: Option<&str>) -> Option<(String, String)> {
    country.filter(|country| POST_CODE_FIRST.contains(country))?;
    let (code, town) = line.split_once(' ')?;
    let town = town.trim();
    let is_code = matches!(code.len(), 4 | 5) && code.bytes().all(|b| b.is_ascii_digit());
    let is_name = town.starts_with(char::is_alphabetic)
        && town.chars().all(|c| c.is_alphabetic() || " -'’.".contains(c));
    (is_code && is_name).then(|| (code.to_owned(), town.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn french(printed: &str) -> (Vec<String>, Option<String>, Option<String>) {
        let Address { lines, post_code, city, .. } = address(printed, Some("FR".to_owned()));
        (lines.into_iter().flatten().collect(), post_code, city)
    }

    #[test]
    fn a_town_is_told_from_a_street_where_its_form_leaves_no_doubt() {
        let (lines, code, city) = french("12 rue des Chimères\n74999 Saint-Nulle-Part");
        assert_eq!(lines, ["12 rue des Chimères"]);
        assert_eq!((code.as_deref(), city.as_deref()), (Some("74999"), Some("Saint-Nulle-Part")));
        for doubtful in ["69000 Lyon 3e", "1 rue X", "74999", "1999 Qart, Tunisie", "Paris 75001"] {
            let (lines, code, city) = french(doubtful);
            assert_eq!((lines, code, city), (vec![doubtful.to_owned()], None, None));
        }
        let foreign = address("9999 Elsewhere", Some("GB".to_owned()));
        assert_eq!((foreign.post_code, foreign.city), (None, None));
    }

    #[test]
    fn no_line_of_an_address_is_lost() {
        let (lines, code, _) = french("a\n\n b \nc\nd\ne\n00999 F");
        assert_eq!(lines, ["a", "b", "c, d, e"]);
        assert_eq!(code.as_deref(), Some("00999"));
        assert_eq!(french("").0, Vec::<String>::new());
    }

    #[test]
    fn a_french_number_is_of_the_register_that_its_check_digit_tells() {
        assert_eq!(scheme("999990013"), Some(SIREN));
        assert_eq!(scheme("999 990 013"), Some(SIREN));
        assert_eq!(scheme("999990014"), None);
        assert_eq!(scheme("99999001300008"), Some(SIRET));
        assert_eq!(scheme("99999001300001"), None);
        assert_eq!(scheme("HRB 99999"), None);
    }
}
