//! Codes that recognition read wrongly: other readings of a doubtful character, accepted only where
//! check digits leave exactly one.

/// Letters that recognition reads where digits stand. The other way round is left out: codes are mostly
/// digits, so it would offer many readings, of which one in a hundred passes any check by chance.
const CONFUSED: [(char, char); 10] = [
    ('O', '0'),
    ('D', '0'),
    ('Q', '0'),
    ('I', '1'),
    ('L', '1'),
    ('T', '7'),
    ('S', '5'),
    ('B', '8'),
    ('Z', '2'),
    ('G', '6'),
];

/// The one reading of `code`, which fails `is_valid`, that passes it: with one letter replaced by the
/// digit that it is confused with, or with all of its kind ("FR76 3OO0"). `None` where none or several
/// do.
pub(crate) fn repaired(code: &str, is_valid: impl Fn(&str) -> bool) -> Option<String> {
    let mut found: Option<String> = None;
    for reading in readings(code).filter(|r| is_valid(r)) {
        match &found {
            Some(known) if *known != reading => return None,
            _ => found = Some(reading),
        }
    }
    found
}

fn readings(code: &str) -> impl Iterator<Item = String> + '_ {
    CONFUSED.iter().flat_map(move |(letter, digit)| {
        let single = code.match_indices(*letter).map(move |(at, _)| {
            let (before, behind) = (code.get(..at), code.get(at + letter.len_utf8()..));
            format!("{}{digit}{}", before.unwrap_or(""), behind.unwrap_or(""))
        });
        let all = code.contains(*letter).then(|| code.replace(*letter, &digit.to_string()));
        single.chain(all)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::iban_is_valid;

    const RIGHT: &str = "FR1420041010050500013M02606";

    #[test]
    fn a_confused_character_is_put_right_by_the_check_digits() {
        let one = RIGHT.replacen("20041", "2O041", 1);
        assert_eq!(repaired(&one, iban_is_valid).as_deref(), Some(RIGHT));
        let several = "FR142OO41O1OO5O5OOO13MO26O6";
        assert_eq!(repaired(several, iban_is_valid).as_deref(), Some(RIGHT));
    }

    #[test]
    fn what_check_digits_leave_open_stays_as_it_was_read() {
        assert_eq!(repaired("1O2O3", |_| true), None, "several readings");
        assert_eq!(repaired("FR1420041010050500013M02607", iban_is_valid), None, "no reading");
    }
}
