//! The due date that terms of payment lead to, where none is printed.

use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde::Deserialize;

use crate::lexicon::embedded;
use crate::result::{Confidence, Field, Source};
use crate::text::{Term, terms};

/// Longest term; what is above is a warranty or a number of something else.
const MAX_DAYS: u32 = 180;

/// Probability that the date is the one meant, given date and terms: months are sometimes counted
/// from another event than the invoice, such as delivery.
const AS_MEANT: f64 = 0.8;

/// How a derived due date is marked.
const RULE: &str = "issue-date-plus-terms";

#[derive(Debug, Deserialize)]
struct Words {
    days: Vec<String>,
    end_of_month: Vec<String>,
    on_receipt: Vec<String>,
}

fn words() -> &'static Words {
    static WORDS: LazyLock<Words> =
        LazyLock::new(|| embedded(include_str!("../../data/terms.toml")));
    &WORDS
}

/// The date by which an invoice of `issue` is to be paid under `agreed`.
pub(crate) fn due_by_terms(issue: &Field<Date>, agreed: &Field<String>) -> Option<Field<Date>> {
    let value = due(issue.value, &agreed.value)?;
    let sure = issue.confidence.get() * agreed.confidence.get().max(AS_MEANT);
    Some(Field {
        value,
        confidence: Confidence::new(sure * AS_MEANT),
        raw: None,
        source: Source::derived(RULE),
    })
}

fn due(issue: Date, agreed: &str) -> Option<Date> {
    let terms = terms(agreed);
    let folded = terms.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
    let says = |phrases: &[String]| {
        let padded = format!(" {folded} ");
        phrases.iter().any(|phrase| padded.contains(&format!(" {phrase} ")))
    };
    // Of several terms the longest is without a discount ("10 Tage 2 % Skonto, 30 Tage netto").
    let days = terms.windows(2).filter_map(days_of).max();
    let span: Span = match days {
        Some(days) => days.days(),
        None if says(&words().on_receipt) => 0.days(),
        None => return None,
    };
    let date = issue.checked_add(span).ok()?;
    Some(if says(&words().end_of_month) { date.last_of_month() } else { date })
}

/// A number and the unit behind it.
fn days_of(pair: &[Term]) -> Option<i64> {
    let [number, unit] = pair else { return None };
    let days: u32 = number.text.parse().ok()?;
    (days <= MAX_DAYS && words().days.contains(&unit.text)).then(|| days.into())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn terms_lead_from_the_issue_date_to_the_due_date() {
        let issue = date(2024, 1, 20);
        for (agreed, expected) in [
            ("30 jours net", Some(date(2024, 2, 19))),
            ("Zahlbar innerhalb von 14 Tagen", Some(date(2024, 2, 3))),
            ("10 Tage 2 % Skonto, 30 Tage netto", Some(date(2024, 2, 19))),
            ("45 jours fin de mois", Some(date(2024, 3, 31))),
            ("Due on receipt", Some(issue)),
            ("À réception de facture", Some(issue)),
            ("Virement bancaire", None),
            ("2 % d'escompte", None),
            ("400 days", None),
        ] {
            assert_eq!(due(issue, agreed), expected, "{agreed}");
        }
    }
}
