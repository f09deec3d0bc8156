//! A stage that does as it is told, and a look behind the scenes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_nats::jetstream::stream;
use bytes::Bytes;
use common::config::Config;
use common::decide::RetryPolicy;
use common::duplicate::DuplicateIndex;
use common::error::StageError;
use common::id::{Options, Tenant};
use common::jetstream::broker::Broker;
use common::jetstream::intake::Incoming;
use common::jetstream::runner::{self, RunnerSettings};
use common::jetstream::{sweeper, topology};
use common::job::Job;
use common::metrics::Metrics;
use common::object::{Bucket, ObjectStore};
use common::page::MediaType;
use common::stage::{Outcome, Stage, StageName};
use common::status::{State, StatusRecord};
use common::testing::TestBroker;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Longer than anything here takes, short enough to fail a hanging test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A broker, its topology, and the client to look at it with.
pub(crate) struct Bench {
    pub(crate) server: TestBroker,
    pub(crate) broker: Broker,
    pub(crate) config: Config,
    pub(crate) raw: async_nats::jetstream::Context,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let server = TestBroker::start();
        let (broker, config) = server.connect().await;
        // What the gateway does beside the sweeper, which most tests do without.
        tokio::spawn(broker.clone().remove_for_stages(CancellationToken::new()));
        let client = async_nats::connect(server.url()).await.unwrap();
        Self { server, broker, config, raw: async_nats::jetstream::new(client) }
    }

    /// A document with `content`, taken in as the gateway does.
    pub(crate) async fn upload(&self, content: &str) -> StatusRecord {
        self.broker.accept(incoming(content)).await.unwrap().record
    }

    /// Runs `stage` with `attempts` and short retry delays until the returned guard is stopped.
    pub(crate) async fn run<S: Stage>(&self, stage: S, concurrency: usize) -> Running {
        self.run_with(stage, settings(concurrency)).await
    }

    pub(crate) async fn run_with<S: Stage>(&self, stage: S, settings: RunnerSettings) -> Running {
        run_on(&self.broker, stage, settings).await
    }

    pub(crate) async fn status(&self, record: &StatusRecord) -> StatusRecord {
        self.broker.status_at_leader(&record.id).await.unwrap().unwrap().record
    }

    /// Waits until the document is in `state`.
    pub(crate) async fn reach(&self, record: &StatusRecord, state: State) -> StatusRecord {
        self.until(async || {
            let now = self.status(record).await;
            (now.state == state).then_some(now)
        })
        .await
    }

    /// Waits until `look` finds something.
    pub(crate) async fn until<T>(&self, mut look: impl AsyncFnMut() -> Option<T>) -> T {
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

    pub(crate) async fn messages_in(&self, stream: &str) -> u64 {
        self.raw.get_stream(stream).await.unwrap().cached_info().state.messages
    }

    /// Changes a stream behind everybody's back.
    pub(crate) async fn alter(&self, stream: &str, change: impl FnOnce(&mut stream::Config)) {
        let mut stream = self.raw.get_stream(stream).await.unwrap();
        let mut config = stream.info().await.unwrap().config.clone();
        change(&mut config);
        self.raw.update_stream(config).await.unwrap();
    }

    /// Runs the sweeper, looking every second, until the returned guard is stopped.
    pub(crate) fn sweep(&self) -> Running {
        sweep_on(&self.broker, &self.config)
    }

    /// Waits until the stage's queue is empty and nothing is being worked on.
    pub(crate) async fn drained(&self, stream: &str) {
        self.until(async || (self.messages_in(stream).await == 0).then_some(())).await;
    }
}

/// Runs `stage` on a connection of its own until the returned guard is stopped.
pub(crate) async fn run_on<S: Stage>(
    broker: &Broker,
    stage: S,
    settings: RunnerSettings,
) -> Running {
    let consumer = topology::bind(broker, S::NAME).await.unwrap();
    let (stop, tasks, metrics) = (CancellationToken::new(), TaskTracker::new(), Metrics::default());
    tasks.spawn(runner::run(broker.clone(), consumer, stage, settings, metrics, stop.clone()));
    tasks.close();
    Running { stop, tasks }
}

/// Runs the sweeper on a connection of its own, looking every second.
pub(crate) fn sweep_on(broker: &Broker, config: &Config) -> Running {
    let config = config.clone().with("sweeper.interval_seconds", 1).unwrap();
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let documents = Metrics::default().documents;
    tasks.spawn(sweeper::run(broker.clone(), config, documents, stop.clone()));
    tasks.close();
    Running { stop, tasks }
}

pub(crate) fn incoming(content: &str) -> Incoming {
    Incoming {
        tenant: Tenant::default(),
        media_type: MediaType::Pdf,
        filename: Some("invoice.pdf".to_owned()),
        options: Options::default(),
        correlation_id: nuid::next().to_string(),
        received_at: jiff::Timestamp::now(),
        allowance: None,
        bytes: Bytes::copy_from_slice(content.as_bytes()),
    }
}

pub(crate) fn settings(concurrency: usize) -> RunnerSettings {
    RunnerSettings {
        concurrency,
        policy: RetryPolicy { attempts: 3, delays: vec![Duration::from_millis(100)] },
        deadline: PATIENCE,
        grace: Duration::from_secs(10),
        sign_of_life: Duration::from_millis(300),
    }
}

/// A running stage; stops with its guard.
pub(crate) struct Running {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Running {
    pub(crate) async fn stopped(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.tasks.wait()).await.expect("the runner to stop");
    }
}

/// Writes its input back as its output.
#[derive(Default)]
pub(crate) struct Copy {
    pub(crate) runs: Arc<AtomicUsize>,
    pub(crate) takes: Duration,
}

impl Stage for Copy {
    const NAME: StageName = StageName::Preprocess;

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let bytes = objects.read(&job.input).await?;
        tokio::time::sleep(self.takes).await;
        Ok(Outcome::Handed(objects.write(Bucket::Work, &job.id, bytes).await?))
    }
}

/// The second stage, likewise.
#[derive(Default)]
pub(crate) struct CopyOn;

impl Stage for CopyOn {
    const NAME: StageName = StageName::Ocr;

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        let bytes = objects.read(&job.input).await?;
        Ok(Outcome::Handed(objects.write(Bucket::Work, &job.id, bytes).await?))
    }
}

/// The last stage: the result says which generation it is of.
#[derive(Default)]
pub(crate) struct Conclude {
    pub(crate) runs: Arc<AtomicUsize>,
}

impl Stage for Conclude {
    const NAME: StageName = StageName::Extract;

    async fn run(&self, job: &Job, _: &impl ObjectStore) -> Result<Outcome, StageError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let result = serde_json::json!({ "id": job.id, "generation": job.generation });
        Ok(Outcome::Extracted(serde_json::value::to_raw_value(&result).unwrap()))
    }
}

/// Fails as it is told: with `error`, while `failures` are left.
pub(crate) struct Fail {
    pub(crate) error: StageError,
    pub(crate) failures: Arc<AtomicUsize>,
    pub(crate) runs: Arc<AtomicUsize>,
}

impl Fail {
    pub(crate) fn times(failures: usize, error: StageError) -> Self {
        Self { error, failures: Arc::new(AtomicUsize::new(failures)), runs: Arc::default() }
    }
}

impl Stage for Fail {
    const NAME: StageName = StageName::Preprocess;

    async fn run(
        &self,
        job: &Job,
        objects: &(impl ObjectStore + DuplicateIndex),
    ) -> Result<Outcome, StageError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let left =
            self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if left.is_ok() {
            return Err(self.error.clone());
        }
        Copy::default().run(job, objects).await
    }
}

/// The first stage on documents of `pages` pages, each with a picture of `page_bytes`.
pub(crate) struct Rasters {
    pub(crate) pages: usize,
    pub(crate) page_bytes: usize,
}

impl Stage for Rasters {
    const NAME: StageName = StageName::Preprocess;

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        for page in 0..self.pages {
            let mut picture = format!("picture {page} of {}", job.id).into_bytes();
            picture.resize(self.page_bytes, 0);
            objects.write(Bucket::Work, &job.id, picture.into()).await?;
        }
        let list = Bytes::from(format!("pages of {}", job.id));
        Ok(Outcome::Handed(objects.write(Bucket::Work, &job.id, list).await?))
    }
}

/// The second stage: words of `bytes`.
pub(crate) struct Words {
    pub(crate) bytes: usize,
    pub(crate) takes: Duration,
}

impl Stage for Words {
    const NAME: StageName = StageName::Ocr;

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        objects.read(&job.input).await?;
        tokio::time::sleep(self.takes).await;
        let mut words = format!("words of {}", job.id).into_bytes();
        words.resize(self.bytes, 0);
        Ok(Outcome::Handed(objects.write(Bucket::Work, &job.id, words.into()).await?))
    }
}
