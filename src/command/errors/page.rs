//! The catalogue as a page of Markdown, and one code of it in words.

use std::fmt::Write as _;

use gateway::ProblemKind;

use super::catalogue::{
    Failure, INTERNAL, LOST, REASONS, REJECTED, Reason, SENDINGS, TRANSIENT, failures,
};

const HEAD: &str = "\
# Errors

<!-- Written by `invoice-ocr errors > docs/errors.md`; a test compares. -->

Every code is stable: programs go by it, never by the sentence beside it. `invoice-ocr errors CODE` explains one
on the command line.

| where a code is seen | which |
|---|---|
| `code` of an answer of the HTTP API with status 4xx or 5xx | [answers](#answers-of-the-http-api) |
| `error.code` of a document that is `failed` (`GET /api/v1/invoices/{id}`), of the event `invoice.failed`, of `invoice-ocr status`, `story` and `dead list` | [documents that failed](#documents-that-failed) |
| label `code` of metrics, `code` of log lines; also of attempts that are tried again | the same |
| `review.reasons[].code` of a result | [reasons for review](#reasons-for-review) |
| `attempts[].error` of a sending to a webhook, label `outcome` of `invoice_ocr_webhook_calls_total` | [sendings to webhooks](#sendings-to-webhooks) |
";

const ANSWERS: &str = "
## Answers of the HTTP API

The body is `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, `code`, and `limit` and `value`
where a limit was passed. A running gateway has the same list at `/docs/errors`, where `type` points.

*Again*: **yes**, the same request may succeed later; with `Retry-After` the answer says when. **no**, change the request first.

| code | status | cause | remedy | again |
|---|---|---|---|---|
";

const DOCUMENTS: &str = "
## Documents that failed

Who is at fault decides what happens. A document that is `failed` has a dead letter; `invoice-ocr dead replay` reads it
once more, as its next generation.
";

/// Heading, what happens by itself, whether a replay is worth it, and the codes of each kind.
const KINDS: [(&str, &str, &[Failure]); 4] = [
    (
        "Rejected",
        "The document is at fault. It fails at once, without another attempt, and fails again when it is replayed, \
         until the document or the limit changes.",
        REJECTED,
    ),
    (
        "Transient",
        "A dependency is away. The job waits for it, up to 15 minutes at a time, at no cost in attempts; seen in logs \
         and metrics, hardly ever on a document. Nothing has to be replayed.",
        TRANSIENT,
    ),
    (
        "Internal",
        "A bug, a crash, something missing. Tried again (`stages.*.attempts` and `retry_delays_seconds`), then a dead \
         letter. Worth a replay once the cause is gone.",
        INTERNAL,
    ),
    (
        "Lost",
        "What the stage reads is gone or damaged. It is made again from the original, as the next generation, twice at \
         most; after that tried again like an internal failure.",
        LOST,
    ),
];

const REVIEW: &str = "
## Reasons for review

The document is `completed`, its result is there, and `review.required` is true: a person has to look. Sending it again
gives the same result.

| code | meaning | look at |
|---|---|---|
";

const SENT: &str = "
## Sendings to webhooks

There was no answer. It is tried again, as `webhooks.retry_delays_seconds` says; a replay begins anew.

| code | meaning | look at |
|---|---|---|
";

/// The whole page, with the gateway's `problems`.
pub(super) fn markdown(problems: &[ProblemKind]) -> String {
    // Writing to a String cannot fail.
    let mut page = format!("{HEAD}{ANSWERS}");
    for ProblemKind { code, status, title, remedy, again } in problems {
        let again = if *again { "yes" } else { "no" };
        let _written = writeln!(page, "| `{code}` | {status} | {title} | {remedy} | {again} |");
    }
    page.push_str(DOCUMENTS);
    for (name, fate, codes) in KINDS {
        let _written = write!(page, "\n### {name}\n\n{fate}\n\n");
        page.push_str("| code | found by | cause | remedy |\n|---|---|---|---|\n");
        for Failure { code, by, cause, remedy } in codes {
            let _written = writeln!(page, "| `{code}` | {by} | {cause} | {} |", linked(remedy));
        }
    }
    for (head, reasons) in [(REVIEW, REASONS), (SENT, SENDINGS)] {
        page.push_str(head);
        for Reason { code, meaning, look } in reasons {
            let _written = writeln!(page, "| `{code}` | {meaning} | {look} |");
        }
    }
    page.truncate(page.trim_end().len());
    page
}

/// What is known of one code, for a terminal; several paragraphs where it stands for several things.
pub(super) fn explanation(code: &str, problems: &[ProblemKind]) -> Option<String> {
    let mut said = Vec::new();
    for problem in problems.iter().filter(|problem| problem.code == code) {
        let again = if problem.again { "may succeed later" } else { "has to be changed first" };
        said.push(format!(
            "An answer of the HTTP API, status {}: {}.\n  {}\n  The request {again}.",
            problem.status, problem.title, problem.remedy
        ));
    }
    for failure in failures().filter(|failure| failure.code == code) {
        let kind = KINDS.iter().find(|(_, _, codes)| codes.iter().any(|f| f.code == code));
        let (name, fate, _) = kind?;
        said.push(format!(
            "A document, {}, found by {}: {}.\n  {}.\n  {fate}",
            name.to_lowercase(),
            failure.by,
            failure.cause,
            failure.remedy
        ));
    }
    for reason in REASONS.iter().filter(|reason| reason.code == code) {
        said.push(format!("A reason for review: {}.\n  Look at {}.", reason.meaning, reason.look));
    }
    for reason in SENDINGS.iter().filter(|reason| reason.code == code) {
        said.push(format!(
            "A sending to a webhook: {}.\n  Look at {}.",
            reason.meaning, reason.look
        ));
    }
    (!said.is_empty()).then(|| said.join("\n\n"))
}

/// `text` with paths of this folder's pages as links.
fn linked(text: &str) -> String {
    let mut words = Vec::new();
    for word in text.split(' ') {
        let path = word.trim_matches(|c: char| "(),.;:".contains(c));
        words.push(match path.strip_prefix("docs/") {
            Some(page) if page.ends_with(".md") => word.replace(path, &format!("[{page}]({page})")),
            _ => word.to_owned(),
        });
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_explained_in_each_of_its_meanings() {
        let problems = gateway::problem_kinds();
        let told = explanation("page_too_large", &problems).unwrap();
        assert!(told.contains("status 422") && told.contains("A document, rejected"), "{told}");
        assert!(explanation("einvoice_differs", &problems).unwrap().contains("review"));
        assert_eq!(explanation("no_such_code", &problems), None);
    }

    #[test]
    fn paths_of_pages_become_links() {
        assert_eq!(linked("so (docs/a.md), or"), "so ([a.md](a.md)), or");
    }
}
