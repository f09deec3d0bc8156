//! The published result as this crate reads it: the values alone, without places and probabilities.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use thiserror::Error;

/// The version of the contract that is read.
const SCHEMA: &str = "invoice.extracted/1";

/// Why a text cannot be exported. Nothing of the text is in the message.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ExportError {
    /// Not JSON, or not of the contract's form.
    #[error("the text is no result: line {line}, column {column}")]
    NotAResult {
        /// 1 for the first line.
        line: usize,
        /// 1 for the first character.
        column: usize,
    },
    /// A contract that this version does not know.
    #[error("the result is not of the version {SCHEMA}")]
    UnknownSchema,
}

/// A result.
#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    schema: String,
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) filename: Option<String>,
    pub(crate) invoice: Invoice,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) review: Review,
}

impl Document {
    /// Reads the JSON text of a result. Keys that are not known are passed over, those that are absent
    /// count as null.
    pub(crate) fn read(json: &str) -> Result<Self, ExportError> {
        let document: Self = serde_json::from_str(json).map_err(|error| {
            ExportError::NotAResult { line: error.line(), column: error.column() }
        })?;
        if document.schema == SCHEMA { Ok(document) } else { Err(ExportError::UnknownSchema) }
    }
}

/// Whether a person has to look.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Review {
    #[serde(default)]
    pub(crate) required: bool,
}

/// Null counts as absent.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A value of the contract, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field<T>(pub(crate) Option<T>);

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone> Field<T> {
    /// The value.
    pub(crate) fn get(&self) -> Option<T> {
        self.0.clone()
    }
}

impl<'de, T: Scalar> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Published {
            #[serde(default)]
            value: Option<serde_json::Value>,
        }
        let value = match Option::<Published>::deserialize(deserializer)?.and_then(|p| p.value) {
            None | Some(serde_json::Value::Null) => return Ok(Self(None)),
            Some(serde_json::Value::String(text)) => text,
            // Decimal strings are what the contract has; a number's digits are taken as they print.
            Some(serde_json::Value::Number(number)) => number.to_string(),
            Some(_) => return Err(D::Error::custom("a value is a text or a number")),
        };
        T::read(value).map(|value| Self(Some(value))).ok_or_else(|| D::Error::custom(Wrong))
    }
}

/// Says nothing of the value.
struct Wrong;

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is not of its field's form")
    }
}

/// What a field's text is read as.
pub(crate) trait Scalar: Sized {
    fn read(text: String) -> Option<Self>;
}

impl Scalar for String {
    fn read(text: String) -> Option<Self> {
        Some(text)
    }
}

impl Scalar for Decimal {
    fn read(text: String) -> Option<Self> {
        // `from_str_exact` refuses what has more digits than it holds, where `parse` rounds.
        Self::from_str_exact(&text).ok()
    }
}

impl Scalar for Date {
    fn read(text: String) -> Option<Self> {
        text.parse().ok()
    }
}

/// BT-3 as the contract has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Invoice,
    CreditNote,
    Receipt,
}

/// The contract's names.
const KINDS: [(Kind, &str); 3] =
    [(Kind::Invoice, "invoice"), (Kind::CreditNote, "credit_note"), (Kind::Receipt, "receipt")];

impl Kind {
    /// The contract's name.
    pub(crate) fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

impl Scalar for Kind {
    fn read(text: String) -> Option<Self> {
        KINDS.iter().find(|(_, name)| *name == text).map(|(kind, _)| *kind)
    }
}

/// What the document says; the contract says more of each field.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Invoice {
    pub(crate) kind: Field<Kind>,
    pub(crate) number: Field<String>,
    pub(crate) issue_date: Field<Date>,
    pub(crate) due_date: Field<Date>,
    pub(crate) delivery_date: Field<Date>,
    pub(crate) currency: Field<String>,
    pub(crate) purchase_order: Field<String>,
    pub(crate) description: Field<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) seller: Party,
    #[serde(deserialize_with = "or_default")]
    pub(crate) buyer: Party,
    #[serde(deserialize_with = "or_default")]
    pub(crate) payment: Payment,
    #[serde(deserialize_with = "or_default")]
    pub(crate) totals: Totals,
    #[serde(deserialize_with = "or_default")]
    pub(crate) tax_breakdown: Vec<Tax>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) charges: Vec<Charge>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) lines: Vec<Line>,
}

/// Seller or buyer; only a buyer has a customer number.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Party {
    pub(crate) name: Field<String>,
    pub(crate) address: Field<String>,
    pub(crate) country: Field<String>,
    pub(crate) vat_id: Field<String>,
    pub(crate) registration_id: Field<String>,
    pub(crate) email: Field<String>,
    pub(crate) phone: Field<String>,
    pub(crate) customer_number: Field<String>,
}

/// How to pay.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Payment {
    pub(crate) iban: Field<String>,
    pub(crate) bic: Field<String>,
    pub(crate) reference: Field<String>,
    pub(crate) terms: Field<String>,
}

/// Document totals.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Totals {
    pub(crate) net: Field<Decimal>,
    pub(crate) tax: Field<Decimal>,
    pub(crate) gross: Field<Decimal>,
    pub(crate) prepaid: Field<Decimal>,
    pub(crate) rounding: Field<Decimal>,
    pub(crate) due: Field<Decimal>,
}

/// VAT of one rate.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Tax {
    pub(crate) rate: Field<Decimal>,
    pub(crate) base: Field<Decimal>,
    pub(crate) amount: Field<Decimal>,
}

/// A charge outside VAT.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Charge {
    pub(crate) amount: Field<Decimal>,
}

/// An invoice line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Line {
    pub(crate) description: Field<String>,
    pub(crate) code: Field<String>,
    pub(crate) quantity: Field<Decimal>,
    pub(crate) unit: Field<String>,
    pub(crate) unit_price: Field<Decimal>,
    pub(crate) tax_rate: Field<Decimal>,
    pub(crate) net_amount: Field<Decimal>,
    pub(crate) gross_amount: Field<Decimal>,
}
