//! A broker of its own for each test, and a gateway in front of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream;
use common::audit::AuditRecord;
use common::config::{AuthMode, Config};
use common::error::{ErrorRecord, StageError};
use common::id::DocumentId;
use common::jetstream::broker::Broker;
use common::jetstream::statuses::Change;
use common::jetstream::topology;
use common::key::{ApiKey, KeyRecord, Scope, Scopes};
use common::metrics::Metrics;
use common::object::{Bucket, ObjectStore};
use common::quota::OwnQuota;
use common::stage::StageName;
use common::status::StatusRecord;
use common::testing::TestBroker;
use futures_util::TryStreamExt;
use gateway::{Access, GatewayState, Readiness};
use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::client::{PDF, get, get_as, post};

/// The stream behind the work store.
const WORK: &str = "OBJ_invoice_work";

/// A running gateway and what is behind it.
pub(crate) struct World {
    pub(crate) nats: TestBroker,
    pub(crate) broker: Broker,
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) serving: JoinHandle<()>,
    inspector: jetstream::Context,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::defaults().unwrap();
        config.gateway.accept_patience_seconds = 2;
        config.gateway.listen = "127.0.0.1:0".parse().unwrap();
        change(&mut config);
        let nats = TestBroker::start();
        let url = nats.url();
        let broker = Broker::connect(&url, "gateway", &config.broker).await.unwrap();
        topology::apply(&broker, &config).await.unwrap();
        let listener = gateway::listen(&config.gateway).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let metrics = Metrics::default();
        let caller = config.webhooks.caller().unwrap();
        let access = Access::open(&config, &broker, &metrics).unwrap();
        tokio::spawn(access.clone().run(stop.clone()));
        let state = GatewayState {
            broker: broker.clone(),
            config: Arc::new(config),
            metrics,
            readiness: readiness(broker.clone()),
            access,
            caller,
        };
        let served = gateway::serve(listener, state, stop.clone());
        let serving = tokio::spawn(async { served.await.unwrap() });
        let inspector = jetstream::new(async_nats::connect(&url).await.unwrap());
        Self { nats, broker, address, stop, serving, inspector }
    }

    /// A document that waits for its first stage: its id, and where its status is.
    pub(crate) async fn uploaded(&self) -> (DocumentId, String) {
        let answer = post(self.address, "application/pdf", PDF).await;
        let place = answer.header("location").unwrap().to_owned();
        (answer.json()["id"].as_str().unwrap().parse().unwrap(), place)
    }

    /// Puts a document's status where stages would have brought it.
    pub(crate) async fn change(&self, id: &DocumentId, change: impl Fn(&mut StatusRecord)) {
        let changed = self.broker.change_status(id, |record| {
            let mut next = record.clone();
            change(&mut next);
            Ok::<_, ()>(next)
        });
        assert!(matches!(changed.await.unwrap(), Change::Stored(_)));
    }

    /// Gives a document pages, as the stages before `extract` would have.
    pub(crate) async fn give_pages(&self, id: &DocumentId) {
        let pages = self.broker.write(Bucket::Work, id, "pages".into()).await.unwrap();
        self.change(id, |record| {
            record.stage = StageName::Extract;
            record.input = pages.clone();
        })
        .await;
    }

    /// Lets a document fail, as its first stage would.
    pub(crate) async fn fail(&self, id: &DocumentId) {
        let reason = StageError::rejected("pdf_damaged", "no");
        let error = ErrorRecord::new(StageName::Preprocess, &reason);
        let failed =
            |record: &StatusRecord| record.clone().given_up(error.clone(), Timestamp::now());
        self.change(id, |record| *record = failed(record)).await;
    }

    /// Empties the work store, as time does.
    pub(crate) async fn forget_work(&self) {
        self.inspector.get_stream(WORK).await.unwrap().purge().await.unwrap();
    }

    /// Loses one message of the work store.
    pub(crate) async fn forget_work_message(&self, sequence: u64) {
        self.inspector.get_stream(WORK).await.unwrap().delete_message(sequence).await.unwrap();
    }

    /// Messages in the queue of the first stage, the status bucket and the upload store.
    pub(crate) async fn stored(&self) -> [u64; 3] {
        let mut counts = [0; 3];
        let streams = ["INVOICE_PREPROCESS", "KV_invoice_status", "OBJ_invoice_uploads"];
        for (count, stream) in counts.iter_mut().zip(streams) {
            let mut stream = self.inspector.get_stream(stream).await.unwrap();
            *count = stream.info().await.unwrap().state.messages;
        }
        counts
    }

    /// A gateway that asks who is there, once it knows that there are no keys yet.
    pub(crate) async fn asking(change: impl FnOnce(&mut Config)) -> Self {
        let world = Self::with(|config| {
            config.gateway.auth.mode = AuthMode::Required;
            change(config);
        })
        .await;
        world.until("ready", async || get(world.address, "/ready").await.status == 200).await;
        world
    }

    /// A key of `tenant` with these scopes, which the gateway knows.
    pub(crate) async fn key(&self, tenant: &str, scopes: &[Scope]) -> ApiKey {
        self.key_with(tenant, scopes, OwnQuota::default()).await
    }

    /// The same, of a key that says `quota` of its quota.
    pub(crate) async fn key_with(&self, tenant: &str, scopes: &[Scope], quota: OwnQuota) -> ApiKey {
        let key = ApiKey::generate().unwrap();
        let scopes: Scopes = scopes.iter().copied().collect();
        let (name, tenant) = ("test".to_owned(), tenant.parse().unwrap());
        let mut record = KeyRecord::new(&key, name, tenant, scopes, Timestamp::now(), None);
        record.quota = quota;
        assert!(self.broker.create_key(&record).await.unwrap());
        self.until("the key is known", async || {
            let answer = get_as(self.address, "/api/v1/invoices/7", &key.reveal()).await;
            answer.status != 401
        })
        .await;
        key
    }

    /// Messages that the gateway has sent to the broker so far.
    pub(crate) fn requests(&self) -> u64 {
        self.broker.messages_sent()
    }

    /// Messages in `stream`.
    pub(crate) async fn count(&self, stream: &str) -> u64 {
        self.inspector.get_stream(stream).await.unwrap().cached_info().state.messages
    }

    /// Whether the broker refuses to remove a message from `stream`, and to empty it.
    pub(crate) async fn try_to_forget(&self, stream: &str) -> bool {
        let stream = self.inspector.get_stream(stream).await.unwrap();
        stream.delete_message(1).await.is_err() && stream.purge().await.is_err()
    }

    /// Loses a whole stream.
    pub(crate) async fn remove_stream(&self, stream: &str) {
        self.inspector.delete_stream(stream).await.unwrap();
    }

    /// Makes what is missing.
    pub(crate) async fn apply_topology(&self) {
        topology::apply(&self.broker, &Config::defaults().unwrap()).await.unwrap();
    }

    /// Waits for `done`.
    pub(crate) async fn until(&self, what: &str, done: impl AsyncFn() -> bool) {
        let waiting = async {
            while !done().await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(20), waiting).await.is_ok(), "{what}");
    }

    /// The audit trail, oldest first.
    pub(crate) async fn trail(&self) -> Vec<AuditRecord> {
        let mut records = Vec::new();
        let each = |record| {
            records.push(record);
            Ok::<_, StageError>(())
        };
        self.broker.audit_trail(None, each).await.unwrap();
        records
    }

    /// Messages whose subject or body names `id`, in any stream but the audit trail, which outlives it.
    pub(crate) async fn traces(&self, id: &DocumentId) -> Vec<String> {
        let mut found = Vec::new();
        let mut names = self.inspector.stream_names();
        while let Some(name) = names.try_next().await.unwrap() {
            if name == "INVOICE_AUDIT" {
                continue;
            }
            let mut stream = self.inspector.get_stream(&name).await.unwrap();
            let state = stream.info().await.unwrap().state.clone();
            for sequence in state.first_sequence..=state.last_sequence {
                let Ok(message) = stream.get_raw_message(sequence).await else { continue };
                let named = |bytes: &[u8]| {
                    bytes.windows(id.as_str().len()).any(|seen| seen == id.as_str().as_bytes())
                };
                if named(message.subject.as_bytes()) || named(&message.payload) {
                    found.push(message.subject.to_string());
                }
            }
        }
        found
    }

    /// Lets the queue of the first stage take `jobs` and no more.
    pub(crate) async fn shrink_queue(&self, jobs: i64) {
        self.alter("INVOICE_PREPROCESS", |config| config.max_messages = jobs).await;
    }

    /// Lets `stream` take `bytes` and no more.
    pub(crate) async fn shrink(&self, stream: &str, bytes: i64) {
        self.alter(stream, |config| config.max_bytes = bytes).await;
    }

    /// Lets all that is in `stream` expire, and nothing that comes later.
    pub(crate) async fn expire(&self, stream: &str) {
        let short = Duration::from_millis(200);
        let (mut max_age, mut window) = (Duration::ZERO, Duration::ZERO);
        self.alter(stream, |config| {
            (max_age, window) = (config.max_age, config.duplicate_window);
            (config.max_age, config.duplicate_window) = (short, short);
        })
        .await;
        let gone = async {
            while self.inspector.get_stream(stream).await.unwrap().cached_info().state.messages > 0
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.expect("expired");
        self.alter(stream, |config| (config.max_age, config.duplicate_window) = (max_age, window))
            .await;
    }

    async fn alter(&self, stream: &str, change: impl FnOnce(&mut jetstream::stream::Config)) {
        let mut stream = self.inspector.get_stream(stream).await.unwrap();
        let mut config = stream.info().await.unwrap().config.clone();
        change(&mut config);
        self.inspector.update_stream(&config).await.unwrap();
    }
}

fn readiness(broker: Broker) -> Readiness {
    Arc::new(move || {
        let connected = broker.is_connected();
        Box::pin(async move { connected.then_some(()).ok_or_else(|| "no broker".to_owned()) })
    })
}
