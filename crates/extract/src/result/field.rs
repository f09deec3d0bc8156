//! One value with its confidence and its place.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use common::page::BoundingBox;

/// Probabilities are published with four digits: more would be noise, and shorter JSON reads better.
const CONFIDENCE_STEPS: f64 = 10_000.0;

/// Boxes are published with five digits: a hundredth of a pixel on an A4 page at 100 DPI.
const BOX_STEPS: f32 = 100_000.0;

/// One value as the contract publishes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field<T> {
    /// The normalised value.
    pub value: T,
    /// Probability that the value is right.
    pub confidence: Confidence,
    /// The text as read, before normalisation; absent for derived values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Where it comes from.
    pub source: Source,
}

impl<T> Field<T> {
    /// The same place and confidence with another value, e.g. its published form.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        Field {
            value: change(self.value),
            confidence: self.confidence,
            raw: self.raw,
            source: self.source,
        }
    }
}

/// Where a value was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Source {
    /// On a page.
    Page {
        /// 1 for the first page.
        page: u32,
        /// `[x0, y0, x1, y1]`, fractions of the upright page.
        #[serde(rename = "box")]
        bbox: [f32; 4],
    },
    /// In the embedded e-invoice.
    Xml {
        /// The EN 16931 business term, e.g. `BT-1`.
        xml: String,
    },
    /// Computed from other values.
    Derived {
        /// The rule, e.g. `BR-CO-15`.
        derived: String,
    },
}

impl Source {
    /// A place on page `number` (1 for the first); any box is made a legal one.
    #[must_use]
    pub fn page(number: u32, bbox: BoundingBox) -> Self {
        let BoundingBox([x0, y0, x1, y1]) = bbox;
        let BoundingBox(legal) = BoundingBox::new(x0, y0, x1, y1);
        Self::Page { page: number.max(1), bbox: legal.map(|v| (v * BOX_STEPS).round() / BOX_STEPS) }
    }

    /// A value computed by `rule`.
    #[must_use]
    pub fn derived(rule: &str) -> Self {
        Self::Derived { derived: rule.to_owned() }
    }
}

/// A probability, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Confidence(f64);

impl Confidence {
    /// Clamps to 0…1; what is not a number is no confidence at all.
    #[must_use]
    pub fn new(value: f64) -> Self {
        let legal = if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
        Self((legal * CONFIDENCE_STEPS).round() / CONFIDENCE_STEPS)
    }

    /// The probability, 0 to 1.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Serialize for Confidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

/// An amount, quantity or rate; published as a decimal string with a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub Decimal);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Display never uses an exponent; minus zero would be noise.
        let value = if self.0.is_zero() { self.0.abs() } else { self.0 };
        serializer.collect_str(&value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_published_as_page_and_box() {
        let source = Source::page(2, BoundingBox([0.1, f32::NAN, 7.0, 0.5]));
        let json = serde_json::to_string(&source).unwrap();
        assert_eq!(json, r#"{"page":2,"box":[0.1,0.0,1.0,0.5]}"#);
    }

    #[test]
    fn an_amount_is_published_as_a_decimal_string() {
        let json = serde_json::to_string(&Amount(Decimal::new(-123_450, 2))).unwrap();
        assert_eq!(json, r#""-1234.50""#);
    }

    #[test]
    fn a_confidence_is_always_a_probability() {
        assert_eq!(Confidence::new(f64::NAN).get(), 0.0);
        assert_eq!(Confidence::new(1.7).get(), 1.0);
        assert_eq!(Confidence::new(0.123_456).get(), 0.1235);
    }
}
