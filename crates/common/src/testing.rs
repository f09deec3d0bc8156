//! A real nats-server for tests: own port, own data, gone when dropped. Behind the feature
//! `testing`; nothing of it is in a release.

pub mod process;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::config::Config;
use crate::id::{ContentHash, DocumentId, Options, Tenant};
use crate::jetstream::broker::Broker;
use crate::jetstream::topology;
use crate::object::{Bucket, ObjectRef};
use crate::page::MediaType;
use crate::status::{StatusRecord, Upload};

/// The configuration of the product: tests run on what users run on.
const SERVER_CONF: &str = include_str!("../../../nats/server.conf");

/// Its log, in its folder.
const LOG: &str = "server.log";

/// A broker that does not come up within this time never will.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A nats-server process of a test.
#[derive(Debug)]
pub struct TestBroker {
    child: Child,
    folder: TempDir,
    port: u16,
}

/// Root of the repository, where `scripts/setup` puts what tests need under `vendor/`.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The nats-server that `scripts/setup` installs.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn nats_server() -> PathBuf {
    let path = repository().join("vendor/bin/nats-server");
    assert!(path.is_file(), "{} is missing: run scripts/setup", path.display());
    path
}

/// The status of a PDF that was just accepted, at the beginning of 1970.
#[must_use]
pub fn accepted_record() -> StatusRecord {
    let content_hash = ContentHash::of(b"document");
    let id = DocumentId::derive(&Tenant::default(), &content_hash, &Options::default());
    StatusRecord::accepted(Upload {
        original: ObjectRef::to(Bucket::Uploads, &id, b"document"),
        id,
        tenant: Tenant::default(),
        content_hash,
        media_type: MediaType::Pdf,
        filename: None,
        options: Options::default(),
        correlation_id: "c".to_owned(),
        received_at: Timestamp::UNIX_EPOCH,
        generation: 1,
    })
}

impl TestBroker {
    /// Starts a broker on a free port.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(|_| String::new())
    }

    /// Likewise, with the further lines of configuration that `lines` makes; it is given the folder
    /// of the configuration, where it may put what they include.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start_with(lines: impl FnOnce(&Path) -> String) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let lines = lines(folder.path());
        configure(folder.path(), &lines);
        let (child, port) = launch(folder.path(), None);
        Self { child, folder, port }
    }

    /// Replaces the further lines of its configuration and lets it read them.
    ///
    /// # Panics
    /// When the configuration cannot be written.
    pub fn reload(&self, lines: &str) {
        configure(self.folder.path(), lines);
        process::signal(self.child.id(), Signal::HUP);
    }

    /// What it has logged.
    ///
    /// # Panics
    /// When there is no log.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(LOG)).expect("a log")
    }

    /// Its URL; the same after a restart.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("a running broker");
        self.child.wait().expect("a child to wait for");
    }

    /// Starts again on the same data and port after [`Self::kill`].
    pub fn restart(&mut self) {
        (self.child, _) = launch(self.folder.path(), Some(self.port));
    }

    /// A connection, on a broker with the topology of the defaults.
    ///
    /// # Panics
    /// When the broker does not take it.
    pub async fn connect(&self) -> (Broker, Config) {
        let config = Config::defaults().expect("defaults are valid");
        let broker = Broker::connect(&self.url(), "test", &config.broker).await.expect("a broker");
        topology::apply(&broker, &config).await.expect("a topology");
        (broker, config)
    }
}

impl Drop for TestBroker {
    fn drop(&mut self) {
        // It may have been killed by the test.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn configure(folder: &Path, lines: &str) {
    let text = format!("{SERVER_CONF}\n{lines}\n");
    std::fs::write(folder.join("server.conf"), text).expect("a writable folder");
}

#[expect(clippy::zombie_processes, reason = "killed and waited for when the guard is dropped")]
fn launch(folder: &Path, port: Option<u16>) -> (Child, u16) {
    let port = port.map_or_else(|| "-1".to_owned(), |port| port.to_string());
    let child = Command::new(nats_server())
        .arg("--config")
        .arg(folder.join("server.conf"))
        .args(["--addr", "127.0.0.1", "--port", &port])
        .arg("--store_dir")
        .arg(folder.join("data"))
        .arg("--ports_file_dir")
        .arg(folder)
        .arg("--log")
        .arg(folder.join(LOG))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("nats-server starts");
    let ports = folder.join(format!("nats-server_{}.ports", child.id()));
    let started = Instant::now();
    loop {
        if let Some(port) = port_in(&ports) {
            return (child, port);
        }
        assert!(started.elapsed() < START_TIMEOUT, "nats-server does not come up");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn port_in(ports: &Path) -> Option<u16> {
    let ports: serde_json::Value = serde_json::from_slice(&std::fs::read(ports).ok()?).ok()?;
    ports.get("nats")?.get(0)?.as_str()?.rsplit(':').next()?.parse().ok()
}
