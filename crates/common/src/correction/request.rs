//! What a client wants to be put right: read from the body of its request, and held against the contract.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use thiserror::Error;

use super::field::Path;

/// Values in one request: a whole invoice of twenty lines.
pub const MAX_CHANGES: usize = 200;

/// What is to be put right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Values, each at most once.
    pub values: Vec<WantedValue>,
    /// Whether a person has looked at everything.
    pub reviewed: bool,
}

/// One value. `None` is "the document does not say".
#[derive(Clone, PartialEq, Eq)]
pub struct WantedValue {
    /// Where.
    pub path: Path,
    /// What it has to be.
    pub value: Option<String>,
}

impl fmt::Debug for WantedValue {
    /// The field alone: values are what an invoice says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WantedValue({})", self.path)
    }
}

/// What cannot be put right as it was asked for. Names field and limit, never a value.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// No JSON, or none of this form.
    #[error(
        "the body has to be {{\"corrections\": [{{\"field\": …, \"value\": …}}], \"reviewed\": true or \
         false}}, each once and nothing else"
    )]
    Malformed,
    /// Neither a value nor that somebody looked.
    #[error("the body names no value and does not say that the result was reviewed")]
    Nothing,
    /// More values than one request may have.
    #[error("{seen} values are given; the limit is {limit}")]
    TooMany {
        /// Values allowed.
        limit: u64,
        /// Values given.
        seen: u64,
    },
    /// No value of a result.
    #[error("the field of corrections[{index}] is none that a result has")]
    UnknownField {
        /// Which of the list, from 0.
        index: usize,
    },
    /// The same value twice.
    #[error("{field} is given twice")]
    Twice {
        /// The field.
        field: Path,
    },
    /// Another type, or another form.
    #[error("{field} has to be null or {expected}")]
    BadValue {
        /// The field.
        field: Path,
        /// What it may be.
        expected: &'static str,
    },
    /// Longer than it may be.
    #[error("{field} has {seen} characters; the limit is {limit}")]
    TooLong {
        /// The field.
        field: Path,
        /// Characters allowed.
        limit: u64,
        /// Characters given.
        seen: u64,
    },
    /// An entry that a list does not have, and not the next one either.
    #[error(
        "{field} is of an entry that is not there; {seen} are, and one more may be added at a time"
    )]
    NoEntry {
        /// The field.
        field: Path,
        /// Entries of the list.
        seen: u64,
    },
    /// More than is kept of one document.
    #[error("the document's corrections have {seen} bytes with these; the limit is {limit}")]
    HistoryFull {
        /// Bytes allowed.
        limit: u64,
        /// Bytes with these.
        seen: u64,
    },
}

impl Refusal {
    /// The limit that was passed, and the value seen.
    #[must_use]
    pub fn bounds(&self) -> (Option<u64>, Option<u64>) {
        match *self {
            Self::TooMany { limit, seen }
            | Self::TooLong { limit, seen, .. }
            | Self::HistoryFull { limit, seen } => (Some(limit), Some(seen)),
            Self::NoEntry { seen, .. } => (Some(seen), None),
            Self::Malformed
            | Self::Nothing
            | Self::UnknownField { .. }
            | Self::Twice { .. }
            | Self::BadValue { .. } => (None, None),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow, default)]
    corrections: Vec<&'a RawValue>,
    #[serde(default)]
    reviewed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    field: String,
    // Null is a value, and has to be said.
    value: Value,
}

impl Wanted {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// [`Refusal`]; those that depend on the result come later.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let body = std::str::from_utf8(body).map_err(|_| Refusal::Malformed)?;
        let Body { corrections, reviewed } = object(body)?;
        if corrections.is_empty() && !reviewed {
            return Err(Refusal::Nothing);
        }
        if corrections.len() > MAX_CHANGES {
            let (limit, seen) = (MAX_CHANGES as u64, corrections.len() as u64);
            return Err(Refusal::TooMany { limit, seen });
        }
        let (mut values, mut named) = (Vec::with_capacity(corrections.len()), BTreeSet::new());
        for (index, item) in corrections.into_iter().enumerate() {
            let Item { field, value } = object(item.get())?;
            let path: Path = field.parse().map_err(|_| Refusal::UnknownField { index })?;
            if !named.insert(path) {
                return Err(Refusal::Twice { field: path });
            }
            values.push(WantedValue { path, value: legal(path, value)? });
        }
        Ok(Self { values, reviewed })
    }
}

/// Reads an object; the values of one in a list, which the library would take too, are none.
fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Refusal> {
    if !text.trim_start().starts_with('{') {
        return Err(Refusal::Malformed);
    }
    serde_json::from_str(text).map_err(|_| Refusal::Malformed)
}

fn legal(field: Path, value: Value) -> Result<Option<String>, Refusal> {
    let form = field.form();
    let bad = Refusal::BadValue { field, expected: form.expected() };
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => return Err(bad),
    };
    let (limit, seen) = (form.max_chars(), text.chars().count());
    if seen > limit {
        return Err(Refusal::TooLong { field, limit: limit as u64, seen: seen as u64 });
    }
    if form.admits(&text) { Ok(Some(text)) } else { Err(bad) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<Wanted, Refusal> {
        Wanted::read(body.to_string().as_bytes())
    }

    fn of(field: &str, value: &Value) -> Result<Wanted, Refusal> {
        read(&json!({"corrections": [{"field": field, "value": value}]}))
    }

    #[test]
    fn values_and_that_somebody_looked_are_read() {
        let body = json!({"corrections": [{"field": "lines.2.unit", "value": "kg"},
            {"field": "number", "value": null}], "reviewed": true});
        let wanted = read(&body).unwrap();
        let path = |text: &str| text.parse().unwrap();
        let kilo = WantedValue { path: path("lines.2.unit"), value: Some("kg".to_owned()) };
        let none = WantedValue { path: path("number"), value: None };
        assert_eq!(wanted, Wanted { values: vec![kilo, none], reviewed: true });
        assert!(read(&json!({"reviewed": true})).unwrap().values.is_empty());
        assert!(!format!("{wanted:?}").contains("kg"), "values are not for logs");
    }

    #[test]
    fn what_has_another_form_is_refused() {
        for body in [
            json!([]),
            json!({"corrections": {}}),
            json!({"correction": []}),
            json!({"corrections": [{"field": "number"}]}),
            json!({"corrections": [{"field": "number", "value": "1", "why": "x"}]}),
            json!({"corrections": [{"field": 7, "value": "1"}]}),
            json!({"corrections": [["number", "1"]]}),
            json!([[], true]),
            json!({"reviewed": 1}),
        ] {
            assert_eq!(read(&body), Err(Refusal::Malformed), "{body}");
        }
        let twice = b"{\"reviewed\":true,\"reviewed\":false}";
        for body in [&b""[..], b"{", b"{\"reviewed\":true}x", b"\xff", twice] {
            assert_eq!(Wanted::read(body), Err(Refusal::Malformed));
        }
        assert_eq!(read(&json!({})), Err(Refusal::Nothing));
        assert_eq!(read(&json!({"reviewed": false, "corrections": []})), Err(Refusal::Nothing));
    }

    #[test]
    fn unknown_fields_and_wrong_values_are_named_and_never_shown() {
        assert_eq!(of("totals.sum", &json!("1")), Err(Refusal::UnknownField { index: 0 }));
        for (field, value) in [
            ("totals.gross", json!(12.5)),
            ("totals.gross", json!("12,50")),
            ("issue_date", json!("yesterday")),
            ("number", json!(["F-1"])),
            ("kind", json!(true)),
            ("payment.iban", json!("DE00")),
        ] {
            let refusal = of(field, &value).unwrap_err();
            let message = refusal.to_string();
            assert!(matches!(refusal, Refusal::BadValue { .. }), "{field} {refusal:?}");
            assert!(message.starts_with(field) && !message.contains("yesterday"), "{message}");
        }
        let long = of("seller.name", &json!("é".repeat(2001))).unwrap_err();
        assert_eq!(long.bounds(), (Some(2000), Some(2001)));
        assert_eq!(long.to_string(), "seller.name has 2001 characters; the limit is 2000");
        assert!(of("seller.name", &json!("é".repeat(2000))).is_ok());
    }

    #[test]
    fn one_value_is_given_once_and_not_too_many_are() {
        let item = |field: &str| json!({"field": field, "value": null});
        let twice = read(&json!({"corrections": [item("number"), item("kind"), item("number")]}));
        assert_eq!(twice.unwrap_err().to_string(), "number is given twice");
        let many = |count: usize| -> Vec<Value> {
            (0..count).map(|n| item(&format!("lines.{n}.unit"))).collect()
        };
        assert!(read(&json!({"corrections": many(MAX_CHANGES)})).is_ok());
        let refused = read(&json!({"corrections": many(MAX_CHANGES + 1)})).unwrap_err();
        assert_eq!(refused, Refusal::TooMany { limit: 200, seen: 201 });
    }
}
