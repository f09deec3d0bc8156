//! Dead letters as rows and JSON: pure.

use serde_json::{Value, json};

use common::jetstream::dead_letters::Kept;

use crate::command::console::printable;
use crate::command::decode;

/// Columns of `dead list`.
pub(crate) const HEADER: [&str; 6] = ["name", "stage", "code", "attempts", "failed at", "message"];

/// One row of `dead list`.
pub(crate) fn row(kept: &Kept) -> [String; 6] {
    let letter = &kept.letter;
    [
        kept.name.clone(),
        letter.error.stage.to_string(),
        letter.error.code.clone(),
        letter.attempts.to_string(),
        format!("{:.0}", letter.failed_at),
        printable(&letter.error.message),
    ]
}

/// One object of `dead list --output json`.
pub(crate) fn short(kept: &Kept) -> Value {
    let letter = &kept.letter;
    json!({
        "name": kept.name,
        "sequence": kept.sequence,
        "id": letter.id,
        "tenant": letter.tenant,
        "generation": letter.generation,
        "stage": letter.error.stage,
        "code": letter.error.code,
        "message": letter.error.message,
        "attempts": letter.attempts,
        "failed_at": letter.failed_at,
    })
}

/// What `dead show` prints: [`short`], the original message's subject and headers, and its body as
/// `job`: decoded, or `{"$bytes": …}` when it is not CBOR.
pub(crate) fn whole(kept: &Kept) -> Value {
    let letter = &kept.letter;
    let headers: Vec<Value> =
        letter.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let job =
        decode::decode(&letter.payload).unwrap_or_else(|_| decode::bytes_to_json(&letter.payload));
    let mut whole = short(kept);
    if let Some(fields) = whole.as_object_mut() {
        fields.insert("subject".to_owned(), letter.subject.clone().into());
        fields.insert("headers".to_owned(), headers.into());
        fields.insert("job".to_owned(), job);
    }
    whole
}

#[cfg(test)]
mod tests {
    use common::error::{ErrorRecord, StageError};
    use common::event::DeadLetter;
    use common::stage::StageName;
    use jiff::Timestamp;

    use super::*;

    fn kept(payload: Vec<u8>) -> Kept {
        let error = StageError::internal("crashed", "signal 11");
        let letter = DeadLetter {
            id: None,
            tenant: None,
            generation: 1,
            error: ErrorRecord::new(StageName::Ocr, &error),
            attempts: 3,
            failed_at: Timestamp::UNIX_EPOCH,
            subject: "invoice.jobs.ocr.x".to_owned(),
            headers: vec![("Invoice-Version".to_owned(), "1".to_owned())],
            payload,
        };
        Kept { sequence: 9, name: "unknown-9".to_owned(), letter }
    }

    #[test]
    fn the_original_message_is_shown_decoded() {
        // CBOR of {"filename": "a"}.
        let payload = b"\xa1\x68filename\x61a".to_vec();
        let shown = whole(&kept(payload));
        assert_eq!(shown["job"], json!({"filename": "a"}));
        assert_eq!(shown["headers"][0], json!({"name": "Invoice-Version", "value": "1"}));
        assert_eq!(shown["code"], "crashed");
    }

    #[test]
    fn an_original_that_nobody_can_read_is_shown_all_the_same() {
        assert_eq!(whole(&kept(vec![0xFF]))["job"], json!({"$bytes": "/w=="}));
    }

    #[test]
    fn a_row_has_as_many_cells_as_the_header() {
        let row = row(&kept(Vec::new()));
        assert_eq!(row[..5], ["unknown-9", "ocr", "crashed", "3", "1970-01-01T00:00:00Z"]);
    }
}
