//! A supplier's rules on a document: values at the places that the rules name.

use std::ops::Range;

use jiff::civil::Date;

use crate::candidate::field;
use crate::fields::Reading;
use crate::layout::{Place, Segment};
use crate::result::{Amount, Confidence, Field, Invoice, Party, Source, Totals};

use super::field::{HintField, Kind, Value};
use super::supplier::find;
use super::{Anchor, Hints, Rule, Side, Supplier};

/// Probability of a value that a rule found, before words that were read with doubt: the operator
/// wrote the rule for this firm's invoices, which change their form now and then.
const HINTED: f64 = 0.98;

/// Source of a value that stands in the hints file and on no page.
const FIXED_BY: &str = "supplier-hint";

/// Between the parts of a row, as an expression sees it: as wide gaps in a line are read.
const ROW_GAP: &str = "  ";

/// What the rules of a document's supplier found.
#[derive(Debug, Default)]
pub(crate) struct Hinted {
    texts: Vec<(HintField, Field<String>)>,
    dates: Vec<(HintField, Field<Date>)>,
    amounts: Vec<(HintField, Field<Amount>)>,
}

impl Hints {
    /// What this document's supplier has rules for, and they find. Nothing for one without rules.
    pub(crate) fn find(&self, reading: &Reading<'_>, seller: &Party, buyer: &Party) -> Hinted {
        let supplier = self.supplier(reading, seller, buyer);
        supplier.map_or_else(Hinted::default, |supplier| supplier.find(reading))
    }
}

impl Hinted {
    /// Puts what was found into `totals`; whether it changed any.
    pub(crate) fn settle(&self, totals: &mut Totals) -> bool {
        for (field, amount) in &self.amounts {
            field.set_amount(totals, amount.clone());
        }
        !self.amounts.is_empty()
    }

    /// Puts everything but amounts into the invoice.
    pub(crate) fn complete(self, invoice: &mut Invoice) {
        for (field, text) in self.texts {
            field.set_text(invoice, text);
        }
        for (field, date) in self.dates {
            field.set_date(invoice, date);
        }
    }
}

impl Supplier {
    fn find(&self, reading: &Reading<'_>) -> Hinted {
        let mut hinted = Hinted::default();
        for (name, rule) in &self.rules {
            let kind = name.kind();
            let found = match rule {
                Rule::Fixed(value) => {
                    hinted.texts.push((*name, fixed(value)));
                    continue;
                }
                Rule::Regex(regex) => by_regex(reading, regex, kind),
                Rule::Label(anchor) => by_label(reading, anchor, kind),
            };
            let Some(Found { value, raw, place }) = found else { continue };
            match value {
                Value::Text(text) => hinted.texts.push((*name, field(text, &raw, &place, HINTED))),
                Value::Date(date) => hinted.dates.push((*name, field(date, &raw, &place, HINTED))),
                Value::Amount(amount) => {
                    hinted.amounts.push((*name, field(amount, &raw, &place, HINTED)));
                }
            }
        }
        hinted
    }
}

/// A value with where it stands.
struct Found {
    value: Value,
    raw: String,
    place: Place,
}

fn fixed(value: &str) -> Field<String> {
    let (confidence, source) = (Confidence::new(HINTED), Source::derived(FIXED_BY));
    Field { value: value.to_owned(), confidence, raw: None, source }
}

/// The first group of `regex` that holds a value, row after row.
fn by_regex(reading: &Reading<'_>, regex: &regex::Regex, kind: Kind) -> Option<Found> {
    let mut last = usize::MAX;
    reading.segments().find_map(|(_, segment)| {
        if segment.row == last {
            return None;
        }
        last = segment.row;
        let row = JoinedRow::of(reading, segment.row);
        regex.captures_iter(&row.text).find_map(|parts| {
            let group = parts.get(1)?;
            // The group says where a free text begins and ends; anything else has a form.
            let whole = kind.whole(group.as_str()).map(|value| (value, 0..group.len()));
            let first = || kind.values(group.as_str(), reading).into_iter().next();
            let (value, range) = whole.or_else(first)?;
            let range = group.start() + range.start..group.start() + range.end;
            let raw = row.text.get(range.clone())?.trim().to_owned();
            Some(Found { value, raw, place: row.place(&range)? })
        })
    })
}

/// The parts of a row as one text.
struct JoinedRow<'a> {
    text: String,
    /// Each with its first byte in the text.
    parts: Vec<(usize, &'a Segment)>,
}

impl<'a> JoinedRow<'a> {
    fn of(reading: &'a Reading<'_>, row: usize) -> Self {
        let mut joined = Self { text: String::new(), parts: Vec::new() };
        for (_, segment) in reading.layout.row(row) {
            if !joined.text.is_empty() {
                joined.text.push_str(ROW_GAP);
            }
            joined.parts.push((joined.text.len(), segment));
            joined.text.push_str(&segment.text);
        }
        joined
    }

    /// Where the bytes `range` stand.
    fn place(&self, range: &Range<usize>) -> Option<Place> {
        let touched = self.parts.iter().filter(|(start, segment)| {
            *start < range.end && range.start < start + segment.text.len()
        });
        let places = touched.map(|(start, segment)| {
            segment.place(&(range.start.saturating_sub(*start)..range.end - start))
        });
        places.reduce(|sum, place| sum.union(&place))
    }
}

/// The value beside the first place of the label that has one.
fn by_label(reading: &Reading<'_>, anchor: &Anchor, kind: Kind) -> Option<Found> {
    reading.segments().find_map(|(index, segment)| {
        find(&anchor.label, &segment.terms).find_map(|(first, last)| {
            let label = segment.terms.get(first)?.start..segment.terms.get(last)?.end;
            match anchor.side {
                Side::Right => right_of(reading, index, &label, anchor.reach, kind),
                Side::Below => below(reading, index, &label, anchor.reach, kind),
            }
        })
    })
}

/// The first value behind a label in its row.
fn right_of(
    reading: &Reading<'_>,
    index: usize,
    label: &Range<usize>,
    reach: f32,
    kind: Kind,
) -> Option<Found> {
    let own = reading.layout.segment(index)?;
    let edge = own.place(label).bbox.x1();
    let near = |found: &Found| {
        let gap = (found.place.bbox.x0() - edge) * own.aspect();
        gap <= reach * own.rect.height()
    };
    let behind =
        own.text_from(label.end).trim_start_matches(|c: char| !c.is_alphanumeric() && c != '-');
    let start = own.text.len() - behind.len();
    let inline = values(own, start, kind, reading).into_iter().next();
    let others = reading.layout.right_of(index);
    let others = others.filter_map(|(_, s)| values(s, 0, kind, reading).into_iter().next());
    inline.into_iter().chain(others).next().filter(near)
}

/// The nearest value below a label, in its column.
fn below(
    reading: &Reading<'_>,
    index: usize,
    label: &Range<usize>,
    reach: f32,
    kind: Kind,
) -> Option<Found> {
    let own = reading.layout.segment(index)?;
    let column = own.place(label).bbox;
    let under = |place: &Place| place.bbox.x0() < column.x1() && column.x0() < place.bbox.x1();
    reading.layout.below(index, reach * own.rect.height()).find_map(|(_, segment)| {
        let all = values(segment, 0, kind, reading);
        // Several values of a row may be one segment: the one under the label is meant.
        all.into_iter().find(|found| under(&found.place))
    })
}

/// The values of a segment from byte `start` on.
fn values(segment: &Segment, start: usize, kind: Kind, reading: &Reading<'_>) -> Vec<Found> {
    let found = kind.values(segment.text_from(start), reading).into_iter();
    let placed = found.filter_map(|(value, range)| {
        let range = start + range.start..start + range.end;
        let raw = segment.text.get(range.clone())?.trim().to_owned();
        Some(Found { value, raw, place: segment.place(&range) })
    });
    placed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::locale::Locale;
    use crate::sample;
    use crate::trace::Tracer;

    /// What the rules `fields` find on a page that begins with the supplier's name.
    fn invoice(fields: &str, lines: &[&str]) -> Invoice {
        let file = format!("[[supplier]]\nname = \"Dupont\"\n[supplier.fields]\n{fields}");
        let hints = Hints::parse(&file).unwrap();
        let lines: Vec<&str> = std::iter::once("Dupont SA").chain(lines.iter().copied()).collect();
        let layout = Layout::of(&sample::document(&lines));
        let locale = Locale::of(&layout, |_| true);
        let (seller, buyer) = (Party::default(), Party::default());
        let tracer = Tracer::default();
        let reading = Reading::new(&layout, &locale, 1, &tracer);
        let hinted = hints.find(&reading, &seller, &buyer);
        let mut invoice = Invoice::default();
        hinted.settle(&mut invoice.totals);
        hinted.complete(&mut invoice);
        invoice
    }

    fn amount(field: &Option<Field<Amount>>) -> String {
        field.as_ref().map_or_else(String::new, |f| f.value.0.to_string())
    }

    #[test]
    fn an_expression_finds_its_group_across_the_gaps_of_a_row() {
        let found = invoice(
            "number = { regex = 'Dossier\\s+([A-Z]+ [0-9]+)' }\ntotals.gross = { regex = 'Somme\\s+(.+)' }",
            &["Vos références          Dossier          AB 1234", "Somme          1 234,50 €"],
        );
        let number = found.number.unwrap();
        assert_eq!((number.value.as_str(), number.raw.as_deref()), ("AB 1234", Some("AB 1234")));
        assert!(matches!(number.source, Source::Page { page: 1, bbox: [x0, ..] } if x0 > 0.2));
        assert_eq!(number.confidence.get(), HINTED);
        assert_eq!(amount(&found.totals.gross), "1234.50");
    }

    #[test]
    fn values_are_read_as_the_document_writes_them() {
        let found = invoice(
            "issue_date = { label = \"Fait le\" }\ntotals.net = { label = \"Base\" }",
            &["Fait le 11/03/2017, vu 11/17/2017", "Base: 1,234", "Total 2,500.00"],
        );
        assert_eq!(found.issue_date.unwrap().value.to_string(), "2017-11-03");
        assert_eq!(amount(&found.totals.net), "1234");
    }

    #[test]
    fn a_value_stands_right_of_its_label_within_reach() {
        let lines = ["Payer avant :                                01.02.2024"];
        assert!(invoice("due_date = { label = \"payer avant\" }", &lines).due_date.is_some());
        let near = "due_date = { label = \"payer avant\", reach = 2 }";
        assert!(invoice(near, &lines).due_date.is_none());
    }

    #[test]
    fn a_value_below_stands_in_the_column_of_its_label() {
        let lines =
            ["Dossier        Limite", "", "AB-12          01.02.2024", "AB-13          02.02.2024"];
        let found = invoice(
            "number = { label = \"Dossier\", place = \"below\" }\n\
             due_date = { label = \"Limite\", place = \"below\" }\n\
             purchase_order = { label = \"Dossier\", place = \"below\", reach = 0.5 }",
            &lines,
        );
        assert_eq!(found.number.unwrap().value, "AB-12");
        assert_eq!(found.due_date.unwrap().value.to_string(), "2024-02-01");
        assert!(found.purchase_order.is_none());
    }

    #[test]
    fn a_fixed_value_says_that_it_is_no_reading() {
        let found = invoice("seller.name = { value = \"Dupont & Fils\" }", &[]);
        let name = found.seller.name.unwrap();
        assert_eq!((name.value.as_str(), name.raw), ("Dupont & Fils", None));
        assert_eq!(name.source, Source::derived(FIXED_BY));
    }

    #[test]
    fn a_rule_that_finds_nothing_changes_nothing() {
        let rules = "number = { regex = 'Dossier (\\S+)' }\ntotals.due = { label = \"Reste\" }\n\
                     payment.iban = { label = \"Compte\" }";
        let lines = ["Reste à vivre", "Compte DE89370400440532013001"];
        assert_eq!(invoice(rules, &lines), Invoice::default());
        assert_eq!(invoice(rules, &[]), Invoice::default());
    }
}
