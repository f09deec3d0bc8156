//! What became of an invoice that was sent to see whether it is read.

use serde_json::Value;

use super::super::check::Judgement;
use super::gateway;
use crate::client::{ClientError, Page};
use crate::command::table::overview;

/// Fields that are compared, as paths in the invoice. Exact on every engine and in every configuration:
/// figures and dates, no names.
const FIELDS: [&str; 4] = ["number", "issue_date", "currency", "totals/gross"];

/// What became of it.
#[derive(Debug)]
pub(in super::super) enum Sample {
    /// It was not taken.
    NotTaken(ClientError),
    /// Its status could not be asked for.
    NotAsked(ClientError),
    /// It did not end in time: the last answer about it.
    NotEnded(Value),
    /// It ended, after so many seconds.
    Ended(Value, f64),
}

/// What became of it afterwards.
#[derive(Debug)]
pub(in super::super) enum Erasure {
    /// Nothing is left.
    Done,
    /// It is still there.
    NotDone(ClientError),
}

/// Judges the sample that says what `expected` has. `has_key`: whether one was shown.
pub(in super::super) fn judge(sample: &Sample, expected: &Value, has_key: bool) -> Judgement {
    match sample {
        Sample::NotTaken(error) => refused(error, "write", has_key),
        Sample::NotAsked(error) => refused(error, "read", has_key),
        Sample::NotEnded(last) => {
            let text = |key: &str| last.get(key).and_then(Value::as_str).unwrap_or("unknown");
            Judgement::failed(
                format!("still {} ({}) at --timeout", text("state"), text("stage")),
                "see the check of that stage, and its log; a busy service needs a longer --timeout",
            )
        }
        Sample::Ended(answer, seconds) => ended(answer, expected, *seconds),
    }
}

fn ended(answer: &Value, expected: &Value, seconds: f64) -> Judgement {
    if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
        let remedy = "`invoice-ocr errors CODE` says what the code means; the log has more";
        return Judgement::failed(overview::problem(error), remedy);
    }
    let read = |field: &str| answer.pointer(&format!("/result/invoice/{field}/value"));
    let differ = |field: &&str| read(field) != expected.pointer(&format!("/{field}"));
    let wrong: Vec<String> =
        FIELDS.into_iter().filter(differ).map(|f| f.replace('/', ".")).collect();
    match wrong.is_empty() {
        true => Judgement::ok(format!("read correctly in {seconds:.1} s")),
        false => Judgement::failed(
            format!("read in {seconds:.1} s, and not as it is: {}", wrong.join(", ")),
            "is [ocr] or [extract] configured for other documents? `invoice-ocr explain` on \
             samples/ shows how it is read",
        ),
    }
}

/// Judges whether samples are gone again; several are told together.
pub(in super::super) fn erased(erasures: &[Erasure], has_key: bool) -> Judgement {
    let left = erasures.iter().find_map(|erasure| match erasure {
        Erasure::Done => None,
        Erasure::NotDone(error) => Some(error),
    });
    match left {
        _ if erasures.is_empty() => Judgement::skipped("nothing was sent"),
        None => Judgement::ok("nothing is left of them"),
        Some(error) => {
            let mut judged = refused(error, "delete", has_key);
            judged.found = format!("still there: {}", judged.found);
            let later = "they expire after retention.uploads_hours";
            judged.remedy =
                Some(judged.remedy.map_or(later.to_owned(), |remedy| format!("{remedy}; {later}")));
            judged
        }
    }
}

fn refused(error: &ClientError, scope: &str, has_key: bool) -> Judgement {
    match error {
        ClientError::Refused { status, problem } => {
            let page = Page { status: *status, date: None, body: problem.to_string() };
            gateway::refused(*status, has_key, scope, &page)
        }
        other => Judgement::failed(other.to_string(), "see the gateway's log"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::command::doctor::check::Verdict;

    fn expected() -> Value {
        json!({"number": "F-1", "issue_date": "2025-01-02", "currency": "EUR",
               "totals": {"gross": "12.00"}, "seller": {"name": "Dahu"}})
    }

    fn answer(gross: &str) -> Value {
        let value = |value: &str| json!({"value": value, "confidence": 0.9});
        json!({"state": "completed", "result": {"invoice": {
            "number": value("F-1"), "issue_date": value("2025-01-02"), "currency": value("EUR"),
            "totals": {"gross": value(gross)}, "seller": {"name": value("Someone else")},
        }}})
    }

    fn refusal(status: u16) -> ClientError {
        ClientError::Refused { status, problem: Value::Null }
    }

    #[test]
    fn a_sample_is_read_as_it_is_or_the_field_is_named() {
        let judged = judge(&Sample::Ended(answer("12.00"), 1.25), &expected(), true);
        assert_eq!((judged.verdict, &*judged.found), (Verdict::Ok, "read correctly in 1.2 s"));
        let judged = judge(&Sample::Ended(answer("21.00"), 1.0), &expected(), true);
        assert_eq!(judged.verdict, Verdict::Failed);
        assert!(judged.found.ends_with("totals.gross"), "{}", judged.found);
    }

    #[test]
    fn a_sample_that_fails_or_does_not_end_says_where() {
        let error = json!({"code": "worker_crashed", "message": "signal 11", "stage": "ocr"});
        let failed = Sample::Ended(json!({"state": "failed", "error": error}), 1.0);
        let judged = judge(&failed, &expected(), true);
        assert_eq!(judged.found, "worker_crashed: signal 11 (ocr)");
        let slow = Sample::NotEnded(json!({"state": "queued", "stage": "ocr"}));
        let judged = judge(&slow, &expected(), true);
        assert_eq!(
            (judged.verdict, &*judged.found),
            (Verdict::Failed, "still queued (ocr) at --timeout")
        );
    }

    #[test]
    fn without_a_key_nothing_is_said_about_reading() {
        let verdict = |sample, has_key| judge(&sample, &expected(), has_key).verdict;
        assert_eq!(verdict(Sample::NotTaken(refusal(401)), false), Verdict::Skipped);
        assert_eq!(verdict(Sample::NotTaken(refusal(401)), true), Verdict::Failed);
        assert_eq!(verdict(Sample::NotTaken(refusal(403)), true), Verdict::Skipped);
        assert_eq!(verdict(Sample::NotAsked(refusal(403)), true), Verdict::Skipped);
        assert_eq!(verdict(Sample::NotTaken(refusal(503)), true), Verdict::Failed);
    }

    #[test]
    fn what_is_left_of_samples_is_said() {
        assert_eq!(erased(&[], true).verdict, Verdict::Skipped);
        assert_eq!(erased(&[Erasure::Done], true).verdict, Verdict::Ok);
        let left = erased(&[Erasure::Done, Erasure::NotDone(refusal(403))], true);
        assert_eq!(
            (left.verdict, &*left.found),
            (Verdict::Skipped, "still there: the key has no scope delete")
        );
        assert!(left.remedy.unwrap().contains("expire"));
        assert_eq!(erased(&[Erasure::NotDone(refusal(503))], true).verdict, Verdict::Failed);
    }
}
