//! What is shown of a result: each field, and what else was considered for it.
//!
//! Chosen values come from the published result alone, so that what is shown is what clients get, also
//! where a rule or a computation replaced what the clues had chosen.

use serde_json::Value;

use common::page::BoundingBox;
use extract::trace::{Considered, Decision};

use crate::command::table::{self, NOTHING};

/// Most rejected candidates shown for a field, the likeliest: more would hide the page.
const MAX_REJECTED: usize = 5;

/// Lowest score (log-odds) shown: below, a candidate is one of a hundred words that happen to have the
/// form of the field.
const MIN_SCORE: f64 = -5.0;

/// Boxes of the same place differ by less: published ones are rounded.
const SAME_PLACE: f32 = 0.000_1;

/// Longest value in the table, characters.
const MAX_VALUE_CHARS: usize = 60;

const HEADER: [&str; 6] = ["field", "value", "probability", "score", "page", "chosen"];

/// A value that is in the result or was considered for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    /// Dotted path in the result.
    pub(super) field: String,
    pub(super) value: String,
    /// Where it stands, or where the page shows what an e-invoice states; `None` for a computed value.
    pub(super) place: Option<Place>,
    /// Its probability in the result; `None` where it is not in it.
    pub(super) confidence: Option<f64>,
    /// Log-odds by its own clues; 0 is as likely as that the document does not show the field.
    pub(super) score: Option<f64>,
}

/// A box on a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// 1 for the first page.
    pub(super) page: u32,
    /// Fractions of the upright page.
    pub(super) bbox: BoundingBox,
}

impl Shown {
    /// Whether it is a part of a list (lines, rates): those are many, and alike.
    pub(super) fn is_listed(&self) -> bool {
        self.field.contains('[')
    }
}

/// Every value of `invoice` (as published), each with what else was considered for its field.
pub(super) fn shown(invoice: &Value, decisions: &[Decision]) -> Vec<Shown> {
    let mut all = Vec::new();
    walk("", invoice, &mut |path, field| {
        let chosen = field.and_then(|field| chosen(path, field));
        let considered = considered(path, decisions);
        let is_chosen = |c: &Considered| chosen.as_ref().is_some_and(|chosen| same(chosen, c));
        let rejected = considered.iter().filter(|c| !is_chosen(c)).take(MAX_REJECTED);
        let rejected: Vec<Shown> = rejected.map(|c| rejected_as(path, c)).collect();
        let read = considered.iter().find(|c| is_chosen(c));
        let score = read.map(|c| c.logit);
        // What an e-invoice states has no place of its own; the page shows it here.
        let place = read.and_then(|c| place_of(c));
        all.extend(chosen.clone().map(|chosen| Shown {
            score,
            place: chosen.place.or(place),
            ..chosen
        }));
        all.extend(rejected);
    });
    all
}

/// The table for the terminal; lists are left out.
pub(super) fn table(shown: &[Shown]) -> String {
    let rows = shown.iter().filter(|s| !s.is_listed()).map(|s| {
        let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
        vec![
            s.field.clone(),
            clipped(&s.value),
            or_nothing(s.confidence.map(percent)),
            or_nothing(s.score.map(|score| format!("{score:.1}"))),
            or_nothing(s.place.map(|place| place.page.to_string())),
            if s.confidence.is_some() { "yes".to_owned() } else { String::new() },
        ]
    });
    table::render(&HEADER, rows.collect())
}

/// A probability as people read it.
pub(super) fn percent(probability: f64) -> String {
    format!("{:.0} %", probability * 100.0)
}

/// Calls `visit` with the path of each field below `part`, and the field where there is one.
fn walk(path: &str, part: &Value, visit: &mut impl FnMut(&str, Option<&Value>)) {
    match part {
        Value::Null => visit(path, None),
        Value::Object(members) if members.contains_key("value") => visit(path, Some(part)),
        Value::Object(members) => {
            for (name, inner) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(&path, inner, visit);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                walk(&format!("{path}[{}]", index + 1), inner, visit);
            }
        }
        _ => {}
    }
}

fn chosen(path: &str, field: &Value) -> Option<Shown> {
    let value = match field.get("value")? {
        Value::String(text) => text.replace('\n', ", "),
        other => other.to_string(),
    };
    let source = field.get("source");
    let page = source.and_then(|s| s.get("page")).and_then(Value::as_u64);
    let sides = source.and_then(|s| s.get("box")).and_then(Value::as_array);
    let place = page.zip(sides).and_then(|(page, sides)| {
        let sides: Vec<f32> = sides.iter().filter_map(Value::as_f64).map(|v| v as f32).collect();
        let &[x0, y0, x1, y1] = sides.as_slice() else { return None };
        Some(Place { page: u32::try_from(page).ok()?, bbox: BoundingBox::new(x0, y0, x1, y1) })
    });
    let confidence = field.get("confidence").and_then(Value::as_f64);
    Some(Shown { field: path.to_owned(), value, place, confidence, score: None })
}

/// What was considered for the field at `path`, the likeliest first, each place once.
fn considered<'d>(path: &str, decisions: &'d [Decision]) -> Vec<&'d Considered> {
    let options = decisions.iter().flat_map(|decision| {
        let fits = |c: &&Considered| decision.fields.get(c.field).is_some_and(|f| is_at(f, path));
        decision.options.iter().filter(fits)
    });
    let mut found: Vec<&Considered> = options.filter(|c| c.logit > MIN_SCORE).collect();
    found.sort_by(|a, b| b.logit.total_cmp(&a.logit));
    let mut once: Vec<&Considered> = Vec::new();
    for option in found {
        let known = |c: &&Considered| {
            c.value == option.value && c.page == option.page && near(&c.bbox, &option.bbox)
        };
        if !once.iter().any(known) {
            once.push(option);
        }
    }
    once
}

/// Whether decisions call the field at `path` by `name`: `totals.net` is `net`, `seller.name` is
/// `seller_name`.
fn is_at(name: &str, path: &str) -> bool {
    let last = path.rsplit('.').next();
    !path.contains('[') && (last == Some(name) || path.replace('.', "_") == name)
}

fn rejected_as(path: &str, considered: &Considered) -> Shown {
    let place = place_of(considered);
    let (field, value) = (path.to_owned(), considered.value.clone());
    Shown { field, value, place, confidence: None, score: Some(considered.logit) }
}

/// What stands on no page is counted from 0.
fn place_of(considered: &Considered) -> Option<Place> {
    let (page, bbox) = (considered.page, considered.bbox);
    (page > 0).then_some(Place { page, bbox })
}

/// Whether a candidate is what was chosen: a value that stands at several places is one candidate.
fn same(chosen: &Shown, considered: &Considered) -> bool {
    let here = chosen.place.is_some_and(|Place { page, bbox }| {
        page == considered.page && near(&bbox, &considered.bbox)
    });
    here || chosen.value == considered.value
}

fn near(a: &BoundingBox, b: &BoundingBox) -> bool {
    a.0.iter().zip(&b.0).all(|(a, b)| (a - b).abs() < SAME_PLACE)
}

fn clipped(text: &str) -> String {
    if text.chars().count() <= MAX_VALUE_CHARS {
        return text.to_owned();
    }
    let kept: String = text.chars().take(MAX_VALUE_CHARS - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn option(value: &str, x0: f32, logit: f64) -> Considered {
        let bbox = BoundingBox::new(x0, 0.1, x0 + 0.1, 0.2);
        let (value, clues) = (value.to_owned(), Vec::new());
        Considered { field: 0, value, page: 1, bbox, reading: 1.0, logit, clues }
    }

    fn decision(field: &'static str, options: Vec<Considered>) -> Decision {
        Decision { fields: vec![field], options, combinations: Vec::new(), chosen: vec![None] }
    }

    fn said(shown: &[Shown]) -> Vec<(&str, &str, bool)> {
        let said = shown.iter();
        said.map(|s| (s.field.as_str(), s.value.as_str(), s.confidence.is_some())).collect()
    }

    #[test]
    fn a_field_is_followed_by_what_else_was_considered_for_it() {
        let invoice = json!({
            "number": {"value": "F-1", "confidence": 0.9,
                       "source": {"page": 1, "box": [0.5, 0.1, 0.6, 0.2]}},
            "due_date": null,
            "totals": {"due": {"value": "5.00", "confidence": 0.8, "source": {"derived": "x"}}},
        });
        let decisions = [
            decision(
                "number",
                vec![
                    option("F-2", 0.1, -1.0),
                    option("F-1", 0.500_01, 2.0),
                    option("F-1", 0.8, 2.5),
                    option("F-2", 0.1, -1.5),
                    option("F-3", 0.3, -9.0),
                ],
            ),
            decision("due_date", vec![option("2024-01-01", 0.2, -0.5)]),
            decision("due", vec![option("4.00", 0.7, 1.0)]),
        ];
        let shown = shown(&invoice, &decisions);
        let expected = [
            ("number", "F-1", true),
            ("number", "F-2", false),
            ("due_date", "2024-01-01", false),
            ("totals.due", "5.00", true),
            ("totals.due", "4.00", false),
        ];
        assert_eq!(said(&shown), expected);
        assert_eq!((shown[0].score, shown[1].score), (Some(2.5), Some(-1.0)));
        let table = table(&shown);
        let row = table.lines().find(|line| line.contains("F-1")).unwrap();
        assert!(row.contains("90 %") && row.contains("2.5") && row.contains("yes"), "{table}");
    }

    #[test]
    fn sections_of_the_weights_belong_to_paths_of_the_result() {
        for (name, path) in [
            ("net", "totals.net"),
            ("seller_vat_id", "seller.vat_id"),
            ("payment_reference", "payment.reference"),
            ("customer_number", "buyer.customer_number"),
        ] {
            assert!(is_at(name, path), "{name}");
        }
        assert!(!is_at("tax", "lines[1].tax") && !is_at("number", "buyer.customer_number"));
    }

    #[test]
    fn lists_are_drawn_and_not_tabled() {
        let source = json!({"page": 2, "box": [0, 0, 1, 1]});
        let field = json!({"value": "A\nB", "confidence": 1, "source": source});
        let shown = shown(&json!({"lines": [{"description": field}]}), &[]);
        assert_eq!(said(&shown), [("lines[1].description", "A, B", true)]);
        assert_eq!(shown[0].place.unwrap().page, 2);
        assert_eq!(table(&shown).lines().count(), 1);
    }
}
