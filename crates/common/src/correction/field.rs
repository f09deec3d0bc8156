//! The values of a result that can be put right, and what each may be: the contract's, no more and no less.

use std::fmt;
use std::str::FromStr;

use super::iban::is_iban;

/// Longest text, characters. Addresses and terms of payment have a few hundred.
pub const MAX_TEXT_CHARS: usize = 2000;

/// Longest amount or rate, characters: what 96 bits of a decimal hold, with sign and point.
const MAX_AMOUNT_CHARS: usize = 31;

/// Entries that a list may grow to: as many lines as a result holds at most.
pub const MAX_ENTRIES: usize = 10_000;

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text that is not blank.
    Text,
    /// `invoice`, `credit_note` or `receipt`.
    Kind,
    /// A day of the calendar, `2026-02-06`.
    Date,
    /// ISO 4217.
    Currency,
    /// ISO 3166-1 alpha-2.
    Country,
    /// ISO 13616, with right check digits.
    Iban,
    /// A decimal with a dot.
    Amount,
}
use Form::{Amount, Country, Currency, Date, Iban, Kind, Text};

impl Form {
    /// What it is, in words for a client.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Text => "a text that is not blank, without control characters but line feeds",
            Kind => "invoice, credit_note or receipt",
            Date => "a day such as 2026-02-06",
            Currency => "three capital letters (ISO 4217)",
            Country => "two capital letters (ISO 3166-1)",
            Iban => "an IBAN without spaces and with right check digits",
            Amount => "a decimal with a dot, as text, such as \"-12.50\"",
        }
    }

    /// Longest value, characters.
    #[must_use]
    pub fn max_chars(self) -> usize {
        match self {
            Amount => MAX_AMOUNT_CHARS,
            _ => MAX_TEXT_CHARS,
        }
    }

    /// Whether `text` is such a value; its length aside.
    #[must_use]
    pub fn admits(self, text: &str) -> bool {
        let capitals = |count| text.len() == count && text.bytes().all(|b| b.is_ascii_uppercase());
        match self {
            Text => !text.trim().is_empty() && !text.chars().any(|c| c.is_control() && c != '\n'),
            Kind => ["invoice", "credit_note", "receipt"].contains(&text),
            // The parser takes signs and longer years.
            Date => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
            Currency => capitals(3),
            Country => capitals(2),
            Iban => is_iban(text),
            Amount => is_amount(text),
        }
    }
}

fn is_amount(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    match text.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(text),
    }
}

/// Values of the document as a whole.
const HEADER: [(&str, Form); 33] = [
    ("kind", Kind),
    ("number", Text),
    ("issue_date", Date),
    ("due_date", Date),
    ("delivery_date", Date),
    ("currency", Currency),
    ("purchase_order", Text),
    ("description", Text),
    ("seller.name", Text),
    ("seller.address", Text),
    ("seller.country", Country),
    ("seller.vat_id", Text),
    ("seller.registration_id", Text),
    ("seller.email", Text),
    ("seller.phone", Text),
    ("buyer.name", Text),
    ("buyer.address", Text),
    ("buyer.country", Country),
    ("buyer.vat_id", Text),
    ("buyer.registration_id", Text),
    ("buyer.email", Text),
    ("buyer.phone", Text),
    ("buyer.customer_number", Text),
    ("payment.iban", Iban),
    ("payment.bic", Text),
    ("payment.reference", Text),
    ("payment.terms", Text),
    ("totals.net", Amount),
    ("totals.tax", Amount),
    ("totals.gross", Amount),
    ("totals.prepaid", Amount),
    ("totals.rounding", Amount),
    ("totals.due", Amount),
];

/// Values of an entry of a list.
type Entry = &'static [(&'static str, Form)];

/// Lists, and what each entry has.
const LISTS: [(&str, Entry); 3] = [
    ("tax_breakdown", &[("rate", Amount), ("base", Amount), ("amount", Amount)]),
    ("charges", &[("label", Text), ("amount", Amount)]),
    (
        "lines",
        &[
            ("description", Text),
            ("code", Text),
            ("quantity", Amount),
            ("unit", Text),
            ("unit_price", Amount),
            ("tax_rate", Amount),
            ("net_amount", Amount),
            ("gross_amount", Amount),
        ],
    ),
];

/// Where a value stands in a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Path {
    /// Of the document as a whole: a dotted path below `invoice`.
    Header(&'static str),
    /// Of an entry of a list.
    Entry {
        /// The list.
        list: &'static str,
        /// Which of its entries, from 0.
        index: usize,
        /// Which value of it.
        name: &'static str,
    },
}

/// No value of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownField;

impl FromStr for Path {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, UnknownField> {
        if let Some((path, _)) = HEADER.iter().find(|(path, _)| *path == text) {
            return Ok(Self::Header(path));
        }
        let mut tokens = text.split('.');
        let (list, index, name) = (tokens.next(), tokens.next(), tokens.next());
        let (Some(list), Some(index), Some(name), None) = (list, index, name, tokens.next()) else {
            return Err(UnknownField);
        };
        let (list, entry) = LISTS.iter().find(|(known, _)| *known == list).ok_or(UnknownField)?;
        let (name, _) = entry.iter().find(|(known, _)| *known == name).ok_or(UnknownField)?;
        // One way to write a number, so that one value has one path.
        let number = index.parse().ok().filter(|number: &usize| number.to_string() == index);
        let index = number.filter(|number| *number < MAX_ENTRIES).ok_or(UnknownField)?;
        Ok(Self::Entry { list, index, name })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(path) => f.write_str(path),
            Self::Entry { list, index, name } => write!(f, "{list}.{index}.{name}"),
        }
    }
}

impl Path {
    /// What the value may be.
    #[must_use]
    pub fn form(&self) -> Form {
        let (known, wanted): (Entry, &str) = match self {
            Self::Header(path) => (&HEADER, path),
            Self::Entry { list, name, .. } => (entry_of(list), name),
        };
        known.iter().find(|(name, _)| *name == wanted).map_or(Text, |(_, form)| *form)
    }
}

/// What each entry of `list` has.
pub(super) fn entry_of(list: &str) -> Entry {
    LISTS.iter().find(|(known, _)| *known == list).map_or(&[], |(_, entry)| *entry)
}

/// All paths with the forms of their values; of each list its first entry.
#[must_use]
pub fn all() -> Vec<(Path, Form)> {
    let header = HEADER.iter().map(|(path, form)| (Path::Header(path), *form));
    let entries = LISTS.iter().flat_map(|(list, entry)| {
        entry.iter().map(|(name, form)| (Path::Entry { list, index: 0, name }, *form))
    });
    header.chain(entries).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_is_written_and_has_the_form_of_its_value() {
        for (path, form) in all() {
            assert_eq!(path.to_string().parse(), Ok(path), "{path}");
            assert_eq!(path.form(), form, "{path}");
        }
        let last = "lines.9999.unit".parse::<Path>().unwrap();
        assert_eq!(last, Path::Entry { list: "lines", index: 9999, name: "unit" });
        for none in [
            "",
            "total",
            "totals",
            "totals.",
            ".kind",
            "Number",
            "lines",
            "lines.0",
            "lines.00.unit",
            "lines.+1.unit",
            "lines.-1.unit",
            "lines.10000.unit",
            "lines.0.unit.x",
            "charges.0.unit",
            "seller.name.value",
            "review.required",
        ] {
            assert_eq!(none.parse::<Path>(), Err(UnknownField), "{none}");
        }
    }

    #[test]
    fn values_have_to_be_what_the_contract_says() {
        let table: [(Form, &[&str], &[&str]); 7] = [
            (Text, &["F-1", "a\nb", "é"], &["", " \n", "a\u{0}", "a\tb"]),
            (Kind, &["credit_note"], &["", "Invoice", "order"]),
            (Date, &["2024-02-29"], &["2023-02-29", "2024-2-29", "+2024-02-29", "29.02.2024", ""]),
            (Currency, &["TND"], &["tnd", "EU", "EURO", "€"]),
            (Country, &["FR"], &["fr", "FRA", ""]),
            (Iban, &["DE89370400440532013000"], &["DE88370400440532013000", "DE"]),
            (
                Amount,
                &["0", "-12.50", "003"],
                &["", "1,5", "+1", "1.", ".5", "1e3", "--1", "1.2.3", "∞"],
            ),
        ];
        for (form, good, bad) in table {
            for text in good {
                assert!(form.admits(text), "{form:?} {text}");
            }
            for text in bad {
                assert!(!form.admits(text), "{form:?} {text}");
            }
        }
    }
}
