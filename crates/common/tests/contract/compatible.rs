//! What a change of the API's description breaks for clients of the earlier one.
//!
//! `contract/README.md` says what they rely on: fields and values may be added, nothing is renamed, removed or
//! given another meaning. So of what a client sends, the new description has to take all that the old one took;
//! of what it gets, the new one has to promise all that the old one promised.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Which way a value goes: what is taken may only grow, what is given only shrink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// From the client.
    In,
    /// To the client.
    Out,
}

/// Everything that `new` breaks for a client of `old`, a line each.
pub(crate) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Comparison { old, new, broken: Vec::new(), under_way: Vec::new() };
    for (path, operations) in members(&old["paths"]) {
        for (method, operation) in members(operations) {
            let name = format!("{method} {path}");
            match new["paths"].get(path).and_then(|operations| operations.get(method)) {
                None => found.broken.push(format!("{name}: removed")),
                Some(now) => found.operation(&name, operation, now),
            }
        }
    }
    found.broken
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    broken: Vec<String>,
    /// Pairs of references that are being compared: schemas may hold themselves.
    under_way: Vec<(String, String, Way)>,
}

impl<'a> Comparison<'a> {
    fn says(&mut self, place: &str, what: &str) {
        self.broken.push(format!("{place}: {what}"));
    }

    fn operation(&mut self, name: &str, old: &'a Value, new: &'a Value) {
        if old["operationId"] != new["operationId"] {
            self.says(name, "called otherwise, as generated clients see it");
        }
        if old["security"] != new["security"] {
            self.says(name, "asks for another scope");
        }
        self.parameters(name, old, new);
        self.body(name, &old["requestBody"], &new["requestBody"]);
        for (status, answer) in members(&old["responses"]) {
            // Fewer reasons to refuse break nothing.
            let Some(now) = new["responses"].get(status) else {
                if status.starts_with('2') {
                    self.says(name, &format!("answers no longer with {status}"));
                }
                continue;
            };
            let place = format!("{name} {status}");
            for (header, _) in members(&answer["headers"]) {
                if now["headers"].get(header).is_none() {
                    self.says(&place, &format!("without the header {header}"));
                }
            }
            self.content(&place, &answer["content"], &now["content"], Way::Out);
        }
    }

    fn parameters(&mut self, name: &str, old: &'a Value, new: &'a Value) {
        let key = |parameter: &'a Value| (parameter["in"].as_str(), parameter["name"].as_str());
        let (before, now) = (list(&old["parameters"]), list(&new["parameters"]));
        for parameter in before {
            let place = format!("{name} {}", parameter["name"].as_str().unwrap_or_default());
            match now.iter().find(|other| key(other) == key(parameter)) {
                None => self.says(&place, "removed"),
                Some(other) => {
                    if is_true(&other["required"]) && !is_true(&parameter["required"]) {
                        self.says(&place, "now required");
                    }
                    self.schema(&place, &parameter["schema"], &other["schema"], Way::In);
                }
            }
        }
        for parameter in now {
            let known = before.iter().any(|other| key(other) == key(parameter));
            if is_true(&parameter["required"]) && !known {
                let place = format!("{name} {}", parameter["name"].as_str().unwrap_or_default());
                self.says(&place, "new and required");
            }
        }
    }

    fn body(&mut self, name: &str, old: &'a Value, new: &'a Value) {
        if is_true(&new["required"]) && !is_true(&old["required"]) {
            self.says(name, "the body is now required");
        }
        self.content(&format!("{name} body"), &old["content"], &new["content"], Way::In);
    }

    fn content(&mut self, place: &str, old: &'a Value, new: &'a Value, way: Way) {
        for (media_type, content) in members(old) {
            let place = format!("{place} {media_type}");
            match new.get(media_type) {
                None => self.says(&place, "removed"),
                Some(now) => self.schema(&place, &content["schema"], &now["schema"], way),
            }
        }
    }

    fn schema(&mut self, place: &str, old: &'a Value, new: &'a Value, way: Way) {
        let names = (reference(old), reference(new));
        if let (Some(before), Some(now)) = names {
            let pair = (before.to_owned(), now.to_owned(), way);
            if self.under_way.contains(&pair) {
                return;
            }
            self.under_way.push(pair);
        }
        let (old, new) = (resolved(self.old, old), resolved(self.new, new));
        self.types(place, old, new, way);
        self.values(place, old, new, way);
        self.bounds(place, old, new, way);
        self.properties(place, old, new, way);
        if let (Some(before), Some(now)) = (old.get("items"), new.get("items")) {
            self.schema(&format!("{place}[]"), before, now, way);
        }
        for choice in ["oneOf", "anyOf", "allOf"] {
            self.choices(place, list(&old[choice]), list(&new[choice]), way);
        }
        if names.0.is_some() && names.1.is_some() {
            self.under_way.pop();
        }
    }

    fn types(&mut self, place: &str, old: &Value, new: &Value, way: Way) {
        let (before, now) = (words(&old["type"]), words(&new["type"]));
        // Without a word on it everything is possible.
        let narrower = |one: &BTreeSet<_>, other: &BTreeSet<_>| {
            other.is_empty() || (!one.is_empty() && one.is_subset(other))
        };
        let fits = match way {
            Way::In => narrower(&before, &now),
            Way::Out => narrower(&now, &before),
        };
        if !fits {
            self.says(place, &format!("was {before:?}, is {now:?}"));
        }
        if old["format"] != new["format"] {
            self.says(place, "has another format");
        }
        if old["const"] != new["const"] {
            self.says(place, "has another constant");
        }
    }

    /// Values may be added to what is given, as the contract says, and taken from nothing.
    fn values(&mut self, place: &str, old: &Value, new: &Value, way: Way) {
        let (before, now) = (list(&old["enum"]), list(&new["enum"]));
        let lost = before.iter().any(|value| !now.contains(value));
        if way == Way::In && !now.is_empty() && (before.is_empty() || lost) {
            self.says(place, "takes fewer values");
        }
        if way == Way::Out && !before.is_empty() && (now.is_empty() || lost) {
            self.says(place, "has lost values");
        }
    }

    fn bounds(&mut self, place: &str, old: &Value, new: &Value, way: Way) {
        if way == Way::Out {
            return;
        }
        let number = |schema: &Value, key: &str| schema[key].as_f64();
        for (key, infinite, sign) in [
            ("minimum", f64::NEG_INFINITY, 1.0),
            ("minLength", 0.0, 1.0),
            ("minItems", 0.0, 1.0),
            ("maximum", f64::INFINITY, -1.0),
            ("maxLength", f64::INFINITY, -1.0),
            ("maxItems", f64::INFINITY, -1.0),
        ] {
            let before = number(old, key).unwrap_or(infinite);
            let now = number(new, key).unwrap_or(infinite);
            if now * sign > before * sign {
                self.says(place, &format!("{key} is narrower: {before} became {now}"));
            }
        }
        if new.get("pattern").is_some() && old["pattern"] != new["pattern"] {
            self.says(place, "has another pattern");
        }
    }

    fn properties(&mut self, place: &str, old: &'a Value, new: &'a Value, way: Way) {
        for (name, property) in members(&old["properties"]) {
            let place = format!("{place}.{name}");
            match new["properties"].get(name) {
                None => self.says(&place, "removed"),
                Some(now) => self.schema(&place, property, now, way),
            }
        }
        let (before, now) = (words(&old["required"]), words(&new["required"]));
        let (missing, why) = match way {
            Way::In => (now.difference(&before), "now required"),
            Way::Out => (before.difference(&now), "no longer always there"),
        };
        for name in missing {
            self.says(&format!("{place}.{name}"), why);
        }
    }

    /// Each alternative of the side that is relied on has to fit one of the other side.
    fn choices(&mut self, place: &str, old: &'a [Value], new: &'a [Value], way: Way) {
        if old.is_empty() && (way == Way::Out || new.is_empty()) {
            return;
        }
        let fits = |one: &'a Value, other: &'a Value| {
            let (before, now) = if way == Way::In { (one, other) } else { (other, one) };
            let mut inner = Comparison {
                old: self.old,
                new: self.new,
                broken: Vec::new(),
                under_way: self.under_way.clone(),
            };
            inner.schema("", before, now, way);
            inner.broken.is_empty()
        };
        let (relied, offered) = if way == Way::In { (old, new) } else { (new, old) };
        let alone = relied.iter().filter(|one| !offered.iter().any(|other| fits(one, other)));
        let count = alone.count();
        if count > 0 || (way == Way::Out && new.is_empty()) {
            self.says(place, "has other alternatives");
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(key, value)| (key.as_str(), value))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A word or a list of words.
fn words(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::String(word) => BTreeSet::from([word.as_str()]),
        other => list(other).iter().filter_map(Value::as_str).collect(),
    }
}

fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true)
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    while let Some(place) = reference(schema).and_then(|name| name.strip_prefix('#')) {
        match document.pointer(place) {
            Some(found) => schema = found,
            None => break,
        }
    }
    schema
}
