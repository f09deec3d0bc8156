//! What waits for an operator: dead letters, and the state of the audit trail.

use common::jetstream::audit::TrailState;

use super::super::check::Judgement;

/// Judges the number of dead letters.
pub(in super::super) fn letters(waiting: u64) -> Judgement {
    let remedy =
        "invoice-ocr dead list says why; dead replay or dead discard, once the cause is gone";
    match waiting {
        0 => Judgement::ok("none"),
        1 => Judgement::warning("1 waits", remedy),
        many => Judgement::warning(format!("{many} wait"), remedy),
    }
}

/// Judges the audit trail.
pub(in super::super) fn audit(state: &TrailState) -> Judgement {
    let records = state.records;
    match state.oldest_at {
        Some(oldest) if state.cut_short => Judgement::warning(
            format!("records from before {oldest:.0} had to make room"),
            "make INVOICE_AUDIT larger, or copy it away (docs/callers.md)",
        ),
        Some(oldest) => Judgement::ok(format!("{records} records, since {oldest:.0}")),
        None => Judgement::ok("no record yet"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::command::doctor::check::Verdict;

    #[test]
    fn dead_letters_wait_for_a_person() {
        assert_eq!(letters(0).verdict, Verdict::Ok);
        assert_eq!(letters(1).found, "1 waits");
        assert_eq!(letters(7).verdict, Verdict::Warning);
    }

    #[test]
    fn a_trail_that_lost_records_before_their_time_is_a_warning() {
        let oldest_at = Some(Timestamp::UNIX_EPOCH);
        let state = TrailState { records: 3, oldest_at, cut_short: false };
        assert_eq!(audit(&state).verdict, Verdict::Ok);
        assert_eq!(audit(&TrailState { cut_short: true, ..state }).verdict, Verdict::Warning);
        let empty = TrailState { records: 0, oldest_at: None, cut_short: false };
        assert_eq!(audit(&empty).found, "no record yet");
    }
}
