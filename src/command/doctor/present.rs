//! A report as text and JSON: pure.

use serde_json::{Value, json};

use super::check::{Check, Report, Verdict};
use crate::command::table::render;

/// Columns of the table.
const HEADER: [&str; 3] = ["check", "verdict", "found"];

/// The report for people: a row a check, then what to do, then the score.
pub(super) fn text(report: &Report) -> String {
    let rows = report.checks.iter().map(|check| {
        vec![check.name.clone(), check.verdict.as_str().to_owned(), check.found.clone()]
    });
    let mut parts = vec![render(&HEADER, rows.collect())];
    for (verdict, title) in [
        (Verdict::Failed, "What failed, and what to do:"),
        (Verdict::Warning, "What to look at:"),
        (Verdict::Skipped, "What could not be checked:"),
    ] {
        let of_it = report.checks.iter().filter(|check| check.verdict == verdict);
        let lines: Vec<String> = of_it
            .filter_map(|check| Some(format!("  {}: {}", check.name, check.remedy.as_ref()?)))
            .collect();
        if !lines.is_empty() {
            parts.push(format!("\n{title}\n{}", lines.join("\n")));
        }
    }
    let score = report.score();
    parts.push(format!(
        "\n{} of {} checks passed, {} warned, {} failed, {} skipped",
        score.passed, score.of, score.warnings, score.failed, score.skipped
    ));
    parts.join("\n")
}

/// The report for programs.
pub(super) fn object(report: &Report) -> Value {
    let score = report.score();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "score": {
            "passed": score.passed,
            "of": score.of,
            "warnings": score.warnings,
            "failed": score.failed,
            "skipped": score.skipped,
        },
        "checks": report.checks.iter().map(line).collect::<Vec<_>>(),
    })
}

/// One check for programs.
pub(super) fn line(check: &Check) -> Value {
    json!({
        "name": check.name,
        "verdict": check.verdict.as_str(),
        "found": check.found,
        "remedy": check.remedy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::check::Judgement;

    #[test]
    fn what_failed_comes_with_what_to_do_and_the_score_last() {
        let report = Report::new(vec![
            Judgement::ok("fine").named("a.b"),
            Judgement::failed("broken", "mend it").named("a.c"),
            Judgement::skipped("no key").named("a.d"),
        ]);
        let text = text(&report);
        assert!(text.contains("a.c: mend it") && !text.contains("What to look at"), "{text}");
        assert!(text.ends_with("1 of 2 checks passed, 0 warned, 1 failed, 1 skipped"), "{text}");
        let object = object(&report);
        assert_eq!(object["checks"][1]["remedy"], "mend it");
        assert_eq!(
            (&object["score"]["of"], &object["checks"][0]["remedy"]),
            (&2.into(), &Value::Null)
        );
    }
}
