//! A status whose result people put right: what is shown of it, and how it changes.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use serde_json::value::to_raw_value;

use super::record::{ResultJson, State, StatusRecord};
use crate::correction::{
    Author, Change, Correction, MAX_HISTORY_BYTES, Refusal, Wanted, applied, value_at,
};
use crate::error::StageError;

/// Least time between two changes of a status that clients can tell apart.
const TICK: SignedDuration = SignedDuration::from_nanos(1);

/// What a correction makes of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Amended {
    /// Store this one.
    To(Box<StatusRecord>),
    /// The result says all of that already.
    Unchanged,
    /// The result does not take it.
    Refused(Refusal),
}

impl StatusRecord {
    /// The latest correction of the present generation.
    #[must_use]
    pub fn correction(&self) -> Option<&Correction> {
        self.of_this_generation().last()
    }

    /// When it ended; for one that has not, when it last changed.
    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        self.ended_at.unwrap_or(self.updated_at)
    }

    /// The result with what people put right in it: what everybody is shown. The published one, byte for byte,
    /// where nobody did.
    ///
    /// # Errors
    /// `Internal` for a result that is no JSON, which is a bug.
    pub fn shown_result(&self) -> Result<Option<Cow<'_, ResultJson>>, StageError> {
        let Some(result) = &self.result else { return Ok(None) };
        if self.correction().is_none() {
            return Ok(Some(Cow::Borrowed(result)));
        }
        let text = to_raw_value(&self.shown(result)?).map_err(unreadable)?;
        Ok(Some(Cow::Owned(ResultJson(text))))
    }

    /// The record once `by` has put right what is `wanted`. Only a completed one has something to put right.
    ///
    /// # Errors
    /// As [`Self::shown_result`].
    pub fn corrected(
        &self,
        wanted: &Wanted,
        by: &Author,
        now: Timestamp,
    ) -> Result<Amended, StageError> {
        let (State::Completed, Some(result)) = (self.state, &self.result) else {
            return Ok(Amended::Unchanged);
        };
        let latest = self.correction().map_or(0, |latest| latest.revision);
        let mut correction = Correction {
            generation: self.generation,
            revision: latest + 1,
            at: now,
            by: by.clone(),
            reviewed: false,
            changes: Vec::new(),
        };
        let (mut shown, mut changes) = (self.shown(result)?, Vec::new());
        for value in &wanted.values {
            let old = match value_at(&shown, value.path) {
                Ok(old) => old.map(str::to_owned),
                Err(count) => {
                    let (field, seen) = (value.path, count as u64);
                    return Ok(Amended::Refused(Refusal::NoEntry { field, seen }));
                }
            };
            if old != value.value {
                let (field, new) = (value.path.to_string(), value.value.clone());
                let change = Change { field, old, new };
                // One after the other: an entry that one value adds is there for the next.
                correction.changes = vec![change.clone()];
                shown = applied(shown, [&correction]);
                changes.push(change);
            }
        }
        let settles = wanted.reviewed
            && shown.pointer("/review/required").and_then(Value::as_bool) == Some(true);
        if changes.is_empty() && !settles {
            return Ok(Amended::Unchanged);
        }
        correction.changes = changes;
        correction.reviewed = wanted.reviewed;
        let mut next = self.clone();
        next.corrections.push(correction);
        let (limit, seen) = (MAX_HISTORY_BYTES as u64, bytes(&next.corrections)?);
        if seen > limit {
            return Ok(Amended::Refused(Refusal::HistoryFull { limit, seen }));
        }
        next.ended_at = Some(self.ended_at());
        // Not before the last one, whatever the clocks of two services say: what is shown is told by it.
        next.updated_at = now.max(self.updated_at.checked_add(TICK).unwrap_or(now));
        next.correction_untold = true;
        Ok(Amended::To(Box::new(next)))
    }

    /// The same, now that the event of the latest correction is stored. Nothing that is shown changes.
    #[must_use]
    pub fn told(self) -> Self {
        Self { correction_untold: false, ..self }
    }

    fn of_this_generation(&self) -> impl DoubleEndedIterator<Item = &Correction> {
        self.corrections.iter().filter(|correction| correction.generation == self.generation)
    }

    fn shown(&self, result: &ResultJson) -> Result<Value, StageError> {
        let read = serde_json::from_str(result.0.get()).map_err(unreadable)?;
        Ok(applied(read, self.of_this_generation()))
    }
}

fn bytes(corrections: &[Correction]) -> Result<u64, StageError> {
    serde_json::to_vec(corrections).map(|text| text.len() as u64).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> StageError {
    // Where in the text, and what was expected there; the position alone is for logs.
    let (line, column) = (error.line(), error.column());
    StageError::internal("result_unreadable", format!("a result, line {line}, column {column}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::RawValue;

    use super::*;
    use crate::audit::Actor;
    use crate::testing::accepted_record;

    const READ: &str = r#"{ "invoice":{"number":{"value":"F-7"},"lines":[]},
        "review":{"required":true,"reasons":[{"code":"field_missing","field":"currency"}]}}"#;

    fn completed() -> StatusRecord {
        let result = Some(ResultJson(RawValue::from_string(READ.to_owned()).unwrap()));
        StatusRecord { state: State::Completed, result, ..accepted_record() }
    }

    fn wanted(values: &[(&str, Option<&str>)], reviewed: bool) -> Wanted {
        let item = |(field, value): &(&str, Option<&str>)| json!({"field": field, "value": value});
        let items: Vec<Value> = values.iter().map(item).collect();
        let body = json!({"corrections": items, "reviewed": reviewed}).to_string();
        Wanted::read(body.as_bytes()).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn amend(record: &StatusRecord, wanted: &Wanted, now: i64) -> Amended {
        let by = Author { actor: Actor::Anybody, name: None };
        record.corrected(wanted, &by, at(now)).unwrap()
    }

    fn amended(record: &StatusRecord, wanted: &Wanted, now: i64) -> StatusRecord {
        match amend(record, wanted, now) {
            Amended::To(next) => *next,
            other => panic!("{other:?}"),
        }
    }

    fn shown(record: &StatusRecord) -> Value {
        let shown = record.shown_result().unwrap().unwrap();
        serde_json::from_str(shown.0.get()).unwrap()
    }

    #[test]
    fn what_was_read_stays_and_what_is_shown_is_corrected() {
        let read = completed();
        assert_eq!(read.shown_result().unwrap().unwrap().0.get(), READ, "byte for byte");
        let first = amended(&read, &wanted(&[("number", Some("F-1"))], false), 10);
        let second = amended(&first, &wanted(&[("currency", Some("EUR"))], false), 20);
        assert_eq!(second.result, read.result);
        assert_eq!(shown(&second)["invoice"]["number"]["value"], "F-1");
        assert_eq!(shown(&second)["invoice"]["currency"]["value"], "EUR");
        assert_eq!(shown(&second)["review"]["required"], false, "its only reason named the field");
        assert_eq!(second.correction().unwrap().revision, 2);
        assert_eq!(second.ended_at(), read.updated_at);
        let change = &second.corrections[0].changes[0];
        assert_eq!((change.old.as_deref(), change.new.as_deref()), (Some("F-7"), Some("F-1")));
        assert!(second.correction_untold && !second.clone().told().correction_untold);
        assert_eq!(second.clone().told().moment(), second.moment(), "telling is not seen");
        let written = serde_json::to_string(&second).unwrap();
        assert_eq!(serde_json::from_str::<StatusRecord>(&written).unwrap(), second);
    }

    #[test]
    fn what_the_result_says_already_changes_nothing() {
        let read = completed();
        assert_eq!(
            amend(&read, &wanted(&[("number", Some("F-7"))], false), 10),
            Amended::Unchanged
        );
        assert_eq!(amend(&read, &wanted(&[("currency", None)], false), 10), Amended::Unchanged);
        let reviewed = amended(&read, &wanted(&[], true), 10);
        assert_eq!(shown(&reviewed)["review"], json!({"required": false, "reasons": []}));
        assert_eq!(amend(&reviewed, &wanted(&[], true), 20), Amended::Unchanged);
        let failed = StatusRecord { state: State::Failed, result: None, ..read };
        assert_eq!(amend(&failed, &wanted(&[], true), 10), Amended::Unchanged);
    }

    #[test]
    fn lines_are_added_one_after_the_other() {
        let values = [("lines.0.unit", Some("kg")), ("lines.1.unit", Some("h"))];
        let next = amended(&completed(), &wanted(&values, false), 10);
        assert_eq!(shown(&next)["invoice"]["lines"].as_array().unwrap().len(), 2);
        let refused = amend(&completed(), &wanted(&values[1..], false), 10);
        let Amended::Refused(Refusal::NoEntry { seen: 0, .. }) = refused else {
            panic!("{refused:?}")
        };
    }

    #[test]
    fn every_correction_is_told_from_the_one_before_even_if_a_clock_goes_back() {
        let first = amended(&completed(), &wanted(&[("number", Some("F-1"))], false), 10);
        let second = amended(&first, &wanted(&[("number", Some("F-7"))], false), 5);
        assert!(second.updated_at > first.updated_at);
        assert_ne!(shown(&second), shown(&completed()), "F-7 again, and still corrected");
    }

    #[test]
    fn a_new_generation_begins_without_corrections_and_remembers_them() {
        let first = amended(&completed(), &wanted(&[("number", Some("F-1"))], false), 10).told();
        let begun = first.reprocessed(at(20)).unwrap();
        assert_eq!((begun.corrections.len(), begun.correction()), (1, None));
        assert_eq!(begun.ended_at(), at(20));
        let result = completed().result;
        let again = StatusRecord { state: State::Completed, result, ..begun };
        assert_eq!(again.shown_result().unwrap().unwrap().0.get(), READ);
        let second = amended(&again, &wanted(&[("number", Some("F-2"))], false), 30);
        let latest = second.correction().unwrap();
        assert_eq!((latest.generation, latest.revision, second.corrections.len()), (2, 1, 2));
    }

    #[test]
    fn what_is_kept_of_corrections_has_a_bound() {
        let mut record = completed();
        let mut refused = None;
        for round in 0..200 {
            let long = format!("{round}{}", "x".repeat(1900));
            match amend(&record, &wanted(&[("number", Some(&long))], false), 10) {
                Amended::To(next) => record = next.told(),
                other => {
                    refused = Some(other);
                    break;
                }
            }
        }
        let Some(Amended::Refused(Refusal::HistoryFull { limit, seen })) = refused else {
            panic!("{refused:?}")
        };
        assert!(limit == MAX_HISTORY_BYTES as u64 && seen > limit);
    }
}
