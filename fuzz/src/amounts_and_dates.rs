//! Any text, through the parsers of values: amounts, dates, codes.

use std::ops::Range;

use extract::fuzzing::{Found, amounts, codes, days, missed_patterns};

/// Values stand where they are said to stand, and mean the same when they are written plainly.
pub fn amounts_and_dates(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for decimal in [None, Some(','), Some('.')] {
        for three_decimals in [false, true] {
            for amount in amounts(text, decimal, three_decimals) {
                assert_stands(&amount.range, text);
            }
        }
    }
    for found in days(text) {
        let mut end = 0;
        for Found { value, range } in found {
            assert_stands(&range, text);
            assert!(end <= range.start, "two dates share bytes of {text:?}");
            end = range.end;
            let iso = value.to_string();
            let [again, ..] = days(&iso);
            assert!(again.iter().any(|found| found.value == value), "{iso} from {text:?}");
        }
    }
    for (Found { value, range }, valid) in codes(text) {
        assert_stands(&range, text);
        assert!(!value.is_empty() && value.is_ascii(), "{value:?} from {text:?}");
        let again = codes(&value);
        let same = |(found, legal): &(Found<String>, bool)| *legal && found.value == value;
        assert!(!valid || again.iter().any(same), "{value:?} from {text:?}");
    }
    let missed = missed_patterns(text);
    assert!(missed.is_empty(), "{missed:?} in {text:?}");
}

fn assert_stands(range: &Range<usize>, text: &str) {
    let shown = text.get(range.clone());
    assert!(shown.is_some_and(|shown| !shown.is_empty()), "{range:?} of {text:?}");
}
