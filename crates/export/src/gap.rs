//! What EN 16931 asks for and a result does not give.

use std::fmt;

/// A business term, or group of terms, that keeps an invoice from being one of EN 16931.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// `BT-55`, `BG-25`.
    pub term: &'static str,
    /// What is wrong with it.
    pub why: Why,
    /// Lines that it is wrong in, 1 for the first; empty where it belongs to the document as a whole.
    pub lines: Vec<usize>,
}

/// What is wrong with a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The document does not state it, and it does not follow from what it states.
    Missing,
    /// It is stated in a way that the standard does not take: a code of no list, a third decimal.
    Illegal,
    /// The document has it and the result does not say enough of it, as of allowances.
    Untold,
    /// It contradicts other terms, by this rule of the standard.
    Inconsistent(&'static str),
}

impl Why {
    /// Stable name, `snake_case`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Illegal => "illegal",
            Self::Untold => "untold",
            Self::Inconsistent(_) => "inconsistent",
        }
    }
}

impl Gap {
    /// A term of the document as a whole.
    pub(crate) fn of(term: &'static str, why: Why) -> Self {
        Self { term, why, lines: Vec::new() }
    }

    /// A term of line `number`, 1 for the first.
    pub(crate) fn of_line(number: usize, term: &'static str, why: Why) -> Self {
        Self { term, why, lines: vec![number] }
    }

    /// The standard's name of the term.
    #[must_use]
    pub fn name(&self) -> &'static str {
        name(self.term)
    }
}

impl fmt::Display for Gap {
    /// `BT-55 buyer country code: missing`; the lines are not listed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.term, self.name(), self.why.name())?;
        match self.why {
            Why::Inconsistent(rule) => write!(f, " ({rule})"),
            Why::Missing | Why::Illegal | Why::Untold => Ok(()),
        }
    }
}

/// Joins what is the same in several lines, in the order in which it was first found. A term of the document
/// that is stated in no legal way is not missing as well.
pub(crate) fn summed_up(gaps: Vec<Gap>) -> Vec<Gap> {
    let mut joined: Vec<Gap> = Vec::new();
    for gap in gaps {
        let illegal = Gap { why: Why::Illegal, ..gap.clone() };
        if gap.why == Why::Missing && gap.lines.is_empty() && joined.contains(&illegal) {
            continue;
        }
        match joined.iter_mut().find(|known| (known.term, known.why) == (gap.term, gap.why)) {
            Some(known) => known.lines.extend(gap.lines),
            None => joined.push(gap),
        }
    }
    joined
}

fn name(term: &str) -> &'static str {
    match term {
        "BT-1" => "invoice number",
        "BT-2" => "invoice issue date",
        "BT-3" => "invoice type code",
        "BT-5" => "invoice currency code",
        "BT-9" => "payment due date",
        "BT-27" => "seller name",
        "BT-31" => "seller VAT identifier",
        "BT-40" => "seller country code",
        "BT-44" => "buyer name",
        "BT-48" => "buyer VAT identifier",
        "BT-55" => "buyer country code",
        "BT-84" => "payment account identifier",
        "BT-106" => "sum of invoice line net amounts",
        "BT-109" => "invoice total without VAT",
        "BT-110" => "invoice total VAT",
        "BT-112" => "invoice total with VAT",
        "BT-113" => "paid amount",
        "BT-114" => "rounding amount",
        "BT-115" => "amount due for payment",
        "BT-116" => "VAT category taxable amount",
        "BT-117" => "VAT category tax amount",
        "BT-118" => "VAT category code",
        "BT-119" => "VAT category rate",
        "BT-129" => "invoiced quantity",
        "BT-130" => "invoiced quantity unit of measure code",
        "BT-131" => "invoice line net amount",
        "BT-146" => "item net price",
        "BT-151" => "invoiced item VAT category code",
        "BT-152" => "invoiced item VAT rate",
        "BT-153" => "item name",
        "BG-20" => "document level allowances or charges",
        "BG-21" => "document level charges",
        "BG-23" => "VAT breakdown",
        "BG-25" => "invoice line",
        "BG-27" => "invoice line allowances or charges",
        _ => "business term",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_of_several_lines_is_told_once() {
        let gaps = vec![
            Gap::of("BT-55", Why::Missing),
            Gap::of_line(1, "BT-130", Why::Illegal),
            Gap::of_line(3, "BT-130", Why::Illegal),
            Gap::of_line(3, "BT-130", Why::Missing),
        ];
        let joined = summed_up(gaps);
        let told: Vec<_> = joined.iter().map(|gap| (gap.to_string(), gap.lines.clone())).collect();
        let unit = "BT-130 invoiced quantity unit of measure code";
        let expected = [
            ("BT-55 buyer country code: missing".to_owned(), vec![]),
            (format!("{unit}: illegal"), vec![1, 3]),
            (format!("{unit}: missing"), vec![3]),
        ];
        assert_eq!(told, expected);
    }
}
