//! `invoice-ocr decode`: CBOR on standard input, JSON on standard output.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ciborium::Value as Cbor;
use serde_json::{Map, Value, json};

use super::{CommandError, console};
use crate::exit::Exit;

/// Largest message: well above the broker's own limit of some megabytes.
const MAX_INPUT_BYTES: u64 = 64 * 1024 * 1024;

/// Runs the command.
///
/// # Errors
/// [`CommandError::BadInput`] when the input is neither one CBOR value nor a JSON document.
pub(crate) fn run() -> Result<Exit, CommandError> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_INPUT_BYTES).read_to_end(&mut bytes);
    read.map_err(|error| CommandError::BadInput(error.to_string()))?;
    console::json(&decode(&bytes).map_err(CommandError::BadInput)?)?;
    Ok(Exit::Done)
}

/// One CBOR value as JSON. A JSON object or array is passed through, since the same streams hold
/// both: as CBOR its first byte would announce more bytes than any message has.
///
/// What JSON cannot say: byte strings become `{"$bytes": "<base64>"}`, tags
/// `{"$tag": n, "value": …}`, numbers outside its range `{"$number": "<text>"}`, and map keys that
/// are not text their JSON text.
pub(crate) fn decode(bytes: &[u8]) -> Result<Value, String> {
    let mut rest = bytes;
    match ciborium::from_reader::<Cbor, _>(&mut rest) {
        Ok(value) if rest.is_empty() => Ok(to_json(value)),
        Ok(_) => Err(format!("{} bytes after the CBOR value", rest.len())),
        Err(error) => serde_json::from_slice(bytes).map_err(|_| format!("not CBOR: {error}")),
    }
}

/// A byte string in JSON.
pub(crate) fn bytes_to_json(bytes: &[u8]) -> Value {
    json!({ "$bytes": STANDARD.encode(bytes) })
}

fn to_json(value: Cbor) -> Value {
    match value {
        Cbor::Null => Value::Null,
        Cbor::Bool(flag) => Value::Bool(flag),
        Cbor::Text(text) => Value::String(text),
        Cbor::Bytes(bytes) => bytes_to_json(&bytes),
        Cbor::Integer(number) => {
            let number = i128::from(number);
            let small = i64::try_from(number).map(Value::from);
            small
                .or_else(|_| u64::try_from(number).map(Value::from))
                .unwrap_or_else(|_| json!({ "$number": number.to_string() }))
        }
        Cbor::Float(number) => serde_json::Number::from_f64(number)
            .map_or_else(|| json!({ "$number": number.to_string() }), Value::Number),
        Cbor::Array(items) => items.into_iter().map(to_json).collect(),
        Cbor::Map(entries) => Value::Object(
            entries.into_iter().map(|(key, value)| (key_text(key), to_json(value))).collect(),
        ),
        Cbor::Tag(tag, inner) => {
            let mut tagged = Map::new();
            tagged.insert("$tag".to_owned(), tag.into());
            tagged.insert("value".to_owned(), to_json(*inner));
            Value::Object(tagged)
        }
        other => json!({ "$unknown": format!("{other:?}") }),
    }
}

fn key_text(key: Cbor) -> String {
    match to_json(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &Cbor) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_json_cannot_say_has_a_documented_form() {
        let cbor = Cbor::Map(vec![
            (Cbor::Text("raw".into()), Cbor::Bytes(vec![0xFF, 0x00])),
            (Cbor::Integer(7.into()), Cbor::Float(f64::INFINITY)),
            (Cbor::Text("tag".into()), Cbor::Tag(1, Box::new(Cbor::Integer(u64::MAX.into())))),
        ]);
        let expected = json!({
            "raw": {"$bytes": "/wA="},
            "7": {"$number": "inf"},
            "tag": {"$tag": 1, "value": u64::MAX},
        });
        assert_eq!(decode(&encoded(&cbor)).unwrap(), expected);
    }

    #[test]
    fn json_passes_through() {
        assert_eq!(decode(br#"{"a": [1]}"#).unwrap(), json!({"a": [1]}));
    }

    #[test]
    fn cut_or_followed_input_is_an_error() {
        let bytes = encoded(&Cbor::Text("invoice".into()));
        assert!(decode(&bytes[..4]).unwrap_err().contains("not CBOR"));
        assert_eq!(
            decode(&[&bytes[..], &[0, 0]].concat()).unwrap_err(),
            "2 bytes after the CBOR value"
        );
        assert!(decode(b"").is_err());
    }
}
