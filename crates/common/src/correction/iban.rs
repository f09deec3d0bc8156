//! Check digits of an IBAN (ISO 13616).

/// Whether `text` has the form of an IBAN (two letters, two digits, 10 to 30 letters and digits, upper case) and right
/// check digits.
pub(super) fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    let formed = (14..=34).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && bytes.iter().take(2).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit);
    // Country and check digits go to the end; letters count from 10.
    let turned = bytes.iter().skip(4).chain(bytes.iter().take(4));
    let remainder = turned.fold(0_u32, |sum, byte| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        _ => (sum * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97,
    });
    formed && remainder == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_right_check_digits_make_an_iban() {
        assert!(is_iban("DE89370400440532013000") && is_iban("GB82WEST12345698765432"));
        for bad in
            ["DE88370400440532013000", "de89370400440532013000", "DE89", "", "DE89 3704 0044"]
        {
            assert!(!is_iban(bad), "{bad}");
        }
    }
}
