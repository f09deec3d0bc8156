//! What became of many documents, in one line: pure.

use std::collections::BTreeMap;

use super::batch::Done;
use super::outcome::{Outcome, Seen};

/// The line for people who sent `done`, of whose files `left_out` were no documents.
pub(crate) fn sent(done: &Done, left_out: usize) -> String {
    let count = |seen| done.outcomes.iter().filter(|o| o.novelty() == Some(seen)).count();
    let counts = [
        (count(Seen::First), "accepted"),
        (count(Seen::ByService), "known"),
        (count(Seen::ByJournal), "sent before"),
    ];
    line(done, left_out, &counts)
}

/// The line for people who had `done` read here.
pub(crate) fn read(done: &Done, left_out: usize) -> String {
    let read = done.outcomes.iter().filter(|outcome| outcome.code().is_none()).count();
    line(done, left_out, &[(read, "read")])
}

fn line(done: &Done, left_out: usize, counts: &[(usize, &str)]) -> String {
    let outcomes = &done.outcomes;
    let files = count(outcomes.len(), "file");
    let pages: usize = outcomes.iter().filter_map(Outcome::pages).sum();
    let pages = if pages > 0 { format!(", {}", count(pages, "page")) } else { String::new() };
    let mut text = format!("{files}{pages} in {:.1} s", done.took.as_secs_f64());
    let mut parts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let review = outcomes.iter().filter(|outcome| outcome.needs_review()).count();
    if review > 0 {
        parts.push(format!("{review} to review"));
    }
    parts.extend(failures(outcomes));
    if done.untouched > 0 {
        parts.push(format!("{} not begun", done.untouched));
    }
    if left_out > 0 {
        parts.push(format!("{} left out as no documents", left_out));
    }
    if !parts.is_empty() {
        text.push_str(&format!(": {}", parts.join(", ")));
    }
    text
}

/// How many failed, and of what: `3 failed (document_encrypted 2, unreachable 1)`.
fn failures(outcomes: &[Outcome]) -> Option<String> {
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    for code in outcomes.iter().filter_map(Outcome::code) {
        *by_code.entry(code).or_default() += 1;
    }
    let failed: usize = by_code.values().sum();
    let codes: Vec<String> = by_code.iter().map(|(code, n)| format!("{code} {n}")).collect();
    (failed > 0).then(|| format!("{failed} failed ({})", codes.join(", ")))
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::client::ClientError;

    fn done(outcomes: Vec<Outcome>, untouched: usize) -> Done {
        Done { outcomes, untouched, took: Duration::from_millis(14_240) }
    }

    fn completed(pages: usize, review: bool) -> Outcome {
        let result = json!({"pages": vec![Value::Null; pages], "review": {"required": review}});
        Outcome::new("a", Ok(json!({"id": "ab", "state": "completed", "result": result})))
    }

    fn refused(code: &str) -> Outcome {
        let problem = json!({"code": code});
        Outcome::new("b", Err(ClientError::Refused { status: 415, problem }))
    }

    #[test]
    fn what_was_sent_is_counted_by_what_became_of_it() {
        let failed = json!({"id": "ab", "state": "failed", "error": {"code": "document_empty"}});
        let outcomes = vec![
            completed(1, false),
            completed(2, true),
            completed(1, false).seen(Seen::ByService),
            completed(1, false).seen(Seen::ByJournal),
            Outcome::new("c", Ok(failed)),
            refused("unsupported_media_type"),
            refused("unsupported_media_type"),
        ];
        assert_eq!(
            sent(&done(outcomes, 3), 2),
            "7 files, 5 pages in 14.2 s: 3 accepted, 1 known, 1 sent before, 1 to review, 3 failed \
             (document_empty 1, unsupported_media_type 2), 3 not begun, 2 left out as no documents"
        );
    }

    #[test]
    fn what_did_not_happen_is_not_told() {
        assert_eq!(
            read(&done(vec![completed(1, false)], 0), 0),
            "1 file, 1 page in 14.2 s: 1 read"
        );
        assert_eq!(sent(&done(Vec::new(), 0), 0), "0 files in 14.2 s");
    }
}
