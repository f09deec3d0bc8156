//! A story as text and JSON: pure.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Story;
use super::steps::Step;
use crate::command::table::{NOTHING, bytes, render};

/// Columns of the table.
const HEADER: [&str; 4] = ["time", "after", "source", "what happened"];

/// Reads in a row that are told one by one; more are told together.
const READS_APART: usize = 2;

/// The story for people.
pub(super) fn text(story: &Story) -> String {
    let Story { about, now, forgotten, .. } = story;
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
    let traces: Vec<&str> = about.trace_ids.iter().map(String::as_str).collect();
    let mut lines = vec![
        format!("document     {}", about.id),
        format!("tenant       {}", or_nothing(about.tenant.as_ref().map(ToString::to_string))),
        format!("media type   {}", about.media_type.map_or(NOTHING, |kind| kind.as_str())),
        format!("size         {}", or_nothing(about.bytes.map(bytes))),
        format!("generation   {}", about.generation),
        format!("correlation  {}", or_nothing(about.correlation_id.clone())),
        format!(
            "trace        {}",
            if traces.is_empty() { NOTHING.into() } else { traces.join(", ") }
        ),
        String::new(),
        render(&HEADER, rows(&story.steps)),
        String::new(),
        format!("Now: {}", now.said),
    ];
    lines.extend(now.remedy.as_ref().map(|remedy| format!("     {remedy}")));
    if !forgotten.is_empty() {
        lines.push("Not known any more:".to_owned());
        lines.extend(forgotten.iter().map(|what| format!("  - {what}")));
    }
    lines.extend(find(story));
    lines.join("\n")
}

/// How to find it elsewhere.
fn find(story: &Story) -> Vec<String> {
    let about = &story.about;
    let log = match &about.correlation_id {
        Some(id) => format!("Log: lines with correlation.id {id}, or invoice.id {}", about.id),
        None => format!("Log: lines with invoice.id {}", about.id),
    };
    let trace = match about.trace_ids.is_empty() {
        true => "Trace: no message that is left of it names one".to_owned(),
        false => "Trace: look for the id above where traces are kept".to_owned(),
    };
    vec![log, trace]
}

fn rows(steps: &[Step]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut before: Option<Timestamp> = None;
    for (step, together) in grouped(steps) {
        let after = before.map_or(String::new(), |before| since(step.at, before));
        let said = match together {
            0 | 1 => step.said.clone(),
            many => format!("{} ({many} times, this the last)", step.said),
        };
        let source = step.source.as_str().to_owned();
        rows.push(vec![format!("{:.3}", step.at), after, source, said]);
        before = Some(step.at);
    }
    rows
}

/// Steps with how many each stands for: long rows of reads by one caller are told by their last one.
fn grouped(steps: &[Step]) -> Vec<(&Step, usize)> {
    let is_read = |step: &Step| step.name == "read";
    let together = |a: &Step, b: &Step| is_read(a) && is_read(b) && a.said == b.said;
    let mut rows = Vec::new();
    for row in steps.chunk_by(together) {
        match row {
            [.., last] if row.len() > READS_APART => rows.push((last, row.len())),
            _ => rows.extend(row.iter().map(|step| (step, 1))),
        }
    }
    rows
}

/// `+12.345 s`, or in minutes, hours and days once nobody counts milliseconds.
fn since(at: Timestamp, before: Timestamp) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let passed: SignedDuration = at.duration_since(before);
    match passed.as_secs() {
        0..MINUTE => format!("+{:.3} s", passed.as_secs_f64()),
        seconds @ MINUTE..HOUR => format!("+{} min {} s", seconds / MINUTE, seconds % MINUTE),
        seconds @ HOUR..DAY => format!("+{} h {} min", seconds / HOUR, seconds % HOUR / MINUTE),
        seconds => format!("+{} d {} h", seconds / DAY, seconds % DAY / HOUR),
    }
}

/// The story for programs. Keys are always there; what is not known is null.
pub(super) fn object(story: &Story) -> Value {
    let Story { about, steps, now, forgotten } = story;
    let mut before: Option<Timestamp> = None;
    let steps: Vec<Value> = steps
        .iter()
        .map(|step| {
            let after = before.map(|before| step.at.duration_since(before).as_secs_f64());
            before = Some(step.at);
            json!({
                "at": step.at,
                "after_seconds": after,
                "source": step.source.as_str().replace(' ', "_"),
                "step": step.name,
                "stage": step.stage,
                "generation": step.generation,
                "attempt": step.attempt,
                "code": step.code,
                "actor": step.actor,
                "said": step.said,
            })
        })
        .collect();
    json!({
        "id": about.id,
        "tenant": about.tenant,
        "media_type": about.media_type,
        "bytes": about.bytes,
        "received_at": about.received_at,
        "generation": about.generation,
        "remakes": about.remakes,
        "correlation_id": about.correlation_id,
        "trace_ids": about.trace_ids,
        "now": {
            "state": now.state,
            "stage": now.stage,
            "attempt": now.attempt,
            "waits_for": now.waits_for,
            "said": now.said,
            "remedy": now.remedy,
        },
        "steps": steps,
        "not_known": forgotten,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn time_between_steps_is_told_as_exactly_as_anybody_wants_it() {
        let table = [
            (0, "+0.000 s"),
            (12_345, "+12.345 s"),
            (61_000, "+1 min 1 s"),
            (3_660_000, "+1 h 1 min"),
            (90_000_000, "+1 d 1 h"),
        ];
        for (milliseconds, told) in table {
            assert_eq!(since(at(milliseconds), at(0)), told);
        }
    }
}
