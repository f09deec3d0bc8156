//! The text of a hints file to rules. Total: any text gives rules or says what is wrong with it.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::{Table, Value};

use super::field::HintField;
use super::{Anchor, FieldProblem, Hints, HintsError, Rule, Side, Supplier, SupplierProblem};
use crate::text::{compact, terms};

/// Most suppliers of a file; each is looked for in each document, and compiled expressions take
/// memory.
const MAX_SUPPLIERS: usize = 2_000;

/// Longest regular expression, characters.
const MAX_REGEX_CHARS: usize = 500;

/// Largest compiled regular expression, bytes: a dozen classes of letters of all scripts.
const MAX_REGEX_BYTES: usize = 1 << 19;

/// Largest cache of a regular expression while it searches, bytes; beyond, it goes on slower.
const MAX_REGEX_CACHE_BYTES: usize = 1 << 20;

/// Fewest letters and digits of a name or VAT id; shorter ones stand on nearly every page.
const MIN_KEY_CHARS: usize = 3;

/// Farthest that a value may stand from its label, text heights: a page has about a hundred.
const MAX_REACH: f64 = 200.0;

/// How far below its label a value stands where nothing else is said: a heading and one wrapped
/// line.
const BELOW_REACH: f32 = 4.0;

/// One entry of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSupplier {
    vat_id: Option<String>,
    name: Option<String>,
    #[serde(default)]
    fields: Table,
}

/// One field's rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    regex: Option<String>,
    label: Option<String>,
    place: Option<RawSide>,
    reach: Option<f64>,
    value: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawSide {
    Right,
    Below,
}

impl Hints {
    /// Reads and checks the text of a hints file.
    ///
    /// # Errors
    /// [`HintsError`]: the first thing that is wrong, with the supplier and field it is wrong with.
    pub fn parse(text: &str) -> Result<Self, HintsError> {
        let mut table: Table = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            HintsError::Syntax { line, message: one_line(error.message()) }
        })?;
        let entries = match table.remove("supplier") {
            Some(Value::Array(entries)) => entries,
            Some(_) => return Err(HintsError::NotSuppliers { seen: "supplier".to_owned() }),
            None => Vec::new(),
        };
        if let Some(seen) = table.into_iter().next().map(|(key, _)| key) {
            return Err(HintsError::NotSuppliers { seen });
        }
        if entries.len() > MAX_SUPPLIERS {
            let (seen, limit) = (entries.len(), MAX_SUPPLIERS);
            return Err(HintsError::TooManySuppliers { seen, limit });
        }
        let mut known = Known::default();
        let suppliers = entries.into_iter().enumerate().map(|(at, entry)| {
            let title = title(at, &entry);
            supplier(&title, entry, &mut known)
        });
        Ok(Self { suppliers: suppliers.collect::<Result<_, _>>()? })
    }
}

/// VAT ids and names that suppliers above have, with who has them.
#[derive(Default)]
struct Known {
    vat_ids: HashMap<String, String>,
    names: HashMap<String, String>,
}

/// How messages call an entry: its place, and what its author called it.
fn title(at: usize, entry: &Value) -> String {
    let text = |key| entry.get(key).and_then(Value::as_str);
    match text("name").or(text("vat_id")) {
        Some(called) => format!("supplier {} ({})", at + 1, one_line(called)),
        None => format!("supplier {}", at + 1),
    }
}

fn supplier(title: &str, entry: Value, known: &mut Known) -> Result<Supplier, HintsError> {
    let wrong = |problem| HintsError::Supplier { supplier: title.to_owned(), problem };
    let raw = RawSupplier::deserialize(entry)
        .map_err(|error| wrong(SupplierProblem::Malformed(one_line(error.message()))))?;
    let vat_id = raw.vat_id.as_deref().map(compact);
    let name: Vec<String> = raw
        .name
        .as_deref()
        .map_or_else(Vec::new, |name| terms(name).into_iter().map(|term| term.text).collect());
    if raw.vat_id.is_none() && raw.name.is_none() {
        return Err(wrong(SupplierProblem::Nameless));
    }
    let keys = [
        ("vat_id", raw.vat_id, vat_id.clone(), &mut known.vat_ids),
        ("name", raw.name, Some(name.join(" ")), &mut known.names),
    ];
    for (key, value, normal, known) in keys {
        let (Some(value), Some(normal)) = (value, normal) else { continue };
        if normal.chars().filter(|c| *c != ' ').count() < MIN_KEY_CHARS {
            let limit = MIN_KEY_CHARS;
            return Err(wrong(SupplierProblem::TooShort { key, value, limit }));
        }
        if let Some(earlier) = known.insert(normal, title.to_owned()) {
            return Err(wrong(SupplierProblem::Duplicate { key, value, earlier }));
        }
    }
    let mut rules = Vec::new();
    collect(title, "", raw.fields, &mut rules)?;
    if rules.is_empty() {
        return Err(wrong(SupplierProblem::NoFields));
    }
    Ok(Supplier { vat_id, name, rules })
}

/// Walks down to the rules: `totals.net = …` is a table in a table.
fn collect(
    title: &str,
    group: &str,
    fields: Table,
    rules: &mut Vec<(HintField, Rule)>,
) -> Result<(), HintsError> {
    for (key, value) in fields {
        let path = if group.is_empty() { key } else { format!("{group}.{key}") };
        let wrong = |problem| HintsError::Field {
            supplier: title.to_owned(),
            field: one_line(&path),
            problem,
        };
        match (HintField::at(&path), value) {
            (Some(field), value) => {
                let raw = RawRule::deserialize(value)
                    .map_err(|error| wrong(FieldProblem::Malformed(one_line(error.message()))))?;
                rules.push((field, rule(field, raw).map_err(wrong)?));
            }
            (None, Value::Table(inner)) if HintField::is_group(&path) => {
                collect(title, &path, inner, rules)?;
            }
            (None, _) => return Err(wrong(FieldProblem::Unknown)),
        }
    }
    Ok(())
}

fn rule(field: HintField, raw: RawRule) -> Result<Rule, FieldProblem> {
    let RawRule { regex, label, place, reach, value } = raw;
    if label.is_none() && (place.is_some() || reach.is_some()) {
        return Err(FieldProblem::NoLabelForPlace);
    }
    match (regex, label, value) {
        (Some(pattern), None, None) => Ok(Rule::Regex(expression(&pattern)?)),
        (None, Some(label), None) => Ok(Rule::Label(anchor(&label, place, reach)?)),
        (None, None, Some(value)) if field.is_fixable() => match field.kind().fixed(&value) {
            Ok(value) => Ok(Rule::Fixed(value)),
            Err(expected) => Err(FieldProblem::BadValue { value, expected }),
        },
        (None, None, Some(_)) => Err(FieldProblem::NotFixable),
        (regex, label, value) => {
            let seen = [regex, label, value].iter().flatten().count();
            Err(FieldProblem::NotOneRule { seen })
        }
    }
}

fn expression(pattern: &str) -> Result<Regex, FieldProblem> {
    let seen = pattern.chars().count();
    if seen > MAX_REGEX_CHARS {
        return Err(FieldProblem::RegexTooLong { seen, limit: MAX_REGEX_CHARS });
    }
    let mut builder = RegexBuilder::new(pattern);
    let limited = builder.size_limit(MAX_REGEX_BYTES).dfa_size_limit(MAX_REGEX_CACHE_BYTES);
    let regex = limited.build().map_err(|error| {
        // The message shows the expression over several lines and ends with the reason.
        let message = error.to_string();
        let reason = message.lines().last().unwrap_or_default();
        FieldProblem::BadRegex(reason.trim_start_matches("error: ").to_owned())
    })?;
    // The whole match counts as one.
    match regex.captures_len() - 1 {
        1 => Ok(regex),
        seen => Err(FieldProblem::NotOneGroup { seen }),
    }
}

fn anchor(label: &str, place: Option<RawSide>, reach: Option<f64>) -> Result<Anchor, FieldProblem> {
    let label: Vec<String> = terms(label).into_iter().map(|term| term.text).collect();
    if label.is_empty() {
        return Err(FieldProblem::EmptyLabel);
    }
    let side = match place {
        Some(RawSide::Below) => Side::Below,
        Some(RawSide::Right) | None => Side::Right,
    };
    let reach = match reach {
        Some(seen) if seen > 0.0 && seen <= MAX_REACH => seen as f32,
        Some(seen) => return Err(FieldProblem::ReachOutOfRange { seen, limit: MAX_REACH }),
        // To the end of the row.
        None if side == Side::Right => MAX_REACH as f32,
        None => BELOW_REACH,
    };
    Ok(Anchor { label, side, reach })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(text: &str) -> String {
        Hints::parse(text).unwrap_err().to_string()
    }

    fn field(rule: &str) -> String {
        format!("[[supplier]]\nname = \"Dupont SA\"\n[supplier.fields]\n{rule}\n")
    }

    #[test]
    fn each_kind_of_rule_is_read() {
        let hints = Hints::parse(&format!(
            "{}{}",
            field("number = { regex = 'Dossier\\s+(\\S+)' }\ntotals.gross = { label = \"À régler\" }\n\
                   due_date = { label = \"Limite\", place = \"below\", reach = 2.5 }"),
            "[[supplier]]\nvat_id = \"FR 40 303 265 045\"\nfields.seller.name = { value = \"D\u{fc}pont\" }\n"
        ))
        .unwrap();
        assert_eq!(hints.suppliers(), 2);
        assert_eq!(hints.suppliers[0].name, ["dupont", "sa"]);
        assert_eq!(hints.suppliers[0].rules.len(), 3);
        assert_eq!(hints.suppliers[1].vat_id.as_deref(), Some("FR40303265045"));
        assert_eq!(Hints::parse("").unwrap().suppliers(), 0);
    }

    #[test]
    fn what_is_wrong_is_said_with_supplier_and_field() {
        for (rule, said) in [
            ("number = { regex = '(' }", "unclosed group"),
            ("number = { regex = 'No \\d+' }", "exactly one group"),
            ("number = { regex = '(a)(b)' }", "has 2"),
            ("number = { regex = '(\\w{1000})' }", "size limit"),
            ("number = { regex = '(a)', label = \"N\" }", "has 2"),
            ("number = {}", "has 0"),
            ("number = { regexp = '(a)' }", "regexp"),
            ("number = { value = \"1\" }", "differs from invoice to invoice"),
            ("number = 5", "number: "),
            ("number = { label = \"–\" }", "no letters"),
            ("number = { label = \"N\", place = \"left\" }", "left"),
            ("number = { label = \"N\", reach = 0 }", "not between 0 and 200"),
            ("number = { label = \"N\", reach = nan }", "not between 0 and 200"),
            ("number = { regex = '(a)', reach = 2 }", "belong to a label"),
            ("numbr = { regex = '(a)' }", "issue_date"),
            ("totals.nett = { label = \"x\" }", "totals.nett: there is no such field"),
            ("payment.iban = { value = \"DE1\" }", "\"DE1\" is no IBAN"),
        ] {
            let error = refused(&field(rule));
            assert!(error.contains(said) && error.contains("supplier 1 (Dupont SA)"), "{error}");
        }
        let long = format!("number = {{ regex = '({})' }}", "a".repeat(MAX_REGEX_CHARS));
        assert!(refused(&field(&long)).contains("502 characters"));
    }

    #[test]
    fn a_supplier_is_known_by_something_of_its_own() {
        let fields = "fields.number = { label = \"N\" }\n";
        let nameless = format!("[[supplier]]\n{fields}");
        assert!(refused(&nameless).contains("needs a vat_id or a name"));
        let short = format!("[[supplier]]\nname = \"A\"\n{fields}");
        assert!(refused(&short).contains("too short"));
        let empty = "[[supplier]]\nname = \"Dupont\"\n";
        assert!(refused(empty).contains("no fields"));
        let unknown = format!("[[supplier]]\nname = \"Dupont\"\nvatid = \"x\"\n{fields}");
        assert!(refused(&unknown).contains("vatid"));
        let twice = format!(
            "[[supplier]]\nname = \"Dupont\"\n{fields}[[supplier]]\nname = \"DÜPONT\"\n{fields}"
        );
        let error = refused(&twice);
        assert!(error.contains("supplier 2") && error.contains("supplier 1 (Dupont)"), "{error}");
        assert!(refused("supplier = 1").contains("list of [[supplier]]"));
        assert!(refused("[suppliers]").contains("suppliers is not known"));
        assert!(refused("\n\n[[supplier").starts_with("line 3:"));
    }

    proptest! {
        #[test]
        fn any_text_is_rules_or_an_error(text in "\\PC{0,80}", rule in "[a-z.]{1,8} = \\PC{0,20}") {
            drop(Hints::parse(&text));
            drop(Hints::parse(&field(&rule)));
            let regex = field(&format!("number = {{ regex = '''{}''' }}", text.replace('\'', "")));
            drop(Hints::parse(&regex));
        }
    }
}
