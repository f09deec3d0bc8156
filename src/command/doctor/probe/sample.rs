//! Two invoices of firms that do not exist, sent, waited for, and erased again: one with a text layer,
//! one that has to be recognised. The files are those of samples/, each time with another last line,
//! so that they are documents of their own.

use std::thread::sleep;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use common::page::MediaType;

use super::super::check::{Check, Judgement};
use super::super::judge::sample::{self as judge, Erasure, Sample};
use crate::client::{Client, ClientError, Sending};

/// First pause between two looks; doubled up to [`LONGEST_PAUSE`]: a client has a hundred requests a
/// minute.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Name of the check whether samples are gone again.
const ERASED: &str = "sample.erased";

/// What readers of events know a sample by: the file's name, and the beginning of the correlation id.
const FILENAME: &str = "invoice-ocr-doctor.pdf";
const CORRELATION: &str = "doctor-";

/// An invoice and what it says.
struct Invoice {
    check: &'static str,
    pdf: &'static [u8],
    says: &'static str,
}

const INVOICES: [Invoice; 2] = [
    Invoice {
        check: "sample.text",
        pdf: include_bytes!("../../../../samples/facture-electronique.pdf"),
        says: include_str!("../../../../samples/facture-electronique.expected.json"),
    },
    Invoice {
        check: "sample.scan",
        pdf: include_bytes!("../../../../samples/facture-scan.pdf"),
        says: include_str!("../../../../samples/facture-scan.expected.json"),
    },
];

/// The checks, none of which was run.
pub(in super::super) fn skipped(why: &str) -> Vec<Check> {
    let names = INVOICES.iter().map(|invoice| invoice.check).chain([ERASED]);
    names.map(|name| Judgement::skipped(why).named(name)).collect()
}

/// Has both read, at most `patience` long, and erased.
pub(in super::super) fn checks(client: &Client, patience: Duration) -> Vec<Check> {
    let run = Timestamp::now().as_nanosecond();
    let begun = Instant::now();
    let sent: Vec<Result<String, ClientError>> =
        INVOICES.iter().enumerate().map(|(n, i)| send(client, i, &format!("{run}-{n}"))).collect();
    let mut checks = Vec::new();
    let mut erasures = Vec::new();
    for (invoice, sent) in INVOICES.iter().zip(sent) {
        let sample = match sent {
            Err(error) => Sample::NotTaken(error),
            Ok(id) => {
                let sample = wait(client, &id, begun, patience);
                erasures.push(match client.delete(&id) {
                    Ok(()) => Erasure::Done,
                    Err(error) => Erasure::NotDone(error),
                });
                sample
            }
        };
        let says: Value = serde_json::from_str(invoice.says).unwrap_or_default();
        checks.push(judge::judge(&sample, &says, client.has_key()).named(invoice.check));
    }
    checks.push(judge::erased(&erasures, client.has_key()).named(ERASED));
    checks
}

fn send(client: &Client, invoice: &Invoice, run: &str) -> Result<String, ClientError> {
    // Readers of PDF stop at its end.
    let bytes = [invoice.pdf, format!("\n%{CORRELATION}{run}\n").as_bytes()].concat();
    let answer = client.send(Sending {
        bytes: &bytes,
        media_type: MediaType::Pdf,
        filename: FILENAME,
        request_id: &format!("{CORRELATION}{run}"),
    })?;
    Ok(answer.get("id").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn wait(client: &Client, id: &str, begun: Instant, patience: Duration) -> Sample {
    let mut pause = FIRST_PAUSE;
    loop {
        let answer = match client.status(id) {
            Ok(answer) => answer,
            Err(error) => return Sample::NotAsked(error),
        };
        let state = answer.get("state").and_then(Value::as_str);
        if matches!(state, Some("completed" | "failed")) {
            return Sample::Ended(answer, begun.elapsed().as_secs_f64());
        }
        if begun.elapsed() + pause > patience {
            return Sample::NotEnded(answer);
        }
        sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
