//! What was counted, as a table for people.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use crate::lab::Outcome;

/// One run of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) scenario: &'static str,
    pub(crate) seed: u64,
    /// `None`: it did not come to its end.
    pub(crate) outcome: Result<Outcome, String>,
    pub(crate) took: Duration,
}

impl Row {
    pub(crate) fn is_green(&self) -> bool {
        matches!(&self.outcome, Ok(outcome) if outcome.findings.broken.is_empty())
    }

    /// One line, and what is broken under it.
    pub(crate) fn told(&self) -> String {
        let verdict = if self.is_green() { "ok" } else { "BROKEN" };
        let mut text = format!("{verdict:6} {:32} seed {:<4}", self.scenario, self.seed);
        match &self.outcome {
            Ok(outcome) => {
                let found = &outcome.findings;
                let (recovery, took) = (outcome.recovery.as_secs_f64(), self.took.as_secs_f64());
                write!(
                    text,
                    " in flight {:3}  accepted {:3}  completed {:3}  failed {}  events {:3}  \
                     redelivered {:3}  recovered in {recovery:5.1} s  took {took:5.1} s",
                    outcome.in_flight,
                    found.accepted,
                    found.completed,
                    found.failed,
                    found.events,
                    found.redeliveries,
                )
                .unwrap();
                for line in outcome.notes.iter().chain(&found.broken) {
                    write!(text, "\n         {line}").unwrap();
                }
            }
            Err(panic) => write!(text, " did not come to its end: {panic}").unwrap(),
        }
        text
    }
}

/// All runs as a Markdown table, one line a scenario: sums, and the longest recovery.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut by_scenario: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    let mut order = Vec::new();
    for row in rows {
        if !by_scenario.contains_key(row.scenario) {
            order.push(row.scenario);
        }
        by_scenario.entry(row.scenario).or_default().push(row);
    }
    let mut text = String::from(
        "| scenario | green | in flight | accepted | terminal | events | redelivered | recovered in, s |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for scenario in order {
        let rows = &by_scenario[scenario];
        let green = rows.iter().filter(|row| row.is_green()).count();
        let outcomes: Vec<&Outcome> =
            rows.iter().filter_map(|row| row.outcome.as_ref().ok()).collect();
        let sum = |count: fn(&Outcome) -> u64| outcomes.iter().map(|o| count(o)).sum::<u64>();
        let slowest = outcomes.iter().map(|o| o.recovery.as_secs_f64()).fold(0.0, f64::max);
        writeln!(
            text,
            "| `{scenario}` | {green} of {} | {} | {} | {} | {} | {} | {slowest:.1} |",
            rows.len(),
            sum(|o| o.in_flight as u64),
            sum(|o| o.findings.accepted as u64),
            sum(|o| (o.findings.completed + o.findings.failed) as u64),
            sum(|o| o.findings.events as u64),
            sum(|o| o.findings.redeliveries),
        )
        .unwrap();
    }
    text
}
