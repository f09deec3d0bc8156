//! A document a row.

use serde_json::Value;

use super::{NOTHING, text, value};
use crate::command::outcome::Outcome;

const READ: [&str; 7] = ["file", "state", "number", "date", "seller", "gross", "review"];
const SENT: [&str; 3] = ["file", "state", "id"];
const PROBLEM: &str = "problem";

/// Header and rows for documents that were waited for. What went wrong has a column of its own
/// when something did.
pub(crate) fn read(outcomes: &[Outcome]) -> (Vec<&'static str>, Vec<Vec<String>>) {
    with_problems(&READ, outcomes, |outcome| {
        let answer = outcome.answer();
        let result = answer.and_then(|answer| answer.get("result")).unwrap_or(&Value::Null);
        let [_, said @ ..] = summary(result);
        let mut row = vec![outcome.file.clone(), state(outcome)];
        row.extend(said);
        row
    })
}

/// Header and rows for documents that were only sent.
pub(crate) fn sent(outcomes: &[Outcome]) -> (Vec<&'static str>, Vec<Vec<String>>) {
    with_problems(&SENT, outcomes, |outcome| {
        let id = outcome.answer().and_then(|answer| text(answer, "id")).unwrap_or(NOTHING);
        vec![outcome.file.clone(), state(outcome), id.to_owned()]
    })
}

/// File, number, issue date, seller, gross total with currency, and whether a person has to look:
/// of a result (`invoice.extracted`).
pub(crate) fn summary(result: &Value) -> [String; 6] {
    let field = |path: &str| value(result.pointer(&format!("/invoice/{path}")));
    let currency = field("currency");
    let gross = match (field("totals/gross"), currency.as_str()) {
        (gross, NOTHING) => gross,
        (gross, currency) => format!("{gross} {currency}"),
    };
    let review = match result.pointer("/review/required").and_then(Value::as_bool) {
        Some(true) => "review",
        Some(false) => "ok",
        None => NOTHING,
    };
    [
        text(result, "filename").unwrap_or(NOTHING).to_owned(),
        field("number"),
        field("issue_date"),
        field("seller/name"),
        gross,
        review.to_owned(),
    ]
}

/// An error as status and events give it, on one line.
pub(crate) fn problem(error: &Value) -> String {
    let part = |key| text(error, key).unwrap_or(NOTHING);
    match text(error, "stage") {
        Some(stage) => format!("{}: {} ({stage})", part("code"), part("message")),
        None => format!("{}: {}", part("code"), part("message")),
    }
}

fn with_problems(
    titles: &[&'static str],
    outcomes: &[Outcome],
    row: impl Fn(&Outcome) -> Vec<String>,
) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let problems: Vec<Option<String>> = outcomes.iter().map(Outcome::problem).collect();
    let any = problems.iter().any(Option::is_some);
    let mut header = titles.to_vec();
    if any {
        header.push(PROBLEM);
    }
    let rows = outcomes.iter().zip(problems).map(|(outcome, problem)| {
        let mut row = row(outcome);
        if any {
            row.push(problem.unwrap_or_default());
        }
        row
    });
    (header, rows.collect())
}

fn state(outcome: &Outcome) -> String {
    let state = outcome.answer().and_then(|answer| text(answer, "state"));
    state.unwrap_or("not accepted").to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::ClientError;

    fn completed() -> Value {
        let field = |value: &str| json!({"value": value, "confidence": 0.9, "source": null});
        json!({"id": "ab", "state": "completed", "result": {
            "filename": "another name.pdf",
            "invoice": {
                "number": field("F 1"), "issue_date": field("2026-01-31"), "currency": field("EUR"),
                "seller": {"name": field("Dupont SARL")}, "totals": {"gross": field("120.00")},
            },
            "review": {"required": false, "reasons": []},
        }})
    }

    fn refused() -> Outcome {
        let problem = json!({"code": "too_large", "detail": "26 MB, at most 25 MB"});
        Outcome::new("b.pdf", Err(ClientError::Refused { status: 413, problem }))
    }

    #[test]
    fn a_read_document_is_one_row_under_the_name_that_was_given() {
        let (header, rows) = read(&[Outcome::new("a.pdf", Ok(completed()))]);
        assert_eq!(header, READ);
        let expected =
            ["a.pdf", "completed", "F 1", "2026-01-31", "Dupont SARL", "120.00 EUR", "ok"];
        assert_eq!(rows, [expected]);
    }

    #[test]
    fn what_went_wrong_has_a_column_when_something_did() {
        let (header, rows) = read(&[Outcome::new("a.pdf", Ok(completed())), refused()]);
        assert_eq!(header.last(), Some(&PROBLEM));
        assert_eq!(rows[0].last().unwrap(), "");
        assert_eq!(rows[1][..3], ["b.pdf", "not accepted", "-"]);
        assert_eq!(rows[1].last().unwrap(), "too_large: 26 MB, at most 25 MB");
        assert!(rows.iter().all(|row| row.len() == header.len()));
    }

    #[test]
    fn a_sent_document_shows_the_id_to_ask_for() {
        let answer = json!({"id": "ab", "state": "queued", "links": {"self": "/x"}});
        let (header, rows) = sent(&[Outcome::new("a.pdf", Ok(answer))]);
        assert_eq!(header, SENT);
        assert_eq!(rows, [["a.pdf", "queued", "ab"]]);
    }
}
