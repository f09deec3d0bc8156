//! Invoice lines: a head of column labels, rows of amounts below it, wrapped descriptions.

mod arithmetic;
mod head;
mod rows;

use rust_decimal::Decimal;

use crate::candidate::field;
use crate::fields::Reading;
use crate::layout::{Place, Segment};
use crate::lexicon::{Label, labels};
use crate::result::{Amount, Confidence, Field, Line, Source, Totals};
use crate::text::terms;

use head::{Column, Head, heads};
use rows::{Cell, ItemRow, item_rows};

/// Lines that are published; a longer list is a data export.
const MAX_LINES: usize = 2_000;

/// Probability of a line whose quantity × price gives its amount.
const MULTIPLIES: f64 = 0.93;

/// Probability of a line that cannot be checked.
const UNCHECKED: f64 = 0.75;

/// Price × quantity is rounded to the cent, a price itself sometimes too.
const TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// Sums of lines and totals agree within this.
const SUM_TOLERANCE: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// Reads the lines of all tables. `totals` tell whether the lines are printed with VAT.
pub(crate) fn find_lines(reading: &Reading<'_>, totals: &Totals) -> Vec<Line> {
    let heads = heads(reading);
    let mut lines = Vec::new();
    for (at, head) in heads.iter().enumerate() {
        let until = heads.get(at + 1).map_or(reading.layout.rows.len(), |next| next.first_row);
        lines.extend(item_rows(reading, head, until).iter().map(|row| line(reading, head, row)));
        if lines.len() >= MAX_LINES {
            lines.truncate(MAX_LINES);
            break;
        }
    }
    if with_vat(&lines, totals) {
        for line in &mut lines {
            line.gross_amount = line.gross_amount.take().or_else(|| line.net_amount.take());
        }
    }
    for line in &mut lines {
        line.net_amount = line.net_amount.take().or_else(|| net_of(line));
    }
    lines
}

/// What the invoice is for: its subject, else its only line.
pub(crate) fn find_description(reading: &Reading<'_>, lines: &[Line]) -> Option<Field<String>> {
    let subject = reading.segments().find_map(|(index, segment)| {
        let hit = segment.labels.first().filter(|h| h.strength(Label::Subject) > 0.0)?;
        let set_off = segment.text_from(hit.end).trim_start().starts_with(':');
        let inline = segment.text_from(hit.end).trim_start_matches([':', ' ']);
        let start = segment.text.len() - inline.len();
        if !set_off || hit.start > 0 {
            return None;
        }
        if !inline.is_empty() {
            return Some(text_field(inline, &segment.place(&(start..segment.text.len()))));
        }
        let (_, right) = reading.layout.right_of(index).next()?;
        Some(text_field(&right.text, &right.whole()))
    });
    let only = || match lines {
        [line] => line.description.clone(),
        _ => None,
    };
    subject.or_else(only)
}

fn text_field(text: &str, place: &Place) -> Field<String> {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    field(plain, text, place, UNCHECKED)
}

fn line(reading: &Reading<'_>, head: &Head, row: &ItemRow) -> Line {
    let cell = |column: Column| row.cells.iter().find(|c| c.column == column);
    let value = |column: Column| cell(column).map(|c| c.value);
    let amount = value(Column::Net).or(value(Column::Gross));
    let product =
        value(Column::Quantity).zip(value(Column::UnitPrice)).and_then(|(q, p)| q.checked_mul(p));
    let holds = amount.zip(product).is_some_and(|(a, p)| (a - p).abs() <= TOLERANCE);
    let probability = if holds { MULTIPLIES } else { UNCHECKED };
    let publish = |column: Column| {
        cell(column)
            .map(|Cell { value, raw, place, .. }| field(Amount(*value), raw, place, probability))
    };
    Line {
        description: description(reading, row),
        code: code(reading, head, row),
        quantity: publish(Column::Quantity),
        unit: unit(row),
        unit_price: publish(Column::UnitPrice),
        tax_rate: publish(Column::TaxRate),
        net_amount: publish(Column::Net),
        gross_amount: publish(Column::Gross),
    }
}

/// The amount without VAT (BT-131) of a line that is printed with it: quantity × price, where the rate
/// leads from there to what is printed.
fn net_of(line: &Line) -> Option<Field<Amount>> {
    let (quantity, price) = (line.quantity.as_ref()?.value.0, line.unit_price.as_ref()?.value.0);
    let (rate, gross) = (line.tax_rate.as_ref()?.value.0, line.gross_amount.as_ref()?.value.0);
    let net = quantity.checked_mul(price)?.round_dp(2);
    let printed = net.checked_mul(Decimal::ONE + rate / Decimal::ONE_HUNDRED)?;
    ((printed - gross).abs() <= TOLERANCE).then(|| Field {
        value: Amount(net),
        confidence: Confidence::new(MULTIPLIES),
        raw: None,
        source: Source::derived("quantity-times-price"),
    })
}

fn description(reading: &Reading<'_>, row: &ItemRow) -> Option<Field<String>> {
    let parts: Vec<&Segment> =
        row.texts.iter().filter_map(|i| reading.layout.segment(*i)).collect();
    let place = parts.iter().map(|s| s.whole()).reduce(|a, b| a.union(&b))?;
    let text: Vec<&str> = parts.iter().flat_map(|s| s.text.split_whitespace()).collect();
    let text = text.join(" ");
    let text = without_trailing_label(&text);
    let raw: Vec<&str> = parts.iter().map(|s| s.text.as_str()).collect();
    (!text.is_empty()).then(|| field(text.to_owned(), &raw.join("\n"), &place, UNCHECKED))
}

/// Forms print "Name - Description" with the word itself where an item has a name only.
fn without_trailing_label(text: &str) -> &str {
    let Some((name, last)) = text.rsplit_once('-') else { return text };
    let last = terms(last);
    let hits = labels().find("", &last, false);
    let is_label =
        last.len() == 1 && hits.iter().any(|h| h.strength(Label::ColumnDescription) > 0.0);
    if is_label && !name.trim().is_empty() { name.trim_end() } else { text }
}

fn code(reading: &Reading<'_>, head: &Head, row: &ItemRow) -> Option<Field<String>> {
    head.has(Column::Code).then_some(())?;
    let segment = reading.layout.segment(row.code?)?;
    Some(text_field(&segment.text, &segment.whole()))
}

/// Letters behind the quantity, e.g. "5 kg".
fn unit(row: &ItemRow) -> Option<Field<String>> {
    let (text, place) = row.unit.as_ref()?;
    Some(field(text.clone(), text, place, UNCHECKED))
}

/// Whether the amounts of the lines add up to gross and not to net.
fn with_vat(lines: &[Line], totals: &Totals) -> bool {
    let known: Option<Vec<Decimal>> =
        lines.iter().map(|l| l.net_amount.as_ref().map(|f| f.value.0)).collect();
    let Some(sum) = known.filter(|k| !k.is_empty()).map(|k| k.into_iter().sum::<Decimal>()) else {
        return false;
    };
    let is = |field: &Option<Field<Amount>>| {
        let sure = field.as_ref().filter(|f| f.confidence > Confidence::new(0.5));
        sure.is_some_and(|f| (f.value.0 - sum).abs() <= SUM_TOLERANCE)
    };
    is(&totals.gross) && !is(&totals.net)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::locale::Locale;
    use crate::sample;
    use crate::trace::Tracer;

    fn found(lines: &[&str]) -> Vec<Line> {
        let layout = Layout::of(&sample::document(lines));
        let locale = Locale::of(&layout, |_| true);
        find_lines(&Reading::new(&layout, &locale, 1, &Tracer::default()), &Totals::default())
    }

    fn amounts(line: &Line) -> [Option<String>; 4] {
        [&line.quantity, &line.unit_price, &line.tax_rate, &line.net_amount]
            .map(|f| f.as_ref().map(|f| f.value.0.to_string()))
    }

    const TABLE: &[&str] = &[
        "Désignation                             Qté     P.U. HT      TVA      Montant HT",
        "Entretien du chauffage, contrat           2      150,00      20 %         300,00",
        "annuel",
        "Déplacement                            1,00       35,00      20 %          35,00",
        "",
        "Total HT                                                                  335,00",
        "Total TTC                                                                 402,00",
    ];

    #[test]
    fn columns_are_told_by_their_heads() {
        let lines = found(TABLE);
        assert_eq!(lines.len(), 2);
        let expected = ["2", "150.00", "20", "300.00"].map(|v| Some(v.to_owned()));
        assert_eq!(amounts(&lines[0]), expected);
        assert_eq!(lines[1].net_amount.as_ref().unwrap().value.0.to_string(), "35.00");
    }

    #[test]
    fn a_wrapped_description_belongs_to_its_line() {
        let lines = found(TABLE);
        let text = |line: &Line| line.description.as_ref().unwrap().value.clone();
        assert_eq!(text(&lines[0]), "Entretien du chauffage, contrat annuel");
        assert_eq!(text(&lines[1]), "Déplacement");
    }

    #[test]
    fn columns_that_multiply_need_no_name() {
        let lines = found(&[
            "Détail                               Qté       Taux         Prix",
            "Bureau personnalisable             54,00     500,00    27 000,00",
            "Lampe de bureau                     7,00      35,00       245,00",
        ]);
        let told = |line: &Line| amounts(line).map(Option::unwrap_or_default);
        assert_eq!(told(&lines[0]), ["54.00", "500.00", "", "27000.00"]);
        assert_eq!(told(&lines[1]), ["7.00", "35.00", "", "245.00"]);
        let unrelated = found(&[
            "Détail                               Qté       Taux         Prix",
            "Bureau personnalisable             54,00     500,00     3 111,00",
        ]);
        assert!(unrelated.is_empty());
    }

    #[test]
    fn a_line_printed_with_vat_has_the_amount_without_it_too() {
        let lines = found(&[
            "Désignation             Qté     P.U. HT      TVA     Montant TTC",
            "Poubelle à pédale        30       10,00     20 %          360,00",
            "Bureau                    2       10,00     20 %           30,00",
        ]);
        let amount = |f: &Option<Field<Amount>>| f.as_ref().map(|f| f.value.0.to_string());
        assert_eq!(amount(&lines[0].gross_amount).as_deref(), Some("360.00"));
        assert_eq!(amount(&lines[0].net_amount).as_deref(), Some("300.00"));
        assert_eq!(amount(&lines[1].net_amount), None, "the rate does not lead there");
    }

    #[test]
    fn amounts_in_the_middle_of_their_cell_belong_to_its_first_line() {
        let lines = found(&[
            "Désignation                             Qté     P.U. HT      TVA      Montant HT",
            "Entretien du chauffage",
            "Contrat : C-12                            2      150,00      20 %         300,00",
            "Période : mai",
            "",
            "Nettoyage des bureaux",
            "Date : 12/05                              1       35,00      20 %          35,00",
            "",
            "Total HT                                                                  335,00",
        ]);
        let text = |line: &Line| line.description.as_ref().unwrap().value.clone();
        assert_eq!(
            lines.iter().map(text).collect::<Vec<_>>(),
            ["Entretien du chauffage", "Nettoyage des bureaux"]
        );
    }

    #[test]
    fn text_without_a_head_is_no_table() {
        assert!(found(&["Bonjour 12,00", "Total 12,00"]).is_empty());
    }
}
