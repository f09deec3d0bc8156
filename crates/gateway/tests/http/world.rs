//! A broker of its own for each test, and a gateway in front of it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream;
use common::config::Config;
use common::jetstream::broker::Broker;
use common::jetstream::topology;
use common::metrics::Metrics;
use gateway::{GatewayState, Readiness};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long the broker may take to start; slow machines need a second.
const START: Duration = Duration::from_secs(20);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A broker that dies with the test.
pub(crate) struct Nats {
    child: Child,
    folder: TempDir,
}

impl Nats {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = root().join("vendor/bin/nats-server");
        let child = Command::new(&program)
            .arg("--config")
            .arg(root().join("nats/server.conf"))
            .args(["--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir"])
            .arg(folder.path())
            .arg("--store_dir")
            .arg(folder.path().join("store"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{} ({e}); run scripts/setup", program.display()));
        Self { child, folder }
    }

    async fn url(&self) -> String {
        let file = format!("nats-server_{}.ports", self.child.id());
        let path = self.folder.path().join(file);
        let found = async {
            loop {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                if let Ok(ports) = serde_json::from_str::<serde_json::Value>(&text) {
                    return ports["nats"][0].as_str().unwrap().to_owned();
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(START, found).await.expect("the broker started")
    }

    /// As a power failure would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _gone = (self.child.kill(), self.child.wait());
    }
}

/// A running gateway and what is behind it.
pub(crate) struct World {
    pub(crate) nats: Nats,
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
        change(&mut config);
        let nats = Nats::start();
        let url = nats.url().await;
        let broker = Broker::connect(&url, "gateway", &config.broker).await.unwrap();
        topology::apply(&broker, &config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let state = GatewayState {
            broker: broker.clone(),
            config: Arc::new(config),
            metrics: Metrics::default(),
            readiness: readiness(broker.clone()),
        };
        let serving = tokio::spawn(gateway::serve(listener, state, stop.clone()));
        let inspector = jetstream::new(async_nats::connect(&url).await.unwrap());
        Self { nats, broker, address, stop, serving, inspector }
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

    /// Lets the queue of the first stage take `jobs` and no more.
    pub(crate) async fn shrink_queue(&self, jobs: i64) {
        let mut stream = self.inspector.get_stream("INVOICE_PREPROCESS").await.unwrap();
        let mut config = stream.info().await.unwrap().config.clone();
        config.max_messages = jobs;
        self.inspector.update_stream(&config).await.unwrap();
    }
}

fn readiness(broker: Broker) -> Readiness {
    Arc::new(move || {
        let connected = broker.is_connected();
        Box::pin(async move { connected.then_some(()).ok_or_else(|| "no broker".to_owned()) })
    })
}
