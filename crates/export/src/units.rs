//! Units of measure as they are printed, and their codes (UN/ECE recommendation 20).

use crate::codes::is_unit;

/// A plain count: what a quantity without a unit is.
pub(crate) const ONE: &str = "C62";

/// Words for units in French, English, German, Dutch, Italian and Spanish, in lower case, without a dot at
/// their end. A word is here only where it has one meaning on an invoice: no `box`, which is of no known size.
const WORDS: [(&str, &[&str]); 22] = [
    (
        ONE,
        &[
            "u", "un", "une", "unit", "units", "unité", "unités", "unite", "unites", "ea", "each",
            "qty",
        ],
    ),
    (
        "H87",
        &[
            "pc", "pcs", "pce", "pces", "piece", "pieces", "pièce", "pièces", "stk", "stck",
            "stück", "stueck", "stuk", "stuks", "st", "pz", "pezzi", "pezzo", "pza", "pieza",
            "piezas",
        ],
    ),
    (
        "HUR",
        &[
            "h", "hr", "hrs", "hour", "hours", "heure", "heures", "std", "stunde", "stunden",
            "uur", "ora", "ore", "hora", "horas",
        ],
    ),
    (
        "DAY",
        &[
            "day", "days", "jour", "jours", "tag", "tage", "dag", "dagen", "giorno", "giorni",
            "día", "días",
        ],
    ),
    (
        "WEE",
        &[
            "week",
            "weeks",
            "semaine",
            "semaines",
            "woche",
            "wochen",
            "weken",
            "settimana",
            "semana",
        ],
    ),
    (
        "MON",
        &[
            "month", "months", "mois", "monat", "monate", "maand", "maanden", "mese", "mesi",
            "mes", "meses",
        ],
    ),
    (
        "ANN",
        &[
            "year", "years", "an", "ans", "année", "années", "jahr", "jahre", "jaar", "anno",
            "anni", "año", "años",
        ],
    ),
    ("MIN", &["min", "minute", "minutes", "minuten"]),
    ("KGM", &["kg", "kilo", "kilos", "kilogramme", "kilogrammes", "kilogramm"]),
    ("GRM", &["g", "gr", "gramme", "grammes", "gramm"]),
    ("TNE", &["tonne", "tonnes", "tonnen"]),
    ("MTR", &["ml", "mètre", "mètres", "metre", "metres", "meter"]),
    ("CMT", &["cm"]),
    ("MMT", &["mm"]),
    ("KMT", &["km"]),
    ("MTK", &["m2", "m²", "qm"]),
    ("MTQ", &["m3", "m³", "cbm"]),
    ("LTR", &["l", "litre", "litres", "liter", "liters", "litro", "litri", "litros"]),
    ("KWH", &["kwh"]),
    ("PR", &["pair", "pairs", "paire", "paires", "paar"]),
    ("SET", &["set", "sets"]),
    ("LS", &["forfait", "forfaits", "ff", "ens", "pauschal", "pauschale", "psch", "lump sum"]),
];

/// Symbols of the metric system that only their case tells from an abbreviated day (`T`) or month (`M`).
const SYMBOLS: [(&str, &str); 2] = [("m", "MTR"), ("t", "TNE")];

/// The code of a unit as it is printed, or of a code that stands there already; `None` where nobody can
/// tell.
pub(crate) fn code(printed: &str) -> Option<&str> {
    let printed = printed.trim();
    if let Some((_, code)) = SYMBOLS.iter().find(|(symbol, _)| *symbol == printed) {
        return Some(code);
    }
    let word = printed.trim_end_matches('.').to_lowercase();
    let known = WORDS.iter().find(|(_, words)| words.contains(&word.as_str()));
    // A word first: recommendation 20 has codes such as `PCE`, `ST` or `MIN` that invoices print as words.
    known.map(|(code, _)| *code).or_else(|| Some(printed).filter(|code| is_unit(code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_known_by_its_word_or_its_code() {
        for (printed, expected) in [
            ("h", Some("HUR")),
            ("Std.", Some("HUR")),
            ("Pièces", Some("H87")),
            ("C62", Some("C62")),
            ("XPP", Some("XPP")),
            ("KGM", Some("KGM")),
            ("m²", Some("MTK")),
            ("carton", None),
            ("m", Some("MTR")),
            ("t", Some("TNE")),
            ("M", None),
            ("T", None),
            ("", None),
        ] {
            assert_eq!(code(printed), expected, "{printed}");
        }
    }

    #[test]
    fn every_code_of_ours_is_in_the_list_and_no_word_has_two() {
        let mut words: Vec<&str> = Vec::new();
        for (code, of_it) in WORDS {
            assert!(is_unit(code), "{code}");
            words.extend(of_it.iter().copied());
        }
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
