//! Numbers as they are printed: 1 234,56 · 1.234,56 · 1,234.56 · 1'234.56 · 1 234,567.

use std::ops::Range;

use rust_decimal::Decimal;

use crate::lexicon::currency_by_sign;
use crate::patterns::NUMBER;

/// How a document writes numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NumberStyle {
    /// Its decimal sign, where the document settles it.
    pub(crate) decimal: Option<char>,
    /// Amounts have three decimals (dinars).
    pub(crate) three_decimals: bool,
}

/// A number found in a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PrintedNumber {
    pub(crate) value: Decimal,
    /// Bytes of the number with its sign and currency.
    pub(crate) range: Range<usize>,
    /// Digits behind the decimal sign, as printed.
    pub(crate) decimals: u32,
    /// ISO 4217, where a sign or code stands beside it.
    pub(crate) currency: Option<&'static str>,
    /// A per cent sign follows.
    pub(crate) percent: bool,
}

/// Longest digit string that is an amount; longer ones are account numbers and fit no `Decimal`.
const MAX_DIGITS: usize = 15;

/// All numbers of `text`, left to right. Digits inside dates, codes and words are not numbers.
pub(crate) fn numbers(text: &str, style: NumberStyle) -> Vec<PrintedNumber> {
    NUMBER.find_iter(text).filter_map(|m| printed(text, m.range(), style)).collect()
}

/// Reads the digits, group and decimal signs of one number.
pub(crate) fn parse_number(text: &str, style: NumberStyle) -> Option<(Decimal, u32)> {
    let signs: Vec<(usize, char)> =
        text.char_indices().filter(|(_, c)| !c.is_ascii_digit()).collect();
    let decimal_at = match signs.as_slice() {
        [] => None,
        [.., (at, last)] => {
            let behind = text.len() - at - last.len_utf8();
            decimal_sign(&signs, text.get(..*at)?, *last, behind, style).then_some(*at)
        }
    };
    let group_signs = signs.iter().filter(|(at, _)| Some(*at) != decimal_at);
    let mut kinds: Vec<char> = group_signs.map(|(_, c)| normal(*c)).collect();
    kinds.dedup();
    if kinds.len() > 1 {
        return None;
    }
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let (whole, fraction) = match decimal_at {
        None => (digits(text), String::new()),
        Some(at) => (digits(text.get(..at)?), digits(text.get(at..)?)),
    };
    if whole.is_empty() || whole.len() + fraction.len() > MAX_DIGITS {
        return None;
    }
    let decimals = u32::try_from(fraction.len()).ok()?;
    let value = (whole + &fraction).parse::<i64>().ok()?;
    Some((Decimal::new(value, decimals), decimals))
}

/// Whether the last sign of a number is its decimal sign, with `behind` digits after it.
fn decimal_sign(
    signs: &[(usize, char)],
    whole: &str,
    last: char,
    behind: usize,
    style: NumberStyle,
) -> bool {
    if last != ',' && last != '.' {
        return false;
    }
    let again = signs.iter().filter(|(_, c)| *c == last).count() > 1;
    let mixed = signs.iter().any(|(_, c)| *c != last);
    match behind {
        _ if again => false,
        3 if !mixed && !is_group(whole) => true,
        3 if !mixed => match style.decimal {
            Some(sign) => sign == last,
            None => style.three_decimals,
        },
        _ => true,
    }
}

/// Whether digits can stand before a group sign: "1234.567" and "0.567" have a decimal sign.
pub(crate) fn is_group(whole: &str) -> bool {
    whole.len() <= 3 && !whole.starts_with('0')
}

fn normal(c: char) -> char {
    match c {
        '\u{a0}' | '\u{202f}' => ' ',
        '’' => '\'',
        other => other,
    }
}

fn printed(text: &str, range: Range<usize>, style: NumberStyle) -> Option<PrintedNumber> {
    let (before, inside, after) =
        (text.get(..range.start)?, text.get(range.clone())?, text.get(range.end..)?);
    if !free_before(before) || !free_after(after) {
        return None;
    }
    let (value, decimals) = parse_number(inside, style)?;
    let (currency_before, lead) = currency_at_end(before);
    let (currency_after, tail) = currency_at_start(after);
    let percent = after.trim_start().starts_with('%');
    let negative = is_minus(before.get(..before.len() - lead)?)
        || is_minus(before)
        || after.get(tail..)?.starts_with('-') && !after.get(tail..)?.starts_with("--");
    Some(PrintedNumber {
        value: if negative { -value } else { value },
        range: range.start - lead..range.end + tail,
        decimals,
        currency: currency_after.or(currency_before),
        percent,
    })
}

/// Nothing that belongs to the same code or date stands before.
fn free_before(before: &str) -> bool {
    let mut behind = before.chars().rev();
    match behind.next() {
        None => true,
        Some('.' | ',' | '/' | ':' | '_' | '-' | '–' | '\'') => {
            !behind.next().is_some_and(|c| c.is_alphanumeric())
        }
        Some(c) if c.is_alphabetic() => currency_at_end(before).0.is_some(),
        Some(c) => !c.is_alphanumeric() && c != '#' && c != '@',
    }
}

/// Nothing that belongs to the same code or date follows.
fn free_after(after: &str) -> bool {
    let mut ahead = after.chars();
    match ahead.next() {
        None => true,
        Some('.' | ',' | '/' | ':' | '-' | '–' | '_' | '\'' | '’') => {
            !ahead.next().is_some_and(|c| c.is_alphanumeric())
        }
        Some(c) if c.is_alphabetic() => currency_at_start(after).0.is_some(),
        Some(c) => !c.is_alphanumeric(),
    }
}

/// The currency that ends `before`, with the bytes it takes up to the number.
fn currency_at_end(before: &str) -> (Option<&'static str>, usize) {
    let trimmed = before.trim_end();
    let start = trimmed
        .char_indices()
        .rev()
        .take_while(|(_, c)| !c.is_whitespace() && !c.is_ascii_digit() && !"()-–−+:".contains(*c))
        .last()
        .map_or(trimmed.len(), |(at, _)| at);
    let found = trimmed.get(start..).and_then(sign);
    (found, if found.is_some() { before.len() - start } else { 0 })
}

/// The currency that begins `after`, with the bytes it takes.
fn currency_at_start(after: &str) -> (Option<&'static str>, usize) {
    let trimmed = after.trim_start();
    let end = trimmed
        .char_indices()
        .find(|(_, c)| c.is_whitespace() || c.is_ascii_digit() || "()-–−+:,;/".contains(*c))
        .map_or(trimmed.len(), |(at, _)| at);
    let found = trimmed.get(..end).and_then(sign);
    (found, if found.is_some() { after.len() - trimmed.len() + end } else { 0 })
}

/// A bare `$` is most often the US dollar's.
fn sign(text: &str) -> Option<&'static str> {
    let text = text.trim_end_matches('.');
    if text == "$" { Some("USD") } else { currency_by_sign(text) }
}

fn is_minus(before: &str) -> bool {
    let trimmed = before.trim_end();
    let mut signs = trimmed.chars().rev();
    let minus = matches!(signs.next(), Some('-' | '−' | '–'));
    // "Pos - 12" has a dash between words; a minus stands alone or at the front.
    minus && (trimmed.len() == before.len() || signs.next().is_none_or(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<String> {
        let style = NumberStyle { decimal: Some(','), three_decimals: false };
        numbers(text, style).into_iter().map(|n| n.value.to_string()).collect()
    }

    #[test]
    fn each_way_of_writing_an_amount_is_read() {
        for text in ["1 234,56", "1.234,56", "1,234.56", "1'234.56", "1234,56", "1\u{202f}234,56"] {
            assert_eq!(read(text), ["1234.56"], "{text}");
        }
        let dinars = NumberStyle { decimal: None, three_decimals: true };
        assert_eq!(numbers("1 234,567", dinars)[0].value.to_string(), "1234.567");
        assert_eq!(numbers("234,567", dinars)[0].value.to_string(), "234.567");
    }

    #[test]
    fn three_digits_behind_the_only_sign_follow_the_document() {
        let parse = |decimal| {
            let style = NumberStyle { decimal, three_decimals: false };
            parse_number("1,234", style).unwrap().0.to_string()
        };
        assert_eq!(parse(Some(',')), "1.234");
        assert_eq!(parse(Some('.')), "1234");
        assert_eq!(parse(None), "1234");
        // No group of digits is that long, and none begins with a nought.
        for (text, value) in [("2554.000", "2554.000"), ("0,567", "0.567")] {
            let style = NumberStyle { decimal: Some('x'), three_decimals: false };
            assert_eq!(parse_number(text, style).unwrap().0.to_string(), value);
        }
    }

    #[test]
    fn currency_and_minus_belong_to_the_amount() {
        let all = numbers("- €14.00 | € -9,32 | 14,73- EUR | USD 5.00", NumberStyle::default());
        let read: Vec<_> = all.iter().map(|n| (n.value.to_string(), n.currency)).collect();
        let eur = Some("EUR");
        assert_eq!(read[0], ("-14.00".into(), eur));
        assert_eq!(read[1].0, "-9.32");
        assert_eq!(read[2].0, "-14.73");
        assert_eq!(read[3], ("5.00".into(), Some("USD")));
    }

    #[test]
    fn digits_of_dates_codes_and_words_are_no_amounts() {
        for text in ["01.06.2023", "A-1200", "RE-20171118/506", "2x4", "12:30", "FR76"] {
            assert_eq!(read(text), [] as [&str; 0], "{text}");
        }
        assert!(numbers("19,0 %", NumberStyle::default())[0].percent);
    }

    #[test]
    fn columns_set_close_are_not_one_number() {
        assert_eq!(read("2 43,29"), ["2", "43.29"]);
        assert_eq!(read("1  149,96"), ["1", "149.96"]);
    }

    proptest! {
        #[test]
        fn an_amount_survives_being_printed_in_any_style(cents in 0_i64..1_000_000_000_000, pick in 0_usize..5) {
            let (group, decimal) = [(" ", ","), (".", ","), (",", "."), ("'", "."), ("", ",")][pick];
            let whole = (cents / 100).to_string();
            let mut grouped = String::new();
            for (at, digit) in whole.chars().enumerate() {
                if at > 0 && (whole.len() - at) % 3 == 0 {
                    grouped.push_str(group);
                }
                grouped.push(digit);
            }
            let text = format!("{grouped}{decimal}{:02}", cents % 100);
            let read = numbers(&text, NumberStyle::default());
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!(read[0].value, Decimal::new(cents, 2));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,60}") {
            let style = NumberStyle { decimal: Some('.'), three_decimals: true };
            for number in numbers(&text, style) {
                prop_assert!(text.get(number.range).is_some());
            }
        }
    }
}
