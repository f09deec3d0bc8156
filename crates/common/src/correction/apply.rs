//! A result with what people put right in it.

use serde_json::{Map, Value, json};

use super::Correction;
use super::field::{Path, entry_of};

/// What stands as `source.derived` of a value that a person gave.
const RULE: &str = "correction";

/// A person's word is taken.
const CERTAIN: f64 = 1.0;

/// `result` with `corrections` in their order. Those that name what there is not are passed over, which none does
/// that was admitted by `StatusRecord::corrected`.
pub(crate) fn applied<'a>(
    mut result: Value,
    corrections: impl IntoIterator<Item = &'a Correction>,
) -> Value {
    for correction in corrections {
        for change in &correction.changes {
            if let Ok(path) = change.field.parse() {
                put(&mut result, path, change.new.as_deref());
                settle(&mut result, |reason| reason["field"] == change.field.as_str());
            }
        }
        if correction.reviewed {
            settle(&mut result, |_| true);
        }
        if let Some(members) = result.as_object_mut() {
            let about = json!({"revision": correction.revision, "at": correction.at});
            members.insert("corrected".to_owned(), about);
        }
    }
    result
}

/// The value at `path` of a result; `None` where it says nothing. `Err` with the number of entries where `path` is of
/// an entry that is not there and could not be added next.
pub(crate) fn value_at(result: &Value, path: Path) -> Result<Option<&str>, usize> {
    let invoice = result.get("invoice");
    let field = match path {
        Path::Header(dotted) => invoice
            .and_then(|invoice| dotted.split('.').try_fold(invoice, |value, name| value.get(name))),
        Path::Entry { list, index, name } => {
            let entries = invoice.and_then(|invoice| invoice.get(list)).and_then(Value::as_array);
            let count = entries.map_or(0, Vec::len);
            if index > count {
                return Err(count);
            }
            entries.and_then(|entries| entries.get(index)).and_then(|entry| entry.get(name))
        }
    };
    Ok(field.and_then(|field| field.get("value")).and_then(Value::as_str))
}

fn put(result: &mut Value, path: Path, new: Option<&str>) {
    let field = match new {
        Some(value) => {
            json!({"value": value, "confidence": CERTAIN, "source": {"derived": RULE}})
        }
        None => Value::Null,
    };
    let Some(invoice) = member(result, "invoice") else { return };
    match path {
        Path::Header(dotted) => match dotted.split_once('.') {
            Some((section, name)) => set(member(invoice, section), name, field),
            None => set(Some(invoice), dotted, field),
        },
        Path::Entry { list, index, name } => {
            let Some(members) = invoice.as_object_mut() else { return };
            let entries = members.entry(list).or_insert_with(|| Value::Array(Vec::new()));
            let Some(entries) = entries.as_array_mut() else { return };
            if index == entries.len() {
                let empty =
                    entry_of(list).iter().map(|(name, _)| ((*name).to_owned(), Value::Null));
                entries.push(Value::Object(empty.collect()));
            }
            set(entries.get_mut(index), name, field);
        }
    }
}

/// The object `name` of `value`, made where there is none.
fn member<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let members = value.as_object_mut()?;
    Some(members.entry(name).or_insert_with(|| Value::Object(Map::new())))
}

fn set(object: Option<&mut Value>, name: &str, field: Value) {
    if let Some(members) = object.and_then(Value::as_object_mut) {
        members.insert(name.to_owned(), field);
    }
}

/// Takes the reasons of a review away that are `settled`.
fn settle(result: &mut Value, settled: impl Fn(&Value) -> bool) {
    let Some(review) = result.get_mut("review").and_then(Value::as_object_mut) else { return };
    if let Some(reasons) = review.get_mut("reasons").and_then(Value::as_array_mut) {
        reasons.retain(|reason| !settled(reason));
        let required = !reasons.is_empty();
        review.insert("required".to_owned(), required.into());
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::audit::Actor;
    use crate::correction::{Author, Change};

    fn correction(revision: u32, changes: &[(&str, Option<&str>)], reviewed: bool) -> Correction {
        let change = |(field, new): &(&str, Option<&str>)| Change {
            field: (*field).to_owned(),
            old: None,
            new: new.map(str::to_owned),
        };
        Correction {
            generation: 1,
            revision,
            at: Timestamp::UNIX_EPOCH,
            by: Author { actor: Actor::Anybody, name: None },
            reviewed,
            changes: changes.iter().map(change).collect(),
        }
    }

    fn read() -> Value {
        json!({
            "invoice": {
                "number": {"value": "F-7", "confidence": 0.5, "raw": "F-7",
                    "source": {"page": 1, "box": [0, 0, 1, 1]}},
                "totals": {"gross": null},
                "lines": [{"description": {"value": "a"}, "unit": null}],
            },
            "review": {"required": true, "reasons": [
                {"code": "confidence_low", "field": "number"}, {"code": "check_failed", "field": null},
            ]},
        })
    }

    fn at<'a>(result: &'a Value, path: &str) -> Result<Option<&'a str>, usize> {
        value_at(result, path.parse().unwrap())
    }

    #[test]
    fn a_corrected_value_is_certain_and_the_rest_stays() {
        let changes =
            [("number", Some("F-1")), ("totals.gross", Some("9.00")), ("seller.name", Some("x"))];
        let corrected = applied(read(), [&correction(1, &changes, false)]);
        let expected =
            json!({"value": "F-1", "confidence": 1.0, "source": {"derived": "correction"}});
        assert_eq!(corrected["invoice"]["number"], expected);
        assert_eq!(at(&corrected, "totals.gross"), Ok(Some("9.00")));
        assert_eq!(at(&corrected, "seller.name"), Ok(Some("x")), "a section that was left out");
        assert_eq!(corrected["invoice"]["lines"], read()["invoice"]["lines"]);
        assert_eq!(corrected["corrected"], json!({"revision": 1, "at": "1970-01-01T00:00:00Z"}));
        let reasons = corrected["review"]["reasons"].as_array().unwrap();
        assert_eq!((reasons.len(), &reasons[0]["code"]), (1, &"check_failed".into()));
        assert_eq!(corrected["review"]["required"], true);
    }

    #[test]
    fn the_last_word_counts_and_null_is_one() {
        let corrections = [
            correction(1, &[("number", Some("F-1"))], false),
            correction(2, &[("number", None), ("lines.0.description", Some("b"))], true),
        ];
        let corrected = applied(read(), &corrections);
        assert_eq!(corrected["invoice"]["number"], Value::Null);
        assert_eq!(at(&corrected, "lines.0.description"), Ok(Some("b")));
        assert_eq!(corrected["review"], json!({"required": false, "reasons": []}));
        assert_eq!(corrected["corrected"]["revision"], 2);
    }

    #[test]
    fn a_list_grows_by_the_next_entry_only() {
        assert_eq!(at(&read(), "lines.1.unit"), Ok(None));
        assert_eq!(at(&read(), "lines.2.unit"), Err(1));
        assert_eq!(at(&read(), "charges.1.label"), Err(0));
        let changes = [("lines.1.unit", Some("kg")), ("charges.0.label", Some("Timbre"))];
        let corrected = applied(read(), [&correction(1, &changes, false)]);
        let line = &corrected["invoice"]["lines"][1];
        assert_eq!((&line["unit"]["value"], &line["net_amount"]), (&"kg".into(), &Value::Null));
        assert_eq!(line.as_object().unwrap().len(), 8, "an entry has all that the contract says");
        assert_eq!(at(&corrected, "charges.0.label"), Ok(Some("Timbre")));
    }

    #[test]
    fn what_is_no_result_stays_what_it_is() {
        let changes = [("number", Some("F-1")), ("lines.0.unit", Some("kg"))];
        for odd in [json!(null), json!([1]), json!("text")] {
            assert_eq!(applied(odd.clone(), [&correction(1, &changes, true)]), odd);
        }
    }
}
