//! Dates as they are printed, numeric or with a month's name.

use std::ops::Range;

use jiff::civil::Date;

use crate::lexicon::month;
use crate::patterns::{DATE_COMPACT, DATE_DAY_MONTH, DATE_MONTH_DAY, DATE_NUMERIC};
use crate::text::{fold, overlap};

/// Years that invoices are from. Outside, the digits are something else.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2099;

/// Two-digit years below this are of this century.
const CENTURY_PIVOT: i16 = 70;

/// Which of two small numbers is the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DateOrder {
    /// 31/12/2024, the usual one outside the United States.
    #[default]
    DayFirst,
    /// 12/31/2024.
    MonthFirst,
    /// 2024-31-12, beside 31/12/2024.
    YearDayMonth,
}

/// A date found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrintedDate {
    pub(crate) value: Date,
    pub(crate) range: Range<usize>,
    /// Day and month could be swapped and still be a date, and neither order is usual.
    pub(crate) ambiguous: bool,
    /// The date with day and month swapped, where that is another one.
    pub(crate) other: Option<Date>,
    /// What the digits say about the document's order, where they say anything.
    pub(crate) proves: Option<DateOrder>,
}

/// All dates of `text`, left to right, none overlapping.
pub(crate) fn dates(text: &str, order: DateOrder) -> Vec<PrintedDate> {
    let mut found = Vec::new();
    numeric(text, order, &mut found);
    for parts in DATE_DAY_MONTH.captures_iter(text) {
        let (day, name, year) = (group(&parts, 1), group(&parts, 2), group(&parts, 3));
        push(text, &mut found, parts.get(0), named(year, name, day));
    }
    for parts in DATE_MONTH_DAY.captures_iter(text) {
        let (name, day, year) = (group(&parts, 1), group(&parts, 2), group(&parts, 3));
        push(text, &mut found, parts.get(0), named(year, name, day));
    }
    for parts in DATE_COMPACT.captures_iter(text) {
        let date = civil(group(&parts, 1), group(&parts, 2), group(&parts, 3));
        push(text, &mut found, parts.get(0), date);
    }
    found.sort_by_key(|d| d.range.start);
    found
}

fn group<'t>(parts: &regex::Captures<'t>, index: usize) -> &'t str {
    parts.get(index).map_or("", |m| m.as_str())
}

fn numeric(text: &str, order: DateOrder, found: &mut Vec<PrintedDate>) {
    for parts in DATE_NUMERIC.captures_iter(text) {
        let (a, b, c) = (group(&parts, 1), group(&parts, 3), group(&parts, 4));
        if a.len() > 2 {
            // The year first is followed by the month, save where that cannot be one.
            let (month_next, day_next) = (civil(a, b, c), civil(a, c, b));
            let swapped = order == DateOrder::YearDayMonth;
            let value = if swapped { day_next.or(month_next) } else { month_next.or(day_next) };
            let proves = match (month_next, day_next) {
                (None, Some(_)) => Some(DateOrder::YearDayMonth),
                _ => None,
            };
            let before = found.len();
            push(text, found, parts.get(0), value);
            if let Some(new) = found.get_mut(before) {
                let other = if value == month_next { day_next } else { month_next };
                new.other = other.filter(|other| Some(*other) != value);
                new.proves = proves;
            }
            continue;
        }
        let (day_first, month_first) = (civil(c, b, a), civil(c, a, b));
        let dotted = group(&parts, 2) == ".";
        let (value, proves) = match (day_first, month_first) {
            (Some(d), Some(_)) if dotted => (Some(d), None),
            (Some(d), Some(m)) if d == m => (Some(d), None),
            (Some(d), Some(m)) => (Some(if order == DateOrder::MonthFirst { m } else { d }), None),
            (Some(d), None) => (Some(d), Some(DateOrder::DayFirst)),
            (None, Some(m)) => (Some(m), Some(DateOrder::MonthFirst)),
            (None, None) => (None, None),
        };
        let before = found.len();
        push(text, found, parts.get(0), value);
        if let Some(new) = found.get_mut(before) {
            let other = if value == day_first { month_first } else { day_first };
            new.other = other.filter(|other| !dotted && Some(*other) != value);
            new.ambiguous = new.other.is_some();
            new.proves = proves;
        }
    }
}

fn push(
    text: &str,
    found: &mut Vec<PrintedDate>,
    whole: Option<regex::Match<'_>>,
    value: Option<Date>,
) {
    let (Some(whole), Some(value)) = (whole, value) else { return };
    let range = whole.range();
    let behind = text.get(..range.start).and_then(|t| t.chars().next_back());
    let ahead = text.get(range.end..).and_then(|t| t.chars().next());
    let inside_code = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '/');
    let taken = found.iter().any(|d| overlap(&d.range, &range));
    if !inside_code(behind) && !inside_code(ahead) && !taken {
        found.push(PrintedDate { value, range, ambiguous: false, other: None, proves: None });
    }
}

fn named(year: &str, name: &str, day: &str) -> Option<Date> {
    Date::new(full_year(year)?, month(&fold(name))?, day.parse().ok()?).ok()
}

fn civil(year: &str, month: &str, day: &str) -> Option<Date> {
    Date::new(full_year(year)?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn full_year(text: &str) -> Option<i16> {
    let year: i16 = text.parse().ok()?;
    let full = match text.len() {
        4 => year,
        2 if year < CENTURY_PIVOT => 2000 + year,
        2 => 1900 + year,
        _ => return None,
    };
    YEARS.contains(&full).then_some(full)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, order: DateOrder) -> Vec<String> {
        dates(text, order).into_iter().map(|d| d.value.to_string()).collect()
    }

    #[test]
    fn each_way_of_writing_a_date_is_read() {
        for text in [
            "02/07/2015",
            "2.7.2015",
            "02-07-15",
            "2015-07-02",
            "20150702",
            "2015-27-07 2015-07-02",
            "02 Juillet 2015",
            "2. Juli 2015",
            "July 2, 2015",
            "Jul 2 , 2015",
            "2nd July 2015",
            "2 de julio de 2015",
            "1er juillet 2015, 2 juil. 2015",
            "02-Jul-15",
            "2 juli 2015",
        ] {
            let last = read(text, DateOrder::DayFirst).pop();
            assert_eq!(last.as_deref(), Some("2015-07-02"), "{text}");
        }
    }

    #[test]
    fn an_ambiguous_date_follows_the_order_of_the_document_and_says_so() {
        assert_eq!(read("11/03/2017", DateOrder::MonthFirst), ["2017-11-03"]);
        assert_eq!(read("11/03/2017", DateOrder::DayFirst), ["2017-03-11"]);
        assert!(dates("11/03/2017", DateOrder::DayFirst)[0].ambiguous);
        assert!(!dates("11.03.2017", DateOrder::MonthFirst)[0].ambiguous);
        let proof = dates("11/17/2017", DateOrder::DayFirst);
        assert_eq!(proof[0].proves, Some(DateOrder::MonthFirst));
    }

    #[test]
    fn codes_versions_and_impossible_days_are_no_dates() {
        for text in ["31/02/2024", "206/5941/1357", "1.2.3", "12/34/5678", "FS/22/09/51"] {
            assert_eq!(read(text, DateOrder::DayFirst), [] as [&str; 0], "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_date_survives_being_printed(days in 0_i32..36_000) {
            let date = Date::constant(1990, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            for format in ["%d.%m.%Y", "%Y-%m-%d", "%d %B %Y", "%B %-d, %Y", "%Y%m%d"] {
                let text = date.strftime(format).to_string();
                let read = dates(&text, DateOrder::DayFirst);
                prop_assert_eq!(read.first().map(|d| d.value), Some(date), "{}", text);
            }
        }
    }
}
