//! Languages by their Tesseract codes. Pure.

use common::page::Word;
use whatlang::{Detector, Lang};

/// Latin script: what PP-OCR's alphabet covers.
const LATIN: [&str; 34] = [
    "afr", "cat", "ces", "cym", "dan", "deu", "eng", "est", "eus", "fin", "fra", "gle", "glg",
    "hrv", "hun", "ind", "isl", "ita", "lat", "lav", "lit", "ltz", "mlt", "msa", "nld", "nor",
    "pol", "por", "ron", "slk", "slv", "spa", "swe", "tur",
];

/// Codes of languages that can be told apart by their words.
const TOLD_APART: [(&str, Lang); 12] = [
    ("fra", Lang::Fra),
    ("eng", Lang::Eng),
    ("deu", Lang::Deu),
    ("nld", Lang::Nld),
    ("ita", Lang::Ita),
    ("spa", Lang::Spa),
    ("por", Lang::Por),
    ("dan", Lang::Dan),
    ("swe", Lang::Swe),
    ("fin", Lang::Fin),
    ("pol", Lang::Pol),
    ("tur", Lang::Tur),
];

/// Shorter words are units, codes and articles that many languages share.
const LEAST_LETTERS: usize = 3;

/// Whether all `languages` are written in Latin script.
pub(crate) fn are_latin(languages: &[String]) -> bool {
    languages.iter().all(|code| LATIN.contains(&code.as_str()))
}

/// Those of `languages` that `words` are in: one where the words are sure of it, else all.
///
/// Each further language makes Tesseract slower by half and adds confusions.
pub(crate) fn spoken(languages: &[String], words: &[Word]) -> Vec<String> {
    let of_code = |code: &String| TOLD_APART.iter().find(|(known, _)| known == code);
    let known: Vec<Lang> =
        languages.iter().filter_map(of_code).map(|(_, language)| *language).collect();
    if known.len() < 2 || known.len() < languages.len() {
        return languages.to_vec();
    }
    let letters = |word: &&Word| word.text.chars().filter(|c| c.is_alphabetic()).count();
    let text: Vec<&str> = words
        .iter()
        .filter(|word| {
            letters(word) >= LEAST_LETTERS && !word.text.contains(|c: char| c.is_ascii_digit())
        })
        .map(|word| word.text.as_str())
        .collect();
    let seen = Detector::with_allowlist(known).detect(&text.join(" ").to_lowercase());
    let sure = seen.filter(whatlang::Info::is_reliable).map(|info| info.lang());
    let named = TOLD_APART.iter().find(|(_, language)| Some(*language) == sure);
    named.map_or_else(|| languages.to_vec(), |(code, _)| vec![(*code).to_owned()])
}

#[cfg(test)]
mod tests {
    use common::page::BoundingBox;

    use super::*;

    fn words(text: &str) -> Vec<Word> {
        let word = |text: &str| Word::new(text, BoundingBox::default(), 1.0);
        text.split(' ').map(word).collect()
    }

    fn codes(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|&code| code.to_owned()).collect()
    }

    #[test]
    fn a_page_is_read_in_its_own_language() {
        let configured = codes(&["fra", "eng", "deu"]);
        let french = words(
            "Facture Conditions de paiement : règlement à trente jours fin de mois, pénalités de retard \
             exigibles sans rappel au taux légal en vigueur. Merci de votre confiance",
        );
        assert_eq!(spoken(&configured, &french), ["fra"]);
        let german = words(
            "Rechnung Zahlbar innerhalb von vierzehn Tagen ohne Abzug auf das unten genannte Konto. \
             Wir danken für Ihren Auftrag und freuen uns auf weitere Zusammenarbeit",
        );
        assert_eq!(spoken(&configured, &german), ["deu"]);
    }

    #[test]
    fn amounts_alone_say_nothing() {
        let configured = codes(&["fra", "eng"]);
        assert_eq!(spoken(&configured, &words("12,50 EUR 3 x 4,00 AB12")), configured);
        assert_eq!(spoken(&codes(&["fra"]), &words("the quick brown fox")), ["fra"]);
        let mixed = codes(&["fra", "ara"]);
        assert_eq!(
            spoken(&mixed, &words("règlement à trente jours")),
            mixed,
            "not all can be told apart"
        );
    }

    #[test]
    fn scripts_are_told_by_code() {
        assert!(are_latin(&codes(&["fra", "eng"])));
        assert!(!are_latin(&codes(&["fra", "ara"])));
        assert!(!are_latin(&codes(&["chi_sim"])));
    }
}
