//! `invoice-ocr events`: public events as they are stored.

use std::pin::pin;
use std::time::Duration;

use clap::Args;
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use common::jetstream::broker::Broker;
use common::jetstream::events::{EventsFrom, PublicEvent};
use common::jetstream::topology;

use super::operator::{self, OperatorArgs};
use super::table::overview;
use super::{CommandError, Output, console};
use crate::exit::Exit;

/// Arguments of `events`.
#[derive(Args, Debug)]
pub(crate) struct EventsArgs {
    #[command(flatten)]
    operator: OperatorArgs,
    /// Begin this long ago, e.g. "90s", "1h", "2 days 3h"
    #[arg(long, value_name = "DURATION", conflicts_with = "all", value_parser = duration)]
    since: Option<SignedDuration>,
    /// Begin with the oldest event that is kept
    #[arg(long)]
    all: bool,
    /// Table: a line an event. JSON and NDJSON: an object a line, with the whole event as `event`
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Output,
}

/// Between two looks at whether the broker still knows who this is.
const LOOK: Duration = Duration::from_secs(1);

/// Runs until Ctrl-C.
///
/// # Errors
/// [`CommandError`] when the broker cannot be reached at first; later it is waited for, unless it refuses who asks.
pub(crate) fn run(args: &EventsArgs) -> Result<Exit, CommandError> {
    let from = match args.since {
        _ if args.all => EventsFrom::All,
        Some(ago) => EventsFrom::Since(
            Timestamp::now().checked_sub(ago).map_err(|e| CommandError::Usage(e.to_string()))?,
        ),
        None => EventsFrom::Now,
    };
    operator::with_broker(&args.operator, async move |broker, _config| {
        tokio::select! {
            outcome = follow(&broker, from, args.output) => outcome,
            error = refused(&broker) => Err(error),
            _ = tokio::signal::ctrl_c() => Ok(Exit::Done),
        }
    })
}

/// Returns when the broker does not take the credentials any more: the embedded one has others after
/// each start, and no patience helps.
async fn refused(broker: &Broker) -> CommandError {
    while !broker.is_refused() {
        tokio::time::sleep(LOOK).await;
    }
    CommandError::Refused
}

async fn follow(broker: &Broker, from: EventsFrom, output: Output) -> Result<Exit, CommandError> {
    topology::verify(broker, None).await?;
    let mut events = pin!(broker.events(from).await?);
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => console::line(&match output {
                Output::Table => line(&event),
                Output::Json | Output::Ndjson => object(&event).to_string(),
            })?,
            // The consumer behind it makes itself again.
            Err(error) => tracing::warn!(%error, "events are interrupted"),
        }
    }
    Ok(Exit::Done)
}

fn object(event: &PublicEvent) -> Value {
    json!({
        "subject": event.subject,
        "sequence": event.sequence,
        "stored_at": event.stored_at,
        "event": event.body,
    })
}

fn line(event: &PublicEvent) -> String {
    let text = |key: &str| event.body.get(key).and_then(Value::as_str).unwrap_or_default();
    let kind = event.subject.split('.').nth(1).unwrap_or_default();
    let said = match event.body.get("error") {
        Some(error) => overview::problem(error),
        // A correction has the result inside.
        None => overview::summary(event.body.get("result").unwrap_or(&event.body)).join("  "),
    };
    let line = format!("{:.3}  {kind:<9}  {}  {said}", event.stored_at, text("id"));
    console::printable(line.trim_end())
}

/// How long ago, as people write it.
pub(super) fn duration(text: &str) -> Result<SignedDuration, String> {
    let duration: SignedDuration = text.parse().map_err(|error| format!("{error}"))?;
    if duration.is_negative() { Err("must not be negative".to_owned()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(subject: &str, body: Value) -> PublicEvent {
        let stored_at = Timestamp::UNIX_EPOCH;
        PublicEvent { sequence: 3, subject: subject.to_owned(), stored_at, body }
    }

    #[test]
    fn an_event_is_one_line() {
        let field = |value: &str| json!({"value": value, "confidence": 0.9, "source": null});
        let body = json!({
            "id": "abc",
            "filename": "a\nb.pdf",
            "invoice": {"number": field("F-1"), "totals": {"gross": field("12.00")}},
            "review": {"required": true, "reasons": []},
        });
        let line = line(&event("invoice.extracted.default.abc.1", body));
        assert_eq!(
            line,
            "1970-01-01T00:00:00.000Z  extracted  abc  a b.pdf  F-1  -  -  12.00  review"
        );
    }

    #[test]
    fn a_failed_document_says_why() {
        let body =
            json!({"id": "abc", "error": {"code": "encrypted", "message": "no", "stage": "ocr"}});
        let line = line(&event("invoice.failed.default.abc.1", body));
        assert_eq!(line, "1970-01-01T00:00:00.000Z  failed     abc  encrypted: no (ocr)");
    }

    #[test]
    fn durations_are_as_people_write_them() {
        assert_eq!(duration("1h").unwrap(), SignedDuration::from_hours(1));
        assert_eq!(duration("90s").unwrap(), SignedDuration::from_secs(90));
        assert!(duration("-1h").is_err() && duration("soon").is_err());
    }
}
