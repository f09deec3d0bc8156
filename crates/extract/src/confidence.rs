//! From a value's share among all candidates to the probability that it is right.
//!
//! The share says how the evidence compares, not how often it misleads. `data/calibration.toml`
//! holds, for each field, a logistic regression (Platt 1999) fitted by `scripts/train` on documents
//! whose layouts the weights had not been learned from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::result::Confidence;

/// Shares beyond this are told apart by rounding only.
const EXTREME: f64 = 1e-4;

/// Words that were read with less confidence are all as good as unread.
const UNREAD: f64 = 0.02;

/// The section for fields that have none of their own.
const DEFAULT: &str = "default";

/// How a field's probability follows from what is known of its value.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Calibration {
    bias: f64,
    /// For the log-odds of the share.
    share: f64,
    /// For the logarithm of the lowest word confidence.
    reading: f64,
}

static CALIBRATIONS: LazyLock<BTreeMap<String, Calibration>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "Invariant: the calibration is parsed by a test")]
    toml::from_str(include_str!("../data/calibration.toml")).expect("the calibration is valid")
});

/// The probability that the value of `field` is right. `share` is its share among all candidates,
/// `reading` the lowest confidence of its words, both 0 to 1.
pub(crate) fn calibrated(field: &str, share: f64, reading: f32) -> Confidence {
    let Some(by) = CALIBRATIONS.get(field).or_else(|| CALIBRATIONS.get(DEFAULT)) else {
        return Confidence::new(share * f64::from(reading));
    };
    let share = share.clamp(EXTREME, 1.0 - EXTREME);
    let odds = (share / (1.0 - share)).ln();
    let read = f64::from(reading).clamp(UNREAD, 1.0).ln();
    let logit = by.bias + by.share * odds + by.reading * read;
    Confidence::new(1.0 / (1.0 + (-logit).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_evidence_and_better_reading_never_lower_a_probability() {
        for (field, by) in CALIBRATIONS.iter() {
            assert!(by.share >= 0.0 && by.reading >= 0.0, "{field}");
            let (weak, strong) = (calibrated(field, 0.4, 0.9), calibrated(field, 0.9, 0.9));
            assert!(weak <= strong, "{field}");
            assert!(calibrated(field, 0.9, 0.5) <= strong, "{field}");
        }
        assert!(CALIBRATIONS.contains_key(DEFAULT));
    }

    #[test]
    fn nothing_is_certain() {
        assert!(calibrated("number", 1.0, 1.0).get() < 1.0);
        assert!(calibrated("number", 0.0, 0.0).get() < 0.5);
    }
}
