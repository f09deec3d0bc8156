//! What of a status is worth keeping in memory for every document at once: where it stands, and the few
//! fields of its result by which people look for an invoice.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::record::{State, StatusRecord};
use crate::correction::{Correction, applied};
use crate::error::StageError;
use crate::id::{DocumentId, Tenant};
use crate::stage::StageName;

/// Longest text that is kept of a field, characters. Names and numbers of invoices have a few dozen; what
/// is longer is a reading gone wrong, and must not take the memory of a hundred others.
pub const MAX_TEXT_CHARS: usize = 200;

/// Where a document stands among others: by when it came, and by its id where two came at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    /// When the gateway took it.
    pub received_at: Timestamp,
    /// The document.
    pub id: DocumentId,
}

/// What differs between two statuses of one document that clients can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Which processing it is.
    pub generation: u32,
    /// Where the document stands.
    pub state: State,
    /// The stage it is in or waits for; the last one it was in when terminal.
    pub stage: StageName,
    /// Attempts begun in that stage and generation.
    pub attempt: u32,
    /// When the status last changed, by the clock of the service that changed it.
    pub updated_at: Timestamp,
}

/// The few fields of a result by which people look for an invoice. Texts are cut at [`MAX_TEXT_CHARS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Name of the seller.
    pub seller: Option<Box<str>>,
    /// The invoice's number.
    pub number: Option<Box<str>>,
    /// When it was issued.
    pub issue_date: Option<Date>,
    /// Amount due, or the total with tax where none was read: a decimal with a dot.
    pub payable: Option<Box<str>>,
    /// Its currency, ISO 4217.
    pub currency: Option<Box<str>>,
    /// Whether a person should look at it.
    pub review_required: bool,
}

/// A status without what is long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Which document, and when it came.
    pub arrival: Arrival,
    /// Whose it is.
    pub tenant: Tenant,
    /// Where it stands.
    pub moment: Moment,
    /// The client's name for it, cleaned.
    pub filename: Option<Box<str>>,
    /// What was read; there exactly when `completed`.
    pub summary: Option<Summary>,
}

impl StatusRecord {
    /// What tells this status from others of its document.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment {
            generation: self.generation,
            state: self.state,
            stage: self.stage,
            attempt: self.attempt,
            updated_at: self.updated_at,
        }
    }
}

impl Digest {
    /// Reads a stored status. A result of another form than ours has an empty summary.
    ///
    /// # Errors
    /// `Internal` for a record of another version.
    pub fn read(stored: &[u8]) -> Result<Self, StageError> {
        let stored: Stored = serde_json::from_slice(stored)
            .map_err(|error| StageError::internal("status_unreadable", error.to_string()))?;
        let corrections =
            || stored.corrections.iter().filter(|made| made.generation == stored.generation);
        let result = stored.result.map(|result| match corrections().next() {
            None => serde_json::from_str::<Reading>(result.get()),
            Some(_) => {
                let read: Value = serde_json::from_str(result.get())?;
                serde_json::from_value(applied(read, corrections()))
            }
        });
        Ok(Self {
            arrival: Arrival { received_at: stored.received_at, id: stored.id },
            tenant: stored.tenant,
            moment: Moment {
                generation: stored.generation,
                state: stored.state,
                stage: stored.stage,
                attempt: stored.attempt,
                updated_at: stored.updated_at,
            },
            filename: stored.filename.map(cut),
            summary: result.map(|read| read.map(Summary::from).unwrap_or_default()),
        })
    }
}

/// Of a stored status, what is kept.
#[derive(Deserialize)]
struct Stored<'a> {
    id: DocumentId,
    tenant: Tenant,
    filename: Option<String>,
    received_at: Timestamp,
    updated_at: Timestamp,
    generation: u32,
    state: State,
    stage: StageName,
    attempt: u32,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    corrections: Vec<Correction>,
}

/// Of a result, what is kept.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Reading {
    invoice: Invoice,
    review: Review,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Invoice {
    number: Option<Field<String>>,
    issue_date: Option<Field<Date>>,
    currency: Option<Field<String>>,
    seller: Seller,
    totals: Totals,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Seller {
    name: Option<Field<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Totals {
    gross: Option<Field<String>>,
    due: Option<Field<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Review {
    required: bool,
}

#[derive(Deserialize)]
struct Field<T> {
    value: T,
}

impl From<Reading> for Summary {
    fn from(result: Reading) -> Self {
        let Invoice { number, issue_date, currency, seller, totals } = result.invoice;
        let text = |field: Option<Field<String>>| field.map(|field| cut(field.value));
        Self {
            seller: text(seller.name),
            number: text(number),
            issue_date: issue_date.map(|field| field.value),
            payable: text(totals.due.or(totals.gross)),
            currency: text(currency),
            review_required: result.review.required,
        }
    }
}

fn cut(mut text: String) -> Box<str> {
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT_CHARS) {
        text.truncate(end);
    }
    text.into_boxed_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored(result: serde_json::Value) -> Vec<u8> {
        let record = json!({
            "version": 1, "id": "a".repeat(64), "tenant": "acme", "filename": "é".repeat(300),
            "received_at": "2026-11-26T10:00:00Z", "updated_at": "2026-11-26T10:00:05.5Z",
            "generation": 2, "state": "completed", "stage": "extract", "attempt": 1,
            "result": result, "claim": null, "later": {"field": 1},
        });
        serde_json::to_vec(&record).unwrap()
    }

    #[test]
    fn a_result_is_summed_up_by_what_people_look_for() {
        let result = json!({
            "invoice": {
                "number": {"value": "F-7", "confidence": 0.9}, "issue_date": {"value": "2026-02-06"},
                "currency": {"value": "TND"}, "seller": {"name": {"value": "Simorgh"}, "vat_id": null},
                "totals": {"net": null, "gross": {"value": "14.616"}, "due": {"value": "14.617"}},
                "lines": [{"description": {"value": "much more"}}],
            },
            "review": {"required": true, "reasons": []},
        });
        let digest = Digest::read(&stored(result)).unwrap();
        let summary = digest.summary.unwrap();
        assert_eq!(summary.seller.as_deref(), Some("Simorgh"));
        assert_eq!(
            (summary.number.as_deref(), summary.payable.as_deref()),
            (Some("F-7"), Some("14.617"))
        );
        assert_eq!(summary.issue_date, Some("2026-02-06".parse().unwrap()));
        assert_eq!((summary.currency.as_deref(), summary.review_required), (Some("TND"), true));
        assert_eq!(digest.filename.unwrap().chars().count(), MAX_TEXT_CHARS);
        assert_eq!(digest.moment.generation, 2);
    }

    #[test]
    fn a_corrected_result_is_summed_up_as_it_is_shown() {
        let result = json!({"invoice": {"number": {"value": "F-7"}, "totals": {}},
            "review": {"required": true, "reasons": [{"code": "x"}]}});
        let mut record: Value = serde_json::from_slice(&stored(result)).unwrap();
        let change = json!({"field": "number", "old": "F-7", "new": "F-1"});
        let made = |generation: u32| {
            json!({"generation": generation, "revision": 1, "at": "2026-11-26T10:00:00Z",
                "by": {"kind": "anybody"}, "reviewed": true, "changes": [change]})
        };
        for (generation, number, review) in [(1, "F-7", true), (2, "F-1", false)] {
            record["corrections"] = json!([made(generation)]);
            let digest = Digest::read(record.to_string().as_bytes()).unwrap();
            let summary = digest.summary.unwrap();
            assert_eq!(
                (summary.number.as_deref(), summary.review_required),
                (Some(number), review),
                "corrected in generation {generation} of 2"
            );
        }
    }

    #[test]
    fn what_was_not_read_is_absent_and_the_total_stands_in_for_the_amount_due() {
        let result = json!({
            "invoice": {
                "number": null, "issue_date": null, "currency": null, "seller": {"name": null},
                "totals": {"gross": {"value": "9.00"}, "due": null},
            },
            "review": {"required": false},
        });
        let summary = Digest::read(&stored(result)).unwrap().summary.unwrap();
        let expected = Summary { payable: Some("9.00".into()), ..Summary::default() };
        assert_eq!(summary, expected);
    }

    #[test]
    fn a_result_of_another_form_has_an_empty_summary_and_no_result_has_none() {
        for odd in [json!({}), json!({"invoice": 5}), json!([1]), json!("text")] {
            let read = Digest::read(&stored(odd)).unwrap();
            assert_eq!(read.summary, Some(Summary::default()));
        }
        assert_eq!(Digest::read(&stored(json!(null))).unwrap().summary, None);
        assert!(Digest::read(b"{}").is_err());
    }
}
