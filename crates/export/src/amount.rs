//! Decimal numbers as they are written.

use rust_decimal::Decimal;

/// Decimals of an amount in EN 16931 (BR-DEC-01 and those after it): also of currencies that have three.
const AMOUNT_DECIMALS: u32 = 2;

/// Digits with a dot and no exponent; zero has no sign.
pub(crate) fn plain(value: Decimal) -> String {
    if value.is_zero() { value.abs().to_string() } else { value.to_string() }
}

/// An amount without decimals that say nothing beyond the second: 12.500 is 12.50, and 12.505 stays.
pub(crate) fn amount(value: Decimal) -> String {
    if value.scale() <= AMOUNT_DECIMALS {
        return plain(value);
    }
    let mut short = value.normalize();
    if short.scale() < AMOUNT_DECIMALS {
        short.rescale(AMOUNT_DECIMALS);
    }
    plain(short)
}

/// Whether EN 16931 can say the amount.
pub(crate) fn is_amount(value: Decimal) -> bool {
    value.normalize().scale() <= AMOUNT_DECIMALS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_its_decimals_up_to_the_second() {
        let written = |text: &str| amount(Decimal::from_str_exact(text).unwrap());
        for (text, expected) in [
            ("12", "12"),
            ("12.5", "12.5"),
            ("12.50", "12.50"),
            ("12.500", "12.50"),
            ("12.000", "12.00"),
            ("12.505", "12.505"),
            ("-0.000", "0.00"),
        ] {
            assert_eq!(written(text), expected);
        }
        assert!(is_amount(Decimal::new(12_500, 3)));
        assert!(!is_amount(Decimal::new(12_505, 3)));
    }
}
