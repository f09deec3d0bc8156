//! Whether text can be a language at all. A font with a wrong map from glyphs to characters shows
//! one text and gives away another, letter for letter: "Total" that is stored as "Wrwdo".

mod bigrams;

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use crate::text_layer::Character;
use bigrams::SURPRISE;

/// Words of fewer letters are mostly abbreviations.
const LEAST_LETTERS: usize = 3;

/// Fewer different words say nothing about a font.
const LEAST_WORDS: usize = 3;

/// Text more surprising than this, bits a letter, is not a language. Pages of invoices in five
/// languages measure 3.5 to 4.1, the same pages in any Caesar cipher 5.3 and more, with letters
/// swapped at random 5.1 and more.
const MAX_BITS: f32 = 4.5;

/// Added for each share of one word: four words of a real text exceed 5.3 bits once in a thousand
/// times, twelve exceed 4.5.
const FEW_WORDS_BITS: f32 = 3.2;

/// Characters among which the share of symbols is meaningful.
const LEAST_CHARACTERS: usize = 20;

/// Text of which more than this share is symbols is a font's own numbering (`!"#$%` for its first
/// glyphs). Amounts, dates and web addresses stay below a fifth.
const MAX_SYMBOL_SHARE: f32 = 0.4;

/// How many of the seen characters stand in fonts whose text cannot be a language.
pub(super) fn garbled(characters: &[Character]) -> usize {
    let mut fonts: BTreeMap<usize, Sample> = BTreeMap::new();
    let mut all = Sample::default();
    for run in runs(characters) {
        let Some(first) = run.first() else { continue };
        let (symbols, words) = (symbols(run), words(run));
        for sample in [&mut all, fonts.entry(first.font).or_default()] {
            sample.take(run.len(), symbols, &words);
        }
    }
    let broken = fonts.values().filter(|sample| sample.is_garbled()).map(|s| s.characters).sum();
    // Each font may say too little alone.
    if broken == 0 && all.is_garbled() { all.characters } else { broken }
}

/// Seen characters that follow each other in one font without a space.
fn runs(characters: &[Character]) -> impl Iterator<Item = &[Character]> {
    let together = |a: &Character, b: &Character| {
        a.is_seen() && b.is_seen() && a.font == b.font && b.index.abs_diff(a.index) <= 1
    };
    characters.chunk_by(together).filter(|run| run.first().is_some_and(Character::is_seen))
}

/// Text of one font.
#[derive(Default)]
struct Sample {
    characters: usize,
    symbols: usize,
    words: BTreeSet<Vec<u8>>,
}

impl Sample {
    fn take(&mut self, characters: usize, symbols: usize, words: &[Vec<u8>]) {
        self.characters += characters;
        self.symbols += symbols;
        for word in words {
            if !self.words.contains(word) {
                self.words.insert(word.clone());
            }
        }
    }

    fn is_garbled(&self) -> bool {
        let symbolic = self.characters >= LEAST_CHARACTERS
            && self.symbols as f32 > MAX_SYMBOL_SHARE * self.characters as f32;
        symbolic
            || (self.words.len() >= LEAST_WORDS
                && self.bits() > MAX_BITS + FEW_WORDS_BITS / self.words.len() as f32)
    }

    /// Mean surprise of a letter, each word counted once: bits.
    fn bits(&self) -> f32 {
        let (mut tenths, mut letters) = (0_u32, 0_u32);
        for word in &self.words {
            let mut before = 0;
            // The end of the word counts as a letter.
            for letter in word.iter().copied().chain([0]) {
                let row = SURPRISE.get(usize::from(before));
                let surprise = row.and_then(|row| row.get(usize::from(letter)));
                tenths += u32::from(surprise.copied().unwrap_or_default());
                letters += 1;
                before = letter;
            }
        }
        tenths as f32 / 10.0 / letters.max(1) as f32
    }
}

/// Symbols of a run, leaders ("....") counted as one and those inside numbers as none.
fn symbols(run: &[Character]) -> usize {
    let at = |index: Option<usize>| index.and_then(|index| run.get(index)).map(|c| c.text);
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let counts = |index: usize, c: char| {
        let (before, after) = (at(index.checked_sub(1)), at(Some(index + 1)));
        !c.is_alphanumeric() && before != Some(c) && !(is_digit(before) && is_digit(after))
    };
    run.iter().enumerate().filter(|(index, c)| counts(*index, c.text)).count()
}

/// The words of a run as letters 1 to 26. One with letters of other scripts is no sign of anything,
/// and left out.
fn words(run: &[Character]) -> Vec<Vec<u8>> {
    let words = run.split(|c| !c.text.is_alphabetic()).filter(|word| word.len() >= LEAST_LETTERS);
    words
        .filter_map(|word| {
            let mut folded = Vec::with_capacity(word.len() + 1);
            word.iter().all(|c| fold(c.text, &mut folded)).then_some(folded)
        })
        .collect()
}

/// Adds a letter as one or more of a to z (1 to 26); `false` for another script.
fn fold(letter: char, folded: &mut Vec<u8>) -> bool {
    let number = |c: char| (c as u8) - b'a' + 1;
    let before = folded.len();
    let pair = match letter {
        'a'..='z' | 'A'..='Z' => {
            folded.push(number(letter.to_ascii_lowercase()));
            return true;
        }
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'đ' | 'Đ' => "d",
        'ł' | 'Ł' => "l",
        'ı' => "i",
        _ => "",
    };
    if pair.is_empty() {
        // Ligatures fall apart, accents fall off.
        let plain = letter.nfkd().map(|c| c.to_ascii_lowercase());
        folded.extend(plain.filter(char::is_ascii_lowercase).map(number));
    } else {
        folded.extend(pair.chars().map(number));
    }
    folded.len() > before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    /// `text` in one font, with a character for every letter and space.
    fn set(text: &str, font: usize) -> Vec<Character> {
        let one = |(index, text)| Character {
            index,
            text,
            place: Rect::default(),
            turn: None,
            em_pt: 10.0,
            generated: false,
            invisible: false,
            unmapped: false,
            inkless: false,
            font,
        };
        text.chars().enumerate().map(one).collect()
    }

    fn shifted(text: &str, by: u8) -> String {
        let shift = |c: char| match c {
            'a'..='z' => char::from(b'a' + (c as u8 - b'a' + by) % 26),
            'A'..='Z' => char::from(b'A' + (c as u8 - b'A' + by) % 26),
            other => other,
        };
        text.chars().map(shift).collect()
    }

    const TEXTS: [&str; 8] = [
        "Facture du 12 mars 2024 Désignation Quantité Prix unitaire Montant hors taxes à payer",
        "Invoice number Date due Description Quantity Unit price Amount VAT Total amount payable",
        "Rechnung Kundennummer Leistungszeitraum Bezeichnung Menge Einzelpreis Gesamtbetrag brutto",
        "Factuur Factuurnummer Vervaldatum Omschrijving Aantal Bedrag BTW Totaal te betalen",
        "Fattura Numero Data scadenza Descrizione Quantità Prezzo unitario Imponibile Totale",
        "Factura Número Fecha de vencimiento Descripción Cantidad Precio Importe Base imponible",
        "Faktura Numer Data wystawienia Sprzedawca Nabywca Razem do zapłaty Termin płatności",
        "Lasku Laskun numero Eräpäivä Viitenumero Maksettava Yhteensä Saaja Arvonlisävero",
    ];

    #[test]
    fn text_of_european_languages_is_readable_and_none_of_its_ciphers_is() {
        for text in TEXTS {
            assert_eq!(garbled(&set(text, 1)), 0, "{text}");
            for by in 1..26 {
                assert!(garbled(&set(&shifted(text, by), 1)) > 50, "{by}: {text}");
            }
        }
    }

    #[test]
    fn codes_amounts_and_abbreviations_are_no_sign_of_a_broken_font() {
        let sound = [
            "1 234,56 EUR 20,00 % 12/03/2024 FR76 3000 4000 0312 3456 7890 143 -15,00 3 x 4,50",
            "TVA SIRET IBAN BIC RCS NAF APE HT TTC FR EUR REF SWIFT SARL CEDEX",
            "Total .............................. 120,00 ______________ ----------- =========",
            "Лист счет фактура сумма итого к оплате",
            "発行日 請求書 合計金額 消費税",
            "contact@example.com www.example.com/invoices?id=12&x=3 +33 (0)1 23 45 67 89",
        ];
        for text in sound {
            assert_eq!(garbled(&set(text, 1)), 0, "{text}");
        }
    }

    #[test]
    fn a_font_numbered_by_its_own_glyphs_is_garbled() {
        assert!(garbled(&set("!\"#$%&'( )*+,-./ %$\"#!&'( *+)./,-", 1)) > 20);
    }

    #[test]
    fn one_broken_font_among_sound_ones_is_found() {
        let mut page = set(TEXTS[0], 1);
        page.extend(set(&shifted(TEXTS[1], 3), 2));
        page.extend(set(TEXTS[2], 3));
        let found = garbled(&page);
        let broken = TEXTS[1].chars().filter(|c| !c.is_whitespace()).count();
        assert_eq!(found, broken);
    }
}
