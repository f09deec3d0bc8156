//! The programs in `examples/subscribers`, on events that the pipeline published, each as a user that may do what a
//! subscriber may: whatever dies meanwhile, no event is lost and none is handled twice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::{self, stream::Stream};
use common::error::StageError;
use common::jetstream::broker::Broker;
use common::jetstream::names;
use common::job::Job;
use common::object::ObjectStore;
use common::stage::{Outcome, Stage, StageName};
use common::testing::process;
use futures_util::TryStreamExt;
use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{CopyOn, Fail, PATIENCE, Running, incoming, run_on, settings};
use crate::users::{Guarded, eventually};

/// Further subscribers than the one in Rust, which `scripts/check-subscribers` prepares: a line each, its name and
/// then its program and arguments, between tabs.
const OTHERS: &str = "SUBSCRIBERS";

/// The user, and its consumer.
const NAME: &str = "books";

/// So short that what a killed subscriber had comes again soon.
const ACK_WAIT: Duration = Duration::from_secs(2);

/// A subscriber's name, and how it is started.
struct Program {
    name: String,
    command: Vec<String>,
}

#[expect(clippy::disallowed_methods, reason = "how a script asks a test for more")]
fn programs() -> Vec<Program> {
    let here = std::env::current_exe().unwrap();
    let example = here.parent().and_then(Path::parent).unwrap().join("examples/subscriber");
    let wanted = "cargo build --release -p common --example subscriber";
    assert!(example.is_file(), "{} is missing: {wanted}", example.display());
    let rust = Program { name: "rust".into(), command: vec![example.to_str().unwrap().into()] };
    let others = std::env::var(OTHERS).unwrap_or_default();
    let others = others.lines().map(|line| {
        let mut words = line.split('\t').map(str::to_owned);
        Program { name: words.next().unwrap(), command: words.collect() }
    });
    std::iter::once(rust).chain(others).collect()
}

/// The last stage, with a result that subscribers can read.
struct Reads;

impl Stage for Reads {
    const NAME: StageName = StageName::Extract;

    async fn run(&self, job: &Job, _: &impl ObjectStore) -> Result<Outcome, StageError> {
        let unsure = job.id.as_str() < "8";
        let review = json!({ "required": unsure, "reasons": [] });
        let result = json!({ "schema": "invoice.extracted/1", "id": job.id, "review": review });
        Ok(Outcome::Extracted(serde_json::value::to_raw_value(&result).unwrap()))
    }
}

/// Services, each as its own user, of which the first refuses some documents.
struct Pipeline {
    gateway: Broker,
    events: Stream,
    stages: [Running; 3],
}

impl Pipeline {
    async fn start(guarded: &Guarded) -> Self {
        let encrypted = StageError::rejected("document_encrypted", "needs a password");
        let (raw, _) = guarded.raw("operator").await;
        Self {
            gateway: guarded.connect("gateway").await,
            events: jetstream::new(raw).get_stream(names::EVENTS_STREAM).await.unwrap(),
            stages: [
                run_on(
                    &guarded.connect("preprocess").await,
                    Fail::times(5, encrypted),
                    settings(4),
                )
                .await,
                run_on(&guarded.connect("ocr").await, CopyOn, settings(4)).await,
                run_on(&guarded.connect("extract").await, Reads, settings(4)).await,
            ],
        }
    }

    /// Has as many documents read that there are `total` events.
    async fn publish(&self, total: usize) {
        for number in self.subjects().await.len()..total {
            self.gateway.accept(incoming(&format!("invoice {number}"))).await.unwrap();
        }
        eventually(async || (self.subjects().await.len() == total).then_some(())).await;
    }

    /// Subjects of all events.
    async fn subjects(&self) -> BTreeSet<String> {
        let found = self.events.info_with_subjects("invoice.>").await.unwrap();
        found.map_ok(|(subject, _)| subject).try_collect().await.unwrap()
    }

    async fn stopped(self) {
        for stage in self.stages {
            stage.stopped().await;
        }
    }
}

/// A subscriber's place on a machine, which outlives its processes.
struct Desk {
    program: Program,
    folder: TempDir,
    url: String,
    seed: String,
}

impl Desk {
    fn ledger(&self) -> PathBuf {
        self.folder.path().join("handled.log")
    }

    fn start(&self) -> Process {
        let (program, arguments) = self.program.command.split_first().unwrap();
        let child = Command::new(program)
            .args(arguments)
            .env("NATS_URL", &self.url)
            .env("NATS_NKEY", &self.seed)
            .env("SUBSCRIBER", NAME)
            .env("LEDGER", self.ledger())
            .stdin(Stdio::null())
            .spawn();
        Process(child.unwrap_or_else(|error| panic!("{program}: {error}")))
    }

    /// Events that it has handled, in order.
    fn handled(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.ledger()).unwrap();
        let id = |line: &str| line.split(' ').next().unwrap().to_owned();
        text.lines().map(id).collect()
    }

    async fn has_handled(&self, process: &mut Process, events: usize) {
        eventually(async || {
            let ended = process.0.try_wait().unwrap();
            assert_eq!(ended, None, "{} ended by itself", self.program.name);
            (self.handled().len() >= events).then_some(())
        })
        .await;
    }
}

/// Killed with its guard.
struct Process(Child);

impl Process {
    fn end(mut self, signal: Signal) -> ExitStatus {
        process::signal(self.0.id(), signal);
        process::until(PATIENCE, "a subscriber to end", || self.0.try_wait().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_lose_no_event_and_handle_none_twice() {
    for program in programs() {
        println!("the subscriber in {}", program.name);
        loses_none_and_handles_none_twice(program).await;
    }
}

async fn loses_none_and_handles_none_twice(program: Program) {
    let mut guarded = Guarded::start().await;
    let pipeline = Pipeline::start(&guarded).await;
    let durable = pull::Config {
        durable_name: Some(NAME.to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        ..pull::Config::default()
    };
    pipeline.events.create_consumer(durable).await.unwrap();
    let seed = guarded.settings(&format!("subscriber.{NAME}")).nkey_file;
    let folder = TempDir::new().unwrap();
    let desk = Desk { program, folder, url: guarded.server.url(), seed };

    // It died before: of one event the acknowledgement got lost, of another half a line is there.
    pipeline.publish(40).await;
    let subjects = pipeline.subjects().await;
    let [done, begun] = subjects.iter().take(2).collect::<Vec<_>>()[..] else { panic!() };
    std::fs::write(desk.ledger(), format!("{done} book\n{begun}")).unwrap();
    let mut process = desk.start();
    desk.has_handled(&mut process, 10).await;
    assert!(process.end(Signal::TERM).success(), "a stop is no failure");

    // It is stopped, and later killed, while there are events.
    pipeline.publish(60).await;
    let mut process = desk.start();
    desk.has_handled(&mut process, 45).await;
    assert!(!process.end(Signal::KILL).success());

    // The broker dies while it runs.
    pipeline.publish(80).await;
    let published = pipeline.subjects().await;
    pipeline.stopped().await;
    let mut process = desk.start();
    desk.has_handled(&mut process, 65).await;
    guarded.server.kill();
    guarded.server.restart();
    desk.has_handled(&mut process, 80).await;

    // Everything is acknowledged, so that nothing comes again.
    let (raw, _) = guarded.raw("operator").await;
    let consumer: PullConsumer =
        jetstream::new(raw).get_consumer_from_stream(NAME, names::EVENTS_STREAM).await.unwrap();
    eventually(async || {
        let info = consumer.get_info().await.ok()?;
        (info.num_pending == 0 && info.num_ack_pending == 0).then_some(())
    })
    .await;
    assert!(process.end(Signal::TERM).success());

    let handled = desk.handled();
    assert_eq!(handled.len(), published.len(), "each once: {handled:#?}");
    assert_eq!(handled.into_iter().collect::<BTreeSet<_>>(), published);
    let of = |kind: &str| published.iter().filter(|subject| subject.starts_with(kind)).count();
    assert_eq!((of("invoice.failed."), of("invoice.extracted.")), (5, 75));
    assert_eq!(guarded.violations(), Vec::<String>::new());
}
