//! Reads invoices as they are published, each once, whatever dies meanwhile. ../README.md says how to run it.

#![expect(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program of somebody else, with its own log, settings and acknowledgements"
)]

use std::collections::HashSet;
use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::time::Duration;

use async_nats::ConnectOptions;
use async_nats::jetstream::{self, Message, consumer::PullConsumer};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

const STREAM: &str = "INVOICE_EVENTS";
/// Few enough to be handled well within the consumer's ack wait, and before a stop gets impatient.
const BATCH: usize = 20;
/// How long a pull waits for more, and so how long a stop may take.
const WAIT: Duration = Duration::from_secs(1);

type Failure = Box<dyn Error + Send + Sync>;

/// What was done, one line an event. A program with a database keeps the event's id beside what it writes
/// for it, in one transaction; here both are one line.
struct Ledger {
    file: File,
    done: HashSet<String>,
}

impl Ledger {
    fn open(path: &str) -> Result<Self, Failure> {
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // A line without its end was being written when the machine died: it was not done.
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        file.set_len(text.len() as u64)?;
        file.seek(SeekFrom::End(0))?;
        let id_of = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        Ok(Self { file, done: text.lines().map(id_of).collect() })
    }

    fn write(&mut self, id: &str, what: &str) -> Result<(), Failure> {
        self.file.write_all(format!("{id} {what}\n").as_bytes())?;
        self.file.sync_data()?;
        self.done.insert(id.to_owned());
        Ok(())
    }
}

/// What this program makes of an event; `None` for kinds that it does not know, as may be added.
fn what_to_do(kind: &str, event: &Value) -> Option<String> {
    let says = |place: &str| event.pointer(place).cloned().unwrap_or_default();
    match kind {
        "invoice.extracted" if says("/review/required") == true => Some("look at".to_owned()),
        "invoice.extracted" => Some("book".to_owned()),
        "invoice.corrected" => Some("book again".to_owned()),
        "invoice.failed" => {
            Some(format!("ask for again: {}", says("/error/code").as_str().unwrap_or_default()))
        }
        _ => None,
    }
}

fn handle(ledger: &mut Ledger, message: &Message) -> Result<(), Failure> {
    // invoice.<kind>.<tenant>.<document>.<number>: one event each, so the subject tells them apart.
    // The header ce-id says the same.
    let id = message.subject.as_str();
    let kind = id.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let event: Value = serde_json::from_slice(&message.payload)?;
    match what_to_do(&kind, &event) {
        // It was done, but the acknowledgement got lost.
        Some(_) if ledger.done.contains(id) => Ok(()),
        Some(what) => ledger.write(id, &what),
        None => Ok(()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let setting = |name: &str, default: &str| std::env::var(name).unwrap_or(default.to_owned());
    let name = setting("SUBSCRIBER", "bookkeeping");
    let mut options =
        ConnectOptions::new().custom_inbox_prefix(format!("_INBOX_subscriber_{name}"));
    if let Ok(seed) = std::env::var("NATS_NKEY") {
        options = options.nkey(std::fs::read_to_string(seed)?.trim().to_owned());
    }
    let client = options.connect(setting("NATS_URL", "nats://127.0.0.1:4222")).await?;
    let context = jetstream::new(client.clone());
    let consumer: PullConsumer = context.get_consumer_from_stream(&name, STREAM).await?;
    let mut ledger = Ledger::open(&setting("LEDGER", "handled.log"))?;

    let (mut stop, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stopped = async {
        tokio::select! { _ = stop.recv() => {}, _ = interrupt.recv() => {} }
    };
    tokio::pin!(stopped);
    // Between batches only: what was pulled is handled before the end.
    while futures_util::poll!(&mut stopped).is_pending() {
        if let Err(error) = handle_batch(&consumer, &mut ledger).await {
            // What was not acknowledged comes again, after the consumer's ack wait.
            eprintln!("not finished, trying again: {error}");
            tokio::time::sleep(WAIT).await;
        }
    }
    client.drain().await?;
    Ok(())
}

async fn handle_batch(consumer: &PullConsumer, ledger: &mut Ledger) -> Result<(), Failure> {
    let mut batch = consumer.batch().max_messages(BATCH).expires(WAIT).messages().await?;
    while let Some(message) = batch.next().await {
        let message = message?;
        handle(ledger, &message)?;
        // With an answer, so that an event is seldom delivered again; when it is, the ledger knows it.
        message.double_ack().await?;
    }
    Ok(())
}
