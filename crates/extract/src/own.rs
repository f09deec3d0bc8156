//! Who we are: the companies that receive the invoices, and so never are their sellers.
//!
//! Own identity is about invoices that come in. On those that we send ourselves we are the seller by
//! nature, and nothing on the page says which of the two a document is; they belong to a service
//! without own identity.

use common::config::{ConfigError, Own};

use crate::lexicon::company_words;
use crate::text::{compact, fold};
use crate::value::iban_is_valid;

/// Shortest name or number, in letters and digits: a shorter one stands in too many others' by
/// accident.
const MIN_CHARS: usize = 3;

/// Digits of a SIREN; the SIRETs of its establishments begin with it and have five more.
const SIREN_DIGITS: usize = 9;

/// Digits of a SIRET.
const SIRET_DIGITS: usize = 14;

/// Log-odds that a name which equals one of ours is the buyer's: the operator says so, and no clue
/// on a page (a few units each) outweighs it.
pub(crate) const OWN_NAME: f64 = 12.0;

/// Probability that a number of ours is the buyer's, before words that were read with doubt.
pub(crate) const OWN_NUMBER: f64 = 0.99;

/// Names and numbers of our own companies, ready to be compared. The default is nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnIdentity {
    names: Vec<String>,
    vat_ids: Vec<String>,
    ibans: Vec<String>,
    registrations: Vec<String>,
}

impl OwnIdentity {
    /// The identity that the section `[extract.own]` states.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key: an entry is too short to tell anybody apart, or an IBAN has
    /// wrong check digits and would never be found on a page.
    pub fn from_config(own: &Own) -> Result<Self, ConfigError> {
        let names = entries("extract.own.names", &own.names, name_key)?;
        let ibans = entries("extract.own.ibans", &own.ibans, compact)?;
        if let Some(wrong) = ibans.iter().find(|iban| !iban_is_valid(iban)) {
            let (key, value) = ("extract.own.ibans", wrong.clone());
            let reason = "length or check digits of this IBAN are wrong";
            return Err(ConfigError::Unusable { key, value, reason });
        }
        Ok(Self {
            names,
            vat_ids: entries("extract.own.vat_ids", &own.vat_ids, compact)?,
            ibans,
            registrations: entries("extract.own.registration_ids", &own.registration_ids, compact)?,
        })
    }

    /// Whether a name as printed is one of ours.
    pub(crate) fn is_name(&self, text: &str) -> bool {
        !self.names.is_empty() && self.names.contains(&name_key(text))
    }

    /// Whether a VAT identifier is one of ours.
    pub(crate) fn is_vat_id(&self, id: &str) -> bool {
        holds(&self.vat_ids, id)
    }

    /// Whether an account is one of ours.
    pub(crate) fn is_iban(&self, iban: &str) -> bool {
        holds(&self.ibans, iban)
    }

    /// Whether a registration is one of ours, or that of one of our establishments.
    pub(crate) fn is_registration(&self, id: &str) -> bool {
        if self.registrations.is_empty() {
            return false;
        }
        let id = compact(id);
        self.registrations.iter().any(|own| *own == id || of_one_firm(own, &id))
    }
}

fn holds(own: &[String], id: &str) -> bool {
    !own.is_empty() && own.contains(&compact(id))
}

/// Whether one is the SIREN of the other's SIRET.
fn of_one_firm(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    short.len() == SIREN_DIGITS
        && long.len() == SIRET_DIGITS
        && digits(short)
        && digits(long)
        && long.starts_with(short)
}

fn entries(
    key: &'static str,
    values: &[String],
    normal: fn(&str) -> String,
) -> Result<Vec<String>, ConfigError> {
    let comparable = |value: &String| {
        let normal = normal(value);
        if normal.chars().count() < MIN_CHARS {
            let reason = "an entry needs at least three letters or digits";
            return Err(ConfigError::Unusable { key, value: format!("{value:?}"), reason });
        }
        Ok(normal)
    };
    values.iter().map(comparable).collect()
}

/// A name as it is compared: folded letters and digits without legal forms. One that consists of
/// legal forms is taken whole.
fn name_key(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || ",;()".contains(c));
    let bare =
        words.map(|word| fold(word).chars().filter(|c| c.is_alphanumeric()).collect::<String>());
    let bare: Vec<String> = bare.filter(|word| !word.is_empty()).collect();
    let forms = &company_words().forms;
    let telling: String =
        bare.iter().filter(|word| !forms.contains(*word)).map(String::as_str).collect();
    if telling.is_empty() { bare.concat() } else { telling }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(change: impl FnOnce(&mut Own)) -> Result<OwnIdentity, ConfigError> {
        let mut own = Own::default();
        change(&mut own);
        OwnIdentity::from_config(&own)
    }

    #[test]
    fn a_name_is_ours_whatever_its_case_accents_signs_and_legal_form() {
        let own = own(|o| o.names = vec!["Société Générale d'Étude SAS".into()]).unwrap();
        for name in ["SOCIETE GENERALE D'ETUDE", "Société Générale d’Étude, S.A.S."] {
            assert!(own.is_name(name), "{name}");
        }
        for name in ["Société Générale", "Société Générale d'Étude Nord", ""] {
            assert!(!own.is_name(name), "{name}");
        }
        assert!(!OwnIdentity::default().is_name(""));
    }

    #[test]
    fn numbers_are_ours_however_they_are_spaced() {
        let own = own(|o| {
            o.vat_ids = vec!["FR 40 303 265 045".into()];
            o.ibans = vec!["DE89 3704 0044 0532 0130 00".into()];
            o.registration_ids = vec!["303 265 045".into(), "HRB 22721".into()];
        })
        .unwrap();
        assert!(own.is_vat_id("FR40303265045") && !own.is_vat_id("FR83404833048"));
        assert!(own.is_iban("DE89370400440532013000"));
        assert!(own.is_registration("hrb 22721"));
        assert!(own.is_registration("30326504500017"), "a SIRET of our SIREN");
        assert!(!own.is_registration("3032650450001"), "no SIRET");
    }

    #[test]
    fn an_entry_that_tells_nobody_apart_is_refused_with_its_key() {
        let error = own(|o| o.names = vec!["–".into()]).unwrap_err().to_string();
        assert!(error.contains("extract.own.names") && error.contains("three"), "{error}");
        let error = own(|o| o.ibans = vec!["DE89370400440532013001".into()]).unwrap_err();
        assert!(error.to_string().contains("extract.own.ibans"), "{error}");
    }
}
