//! Amounts that recognition made unreadable: "22-60", "1O.5O", "96. 20".

use std::ops::Range;

use rust_decimal::Decimal;

use crate::lexicon::currency_by_sign;
use crate::text::overlap;
use crate::value::PrintedNumber;

/// Decimals that every such amount has: without them a code or a date would be one as well.
const DECIMALS: usize = 2;

/// Longest one, digits.
const MAX_DIGITS: usize = 10;

/// What stands for decimal and group signs, misread or not.
const SIGNS: &str = " .,-:;'’·*~";

/// What `text`, recognised, may hold besides the numbers `read` in it: words, alone or two together,
/// that are an amount once letters are taken for the digits that they look like, and any sign before
/// the last two digits for the decimal sign.
pub(crate) fn misread_amounts(text: &str, read: &[PrintedNumber]) -> Vec<PrintedNumber> {
    let words: Vec<Range<usize>> = words(text).collect();
    let pairs = words.windows(2).filter_map(|w| match w {
        [first, second] => Some(first.start..second.end),
        _ => None,
    });
    let mut found: Vec<PrintedNumber> = Vec::new();
    for range in pairs.chain(words.iter().cloned()) {
        let taken = |r: &Range<usize>| overlap(r, &range);
        if found.iter().any(|n| taken(&n.range)) {
            continue;
        }
        let Some((value, range)) = amount(text, &range) else { continue };
        // What was read as an amount stays what it is.
        let known =
            |n: &PrintedNumber| n.decimals as usize >= DECIMALS && overlap(&n.range, &range);
        if !read.iter().any(known) {
            let decimals = DECIMALS as u32;
            found.push(PrintedNumber { value, range, decimals, currency: None, percent: false });
        }
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.split_whitespace().map(|word| {
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        start..start + word.len()
    })
}

/// The amount that a word, from its first digit on, looks like.
fn amount(text: &str, range: &Range<usize>) -> Option<(Decimal, Range<usize>)> {
    let word = text.get(range.clone())?;
    // A currency may stand before it, nothing else.
    let start = word.find(|c: char| c.is_ascii_digit())?;
    let (before, printed) = word.split_at_checked(start)?;
    if before.chars().any(char::is_alphanumeric) && currency_by_sign(before).is_none() {
        return None;
    }
    let mut digits = String::new();
    // Digits behind the last signs, and whether those are more than a gap.
    let (mut behind, mut is_sign) = (0, false);
    for c in printed.chars() {
        if SIGNS.contains(c) {
            is_sign = !c.is_whitespace() || is_sign && behind == 0;
            behind = 0;
        } else {
            digits.push(if c.is_ascii_digit() { c } else { meant(c)? });
            behind += 1;
        }
    }
    let fits = behind == DECIMALS && is_sign && (DECIMALS + 1..=MAX_DIGITS).contains(&digits.len());
    let value = Decimal::new(digits.parse::<i64>().ok()?, DECIMALS as u32);
    fits.then_some((value, range.start + start..range.end))
}

/// The digit that a letter is taken for.
fn meant(letter: char) -> Option<char> {
    match letter {
        'O' | 'o' | 'D' | 'Q' => Some('0'),
        'I' | 'l' | 'i' | '|' => Some('1'),
        'Z' | 'z' => Some('2'),
        'S' | 's' => Some('5'),
        'G' | 'b' => Some('6'),
        'T' => Some('7'),
        'B' => Some('8'),
        'g' | 'q' => Some('9'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{NumberStyle, numbers};

    fn found(text: &str) -> Vec<String> {
        let read = numbers(text, NumberStyle::default());
        let amounts = misread_amounts(text, &read).into_iter();
        amounts.map(|n| format!("{} {}", n.value, text.get(n.range).unwrap())).collect()
    }

    #[test]
    fn signs_and_letters_that_were_misread_make_an_amount() {
        assert_eq!(found("Total 22-60"), ["22.60 22-60"]);
        assert_eq!(found("RM96. 20"), ["96.20 96. 20"]);
        assert_eq!(found("Total 1O.5O"), ["10.50 1O.5O"]);
    }

    #[test]
    fn amounts_codes_and_dates_are_left_alone() {
        for text in ["Total 22.60", "REF-60", "12-05-2024", "Bill 7", "A4 12"] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
