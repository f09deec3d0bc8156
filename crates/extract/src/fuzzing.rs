//! The parsers of values by themselves, for the targets in `fuzz/`.

use std::ops::Range;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::patterns;
use crate::value::{
    DateOrder, NumberStyle, PrintedCode, dates, find_ibans, find_registrations, find_tax_numbers,
    find_vat_ids, numbers,
};

/// A value that stands in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<T> {
    /// As it is published.
    pub value: T,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// Numbers, as a document reads them that writes decimals with `decimal` and, if `three_decimals`,
/// three of them.
#[must_use]
pub fn amounts(text: &str, decimal: Option<char>, three_decimals: bool) -> Vec<Found<Decimal>> {
    let found = numbers(text, NumberStyle { decimal, three_decimals }).into_iter();
    found.map(|number| Found { value: number.value, range: number.range }).collect()
}

/// Dates, once for each order of day and month.
#[must_use]
pub fn days(text: &str) -> [Vec<Found<Date>>; 3] {
    [DateOrder::DayFirst, DateOrder::MonthFirst, DateOrder::YearDayMonth].map(|order| {
        let found = dates(text, order).into_iter();
        found.map(|date| Found { value: date.value, range: date.range }).collect()
    })
}

/// Codes of each kind, and whether their check digits are right.
#[must_use]
pub fn codes(text: &str) -> Vec<(Found<String>, bool)> {
    let parsers: [fn(&str) -> Vec<PrintedCode>; 4] =
        [find_ibans, find_vat_ids, find_registrations, find_tax_numbers];
    let found = parsers.into_iter().flat_map(|parser| parser(text));
    found.map(|code| (Found { value: code.value, range: code.range }, code.valid)).collect()
}

/// Names of the patterns that miss what they should find because it is looked for in two steps.
#[must_use]
pub fn missed_patterns(text: &str) -> Vec<&'static str> {
    patterns::hidden_by_screens(text)
}
