//! How a document writes: voted once from all it shows, never guessed for a single value.

use std::collections::HashMap;

use jiff::civil::Date;

use crate::layout::{Layout, Place, Segment};
use crate::lexicon::{Label, countries, currency_by_sign, currency_decimals};
use crate::patterns::NUMBER;
use crate::value::{DateOrder, NumberStyle, PrintedDate, dates, is_group, numbers};

/// What the document's amounts and dates have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locale {
    pub(crate) numbers: NumberStyle,
    pub(crate) dates: DateOrder,
    /// Another date of the document, or the days between two of them, settles that order.
    pub(crate) dates_proven: bool,
    /// The currency with the share of votes it got.
    pub(crate) currency: Option<CurrencyVote>,
}

/// The elected currency.
#[derive(Clone, Debug)]
pub(crate) struct CurrencyVote {
    /// ISO 4217.
    pub(crate) code: &'static str,
    /// Share of all votes, 0 to 1.
    pub(crate) share: f64,
    /// Stands beside an amount or behind a label.
    pub(crate) firm: bool,
    /// Where its best witness stands.
    pub(crate) place: Place,
    pub(crate) raw: String,
}

/// Votes of a currency named by a label ("Devise : EUR") against one beside an amount.
const LABELLED_VOTES: f64 = 20.0;

/// Votes of a bare code or word ("Montants en Euros") that stands beside no amount.
const LOOSE_VOTES: f64 = 0.3;

impl Locale {
    /// Elects the locale from the segments that `considered` keeps.
    pub(crate) fn of(layout: &Layout, considered: impl Fn(&Segment) -> bool) -> Self {
        let mut signs: HashMap<char, usize> = HashMap::new();
        let mut seen: Vec<PrintedDate> = Vec::new();
        let mut currencies: Vec<(CurrencyVote, f64)> = Vec::new();
        for segment in layout.segments.iter().filter(|s| considered(s)) {
            for number in NUMBER.find_iter(&segment.text) {
                if let Some(sign) = certain_decimal_sign(number.as_str()) {
                    *signs.entry(sign).or_default() += 1;
                }
            }
            if seen.len() < MAX_DATES {
                seen.extend(dates(&segment.text, DateOrder::DayFirst));
            }
            vote_currency(segment, &mut currencies);
        }
        let currency = elected(currencies);
        let code = currency.as_ref().map(|c| c.code);
        let count = |sign| signs.get(&sign).copied().unwrap_or(0);
        let decimal = match count(',').cmp(&count('.')) {
            std::cmp::Ordering::Greater => Some(','),
            std::cmp::Ordering::Less => Some('.'),
            std::cmp::Ordering::Equal => None,
        };
        // Only the United States write the month first in digits, and print dollars.
        let proven = proven_order(&seen);
        let american = proven.is_none() && code == Some("USD") && decimal != Some(',');
        let usual = if american { DateOrder::MonthFirst } else { DateOrder::DayFirst };
        Self {
            numbers: NumberStyle {
                decimal,
                three_decimals: code.is_some_and(|c| currency_decimals(c) == 3),
            },
            dates: proven.unwrap_or(usual),
            dates_proven: proven.is_some(),
            currency,
        }
    }
}

/// Dates that are compared; a document's header has a handful.
const MAX_DATES: usize = 40;

/// Days that lie between the dates of an invoice: terms of payment, and none.
const TERMS_DAYS: [i32; 14] = [7, 8, 10, 14, 15, 20, 21, 28, 30, 31, 45, 60, 61, 90];

/// The order that a date with a day over twelve proves, or one in which the days between two dates
/// are a usual term where in the other they are not.
fn proven_order(seen: &[PrintedDate]) -> Option<DateOrder> {
    let proofs = |order| seen.iter().filter(|d| d.proves == Some(order)).count();
    let orders = [DateOrder::YearDayMonth, DateOrder::MonthFirst, DateOrder::DayFirst];
    let best = orders.into_iter().max_by_key(|order| proofs(*order)).filter(|o| proofs(*o) > 0);
    best.or_else(|| order_by_terms(seen))
}

/// `seen` was read day first, and year-month-day.
fn order_by_terms(seen: &[PrintedDate]) -> Option<DateOrder> {
    let swappable: Vec<&PrintedDate> = seen.iter().filter(|d| d.other.is_some()).collect();
    let is_term = |a: Date, b: Date| TERMS_DAYS.contains(&(b - a).get_days().abs());
    let (mut as_read, mut swapped) = (0, 0);
    for (at, a) in swappable.iter().enumerate() {
        for b in swappable.iter().skip(at + 1).filter(|b| b.ambiguous == a.ambiguous) {
            let others = a.other.zip(b.other);
            let (read, swap) =
                (is_term(a.value, b.value), others.is_some_and(|(a, b)| is_term(a, b)));
            as_read += usize::from(read && !swap);
            swapped += usize::from(swap && !read);
        }
    }
    let year_first = swappable.iter().all(|d| !d.ambiguous);
    match as_read.cmp(&swapped) {
        std::cmp::Ordering::Less if year_first => Some(DateOrder::YearDayMonth),
        std::cmp::Ordering::Less => Some(DateOrder::MonthFirst),
        std::cmp::Ordering::Greater if !year_first => Some(DateOrder::DayFirst),
        _ => None,
    }
}

/// The decimal sign of a number that cannot be read in two ways.
fn certain_decimal_sign(number: &str) -> Option<char> {
    let signs: Vec<char> = number.chars().filter(|c| !c.is_ascii_digit()).collect();
    let last = *signs.last()?;
    let behind = number.chars().rev().take_while(char::is_ascii_digit).count();
    let repeated = signs.iter().filter(|c| **c == last).count() > 1;
    let mixed = signs.iter().any(|c| *c != last);
    let whole = number.get(..number.len() - behind - last.len_utf8()).unwrap_or("");
    let certain = !repeated && (behind == 2 || mixed || behind == 3 && !is_group(whole));
    ((last == ',' || last == '.') && certain).then_some(last)
}

fn vote_currency(segment: &Segment, votes: &mut Vec<(CurrencyVote, f64)>) {
    let mut vote = |code: &'static str, weight: f64, range: &std::ops::Range<usize>| match votes
        .iter_mut()
        .find(|(v, _)| v.code == code)
    {
        Some((_, sum)) => *sum += weight,
        None => {
            let raw = segment.text.get(range.clone()).unwrap_or("").to_owned();
            let place = segment.place(range);
            votes.push((CurrencyVote { code, share: 0.0, firm: false, place, raw }, weight));
        }
    };
    for number in numbers(&segment.text, NumberStyle::default()) {
        if let Some(code) = number.currency {
            vote(code, 1.0, &number.range);
        }
    }
    let labelled = segment.labels.iter().any(|h| h.strength(Label::Currency) > 0.0);
    for (word, range) in segment.words() {
        let bare = word.trim_matches(|c: char| "()[]:,.;".contains(c));
        let code = currency_by_sign(bare).filter(|_| bare.chars().count() > 2 || bare == "€");
        if let Some(code) = code {
            vote(code, if labelled { LABELLED_VOTES } else { LOOSE_VOTES }, &range);
        }
    }
}

fn elected(votes: Vec<(CurrencyVote, f64)>) -> Option<CurrencyVote> {
    let total: f64 = votes.iter().map(|(_, weight)| weight).sum();
    let (vote, weight) = votes.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(CurrencyVote { share: weight / total, firm: weight >= 1.0, ..vote })
}

/// The currency that the country of `vat_id` uses, where the document names none.
pub(crate) fn currency_of_vat_id(vat_id: &str) -> Option<&'static str> {
    let prefix = vat_id.get(..2)?;
    countries().iter().find(|c| c.vat_prefix == prefix).map(|c| c.currency.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn locale(lines: &[&str]) -> Locale {
        Locale::of(&Layout::of(&sample::document(lines)), |_| true)
    }

    #[test]
    fn amounts_vote_for_the_decimal_sign() {
        assert_eq!(locale(&["12,50 €", "1.234,00 €", "3.500 €"]).numbers.decimal, Some(','));
        assert_eq!(locale(&["1,234.00"]).numbers.decimal, Some('.'));
        assert_eq!(locale(&["1.234"]).numbers.decimal, None);
    }

    #[test]
    fn one_day_over_twelve_settles_the_order_of_all_dates() {
        assert_eq!(locale(&["11/03/2017", "11/17/2017"]).dates, DateOrder::MonthFirst);
        assert_eq!(locale(&["11/03/2017"]).dates, DateOrder::DayFirst);
        assert_eq!(locale(&["11/03/2017  $ 5.00"]).dates, DateOrder::MonthFirst);
    }

    #[test]
    fn the_days_between_two_dates_settle_their_order() {
        let terms = locale(&["Date 11/07/2017", "Due 01/06/2018"]);
        assert_eq!((terms.dates, terms.dates_proven), (DateOrder::MonthFirst, true));
        let swapped = locale(&["Date 2017-07-11", "Due 2018-06-01"]);
        assert_eq!(swapped.dates, DateOrder::YearDayMonth);
        let usual = locale(&["Date 2017-11-07", "Due 2018-01-06"]);
        assert_eq!(usual.dates, DateOrder::DayFirst);
        assert!(!locale(&["Date 11/07/2017"]).dates_proven);
    }

    #[test]
    fn a_named_currency_outvotes_signs() {
        assert_eq!(locale(&["5,00 €", "6,00 €"]).currency.unwrap().code, "EUR");
        assert_eq!(locale(&["Währung: GBP", "5,00 €", "6,00 €"]).currency.unwrap().code, "GBP");
        assert!(locale(&["Total 1 250,500 DT"]).numbers.three_decimals);
    }
}
