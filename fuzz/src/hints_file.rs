//! Any text as a hints file, and its rules on a page.

use std::sync::{Arc, LazyLock};

use common::page::ReadDocument;
use extract::einvoice::Attached;
use extract::hints::Hints;
use extract::settings::Settings;

use crate::{outcome, words};

/// The page that rules are tried on, line by line; two spaces part columns.
const PAGE: [&str; 14] = [
    "Dupont & Fils SARL",
    "75001 PARIS",
    "TVA FR40303265045",
    "Facture N° F-2024-001  Client A12",
    "Date  31/12/2024",
    "Échéance  01.02.2024",
    "Désignation  Qté  Montant",
    "Vis M6x40  10  100,00",
    "Total HT  100,00 €",
    "TVA 20 %  20,00 €",
    "Total TTC  120,00 €",
    "IBAN DE89370400440532013000",
    "BIC COBADEFFXXX",
    "SIRET 73282932000074",
];

/// Characters between two columns.
const GAP: u8 = 19;

static DOCUMENT: LazyLock<ReadDocument> = LazyLock::new(|| {
    let mut bytes = vec![0, 0];
    for line in PAGE {
        let mut place = 100;
        for column in line.split("  ") {
            for word in column.split(' ') {
                bytes.extend(words::spell(place, word));
                place = 0;
            }
            place = GAP;
        }
    }
    words::document(&bytes).expect("the page is spelt right").0
});

/// Rules or a message; and rules give a legal result.
pub fn hints_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Hints::parse(text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(hints) if hints.suppliers() == 0 => {}
        Ok(hints) => {
            let settings = Settings { hints: Arc::new(hints), ..Settings::default() };
            outcome::extract_and_check(&DOCUMENT, &Attached::Nothing, &settings);
        }
    }
}
