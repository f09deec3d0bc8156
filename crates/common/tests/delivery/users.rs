//! A broker with the users that `topology users` makes: everything that the product does is allowed,
//! each service by itself, and nobody can do more when one of them loses its key.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use common::config::Config;
use common::duplicate::DuplicateIndex;
use common::error::StageError;
use common::id::Tenant;
use common::jetstream::broker::{Broker, ConnectError};
use common::jetstream::ending::Original;
use common::jetstream::erasure::Erased;
use common::jetstream::reprocessing::Reprocessed;
use common::jetstream::users::{self, Role};
use common::jetstream::{sweeper, topology};
use common::job::Job;
use common::object::{Bucket, ObjectStore};
use common::stage::{Outcome, Stage, StageName};
use common::status::{ResultJson, State, StatusRecord};
use common::testing::TestBroker;
use futures_util::StreamExt;
use tempfile::TempDir;

use crate::support::{
    Conclude, Copy, CopyOn, Fail, PATIENCE, Running, incoming, run_on, settings, sweep_on,
};

/// A broker with users, and their keys.
pub(crate) struct Guarded {
    pub(crate) server: TestBroker,
    pub(crate) config: Config,
    keys: TempDir,
}

impl Guarded {
    /// With the topology, made by the operator.
    pub(crate) async fn start() -> Self {
        let (config, keys) = (Config::defaults().unwrap(), TempDir::new().unwrap());
        let subscribers = ["subscriber.books", "subscriber.archive.acme"];
        let wanted: Vec<Role> =
            Role::own().chain(subscribers.map(|name| name.parse().unwrap())).collect();
        let made = users::users(keys.path(), &wanted, &[]).unwrap();
        let text = users::configuration(&made, &config).unwrap();
        let server = TestBroker::start_with(|folder| {
            std::fs::write(folder.join("users.conf"), text).unwrap();
            "include \"users.conf\"".to_owned()
        });
        let guarded = Self { server, config, keys };
        let operator = guarded.connect("operator").await;
        topology::apply(&operator, &guarded.config).await.unwrap();
        guarded
    }

    /// The broker's configuration without one of the users.
    fn without(&self, role: &str) -> String {
        let role: Role = role.parse().unwrap();
        let mut left = users::users(self.keys.path(), &[], &[]).unwrap();
        left.retain(|user| user.role != role);
        users::configuration(&left, &self.config).unwrap()
    }

    /// As the service called `role` connects.
    pub(crate) async fn connect(&self, role: &str) -> Broker {
        let settings = self.settings(role);
        Broker::connect(&self.server.url(), role, &settings).await.unwrap()
    }

    pub(crate) fn settings(&self, role: &str) -> common::config::Broker {
        let mut settings = self.config.broker.clone();
        let path = users::seed_path(self.keys.path(), &role.parse().unwrap());
        settings.nkey_file = path.to_str().unwrap().to_owned();
        // A leader need not be waited for: there is one broker.
        settings.publish_patience_seconds = 10;
        settings
    }

    /// The client library as `role`, with what it is told of denials.
    pub(crate) async fn raw(
        &self,
        role: &str,
    ) -> (async_nats::Client, tokio::sync::mpsc::UnboundedReceiver<String>) {
        let role: Role = role.parse().unwrap();
        let seed = std::fs::read_to_string(users::seed_path(self.keys.path(), &role)).unwrap();
        let (told, heard) = tokio::sync::mpsc::unbounded_channel();
        let options = async_nats::ConnectOptions::with_nkey(seed.trim().to_owned())
            .custom_inbox_prefix(role.inbox())
            .event_callback(move |event| {
                if let async_nats::Event::ServerError(error) = event {
                    told.send(error.to_string()).unwrap_or(());
                }
                async {}
            });
        (options.connect(self.server.url()).await.unwrap(), heard)
    }

    /// Lines of the broker's log that tell of somebody who wanted more than it may.
    pub(crate) fn violations(&self) -> Vec<String> {
        let log = self.server.log();
        log.lines().filter(|line| line.contains("Violation")).map(str::to_owned).collect()
    }
}

/// Services, each with its own user.
struct Fleet {
    gateway: Broker,
    running: Vec<Running>,
}

impl Fleet {
    async fn start(guarded: &Guarded, first: Fail) -> Self {
        let gateway = guarded.connect("gateway").await;
        topology::verify(&gateway, Some(StageName::Preprocess)).await.unwrap();
        let [one, two, three] = [
            guarded.connect("preprocess").await,
            guarded.connect("ocr").await,
            guarded.connect("extract").await,
        ];
        let running = vec![
            sweep_on(&gateway, &guarded.config),
            run_on(&one, first, settings(2)).await,
            run_on(&two, CopyOn, settings(2)).await,
            run_on(&three, Conclude::default(), settings(2)).await,
        ];
        Self { gateway, running }
    }

    async fn upload(&self, content: &str) -> StatusRecord {
        self.gateway.accept(incoming(content)).await.unwrap().record
    }

    async fn reach(&self, record: &StatusRecord, state: State) -> StatusRecord {
        eventually(async || {
            let read = self.gateway.status(&record.id).await.unwrap()?;
            (read.state == state).then_some(read)
        })
        .await
    }

    async fn stopped(self) {
        for running in self.running {
            running.stopped().await;
        }
    }
}

pub(crate) async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let search = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, search).await.expect("the awaited state")
}

#[tokio::test]
async fn everything_that_the_product_does_is_allowed_to_the_service_that_does_it() {
    let guarded = Guarded::start().await;
    let encrypted = StageError::rejected("document_encrypted", "needs a password");
    let fleet = Fleet::start(&guarded, Fail::times(1, encrypted)).await;

    // Uploaded, failed, its letter replayed by the operator, completed.
    let record = fleet.upload("first fails").await;
    fleet.reach(&record, State::Failed).await;
    let operator = guarded.connect("operator").await;
    let letter = eventually(async || operator.dead_letter(record.id.as_str()).await.ok()).await;
    assert_eq!(letter.letter.error.code, "document_encrypted");
    assert_eq!(operator.replay(record.id.as_str()).await.unwrap(), Some(2));
    fleet.reach(&record, State::Completed).await;

    // Its event reaches a subscriber by the durable consumer that the operator made.
    let (raw, _) = guarded.raw("operator").await;
    let stream = async_nats::jetstream::new(raw);
    let stream = stream.get_stream_no_info("INVOICE_EVENTS").await.unwrap();
    let durable = async_nats::jetstream::consumer::pull::Config {
        durable_name: Some("books".to_owned()),
        filter_subject: "invoice.extracted.*.*.*".to_owned(),
        ..Default::default()
    };
    stream.create_consumer(durable).await.unwrap();
    let (books, _) = guarded.raw("subscriber.books").await;
    let mut live = books.subscribe("invoice.extracted").await.unwrap();
    books.flush().await.unwrap();
    let context = async_nats::jetstream::new(books);
    let consumer: async_nats::jetstream::consumer::PullConsumer =
        context.get_consumer_from_stream("books", "INVOICE_EVENTS").await.unwrap();
    let mut batch = consumer.fetch().max_messages(1).messages().await.unwrap();
    let event = batch.next().await.unwrap().unwrap();
    assert!(event.subject.ends_with(&format!("{}.2", record.id)), "{}", event.subject);
    let (reply, body) = (event.reply.clone().unwrap(), Bytes::from_static(b"+ACK"));
    context.client().request(reply, body).await.unwrap();

    // Another one, heard live, and erased.
    let second = fleet.upload("second").await;
    fleet.reach(&second, State::Completed).await;
    let heard = tokio::time::timeout(PATIENCE, live.next()).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&heard.payload).contains(second.id.as_str()));
    let erased = fleet.gateway.erase(&second.id, &Tenant::default()).await.unwrap();
    assert_eq!(erased, Erased::Gone);

    // The first one, read once more at its owner's wish.
    let begun = fleet.gateway.reprocess(&record.id, &Tenant::default(), None).await.unwrap();
    assert!(matches!(begun, Reprocessed::Begun(_)), "{begun:?}");
    fleet.reach(&record, State::Completed).await;

    // Followed by the gateway, from the beginning and from where it was.
    let bounds = fleet.gateway.status_bounds().await.unwrap();
    for after in [0, bounds.last - 1] {
        let (there, changes) = fleet.gateway.watch_statuses(after).await.unwrap();
        assert!(there > 0);
        let mut changes = std::pin::pin!(changes);
        let change = tokio::time::timeout(PATIENCE, changes.next()).await.unwrap();
        let change = change.unwrap().unwrap();
        assert!(change.sequence > after && change.id.is_some(), "{change:?}");
    }

    // Copied by the operator, in more than one piece: pieces are answered.
    let bulky: String = (0..20_000).map(|_| nuid::next().to_string()).collect();
    fleet.upload(&bulky).await;
    let folder = TempDir::new().unwrap();
    for stream in common::jetstream::backup::order() {
        operator.back_up(stream, folder.path()).await.unwrap();
    }
    fleet.stopped().await;
    assert_eq!(guarded.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_stage_that_may_not_remove_leaves_nothing_of_an_erased_document_all_the_same() {
    let guarded = Guarded::start().await;
    let gateway = guarded.connect("gateway").await;
    let sweeper = sweep_on(&gateway, &guarded.config);
    let slow = Copy { takes: Duration::from_secs(2), ..Copy::default() };
    let preprocess = run_on(&guarded.connect("preprocess").await, slow, settings(1)).await;
    let record = gateway.accept(incoming("in flight")).await.unwrap().record;
    eventually(async || {
        let read = gateway.status(&record.id).await.unwrap()?;
        (read.state == State::Processing).then_some(())
    })
    .await;
    assert_eq!(gateway.erase(&record.id, &Tenant::default()).await.unwrap(), Erased::Gone);
    preprocess.stopped().await;
    let (raw, _) = guarded.raw("operator").await;
    let context = async_nats::jetstream::new(raw);
    for stream in ["OBJ_invoice_work", "OBJ_invoice_uploads", "INVOICE_PREPROCESS", "INVOICE_OCR"] {
        let left = context.get_stream(stream).await.unwrap().cached_info().state.messages;
        assert_eq!(left, 0, "{stream}");
    }
    sweeper.stopped().await;
    assert_eq!(guarded.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn revoked_credentials_are_noticed_said_and_recovered_from() {
    let guarded = Guarded::start().await;
    let ocr = guarded.connect("ocr").await;
    assert!(ocr.is_connected() && topology::bind(&ocr, StageName::Ocr).await.is_ok());
    guarded.server.reload(&guarded.without("ocr"));
    let noticed = Duration::from_secs(30);
    let gone = async {
        while ocr.is_connected() || !ocr.is_refused() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(noticed, gone).await.expect("not ready within 30 s, and why");
    let error = Broker::connect_within(
        Duration::from_secs(2),
        &guarded.server.url(),
        "ocr",
        &guarded.settings("ocr"),
    )
    .await
    .unwrap_err();
    assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
    guarded.server.reload("include \"users.conf\"");
    eventually(async || ocr.is_connected().then_some(())).await;
    assert!(!ocr.is_refused());
    topology::bind(&ocr, StageName::Ocr).await.unwrap();
}

/// The second stage, which finds once that its input is lost.
struct Loses(AtomicBool);

impl Stage for Loses {
    const NAME: StageName = StageName::Ocr;

    async fn run(
        &self,
        job: &Job,
        objects: &(impl ObjectStore + DuplicateIndex),
    ) -> Result<Outcome, StageError> {
        if self.0.swap(false, Ordering::SeqCst) {
            return Err(StageError::lost("object_missing", "gone"));
        }
        CopyOn.run(job, objects).await
    }
}

#[tokio::test]
async fn the_ways_that_are_seldom_taken_are_allowed_too() {
    let guarded = Guarded::start().await;
    let gateway = guarded.connect("gateway").await;
    let (raw, _) = guarded.raw("gateway").await;
    let raw = async_nats::jetstream::new(raw);

    // A job that vanished is published again, and what nobody delivers any more is looked for.
    let record = gateway.accept(incoming("jobless")).await.unwrap().record;
    raw.get_stream("INVOICE_PREPROCESS").await.unwrap().purge().await.unwrap();
    let day = Duration::from_secs(24 * 3600);
    let revision = gateway.status_at_leader(&record.id).await.unwrap().unwrap().revision;
    let standstill = sweeper::Standstill { revision, quiet_for: day };
    let swept = sweeper::sweep(&gateway, &guarded.config, &record.id, standstill).await.unwrap();
    assert_eq!(swept, sweeper::Sweep::Requeued);
    assert_eq!(sweeper::conclude_undelivered(&gateway).await.unwrap(), 0);

    // What is lost begins anew, and what stages made of it is removed before.
    let eraser = sweep_on(&gateway, &guarded.config);
    let (one, two) = (guarded.connect("preprocess").await, guarded.connect("ocr").await);
    let running = [
        run_on(&one, Copy::default(), settings(1)).await,
        run_on(&two, Loses(AtomicBool::new(true)), settings(1)).await,
    ];
    let status = async || gateway.status(&record.id).await.unwrap();
    let remade =
        eventually(async || status().await.filter(|r| r.stage == StageName::Extract)).await;
    assert_eq!((remade.generation, remade.remakes), (2, 1));

    // A job that makes way removes what it wrote.
    let object = two.write(Bucket::Work, &record.id, "in the way".into()).await.unwrap();
    let (ocr, _) = guarded.raw("ocr").await;
    let own = async_nats::jetstream::new(ocr);
    let own = own.get_stream("OBJ_invoice_work").await.unwrap();
    let chunks = format!("$O.invoice_work.C.{}.{}.*", object.document, object.hash);
    assert_eq!(own.purge().filter(chunks).await.unwrap().purged, 1);

    // An event that is stored after its document was erased is taken back.
    let extract = guarded.connect("extract").await;
    let result = serde_json::value::to_raw_value(&serde_json::json!({})).unwrap();
    let ended = StatusRecord {
        state: State::Completed,
        result: Some(ResultJson(result)),
        ..remade.clone()
    };
    assert_eq!(gateway.erase(&record.id, &Tenant::default()).await.unwrap(), Erased::Gone);
    extract.store_ending(&ended, &Original::of(&ended).unwrap()).await.unwrap();
    let events = raw.get_stream("INVOICE_EVENTS").await.unwrap();
    assert_eq!(events.cached_info().state.messages, 0);
    assert!(events.cached_info().state.last_sequence > 0, "it was stored in between");

    for running in running.into_iter().chain([eraser]) {
        running.stopped().await;
    }
    assert_eq!(guarded.violations(), Vec::<String>::new());
}
