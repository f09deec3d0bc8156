//! What became of one submitted file: pure.

use serde_json::{Map, Value, json};

use crate::client::ClientError;
use crate::command::exporting::Exported;
use crate::command::table::overview;
use crate::exit::Exit;

/// Code of a file that could not be made of a result.
const UNWRITTEN: &str = "export_unwritten";

/// What became of one submitted file.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The file as it was named.
    pub(crate) file: String,
    /// The last answer about it, or why there is none.
    ended: Result<Value, ClientError>,
    /// Whether something else ended first.
    cut: Option<Cut>,
    seen: Seen,
    /// What was made of its result, where something was to be.
    made: Option<Exported>,
}

/// Whether a document is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// As far as anybody knows.
    First,
    /// The service knew it.
    ByService,
    /// The journal of an earlier run knew it, so it was not sent.
    ByJournal,
}

/// What ended before a document did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// `--timeout`.
    TimedOut,
    /// The command: somebody asked it to.
    Interrupted,
}

impl Outcome {
    /// The file's document ended, or was only to be sent.
    pub(crate) fn new(file: &str, ended: Result<Value, ClientError>) -> Self {
        Self { file: file.to_owned(), ended, cut: None, seen: Seen::First, made: None }
    }

    /// The file's document was still as in `last` when something else ended.
    pub(crate) fn cut(file: &str, last: Value, cut: Cut) -> Self {
        Self { cut: Some(cut), ..Self::new(file, Ok(last)) }
    }

    /// The same, of a document that was seen so.
    pub(crate) fn seen(self, seen: Seen) -> Self {
        Self { seen, ..self }
    }

    /// The same, with what was made of its result.
    pub(crate) fn exported(self, made: Exported) -> Self {
        Self { made: Some(made), ..self }
    }

    /// What was made of its result.
    pub(crate) fn made(&self) -> Option<&Exported> {
        self.made.as_ref()
    }

    /// Whether its document is new; `None` for a file that was not taken.
    pub(crate) fn novelty(&self) -> Option<Seen> {
        self.ended.is_ok().then_some(self.seen)
    }

    /// Stable name of what went wrong with the document, or with sending it.
    pub(crate) fn code(&self) -> Option<&str> {
        match (&self.ended, &self.made) {
            (Err(error), _) => Some(describe(error).0),
            (_, Some(Exported::Incomplete(problem))) => problem.get("code").and_then(Value::as_str),
            (_, Some(Exported::Failed(_))) => Some(UNWRITTEN),
            (Ok(answer), _) => answer.pointer("/error/code").and_then(Value::as_str),
        }
    }

    /// Whether its result says that a person has to look.
    pub(crate) fn needs_review(&self) -> bool {
        self.answer().is_some_and(needs_review)
    }

    /// Pages of the document, where its result says so.
    pub(crate) fn pages(&self) -> Option<usize> {
        Some(self.answer()?.pointer("/result/pages")?.as_array()?.len())
    }

    /// The last answer of the API, if there was one.
    pub(crate) fn answer(&self) -> Option<&Value> {
        self.ended.as_ref().ok()
    }

    /// What went wrong, on one line.
    pub(crate) fn problem(&self) -> Option<String> {
        match &self.ended {
            Err(error) => Some(error.to_string()),
            Ok(answer) => {
                if let Some(cut) = self.cut {
                    return Some(cut.told().to_owned());
                }
                match &self.made {
                    Some(Exported::Incomplete(problem)) => return Some(refused(problem)),
                    Some(Exported::Failed(why)) => return Some(format!("{UNWRITTEN}: {why}")),
                    Some(Exported::Text(_) | Exported::File(_)) | None => {}
                }
                answer.get("error").filter(|error| !error.is_null()).map(overview::problem)
            }
        }
    }

    /// What went wrong, or where it stands, on one line.
    pub(crate) fn told(&self) -> String {
        let state = || self.answer().and_then(|answer| answer.get("state")?.as_str());
        self.problem().unwrap_or_else(|| state().unwrap_or("not accepted").to_owned())
    }

    /// The status answer as the API gave it, with `file` before it. A file without an answer has
    /// an `error` with `code` and `message` as a failed document has, and the service's `problem`
    /// document where it gave one.
    pub(crate) fn json(&self) -> Value {
        let mut object = Map::new();
        object.insert("file".to_owned(), self.file.as_str().into());
        match &self.ended {
            Ok(Value::Object(answer)) => object.extend(answer.clone()),
            Ok(other) => _ = object.insert("answer".to_owned(), other.clone()),
            Err(error) => {
                let message = error.to_string();
                let (code, problem) = describe(error);
                object.insert("error".to_owned(), json!({"code": code, "message": message}));
                if !problem.is_null() {
                    object.insert("problem".to_owned(), problem.clone());
                }
            }
        }
        if let Some(cut) = self.cut {
            object.insert(cut.key().to_owned(), true.into());
        }
        match &self.made {
            Some(Exported::File(path)) => {
                object.insert("export".to_owned(), path.display().to_string().into());
            }
            Some(Exported::Incomplete(problem)) => {
                object.insert("problem".to_owned(), problem.clone());
            }
            Some(Exported::Failed(why)) => {
                let problem = json!({"code": UNWRITTEN, "detail": why});
                object.insert("problem".to_owned(), problem);
            }
            Some(Exported::Text(_)) | None => {}
        }
        Value::Object(object)
    }

    /// The exit code for this file alone.
    pub(crate) fn exit(&self, fail_on_review: bool) -> Exit {
        match &self.ended {
            Err(error) => error.exit(),
            Ok(answer) => match self.cut {
                Some(Cut::TimedOut) => Exit::TimedOut,
                Some(Cut::Interrupted) => Exit::Interrupted,
                None => of_answer(answer, fail_on_review).max(self.of_file()),
            },
        }
    }
}

impl Outcome {
    /// The exit code of what was made of the result: what the API refuses has failed.
    fn of_file(&self) -> Exit {
        match &self.made {
            Some(Exported::Incomplete(_) | Exported::Failed(_)) => Exit::Failed,
            Some(Exported::Text(_) | Exported::File(_)) | None => Exit::Done,
        }
    }
}

/// A problem of the API on one line.
fn refused(problem: &Value) -> String {
    let text = |key: &str| problem.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("{}: {}", text("code"), text("detail"))
}

impl Cut {
    fn told(self) -> &'static str {
        match self {
            Self::TimedOut => "still being worked on at --timeout",
            Self::Interrupted => "still being worked on",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The exit code for a document with this status answer.
pub(crate) fn of_answer(answer: &Value, fail_on_review: bool) -> Exit {
    match answer.get("state").and_then(Value::as_str) {
        Some("failed") => Exit::Failed,
        _ if fail_on_review && needs_review(answer) => Exit::NeedsReview,
        _ => Exit::Done,
    }
}

fn needs_review(answer: &Value) -> bool {
    answer.pointer("/result/review/required") == Some(&Value::Bool(true))
}

fn describe(error: &ClientError) -> (&str, &Value) {
    match error {
        ClientError::Unreachable { .. } => ("unreachable", &Value::Null),
        ClientError::Unreadable { .. } => ("unreadable", &Value::Null),
        ClientError::NotTheService { .. } => ("not_the_service", &Value::Null),
        ClientError::Refused { problem, .. } => {
            (problem.get("code").and_then(Value::as_str).unwrap_or("refused"), problem)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_printed_as_it_came_after_the_files_name() {
        let answer = json!({"id": "ab", "state": "completed", "result": {"x": 0.1}});
        let printed = Outcome::new("a.pdf", Ok(answer)).json().to_string();
        assert_eq!(printed, r#"{"file":"a.pdf","id":"ab","state":"completed","result":{"x":0.1}}"#);
    }

    #[test]
    fn a_refused_file_has_an_error_as_a_failed_document_has() {
        let problem = json!({"code": "too_large", "detail": "26 MB"});
        let outcome = Outcome::new("a", Err(ClientError::Refused { status: 413, problem }));
        assert_eq!(outcome.json()["error"]["code"], "too_large");
        assert_eq!(outcome.json()["problem"]["detail"], "26 MB");
        assert_eq!(outcome.exit(false), Exit::Failed);
    }

    #[test]
    fn review_counts_only_when_asked_for() {
        let answer = json!({"state": "completed", "result": {"review": {"required": true}}});
        assert_eq!(of_answer(&answer, false), Exit::Done);
        assert_eq!(of_answer(&answer, true), Exit::NeedsReview);
        assert_eq!(of_answer(&json!({"state": "failed"}), true), Exit::Failed);
    }

    #[test]
    fn a_document_that_takes_longer_has_not_failed() {
        let outcome = Outcome::cut("a", json!({"id": "ab", "state": "processing"}), Cut::TimedOut);
        assert_eq!(outcome.exit(false), Exit::TimedOut);
        assert_eq!(outcome.json()["timed_out"], true);
        assert!(outcome.problem().unwrap().contains("--timeout"));
    }
}
